"""Turns answers about several pages into whether those about later pages are lost in a form.

Of the items that are right as text, in whose prompt what answers them stands on one known page,
those are lost that are wrong in a form that shows pages. Where more are lost after some page than
up to it, and that is sure, a reader of that form may see no more than the pages up to it. An item
in several styles counts once, as in the first of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_rest.metrics.agreement import Grouped, by_item
from pytest_rest.statistics import change_point
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import Mode, Rate, Record

_SURE = 0.05  # for all forms together
_FORMS: tuple[Mode, ...] = ("image", "mixed", "file")


@dataclass(frozen=True)
class LostAfter:
    """The last `page` up to which a form does better, and what is lost up to it, and after it.

    `p` is how likely such a difference is where the page plays no part, times the forms looked at.
    """

    mode: Mode
    page: int
    up_to: Rate
    after: Rate
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether the page plays a part for sure."""
        return self.p <= _SURE


def measure(records: Sequence[Record]) -> list[LostAfter]:
    """Each form's page, the clearest first; the records are those of items without a lost one."""
    groups = by_item(Grouped.of(records))
    firsts = [next((r for r in group if r.answer_page), None) for group in groups]
    known = [
        (record, group.counted.cluster)
        for record, group in zip(firsts, groups, strict=True)
        if record and (text := record.verdict.answers.get("text")) and text.is_right
    ]
    measured = [lost for mode in _FORMS if (lost := _of_form(mode, known))]
    corrected = (replace(lost, p=min(lost.p * len(measured), 1.0)) for lost in measured)
    return sorted(corrected, key=lambda lost: lost.p)


def _of_form(mode: Mode, known: Sequence[tuple[Record, str]]) -> LostAfter | None:
    asked = [(r, name) for r, name in known if mode in r.verdict.answers]
    pages = [record.answer_page for record, _ in asked]
    wrong = [not record.verdict.answers[mode].is_right for record, _ in asked]
    names = [name for _, name in asked]
    if (change := change_point.find(pages, wrong, names)) is None:
        return None
    rates = []
    for is_late in (False, True):
        here = [n for n, page in enumerate(pages) if (page > change.after) == is_late]
        rates.append(mean_share([float(wrong[n]) for n in here], [names[n] for n in here]))
    up_to, after = rates
    return LostAfter(mode, change.after, up_to, after, change.p) if up_to and after else None
