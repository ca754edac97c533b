"""Predict, then see: a question that a learner commits to before running the cell that answers it."""

import hashlib
import html
import tomllib
from importlib.resources import files

import ipywidgets

from clearn import style
from clearn.course.widgets.live import Live, status


class Question(Live):
    """A question with a button for each answer; a press shows whether it is right, and why.

    Args: name; question, text; answers, a list of {"text", "why"} of which exactly one has "right" = true. The first
    press is the learner's answer and stays marked; afterwards every explanation can be read. `answer` is its number,
    or None. Running the cell again asks anew.
    """

    def __init__(self, name, question, answers):
        right = [number for number, answer in enumerate(answers) if answer.get("right")]
        if len(answers) < 2 or len(right) != 1:
            raise ValueError(
                f"answers must be two or more with exactly one right, got {len(answers)}, {len(right)} right"
            )
        self.name, self.question, self.answers = name, question, answers
        self.right, self.answer = right[0], None
        asked = ipywidgets.HTML(f'<div style="line-height:1.5"><b>Predict.</b> {html.escape(question)}</div>')
        wide = {"width": "min(100%, 680px)", "height": "auto", "min_height": "34px"}
        self.buttons = [ipywidgets.Button(description=answer["text"], layout=wide) for answer in answers]
        for number, button in enumerate(self.buttons):
            button.style.text_align = "left"
            button.add_class("clearn-answer")
            button.on_click(lambda _, number=number: self.press(number))
        self.reply = ipywidgets.HTML()
        super().__init__([asked, *self.buttons, self.reply])
        self._say("Choose before you go on.")

    def press(self, number):
        """What a press of button `number` (from 0) does."""
        if self.answer is None:
            self.answer = number
            self.buttons[number].description = "▸ " + self.buttons[number].description
        good = number == self.right
        begin = "Right." if good else "Not so." if number == self.answer else "No."
        self._say(f"{begin} {self.answers[number]['why']}", style.POSITIVE if good else style.NEGATIVE)

    def _say(self, words, colour=style.MUTED):
        self.reply.value = LOOK + status(words, f"margin:2px 0 8px; padding-left:10px; line-height:1.5; max-width:720px; "
                                                f"border-left:4px solid {colour}")  # fmt: skip

    def still(self):
        answers = "".join(f"<li>{html.escape(answer['text'])}</li>" for answer in self.answers)
        return f'<p><b>Predict.</b> {html.escape(self.question)}</p><ol type="a">{answers}</ol>', None, {}


LOOK = """<style>
.clearn-answer {text-align: left; white-space: normal; line-height: 1.4; padding: 6px 12px}
.clearn-answer:focus-visible {outline: 3px solid #E69F00; outline-offset: 1px}
</style>"""


def predict(chapter, name):
    """The question `name` of a chapter, from the chapter's file in clearn/course/questions.

    >>> predict("pairs", "nothing")
    Traceback (most recent call last):
    KeyError: "pairs has no question 'nothing', it has: ..."
    """
    chapters = {file.name.removesuffix(".toml"): file for file in (files("clearn.course") / "questions").iterdir()}
    if chapter not in chapters:
        raise ValueError(f"chapter must be one of {', '.join(sorted(chapters))}, got {chapter!r}")
    questions = tomllib.loads(chapters[chapter].read_text("utf8"))
    if name not in questions:
        raise KeyError(f"{chapter} has no question {name!r}, it has: {', '.join(questions)}")
    question = questions[name]["question"]
    return Question(
        f"question: {name}", question, sorted(questions[name]["answers"], key=lambda a: shuffled(question, a["text"]))
    )


def shuffled(question, answer):
    """Where an answer stands among the others: by a hash, so in an order that says nothing and is the same on every machine."""
    return hashlib.sha256(f"{question} {answer}".encode()).digest()
