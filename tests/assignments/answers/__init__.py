"""What learners write: for each exercise right answers, written differently, and wrong ones, with the mistake that each makes.

Nothing here is the package's: a wrong answer is written as somebody would write it who does not know better.
"""

RIGHT, WRONG = [], []


def right(solution):
    RIGHT.append(solution)
    return solution


def wrong(mistake):
    def keep(solution):
        WRONG.append((solution, mistake))
        return solution

    return keep


from answers import (  # noqa: E402, F401  they use what is above
    independent_infonce, independent_infonce_2, independent_margins, independent_margins_2, independent_measuring,
    independent_measuring_2, independent_pairs, independent_pairs_2, independent_pipeline, independent_pipeline_2,
    independent_targets, independent_targets_2, infonce, margins, measuring, pairs, pipeline, targets,
)  # fmt: skip
