"""Agreement beyond chance by hand and as Cohen's kappa; answers that need no ability."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import pytest

from pytest_rest import metrics, scoring
from pytest_rest.metrics import chance, published_rows
from pytest_rest.statistics.intervals import proportion
from pytest_rest.terms import MODES, Answer, Record

LABELS = "ABCD"


def item(
    name: object,
    values: Sequence[str | None],
    truth: str = "A",
    *,
    suite: str = "mmlu",
    style: str = "dejavu-200dpi-black",
    choices: int = 4,
) -> Record:
    """An item of a label for each of text, image and mixed, as far as they go."""
    answers = [
        Answer(mode, "parsed" if value else "refused", "", value, value == truth)
        for mode, value in zip(MODES, values, strict=False)
    ]
    verdict = scoring.judge(answers)
    return Record(suite, str(name), style, "digest", truth, verdict, choices=choices)


def beyond(records: Sequence[Record]) -> float | None:
    """RER beyond chance."""
    return beyond_of(metrics.compute(records))


def test_two_forms_have_cohens_kappa() -> None:
    """His example of two by two: 20, 5, 10 and 15 of 50 give 0.7 against 0.5, which is 0.4."""
    pairs = ["AA"] * 20 + ["AB"] * 5 + ["BA"] * 10 + ["BB"] * 15
    assert 0.4 == pytest.approx(beyond([item(n, pair) for n, pair in enumerate(pairs)]))


def test_three_forms_must_all_agree() -> None:
    """Two of four agree; by chance 2/4 2/4 3/4 of A, and 1/4 1/4 1/4 of B; no label is none."""
    values: list[Sequence[str | None]] = ["AAA", "BBB", ("A", None, "A"), ("C", "A", "A")]
    expected = 2 / 4 * 2 / 4 * 3 / 4 + 1 / 4 * 1 / 4 * 1 / 4
    found = metrics.compute([item(n, each) for n, each in enumerate(values)])
    assert (0.5 - expected) / (1 - expected) == pytest.approx(beyond_of(found))
    rer, rate = proportion(2, 4), found.rer_beyond_chance
    assert rer is not None
    assert rer.low is not None
    assert rate is not None
    assert (rer.low - expected) / (1 - expected) == pytest.approx(rate.low)
    assert 4 == rate.n


def beyond_of(found: metrics.Metrics) -> float | None:
    """The value of the figures at hand."""
    rate = found.rer_beyond_chance
    return rate.value if rate else None


def test_every_style_is_a_chance_to_differ() -> None:
    """Two styles: a text and four pictures must be alike, each drawn from its form's labels."""
    draws, records = random.Random(1), []
    drawn: dict[str, list[list[str]]] = {mode: [] for mode in MODES}
    for name in range(40):
        text = draws.choice("AAB")
        both = [[text, *draws.choices("AAB", k=2)] for _ in "xy"]
        records += [item(name, each, style=style) for style, each in zip("xy", both, strict=True)]
        for place, mode in enumerate(MODES):
            drawn[mode].append([each[place] for each in both])
    shares = {m: Counter(label for pair in pairs for label in pair) for m, pairs in drawn.items()}
    expected = sum(
        shares["text"][x] / 80 * (shares["image"][x] / 80 * shares["mixed"][x] / 80) ** 2
        for x in "AB"
    )
    rer = fmean(len({x for m in MODES for x in drawn[m][n]}) == 1 for n in range(40))
    assert (rer - expected) / (1 - expected) == pytest.approx(beyond(records))


def test_guessing_is_zero_beyond_chance() -> None:
    """Forms that draw by themselves agree as often as chance has it; those that agree have one."""
    draws = random.Random(2)
    guesses = [item(n, draws.choices("AAABCD", k=3)) for n in range(3000)]
    assert 0 == pytest.approx(beyond(guesses), abs=0.03)
    assert 1 == beyond([item(n, draws.choice(LABELS) * 3) for n in range(50)])


def test_what_has_no_labels_has_no_chance() -> None:
    """Numbers and texts, beside choices too; and one answer to all, which chance gives alike."""
    both = [item(1, "AAA"), item(2, "BBB")]
    assert None is not beyond(both)
    assert None is beyond([*both, item(3, "777", choices=0)])
    assert None is beyond([item(n, "AAA") for n in range(30)])
    assert None is beyond([])


def test_agreement_is_taken_apart() -> None:
    """Of ten items two are right, three agree and are wrong: 3 of 8 not right agree."""
    values = ["AAA"] * 2 + ["BBB"] * 2 + ["CCC"] + ["AAB"] * 5
    found = metrics.compute([item(n, each) for n, each in enumerate(values)])
    assert found.rer is not None
    assert (proportion(3, 10), proportion(3, 8)) == (found.agreed_wrong, found.agree_not_right)
    assert found.agree_not_right is not None
    assert found.all_correct is not None
    apart = (found.rer.value - found.all_correct.value) / (1 - found.all_correct.value)
    assert apart == pytest.approx(found.agree_not_right.value)
    right = metrics.compute([item(n, "AAA") for n in range(4)])
    assert (proportion(0, 4), None) == (right.agreed_wrong, right.agree_not_right)


def truths(n: int) -> list[str]:
    """As many right labels, each as often as another."""
    return [LABELS[n % 4] for n in range(n)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["AAA"] * 20, "'A' is the answer to 100.0 % of 20 items"),
        (["AAA"] * 19 + ["BBB"], "'A' is the answer to 95.0 % of 20 items"),
        (
            ["AAB"] * 20,
            "right are 33.3 % [16.1, 56.5], n = 20, not surely more than the 25.0 % of guessing",
        ),
        (
            ["ABC"] * 4,
            "right are 33.3 % [3.6, 86.9], n = 4, not surely more than the 25.0 % of guessing",
        ),
        ([label * 3 for label in truths(20)], ""),
        ([label * 3 for label in truths(3)], ""),
    ],
)
def test_answers_that_need_no_ability_are_told(said: Sequence[str], expected: str) -> None:
    """One answer to nineteen of twenty items, and what guessing would give; not what is right."""
    right = truths(len(said))
    if "33.3" in expected:  # each right in one form
        right = [each[n % 3] if said[0] == "ABC" else "B" for n, each in enumerate(said)]
    records = [item(n, each, right[n]) for n, each in enumerate(said)]
    reasons = [each.why for each in chance.trivial(records)]
    assert ([expected] if expected else []) == reasons


def test_an_answer_of_ones_own_is_guessed_by_nobody() -> None:
    """Numbers: right once is more than chance; never right, in twenty items, is not."""
    wrong = [item(n, f"{n}{n}7", "x", choices=0) for n in range(20)]
    assert ["right are 0.0 % [0.0, 16.1], n = 20, not surely more than the 0.0 % of guessing"] == [
        each.why for each in chance.trivial(wrong)
    ]
    assert [] == chance.trivial(wrong[1:])
    assert [] == chance.trivial([*wrong[1:], *[item("a", "xxx", "x", choices=0)] * 2])


def test_each_suite_is_looked_at_by_itself() -> None:
    """A suite that is answered well does not hide another, and refusals are not an answer."""
    good = [item(n, label * 3, label) for n, label in enumerate(truths(40))]
    same = [item(n, "AAA", "B", suite="arc") for n in range(20)]
    assert ["arc"] == [each.suite for each in chance.trivial([*good, *same])]
    silent = [item(n, [None, None, None], "B") for n in range(20)]
    assert ["right are 0.0 % [0.0, 16.1], n = 20, not surely more than the 25.0 % of guessing"] == [
        each.why for each in chance.trivial(silent)
    ]


def test_such_a_model_stands_among_no_published_rows() -> None:
    """It would be first: all its forms agree."""
    good = [item(n, label * 3, label) for n, label in enumerate(truths(40))]
    assert None is not published_rows.standing(good, "m", "p")
    same = [replace(each, verdict=item(0, "AAA", each.truth).verdict) for each in good]
    assert None is published_rows.standing(same, "m", "p")
