"""compare_outputs sees each change that a reader would, and nothing else."""

import base64
import copy
import io
from decimal import Decimal

import pytest
from compare_outputs import FOLD, differences, is_fold
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_output
from PIL import Image

PROFILE = settings(derandomize=True, deadline=None, max_examples=100)
EXACT, NUMBERS, PICTURE = {}, {"tags": ["numbers-vary"]}, {"tags": ["picture-varies"]}
BOTH = {"tags": ["picture-varies", "numbers-vary"]}
WAYS = {"exact": EXACT, "numbers": NUMBERS, "picture": PICTURE, "both": BOTH}
every_way = pytest.mark.parametrize("metadata", WAYS.values(), ids=WAYS)


def printed(*texts, name="stdout"):
    return [new_output("stream", name=name, text=text) for text in texts]


def shown(data, alt=None):
    return [new_output("display_data", data, metadata={"image/png": {"alt": alt}} if alt else {})]


def png(size=(20, 10), colour="white", dot=None):
    image, data = Image.new("RGB", size, colour), io.BytesIO()
    if dot:
        image.putpixel(dot, (0, 0, 0))
    image.save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def numbers(now, saved, **metadata):
    return differences(printed(now), printed(saved), NUMBERS | metadata)


# To the letter


@every_way
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_changed_word_is_seen_and_named(name, metadata):
    (said,) = differences(printed("loss of BYOL\n", name=name), printed("loss of MoCo\n", name=name), metadata)
    assert said.startswith(f"{name}: ") and "MoCo" in said and "was saved, now" in said and "BYOL" in said


@every_way
@pytest.mark.parametrize("now, saved", [("a", "a\n"), ("a\n\n", "a\n"), ("a\nb", "a b"), ("", "a"), ("a", "")])
def test_lines_are_strict(now, saved, metadata):
    assert differences(printed(now), printed(saved), metadata)


def test_without_numbers_vary_a_digit_and_a_blank_are_seen():
    assert differences(printed("kNN .65"), printed("kNN .64"), EXACT)
    assert differences(printed("kNN  .64"), printed("kNN .64"), EXACT)


@every_way
def test_how_a_front_end_stores_outputs_is_no_difference(metadata):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/html": "", "text/plain": "Panel"}
    saved = [*printed("a\nb\nc\n"), *shown({"text/html": "<p>x\ny</p>", "text/plain": "x"}), *shown(view)]
    other = view | {"application/vnd.jupyter.widget-view+json": {"model_id": "2"}}
    stored = [*printed("10 %\r50 %\ra\nb"), *shown({"text/plain": ["x"], "text/html": ["<p>x\n", "y</p>"]}),
              *shown(other | {"text/html": []}), *printed("\n", ["c\n"])]  # fmt: skip
    before = copy.deepcopy(stored)
    assert not differences(stored, saved, metadata) and not differences(saved, stored, metadata)
    assert stored == before


@every_way
@pytest.mark.parametrize("fold", [FOLD, [FOLD]])
def test_the_line_before_a_folded_output_is_no_output_and_all_below_it_is(fold, metadata):
    folded = [*shown({"text/plain": fold}), *printed("an answer")]
    assert is_fold(folded) and not is_fold(folded[1:]) and not is_fold(folded[::-1]) and not is_fold([])
    assert not differences(printed("an answer"), folded, metadata)
    assert differences(printed("another"), folded, metadata) and differences([], folded, metadata)
    assert differences(folded[:1] * 2, folded[:1], metadata)


@every_way
def test_one_output_more_or_less_is_seen(metadata):
    for output in (shown({"text/plain": "a"}), shown({"text/html": "<p>"}), shown({"image/png": png()}), printed("a"),
                   [new_output("error", ename="ValueError", evalue="no")]):  # fmt: skip
        assert differences(output * 2, output, metadata) and differences([], output, metadata)
        assert not differences(output, output, metadata)


@every_way
def test_an_error_is_compared_by_its_name_and_its_words(metadata):
    errors = [[new_output("error", ename=name, evalue=words, traceback=[name])] for name in ("TypeError", "ValueError")
              for words in ("too few", "too many")]  # fmt: skip
    for now in errors:
        assert [not differences(now, saved, metadata) for saved in errors] == [now is saved for saved in errors]
    assert not differences(errors[0], [errors[0][0] | {"traceback": ["elsewhere"]}], metadata)


@every_way
def test_data_that_is_no_text_is_compared(metadata):
    now, saved = (shown({"application/json": {"a": value}}) for value in (1, 2))
    assert differences(now, saved, metadata) and not differences(now, now, metadata)


def test_an_ignored_output_is_not_compared():
    assert not differences(printed("a"), shown({"image/png": png()}), {"tags": ["nbval-ignore-output"]})


# Numbers


@pytest.mark.parametrize("now, saved, equal", [
    ("kNN .60", "kNN .64", True),
    ("kNN .59", "kNN .64", True),  # .05 exactly, which it is not in binary
    ("kNN .58", "kNN .64", False),
    ("0.64", ".64", True),
    ("104", "100", True),
    ("106", "100", False),
    ("1,290", "1,234", True),
    ("1,300", "1,234", False),
    ("3e-4", "3.1 · 10⁻⁴", True),
    ("2.9·10⁴", "3.0·10⁴", True),
    ("2.9·10³", "3.0·10⁴", False),
    ("64 %", "61 %", True),
    ("64%", "61%", True),
    ("67 %", "61 %", False),
    ("4.3 %", "1.3 %", True),
    ("−.5%", "4.5%", True),
    ("4.3", "1.3", False),
    ("−0.2", "-0.2", True),
    ("+.02", "−.02", True),
    ("0.2", "−0.2", False),
    ("a −0.20 b", "a -0.19 b", True),
    ("SimCLR-2", "SimCLR-3", False),
    ("ResNet-50", "ResNet-51", False),
    ("conv100", "conv101", False),
    ("v2.100", "v2.101", False),
    ("10-20", "10-20.5", True),
    ("0-0.04", "0-0.00", True),
    ("0-0.1", "0--0.1", False),
    ("a-.02", "a+.02", False),
    ("1-.02", "1+.02", False),
    ("f(x)-.02", "f(x)+.02", False),
    ("t-SNE .64", "t−SNE .64", False),
    ("nan", "nan", True),
    ("nan", "0.5", False),
    ("-inf", "inf", False),
    ("tensor([1., 0.98])", "tensor([0.99, 1.])", True),
    ("[ 0.01 -0.02]", "[-0.01  0.02]", True),
    ("  9.9  a\n", " 10.1  a\n", True),
    ("It is 5.", "It is 5.1.", True),
    (".64 .5", ".64", False),
    ("(", "(1", False),
])  # fmt: skip
def test_a_number_matches_within_the_tolerance(now, saved, equal):
    assert (not numbers(now, saved)) == equal
    now, saved = (shown({"text/html": f"<td>{text}</td>"}) for text in (now, saved))
    assert (not differences(now, saved, NUMBERS)) == equal


def test_a_number_is_named_with_what_is_around_it_and_so_is_a_word():
    text = "With 5,000 labels after 40 steps\nSimCLR: kNN {}, loss {} at the end, over all seeds\n"
    (said,) = numbers(text.format(".41", "5.1"), text.format(".64", "5.2"))
    assert "SimCLR: kNN .64" in said and "the number .64 was saved, now .41 (tolerance 0.05)" in said
    assert "the number" in (both := numbers(text.format(".4", "9"), text.format(".64", "5.2")))[0] and len(both) == 2
    (said,) = numbers(text.format(".41", "5.1").replace("SimCLR", "MoCo"), text.format("1.64", "5.2"))
    assert "labels after 40 steps\\nSimCLR: kNN" in said and 'was saved, now "…' in said and "MoCo: kNN" in said
    (said,) = numbers("12.34 " * 50 + "kNN of BYOL, at the end", "12.34 " * 50 + "kNN of MoCo, at the end")
    assert '12.34 kNN of MoCo, at the end" was saved, now' in said


def test_the_tolerance_can_be_set():
    assert not numbers("loss 5.6", "loss 5", tolerance=0.2) and numbers("loss 5.6", "loss 5")
    assert numbers(".64", ".65", tolerance=0) and not numbers("0.640", ".64", tolerance=0)


@pytest.mark.parametrize("tolerance", [-0.1, "0.1", None, True, [0.1], float("nan"), float("inf")])
def test_a_wrong_tolerance_is_reported(tolerance):
    for tags in (["numbers-vary"], ["numbers-vary", "nbval-ignore-output"], []):
        assert "must be a number" in differences([], [], {"tags": tags, "tolerance": tolerance})[0]


@pytest.mark.parametrize("metadata", [{}, PICTURE, {"tags": ["nbval-ignore-output"]}])
def test_a_tolerance_without_the_tag_is_reported(metadata):
    assert "not the tag numbers-vary" in differences([], [], metadata | {"tolerance": 0.1})[0]


# HTML


def table(rows, header="method", style="", cell="td"):
    lines = [f'<tr><th scope="row">{name}</th><{cell} style="{style}">{value}</{cell}></tr>' for name, value in rows]
    return shown({"text/html": f'<table><tr><th scope="col">{header}</th></tr>\n{"".join(lines)}</table>'})


ROWS = [("SimCLR", ".64"), ("BYOL", ".61"), ("MoCo", "−.02")]


@pytest.mark.parametrize("rows, changes, words", [
    (ROWS[:2], {}, "4 rows were saved, 3 are shown now"),
    (ROWS[1:], {}, "4 rows were saved, 3 are shown now"),
    ([*ROWS, ("BYOL", ".61")], {}, "4 rows were saved, 5 are shown now"),
    ([ROWS[1], ROWS[0], ROWS[2]], {}, "SimCLR"),
    (ROWS, {"header": "loss"}, "method"),
    (ROWS, {"cell": "th"}, "<td>"),
    ([("SimCLR", ".41"), *ROWS[1:]], {}, "the number .64 was saved, now .41"),
    ([("SimCLR", "unknown"), *ROWS[1:]], {}, "unknown"),
])  # fmt: skip
def test_a_changed_table_is_seen(rows, changes, words):
    (said,) = differences(table(rows, **changes), table(ROWS), NUMBERS)
    assert words in said
    assert differences(table(rows, **changes), table(ROWS), EXACT)


def test_in_a_table_numbers_and_their_shade_may_vary():
    near = table([("SimCLR", ".66"), ("BYOL", ".60"), ("MoCo", ".01")], style="background: #123456")
    assert not differences(near, table(ROWS), NUMBERS)
    assert differences(near, table(ROWS), EXACT) and differences(table(ROWS, style="top: 1px"), table(ROWS), EXACT)


@pytest.mark.parametrize("now, saved, equal", [
    ('<a href="1" id="b">x</a>', '<a id="b" href="1">x</a>', True),
    ('<a id="b1">x</a>', '<a id="b2">x</a>', False),
    ("<p>a &lt; 5</p>", "<p>a &lt; 5.1</p>", True),
    ("<p>&lt;td&gt;</p>", "<p><td></p>", False),
    ("<style>p {top: 1.00em}</style>", "<style>p {top: 1.01em}</style>", False),
    ("<p>a  b</p>", "<p>a\nb</p>", True),
    ("<p>a</p>", "<b>a</b>", False),
    ("<p>a", "<p>a</p>", False),
    ("<p>a", "<p>b", False),
    ("R&D", "R&B", False),
    ("<!-- 1 -->", "<!-- 2 -->", False),
])  # fmt: skip
def test_tags_are_compared_but_for_style(now, saved, equal):
    assert (not differences(shown({"text/html": now}), shown({"text/html": saved}), NUMBERS)) == equal


# Pictures and their words


def test_pictures_are_compared_by_their_pixels():
    white, other = shown({"image/png": png()}), shown({"image/png": png(dot=(3, 3))})
    assert "of its pixels clearly" in differences(other, white, EXACT)[0] and differences(other, white, NUMBERS)
    assert not differences(shown({"image/png": png(colour="#f0f0f0") + "\n"}), white, EXACT)
    large, dotted = (shown({"image/png": png((200, 100), dot=dot)}) for dot in (None, (3, 3)))
    assert not differences(dotted, large, EXACT)
    assert "saved 20 x 10 pixels, now 30 x 10" in differences(shown({"image/png": png((30, 10))}), white, EXACT)[0]
    for metadata in (PICTURE, BOTH):
        assert not differences(other, white, metadata)
        assert "1 pictures were saved, 2 are shown now" in differences(white * 2, white, metadata)[0]


CARRIED = {  # what a picture says, in each of its places
    "alt": lambda words: shown({"image/png": png(), "text/plain": "<Image object>"}, alt=words),
    "text": lambda words: shown({"image/png": png(), "text/plain": words}),
    "both": lambda words: shown({"image/png": png(), "text/plain": words}, alt=words),
    "still": lambda words: shown({"text/html": f'<div class="clearn-still"><p>{words}</p></div>', "text/plain": "Panel"}),
}  # fmt: skip


@pytest.mark.parametrize("carry", CARRIED.values(), ids=CARRIED)
@pytest.mark.parametrize("now, exact, numbers, both", [  # whether a difference is seen
    ("kNN of SimCLR .64", False, False, False),
    ("kNN of SimCLR .63", True, False, False),
    ("kNN of SimCLR .41", True, True, True),
    ("kNN of BYOL .64", True, True, True),
])  # fmt: skip
def test_the_words_of_a_picture_are_compared(carry, now, exact, numbers, both):
    for metadata, seen in ((EXACT, exact), (NUMBERS, numbers), (BOTH, both), (PICTURE, False)):
        found = differences(carry(now), carry("kNN of SimCLR .64"), metadata)
        assert len(found) == seen  # once, if it stands in two places


def test_that_a_picture_lost_its_words_is_seen():
    for carry in CARRIED.values():
        assert differences(shown({"image/png": png(), "text/plain": "<Image object>"}), carry("some words"), EXACT)


def test_where_a_picture_varies_other_words_do_not():
    picture = shown({"image/png": png()}, alt="a map")
    assert differences([*picture, *printed("a")], [*picture, *printed("b")], PICTURE)
    assert differences([*picture, *shown({"text/plain": "a"})], [*picture, *shown({"text/plain": "b"})], PICTURE)


# Whatever the text

WORD = st.text("abczKN_äτ.:;,-−()[]<>&|=/", min_size=1, max_size=6).filter(lambda word: not word.isspace())
NUMBER = st.decimals(-2000, 2000, places=3)
LINE = st.lists(st.tuples(WORD, NUMBER, st.floats(-0.999, 0.999), st.sampled_from(" \n")), min_size=1, max_size=6)


def text_of(line, moves=None):
    moves = moves or [0] * len(line)
    return "".join(f"{word} {value + move:f} {end}" for (word, value, _, end), move in zip(line, moves, strict=True))


def in_html(line):
    return line.replace("&", "&amp;").replace("<", "&lt;").join(("<td>", "</td>"))


@PROFILE
@given(LINE, st.sampled_from([0.01, 0.05, 1]), st.data())
def test_random_numbers_within_the_tolerance_are_equal_and_beyond_it_different(line, tolerance, data):
    limits = [Decimal(str(tolerance)) * max(1, abs(value)) for _, value, _, _ in line]
    moves = [limit * Decimal(share) for limit, (_, _, share, _) in zip(limits, line, strict=True)]
    now, saved, metadata = text_of(line, moves), text_of(line), NUMBERS | {"tolerance": tolerance}
    assert not differences(printed(now), printed(saved), metadata)
    assert not differences(shown({"text/html": in_html(now)}), shown({"text/html": in_html(saved)}), metadata)
    which = data.draw(st.integers(0, len(line) - 1))
    moves[which] = limits[which] * data.draw(st.sampled_from([Decimal("-1.01"), Decimal("1.01")]))
    now = text_of(line, moves)
    (said,) = differences(printed(now), printed(saved), metadata)
    assert f"the number {saved.split()[2 * which + 1]} was saved" in said
    (said,) = differences(shown({"text/html": in_html(now)}), shown({"text/html": in_html(saved)}), metadata)
    assert f"the number {saved.split()[2 * which + 1]} was saved" in said


@PROFILE
@given(LINE, WORD, st.data())
def test_a_changed_word_among_random_ones_is_seen_from_both_sides(line, word, data):
    which = data.draw(st.integers(0, len(line) - 1))
    other = [(word, *rest) if i == which else (old, *rest) for i, (old, *rest) in enumerate(line)]
    for texts in ((text_of(line), text_of(other)), (in_html(text_of(line)), in_html(text_of(other)))):
        for kind in ("text/plain", "text/html"):
            a, b = (shown({kind: text}) for text in texts)
            assert bool(differences(a, b, NUMBERS)) == bool(differences(b, a, NUMBERS)) == (word != line[which][0])


@PROFILE
@given(st.text(), st.text(), st.sampled_from([EXACT, NUMBERS, PICTURE, BOTH]))
def test_any_text_is_equal_to_itself_and_another_one_compared(now, saved, metadata):
    for kind in ("text/plain", "text/html"):
        a, b = shown({kind: now}), shown({kind: saved})
        assert not differences(a, a, metadata) and not differences(a, copy.deepcopy(a), metadata)
        assert bool(differences(a, b, metadata)) == bool(differences(b, a, metadata)) or metadata in (NUMBERS, BOTH)
    assert differences(printed(now), printed(saved), EXACT) or now == saved or "\r" in now + saved
