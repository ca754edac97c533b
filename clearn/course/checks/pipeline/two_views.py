"""Two views of each image, drawn independently."""

import torch

from clearn.course.checks.exercise import Case, Changed, Exercise, NotATensor, NothingReturned, as_tensor, same
from clearn.course.checks.pipeline.shared import drawn_once, pictures, remembered

SEED = 7919  # nobody else's, so that one who sets another is seen


class Augment:
    """A random change of pictures that can be traced: from a view, back to what it was made of."""

    def __init__(self):
        self.inputs, self.outputs = [], []

    def __call__(self, images):
        if images.ndim != 4:
            raise ValueError(f"augment takes a batch (N, C, H, W), got shape {tuple(images.shape)}")
        images = images.detach().float()
        strength = 0.5 + torch.rand(len(images), 1, 1, 1)  # drawn for each picture, as the real ones are
        views = (images + strength)[..., : max(2, images.shape[3] - 1)] / 2  # and smaller than the picture
        self.inputs += images.clone()
        self.outputs += views.clone()
        return views

    def trace(self, row):
        """(times augmented, number of its last draw, the picture at the beginning) of a row of a view."""
        row, times, draw = row.detach().float(), 0, -1
        while (found := [i for i, view in enumerate(self.outputs) if torch.equal(view, row)]) and times < 9:
            row, times, draw = self.inputs[found[0]], times + 1, found[0] if times == 0 else draw
        return times, draw, row


def observe_views(solution, args):
    """What two views were made of, one thing at a time: all is right but for the first fault that is found."""
    images, augment = args[0].clone(), Augment()
    torch.manual_seed(SEED)
    out = solution(images, augment)
    if not torch.equal(images, args[0]):
        raise Changed
    x, n = args[0].float() / 255, len(images)
    right = {"a pair": torch.tensor(1), "as augment made them": torch.tensor(1), "times augmented": torch.ones(2, n),
             "picture of view 0": x, "picture of view 1": x,
             "draws of their own": torch.tensor(1), "seeds left alone": torch.tensor(1)}  # fmt: skip
    if isinstance(out, torch.Tensor):  # 0: both in one; -1: only one
        return right | {"a pair": torch.tensor(-1 if out.ndim == 4 and len(out) == n else 0)}
    if out is None or not isinstance(out, (tuple, list)):
        raise (NothingReturned if out is None else NotATensor)(
            f"it returned {type(out).__name__} in place of two tensors"
        )
    if len(out) != 2:
        return right | {"a pair": torch.tensor(2)}
    traces = [[augment.trace(row) for row in as_tensor(view)] for view in out]
    if any(times == 0 and not any(torch.equal(root, p) for p in (*x, *args[0].float()))
           for view in traces for times, _, root in view):  # fmt: skip
        bytes_went_in = any(row.max() > 1 for row in augment.inputs)
        return right | {"as augment made them": torch.tensor(-1 if bytes_went_in else 0)}
    times = [torch.tensor([float(times) for times, *_ in view]) for view in traces]
    if [len(t) for t in times] != [n, n]:
        return right | {"times augmented": torch.cat(times)}
    if not (torch.stack(times) == 1).all():
        return right | {"times augmented": torch.stack(times)}
    roots = [torch.stack([root for *_, root in view]) for view in traces]
    who = [[next((i for i, p in enumerate(x) if same(p, row)), -1) for row in view] for view in roots]
    if any(w != [*range(n)] for w in who):
        if all(i >= 0 for w in who for i in w):  # other pictures: -2 if the two agree, else -1
            roots = [torch.full_like(x, -2.0 if who[0] == who[1] else -1.0)] * 2
        return right | {"picture of view 0": roots[0], "picture of view 1": roots[1]}
    if [draw for _, draw, _ in traces[0]] == [draw for _, draw, _ in traces[1]]:  # -1: two calls drew alike
        alike = any(torch.equal(a, b) for i, a in enumerate(augment.outputs) for b in augment.outputs[:i])
        return right | {"draws of their own": torch.tensor(-1 if alike else 0)}
    return right | {"seeds left alone": torch.tensor(int(torch.initial_seed() == SEED))}


two_views = Exercise("two_views", drawn_once(lambda rng: [
    Case((torch.tensor([0, 51, 102, 204, 153, 85], dtype=torch.uint8).reshape(3, 1, 1, 2),)),
    Case((pictures(rng, 3, 3, 4, 4),)),
    Case((pictures(rng, 5, 1, 3, 6),)),
    Case((pictures(rng, 4, 3, 5, 5).contiguous(memory_format=torch.channels_last),)),
    Case((pictures(rng, 1, 3, 4, 4),)),
]), remembered(observe_views))  # fmt: skip


@two_views.reference
def _(images, augment):
    x = images.float() / 255
    return augment(x), augment(x)


@two_views.mistake("same view twice", "One call is one draw. Equal views share everything, and the loss falls at "
                   "once.", "06, section 7")  # fmt: skip
def _(images, augment):
    view = augment(images / 255)
    return view, view


@two_views.mistake("seed set between the views", "With one seed for both, both draw the same numbers: it is the same "
                   "view twice.", "06, section 7")  # fmt: skip
def _(images, augment):
    torch.manual_seed(0)
    view0 = augment(images / 255)
    torch.manual_seed(0)
    return view0, augment(images / 255)


@two_views.mistake("seed set inside", "The two views differ, but they are the same ones in every step, and are "
                   "learned by heart. Leave seeds to those who call you.", "07, section 2")  # fmt: skip
def _(images, augment):
    torch.manual_seed(0)
    return augment(images / 255), augment(images / 255)


@two_views.mistake("second view made from the first", "Both start from the picture. Otherwise one is changed twice, "
                   "and what the first has lost is missing from both.", "06, section 3")  # fmt: skip
def _(images, augment):
    view0 = augment(images / 255)
    return view0, augment(view0)


@two_views.mistake("second view made from the first", "Both start from the picture: here one is changed twice.",
                   "06, section 3")  # fmt: skip
def _(images, augment):
    view1 = augment(images / 255)
    return augment(view1), view1


for first in (True, False):

    @two_views.mistake("one view not augmented", "The picture as it is is no view. Both are changed, each by a draw "
                       "of its own.", "07, section 1")  # fmt: skip
    def _(images, augment, first=first):
        x = images / 255
        return (x, augment(x)) if first else (augment(x), x)


two_views.mistake("not augmented", "Two copies of a picture share everything. `augment` makes views of them.",
    "07, section 1", lambda images, augment: (images / 255, images / 255))  # fmt: skip
two_views.mistake("bytes not scaled to [0, 1]", "Pictures are stored as 0 to 255, and `augment` takes 0 to 1. Divide "
    "by 255.", "07, section 1",
    lambda images, augment: (augment(images.float()), augment(images.float())))  # fmt: skip
two_views.mistake("scaled after augmenting", "`augment` takes pictures from 0 to 1; what it clamps at 1 would be "
    "nearly black in bytes. Divide before.", "06, section 7",
    lambda images, augment: (augment(images.float()) / 255, augment(images.float()) / 255))  # fmt: skip
two_views.mistake("scaled twice", "What has been divided by 255 twice is black, and no error says so.",
    "06, section 7", lambda images, augment: (augment(images / 255 / 255), augment(images / 255 / 255)))  # fmt: skip
two_views.mistake("divided by 256", "There are 256 bytes, but the largest is 255: white should be 1.", "07, section 1",
    lambda images, augment: (augment(images / 256), augment(images / 256)))  # fmt: skip
two_views.mistake("scaled by the batch's own range", "Then a picture's brightness depends on its company. A byte's "
    "largest value is 255, whether it occurs or not.", "07, section 1",
    lambda images, augment: (augment(images / images.max()), augment(images / images.max())))  # fmt: skip


@two_views.mistake("scaled by the batch's own range", "Then a picture's brightness depends on its company. A byte "
                   "goes from 0 to 255, whatever occurs.", "07, section 1")  # fmt: skip
def _(images, augment):
    x = (images - images.min()) / (images.max() - images.min())
    return augment(x), augment(x)


two_views.mistake("whole-number division", "`//` drops what is behind the point: all but the brightest becomes 0.",
    "06, section 7", lambda images, augment: (augment(images // 255), augment(images // 255)))  # fmt: skip


@two_views.mistake("normalised before augmenting", "Negative values have no hue, and cannot be clamped to [0, 1]. "
                   "Normalise after augmenting, if at all.", "06, section 7")  # fmt: skip
def _(images, augment):
    x = (images / 255 - 0.5) / 0.5
    return augment(x), augment(x)


@two_views.mistake("normalised before augmenting", "Negative values have no hue, and cannot be clamped to [0, 1]. "
                   "Normalise after augmenting, if at all.", "06, section 7")  # fmt: skip
def _(images, augment):
    x = (images / 255 - (images / 255).mean()) / (images / 255).std()
    return augment(x), augment(x)


two_views.mistake("views changed afterwards", "Asked for are the views as `augment` makes them.", "07, section 1",
    lambda images, augment: tuple((augment(images / 255) - 0.5) / 0.5 for _ in range(2)))  # fmt: skip
two_views.mistake("one tensor in place of a pair", "Return view0 and view1, each (N, C, H, W). Stacking them is the "
    "next arrow's affair.", "07, section 1",
    lambda images, augment: torch.cat([augment(images / 255), augment(images / 255)]))  # fmt: skip
two_views.mistake("only one view", "A positive pair has two. `return view0, view1`.", "07, section 1",
    lambda images, augment: augment(images / 255))  # fmt: skip
two_views.mistake("not two results", "Return two tensors, view0 and view1, and nothing else.", "07, section 1",
    lambda images, augment: (images, augment(images / 255), augment(images / 255)))  # fmt: skip
two_views.mistake("views of different pictures", "Row i of both must show picture i. Otherwise there is no partner "
    "to be found, and the loss stays at chance.", "08, section 7",
    lambda images, augment: (augment(images / 255), augment(images.roll(1, 0) / 255)))  # fmt: skip


@two_views.mistake("pictures in another order", "Row i of the views must show picture i, for whoever calls you knows "
                   "the pictures by their numbers.", "08, section 7")  # fmt: skip
def _(images, augment):
    x = images.flip(0) / 255
    return augment(x), augment(x)
