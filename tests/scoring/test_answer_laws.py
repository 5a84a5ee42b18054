"""Laws of what is read: no two numbers read as one, and what is written is read again."""

import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_scoring import DIGITS, INTEGER, ITEMS, LETTERS, NUMBER, SHORT, TEXT

from pytest_rest import scoring
from pytest_rest.scoring import kinds, lists, month_names, numbers
from pytest_rest.terms import Item, ItemField

LIST = Item("l", "Which?", "[]", answer_kind="list")
SET = replace(LIST, answer_kind="set")
DATE = Item("d", "When?", "2031-03-15", answer_kind="date")
QUANTITY = Item("q", "How much?", "2.5 kg", answer_kind="quantity")
FIELDS = Item(
    "f",
    "What?",
    '{"a": "7", "b": "x"}',
    answer_kind="fields",
    fields=(ItemField("a", "7", "number"), ItemField("b", "x", "short")),
)
LATE = [
    FIELDS,
    QUANTITY,
    replace(QUANTITY, answer="5 °C"),
    LIST,
    SET,
    DATE,
    replace(DATE, day_first=True),
]
SCALES = {
    **{"hundred": 100, "thousand": 10**3, "Million": 10**6, "millions": 10**6, "billion": 10**9},
    **{"trillion": 10**12, "dozen": 12, "lakh": 10**5, "crore": 10**7, "Mio.": 10**6, "bn": 10**9},
    **{"Mrd.": 10**9, "millones": 10**6, "млн": 10**6, "万": 10**4, "億": 10**8, "만": 10**4},
    **{"hundred thousand": 10**5, "thousand million": 10**9},
}
SCRIPTS = "0٠۰०০๐０𝟎"
VULGAR = "½⅓¼⅕⅙⅐⅛⅑⅒¾⅔⅗⅘⅚⅜⅝⅞"
SIGNS = {"": 1, "+": 1, "-": -1, "−": -1, "–": -1, "\u2011": -1, "minus ": -1, "- ": -1}
CURRENCIES = ["$", "US$", "€", "£ ", "¥", "₹", "CHF ", "USD ", "\\$", "R$ "]
BEFORE = ["", "", "x = ", "about ", "≈", "~", "approx. ", "约", "exactly "]
UNITS = [
    "%",
    " %",
    "\\%",
    " kg",
    "km",
    " km/h",
    " m²",
    " °C",
    "°",
    " dollars",
    "€",
    " small red apples",
]
CHANGES = [
    " half",
    " and a half",
    " or 8",
    " minus 3",
    " out of 10",
    " 1/",
    "-8",
    " to 8",
    "^2",
    "²",
]
CHANGES += [
    " is wrong",
    " pairs",
    " feet 6 inches",
    " times two",
    "+",
    " thirds",
    ":30",
    " 000",
    "!!",
]
AROUND = [
    "{}",
    "**{}**",
    "*{}*",
    "`{}`",
    "${}$",
    "\\({}\\)",
    "\\boxed{{{}}}",
    "\\text{{{}}}",
    "{}.",
]
AROUND += [
    "{}。",
    "{}!",
    "({})",
    "[{}]",
    "“{}”",
    "{}</s>",
    "{}<|im_end|>",
    "\n{}",
    "{}\n\nBye.",
    "{}\u200b",
]


def digits(text: str, zero: str) -> str:
    """The number in the digits of a script that begin with this zero."""
    return re.sub("[0-9]", lambda m: chr(ord(zero) + int(m[0])), text)


Written = tuple[set[Fraction], str]  # what a text may mean, and the text


@st.composite
def decimals(draw: st.DrawFn) -> Written:
    """A whole number or a decimal, grouped as here or there.

    A comma before three digits, or a point, that stands alone may be read as English has it.
    """
    whole = draw(st.integers(0, 3000) | st.integers(0, 10**9))
    places = draw(st.just("") | st.text("0123456789", min_size=1, max_size=4))
    group = draw(st.sampled_from(["", ",", ".", "'", "’", " ", "\u202f", "\u00a0", "{,}", "\\,"]))
    point = draw(st.sampled_from([".", ","]))
    text = f"{whole:,}".replace(",", group)
    if group == "," and whole >= 100_000 and draw(st.booleans()):  # as in India
        head, last = divmod(whole, 1000)
        text = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", str(head)) + f",{last:03}"
    means = {Fraction(f"{whole}.{places or 0}")}
    if group == "." and not places and 1000 <= whole < 1_000_000:
        means.add(Fraction(whole, 1000))
    if point == "," and len(places) == 3:
        means.add(Fraction(f"{whole}{places}"))
    return means, digits(text + (point + places if places else ""), draw(st.sampled_from(SCRIPTS)))


@st.composite
def fractions(draw: st.DrawFn) -> Written:
    """A fraction or a mixed number."""
    over, under = draw(st.integers(0, 120)), draw(st.integers(1, 120))
    whole = draw(st.integers(1, 200))
    vulgar = draw(st.sampled_from(VULGAR))
    own = Fraction(unicodedata.normalize("NFKC", vulgar).replace("⁄", "/"))
    exact = Fraction(over, under)
    size, text = draw(
        st.sampled_from(
            [
                (exact, f"{over}/{under}"),
                (exact, f"{over} / {under}"),
                (exact, f"\\frac{{{over}}}{{{under}}}"),
                (exact, f"\\dfrac{{{over}}}{{{under}}}"),
                (whole + exact, f"{whole} {over}/{under}"),
                (whole + exact, f"{whole}\\frac{{{over}}}{{{under}}}"),
                (own, vulgar),
                (whole + own, f"{whole}{vulgar}"),
                (whole + own, f"{whole} {vulgar}"),
            ]
        )
    )
    return {size}, text


@st.composite
def powers(draw: st.DrawFn) -> Written:
    """A power of ten."""
    sizes, text = draw(decimals())
    power = draw(st.integers(-12, 12))
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    forms = [
        "{}e{p}",
        "{}E{p}",
        "{}×10^{p}",
        "{} x 10^{{{p}}}",
        "{}*10**{p}",
        "{} \\times 10^{{{p}}}",
    ]
    form = draw(st.sampled_from([*forms, "{} × 10{r}"]))
    return {size * Fraction(10) ** power for size in sizes}, form.format(text, p=power, r=raised)


@st.composite
def quantities(draw: st.DrawFn) -> Written:
    """A number, and one of many ways of writing it: signs, currencies, scales, units."""
    sizes, text = draw(decimals() | decimals() | fractions() | powers())
    if draw(st.booleans()):
        word = draw(st.sampled_from(list(SCALES)))
        sizes, text = {size * SCALES[word] for size in sizes}, f"{text} {word}"
    sign = draw(st.sampled_from(list(SIGNS)))
    currency = draw(st.sampled_from(["", "", *CURRENCIES]))
    text = draw(st.sampled_from(BEFORE)) + sign + currency + text
    return {SIGNS[sign] * size for size in sizes}, text + draw(st.sampled_from(["", "", *UNITS]))


def read(text: str, item: Item) -> str | None:
    """The value that follows a marker."""
    return scoring.extract(f"Answer: {text}", item)


@given(quantities(), st.sampled_from(AROUND), st.sampled_from([INTEGER, NUMBER]))
def test_a_number_reads_as_itself_or_not_at_all(written: Written, around: str, item: Item) -> None:
    """No text that differs in its number from another reads as the same value."""
    means, text = written
    value = read(around.format(text), item)
    assert value is None or Fraction(value) in means


@given(quantities(), st.sampled_from(CHANGES), st.sampled_from([INTEGER, NUMBER]))
def test_what_changes_a_number_is_not_left_out(written: Written, change: str, item: Item) -> None:
    """With more words or signs after it than its unit a number is another one, or none."""
    text = written[1]
    is_unit = change in ("^2", "²") and text.endswith(("km", "km/h"))
    value = read(text + change, item)
    assert value is None or value != read(text, item) or is_unit


@given(st.text("0123456789٣3.,'’ \u202f-−+$€%/()[]*eE×^½", min_size=1, max_size=12))
def test_every_digit_counts(text: str) -> None:
    """What is read of any digits and signs has all of the digits, in their order."""
    value = read(text, NUMBER)
    if value is not None and not re.search("[/eE×½]", text + value):
        plain = "".join(str(unicodedata.decimal(char, char)) for char in text)
        said = re.sub(r"\D", "", plain).strip("0")
        assert said == re.sub(r"\D", "", value).strip("0")
        assert value == read(value, NUMBER)


@pytest.mark.parametrize("kind", list(ITEMS))
@given(quantities(), st.sampled_from(AROUND))
def test_what_is_read_and_written_is_read_again(kind: str, written: Written, around: str) -> None:
    """A value reads as itself, whatever it was read from."""
    value = read(around.format(written[1]), ITEMS[kind])
    if value is not None:
        assert value == read(value, ITEMS[kind])


@given(
    st.sampled_from([LETTERS, DIGITS]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["{} {}", "{}: {}", "{}. {}", "({}) {}", "**{}** - {}", "{} ({})", "{}={}"]),
    st.booleans(),
)
def test_a_label_and_a_text_that_contradict_each_other(
    item: Item, one: int, other: int, form: str, label_first: bool
) -> None:
    """A label with its own text is that label, and with another one's text no answer."""
    label, text = item.choices[one].label, item.choices[other].text
    value = read(form.format(*((label, text) if label_first else (text, label))), item)
    assert value in ({label, None} if one == other else {None})
    if one == other and label_first:
        assert value == label


@given(st.text("abXY12 .,-+()[]*_\n\"'“”", min_size=1, max_size=20))
def test_a_text_keeps_its_letters_and_digits(text: str) -> None:
    """What is taken off a text answer is never a letter or a digit of it."""
    value = read(text, TEXT)
    if value is not None:
        assert re.sub(r"[\W_]", "", text) == re.sub(r"[\W_]", "", value)
        assert value == read(value, TEXT)


# Lists and sets

ELEMENTS = st.text("abcXY12 .,;'&\"-äж中", min_size=1, max_size=6).map(str.strip).filter(str.strip)
WORDS = st.text("abcdXYäж", min_size=3, max_size=6).filter(lambda word: word not in ("and", "und"))
PARTED = {
    "{}": ", ",
    "{}.": "; ",
    "[{}]": ", ",
    "**{}**": "; ",
    "\n- {}": "\n- ",
    "\n* {}\n\nBye.": "\n* ",
}


@given(st.lists(ELEMENTS, min_size=1, max_size=5))
def test_a_list_that_is_written_as_json_is_read_back(elements: list[str]) -> None:
    """Element by element, as a short answer, or not at all where one cannot be a short answer."""
    value = read(lists.write(elements), LIST)
    parsed = [lists.value(lists.write([each])) for each in elements]
    assert (value is None) == (None in parsed)
    if value is not None:
        assert parsed == [lists.write([each]) for each in json.loads(value)]
        assert value == read(value, LIST)


@given(st.lists(WORDS, min_size=2, max_size=5), st.sampled_from(list(PARTED)))
def test_a_list_that_a_person_writes_is_read_back(words: list[str], form: str) -> None:
    """Parted by commas, semicolons or bullets; a set in any order, each element once."""
    text, back = form.format(PARTED[form].join(words)), form.format(PARTED[form].join(words[::-1]))
    assert lists.write([word.casefold() for word in words]) == read(text, LIST)
    assert read(text, SET) == read(back, SET) == lists.write(sorted({w.casefold() for w in words}))


# Fields


@given(st.text(max_size=20), st.decimals(-(10**6), 10**6, places=2), st.booleans())
def test_fields_that_are_written_as_json_are_read_back(
    word: str, size: Decimal, is_first: bool
) -> None:
    """Whatever the order of the names and what a text holds; each field as it is alone."""
    pairs: list[tuple[str, object]] = [("a", float(size)), ("b", word)]
    text = json.dumps(dict(pairs if is_first else pairs[::-1]))
    found = kinds.field_values(text, FIELDS)
    assert numbers.value(f"{size:f}") == found["a"]
    alone = replace(SHORT, answer="x")
    said = scoring.parse(word, alone)
    assert found["b"] in ({said, None} if said else {None})


# Quantities

MASSES = {
    "kg": Fraction(1),
    "g": Fraction("0.001"),
    "mg": Fraction("1e-6"),
    "t": Fraction(1000),
    "grams": Fraction("0.001"),
}
CHAINED = st.sampled_from(["km", "s", "min", "kg", "K", "N", "$", "€", "mol", "square miles", "dB"])


@given(st.decimals(-(10**6), 10**6, places=3), st.sampled_from(list(MASSES)), st.booleans())
def test_a_mass_in_any_unit_is_read_exactly(size: Decimal, unit: str, is_near: bool) -> None:
    """In the unit of the right answer, without rounding, joined or apart."""
    value = read(f"{size:f}{'' if is_near else ' '}{unit}", QUANTITY)
    assert value is not None
    assert value.endswith(" kg")
    assert Fraction(value.removesuffix(" kg")) == Fraction(size) * MASSES[unit]


@given(st.integers(1, 10**6), CHAINED, CHAINED, CHAINED)
def test_units_that_are_joined_are_read_back(size: int, one: str, two: str, three: str) -> None:
    """Multiplied and divided, in the units of the right answer and in base units."""
    text = f"{size} {one}*{two}/{three}"
    assume(text.count("$") < 2)  # else it is LaTeX
    item = replace(QUANTITY, answer=text)
    assert text == read(text, item)
    value = read(text, QUANTITY)
    assert value is not None
    assert text == read(value, item)


def test_a_tolerance_is_in_the_unit_of_the_right_answer() -> None:
    """Whatever the unit of the answer; its edge is included."""
    item = replace(QUANTITY, tolerance="0.01")
    assert ["2.5 kg", "2.5 kg", "2.511 kg"] == [read(f"{n} g", item) for n in (2490, 2510, 2511)]


# Dates

DATES = {  # as people write them, of a date and its month's name in English
    "%Y-%m-%d": True,
    "%Y/%m/%d": True,
    "%d %B %Y": True,
    "%B %d, %Y": True,
    "%A, %B %d, %Y": True,
    "%d-%b-%Y": True,
    "%Y年%m月%d日": True,
    "%d.%m.%Y": False,
    "%d/%m/%Y": False,
}


@given(
    st.dates(date(1000, 1, 1)),
    st.sampled_from(list(DATES)),
    st.sampled_from(SCRIPTS),
    st.booleans(),
)
def test_a_date_that_is_written_is_read_back(
    day: date, form: str, zero: str, is_stated: bool
) -> None:
    """In the digits of any script; where it may be two dates, only if the order is stated."""
    item = replace(DATE, day_first=True) if is_stated else DATE
    is_sure = DATES[form] or is_stated or day.day > 12 or day.day == day.month
    value = read(digits(day.strftime(form), zero), item)
    assert (day.isoformat() if is_sure else None) == value


def test_no_name_of_a_month_or_a_day_has_two_meanings() -> None:
    """All languages are read at once, so their names must not contradict each other."""
    for table, size in ((month_names.MONTHS, 12), (month_names.WEEKDAYS, 7)):
        meanings = defaultdict(set)
        for language in month_names.languages(table):
            assert size == len(language)
            for number, names in enumerate(language, 1):
                for name in names:
                    meanings[name].add(number)
        assert {1} == set(map(len, meanings.values()))


@given(st.text(max_size=60) | st.text("ab12,;:.-*/()[]{}\"' \n$%€年月日", max_size=40))
def test_any_text_has_a_value_of_each_kind_or_none(text: str) -> None:
    """Nothing is raised, and a value that is read and written is read again."""
    for item in LATE:
        value = scoring.extract(f"Answer: {text}", item)
        if value is not None:
            assert value == scoring.parse(value, item), item.answer_kind
