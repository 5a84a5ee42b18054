"""What differs is named, with its size, where it was planted; what was not is not."""

import os
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from pytest_rest.metrics import format_findings
from pytest_rest.metrics.agreement import by_item, mean_of_items
from pytest_rest.metrics.format_findings import Finding
from pytest_rest.metrics.format_floor import in_formats
from pytest_rest.terms import Answer, Mode, Record, Verdict

pytestmark = pytest.mark.costly
RUNS = 100 if os.environ.get("ALL_TESTS") else 10
N, SHARE = 120, 0.2
FORMATS = ("html", "latex", "markdown")
MODES: tuple[Mode, ...] = ("text", "image")
PLANTS = {
    "nothing": [],
    "latex": [("text", "latex"), ("image", "latex")],
    "pictures": [("image", name) for name in FORMATS],
}


def records(plant: str, seed: int, noise: float) -> list[Record]:
    """Answers of which a share is wrong where that is planted, and some are wrong everywhere."""
    draws = np.random.default_rng([seed, len(plant)])
    made = []
    for name in FORMATS:
        values: dict[Mode, list[str]] = {}
        for mode in MODES:
            share = SHARE * ((mode, name) in PLANTS[plant])
            errs = draws.random(N) < share + noise - share * noise
            said = np.where(errs, draws.integers(2, 11, N), 1)
            values[mode] = [*map(str, said)]
        for item, (text, image) in enumerate(zip(*values.values(), strict=True)):
            pairs = zip(MODES, (text, image), strict=True)
            answers = {mode: Answer(mode, "parsed", "", value) for mode, value in pairs}
            verdict = Verdict("consistent" if text == image else "inconsistent", answers)
            made.append(Record("s", str(item), name, str(item), "1", verdict, format=name))
    return made


def named(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """What is clear, and in which format."""
    return [(each.what, each.format) for each in findings if each.is_clear]


@pytest.mark.parametrize("noise", [0.0, pytest.param(0.05, marks=pytest.mark.slow)])
def test_what_was_planted_is_named_and_nothing_else(noise: float) -> None:
    """In 95 of 100 seeds; falsely in at most one of 20."""
    right: Counter[str] = Counter()
    wanted = {"nothing": [], "latex": [("text", "latex")], "pictures": [("pictures", "")]}
    for plant in PLANTS:
        for seed in range(RUNS):
            found = format_findings.find(by_item(records(plant, seed, noise)))
            right[plant] += named(found) == wanted[plant]
    least = {100: 89, 10: 7}[RUNS]  # binomial: fewer in 1 of 200 cases
    assert {plant: right[plant] for plant in PLANTS if right[plant] < least} == {}


@pytest.mark.slow
@pytest.mark.parametrize("plant", ["latex", "pictures"])
def test_the_interval_holds_what_was_planted(plant: str) -> None:
    """In at least 95 of 100 seeds, of 400."""
    held = 0
    for seed in range(400):
        groups = by_item(records(plant, seed, 0.0))
        size = mean_of_items(groups, lambda group: in_formats(group).excess)
        if plant == "latex":
            sizes = {(each.what, each.format): each.size for each in format_findings.find(groups)}
            size = sizes["text", "latex"]
        assert size is not None
        assert size.low is not None
        assert size.high is not None
        held += size.low <= SHARE <= size.high
    assert held >= 0.95 * 400
