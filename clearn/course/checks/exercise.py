"""An exercise: what is right, and what often goes wrong, each as a program; and how a learner's program is told from them."""

import functools
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Case:
    """One run: `args`, which `observe` copies before it hands them over. `edge`: the mistake to name if this alone goes wrong."""

    args: tuple
    edge: str = ""


@dataclass(frozen=True)
class Slip:
    """A mistake that people make: its name, why it is one, and the section that explains it, as "05, section 2"."""

    name: str
    why: str
    see: str
    solution: object = None  # a program that makes it; None where a case shows it


@dataclass
class Exercise:
    """What to write, under which `name`, and how to judge it.

    Args: name, of the function or class; cases(rng), a list of `Case`, the smallest first, drawn with a torch.Generator;
    observe(solution, args), what can be seen of one run: {what: tensor}.
    `reference` decorates the right program; `mistake` takes wrong ones, or decorates one of several lines. A program is
    told to have made a mistake if it does, in all cases, what a wrong program does.
    """

    name: str
    cases: object
    observe: object
    right: object = None
    mistakes: list = field(default_factory=list)
    edges: dict = field(default_factory=dict)

    def reference(self, solution):
        """Decorates the right program."""
        self.right = solution
        return solution

    def mistake(self, name, why, see, *programs):
        """Keep programs that make a mistake; or decorate one. `see` is the section that explains it, as "05, section 2"."""

        def keep(program):
            self.mistakes.append(Slip(name, why, see, program))
            return program

        for program in programs:
            keep(program)
        return keep

    def edge(self, name, why, see):
        """What to say if only the cases of this edge go wrong."""
        self.edges[name] = Slip(name, why, see)


def a_function(solution, args, gradient=True):
    """Watch a function of tensors: its values and, with `gradient`, what flows back to each floating argument.

    Raises Changed if the arguments are not as they were.
    """
    leaves = [copied(a, gradient) for a in args]
    given = [
        a.clone() if isinstance(a, torch.Tensor) else a for a in leaves
    ]  # no leaves: autograd forbids changing those
    before = [a.detach().clone() if isinstance(a, torch.Tensor) else a for a in given]
    out = solution(*given)
    if any(
        isinstance(a, torch.Tensor) and not same(a.detach(), b, exactly=True)
        for a, b in zip(given, before, strict=True)
    ):
        raise Changed
    values = out if isinstance(out, (tuple, list)) else (out,)
    seen = {f"value {i}" if len(values) > 1 else "value": as_tensor(value) for i, value in enumerate(values)}
    leaves = [a for a in leaves if isinstance(a, torch.Tensor) and a.requires_grad]
    smooth = [v for v in values if isinstance(v, torch.Tensor) and v.requires_grad]
    if leaves and smooth:
        total = sum((v * weights(v)).sum() for v in smooth)
        for i, slope in enumerate(torch.autograd.grad(total, leaves, allow_unused=True)):
            seen[f"gradient {i}"] = torch.zeros_like(leaves[i]) if slope is None else slope
    return seen


values_only = functools.partial(a_function, gradient=False)


def copied(a, gradient):
    """A copy with the strides of `a`, ready for autograd if it is floating."""
    if not isinstance(a, torch.Tensor):
        return list(a) if isinstance(a, list) else a
    a = torch.empty_strided(a.shape, a.stride(), dtype=a.dtype).copy_(a.detach())
    return a.requires_grad_(gradient and a.is_floating_point())


def weights(v):
    """Fixed weights that differ from entry to entry: a sum alone would not see entries exchanged."""
    return torch.linspace(0.5, 1.5, v.numel(), dtype=v.dtype).reshape(v.shape)


def as_tensor(value):
    """What was returned, as a tensor."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, (bool, int, float)):
        return torch.tensor(value)
    if value is None:
        raise NothingReturned("it returned nothing")
    raise NotATensor(f"it returned {type(value).__name__} in place of a tensor")


def same(a, b, exactly=False):
    """Whether two tensors are equal, up to rounding in float32; NaN equals NaN."""
    if a.shape != b.shape:
        return False
    close = {"rtol": 0, "atol": 0} if exactly else {"rtol": 1e-3, "atol": 1e-5}
    return torch.allclose(a.double(), b.double(), equal_nan=True, **close)


class Changed(Exception):
    """The arguments were changed in place."""


class NotATensor(Exception):
    """Something else was returned."""


class NothingReturned(NotATensor):
    """There is no `return`, or nothing behind it."""
