"""From the distance of unit vectors to their cosine."""

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only

cosine_of_distance = Exercise("cosine_of_distance", lambda rng: [
    Case((torch.tensor([0.0, 1.0, 2.0]),)),
    *(Case((2 * torch.rand(n, generator=rng),)) for n in (4, 9)),
    Case((2 * torch.rand(5, generator=rng, dtype=torch.float64),)),
    Case((2 * torch.rand(2, 3, generator=rng),)),
    Case((torch.tensor(1.5),)),
], values_only)  # fmt: skip


@cosine_of_distance.reference
def _(d):
    return 1 - d**2 / 2


cosine_of_distance.mistake("distance not squared", "‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b: it is the square that is linear "
    "in the cosine.", "02, section 3",
    lambda d: 1 - d / 2)  # fmt: skip
cosine_of_distance.mistake("a factor 2 missing", "Both lengths contribute a 1 to ‖a − b‖² = 2 − 2 cos.",
    "02, section 3", lambda d: 1 - d**2)  # fmt: skip
cosine_of_distance.mistake("distance not squared", "‖a − b‖² = 2 − 2 cos, and not ‖a − b‖.", "02, section 3",
    lambda d: 1 - d)  # fmt: skip
cosine_of_distance.mistake("cosine distance", "This is 1 − cos: 0 for equal directions. Asked for is the cosine.",
    "02, section 3", lambda d: d**2 / 2)  # fmt: skip
cosine_of_distance.mistake("the angle is not the distance", "d is the straight way through the sphere, the angle is "
    "the way along it.", "02, section 3",
    lambda d: torch.cos(d))  # fmt: skip
cosine_of_distance.mistake("the other way round", "This is the distance that belongs to a cosine of d.",
    "02, section 3", lambda d: (2 - 2 * d).clamp(min=0).sqrt())  # fmt: skip
cosine_of_distance.mistake("sign flipped", "Solve ‖a − b‖² = 2 − 2 cos once more: equal vectors, at distance 0, have "
    "cosine 1.", "02, section 3",
    lambda d: d**2 / 2 - 1,
    lambda d: d / 2 - 1)  # fmt: skip
cosine_of_distance.mistake("negative cosines cut off", "Vectors further apart than √2 have a negative cosine, down "
    "to −1 at 2.", "02, section 3",
    lambda d: (1 - d**2 / 2).clamp(min=0),
    lambda d: (1 - d**2 / 2).abs())  # fmt: skip
cosine_of_distance.mistake("wrong factor", "d² = 2 − 2 cos, and both twos matter. (In cos θ = 1 − 2 sin²(θ/2) the "
    "sine is d/2.)", "02, section 3",
    lambda d: 1 - 2 * d**2,
    lambda d: 1 - d**2 / 4,
    lambda d: 2 - d**2,
    lambda d: 2 - 2 * d**2,
    lambda d: 2 - d**2 / 2)  # fmt: skip
cosine_of_distance.mistake("wrong sign of the square", "The further apart, the smaller the cosine.", "02, section 3",
    lambda d: 1 + d**2 / 2)  # fmt: skip
cosine_of_distance.mistake("root in place of square", "It is the square of the distance that is linear in the cosine.",
    "02, section 3", lambda d: 1 - d.sqrt() / 2)  # fmt: skip
cosine_of_distance.mistake("the angle itself", "That is the angle, in radians. Asked for is its cosine.",
    "02, section 2",
    lambda d: torch.acos(1 - d**2 / 2),
    lambda d: 2 * torch.asin(d / 2))  # fmt: skip
cosine_of_distance.mistake("half the angle", "√(1 − d²/4) is the cosine of half the angle: d/2 is the sine of that.",
    "02, section 3", lambda d: (1 - d**2 / 4).clamp(min=0).sqrt())  # fmt: skip
cosine_of_distance.mistake("sine in place of cosine", "Solve ‖a − b‖² = 2 − 2 cos for the cosine.", "02, section 3",
    lambda d: torch.sin(d), lambda d: 1 - torch.sin(d) ** 2, lambda d: (1 - d**2).clamp(min=0).sqrt())  # fmt: skip


@cosine_of_distance.mistake("one axis only", "d may have any shape, (2, 3) as well as (). Calculate with the whole "
    "tensor, without a loop.", "02, section 3")  # fmt: skip
def _(d):
    return torch.stack([1 - x.reshape([]) ** 2 / 2 for x in d])


@cosine_of_distance.mistake("one axis only", "d may have any shape, (2, 3) as well as (). Calculate with the whole "
    "tensor, without a loop.", "02, section 3")  # fmt: skip
def _(d):
    return torch.stack([1 - x**2 / 2 for x in d])
