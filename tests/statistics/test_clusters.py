"""What items that belong together, or are partly right, are worth: laws, and cases by hand."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.statistics import clusters
from pytest_rest.statistics.bounds import Share, Shares
from pytest_rest.statistics.clusters import Sample, net, sample
from pytest_rest.statistics.intervals import mean_share, of_sample, proportion

SHARES = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), min_size=1, max_size=40)
CLUSTERED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from(["", "a", "b", "c", "d"])),
    min_size=1,
    max_size=40,
)


def of(shares: list[float], groups: list[str] | None = None) -> Sample:
    """The sample of these items."""
    found = sample(shares, groups or [])
    assert found is not None
    return found


def limits(found: Sample, confidence: float = 0.95) -> tuple[float, float]:
    """The gate's bounds."""
    share = Share(found.value * found.n, found.n, False, found)
    return Shares((share,)).limits(confidence) or (0, 0)


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.booleans())
def test_items_that_stand_alone_are_a_count(right: list[bool], are_named: bool) -> None:
    """Right or wrong, each a cluster of its own: Wilson's interval and the exact bound as ever."""
    groups = [str(place) for place in range(len(right))] if are_named else []
    found = of([*map(float, right)], groups)
    assert found.is_plain
    assert proportion(sum(right), len(right)) == of_sample(found) == mean_share(right, groups)
    exact = Shares((Share(sum(right), len(right)),)).limits(0.95)
    assert exact == pytest.approx(limits(found), abs=1e-12)


@given(CLUSTERED)
def test_bounds_and_intervals_contain_the_mean(items: list[tuple[float, str]]) -> None:
    """However items belong together; in whichever order they come."""
    shares, groups = [share for share, _ in items], [name for _, name in items]
    found = of(shares, groups)
    rate, (low, high) = of_sample(found), limits(found)
    assert statistics.fmean(shares) == pytest.approx(rate.value)
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.value + 1e-12
    assert rate.value - 1e-12 <= rate.high <= 1 + 1e-12
    assert 0 <= low <= rate.value + 1e-9
    assert rate.value - 1e-9 <= high <= 1
    other = of(shares[::-1], groups[::-1])
    assert found.worth == pytest.approx(other.worth)
    assert found.is_clustered == other.is_clustered == (found.units < found.n)


@given(CLUSTERED)
def test_items_that_belong_together_are_never_worth_more(items: list[tuple[float, str]]) -> None:
    """Than the same items alone; nor is one cluster worth more than one item."""
    shares, groups = [share for share, _ in items], [name for _, name in items]
    found = of(shares, groups)
    if found.is_whole:
        assert found.worth <= found.n + 1e-9
    elif found.is_clustered:
        assert found.worth <= of(shares).worth + 1e-9
    assert 1 == of(shares + shares, ["one"] * (2 * len(shares))).worth


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(2, 12))
def test_clusters_that_stand_or_fall_as_a_whole_are_items(right: list[bool], size: int) -> None:
    """So many items of each are worth one less than the clusters, or them if nothing varies."""
    groups = [str(place) for place in range(len(right)) for _ in range(size)]
    found = of([float(each) for each in right for _ in range(size)], groups)
    expected = len(right) - (len(set(right)) > 1)
    assert (expected, len(right)) == pytest.approx((found.worth, found.wholly))


@given(SHARES)
def test_items_in_several_styles_are_worth_at_least_themselves(shares: list[float]) -> None:
    """p (1 - p) n / s^2; where all are equal, no more than themselves."""
    found, n = of(shares), len(shares)
    p = statistics.fmean(shares)
    if found.is_whole or len(set(shares)) == 1:
        assert n == found.worth
    else:
        expected = p * (1 - p) * n / statistics.variance(shares)
        assert max(expected, n) == pytest.approx(found.worth)


@given(CLUSTERED, st.data())
def test_no_bound_is_better_than_if_all_were_right(
    items: list[tuple[float, str]], data: st.DataObject
) -> None:
    """A clustered sample with errors never passes where one without any would not."""
    groups = [name for _, name in items]
    found, best = of([share for share, _ in items], groups), of([1.0] * len(items), groups)
    if best.is_clustered:
        confidence = data.draw(st.sampled_from([0.5, 0.8, 0.95, 0.99]))
        assert limits(found, confidence)[0] <= limits(best, confidence)[0] + 1e-12


def test_a_single_error_makes_no_gate_surer() -> None:
    """Of 20 clusters of 50 items: none is wrong, or one item is; both are worth 20 clusters."""
    names = [str(place // 50) for place in range(1_000)]
    right, but_one = of([1.0] * 1_000, names), of([0.0] + [1.0] * 999, names)
    assert 0.05 ** (1 / 20) == pytest.approx(limits(right)[0])
    assert limits(right)[0] == limits(but_one)[0]
    mirrored = of([1.0] + [0.0] * 999, names)
    assert limits(but_one)[0] == pytest.approx(1 - limits(mirrored)[1])


def test_a_design_effect_by_hand() -> None:
    """Of two clusters of four, three and one are right: z is 1 and -1, so v is 2 x 2 / 64."""
    found = of([1, 1, 1, 0, 1, 0, 0, 0], ["a"] * 4 + ["b"] * 4)
    assert (8, 2, 1 / 4 / (4 / 64), 2) == pytest.approx(
        (found.n, found.units, found.worth, found.spread)
    )
    assert "n = 8 in 2 clusters, worth 4" == of_sample(found).size
    assert "n = 4" == of_sample(of([0.5, 1, 1, 0])).size


def test_more_items_of_the_same_kind_narrow_the_bounds() -> None:
    """Ten times the clusters; nothing else changes."""
    found = of([1.0, 1.0, 0.0, 1.0] * 10, [str(place // 4) for place in range(40)][::-1])
    larger = found.grown(10)
    assert (400, 100, found.value) == (larger.n, larger.units, larger.value)
    assert limits(found)[0] < limits(larger)[0] < limits(larger)[1] < limits(found)[1]


@given(st.dictionaries(st.integers(0, 30), st.integers(-1, 1)), st.integers(1, 8))
def test_changes_are_netted_by_cluster(changes: dict[int, int], of_one: int) -> None:
    """A cluster's mean change; items without a cluster are their own."""
    named = {key: str(key // of_one) for key in changes}
    found = net(changes, named)
    assert len(set(named.values())) == len(found)
    sizes = [
        sum(other == name for other in named.values()) for name in dict.fromkeys(named.values())
    ]
    weighted = sum(mean * size for mean, size in zip(found, sizes, strict=True))
    assert sum(changes.values()) == pytest.approx(weighted)
    assert [*map(float, changes.values())] == net(changes, {})


def test_what_cancels_out_is_no_change() -> None:
    """A tenth three times against three tenths: the last bit is neither worse nor better."""
    assert [0.0] == net({1: 0.1, 2: 0.1, 3: 0.1, 4: -0.3}, dict.fromkeys(range(1, 5), "a"))


def test_without_items_there_is_no_sample() -> None:
    """No items, no sample, no rate."""
    assert (None, None) == (clusters.sample([]), mean_share([]))
