"""What the exercises of the assignment share: inputs, and words for mistakes."""

from clearn.course.checks.exercise import values_only


def answers_only(solution, args):
    """`values_only`. PyTorch has a NotImplementedError, too, as for a mean of truth values: it is not the learner's."""
    try:
        return values_only(solution, args)
    except NotImplementedError as error:
        raise TypeError(str(error)) if str(error) else error from None
