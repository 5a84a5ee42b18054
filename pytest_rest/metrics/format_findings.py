"""Turns answers in several formats into which format differs, or pictures, or both.

The questions are whether the text in a format differs from the others, of each of three or more,
and whether pictures differ from text, in all formats together (see `format_floor`). Each is the
mean over items with the interval of `paired.corrected_difference`, clusters counted as they are;
what is `clear` is above zero by Student's t and Holm's procedure, in which all questions together
err in at most one of 20 runs. Where pictures are clear, and no text is, it is asked likewise of
each format whether its pictures differ by more than those in the others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from statistics import fmean
from typing import Any, Literal

from pytest_rest.metrics.agreement import Group
from pytest_rest.metrics.format_floor import InFormats
from pytest_rest.statistics.drop import holm
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.statistics.paired import Difference, corrected_difference
from pytest_rest.terms import to_builtins

What = Literal["text", "pictures"]


@dataclass(frozen=True, slots=True)
class Finding:
    """By how much texts in a format, or pictures, differ, as a share; `format` is empty for all."""

    what: What
    format: str
    size: Difference
    is_clear: bool

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "what": self.what,
            "format": self.format,
            **to_builtins(self.size),
            "clear": self.is_clear,
        }

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Finding":
        """That of a report; KeyError or TypeError for anything else."""
        size = {name: data[name] for name in Difference.__dataclass_fields__}
        return cls(data["what"], data["format"], Difference(**size), data["clear"])


def find(groups: Sequence[Group]) -> list[Finding]:
    """What was asked, first of each format's text, then of pictures; nothing for one format."""
    items = [
        (item, group.counted.cluster)
        for group in groups
        if len((item := group.in_formats).texts) > 1  # those of one format say nothing here
    ]
    names = sorted({name for item, _ in items for name in item.images})
    texts = sorted({name for item, _ in items for name in item.texts})
    asked: dict[tuple[What, str], Difference | None] = {
        ("text", name): _mean(items, methodcaller("text", name)) for name in texts
    }
    asked["pictures", ""] = _mean(items, partial(_pictures, names))
    findings = _judged(asked)
    if [each.what for each in findings if each.is_clear] == ["pictures"]:
        findings += _judged(
            {("pictures", name): _mean(items, partial(_apart, name, names)) for name in names}
        )
    return findings


def sentence(findings: Iterable[Finding]) -> str:
    """`latex is where it differs, as text`, or that nothing is clear; empty without findings."""
    listed = [*findings]
    clear = [each for each in listed if each.is_clear]
    texts = [each.format for each in clear if each.what == "text"]
    pictures = [each for each in clear if each.what == "pictures"]
    apart = [each.format for each in pictures if each.format]
    if texts and pictures:
        return f"both differ: {_joined(texts)} as text, and pictures"
    if texts:
        return f"{_joined(texts)} is where it differs, as text"
    if pictures:
        where = f"most in {_joined(apart)}" if apart else "in every format"
        return f"pictures are where it differs, {where}"
    return "no format and no picture clearly differs from the others" if listed else ""


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _judged(asked: Mapping[tuple[What, str], Difference | None]) -> list[Finding]:
    known = {place: size for place, size in asked.items() if size is not None}
    p = {f"{what} {name}": _p(size) for (what, name), size in known.items()}
    clear = holm(p, dict.fromkeys(p, 1 / max(len(p), 1)), 1 - CONFIDENCE)
    return [
        Finding(what, name, size, size.value > 0 and f"{what} {name}" in clear)
        for (what, name), size in known.items()
    ]


def _p(size: Difference) -> float:
    """The two-sided p of a mean that is zero; where nothing varies, that of a sign test."""
    if size.p is not None:
        return size.p
    return 0.5**size.df if size.value else 1.0


def _mean(
    items: Iterable[tuple[InFormats, str]], of_item: Callable[[InFormats], float | None]
) -> Difference | None:
    known = [(value, name) for item, name in items if (value := of_item(item)) is not None]
    return corrected_difference([value for value, _ in known], [name for _, name in known])


def _pictures(names: Sequence[str], item: InFormats) -> float | None:
    """What pictures do, in all of these formats that an item has."""
    known = [item.pictures[name] for name in names if name in item.pictures]
    return fmean(known) if known else None


def _apart(name: str, names: Sequence[str], item: InFormats) -> float | None:
    """How much more they do in one format than in the others."""
    own, others = (
        _pictures(listed, item) for listed in ([name], [each for each in names if each != name])
    )
    return None if own is None or others is None else own - others
