"""Several models compared: each two of them, all pairs together, and who alone is right."""

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stored import ODD, RIGHT, WRONG, item, planted, report

from pytest_rest.errors import BaselineError
from pytest_rest.gate import rate_changes, regression
from pytest_rest.gate.baseline import differences, to_baseline
from pytest_rest.gate.paired_runs import compare as compare_two
from pytest_rest.gate.regression import Tolerance
from pytest_rest.gate.several_runs import compare
from pytest_rest.statistics.drop import holm, holm_adjusted

STYLES = ("dejavu-200dpi-black", "courier-50dpi-red", "cursive-50dpi-black")
P = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(P, st.floats(0.01, 0.2))
@example([0.01, 0.012, 0.5], 0.027)
def test_adjusted_ps_reject_what_holms_procedure_rejects(p: list[float], error: float) -> None:
    """The one that the gate uses, with equal weights."""
    named = {str(place): each for place, each in enumerate(p)}
    rejected = holm(named, dict.fromkeys(named, 1.0), error)
    near = [q for q in holm_adjusted(p) if abs(q - error) < 1e-9]
    if not near:
        assert {*rejected} == {str(n) for n, q in enumerate(holm_adjusted(p)) if q < error}


def test_each_pair_is_what_two_runs_compared_are() -> None:
    """The same changes, and a p of two sides that holds for all three pairs."""
    draws = random.Random(0)
    runs = {name: planted([draws.random() < p for _ in range(60)]) for name, p in PLANTED.items()}
    found = compare(runs)
    pairs = [(each.one, each.other) for each in found.differences["rer"]]
    assert [(0, 1), (0, 2), (1, 2)] == pairs
    reports = [*runs.values()]
    for name, listed in found.differences.items():
        for each in listed:
            alone = rate_changes.table(reports[each.one], reports[each.other])[name]
            assert alone == each.change
            turned = rate_changes.table(reports[each.other], reports[each.one])[name]
            assert each.p == pytest.approx(min(2 * alone.p, 2 * turned.p, 1))
            assert each.p <= each.p_adjusted <= 1
    worst = min(found.differences["rer"], key=lambda each: each.p)
    assert worst.p_adjusted == pytest.approx(3 * worst.p)
    assert worst.p_adjusted < 0.001 < 0.05 < found.differences["rer"][0].p_adjusted


PLANTED = {"one": 0.95, "two": 0.93, "three": 0.4}


def test_who_alone_is_right_or_wrong() -> None:
    """By all forms; an item that one run lost is nobody's."""
    values = {
        "one": [RIGHT, RIGHT, WRONG, ODD],
        "two": [ODD, RIGHT, RIGHT, RIGHT],
        "three": [WRONG, ODD, RIGHT, RIGHT],
    }
    runs = {name: report(items(each)) for name, each in values.items()}
    found = compare(runs)
    assert (4, [("a/i0",), (), ()]) == (found.n, [*map(tuple, found.alone_right)])
    assert [("a/i2", "a/i3"), (), ("a/i1",)] == [*map(tuple, found.alone_wrong)]
    runs["two"]["items"][3]["verdict"] = "lost"
    found = compare(runs)
    assert (3, ("a/i2",)) == (found.n, tuple(found.alone_wrong[0]))
    assert ["simulated in one", "simulated in two", "simulated in three"] == found.models


def items(values: Any, style: str = STYLES[0]) -> list[dict[str, Any]]:
    """Items i0, i1, ... answered so in a style."""
    return [item(f"i{n}", each, style=style) for n, each in enumerate(values)]


def test_runs_of_other_items_are_refused_by_name() -> None:
    """Other data, and other prompts."""
    with pytest.raises(BaselineError, match="'b' cannot stand beside 'a': other items in suite"):
        compare({"a": planted([True] * 5), "b": planted([True] * 6)})
    other = planted([True] * 5)
    other["provenance"]["protocol"] = "own"
    with pytest.raises(BaselineError, match="other prompts"):
        compare({"a": planted([True] * 5), "b": planted([True] * 5), "c": other})


# REST+ and REST


def plus(*styles: str, values: Any = ((RIGHT, ODD, RIGHT), (WRONG, RIGHT, ODD))) -> Any:
    """A run of items in these styles; `values` are an item's by style."""
    return report([e for n, s in enumerate(styles) for e in items([v[n] for v in values], s)])


def test_a_rest_plus_run_is_compared_with_a_rest_baseline_in_its_style() -> None:
    """The item that only another style broke is as it was; and it is said."""
    old, new = report(items([RIGHT, RIGHT])), plus(*STYLES)
    assert () == differences(to_baseline(old), to_baseline(new))
    found = compare_two(old, new)
    assert (("a/i1",), 2) == (tuple(k for k in found.rates["mmc"].counts.worse), found.rer.n)
    assert () == found.rer.worse
    assert (STYLES[0],) == (*found.styles,)
    assert "compared in dejavu-200dpi-black alone, for not all were asked in 2 other" in found.note
    judged = regression.judge(old, new, Tolerance(0.0, None))
    assert "compared in dejavu-200dpi-black alone" in judged.note


def test_a_gate_is_not_judged_in_less_than_its_baseline_has() -> None:
    """A REST run against a REST+ baseline is refused; so are styles that only meet in part."""
    old, new = plus(*STYLES), report(items([RIGHT, RIGHT]))
    for run in (new, plus(STYLES[0], STYLES[1], values=((RIGHT, RIGHT),) * 2)):
        judged = regression.judge(old, run, Tolerance(0.0, None))
        assert ["refused"] == [check.outcome for check in judged.checks]
    assert "other styles" in judged.reasons[0]


def test_several_models_are_compared_in_the_styles_that_all_share() -> None:
    """In two of three; an item whose forms agree in each, around one text, agrees over both."""
    runs = {
        "a": plus(*STYLES),
        "b": plus(STYLES[0], STYLES[1], values=((RIGHT, RIGHT), (RIGHT, ODD))),
    }
    found = compare(runs)
    assert (sorted(STYLES[:2]), [STYLES[2]]) == ([*found.styles], [*found.other_styles])
    (rer,) = found.differences["rer"]
    assert (1, 1) == (rer.change.better, rer.change.worse)


def test_without_a_text_form_several_shared_styles_are_not_told_apart() -> None:
    """Nobody knows whether forms agreed over two of three styles; one alone is known."""
    old, new = plus(STYLES[0], STYLES[1], values=((RIGHT, RIGHT),) * 2), plus(*STYLES)
    for run in (old, new):
        run["provenance"]["modes"] = ["image", "mixed"]
        for each in run["items"]:
            each["answers"].pop("text")
    with pytest.raises(BaselineError, match="other styles"):
        compare_two(old, new)
    one = report([each for each in new["items"] if each["style"] == STYLES[0]])
    one["provenance"]["modes"] = ["image", "mixed"]
    assert 2 == compare_two(one, new).rer.n


def test_an_item_lost_in_a_shared_style_is_lost() -> None:
    """In another style it is not."""
    old = report(items([RIGHT, RIGHT]))
    for style, lost in ((STYLES[0], 1), (STYLES[1], 0)):
        new = plus(*STYLES)
        next(each for each in new["items"] if each["style"] == style)["verdict"] = "lost"
        assert lost == len(compare_two(old, new).left_out)
