"""Turns pictures and a model's rule into what of each style reaches the model: pixels and DPI."""

from dataclasses import dataclass, field
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

    @property
    def left(self) -> float:
        """What is left of its scale."""
        return shrink(self.sent, (self.seen["width"], self.seen["height"]))


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


def picture(prompt: Prompt, rule: VisionRule) -> Picture | None:
    """A prompt's first picture, and what of it is seen; None without one, or if not known."""
    if not prompt.images or not prompt.images[0].content:
        return None
    image, style = prompt.images[0], prompt.form.style
    size = rule.seen(*image.size)
    if size is None:
        return None
    seen = Seen(width=size[0], height=size[1], dpi=None)
    if style is None or not image.text:  # nothing is drawn in it
        return Picture(prompt.item.id, "", 0, image.size, seen)
    seen["dpi"] = round(style.dpi * shrink(image.size, size), 1)
    return Picture(prompt.item.id, style.id, style.dpi, image.size, seen)


def shrink(sent: Size, seen: Size) -> float:
    """What is left of the smaller side's scale; 1 for what is enlarged, which shows nothing new."""
    return min(1.0, seen[0] / sent[0], seen[1] / sent[1])


class SeenStyles:
    """Counts pictures by their style, one after the other, and keeps of them what is told."""

    def __init__(self) -> None:
        self._styles: dict[str, _Counted] = {}

    def add(self, picture: Picture) -> None:
        """Count one more."""
        here = self._styles.get(picture.style)
        if here is None:
            here = self._styles[picture.style] = _Counted(picture, picture.left)
        left = picture.left
        here.items.add(picture.item)
        if left < NOTICED:
            here.shrunk.add(picture.item)
        if left < here.least:
            here.worst, here.least = picture, left
        if (dpi := picture.seen["dpi"]) is not None:
            here.low = dpi if here.low is None else min(here.low, dpi)
            here.high = dpi if here.high is None else max(here.high, dpi)

    def styles(self) -> list[SeenStyle]:
        """Every style's pictures together, in the order of their first ones."""
        return [
            SeenStyle(name, c.worst.dpi, c.low, c.high, len(c.items), len(c.shrunk), c.worst)
            for name, c in self._styles.items()
        ]


@dataclass
class _Counted:
    worst: Picture
    least: float  # what is left of that one's scale
    low: float | None = None
    high: float | None = None
    items: set[str] = field(default_factory=set)
    shrunk: set[str] = field(default_factory=set)
