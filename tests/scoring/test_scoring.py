"""From what a model wrote to a value, and from values to a verdict."""

import csv
import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import SILENT, answers, lines, texts, transcriptions

from pytest_rest import rendering, scoring
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import (
    MODES,
    PNG_HEADER,
    Answer,
    AnswerKind,
    Choice,
    Completion,
    Form,
    Image,
    Item,
    Mode,
    Outcome,
    Prompt,
    Status,
    Style,
    Task,
    Transcription,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
LONGEST_SECONDS = 2.0

INTEGER = Item("i", "How many small red apples?", "7", answer_kind="integer")
NUMBER = Item("n", "How many small red apples?", "7.5", answer_kind="number")
TEXT = Item("t", "Who?", "Ada Lovelace")
LETTERS = Item(
    "c",
    "Which?",
    "B",
    choices=(Choice("A", "Bladder"), Choice("B", "Kidney"), Choice("C", "Ureter, both")),
    answer_kind="choice",
)
DIGITS = Item(
    "d",
    "Which?",
    "2",
    choices=(Choice("1", "a cat"), Choice("2", "a dog"), Choice("10", "a cow")),
    answer_kind="choice",
)
NEAR = Item("e", "How much?", "7.50", answer_kind="number", tolerance="1%")
EXPRESSION = Item("x", "Which?", "x^2 + 1", answer_kind="expression")
ITEMS: dict[str, Item] = {"integer": INTEGER, "number": NUMBER, "text": TEXT, "choice": LETTERS}
ITEMS |= {"near": NEAR, "expression": EXPRESSION}
ITEMS |= {"list": Item("l", "Which?", '["Ada", "Ben"]', answer_kind="list")}
SHORT = Item("s", "Who?", "Ada Lovelace", answer_kind="short")


def prompt(item: Item, mode: Mode = "text", task: Task = "solve", drawn: str = "") -> Prompt:
    """The prompt of an item in a mode, with a picture where the mode has one."""
    shows = mode != "text" or task == "transcribe"
    parts = ("?", Image(b"", "pixels", drawn)) if shows else ("?",)
    return Prompt(item, Form(mode, Style() if shows else None), task, parts, 100)


# Reading a value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answer: 7", "7"),
        ("answer: 7", "7"),
        ("ANSWER: 7", "7"),
        ("Final answer: 7", "7"),
        ("Answer:7", "7"),
        ("Answer : 7", "7"),
        ("Answer = 7", "7"),
        ("Answer：7", "7"),
        ("**Answer:** 7", "7"),
        ("**Answer: 7**", "7"),
        ("**Answer**: 7", "7"),
        ("*Answer* : `7`", "7"),
        ("Answer: $7$", "7"),
        ("Answer: \\(7\\)", "7"),
        ("Answer: \\boxed{7}", "7"),
        ("Answer: $\\boxed{7}$", "7"),
        ("Answer: \\boxed{\\text{7}}", "7"),
        ("Answer: **\\boxed{7}**.", "7"),
        ("Answer:\n\n7", "7"),
        ("Answer:\n**7**\n", "7"),
        ("Answer: 7\n\nI hope this helps.", "7"),
        ("Answer: 7\r\nBye", "7"),
        ("So 3 + 4.\nAnswer: 8? No.\nAnswer: 7", "7"),
        ("The answer: let me think.\nAnswer: 7", "7"),
        ("Answer: 7\nAnswer:", None),
        ("Answer: 7\nAnswer: unknown", None),
        ("7", None),
        ("The answer is 7", None),
        ("Answer 7", None),
        ("Answers: 7", None),
        ("unanswer: 7", None),
        ("Answer:", None),
        ("Answer: ", None),
        ("", None),
        ("Answer: it depends", None),
        ("Answer: 7 or 8", None),
        ("Answer: **\u00a07**", "7"),
        ("Answer:\u00a07", "7"),
        ("Answer: \u202f**7**", "7"),
    ],
)
def test_the_last_answer_is_read(text: str, expected: str | None) -> None:
    """The value after the last `Answer:`, decoration dropped; nothing else is guessed at."""
    assert expected == scoring.extract(text, INTEGER)


def test_an_answer_is_looked_for_at_the_end() -> None:
    """An answer further than 20,000 characters from the end is not looked for."""
    assert "7" == scoring.extract("Answer: 7" + "\n" * 19_900, INTEGER)
    assert None is scoring.extract("Answer: 7" + "\n" * 20_000, INTEGER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "7"),
        ("+7", "7"),
        ("-7", "-7"),
        ("- 7", "-7"),
        ("−7", "-7"),
        ("–7", "-7"),
        ("－7", "-7"),
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("7.0", "7"),
        ("7.", "7"),
        ("7.50", "7.5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0.1", "0.1"),
        ("1,000", "1000"),
        ("114,200", "114200"),
        ("1,234,567.5", "1234567.5"),
        ("1，000", "1000"),
        ("91/2", "45.5"),
        ("91 / 2", "45.5"),
        ("-91/2", "-45.5"),
        ("6/3", "2"),
        ("2/4", "0.5"),
        ("2/6", "1/3"),
        ("1⁄2", "0.5"),
        ("٣", "3"),
        ("७", "7"),
        ("５", "5"),
        ("$18", "18"),
        ("$ 18", "18"),
        ("-$18", "-18"),
        ("18$", "18"),
        ("€5", "5"),
        ("5 €", "5"),
        ("₣5", "5"),
        ("45%", "45"),
        ("45 %", "45"),
        ("7 apples", "7"),
        ("7 small red apples", "7"),
        ("7 km", "7"),
        ("7\u00a0km", "7"),
        ("$\u202f18", "18"),
        ("A\u00a0=\t7", "7"),
        ("1\u202f000", "1000"),
        ("A = 7", "7"),
        ("A=7", "7"),
        ("x = -7", "-7"),
        ('"7"', "7"),
        ("_7_", "7"),
        ("1" * 30, "1" * 30),
        ("5²", None),
        ("3½", "3.5"),
        ("½", "0.5"),
        ("①", None),
        ("1e5", "100000"),
        ("0x10", None),
        ("1_000", None),
        ("1,00", None),
        ("1000,000", None),
        ("1.000.000", None),
        ("1 000", None),
        ("1 1/2", "1.5"),
        ("1/0", None),
        ("0/0", None),
        ("1/2/3", None),
        ("3-4", None),
        ("3+4", None),
        ("3*4", None),
        ("2**3", None),
        ("--7", None),
        ("+-7", None),
        ("7 or 8", None),
        ("7 and 8", None),
        ("7 to 9", None),
        ("7 not 8", None),
        ("7 or more", None),
        ("7 and more", None),
        ("7 to ten", None),
        ("7 not eight", None),
        ("7, 8", None),
        ("about 7", "7"),
        ("seven", None),
        ("nan", None),
        ("inf", None),
        ("-", None),
        (".", None),
        ("$", None),
        ("%", None),
        ("A =", None),
        ("True", None),
        ("1" * 31, None),
        ("x" * 501, None),
    ],
)
@pytest.mark.parametrize("item", [INTEGER, NUMBER], ids=["integer", "number"])
def test_numbers_are_read_exactly(item: Item, text: str, expected: str | None) -> None:
    """Numbers are read exactly, as a person writes them; a sum, a range or a power is none."""
    assert expected == scoring.parse(text, item)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", "A"),
        ("b", "B"),
        ("B.", "B"),
        ("B)", "B"),
        ("(B)", "B"),
        ("(b) Kidney", "B"),
        ("B: Kidney", "B"),
        ("B. Kidney", "B"),
        ("**B**", "B"),
        ("**B. Kidney**", "B"),
        ("\\boxed{B}", "B"),
        ("\\text{B}", "B"),
        ("$\\mathbf{B}$", "B"),
        ("Option B", "B"),
        ("option B.", "B"),
        ("'B'", "B"),
        ("Ｂ", "B"),
        ("Kidney", "B"),
        ("Ureter, both", "C"),
        ("Ureter,  both.", "C"),
        ("Bladder", "A"),
        ("D", None),
        ("AB", None),
        ("A or B", None),
        ("A and B", None),
        ("(A) and (B)", None),
        ("A. and C.", None),
        ("A) or B)", None),
        ("A. x or B. y", None),
        ("A, B", None),
        ("Both", None),
        ("kidney stone", None),
        ("none", None),
        ("", None),
        ("(", None),
        ("1", None),
    ],
)
def test_choices_are_read_as_labels(text: str, expected: str | None) -> None:
    """A label, a label before its text, or the exact text of a choice, as the item's own label."""
    assert expected == scoring.parse(text, LETTERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1"),
        ("2.", "2"),
        ("10", "10"),
        ("(10) a cow", "10"),
        ("a cow", "10"),
        ("3", None),
        ("12", None),
        ("１０", "10"),
    ],
)
def test_choices_labelled_with_digits(text: str, expected: str | None) -> None:
    """One label may begin another one; the whole label counts."""
    assert expected == scoring.parse(text, DIGITS)


def choices(**options: str) -> Item:
    """A choice item with these labels and texts."""
    listed = tuple(Choice(label.strip("_"), text) for label, text in options.items())
    return Item("c", "Which?", listed[0].label, choices=listed, answer_kind="choice")


@pytest.mark.parametrize(
    ("item", "text", "expected"),
    [
        (choices(A="It rains.", B="It snows."), "It snows.", "B"),
        (choices(A="It rains.", B="It snows."), "It snows", "B"),
        (choices(A='"now"', B="$5"), "$5", "B"),
        (choices(A="all", B="none", C="a. and b. above"), "a. and b. above", "C"),
        (choices(_1="0.5", _2="1.5"), "1.5", "2"),
        (choices(A="yes", B="yes", C="no"), "yes", None),
        (choices(A="yes", B="yes", C="no"), "no", "C"),
        (choices(A="yes", B="yes", C="no"), "B. yes", "B"),
        (choices(**{"1": "x", "1.1": "y"}), "1.1", "1.1"),
        (choices(**{"1": "x", "1.1": "y"}), "1.1: y", "1.1"),
    ],
)
def test_the_exact_text_of_a_choice(item: Item, text: str, expected: str | None) -> None:
    """The text of just one choice names it, its punctuation and its likeness to a label aside."""
    assert expected == scoring.parse(text, item)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada \t Lovelace ", "Ada Lovelace"),
        ("Ada\u00a0Lovelace", "Ada Lovelace"),
        ("**Ada Lovelace**", "Ada Lovelace"),
        ("“Ada Lovelace”.", "Ada Lovelace"),
        ("\\text{Ada Lovelace}", "Ada Lovelace"),
        ("\\(\\mathrm{Ada}\\)", "Ada"),
        ("Ａｄａ", "Ada"),
        ("ﬁne", "fine"),
        ("ada lovelace", "ada lovelace"),
        ("H₂O", "H2O"),
        ("cafe\u0301", "caf\u00e9"),
        ("3,5", "3,5"),
        ("a = b", "a = b"),
        ("", None),
        ("***", None),
        ('""', None),
        ("...", None),
        ("x" * 500, "x" * 500),
        ("x" * 501, None),
    ],
)
def test_texts_are_folded(text: str, expected: str | None) -> None:
    """A text is NFKC with its white space folded; its case and inner punctuation count."""
    assert expected == scoring.parse(text, TEXT)


@given(
    st.integers(-(10**15), 10**15),
    st.integers(1, 10**9),
    st.sampled_from(
        ["{}", "**{}**", "${}$", "`{}`", "A = {}", "{} apples", "\\boxed{{{}}}", "{}."]
    ),
)
def test_numbers_compare_exactly(numerator: int, denominator: int, decorated: str) -> None:
    """However it is decorated, a fraction is the same fraction."""
    text = decorated.format(f"{numerator}/{denominator}")
    value = scoring.extract(f"Answer: {text}", NUMBER)
    assert value is not None
    assert Fraction(numerator, denominator) == Fraction(value)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["{}", "{:+}", "{:,}", "{}.0", "{:.2f}"]))
def test_integers_compare_as_integers(number: int, written: str) -> None:
    """`7`, `+7`, `7.0` and, for thousands, `1,000` are one integer."""
    assert str(number) == scoring.parse(written.format(number), INTEGER)


@given(st.integers(-(10**14), 10**14), st.integers(0, 15))
def test_decimals_are_exact(digits: int, places: int) -> None:
    """A decimal is the fraction it says, never its nearest float."""
    expected = Fraction(digits, 10**places)
    written = f"{'-' if digits < 0 else ''}{abs(digits):0{places + 1}d}"
    cut = len(written) - places
    text = f"{written[:cut]}.{written[cut:]}" if places else written
    value = scoring.parse(text, NUMBER)
    assert value is not None
    assert expected == Fraction(value)


def rich() -> st.SearchStrategy[str]:
    """Answers as models decorate them, with characters that a normal form changes."""
    pieces = ["*", "**", "_", "`", "$", ".", "…", "．", '"', "“", "\u00a0", "\u202f", " ", "\\("]
    pieces += ["\\)", "\\boxed{", "\\text{", "}", "＊", "Ａ", "½", "ﷺ", "Answer", ":", "=", "-"]
    return st.lists(st.sampled_from(pieces) | texts(8), max_size=8).map("".join)


@pytest.mark.parametrize("kind", list(ITEMS))
@given(rich() | lines() | st.from_regex(r"[-+]?[0-9]{1,30}([.,/][0-9]{1,30})?", fullmatch=True))
def test_extract_is_idempotent(kind: str, text: str) -> None:
    """A value that was read reads as itself again."""
    item = ITEMS[kind]
    value = scoring.extract(f"Answer: {text}", item)
    if value is not None:
        assert value == scoring.extract(f"Answer: {value}", item)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (TEXT, "to be continued…"),
        (TEXT, "Paris．"),
        (TEXT, "＊Paris＊"),
        (TEXT, "\u202f**Paris**"),
        (TEXT, "a" + '".' * 9),
        (NUMBER, "0." + "0" * 29 + "1"),
        (NUMBER, "100" + ",000" * 10),
    ],
)
def test_odd_values_are_read_once_and_for_all(item: Item, text: str) -> None:
    """Normal forms, many layers and very long numbers too: the value reads as itself."""
    value = scoring.extract(f"Answer: {text}", item)
    assert value is None or value == scoring.extract(f"Answer: {value}", item)


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ("1,000", "integer", "1000"),
        ("7.50", "number", "15/2"),
        ("Ada  Lovelace.", "text", "Ada Lovelace"),
    ],
)
def test_an_items_answer_may_be_written_in_any_way(
    answer: str, kind: AnswerKind, text: str
) -> None:
    """Both sides are read alike before they are compared."""
    item = Item("i", "q", answer, answer_kind=kind)
    assert scoring.answer(prompt(item), Completion(f"Answer: {text}")).correct


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("7.5", True),
        ("7.425", True),
        ("7.575", True),
        ("$7.5", True),
        ("15/2", True),
        ("7.5751", False),
        ("7.4249", False),
        ("-7.5", False),
    ],
)
def test_a_number_may_be_off_by_its_tolerance(text: str, correct: bool) -> None:
    """What is near enough is right, exactly up to the edge, and has the answer's value."""
    found = scoring.answer(prompt(NEAR), Completion(f"Answer: {text}"))
    assert (correct, correct) == (found.correct, found.value == "7.5")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("7.5", "7.45", "7.55"), "consistent"),
        (("7.5", "7.45", "7.6"), "inconsistent"),
        (("9", "9.0", "18/2"), "consistent"),
        (("9", "9.01", "9"), "inconsistent"),
    ],
)
def test_numbers_agree_when_equal_or_both_right(texts: tuple[str, ...], expected: Outcome) -> None:
    """Wrong numbers that are near each other do not agree; right ones do, in any order."""
    for order in (texts, texts[::-1]):
        asked = zip(MODES, order, strict=True)
        found = [
            scoring.answer(prompt(NEAR, mode), Completion(f"Answer: {t}")) for mode, t in asked
        ]
        assert expected == scoring.judge(found).outcome


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("x^2+1", "1+x*x", "\\frac{x^3+x}{x}"), "consistent"),
        (("(x+1)^2", "x^2+2x+1", "(1+x)(x+1)"), "consistent"),
        (("(x+1)^2", "x^2+1", "x^2+1"), "inconsistent"),
    ],
)
def test_expressions_agree_when_equal(texts: tuple[str, ...], expected: Outcome) -> None:
    """However each form writes it, right or wrong."""
    asked = zip(MODES, texts, strict=True)
    found = [
        scoring.answer(prompt(EXPRESSION, mode), Completion(f"Answer: {t}")) for mode, t in asked
    ]
    assert expected == scoring.judge(found).outcome


@given(st.sampled_from(list(ITEMS.values())))
def test_an_items_own_answer_is_its_truth(item: Item) -> None:
    """A model that writes the item's answer is right."""
    found = scoring.answer(prompt(item), Completion(f"Answer: {item.answer}"))
    assert ("parsed", scoring.truth(item), True) == (found.status, found.value, found.correct)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (INTEGER, "7"),
        (NEAR, "7.5"),
        (EXPRESSION, "x^2 + 1"),
        (NUMBER, "7.5"),
        (TEXT, "Ada Lovelace"),
        (LETTERS, "B"),
        (Item("i", "q", "1,000", answer_kind="integer"), "1000"),
        (choices(A="x", B="y"), "A"),
    ],
)
def test_the_truth_is_read_like_an_answer(item: Item, expected: str) -> None:
    """The answer that an item came with is read as a model's is."""
    assert expected == scoring.truth(item)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            Item("i-3", "q", "seven", answer_kind="integer", suite="own"),
            "item 'i-3' of 'own': its answer 'seven' is not a valid integer; give a whole number, "
            "such as 7",
        ),
        (
            Item("i-4", "q", "", suite="own"),
            "item 'i-4' of 'own': its answer '' is not a valid text; give a text, or another kind",
        ),
        (
            Item("i-5", "q", "C", "", (Choice("A", "x"), Choice("B", "y")), "choice", "arc"),
            "item 'i-5' of 'arc': its answer 'C' is not a valid choice; give one of A, B, or the "
            "text of a choice",
        ),
        (
            Item("i-6", "q", "it depends", answer_kind="expression"),
            "item 'i-6' of 'own': its answer 'it depends' is not a valid expression; "
            "give one such as 2(x+1), x^2 or sqrt(x), or say kind: text",
        ),
        (
            Item("i-7", "q", "7", answer_kind="integer", tolerance="some"),
            "item 'i-7' of 'own': tolerance 'some' is neither a number nor a percentage; "
            "give a number, such as 0.05, or a percentage of the answer, such as 1%",
        ),
        (
            Item("i-8", "q", "0", answer_kind="number", tolerance="1%"),
            "item 'i-8' of 'own': tolerance '1%' is 0 if the answer is 0; "
            "give a number, such as 0.05, or a percentage of the answer, such as 1%",
        ),
        (
            Item("i-9", "q", "seven", tolerance="1"),
            "item 'i-9' of 'own': only a number has a tolerance, and its answer is of kind 'text'; "
            "leave the tolerance out",
        ),
    ],
)
def test_an_item_whose_answer_cannot_be_read(item: Item, expected: str) -> None:
    """The message names the item, the answer and the mend."""
    with pytest.raises(BenchmarkError) as caught:
        scoring.truth(item)
    assert expected == str(caught.value)


# Hostile input


MEGABYTE = 1_000_000
HOSTILE = {
    "code": "Answer: __import__('os').system('x')",
    "digits": "Answer: " + "7" * MEGABYTE,
    "digits-alone": "7" * MEGABYTE,
    "brackets": "Answer: " + "(" * (MEGABYTE // 2) + ")" * (MEGABYTE // 2),
    "braces": "Answer: " + "\\boxed{" * 140_000,
    "right-to-left": "Answer: \u202e7\u202c",
    "marks": "Answer: 7" + "\u0301" * MEGABYTE,
    "html": "Answer: <script>alert(7)</script>",
    "markers": "Answer: " * 150_000,
    "marker-halves": "answer" * 160_000,
    "spaces": "Answer:" + " " * MEGABYTE,
    "stars": "Answer: " + "*" * MEGABYTE,
    "commas": "Answer: " + "1,000" * 200_000,
    "fences": "```\n" * 250_000,
    "apologies": "\n" * MEGABYTE + "I'm sorry",
    "expanding": "Answer: " + "\ufdfa" * 300_000,
    "surrogates": "Answer: " + "\ud800" * MEGABYTE,
    "power": "Answer: 9**9**9**9",
    "exponent": "Answer: 1e999999999",
    "fraction": "Answer: 1/" + "9" * 3_000,
    "quotient": "Answer: " + "7/" * 240 + "x",
    "tokens": "<" * MEGABYTE,
    "full-stops": "\u3002" * MEGABYTE,
    "headings": "**Answer**\n" * 90_000,
    "bullets": "Answer:\n" + "- \n" * 300_000,
    "emphasis": "Answer: " + "**a" * 300_000,
    "units": "Answer: 7 " + "km/" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "item", [INTEGER, NEAR, LETTERS, EXPRESSION], ids=["integer", "near", "choice", "expression"]
)
def test_hostile_text_is_unparseable_in_time(item: Item, name: str) -> None:
    """Nothing is evaluated, nothing matches by accident, and a megabyte takes no longer."""
    start = time.perf_counter()
    found = scoring.answer(prompt(item), Completion(HOSTILE[name]))
    seconds = time.perf_counter() - start
    assert ("unparseable", None, False) == (found.status, found.value, found.correct)
    assert seconds < LONGEST_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_kept_short(name: str) -> None:
    """What is stored of an answer is bounded; its beginning and its end are kept."""
    text = HOSTILE[name]
    kept = scoring.answer(prompt(TEXT), Completion(text)).text
    assert min(len(text), scoring.KEPT_CHARACTERS) == len(kept)
    assert (text[:100], text[-100:]) == (kept[:100], kept[-100:])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_transcriptions_in_time(name: str) -> None:
    """A transcription of a megabyte is compared in time, and is wrong."""
    start = time.perf_counter()
    asked = prompt(INTEGER, "image", "transcribe", drawn="How many? " * 80)
    found = scoring.transcription(asked, Completion(HOSTILE[name]))
    seconds = time.perf_counter() - start
    assert not found.correct
    assert found.cer is not None
    assert found.cer > 0
    assert seconds < LONGEST_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_the_value_of_a_hostile_text_is_bounded(name: str) -> None:
    """Of a megabyte no value is longer than a hostile but short text can make it."""
    value = scoring.extract(HOSTILE[name], TEXT)
    assert value is None or len(value) <= 500


# Completions


@pytest.mark.parametrize(
    ("completion", "status", "value"),
    [
        (Completion("Answer: 7"), "parsed", "7"),
        (Completion("Answer: 8"), "parsed", "8"),
        (Completion("I think it is seven."), "unparseable", None),
        (Completion(""), "unparseable", None),
        (Completion("Answer: 7", finish_reason="length"), "truncated", None),
        (Completion("Answer: 7", finish_reason="refusal"), "refused", None),
        (Completion("", finish_reason="content_filter"), "refused", None),
        (Completion("Answer: 7", finish_reason="end_turn"), "parsed", "7"),
        (Completion("I'm sorry, I can't read this."), "refused", None),
        (Completion("I cannot help with that."), "refused", None),
        (Completion("**I’m unable** to see it."), "refused", None),
        (Completion("Sorry, no."), "refused", None),
        (Completion("I'm sorry, it was hard. Answer: 7"), "parsed", "7"),
        (Completion("A sorry state"), "unparseable", None),
        (Completion(error="500"), "failed", None),
        (Completion("Answer: 7", error="cut off"), "failed", None),
        (Completion(error=""), "failed", None),
    ],
)
def test_a_completion_is_what_it_is(
    completion: Completion, status: Status, value: str | None
) -> None:
    """A refusal, a cut and a failure are told apart, and none of them has a value."""
    found = scoring.answer(prompt(INTEGER), completion)
    assert (status, value, value == "7") == (found.status, found.value, found.correct)


def test_an_answer_says_where_it_came_from() -> None:
    """The prompt, the picture, the tokens, the price and the model stay with the answer."""
    asked = prompt(INTEGER, "mixed")
    completion = Completion("Answer: 7", "stop", 10, 20, 0.5, 1.5, "m-1")
    expected = Answer(
        mode="mixed",
        status="parsed",
        text="Answer: 7",
        value="7",
        correct=True,
        prompt=asked.digest,
        image="pixels",
        input_tokens=10,
        output_tokens=20,
        cost=0.5,
        seconds=1.5,
        model="m-1",
    )
    assert expected == scoring.answer(asked, completion)


def test_an_answer_knows_the_size_of_its_picture() -> None:
    """From the header of the PNG alone, which is all that is kept of a picture."""
    image = rendering.draw("A = 7", Style(dpi=50))
    asked = replace(prompt(INTEGER, "mixed"), parts=("?", Image(image.png[:PNG_HEADER], "d")))
    found = scoring.answer(asked, Completion("Answer: 7"))
    assert image.size == (found.width, found.height)
    without = scoring.answer(prompt(INTEGER), Completion("Answer: 7"))
    assert (0, 0) == (without.width, without.height)


def test_a_text_answer_has_no_picture() -> None:
    """Where nothing was shown, no picture is named."""
    assert None is scoring.answer(prompt(INTEGER), Completion("Answer: 7")).image


def test_a_failed_call_keeps_its_error() -> None:
    """The error stands where the answer would be."""
    failed = Completion("half an ans", error="HTTP 500")
    assert "HTTP 500" == scoring.answer(prompt(INTEGER), failed).text


def test_a_transcription_says_where_it_came_from() -> None:
    """The drawn text is the reference, and the call's figures stay with the result."""
    asked = prompt(INTEGER, "image", "transcribe", drawn="A = 3")
    expected = Transcription(
        status="parsed",
        text="A = 8",
        reference="A = 3",
        cer=1 / 5,
        correct=False,
        prompt=asked.digest,
        image="pixels",
        input_tokens=10,
        output_tokens=20,
        cost=0.5,
        seconds=1.5,
        model="m-1",
        cer_raw=1 / 5,
    )
    completion = Completion("A = 8", "stop", 10, 20, 0.5, 1.5, "m-1")
    assert expected == scoring.transcription(asked, completion)


@pytest.mark.parametrize(
    ("completion", "status", "cer", "correct"),
    [
        (Completion("A = 3"), "parsed", 0.0, True),
        (Completion("a = 3"), "parsed", 0.2, False),
        (Completion(""), "parsed", 1.0, False),
        (Completion("A =", finish_reason="length"), "truncated", 0.4, False),
        (Completion("", finish_reason="refusal"), "refused", 1.0, False),
        (Completion("A = 3", error="500"), "failed", None, False),
    ],
)
def test_a_transcription_has_an_error_rate_unless_it_failed(
    completion: Completion, status: Status, cer: float | None, correct: bool
) -> None:
    """A failed call has no error rate; whatever else came back has one."""
    asked = prompt(INTEGER, "image", "transcribe", drawn="A = 3")
    found = scoring.transcription(asked, completion)
    assert (status, cer, correct) == (found.status, found.cer, found.correct)


# Verdicts


def given_answers(*values: str | None, status: Status = "parsed") -> list[Answer]:
    """One answer for each mode, unparseable where the value is None."""
    return [
        Answer(mode, "unparseable" if value is None else status, f"{mode} text", value)
        for mode, value in zip(MODES, values, strict=False)
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("7", "7", "7"), "consistent"),
        (("8", "8", "8"), "consistent"),
        (("7", "7", "8"), "inconsistent"),
        (("7", "8", "9"), "inconsistent"),
        (("7", "7", None), "inconsistent"),
        ((None, None, None), "inconsistent"),
        (("7", "7"), "consistent"),
        ((None,), "inconsistent"),
    ],
)
def test_forms_agree_when_every_one_has_the_same_value(
    values: tuple[str | None, ...], expected: Outcome
) -> None:
    """Forms agree when every one has a value and all are equal; being right plays no part."""
    assert expected == scoring.judge(given_answers(*values)).outcome


def test_answers_that_are_not_read_are_never_equal() -> None:
    """Two equal refusals, cuts or unparseable texts do not agree."""
    for status in SILENT:
        same = [Answer(mode, status, "the same text") for mode in MODES]
        assert "inconsistent" == scoring.judge(same).outcome


@given(st.data(), st.permutations(MODES), st.none() | transcriptions(failing=True))
def test_judge_ignores_the_order_of_answers(
    data: st.DataObject, modes: list[Mode], read: Transcription | None
) -> None:
    """The forms may come back in any order."""
    by_mode = {mode: data.draw(answers(mode, failing=True)) for mode in MODES}
    expected = scoring.judge(by_mode.values(), read)
    found = scoring.judge([by_mode[mode] for mode in modes], read)
    assert expected == found
    assert list(expected.answers) == list(found.answers)


@given(st.data())
def test_one_failed_call_loses_the_item(data: st.DataObject) -> None:
    """An item with a failed call is lost, whatever the others said; no other item is."""
    drawn = [data.draw(answers(mode, failing=True)) for mode in MODES]
    read = data.draw(st.none() | transcriptions(failing=True))
    statuses = [answer.status for answer in drawn] + ([read.status] if read else [])
    assert ("failed" in statuses) == scoring.judge(drawn, read).lost


def test_a_lost_item_says_why() -> None:
    """Every failed call is named with its error, the transcription's last."""
    failed = [Answer("text", "failed", "HTTP 500"), Answer("image", "parsed", "Answer: 7", "7")]
    read = Transcription("failed", "timed out", "A = 3")
    expected = "text: HTTP 500; transcription: timed out"
    assert expected == scoring.judge(failed, read).reason


def test_the_reason_is_one_line() -> None:
    """An error of many lines is still a reason in one line."""
    failed = [Answer("text", "failed", "Traceback:\n  File x\r\nBoom")]
    assert 1 == len(scoring.judge(failed).reason.splitlines())


def test_the_reason_is_short() -> None:
    """An error of a page is cut; its beginning is kept."""
    failed = [Answer(mode, "failed", "x" * 5_000) for mode in MODES]
    reason = scoring.judge(failed).reason
    assert (1_000, "image: xxx") == (len(reason), reason[:10])


def test_a_verdict_keeps_what_it_stands_on() -> None:
    """Answers by mode, the transcription, and no reason where nothing was lost."""
    drawn = given_answers("7", "7", "8")
    read = Transcription("parsed", "x", "x", 0.0, correct=True)
    verdict = scoring.judge(drawn, read)
    assert {answer.mode: answer for answer in drawn} == verdict.answers
    assert (read, "") == (verdict.transcription, verdict.reason)


# The character error rate


def levenshtein(one: str, other: str) -> int:
    """The textbook's table, row by row: insertions, deletions and substitutions cost one each."""
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (a != b)))
        above = row
    return above[-1]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("kitten", "sitting", 3 / 6),
        ("abc", "abc", 0.0),
        ("abc", "", 1.0),
        ("", "", 0.0),
        ("", "abc", 1.0),
        ("  ", "\n", 0.0),
        ("ab", "abcdef", 2.0),
        ("A = 3", "A=3", 2 / 5),
        ("A = 3\nB = 4", "A = 3 B = 4", 0.0),
        ("A = 3\n\nB = 4", " A = 3\r\nB\t=  4 ", 0.0),
        ("A", "a", 1.0),
        ("don't", "dont", 1 / 5),
        ("ﬁne", "fine", 0.0),
        ("x\u00a0y", "x y", 0.0),
        ("A = 3", "```\nA = 3\n```", 0.0),
        ("A = 3", "```text\nA = 3\n```\n", 0.0),
        ("A = 3", "```A = 3```", 6 / 5),
        ("A = 3", "```\nA = 3", 4 / 5),
    ],
)
def test_the_error_rate_counts_case_and_punctuation(
    reference: str, hypothesis: str, expected: float
) -> None:
    """Case and punctuation count; line breaks, blanks and one code fence do not."""
    assert expected == scoring.character_error_rate(reference, hypothesis)


@given(st.text("ab c\nA.é", max_size=30), st.text("ab c\nA.é", max_size=30))
def test_the_error_rate_is_the_edit_distance(reference: str, hypothesis: str) -> None:
    """Edits over the reference's length, from an independent table."""
    one, other = scoring.fold(reference), scoring.fold(hypothesis)
    expected = levenshtein(one, other) / len(one) if one else float(bool(other))
    assert expected == pytest.approx(scoring.character_error_rate(reference, hypothesis), rel=1e-12)


@given(texts(), texts())
def test_the_error_rate_is_within_its_bounds(reference: str, hypothesis: str) -> None:
    """Not below 0, not above the longer text's length, and 0 for equal texts alone."""
    one, other = scoring.fold(reference), scoring.fold(hypothesis)
    rate = scoring.character_error_rate(reference, hypothesis)
    assert 0 <= rate <= max(len(one), len(other), 1) / max(len(one), 1)
    assert (one == other) <= (rate == 0)
    assert (one == other) == (scoring.character_error_rates(reference, hypothesis)[1] == 0)


@given(texts(200))
def test_a_text_read_rightly_has_no_errors(text: str) -> None:
    """Rate 0 for the same text, in a code fence too."""
    assert 0.0 == scoring.character_error_rate(text, text)
    assert 0.0 == scoring.character_error_rate(text, f"```\n{text}\n```")


@given(texts())
@example("ﷺ\u00a0\u2003½…")
def test_fold_is_idempotent(text: str) -> None:
    """A folded text is its own fold, without white space at an end or twice in a row."""
    folded = scoring.fold(text)
    assert folded == scoring.fold(folded)
    assert (folded.strip(), False) == (folded, "  " in folded)


# Real rows


def real_items() -> Iterator[Item]:
    """Every multiple-choice row of the real files."""
    for path in sorted((DATA / "mmlu" / "test").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as table:
            for row in csv.reader(table):
                listed = tuple(Choice(*each) for each in zip("ABCD", row[1:5], strict=True))
                yield Item(path.stem, row[0], row[5], "", listed, "choice", "mmlu")
    with gzip.open(DATA / "arc/genmc_official/ARC-Challenge-test.jsonl.gz", "rt", -1, "utf-8") as f:
        for line in f:
            read = json.loads(line)
            stem, options = read["question"]["stem"], read["question"]["choices"]
            listed = tuple(Choice(option["label"], option["text"]) for option in options)
            yield Item(read["id"], stem, read["answerKey"], "", listed, "choice", "arc")


@pytest.mark.shared_data
def test_real_answer_keys_are_labels() -> None:
    """Each row's answer is one of its own labels, letters or digits."""
    count = 0
    for item in real_items():
        assert scoring.truth(item) in {choice.label for choice in item.choices}
        count += 1
    assert 4305 == count


@pytest.mark.shared_data
@pytest.mark.parametrize("written", ["{0}", "({0})", "**{0}.**", "{0}. {1}", "({0}) {1}"])
def test_real_choices_are_read_by_label(written: str) -> None:
    """The label, alone or before the option's own text, is read back for every option."""
    wrong = []
    for item in real_items():
        for choice in item.choices:
            said = written.format(choice.label, scoring.fold(choice.text))
            if len(said) <= 400 and choice.label != scoring.extract(f"Answer: {said}", item):
                wrong.append((item.id, said))
    assert [] == wrong


def test_labels_may_be_written_in_parentheses() -> None:
    """The item's own label comes back, as it stands in the data."""
    item = Item("p", "q", "(B)", "", (Choice("(A)", "x"), Choice("(B)", "y")), "choice")
    assert "(B)" == scoring.truth(item)
    for said in ("B", "(B)", "b)", "B. y", "y"):
        assert "(B)" == scoring.parse(said, item)


@pytest.mark.shared_data
def test_real_choices_are_read_by_text() -> None:
    """An option's exact text names it, unless it is another option's text or label too."""
    wrong = []
    for item in real_items():
        labels = {choice.label.casefold() for choice in item.choices}
        options = [scoring.fold(choice.text) for choice in item.choices]
        for choice, said in zip(item.choices, options, strict=True):
            doubtful = options.count(said) > 1 or said.strip(".").casefold() in labels
            if said and not doubtful and len(said) <= 400:
                found = scoring.extract(f"Answer: {said}", item)
                wrong += [(item.id, said, found)] if found != choice.label else []
    assert [] == wrong


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["7"], True),
        (["7", "7"], True),
        (["7", "8"], False),
        (["7", None], False),
        ([None, None], False),
        ([], False),
    ],
)
def test_agree_needs_every_form_answered_and_equal(
    values: list[str | None], expected: bool
) -> None:
    """An answer without a value equals nothing, itself included; no answer agrees with nothing."""
    assert expected == scoring.agree(values)
