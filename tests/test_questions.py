"""Predict questions: asked well, answered once, explained always, and harmless where nobody presses anything."""

import html
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

import clearn
from clearn.widgets import Question, predict

FILES = sorted((Path(clearn.__file__).parent / "questions").glob("*.toml"))
NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
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
    monkeypatch.setattr("clearn.widgets.live.display", lambda data, raw: displayed.append(data))
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


def test_the_right_answer_is_not_always_in_one_place():
    places = [predict(*question).right for question in ALL]
    assert len(places) >= 10 and max(places.count(place) for place in set(places)) <= 0.6 * len(places)


def test_every_question_is_asked_once_before_its_chapter_goes_on():
    asked = [found for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
             for found in re.findall(r'widgets\.predict\("(\w+)", "(\w+)"\)', cell.source)]  # fmt: skip
    assert sorted(asked) == sorted(ALL)
