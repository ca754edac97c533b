"""Predict questions: asked well, answered once, explained always, and harmless where nobody presses anything."""

import html
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from compare_outputs import FOLD, is_fold
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

import clearn
from clearn.course.widgets import Question, predict

QUESTIONS = Path(clearn.__file__).parent / "course/questions"
FILES = sorted(QUESTIONS.glob("*.toml"))
NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("[0-9][0-9]_*[a-z].ipynb"))
ALL = [(file.stem, name) for file in FILES for name in tomllib.loads(file.read_text("utf8"))]
ANSWERS = [{"text": "one & only", "why": "No."}, {"text": "two", "why": "Because <it> is.", "right": True},
           {"text": "three", "why": "Never."}]  # fmt: skip


@pytest.fixture
def question():
    return Question("numbers", "Which number < 3?", ANSWERS)


def reply(question):
    return html.unescape(re.search("<p.*?>(.*)</p>", question.reply.value)[1])


def test_a_wrong_answer_is_marked_and_explained_and_the_right_one_can_still_be_read(question):
    assert question.answer is None and "Choose" in reply(question)
    question.buttons[2].click()
    assert question.answer == 2 and reply(question) == "Not so. Never."
    question.buttons[1].click()
    assert question.answer == 2 and reply(question) == "Right. Because <it> is."
    question.buttons[0].click()
    assert reply(question) == "No. No."
    assert [b.description for b in question.buttons] == ["one & only", "two", "▸ three"]


def test_a_right_answer_is_right_and_a_new_widget_asks_anew(question):
    question.buttons[1].click()
    assert question.answer == 1 and reply(question).startswith("Right.")
    assert Question("numbers", "Which?", ANSWERS).answer is None


def test_what_is_saved_is_the_question_with_its_answers_and_no_explanation(question, monkeypatch):
    displayed = []
    monkeypatch.setattr("clearn.course.widgets.live.display", lambda data, raw: displayed.append(data))
    question._ipython_display_()
    still, live = displayed
    assert "Which number &lt; 3?" in still["text/html"] and "one &amp; only" in still["text/html"]
    assert "Because" not in still["text/html"] and "clearn-still" in still["text/html"]
    assert live["text/html"] == "" and live["application/vnd.jupyter.widget-view+json"]["model_id"] == question.model_id


@pytest.mark.parametrize("answers", [ANSWERS[:1], ANSWERS[::2], [ANSWERS[1], ANSWERS[1]]])
def test_exactly_one_answer_is_right(answers):
    with pytest.raises(ValueError, match="answers must be two or more with exactly one right"):
        Question("q", "Which?", answers)


def test_an_unknown_question_is_named():
    with pytest.raises(KeyError, match="contrastive has no question 'nothing', it has: label, force"):
        predict("contrastive", "nothing")
    with pytest.raises(ValueError, match="chapter must be one of .*contrastive, .*got 'nowhere'"):
        predict("nowhere", "force")


@pytest.mark.parametrize("chapter, name", ALL)
def test_every_question_is_whole(chapter, name):
    asked = predict(chapter, name)
    assert len(asked.answers) >= 3 and len(asked.question) > 30
    assert all(len(answer["text"]) >= 1 and len(answer["why"]) > 40 for answer in asked.answers)
    assert len({answer["text"] for answer in asked.answers}) == len(asked.answers)


def test_the_right_answer_s_place_says_nothing():
    """Over all questions, each place is right about as often as chance has it (chi squared, 1 in 100)."""
    from scipy.stats import chi2

    asked = [predict(*question) for question in ALL]
    sizes = {len(question.answers) for question in asked}
    found = {
        (n, place): sum(len(q.answers) == n and q.right == place for q in asked) for n in sizes for place in range(n)
    }
    expected = {(n, place): sum(len(q.answers) == n for q in asked) / n for n, place in found}
    statistic = sum((found[key] - expected[key]) ** 2 / expected[key] for key in found)
    assert len(asked) >= 40 and statistic < chi2.isf(0.01, len(found) - len(sizes))


def test_the_order_is_the_same_each_time_and_not_the_file_s():
    once, again = ([[a["text"] for a in predict(*question).answers] for question in ALL] for _ in range(2))
    assert once == again
    in_file = [
        [a["text"] for a in tomllib.loads((QUESTIONS / f"{c}.toml").read_text("utf8"))[n]["answers"]] for c, n in ALL
    ]
    assert sum(a == b for a, b in zip(once, in_file)) < len(ALL) / 3


def test_every_question_is_asked_once_before_its_chapter_goes_on():
    asked = [found for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
             for found in ASKS.findall(cell.source)]  # fmt: skip
    assert sorted(asked) == sorted(ALL)


# What answers a question is not on the page before the learner has answered

CHECKED = "# What the outputs above show, checked"
ASSERTS = re.compile(r"^\s*(assert\b|torch\.testing\.)", re.MULTILINE)
ASKS = re.compile(r'widgets\.predict\("(\w+)", "(\w+)"\)')


def spoilt(cells):
    """All that answers a question too early in a notebook's cells, in words.

    The cell that answers the question NAME carries the tag answers-NAME: a code cell, a folded text (<details>), or, if only
    the buttons answer it, the question's own. It does not come before the question; its output, and any other between the
    two, is saved folded; the text that follows it begins with a fold or with a heading; and from the heading above the
    question on, no open text says what the right answer says. A cell that only asserts what a folded output shows is folded
    too. JupyterLab shows the first line of what is folded: of an output that is the line FOLD, of code the line CHECKED.
    """
    for index, cell in enumerate(cells):
        for chapter, name in ASKS.findall(cell.source) if cell.cell_type == "code" else ():
            yield from (f"{name}: {problem}" for problem in spoils(cells, index, chapter, name))
        if folded(cell) and not is_fold(cell.outputs):
            yield f"its fold shows its first line: {cell.source[:40]!r}"
        if hidden(cell) and cell.source.partition("\n")[0] != CHECKED:
            yield f"its folded code shows its first line: {cell.source[:40]!r}"
        guarded = next((it for it in reversed(cells[:index]) if it.cell_type == "code"), None)
        if guarded and folded(guarded) and ASSERTS.search(cell.source) and not hidden(cell) and not cell.get("outputs"):
            yield f"an assert after a folded answer stands open: {cell.source[:40]!r}"
        if cell.cell_type == "markdown" and re.search(r"\*\*Predict\b", cell.source):
            following = cells[index + 1 : index + 2]
            if not (following and ASKS.search(following[0].source)):
                yield f"a prediction without buttons: {cell.source[:60]!r}"


def folded(cell):
    return bool(cell.get("outputs") and cell.metadata.get("jupyter", {}).get("outputs_hidden"))


def hidden(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def spoils(cells, asked, chapter, name):
    answering = [i for i, cell in enumerate(cells) if f"answers-{name}" in cell.metadata.get("tags", [])]
    if not answering:
        yield f"no cell carries the tag answers-{name}"
        return
    if answering[0] < asked:
        yield "it is answered above its buttons"
        return
    for cell in cells[asked + 1 : answering[-1] + 1]:
        if cell.get("outputs") and not folded(cell) and not ASKS.search(cell.source):
            yield f"the output of {cell.source[:40]!r} stands open"
    last = cells[answering[-1]]
    following = (
        cells[answering[-1] + 1 : answering[-1] + 2] if last.cell_type == "code" and answering[-1] > asked else []
    )
    for cell in [cell for cell in [last, *following] if cell.cell_type == "markdown"]:
        if not re.match(r"\s*(<details|#)", cell.source):
            yield f"the text of its answer stands open: {cell.source[:40]!r}"
    begin = next(
        (i for i in range(asked, -1, -1) if re.match("#", cells[i].source) and cells[i].cell_type == "markdown"), 0
    )
    question = predict(chapter, name)
    for cell in cells[begin : answering[-1] + 2]:
        if cell.cell_type == "markdown" and (told := gives_away(cell.source, question)):
            yield f"the text says it: {told!r} in {cell.source[:40]!r}"


def words_of(text):
    return re.findall(r"[a-z0-9.]*[a-z0-9]", text.lower())


def gives_away(text, question):
    """What open text says of the right answer and the question does not: five words in a row of it, or of why it is right."""
    open_text = re.sub(r"<details>.*?</details>", " ", text, flags=re.DOTALL)
    right = question.answers[question.right]

    def runs(words):
        words = words_of(words)
        return {" ".join(words[i : i + 5]) for i in range(len(words) - 4)}

    return next(
        iter(sorted((runs(right["text"]) | runs(right["why"])) & runs(open_text) - runs(question.question))), None
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_is_answered_before_it_is_asked(path):
    assert list(spoilt(nbformat.read(path, 4).cells)) == []


HEAD, ASK = new_markdown_cell("## 1 · How often?"), new_code_cell('widgets.predict("pairs", "overlap")')
FOLDED = {"tags": ["answers-overlap"], "jupyter": {"outputs_hidden": True}}
UNSEEN = {"jupyter": {"source_hidden": True}}
SHOWN = [new_output("display_data", {"text/plain": FOLD}), new_output("stream", text="61 %")]
ANSWER = new_code_cell("count()", metadata=FOLDED, outputs=SHOWN)
WHY = new_markdown_cell("<details><summary>Answer</summary>\n\nLittle better than tossing a coin.\n</details>")
COIN = "It is little better than tossing a coin, for a sum over pixels cannot see shape."


@pytest.mark.parametrize("cells, problem", [
    ([HEAD, ASK, ANSWER, WHY], None),
    ([HEAD, ASK, new_code_cell("bare()"), ANSWER, new_markdown_cell("## 2 · Next")], None),
    ([HEAD, ANSWER, ASK, WHY], "it is answered above its buttons"),
    ([HEAD, ASK, new_code_cell("count()", outputs=SHOWN), WHY], "no cell carries the tag answers-overlap"),
    ([HEAD, ASK, new_code_cell("count()", metadata={"tags": ["answers-overlap"]}, outputs=SHOWN), WHY], "stands open"),
    ([HEAD, ASK, new_code_cell("other()", outputs=SHOWN), ANSWER, WHY], "the output of 'other()' stands open"),
    ([HEAD, ASK, ANSWER, new_markdown_cell("So it is 61 %.")], "the text of its answer stands open"),
    ([HEAD, ASK, new_markdown_cell(COIN), ANSWER, WHY], "the text says it"),
    ([HEAD, new_markdown_cell(COIN), ASK, ANSWER, WHY], "the text says it"),
    ([HEAD, ASK, new_markdown_cell(WHY.source, metadata={"tags": ["answers-overlap"]}), HEAD], None),
    ([HEAD, ASK, new_markdown_cell("A coin.", metadata={"tags": ["answers-overlap"]}), HEAD], "the text of its answer"),
    ([HEAD, new_code_cell(ASK.source, metadata={"tags": ["answers-overlap"]}), new_markdown_cell("We go on.")], None),
    ([HEAD, new_code_cell(ASK.source, metadata={"tags": ["answers-overlap"]}), new_markdown_cell(COIN)], "the text says it"),
    ([HEAD, new_markdown_cell("**Predict.** How often?"), ANSWER], "a prediction without buttons"),
    ([HEAD, ASK, new_code_cell("count()", metadata=FOLDED, outputs=SHOWN[1:]), WHY], "its fold shows its first line"),
    ([HEAD, ASK, new_code_cell("count()", metadata=FOLDED, outputs=SHOWN[::-1]), WHY], "its fold shows its first line"),
    ([HEAD, ASK, new_code_cell("count()", metadata=FOLDED), WHY], None),
    ([HEAD, ASK, ANSWER, new_code_cell("assert share > 0.6")], "an assert after a folded answer stands open"),
    ([HEAD, ASK, ANSWER, new_code_cell("assert share > 0.6", metadata=UNSEEN)], "its folded code shows its first line"),
    ([HEAD, ASK, ANSWER, WHY, new_code_cell(f"{CHECKED}\nassert share > 0.6", metadata=UNSEEN)], None),
])  # fmt: skip
def test_an_answer_that_stands_open_is_seen(cells, problem):
    found = list(spoilt(cells))
    assert not found if problem is None else found and problem in found[0]
