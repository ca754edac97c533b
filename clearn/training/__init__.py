"""How a run is run: the loop, its optimiser, its progress, and its state on disk."""

from clearn.training.loop import History, pretrain
from clearn.training.optimizer import schedule

__all__ = ["History", "pretrain", "schedule"]
