"""Choose on validation rows, report on test rows."""

import numpy as np
import torch

from clearn.course.checks.exercise import Case, Changed, Exercise, as_tensor


def scores(rng, n):
    """n candidates with their scores. On test the winner is third: a runner-up and an outsider are ahead of it."""
    order = torch.randperm(n, generator=rng).tolist()
    winner = order.index(0)
    if winner in (0, n - 1):  # neither the first nor the last is the winner
        order[winner], order[1] = order[1], order[winner]
    filled = 0.45 + 0.1 * torch.rand(2, n - 3, generator=rng)
    validation = torch.cat([torch.tensor([0.80, 0.78, 0.60]), filled[0]])
    test = torch.cat([torch.tensor([0.70, 0.77, 0.85]), filled[1]])
    names = 10 + torch.randperm(60, generator=rng)[:n]
    jitter = 0.004 * torch.rand(2, n, generator=rng)
    return names.tolist(), (validation + jitter[0])[order], (test + jitter[1])[order]


def reports(solution, args):
    """Watch what is chosen and reported, and how often the test is asked. Candidates are numbers of 10 or more, so that
    no index is one."""
    candidates, on_validation, on_test = args
    asked = []

    def score(of, note):
        def ask(candidate):
            if candidate not in candidates:
                raise ValueError(f"a score function was asked about {candidate!r}, which is no candidate")
            note.append(candidates.index(candidate))
            return of[note[-1]].item()

        return ask

    given = list(candidates)
    found = solution(given, score(on_validation, []), score(on_test, asked))
    if given != candidates:
        raise Changed
    found = found if isinstance(found, (tuple, list)) else (found,)
    found = [x.item() if isinstance(x, np.generic) else x for x in found]
    seen = {what: as_tensor(x) for what, x in zip(["winner", "its score", *range(2, len(found))], found, strict=False)}
    seen["candidates asked about on test"] = torch.tensor(min(len(set(asked)), 2))  # 2: more than one
    seen["questions to the test"] = torch.tensor(min(len(asked), 2))
    return seen


choose_and_report = Exercise("choose_and_report", lambda rng: [
    Case(([15, 20, 50], torch.tensor([0.70, 0.80, 0.75]), torch.tensor([0.68, 0.72, 0.90]))),
    *(Case(scores(rng, n)) for n in (4, 5, 9)),
    Case(([30, 10, 40], torch.tensor([-0.9, -0.2, -0.5]), torch.tensor([-0.3, -0.4, -0.8])),
         edge="the best so far starts at 0"),
], reports)  # fmt: skip
choose_and_report.edge("the best so far starts at 0", "Scores may be negative, and then none is above 0. Start with "
                       "−∞, or with the first candidate's.", "12, section 1")  # fmt: skip


@choose_and_report.reference
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return winner, test_score(winner)


@choose_and_report.mistake("chosen on test", "The best of many on the test pictures looks better than it is. Choose on "
                           "validation.",
                           "12, section 4")  # fmt: skip
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=test_score)
    return winner, test_score(winner)


@choose_and_report.mistake("test has a say in the choice", "Whatever helps to choose cannot judge any more, not even "
                           "between the two best. Choose on validation alone.", "08, section 7")  # fmt: skip
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=lambda c: validation_score(c) + test_score(c))
    return winner, test_score(winner)


@choose_and_report.mistake("reports the validation score", "The winner was chosen because it is high there: it is too "
                           "good. Report the winner's score on test.", "12, section 4")  # fmt: skip
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return winner, validation_score(winner)


@choose_and_report.mistake(
    "reports the validation score", "The test was asked, and its answer thrown away.", "12, section 4"
)
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    test_score(winner)
    return winner, validation_score(winner)


@choose_and_report.mistake(
    "reports the best test score", "That is the score of another candidate. Report the winner's.", "12, section 4"
)
def _(candidates, validation_score, test_score):
    return max(candidates, key=validation_score), max(map(test_score, candidates))


@choose_and_report.mistake("chooses the lowest", "A high score is a good one.", "12, section 1")
def _(candidates, validation_score, test_score):
    winner = min(candidates, key=validation_score)
    return winner, test_score(winner)


@choose_and_report.mistake("test asked about more than the winner", "The choice is right, but you have seen what you "
                           "must not see: the test is asked when nothing is left to choose, and about the winner only.",
                           "12, section 1")  # fmt: skip
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return winner, {c: test_score(c) for c in candidates}[winner]


@choose_and_report.mistake("test asked twice", "Ask once and keep the answer.", "12, section 1")
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return winner, [test_score(winner), test_score(winner)][0]


@choose_and_report.mistake(
    "the last candidate tested", "After a loop its variable holds the last candidate, not the best.", "12, section 1"
)
def _(candidates, validation_score, test_score):
    return max(candidates, key=validation_score), test_score(candidates[-1])


@choose_and_report.mistake(
    "index in place of the candidate", "Return the candidate itself: `candidates[i]`.", "12, section 1"
)
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return candidates.index(winner), test_score(winner)


@choose_and_report.mistake("results exchanged", "First the winner, then its score.", "12, section 1")
def _(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return test_score(winner), winner


choose_and_report.mistake("winner without its score", "Two results are asked for: the winner, and its score on test.",
    "12, section 1",
    lambda candidates, validation_score, test_score: max(candidates, key=validation_score))  # fmt: skip
choose_and_report.mistake("score without the winner", "Two results are asked for: the winner, and its score on test.",
    "12, section 1",
    lambda candidates, validation_score, test_score: test_score(max(candidates, key=validation_score)))  # fmt: skip


for place in (0, -1):

    @choose_and_report.mistake("nothing chosen", "The place in the list says nothing. Ask validation about each, and "
                               "sort by its answers.",
                               "12, section 1")  # fmt: skip
    def _(candidates, validation_score, test_score, place=place):
        return candidates[place], test_score(candidates[place])


@choose_and_report.mistake("test has a say in the choice", "The two best of validation are compared on test, and then "
                           "the winner's score is too good. Choose on validation alone.", "12, section 4")  # fmt: skip
def _(candidates, validation_score, test_score):
    finalists = sorted(candidates, key=validation_score)[-2:]
    winner = max(finalists, key=test_score)
    return winner, test_score(winner)
