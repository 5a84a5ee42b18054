"""How alike pictures and texts are: laws of the measures, planted cases, and honest intervals."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from pytest_rest.representations.alignment import (
    MEASURES,
    PEAKS,
    SHARES,
    Alignment,
    Array,
    Estimate,
    align,
    contributions,
    correlation,
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Array, Array]:
    """Pictures and texts: some rows alike, some of length zero."""
    shape = draw(st.tuples(st.integers(2, 8), st.integers(1, 5)))
    numbers = st.integers(-3, 3).map(float)
    images, texts = (draw(arrays.arrays(np.float64, shape, elements=numbers)) for _ in range(2))
    return images, texts


def means(images: Array, texts: Array) -> dict[str, float]:
    """The value of each measure."""
    return dict(zip(MEASURES, contributions(images, texts).mean(axis=1).tolist(), strict=True))


def vectors(n: int, seed: int, width: int = 24) -> Array:
    """Vectors that have nothing in common."""
    return np.random.default_rng(seed).normal(size=(n, width))


@given(pairs())
def test_measures_are_those_of_the_definitions(pair: tuple[Array, Array]) -> None:
    """Against plain loops over the pairs of items."""
    images, texts = pair
    n = len(images)

    def cosine(i: int, j: int) -> float:
        lengths = math.hypot(*images[i]) * math.hypot(*texts[j])
        return float(images[i] @ texts[j]) / lengths if lengths else 0.0

    def hit(row: list[float], i: int) -> float:
        best = max(row)
        near = [value >= best - 1e-9 for value in row]
        return near[i] / sum(near)

    table = [[cosine(i, j) for j in range(n)] for i in range(n)]
    other = [table[i][j] for i in range(n) for j in range(n) if i != j]
    matched, mismatched = sum(table[i][i] for i in range(n)) / n, sum(other) / len(other)
    to_text = sum(hit(table[i], i) for i in range(n)) / n
    to_image = sum(hit([row[i] for row in table], i) for i in range(n)) / n
    expected = [matched, mismatched, matched - mismatched]
    expected += [to_text, to_image, (to_text + to_image) / 2]
    assert expected == pytest.approx([*means(images, texts).values()], abs=1e-9)


@given(pairs(), st.floats(0.01, 100), st.randoms())
def test_scale_and_order_play_no_part(
    pair: tuple[Array, Array], scale: float, random: Random
) -> None:
    """Longer vectors are as alike, and items may come in any order."""
    images, texts = pair
    order = random.sample(range(len(images)), len(images))
    expected = means(images, texts)
    assert expected == pytest.approx(means(images[order] * scale, texts[order]), abs=1e-9)


@given(pairs())
def test_pictures_and_texts_exchanged_exchange_the_retrievals(pair: tuple[Array, Array]) -> None:
    """Pictures and texts exchanged exchange the two retrievals, and nothing else."""
    there, back = means(*pair), means(*pair[::-1])
    swapped = {**back, "image_to_text": back["text_to_image"]}
    assert there == pytest.approx({**swapped, "text_to_image": back["image_to_text"]}, abs=1e-9)


@given(pairs(), st.integers(0, 9))
def test_intervals_hold_their_values(pair: tuple[Array, Array], seed: int) -> None:
    """Every value is within its bounds and its range, its n is the items', and seeds repeat it."""
    images, texts = pair
    found = align([pair, (texts, images)], draws=50, seed=seed)
    assert found == align([pair, (texts, images)], draws=50, seed=seed)
    assert (len(images), 1 / len(images), 2) == (found.n, found.chance, len(found.layers))
    rates: list[tuple[str, Estimate]] = [
        (name, rate) for layer in found.layers for name, rate in layer.items()
    ]
    rates += [(name, peak) for name, peak in found.peaks.items()]
    for name, rate in rates:
        assert rate.low <= rate.value <= rate.high
        assert (0 if name in SHARES else -2) - 1e-9 <= rate.low
        assert rate.high <= (1 if name in SHARES else 2) + 1e-9
        assert found.n == rate.n
    for name in PEAKS:
        best = found.peaks[name]
        assert max(layer[name].value for layer in found.layers) == best.value
        assert best.value == found.layers[best.layer][name].value


def test_planted_alignment() -> None:
    """Pictures that are their texts: cosine 1, all retrieved, and still an interval."""
    same = vectors(60, 1)
    found = align([(vectors(60, 2), vectors(60, 3)), (same, 2 * same)])
    for name in ("matched", *SHARES):
        assert 1 == found.peaks[name].layer
        assert 1 == pytest.approx(found.peaks[name].value)
    assert 0.85 < found.layers[1]["image_to_text"].low < 0.97  # Wilson's is 0.94
    assert abs(found.layers[1]["mismatched"].value) < 0.05


def test_shuffled_pairs_are_chance() -> None:
    """Each text beside another's picture: nothing but chance, which the intervals hold."""
    images = vectors(200, 4)
    noisy = images + vectors(200, 5)
    order = np.random.default_rng(6).permutation(200)
    paired, shuffled = (align([(images, texts)]) for texts in (noisy, noisy[order]))
    assert paired.layers[0]["two_way"].value > 0.9
    for name in SHARES:
        assert shuffled.layers[0][name].value < 0.03
        assert _holds(shuffled.layers[0][name], shuffled.chance)
    assert _holds(shuffled.layers[0]["gap"], 0.0)
    assert not _holds(paired.layers[0]["gap"], 0.0)


def test_vectors_that_are_all_alike_are_chance() -> None:
    """A model that has one vector for everything retrieves by lot, with cosine 1 and no gap."""
    one = np.ones((8, 3))
    found = means(one, one)
    assert [1, 0] == pytest.approx([found["matched"], found["gap"]])
    assert [1 / 8] * 3 == pytest.approx([found[name] for name in SHARES])


@pytest.mark.parametrize(
    ("images", "texts"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0]]),
        ([[1.0], [2.0]], [[1.0]]),
        ([[1.0], [math.nan]], [[1.0], [2.0]]),
        ([1.0, 2.0], [1.0, 2.0]),
    ],
)
def test_vectors_that_do_not_pair_are_refused(images: list[float], texts: list[float]) -> None:
    """One item, other shapes, what is not finite."""
    with pytest.raises(ValueError, match=r"n >= 2|not finite"):
        align([(np.array(images), np.array(texts))])


def _holds(rate: Estimate, truth: float) -> bool:
    return rate.low <= truth <= rate.high


def _fresh(seed: int, layers: int = 1) -> Alignment:
    """Items whose pictures and texts share one direction, and little of their content."""
    drawn = []
    for layer in range(layers):
        own, noise = vectors(60, 1_000 * seed + layer), vectors(60, 500_000 + 1_000 * seed + layer)
        drawn.append((own + 1, 0.5 * own + noise + 1))
    return align(drawn, draws=200, seed=seed)


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    """In about 95 of a hundred runs, the mean over pairs too; the truth is that of other runs."""
    runs, others = [[_fresh(n + start).layers[0] for n in range(100)] for start in (0, 100)]
    for name in MEASURES:
        truth = float(np.mean([other[name].value for other in others]))
        assert 88 <= sum(_holds(run[name], truth) for run in runs), name


def test_the_interval_of_the_maximum_allows_for_the_choice() -> None:
    """Of twenty layers that are all alike the best is too good; its interval has the truth."""
    runs = [_fresh(n, layers=20) for n in range(20)]
    truth = float(np.mean([layer["matched"].value for run in runs for layer in run.layers]))
    assert 18 <= sum(_holds(run.peaks["matched"], truth) for run in runs)
    best = [run.layers[run.peaks["matched"].layer]["matched"] for run in runs]
    assert 15 >= sum(_holds(rate, truth) for rate in best)


RISING = [(0, 0), (1, 2), (2, 1), (3, 4), (4, 4), (5, 7)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=9))
@example(RISING)
@example([(x, 9 - y) for x, y in RISING])
def test_correlation_is_pearsons(points: list[tuple[int, int]]) -> None:
    """The r and interval of scipy; undefined below three models, or where nothing varies."""
    xs, ys = [p[0] / 10 for p in points], [p[1] / 10 for p in points]
    found = correlation(xs, ys)
    if len(points) < 3 or len({*xs}) == 1 or len({*ys}) == 1:
        assert found is None
        return
    assert found is not None
    theirs = stats.pearsonr(xs, ys)
    assert (theirs.statistic, len(points)) == (pytest.approx(found.r, abs=1e-9), found.n)
    assert found.r**2 == pytest.approx(found.r2)
    if found.low is None or found.high is None:
        assert found.n == 3 or abs(found.r) == pytest.approx(1)
        return
    assert found.low <= found.r2 <= found.high
    bounds = theirs.confidence_interval(0.95)
    ends = sorted([bounds.low**2, bounds.high**2])
    assert ends[1] == pytest.approx(found.high)
    assert (0 if bounds.low <= 0 <= bounds.high else ends[0]) == pytest.approx(found.low)
