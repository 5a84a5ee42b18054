"""Who answered a run: several models, one in two spellings, and what a floating name was."""

from collections.abc import Sequence

import pytest

from pytest_rest.reporting.answering_models import of_floating, several
from pytest_rest.terms import Answer, Record, Verdict

ASKED = {"model": "gpt-5-mini", "resolved_name": "openai/gpt-5-mini", "floats": True}
DATED = "gpt-5-mini-2025-08-07"


def records(ids: Sequence[str]) -> list[Record]:
    """An item for each id, answered by it."""
    answers = [
        Answer("text", "parsed", "1", "1", prompt=f"p{n}", model=m) for n, m in enumerate(ids)
    ]
    return [
        Record("s", f"i{n}", "t", "d", "1", Verdict("consistent", {"text": answer}))
        for n, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["a", "a"], ""),
        (["a", "p/a"], ""),
        (["", "a"], ""),
        (["p/a", "b", "a"], "answered by 2 models: p/a (2), b (1)"),
    ],
)
def test_several_models_are_counted(ids: list[str], expected: str) -> None:
    """Each under its fullest id; none where all are told to be alike."""
    assert expected == several(records(ids))
    assert "" == several(records(ids), alike=["a", "b", "p/a"])


@pytest.mark.parametrize(
    ("ids", "about", "expected"),
    [
        ([DATED], ASKED, f"gpt-5-mini floats: {DATED} answered"),
        ([DATED, "gpt-5-mini"], ASKED, f"gpt-5-mini floats: {DATED} answered"),
        (
            ["gpt-5-mini"],
            ASKED,
            "gpt-5-mini floats: the endpoint does not say which id answered",
        ),
        ([DATED], ASKED | {"floats": None}, ""),
        ([DATED], {"model": "m"}, ""),
    ],
)
def test_what_a_floating_name_was(ids: list[str], about: dict[str, object], expected: str) -> None:
    """By what answered; a name that is repeated says nothing."""
    assert expected == of_floating(records(ids), about)
