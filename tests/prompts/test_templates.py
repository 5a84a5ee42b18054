"""How budgets are worded: the project's own words, a file's own, and what cannot be used."""

from typing import Any

import pytest

from pytest_rest.prompts import templates
from pytest_rest.terms import ANSWER_KINDS, Budget

OWN = templates.load({})
MINE: dict[str, Any] = {
    "version": "mine-1",
    "reasoning": {
        "max_tokens": 9,
        "rating_tokens": 8,
        "think": "T {question}",
        "conclude": "C {thinking} {final_format}",
        "at-once": "O {final_format}",
        "native": "{final_format}",
        "rate": "R {question} {reference} {answer}",
    },
    "final_format": {kind: f"({kind})" for kind in (*ANSWER_KINDS, "open")},
}


def test_the_own_wording_keeps_its_digest() -> None:
    """A word that changes needs a version of its own: reports are compared by it."""
    assert "reasoning-1 (f475c304)" == OWN.id


@pytest.mark.parametrize(
    ("task", "budget", "template", "tokens"),
    [
        ("think", Budget(5), "T {question}", 5),
        ("solve", Budget(5), "C {thinking} (text)", 9),
        ("solve", Budget(0), "O (text)", 9),
        ("solve", Budget(5, "native"), "(text)", 105),
        ("solve", Budget("low", "native"), "(text)", 16_484),
    ],
)
def test_templates_and_limits_under_a_budget(
    task: Any, budget: Budget, template: str, tokens: int
) -> None:
    """A file's own wording; what an endpoint thinks by itself has room beside its answer."""
    mine = templates.load(MINE)
    assert template == mine.asking(task, budget, "text")
    assert tokens == mine.limit(task, budget, 100)
    assert mine.id.startswith("mine-1 (")


@pytest.mark.parametrize(
    ("part", "text", "why"),
    [
        ("conclude", "C {final_format}", "'conclude' does not show the {thinking}"),
        ("at-once", "O", "'at-once' does not show the {final_format}"),
        ("rate", "R {question} {reference}", "'rate' does not show the {answer}"),
        ("think", "T {thinking}", "unknown placeholder {thinking}"),
        ("rate", "R {whole} {answer}", "unknown placeholder {whole}"),
        ("max_tokens", 0, "is 0; give at least 1"),
    ],
)
def test_invalid_wording_is_refused(part: str, text: object, why: str) -> None:
    """It is said which part, and what it lacks."""
    with pytest.raises(ValueError) as raised:
        templates.load(MINE | {"reasoning": MINE["reasoning"] | {part: text}})
    assert why in str(raised.value)


@pytest.mark.parametrize("key", ["reasoning", "final_format", "version"])
def test_half_a_wording_is_refused(key: str) -> None:
    """A file has both parts of its own, or neither."""
    with pytest.raises(KeyError, match=key):
        templates.load({name: value for name, value in MINE.items() if name != key})
