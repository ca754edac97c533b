"""The triplet network: Schroff, Kalenichenko, Philbin 2015, "FaceNet: a unified embedding for face recognition"."""

from clearn.losses import triplet_loss
from clearn.methods.base import Method
from clearn.similarity import unit
from clearn.validate import number


class Triplet(Method):
    """An encoder that learns from labels which garment is closer; ``method(images, labels)`` is the loss (§3.1).

    Args: encoder f; mine, a function of embeddings (N, D) and labels (N,) that returns (anchors, positives, negatives),
    such as `mining.hard_triplets` or ``partial(mining.semi_hard_triplets, margin=0.2)``; margin m > 0; normalise,
    whether embeddings are put on the unit sphere, as in the paper, whose margin is 0.2 (there of squared distances).

    Train it in the same loop as the others, on an ImageSet, with views that hand on the labels:
    ``pretrain(Triplet(encoder, hard_triplets), train, lambda batch: (batch.images / 255, batch.labels), steps=100)``.
    Where `semi_hard_triplets` finds none, the loss is 0, and so is its gradient: that batch has nothing to teach. A batch
    of one class, or with no class twice, is an error, and the miners raise.
    """

    def __init__(self, encoder, mine, margin=0.2, normalise=True):
        super().__init__()
        if not callable(mine):
            raise TypeError(f"mine must be a function of embeddings and labels, such as hard_triplets, got {mine!r}")
        self.encoder, self.mine, self.normalise = encoder, mine, normalise
        self.margin = number("margin", margin, above=0)
        mined = getattr(mine, "keywords", {}).get("margin", self.margin)  # of a partial
        if mined != self.margin:
            raise ValueError(f"margin is {self.margin}, but mine looks for triplets within {mined}; give both the same")

    def forward(self, images, labels):
        z = self.encoder(images).float()  # (N, D)
        z = unit(z) if self.normalise else z
        a, p, n = self.mine(z.detach(), labels)
        if len(a) == 0:
            return 0 * z.sum()
        return triplet_loss(z[a], z[p], z[n], self.margin)

    def extra_repr(self):
        miner = getattr(self.mine, "func", self.mine)  # of a partial, the function
        return f"mine={getattr(miner, '__name__', miner)}, margin={self.margin}, normalise={self.normalise}"
