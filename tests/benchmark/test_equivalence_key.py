"""Whose answers a judge compares, as a benchmark file says."""

from pathlib import Path

import pytest

from pytest_rest.benchmark import file
from pytest_rest.errors import BenchmarkError

NUMBER = "- {question: N?, answer: 7"
TEXT = "- {question: T?, answer: late"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"items:\n{TEXT}}}\n", [("text", "")]),
        (f"items:\n{TEXT}, equivalence: judge}}\n", [("text", "judge")]),
        (f"items:\n{TEXT}, equivalence: normal}}\n", [("text", "")]),
        (f"items:\n{NUMBER}, equivalence: judge}}\n", [("text", "judge")]),
        ("items:\n- {question: Q?, equivalence: judge}\n", [("text", "judge")]),
        (
            f"equivalence: judge\nitems:\n{TEXT}}}\n{NUMBER}}}\n{TEXT}, equivalence: normal}}\n"
            "- {question: C?, choices: [a, b], answer: A}\n",
            [("text", "judge"), ("integer", ""), ("text", ""), ("choice", "")],
        ),
    ],
)
def test_a_judge_compares_texts(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    """Those of an item that says so, or all of a file's; other kinds have a rule of their own."""
    path = tmp_path / "e.rest.yaml"
    path.write_text(text)
    items = file.load(path).items
    assert expected == [(item.answer_kind, item.equivalence) for item in items]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("equivalence: model", ":3: unknown equivalence 'model'; known are normal, judge"),
        (
            "kind: number, equivalence: judge",
            ":3: a judge compares texts, and this answer is of kind number; say kind: text",
        ),
        ("equivalence: [judge]", ":3: 'equivalence' is a list or a mapping; write one text"),
    ],
)
def test_what_cannot_be_compared(tmp_path: Path, text: str, said: str) -> None:
    """One line, with the mend."""
    path = tmp_path / "e.rest.yaml"
    path.write_text(f"name: e\nitems:\n{NUMBER}, {text}}}\n")
    with pytest.raises(BenchmarkError) as caught:
        file.load(path)
    assert str(caught.value).endswith(said)
