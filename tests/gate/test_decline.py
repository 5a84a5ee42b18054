"""Which figures of a family surely fall, over its suites and figures together."""

import random
from typing import Any

import pytest
from releases import release

from pytest_rest.gate.decline import ItemHistory


def history(*runs: Any, suites: tuple[str, ...] = ("a",)) -> ItemHistory:
    """The items of these reports, in their order."""
    known = ItemHistory()
    for run in runs:
        known.add(run["items"], suites)
    return known


def steps(*shares: float, n: int = 100, seed: int = 0) -> list[Any]:
    """A release for each share of items that agree, drawn anew each time."""
    draws = random.Random(seed)
    return [release([draws.random() < share for _ in range(n)]) for share in shares]


def test_agreement_and_the_accuracy_of_each_form_are_tested() -> None:
    """In that order; a text that is always right does not fall, and nothing of another suite is."""
    runs = steps(0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
    found = history(*runs).trends()
    figures = {each.figure: each.declines for each in found}
    assert {
        "rer": True,
        "accuracy.text": False,
        "accuracy.image": True,
        "accuracy.mixed": False,
    } == figures
    assert [*figures] == [each.figure for each in found]
    assert [] == history(*runs, suites=("b",)).trends()


def test_a_document_s_file_is_a_form_too() -> None:
    """Its accuracy is tested beside the others'."""
    runs = steps(0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
    for run in runs:
        for entry in run["items"]:
            entry["answers"]["file"] = entry["answers"].pop("image")
    figures = {each.figure: each.declines for each in history(*runs).trends()}
    assert ["rer", "accuracy.text", "accuracy.mixed", "accuracy.file"] == [*figures]
    assert figures["accuracy.file"]


def test_a_fall_must_be_clear_of_how_runs_scatter() -> None:
    """The items alone would say so: the runs go up and down by far more than their items do."""
    found = history(*steps(0.9, 0.5, 0.9, 0.4, 0.7, 0.6, n=400)).trends()
    rer = found[0]
    assert (True, True, False) == (
        rer.trend.adjusted < 0.001,
        rer.trend.p_runs > 0.05,
        rer.declines,
    )


def test_many_suites_share_the_error() -> None:
    """What alone would be sure is not beside nine suites that stand still."""
    runs = steps(0.98, 0.96, 0.94, 0.92, 0.9, 0.88, seed=2)
    alone = history(*runs).trends()[0]
    assert 0.005 < alone.trend.adjusted < 0.025
    assert alone.declines
    names = [f"b{number}" for number in range(9)]
    for run in runs:
        still = [release([True] * 5, suite=name)["items"] for name in names]
        run["items"] += [item for items in still for item in items]
    (rer, *_) = history(*runs, suites=("a", *names)).trends()
    assert (alone.trend, False) == (rer.trend, rer.declines)


def test_an_entry_that_cannot_be_read_leaves_nothing_behind() -> None:
    """The run counts as not there."""
    runs = steps(0.9, 0.8, 0.7, 0.6, 0.5)
    known = history(*runs)
    with pytest.raises(KeyError):
        known.add([*runs[0]["items"][:5], {"suite": "a", "id": "i9999"}], ["a"])
    assert history(*runs).trends() == known.trends()
