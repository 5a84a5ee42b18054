"""The baseline gate on runs whose true drop is planted: how often it errs, and what it finds."""

import functools
import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import stats

from pytest_rest.statistics.drop import MEAN, decide, least_p, measure
from pytest_rest.statistics.paired import mcnemar

Drops = list[float]
Draw = Callable[[np.random.Generator], Drops]
Rates = dict[str, float]
pytestmark = pytest.mark.costly
SLOW = pytest.mark.slow

# One suite of whole items: no draws, but the sum over all numbers of flips


@functools.cache
def verdict(n: int, worse: int, better: int, tolerance: float) -> str:
    """What is decided of so many flips; as `decide`, which the test below holds it to."""
    found = measure([{1.0: worse, -1.0: better, 0.0: n - worse - better}], tolerance)
    if least_p(n, tolerance) >= 0.05:
        return "undecided"
    return "fail" if found.beyond < 0.05 else "pass" if found.within < 0.05 else "undecided"


def exact(n: int, drop: float, flips: float, tolerance: float) -> Rates:
    """How often each verdict is given of n items that fall by `drop`; `flips` go either way."""
    better = flips / 2
    worse, found = drop + better, Counter[str]()
    fewest, most = (stats.binom.ppf(q, n, worse) for q in (1e-5, 1 - 1e-5))
    for count in range(int(fewest), int(most) + 1):
        chance = stats.binom.pmf(count, n, worse)
        rest = n - count
        others = np.arange(int(stats.binom.ppf(1 - 1e-5, rest, better / (1 - worse))) + 1)
        for other, share in zip(
            others.tolist(), stats.binom.pmf(others, rest, better / (1 - worse)), strict=True
        ):
            if share > 1e-6:
                found[verdict(n, count, other, tolerance)] += chance * share
    return dict(found)


SHORT = [(300, 0.0, 0.05), (300, 0.02, 0.05), (300, 0.05, 0.1), (100, 0.05, 0.1)]
LONG = [
    (n, tolerance, flips)
    for n in (100, 200, 300, 500, 1000)
    for tolerance in (0.0, 0.02, 0.05, 0.1)
    for flips in (0.02, 0.05, 0.1, 0.2)
    if n * (tolerance + flips) >= 6 and (n, tolerance, flips) not in SHORT
]


@pytest.mark.parametrize(
    ("n", "tolerance", "flips"), [*SHORT, *(pytest.param(*each, marks=SLOW) for each in LONG)]
)
def test_a_drop_equal_to_the_tolerance_alarms_as_often_as_stated(
    n: int, tolerance: float, flips: float
) -> None:
    """And passes as seldom. Without six flips or more to be expected there are fewer alarms."""
    found = exact(n, tolerance, flips, tolerance)
    assert 0.03 <= found["fail"] <= 0.07
    assert 0.03 <= found["pass"] <= 0.07


@pytest.mark.parametrize("n", [5, 10, 20, 50])
@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.1])
def test_few_items_err_no_more_often(n: int, tolerance: float) -> None:
    """However many of them flip."""
    for flips in (0.0, 0.02, 0.1, 0.5, 0.89):
        found = exact(n, tolerance, flips, tolerance)
        assert found.get("fail", 0.0) <= 0.07, flips
        assert found.get("pass", 0.0) <= 0.07, flips


def test_the_rule_before_alarmed_far_more_often() -> None:
    """Larger than the tolerance, and sure to be a drop at all: in a third of such runs."""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(500, [0.05 + 0.025, 0.025, 0.9], 2000)[:, :2].tolist()
    alarms = [(b - c) / 500 > 0.05 and mcnemar(b, c) <= 0.05 for b, c in drawn]
    now = [verdict(500, b, c, 0.05) == "fail" for b, c in drawn]
    assert np.mean(alarms) > 0.28
    assert 0.03 <= np.mean(now) <= 0.07


# Several suites, and items in several styles


def whole(n: int, drop: float, flips: float) -> Draw:
    """Items of which a share falls, or rises if the drop is below 0, and some flip either way."""
    worse, better = max(drop, 0) + flips / 2, max(-drop, 0) + flips / 2
    return lambda rng: rng.choice(
        [1.0, -1.0, 0.0], n, p=[worse, better, 1 - worse - better]
    ).tolist()


def in_styles(n: int, drop: float, styles: int = 10, spread: float = 0.0) -> Draw:
    """Items right in 90 % of their styles; with a spread some of them are harder than others."""

    def draw(rng: np.random.Generator) -> Drops:
        share = rng.beta(0.9 / spread, 0.1 / spread, n) if spread else np.full(n, 0.9)
        old, new = rng.binomial(styles, share), rng.binomial(styles, share * (1 - drop / 0.9))
        return ((old - new) / styles).tolist()  # type: ignore[no-any-return]

    return draw


def simulate(suites: dict[str, Draw], tolerance: float, runs: int, seed: int = 0) -> Rates:
    """How often each verdict is given, and how often each suite or the mean is named as beyond."""
    rng, found = np.random.default_rng(seed), Counter[str]()
    for _ in range(runs):
        decided = decide({name: draw(rng) for name, draw in suites.items()}, tolerance, 0.95)
        found.update([decided.decision, *decided.beyond])
    return {name: count / runs for name, count in found.items()}


def sized(sizes: Sequence[int], drop: float, flips: float = 0.1) -> dict[str, Draw]:
    """Suites of these sizes that fall alike."""
    return {f"s{place}": whole(n, drop, flips) for place, n in enumerate(sizes)}


RUNS = [400, pytest.param(4000, marks=SLOW)]


def near(runs: int, low: float = 0.03, high: float = 0.07) -> tuple[float, float]:
    """These limits, and three standard errors of a share of so many runs at 0.05."""
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    return low - error, high + error


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("sizes", [(300, 300, 300, 300), (1000, 50), (100, 100)], ids=str)
@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_suites_at_the_tolerance_alarm_no_more_often_together(
    sizes: Sequence[int], tolerance: float, runs: int
) -> None:
    """The mean and each suite are one family of hypotheses: Holm keeps its error."""
    found = simulate(sized(sizes, tolerance), tolerance, runs)
    low, high = near(runs, low=0.025)
    assert low <= found["fail"] <= high
    assert low <= found["pass"] <= high


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.05])
def test_items_in_ten_styles_err_as_often_as_stated(
    tolerance: float, spread: float, runs: int
) -> None:
    """Their drops are parts of an item, few of them whole."""
    found = simulate({"a": in_styles(300, tolerance, spread=spread)}, tolerance, runs)
    low, high = near(runs)
    assert low <= found["fail"] <= high
    assert low <= found["pass"] <= high


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_ten_styles_find_no_less_than_one(spread: float) -> None:
    """A drop of seven points where two are tolerated."""
    one, ten = (
        simulate({"a": in_styles(150, 0.07, styles, spread)}, 0.02, 200)["fail"]
        for styles in (1, 10)
    )
    assert ten >= one


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize(("size", "together"), [(10, 0.3), (10, 1.0), (50, 1.0), (5, 0.1)])
def test_items_of_clusters_alarm_as_often_as_stated(size: int, together: float, runs: int) -> None:
    """Flips of a template's items are one event: taken one by one they alarm far more often."""
    rng, found, alone = np.random.default_rng(0), Counter[str](), Counter[str]()
    clusters = [f"c{n // size}" for n in range(500 if size < 50 else 1000)]
    shape = len(clusters) // size, size
    for _ in range(runs):
        own, common = (
            rng.choice([1.0, -1.0, 0.0], cells, p=[0.15, 0.1, 0.75])
            for cells in (shape, (shape[0], 1))
        )
        drops = np.where(rng.random(shape) < math.sqrt(together), common, own).ravel().tolist()
        found[decide({"a": drops}, 0.05, 0.95, {"a": clusters}).decision] += 1
        alone[decide({"a": drops}, 0.05, 0.95).decision] += 1
    low, high = near(runs)
    assert low <= found["fail"] / runs <= high
    assert low <= found["pass"] / runs <= high
    assert together < 0.3 or alone["fail"] / runs > 0.13


# What the gate said, and says


def test_a_collapsed_suite_fails() -> None:
    """Fifty items from all to none, beside 500 of which as many got better as worse."""
    suites = {"soebench": whole(50, 1.0, 0.0), "mmlu": whole(500, -0.044, 0.16)}
    found = simulate(suites, 0.02, 100)
    assert 1.0 == found["fail"] == found["soebench"]
    assert "mmlu" not in found


@pytest.mark.parametrize("mmlu", [-1.0, -0.3])
def test_a_collapsed_suite_fails_whatever_the_mean_does(mmlu: float) -> None:
    """A suite of thirty beside one that rose by as much, or by less."""
    found = simulate({"a": whole(30, 0.5, 0.0), "b": whole(500, mmlu, 0.0)}, 0.02, 50)
    assert found["a"] >= 0.98


@pytest.mark.parametrize("runs", RUNS)
def test_a_better_mean_is_no_drop(runs: int) -> None:
    """A thousand items that fell by a tolerated point, and fifty that rose by three."""
    suites = {"a": whole(1000, 0.01, 0.1), "b": whole(50, -0.03, 0.2)}
    found = simulate(suites, 0.01, runs)
    assert found.get("fail", 0.0) <= near(runs)[1]
    assert found.get(MEAN, 0.0) <= near(runs)[1] / 2


def test_a_suite_that_fell_is_found_beside_many_that_did_not() -> None:
    """And only that one is named."""
    suites = {**sized([200] * 5, 0.02, 0.05), "fell": whole(200, 0.15, 0.05)}
    found = simulate(suites, 0.02, 100)
    assert found["fell"] >= 0.8
    assert sum(found.get(f"s{place}", 0.0) for place in range(5)) <= 0.05


def test_the_short_form_of_a_verdict_is_the_gates() -> None:
    """What is summed over all flips above is what the gate decides."""
    rng = np.random.default_rng(1)
    for n, tolerance in ((4, 0.0), (30, 0.02), (300, 0.05)):
        for _ in range(40):
            drops = whole(n, 0.05, 0.2)(rng)
            short = verdict(n, drops.count(1.0), drops.count(-1.0), tolerance)
            assert decide({"a": drops}, tolerance, 0.95).decision == short
