"""Two random views of each thing, one file a kind of data: what a method learns to see through."""

from clearn.views.images import Parameters, simclr_views

__all__ = ["Parameters", "simclr_views"]
