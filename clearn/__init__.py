"""clearn: the companion package of a notebook course on contrastive learning.

The modules stand on floors, and an import only ever goes down:

    widgets · checks · classroom                    panels in a notebook; exercise checkers that name the mistake; grading
    plots · pictures                                one look for every figure
    recipes                                         the long runs, from one command to a shipped encoder
    training · evaluation · factors · checkpoints · monitor   the loop and the measures
    methods                                         one file a method
    losses · mining · views · models · dynamics · momentum    pure functions and small modules
    datasets · image_ops · similarity               the ground
    distributed · devices · style · validate
"""

__version__ = "0.1.0"


def pretrained(name):
    """The encoder of a long run of "simclr", "moco", "byol" or "simsiam": see `clearn.recipes.pretrained`."""
    from clearn import recipes

    return recipes.pretrained(name)
