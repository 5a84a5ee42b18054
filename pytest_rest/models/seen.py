"""Turns pictures and a model's rule into what of each style reaches the model: pixels and DPI."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pytest_rest.models.vision_rules import Size, VisionRule
from pytest_rest.terms import Prompt, Seen

NOTICED = 0.95  # of a style's DPI: what is seen at more counts as the style's own


class Picture(NamedTuple):
    """One picture: its item, its style (none of an item's own) and that one's DPI, both sizes."""

    item: str
    style: str
    dpi: int
    sent: Size
    seen: Seen


@dataclass(frozen=True, slots=True)
class SeenStyle:
    """At which DPI a style's pictures reach the model, from `low` to `high`, and the worst one.

    `items` have such a picture, and `shrunk` of them one that is noticeably smaller to the model.
    Of the items' own pictures, which have no style, only the pixels are known.
    """

    style: str
    dpi: int
    low: float | None
    high: float | None
    items: int
    shrunk: int
    worst: Picture


def of_prompt(prompt: Prompt, rule: VisionRule) -> Seen | None:
    """What of a prompt's first picture reaches the model; None without one, or if not known."""
    if not prompt.images or not prompt.images[0].png:
        return None
    image, style = prompt.images[0], prompt.form.style
    size = rule.seen(*image.size)
    if size is None:
        return None
    is_drawn = style is not None and bool(image.text)
    dpi = round(style.dpi * shrink(image.size, size), 1) if style and is_drawn else None
    return Seen(width=size[0], height=size[1], dpi=dpi)


def shrink(sent: Size, seen: Size) -> float:
    """What is left of the smaller side's scale; 1 for what is enlarged, which shows nothing new."""
    return min(1.0, seen[0] / sent[0], seen[1] / sent[1])


def by_style(pictures: Iterable[Picture]) -> list[SeenStyle]:
    """Every style's pictures together, in the order of their first ones."""
    styles: dict[str, list[Picture]] = {}
    for picture in pictures:
        styles.setdefault(picture.style, []).append(picture)
    return [_together(name, here) for name, here in styles.items()]


def _together(name: str, pictures: list[Picture]) -> SeenStyle:
    dpis = [each.seen["dpi"] for each in pictures if each.seen["dpi"] is not None]
    return SeenStyle(
        style=name,
        dpi=pictures[0].dpi,
        low=min(dpis, default=None),
        high=max(dpis, default=None),
        items=len({each.item for each in pictures}),
        shrunk=len({each.item for each in pictures if _left(each) < NOTICED}),
        worst=min(pictures, key=_left),
    )


def _left(picture: Picture) -> float:
    return shrink(picture.sent, (picture.seen["width"], picture.seen["height"]))
