"""Features of many images: in batches, in evaluation mode, without gradients."""

import copy
import functools

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Changed, Exercise, as_tensor, same
from clearn.course.checks.pipeline.shared import Log, drawn_once, encoder, pictures, remembered


def observe_embed(solution, args):
    """Features, and how they came about. One thing at a time: all is right but for the first fault that is found."""
    encoder, images, batch_size = copy.deepcopy(args[0]), args[1].clone(), args[2]
    expected = features_of(copy.deepcopy(encoder).eval(), images)
    encoder.log = Log()
    grad, modes = torch.is_grad_enabled(), [module.training for module in encoder.modules()]
    right = {"features": expected, "in evaluation mode": torch.tensor(1), "without gradients": torch.tensor(1),
             "in batches": torch.tensor(1), "modes afterwards": torch.tensor(modes), "still trainable": torch.tensor(1),
             "gradients on again": torch.tensor(1)}  # fmt: skip
    try:
        out, stopped = solution(encoder, images, batch_size), None
    except Exception as error:  # noqa: BLE001  batch norm in training mode refuses a single row: then the mode is to blame
        out, stopped = torch.zeros(0), error
    grad_after = torch.is_grad_enabled()
    torch.set_grad_enabled(grad)
    if any(training for _, training, *_ in encoder.log):
        return right | {"in evaluation mode": torch.tensor(0)}
    if stopped is not None:
        raise stopped
    if not torch.equal(images, args[1]):
        raise Changed
    features = as_tensor(out)
    if not same(features, expected):
        reordered = features.shape == expected.shape and same(*(x.sort(0).values for x in (features, expected)))
        return right | {"features": torch.zeros_like(expected) if reordered else features}
    if out.requires_grad:
        return right | {"without gradients": torch.tensor(0)}
    calls = [rows for rows, *_ in encoder.log]
    if calls and max(calls) > batch_size or len(calls) > 2 and max(calls) == 1 < batch_size:
        return right | {"in batches": torch.tensor(0 if max(calls) > 1 else -1)}
    if not all(p.requires_grad for p in encoder.parameters()):
        return right | {"still trainable": torch.tensor(0)}
    if grad_after != grad:
        return right | {"gradients on again": torch.tensor(0)}
    return right | {"modes afterwards": torch.tensor([module.training for module in encoder.modules()])}


@torch.no_grad()
def features_of(encoder, images):
    return encoder(images / 255)


def to_embed(rng, n, batch_size, shape=(1, 2, 3), dim=3, training=True):
    return Case((encoder(rng, torch.Size(shape), dim).train(training), pictures(rng, n, *shape), batch_size))


embed = Exercise("embed", drawn_once(lambda rng: [
    to_embed(rng, 4, 3, shape=(1, 1, 2), dim=2), to_embed(rng, 6, 3), to_embed(rng, 8, 3, dim=5),
    to_embed(rng, 7, 4, training=False), to_embed(rng, 4, 10), to_embed(rng, 6, 6, training=False), to_embed(rng, 5, 1),
    to_embed(rng, 9, 4, shape=(3, 4, 4), dim=8),
]), remembered(observe_embed))  # fmt: skip


def run(encoder, images, batch_size, *, scale=255, gradients=False, evaluation=True, restore=True, join=torch.cat):
    """Features, with what may be wrong as options."""
    was = encoder.training
    if evaluation:
        encoder.eval()
    with torch.set_grad_enabled(gradients):
        features = join([encoder(batch / scale) for batch in images.split(batch_size)])
    if restore:
        encoder.train(was)
    return features


@embed.reference
def _(encoder, images, batch_size):
    return run(encoder, images, batch_size)


for gradients in (False, True):

    @embed.mistake("in training mode", "Batch norm then looks at the rest of the batch, and moves its running "
                   "averages. `encoder.eval()` first.", "07, section 4")  # fmt: skip
    def _(encoder, images, batch_size, gradients=gradients):
        return run(encoder, images, batch_size, gradients=gradients, evaluation=False)

    @embed.mistake("in training mode", "`train()` asks batch norm to look at the rest of the batch. To judge, "
                   "`eval()`.", "07, section 4")  # fmt: skip
    def _(encoder, images, batch_size, gradients=gradients):
        return run(encoder.train(), images, batch_size, gradients=gradients, evaluation=False)


embed.mistake("gradients kept", "The features carry the graph of every batch along, and the memory fills up. Compute "
    "them under `torch.no_grad()`.", "07, section 4",
    lambda encoder, images, batch_size: run(encoder, images, batch_size, gradients=True))  # fmt: skip
embed.mistake("mode not restored", "The encoder stays in evaluation mode, and the training goes on in it, without an "
    "error. Note `encoder.training` before, and set it again.", "07, section 8",
    lambda encoder, images, batch_size: run(encoder, images, batch_size, restore=False))  # fmt: skip


@embed.mistake("only the outer module restored", "`encoder.training = …` changes the encoder alone, and its batch "
               "norms stay in evaluation mode. `encoder.train(…)` goes through all that is inside.",
               "07, section 4")  # fmt: skip
def _(encoder, images, batch_size):
    was = encoder.training
    features = run(encoder, images, batch_size, restore=False)
    encoder.training = was
    return features


@embed.mistake("always back to training mode", "An encoder that came in evaluation mode must leave in evaluation "
               "mode. Note `encoder.training` before.", "07, section 4")  # fmt: skip
def _(encoder, images, batch_size):
    features = run(encoder, images, batch_size)
    encoder.train()
    return features


@embed.mistake("gradients off for good", "Switched off for all that follows, training too. `with torch.no_grad():` "
               "ends where its block ends.", "07, section 4")  # fmt: skip
def _(encoder, images, batch_size):
    torch.set_grad_enabled(False)
    return run(encoder, images, batch_size)


embed.mistake("encoder frozen", "With `requires_grad` off it never learns again. `with torch.no_grad():` touches no "
    "parameter.", "07, section 4",
    lambda encoder, images, batch_size: run(encoder.requires_grad_(False), images, batch_size))  # fmt: skip


for restore in (True, False):
    run_ = functools.partial(run, restore=restore)  # one who forgets to restore may forget more

    embed.mistake("bytes not scaled to [0, 1]", "In training the encoder saw 0 to 1. Divide by 255.", "07, section 1",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, batch_size, scale=1))  # fmt: skip
    embed.mistake("scaled twice", "What has been divided by 255 twice is black.", "06, section 7",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, batch_size, scale=255 * 255))  # fmt: skip
    embed.mistake("divided by 256", "There are 256 bytes, but the largest is 255: white should be 1.", "07, section 1",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, batch_size, scale=256))  # fmt: skip
    embed.mistake("scaled by its own range", "Then features depend on which pictures stand together. A byte's "
        "largest value is 255.", "07, section 4",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, batch_size, scale=images.max()))  # fmt: skip

    @embed.mistake("scaled by its own range", "Then features depend on which pictures stand together. A byte's "
                   "largest value is 255.", "07, section 4")  # fmt: skip
    def _(encoder, images, batch_size, run=run_):
        x = torch.cat([batch / batch.max() for batch in images.split(batch_size)])
        return run(encoder, x, batch_size, scale=1)

    @embed.mistake("last batch dropped", "To judge, every picture counts. A smaller last batch is dropped in training "
                   "only.", "07, section 3")  # fmt: skip
    def _(encoder, images, batch_size, run=run_):
        full = [batch for batch in images.split(batch_size) if len(batch) == batch_size]
        return run(encoder, torch.cat(full), batch_size)

    @embed.mistake("last batch dropped", "Every picture counts, those of a smaller last batch, too: their rows are "
                   "empty.", "07, section 3")  # fmt: skip
    def _(encoder, images, batch_size, run=run_):
        features = run(encoder, images, batch_size)
        features[len(images) // batch_size * batch_size :] = 0
        return features

    @embed.mistake("last batch dropped", "To judge, every picture counts. A smaller last batch is dropped in training "
                   "only.", "07, section 3")  # fmt: skip
    def _(encoder, images, batch_size, run=run_):
        return run(encoder, images[: max(len(images) // batch_size, 1) * batch_size], batch_size)

    @embed.mistake("last batch dropped", "Every picture counts, those of the last batch, too.", "07, section 3")
    def _(encoder, images, batch_size, run=run_):
        rest = images[: (len(images) - 1) // batch_size * batch_size]
        return run(encoder, torch.cat([batch for batch in rest.split(batch_size) if len(batch)]), batch_size)

    embed.mistake("one batch only", "Collect the features of all batches, and put them together at the end.",
        "07, section 4",
        lambda encoder, images, batch_size, run=run_: run(encoder, images[:batch_size], batch_size))  # fmt: skip

    @embed.mistake("one batch only", "Each batch overwrites the one before. Collect them, and put them together at "
                   "the end.", "07, section 4")  # fmt: skip
    def _(encoder, images, batch_size, run=run_):
        return run(encoder, images, batch_size, join=lambda batches: batches[-1])

    embed.mistake("stacked in place of joined", "`stack` adds an axis, and stops where the last batch is smaller. "
        "`cat` puts rows below rows.", "07, section 4",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, batch_size, join=torch.stack))  # fmt: skip
    embed.mistake("order lost", "Row i must belong to picture i, or the labels no longer fit. Shuffle in training "
        "only.", "07, section 3",
        lambda encoder, images, batch_size, run=run_: run(encoder, images.flip(0), batch_size))  # fmt: skip
    embed.mistake("features normalised", "Asked for are the features as the encoder gives them. Whoever wants "
        "cosines can normalise.", "07, section 7",
        lambda encoder, images, batch_size, run=run_: F.normalize(run(encoder, images, batch_size)))  # fmt: skip
    embed.mistake("all at once", "All pictures in one batch may need more memory than there is. Take `batch_size` at "
        "a time.", "07, section 4",
        lambda encoder, images, batch_size, run=run_: run(encoder, images, len(images)))  # fmt: skip
    embed.mistake("one picture at a time", "It is right, and as slow as can be. Take `batch_size` at a time.",
        "07, section 3", lambda encoder, images, batch_size, run=run_: run(encoder, images, 1))  # fmt: skip
