"""What a person reads in the terminal."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_rest import metrics
from pytest_rest.reporting.report import Lost, Report
from pytest_rest.reporting.terminal import misreadings, tables
from pytest_rest.terms import MODES, Answer, Mode, Record, Status, Transcription, Verdict


def answer(mode: Mode, value: str | None, correct: bool = False, said: str = "") -> Answer:
    """One answer."""
    status: Status = "parsed" if value is not None else "unparseable"
    return Answer(mode, status, said, value, correct, image=None if mode == "text" else "d1")


def record(
    item: str = "i1", suite: str = "s", read: str = "3A = 6", **values: str | None
) -> Record:
    """A record whose right answer is 2."""
    answers: Mapping[Mode, Answer] = {
        mode: replace(answer(mode, values[mode], values[mode] == "2"), prompt=f"{item}-{mode}")
        for mode in MODES
        if mode in values
    }
    agree = len(set(values.values())) == 1 and None not in values.values()
    cer = 0.0 if read == "3A = 6" else 1 / 6
    transcription = Transcription("parsed", read, "3A = 6", cer, cer == 0, image="d1")
    verdict = Verdict("consistent" if agree else "inconsistent", answers, transcription)
    return Record(suite, item, "dejavu-200dpi-black", "digest", "2", verdict)


def report(*records: Record, lost: tuple[Lost, ...] = ()) -> Report:
    """A report of these records."""
    return Report({}, records, metrics.table(records), None, lost, 3.0)


def test_the_headline_is_in_the_order_of_the_modes() -> None:
    """Text, image, mixed, whatever the order of the answers; no answer says why."""
    one = record(mixed="2", image=None, text="3")
    expected = "inconsistent: text 3, image no answer (unparseable), mixed 2"
    assert expected == tables.headline(one.verdict)


def test_the_explanation_has_what_a_person_needs() -> None:
    """Answers, what is right, pictures, what was read wrongly, and how to ask again."""
    one = record(text="2", image="3", mixed="2", read="3A = 8")
    lines = tables.explanation(one, lambda digest: Path(f"/run/{digest}.png"), "pytest -k i1")
    assert "i1 in dejavu-200dpi-black; right is 2" in lines
    assert "text   2 right" in lines
    assert "image  3 wrong" in lines
    assert 2 == lines.count("/run/d1.png")
    assert "transcribed wrongly (CER 0.167): '6' as '8'" in lines
    assert lines.endswith("again: pytest -k i1")


def test_what_is_around_a_transcription_is_not_told_as_misread() -> None:
    """Its rate is; the characters that were misread are those of the transcription alone."""
    around = Transcription("parsed", 'Here is the text:\n"3A = 8"', "3A = 6", 1 / 6, cer_raw=3.5)
    expected = "transcribed wrongly (CER 0.167, 3.500 with what is around it): '6' as '8'"
    assert expected == misreadings.told(around)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("3A = 6", "every character of the picture right"),
        ("3A = 8", "'6' as '8'"),
        ("3A = ", "' 6' left out"),
        ("3A = 66", "'6' added"),
        ("", "'3A = 6' left out"),
    ],
)
def test_misreading_names_the_characters(read: str, expected: str) -> None:
    """Replaced, left out, added."""
    cer = 0.0 if read == "3A = 6" else 0.2
    assert expected in misreadings.told(Transcription("parsed", read, "3A = 6", cer, cer == 0))


def test_many_misreadings_are_cut() -> None:
    """Five are shown, the others counted."""
    read = Transcription("parsed", "aXbXcXdXeXfXg", "aYbYcYdYeYfYg", 0.4)
    assert misreadings.told(read).endswith("and 1 more")


def test_the_table_fits_eighty_columns() -> None:
    """With every rate at its longest, and a suite of a long name."""
    long = "a-suite-of-a-name-that-is-too-long"
    records = [record(f"i{n}", long, text="2", image="2", mixed="2") for n in range(500)]
    records += [record(f"i{n}", "other", text="2", image="3", mixed="2") for n in range(3)]
    lines = list(tables.table(report(*records)))
    assert max(map(len, lines)) <= 80
    assert {"mean", "pooled", "a-suite-of-..."} <= {line.split()[0] for line in lines}
    assert lines[0].startswith("per cent [95%] items RER")


def test_one_suite_needs_no_mean() -> None:
    """The mean of one is the one."""
    lines = list(tables.table(report(record(text="2", image="2", mixed="2"))))
    assert "mean" not in " ".join(lines)


def test_an_empty_report_has_a_sentence() -> None:
    """In place of tables that have heads alone."""
    assert ["no item was judged, so there are no figures"] == [*tables.table(report())]


def test_lost_items_are_named_with_the_worst_case() -> None:
    """How many, what the rates would be, and the first ten by name."""
    lost = tuple(Lost("s", f"j{n}", "dejavu-200dpi-black", "timeout: 5 s") for n in range(12))
    lines = list(tables.lost(report(record(text="2", image="2", mixed="2"), lost=lost)))
    assert "12 items were lost; counted against the model: RER 7.7 %, CFR 92.3 %" == lines[0]
    assert "  j0-dejavu-200dpi-black: timeout: 5 s" == lines[1]
    assert "  and 2 more, in report.json" == lines[-1]
    assert [] == list(tables.lost(report()))


def test_inconsistent_items_are_listed() -> None:
    """Ten at most, sorted."""
    records = [record(f"i{n:02d}", text="2", image="3", mixed="2") for n in range(11, -1, -1)]
    lines = list(tables.inconsistent(report(*records)))
    assert "12 tests inconsistent, an item in a style each" == lines[0]
    assert "  i00-dejavu-200dpi-black: text 2, image 3, mixed 2" == lines[1]
    assert "  and 2 more, in report.json" == lines[-1]


def test_what_a_model_wrote_cannot_move_the_cursor() -> None:
    """Escapes, in headlines and explanations."""
    one = record(text="\x1b[2J", image="\u202e2", mixed="2", read="\x07")
    shown = tables.headline(one.verdict) + tables.explanation(one, lambda d: Path(d), "again")
    assert not {"\x1b", "\u202e", "\x07"} & set(shown)
    assert "\\x1b[2J" in shown


def test_usage_in_one_line() -> None:
    """Calls, tokens, dollars, seconds; what is not known is said."""
    assert "4 calls, tokens not reported, price unknown, 3 s" == tables.usage(
        report(record(text="2", image="2", mixed="2"))
    )


def test_of_no_call_no_price_is_unknown() -> None:
    """Nor are its tokens."""
    assert "0 calls, 3 s" == tables.usage(report())
