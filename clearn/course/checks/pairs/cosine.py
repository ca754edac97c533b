"""The cosine of two vectors, with loops."""

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import ZERO, rows
from clearn.similarity import unit

cosine = Exercise("cosine", lambda rng: [
    Case((torch.tensor([1.0, 2.0]), torch.tensor([2.0, 1.0]))),
    Case((torch.tensor([1.0, -1.0]), torch.tensor([2.0, 1.0]))),
    *(Case((rows(rng, d), rows(rng, d))) for d in (3, 7, 64)),
    Case((rows(rng, 5, dtype=torch.float64), rows(rng, 5, dtype=torch.float64))),
    Case((torch.zeros(3), torch.tensor([1.0, 2.0, 3.0])), edge="a row of zeros gives NaN"),
    Case((torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3)), edge="a row of zeros gives NaN"),
    Case((torch.zeros(2), torch.zeros(2)), edge="a row of zeros gives NaN"),
], values_only)  # fmt: skip
cosine.edge(*ZERO)


@cosine.reference
def _(a, b):
    return unit(a) @ unit(b)


cosine.mistake("not normalised", "The dot product grows with the lengths of the vectors. Divide by both.",
    "02, section 1", lambda a, b: a @ b)  # fmt: skip
cosine.mistake("divided by one length only", "The result still grows with the length of the other vector.",
    "02, section 1",
    lambda a, b: a @ b / a.norm(),
    lambda a, b: a @ b / b.norm())  # fmt: skip
cosine.mistake("divided by squared lengths", "a·a is the square of the length: a root is missing.", "02, section 1",
    lambda a, b: a @ b / (a @ a) / (b @ b))  # fmt: skip
cosine.mistake("lengths added", "Divide by the product of the lengths: a/‖a‖ · b/‖b‖.", "02, section 1",
    lambda a, b: a @ b / (a.norm() + b.norm()))  # fmt: skip
cosine.mistake("sum of absolute values as length", "The length is the root of the sum of squares.", "02, section 1",
    lambda a, b: a @ b / (a.abs().sum() * b.abs().sum()))  # fmt: skip
cosine.mistake("cosine distance", "This is 1 − cos, which is 0 for equal directions. Asked for is the cosine.",
    "02, section 3", lambda a, b: 1 - unit(a) @ unit(b))  # fmt: skip
cosine.mistake("angle", "This is the angle itself. Asked for is its cosine.", "02, section 2",
    lambda a, b: torch.acos(unit(a) @ unit(b)))  # fmt: skip
cosine.mistake("brackets missing", "`x / na * nb` divides by na and then multiplies by nb. Write `x / (na * nb)`.",
    "02, section 1",
    lambda a, b: a @ b / a.norm() * b.norm(),
    lambda a, b: a @ b / b.norm() * a.norm())  # fmt: skip
cosine.mistake("sum in place of length", "The components of (1, −1) add up to 0, and it is not the vector of zeros. "
    "Look at the length, a root of squares.", "02, section 6",
    lambda a, b: cosine.right(a, b) * (a.sum().abs() > 1e-6) * (b.sum().abs() > 1e-6))  # fmt: skip
cosine.mistake("a component left out", "The sums begin at 1 or end too early: the first component is number 0, the "
    "last D − 1.", "02, section 1",
    lambda a, b: unit(a[1:]) @ unit(b[1:]),
    lambda a, b: unit(a[:-1]) @ unit(b[:-1]))  # fmt: skip
cosine.mistake("a root missing", "One length stands there, and the square of the other.", "02, section 1",
    lambda a, b: a @ b / (a @ a) / b.norm(),
    lambda a, b: a @ b / (b @ b) / a.norm())  # fmt: skip
cosine.mistake("a root too many", "‖a‖² = a·a. The root of the product of both is enough.", "02, section 1",
    lambda a, b: a @ b / (a.norm() * b.norm()).sqrt())  # fmt: skip
cosine.mistake("sign lost", "A cosine is negative where the angle is larger than 90 degrees.", "02, section 2",
    lambda a, b: cosine.right(a, b).abs(),
    lambda a, b: cosine.right(a, b).clamp(min=0))  # fmt: skip
cosine.mistake("mean in place of sum", "The product has the sum over the components; their mean is smaller by a "
    "factor D.", "02, section 1",
    lambda a, b: (a * b).mean() / (a.norm() * b.norm()))  # fmt: skip
cosine.mistake("an epsilon that counts", "It keeps 0/0 away, but 0.01 is no small number beside short vectors: take "
    "1e-12.", "02, section 6",
    lambda a, b: a @ b / (a.norm() * b.norm() + 1e-2),
    lambda a, b: a @ b / (a.norm() + 1e-2) / (b.norm() + 1e-2),
    lambda a, b: a @ b / (a.norm() * b.norm() + 1))  # fmt: skip
