"""The triplet loss."""

import torch
import torch.nn.functional as F

from clearn import losses
from clearn.course.checks.exercise import Exercise, a_function
from clearn.course.checks.margins.shared import AT_ZERO, WHOLE, apart, triplet_cases
from clearn.similarity import unit

triplet_loss = Exercise("triplet_loss", triplet_cases(AT_ZERO[0]), a_function)
triplet_loss.edge(*AT_ZERO)


@triplet_loss.reference
def _(anchor, positive, negative, margin):
    return losses.triplet_loss(anchor, positive, negative, margin)


def from_distances(name, why, see, *programs):
    """A mistake in what is made of the distances d(a, p) and d(a, n), each (N,), and the margin."""

    def keep(program):
        triplet_loss.mistake(name, why, see, lambda a, p, n, margin: program(apart(a, p), apart(a, n), margin))

    for program in programs:
        keep(program)
    return keep


from_distances("sign flipped", "Yours asks that the negative be nearer. With the positive at 0 and the negative far "
    "away the loss must be 0.", "04, section 4",
    lambda d_ap, d_an, margin: F.relu(d_an - d_ap + margin).mean())  # fmt: skip
from_distances("squared distances", "FaceNet squares them, this course and PyTorch do not. It changes the forces and "
    "the unit of the margin.", "04, section 4",
    lambda d_ap, d_an, margin: F.relu(d_ap**2 - d_an**2 + margin).mean())  # fmt: skip
from_distances("no hinge", "A triplet that is satisfied costs 0, not less: else it outweighs those that are not.",
    "04, section 1", lambda d_ap, d_an, margin: (d_ap - d_an + margin).mean())  # fmt: skip
from_distances("hinge after the mean", "First max(0, ·) for each triplet, then the mean. The other way round easy "
    "triplets cancel the others.", "04, section 1",
    lambda d_ap, d_an, margin: F.relu((d_ap - d_an + margin).mean()))  # fmt: skip
from_distances("hinge the wrong way", "`clamp(max=0)` keeps the triplets that are satisfied. Use `clamp(min=0)`.",
    "04, section 1", lambda d_ap, d_an, margin: (d_ap - d_an + margin).clamp(max=0).mean())  # fmt: skip
from_distances("margin subtracted", "The margin is a demand, and makes the loss larger: d(a, p) − d(a, n) + m.",
    "04, section 1", lambda d_ap, d_an, margin: F.relu(d_ap - d_an - margin).mean())  # fmt: skip
from_distances("margin forgotten", "Without it the loss is content as soon as the order is right, and with all "
    "points on one spot.", "04, section 1",
    lambda d_ap, d_an, margin: F.relu(d_ap - d_an).mean())  # fmt: skip
from_distances("margin not used", "The margin is an argument; yours is 1, whatever is asked for.", "04, section 1",
    lambda d_ap, d_an, margin: F.relu(d_ap - d_an + 1).mean())  # fmt: skip
from_distances("margin outside the hinge", "Then even the best triplet costs m. It belongs inside: max(0, … + m).",
    "04, section 1", lambda d_ap, d_an, margin: (F.relu(d_ap - d_an) + margin).mean())  # fmt: skip
from_distances("clamped at the margin", "The hinge is at 0: max(0, … + m), not max(m, …).", "04, section 1",
    lambda d_ap, d_an, margin: (d_ap - d_an).clamp(min=margin).mean())  # fmt: skip
from_distances("hinge squared", "That is the contrastive loss. Here the slope is 1, however wrong a triplet is.",
    "04, section 3", lambda d_ap, d_an, margin: F.relu(d_ap - d_an + margin).square().mean())  # fmt: skip
from_distances("½ added", "That is the contrastive loss, where it cancels a 2. There is no square here.",
    "04, section 1", lambda d_ap, d_an, margin: 0.5 * F.relu(d_ap - d_an + margin).mean())  # fmt: skip
from_distances("softplus in place of the hinge", "log(1 + e^x) is a loss of its own, which never comes to rest. "
    "Asked for is max(0, ·).", "04, section 7",
    lambda d_ap, d_an, margin: F.softplus(d_ap - d_an + margin).mean())  # fmt: skip
from_distances("softplus in place of the hinge", "log(1 + e^x) is a loss of its own, which never comes to rest. "
    "Asked for is max(0, · + m).", "04, section 7",
    lambda d_ap, d_an, margin: F.softplus(d_ap - d_an).mean())  # fmt: skip


@from_distances("mean over the active triplets", "A good idea in training, and another number. Asked for is the mean "
                "over all N.", "04, section 5")  # fmt: skip
def _(d_ap, d_an, margin):
    missing = F.relu(d_ap - d_an + margin)
    return missing.sum() / (missing > 0).sum()


from_distances("sum in place of mean", "A sum grows with the batch, and with it every step of the training.",
    "04, section 2", lambda d_ap, d_an, margin: F.relu(d_ap - d_an + margin).sum())  # fmt: skip
from_distances("mean missing", "This is one loss for each triplet. Asked for is their mean, one number.",
    "04, section 2", lambda d_ap, d_an, margin: F.relu(d_ap - d_an + margin))  # fmt: skip
from_distances("(N, 1) meets (N,)", "They broadcast to (N, N), every positive with every negative. `keepdim` for "
    "both distances, or for none.", "04, section 2",
    lambda d_ap, d_an, margin: F.relu(d_ap[:, None] - d_an + margin).mean())  # fmt: skip


@from_distances(*WHOLE, "04, section 2")
def _(d_ap, d_an, margin):
    return max(d_ap - d_an + margin, 0).mean()


@triplet_loss.mistake("negative measured from the positive", "Both distances start at the anchor: d(a, p) and d(a, n).",
                      "04, section 1")  # fmt: skip
def _(anchor, positive, negative, margin):
    return F.relu(apart(anchor, positive) - apart(positive, negative) + margin).mean()


@triplet_loss.mistake("negative measured from the nearer end", "Some libraries offer this as `swap`. Asked for is "
                      "d(a, n).", "04, section 1")  # fmt: skip
def _(anchor, positive, negative, margin):
    d_an = torch.minimum(apart(anchor, negative), apart(positive, negative))
    return F.relu(apart(anchor, positive) - d_an + margin).mean()


def with_distance(name, why, see, distance):
    triplet_loss.mistake(name, why, see)(
        lambda a, p, n, margin: F.relu(distance(a, p) - distance(a, n) + margin).mean())  # fmt: skip


with_distance("mean over the coordinates", "The length of a − p is the root of the *sum* of squares. A mean over D "
              "makes it √D times too short.", "04, section 2",
              lambda a, b: (a - b).square().mean(1).sqrt())  # fmt: skip
with_distance("distance along the wrong axis", "A sample is a row, so the sum runs over the D columns: `dim=1`.",
              "04, section 2", lambda a, b: (a - b).norm(dim=0))  # fmt: skip
with_distance("one distance for the whole batch", "`(a - p).norm()` without `dim` is one number. Each triplet has "
              "distances of its own.", "04, section 2", lambda a, b: (a - b).norm())  # fmt: skip
with_distance("city-block distance", "This adds absolute values. The Euclidean distance is the root of the sum of "
              "squares.", "04, section 2", lambda a, b: (a - b).abs().sum(1))  # fmt: skip
with_distance("cosine distance", "Asked for is the Euclidean distance, and no row is normalised.", "04, section 2",
              lambda a, b: 1 - F.cosine_similarity(a, b))  # fmt: skip
with_distance("similarity in place of distance", "Near means a *small* distance and a large cosine. Take the Euclidean "
              "distance.", "04, section 2", F.cosine_similarity)  # fmt: skip
with_distance("normalised first", "Nothing in the definition asks for rows of length 1.", "04, section 2",
              lambda a, b: (unit(a) - unit(b)).norm(dim=1))  # fmt: skip
