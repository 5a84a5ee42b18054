"""Turns records into the DPI at which the pictures of each style reached the model."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from pytest_rest.metrics.agreement import Grouped
from pytest_rest.models.seen import NOTICED, Picture, SeenStyle, SeenStyles
from pytest_rest.terms import Record, Style

Ends = tuple[float, float]  # the least and the most DPI


def by_style(records: Iterable[Record], styles: Mapping[str, Style]) -> list[SeenStyle]:
    """What of each style's pictures reached the model; nothing where that is not known."""
    seen = SeenStyles()
    for picture in _pictures(records, styles):
        seen.add(picture)
    return seen.styles()


def of_record(record: Record) -> float | None:
    """The lowest DPI at which its pictures were seen; None where that is not known."""
    answers = record.verdict.answers.values()
    dpis = (answer.seen["dpi"] for answer in answers if answer.seen)
    return min((dpi for dpi in dpis if dpi is not None), default=None)


def resolutions(records: Iterable[Record], styles: Mapping[str, Style]) -> dict[str, int]:
    """Each style's DPI, or the median of what was seen, where that is noticeably less."""
    dpis: dict[str, list[float]] = {}
    for record in records:
        if record.style in styles and (dpi := of_record(record)) is not None:
            dpis.setdefault(record.style, []).append(dpi)
    found = {name: style.dpi for name, style in styles.items()}
    for name, here in dpis.items():
        if are_apart(median(here), found[name]):
            found[name] = max(round(median(here)), 1)
    return found


def are_apart(one: float, other: float) -> bool:
    """Whether two resolutions are noticeably different ones."""
    return min(one, other) < NOTICED * max(one, other)


def words(seen: Ends | None) -> str:
    """` (seen 33-200)`, what follows a DPI at which pictures were drawn and not seen; or empty."""
    return f" (seen {span(seen)})" if seen else ""


def against(seen: Ends | None, usual: Ends | None) -> str:
    """` / 200 seen 100-200`, after an effect's DPI, of REST's that it is against; mostly empty."""
    return words(seen) + (f" / {Style().dpi} seen {span(usual)}" if usual else "")


def less(style: SeenStyle) -> Ends | None:
    """At which DPI a style's pictures were seen, if any was noticeably smaller to the model."""
    if style.low is None or style.high is None:
        return None
    return (style.low, style.high) if style.low < NOTICED * style.dpi else None


def span(ends: Ends) -> str:
    """`33-200`, or one of them where both are the same."""
    return "-".join(dict.fromkeys(f"{end:.0f}" for end in ends))


def _pictures(records: Iterable[Record], styles: Mapping[str, Style]) -> Iterator[Picture]:
    for record in Grouped.of(records):
        style = styles.get(record.style)
        for answer in record.verdict.answers.values():
            if answer.seen is None or not answer.width:
                continue
            size = answer.width, answer.height
            if style is None or answer.seen["dpi"] is None:
                yield Picture(record.item, "", 0, size, answer.seen)
            else:
                yield Picture(record.item, style.id, style.dpi, size, answer.seen)
