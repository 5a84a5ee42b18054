"""Turns records into what answers without any ability would give, and whether these are better.

For items with choices, the agreement that is left once chance is taken off,

    (RER - Pe) / (1 - Pe),    Pe = sum over labels of the product over forms of p(form, label)

where p(form, label) is how often a form gave a label, and of an item in several styles the product
goes over its one text and all its pictures: what RER would be if each drew its label by itself. It
is Cohen's kappa ("A coefficient of agreement for nominal scales", Educational and Psychological
Measurement 20, 1960), for more than two forms with Hubert's rule that all must agree ("Kappa
revisited", Psychological Bulletin 84, 1977). Its interval is RER's, moved the same way at that Pe:
where labels are unevenly frequent it is wider than needed.

A model that always gives one answer agrees with itself on every item, and one that guesses is no
measure of anything. Both are told, by suite.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_rest import wording
from pytest_rest.metrics.agreement import Group, by_suite, compared
from pytest_rest.safe_text import shown
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import Mode, Rate, Record

FEWEST = 20  # items, to say that one answer was given to most, or that none was right
_SAME = 0.95  # share of the items that have one answer


@dataclass(frozen=True, slots=True)
class Trivial:
    """A suite whose agreement says nothing of the model, and why, in a few words."""

    suite: str
    why: str


def beyond(rer: Rate | None, groups: Sequence[Group]) -> Rate | None:
    """RER beyond chance; None unless all items have choices, and where chance agrees always."""
    if rer is None or not all(record.choices for group in groups for record in group):
        return None
    expected = _expected_agreement(groups)
    if expected > 1 - 1e-9:
        return None

    def moved(share: float | None) -> float | None:
        return None if share is None else (share - expected) / (1 - expected)

    return Rate(moved(rer.value) or 0.0, moved(rer.low), moved(rer.high), rer.n)


def trivial(records: Iterable[Record]) -> list[Trivial]:
    """The suites in which one answer was given to nearly all items, or guessing is as good."""
    reasons = {suite: _why(groups) for suite, groups in by_suite(records).items()}
    return [Trivial(suite, why) for suite, why in reasons.items() if why]


def _expected_agreement(groups: Sequence[Group]) -> float:
    """How often all answers of an item would have one label, if each form drew its own."""
    labels: dict[Mode, Counter[str | None]] = defaultdict(Counter)
    asked: Counter[tuple[tuple[Mode, int], ...]] = Counter()
    for group in groups:
        answers = {
            (answer.mode, "" if answer.mode == "text" else record.style): answer.value
            for record in group
            for answer in compared(record)
        }
        for (mode, _), label in answers.items():
            labels[mode][label] += 1
        asked[tuple(sorted(Counter(mode for mode, _ in answers).items()))] += 1
    known = {label for counts in labels.values() for label in counts if label is not None}
    shares = {m: {x: counts[x] / counts.total() for x in known} for m, counts in labels.items()}
    alike = (
        number * math.prod(shares[mode][label] ** times for mode, times in forms)
        for forms, number in asked.items()
        for label in known
    )
    return math.fsum(alike) / len(groups)


def _why(groups: Sequence[Group]) -> str:
    """Why a suite's agreement says nothing; empty if it does."""
    groups = [group for group in groups if group.counted.is_compared]
    if not groups:
        return ""
    n = len(groups)
    given: dict[str, float] = defaultdict(float)
    for group in groups:
        answers = group.compared
        for answer in answers:
            if answer.value is not None:
                given[answer.value] += 1 / len(answers)
    often = max(given, key=given.__getitem__, default="")
    if n >= FEWEST and given[often] >= _SAME * n:
        share = given[often] / n
        return f"{shown(often, 40)!r} is the answer to {wording.share(share)} % of {n:,} items"
    judged = [group.counted for group in groups if group.counted.rights]
    if len(judged) < len(groups):
        return ""
    shares = [fmean(counted.rights) for counted in judged]
    right = mean_share(shares, [counted.cluster for counted in judged])
    guessed = fmean(1 / group[0].choices if group[0].choices else 0.0 for group in groups)
    if right and (right.low or 0.0) <= guessed and (guessed or n >= FEWEST):
        return (
            f"right are {wording.rate(right)}, not surely more than the "
            f"{wording.share(guessed)} % of guessing"
        )
    return ""
