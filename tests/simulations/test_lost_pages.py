"""What is lost after a page is named with its size, and what is not lost so is not."""

import random

import pytest

from pytest_rest.metrics import answer_pages
from pytest_rest.statistics import change_point
from pytest_rest.terms import Answer, Mode, Record, Verdict

pytestmark = pytest.mark.costly
SEEDS = 100
PAGES = 5


def records(seed: int, n: int, after: float, up_to: float, clusters: int = 0) -> list[Record]:
    """Items right as text; as pictures wrong by a chance that depends on the answer's page."""
    draws = random.Random(seed)
    moods = [draws.random() for _ in range(max(clusters, 1))]
    made = []
    for number in range(n):
        page, place = draws.randint(1, PAGES), number % max(clusters, 1)
        chance = after if page > 2 else up_to
        chance = moods[place] if clusters else chance
        answers: dict[Mode, Answer] = {"text": Answer("text", "parsed", "", "7", True)}
        for mode in ("image", "mixed"):
            right = draws.random() >= chance
            answers[mode] = Answer(mode, "parsed", "", "7" if right else "8", right)
        verdict = Verdict("inconsistent", answers)
        about = ("own", f"i-{number:03d}", "s", str(number), "7", verdict)
        name = f"lease-{place}" if clusters else ""
        made.append(Record(*about, cluster=name, pages=PAGES, answer_page=page))
    return made


@pytest.mark.parametrize(
    ("after", "up_to"), [(1.0, 0.0), pytest.param(0.7, 0.1, marks=pytest.mark.slow)]
)
def test_the_page_and_the_size_are_named(after: float, up_to: float) -> None:
    """In 95 of 100 seeds within the interval, and clear."""
    seeds = SEEDS if after < 1 else SEEDS // 10
    lost = [answer_pages.measure(records(seed, 80, after, up_to)) for seed in range(seeds)]
    named = [[each for each in of if each.is_clear] for of in lost]
    assert all(len(of) == 2 for of in named)
    first = [each for of in named for each in of if each.mode == "image"]
    assert len(first) >= 0.95 * seeds
    assert sum(each.page == 2 for each in first) >= (1.0 if after == 1 else 0.8) * seeds
    held = [(each.after.low or 0) <= after <= (each.after.high or 0) for each in first]
    assert sum(held) >= 0.95 * seeds


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [0, 8])
def test_what_the_page_plays_no_part_in_is_not_named(clusters: int) -> None:
    """Neither where items stand alone, nor where each document is read well or badly."""
    lost = [answer_pages.measure(records(seed, 60, 0.3, 0.3, clusters)) for seed in range(SEEDS)]
    assert sum(any(each.is_clear for each in of) for of in lost) <= 8


def test_badly_read_documents_with_late_answers_are_not_lost_pages() -> None:
    """Where each document is read well or badly all through, its pages are compared in itself."""
    draws = random.Random(0)
    places, wrong, names = [], [], []
    for document in range(8):
        for _ in range(10):
            places.append(draws.choice([1, 2, 3] if document % 2 else [3, 4, 5]))
            wrong.append(draws.random() < (0.1 if document % 2 else 0.9))
            names.append(f"lease-{document}")
    alone, within = change_point.find(places, wrong), change_point.find(places, wrong, names)
    assert alone is not None
    assert within is not None
    assert alone.p < 0.01
    assert within.p > 0.05


def test_nothing_lost_is_nothing_found() -> None:
    """Nor where only one page is known, or all is lost."""
    assert [] == answer_pages.measure(records(0, 40, 0.0, 0.0))
    assert [] == answer_pages.measure(records(0, 40, 1.0, 1.0))
    assert None is change_point.find([2, 2, 2], [True, False, True])
    assert None is change_point.find([], [])
