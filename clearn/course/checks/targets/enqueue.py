"""The queue of keys, first in, first out."""

import torch

from clearn.course.checks.exercise import Case, Exercise, a_function
from clearn.course.checks.inputs import turned
from clearn.course.checks.targets.shared import joined, normal, normal64
from clearn.methods.momentum import Queue


def constants(solution, args):
    """Watch a function whose results should be constants: its values, and whether a gradient would flow back."""
    seen = a_function(solution, args)
    found = {what: x for what, x in seen.items() if not what.startswith("gradient")}
    return found | {"gradient kept": torch.tensor(len(found) < len(seen))}


enqueue = Exercise("enqueue", lambda rng: [
    Case((torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[4.0], [5.0]]))),
    Case((normal(rng, 5, 3), normal(rng, 1, 3))),
    Case((turned(normal(rng, 7, 4)), turned(normal(rng, 3, 4)))),
    Case((normal64(rng, 6, 2), normal64(rng, 4, 2))),
    Case((normal(rng, 9, 1), normal(rng, 2, 1))),
    Case((normal(rng, 4, 3), normal(rng, 4, 3)), edge="a batch as large as the queue"),
    Case((normal(rng, 3, 2), normal(rng, 8, 2)), edge="a batch larger than the queue"),
    Case((normal(rng, 1, 2), normal(rng, 3, 2)), edge="a batch larger than the queue"),
], constants)  # fmt: skip
enqueue.edge("a batch as large as the queue", "Nothing of the old queue stays. Mind `queue[-0:]`, which is the whole "
             "queue and not an empty piece.", "09, section 2")  # fmt: skip
enqueue.edge("a batch larger than the queue", "The queue keeps its length, and of such a batch only the last keys "
             "stay. Join first, and cut then.", "09, section 2")  # fmt: skip


@enqueue.reference
def _(queue, keys):
    ring = Queue(*queue.shape).to(queue.dtype)
    ring.keys.copy_(queue.detach())
    ring.enqueue(keys)
    return ring.oldest_first()


enqueue.mistake("the queue grows", "Its length stays K: as many of the oldest fall out as new ones come in.",
    "09, section 2", lambda queue, keys: joined(queue, keys))  # fmt: skip
enqueue.mistake("one falls out for a whole batch", "As many of the oldest fall out as new ones come in, and not one "
    "only.", "09, section 2",
    lambda queue, keys: joined(queue[1:], keys))  # fmt: skip
enqueue.mistake("nothing enters", "You return the queue as it was. Cut off its beginning, where the oldest stand, "
    "and not its end.", "09, section 2",
    lambda queue, keys: queue.detach().clone())  # fmt: skip
enqueue.mistake("last in, first out", "The newest of the old keys fell out. It is a queue, not a stack: the oldest "
    "leave.", "09, section 2",
    lambda queue, keys: joined(queue[: -len(keys)], keys))  # fmt: skip
enqueue.mistake("newest first", "These are the right keys in the wrong order: the oldest stands in row 0.",
    "09, section 2", lambda queue, keys: joined(queue, keys)[-len(queue) :].flip(0))  # fmt: skip
enqueue.mistake("newest first", "New keys go to the end, and the oldest, in row 0, fall out.", "09, section 2",
    lambda queue, keys: joined(keys.flip(0), queue)[: len(queue)])  # fmt: skip
enqueue.mistake("new keys at the wrong end", "Row 0 is the oldest. New keys go behind the last row.", "09, section 2",
    lambda queue, keys: joined(keys, queue)[: len(queue)])  # fmt: skip
enqueue.mistake("order of a ring", "You wrote over the oldest where they stood, as a ring does. Here the rows are "
    "wanted oldest first.", "09, section 2",
    lambda queue, keys: joined(keys, queue[len(keys) :]))  # fmt: skip
enqueue.mistake("the batch turned round", "The keys of a batch have an order, too: its first row is its oldest.",
    "09, section 2", lambda queue, keys: joined(queue[len(keys) :], keys.flip(0)))  # fmt: skip
enqueue.mistake("rolled the wrong way", "The rows must move up, by −N, so that the oldest come to stand at the end "
    "and can be written over.", "09, section 2",
    lambda queue, keys: joined(queue.roll(len(keys), 0)[: -len(keys)], keys))  # fmt: skip
enqueue.mistake("one key of the batch enters", "All N keys of the batch come in, not one of them.", "09, section 2",
    lambda queue, keys: joined(queue[1:], keys[-1:]))  # fmt: skip
enqueue.mistake("one key of the batch enters", "All N keys of the batch come in, not the first only.", "09, section 2",
    lambda queue, keys: joined(queue[1:], keys[:1]))  # fmt: skip
enqueue.mistake("gradient kept", "The values are right, but a queue that remembers how its keys were made keeps all "
    "those networks in memory. Detach.", "09, section 2",
    lambda queue, keys: torch.cat([queue, keys])[-len(queue) :])  # fmt: skip
