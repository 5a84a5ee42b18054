"""Refuses items that cannot be asked, or leaves them out where that is wanted, before any call."""

from collections.abc import Iterable, Sequence

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError
from pytest_rest.gate.baseline import few
from pytest_rest.plugin.run import Run
from pytest_rest.prompts.askable import Check, Unaskable
from pytest_rest.reporting.left_out import UNASKABLE, LeftOut
from pytest_rest.safe_text import shown
from pytest_rest.terms import Item, Style, Verdict
from pytest_rest.wording import count


def check(run: Run, cases: Iterable[Case]) -> None:
    """Raise `OptionError` for items that cannot be asked; with --rest-skip-unaskable, note them.

    An item is left out in all of its styles if it cannot be asked in one: items are compared over
    their styles. A run that is judged again, or of stored answers, asks nothing.
    """
    settings = run.settings
    if settings.stored or (settings.replay and not settings.skip_unaskable):
        return
    items: dict[Item, dict[Style, None]] = {}
    for item, style in cases:
        items.setdefault(item, {})[style] = None
    refused = [*_check(run).refused(items)]
    if not refused:
        return
    if not settings.skip_unaskable:
        mend = "to go on without what cannot be asked: --rest-skip-unaskable"
        raise OptionError(f"{_sentence(run, refused)}; {mend}")
    if len(refused) == len(items):
        raise OptionError(f"nothing is left to ask: {_sentence(run, refused)}")
    for each in refused:
        item, place = each.item, settings.library.place(each.item)
        left_out = LeftOut(item.suite, item.id, each.style.id, place, each.reason)
        run.left_out[item.suite, item.id] = left_out


def ask(run: Run, item: Item, style: Style) -> Verdict:
    """Ask an item that a test has made; `OptionError` if that cannot be."""
    verdict = run.ask(item, style).verdict
    if verdict.reason.startswith(UNASKABLE):
        refused = Unaskable(item, style, verdict.reason.removeprefix(UNASKABLE))
        raise OptionError(_sentence(run, [refused]))
    return verdict


def _sentence(run: Run, refused: Sequence[Unaskable]) -> str:
    """The first of the items with its place, its style, why and what helps; and how many more."""
    first, *others = refused
    item, place = first.item, run.settings.library.place
    where = f"{place(item)}: " if place(item) else ""
    own = f"item {item.id!r} of {item.suite!r}"
    reason = first.reason.replace(f"{own} has", "it has")
    said = f"{where}{own} cannot be asked in style {first.style.id!r}: {reason}"
    if hint := _check(run).mend(first):
        said += f" ({hint})"
    if others:
        names = [f"{place(other.item)} {other.item.id}".strip() for other in others]
        listed = few([shown(name, 200) for name in names])
        said += f"; nor can {count(len(others), 'item')} more: {listed}"
    return said


def _check(run: Run) -> Check:
    return Check(run.settings.scheme, run.protocol, run.vision_rule)
