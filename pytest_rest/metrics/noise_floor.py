"""Turns repeated answers into how much of a disagreement is the model's own unsteadiness.

For one item with K answers to each form, over all pairs of answers:

    within  = share of equal pairs of one form's answers, averaged over the forms
    between = share of equal pairs of two forms' answers, averaged over the pairs of forms
    excess  = within - between                                         excess inconsistency

A model that answers each form by tossing the same coin has an excess of 0 on average, however
unsteady it is. An answer that cannot be read equals no other. An item's figures are first averaged
over its styles, so that n is a number of items.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.scoring import agree
from pytest_rest.terms import COMPARED, Record, Verdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often an item's answers are equal: of one form, and of two."""

    within: float
    between: float

    @property
    def excess(self) -> float:
        """How much the forms differ beyond the model's own unsteadiness; it may be below 0."""
        return self.within - self.between


def agreement(group: Iterable[Record]) -> Agreement | None:
    """An item's agreement, from its records in each style; None if no form was asked twice."""
    styles = [each for record in group if (each := _of(record.verdict)) is not None]
    if not styles:
        return None
    return Agreement(fmean(each.within for each in styles), fmean(each.between for each in styles))


def _of(verdict: Verdict) -> Agreement | None:
    if not verdict.repeats:
        return None
    forms = [
        [verdict.answers[mode].value, *(each.value for each in verdict.repeats[mode])]
        for mode in COMPARED
        if mode in verdict.answers and verdict.repeats.get(mode)
    ]
    if len(forms) < 2:
        return None
    within = [fmean(map(agree, itertools.combinations(values, 2))) for values in forms]
    between = [
        fmean(map(agree, itertools.product(*pair))) for pair in itertools.combinations(forms, 2)
    ]
    return Agreement(fmean(within), fmean(between))
