"""clearn: the companion package of a notebook course on contrastive learning.

A house with two wings. The **library** is what you take home. Its modules stand on floors, and an import goes only down:

    recipes                                      the long runs: from one command to a shipped encoder
    training · evaluation                        how a run is run; how good its features are, and what they know
    methods                                      SimCLR, MoCo, BYOL, SimSiam and what they are compared with: one file each
    losses · mining · views · models             pure functions and small modules, one family or one kind of data a file
    datasets · similarity                        things to learn from; cosine and distance
    distributed · devices · style · validate     the ground

The **wing of the course**, `clearn.course`, is the furniture of the notebooks. It stands on the library, which never
imports it:

    course.widgets · course.checks · course.questions · course.classroom · course.doctor
                                                 panels; exercises; predict questions; grading; is all here?
    course.plots                                 one look for every figure and table
    course.studies                               comparisons over more seeds than a page can wait for: tables, shipped
    course.pictures · course.dynamics · course.numbers
                                                 what figures are made of; points that a loss moves; a number in words
"""

__version__ = "0.1.0"


def pretrained(name):
    """The encoder of a long run of "simclr", "moco", "byol" or "simsiam": see `clearn.recipes.pretrained`."""
    from clearn import recipes

    return recipes.pretrained(name)
