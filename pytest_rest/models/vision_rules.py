"""Turns a model's name into what its provider publishes of pictures: seen, counted, refused."""

import functools
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pytest_rest import safe_yaml

DATA = Path(__file__).with_suffix(".yaml")

Size = tuple[int, int]


class _Counted(NamedTuple):
    """A picture as its model sees it: width and height, None where not known, and its tokens."""

    seen: Size | None
    tokens: int


@dataclass(frozen=True)
class VisionRule:
    """What is known of a model's pictures.

    `source` is a link and `date` that of the edition read, both empty where nothing is published.
    `pictures` is how many a call may have, `request_bytes` how large it may be; None: not known.
    """

    provider: str
    words: str  # one line: how a picture is counted
    source: str
    date: str
    is_published: bool  # how a picture is counted
    formula: Callable[[int, int], _Counted]
    limits: Mapping[str, int | None]
    max_side: int = 0
    max_pixels: int = 0
    is_known: bool = True  # who serves it scales as the provider publishes

    @property
    def pictures(self) -> int | None:
        """How many pictures a call may have."""
        return self.limits.get("pictures")

    @property
    def request_bytes(self) -> int | None:
        """How large a request may be."""
        return self.limits.get("request")

    @property
    def is_told(self) -> bool:
        """Whether the user has said what is left of a picture, before a provider's own rule."""
        return bool(self.max_side or self.max_pixels)

    def seen(self, width: int, height: int) -> Size | None:
        """The pixels of a picture that reach the model; None where that is not known."""
        left = _fit(width, height, self.max_side, self.max_pixels)
        seen = self.formula(*left).seen if self.is_known else None
        return left if seen is None and self.is_told else seen

    def tokens(self, width: int, height: int) -> int:
        """The tokens of a picture of that size, as it is sent."""
        return self.formula(*_fit(width, height, self.max_side, self.max_pixels)).tokens

    def refusal(self, width: int, height: int, size: int = 0, pictures: int = 1) -> str:
        """Why the provider refuses such a picture, of so many bytes, among so many; or empty."""
        most = {name: value for name, value in self.limits.items() if value is not None}
        long, short = max(width, height), max(min(width, height), 1)
        side = most.get("side", long)
        if pictures > most.get("many", pictures):
            side = most["many_side"]
        reasons = {
            f"more than {side:,} pixels a side": long > side,
            f"less than {most.get('least_side')} pixels a side": short < most.get("least_side", 0),
            f"a ratio of sides above {most.get('ratio')}": long / short > most.get("ratio", long),
            f"more than {most.get('patches', 0):,} patches of 32 x 32 pixels": (
                _cells(width, height, 32) > most.get("patches", math.inf)
            ),
            f"more than {_mega(most.get('bytes'))}": size > most.get("bytes", size),
            f"more than {_mega(most.get('encoded'))} in base64": (
                4 * math.ceil(size / 3) > most.get("encoded", math.inf)
            ),
            f"more than {most.get('pictures', 0):,} pictures a call": (
                pictures > most.get("pictures", pictures)
            ),
        }
        return next((why for why, is_so in reasons.items() if is_so), "")


@functools.lru_cache(maxsize=64)
def find(model: str, max_side: int = 0, max_pixels: int = 0, *, is_own: bool = False) -> VisionRule:
    """The rule for a model by its resolved name.

    `max_side` and `max_pixels` are what a user says that an own endpoint leaves of a picture. What
    reaches open weights at an own endpoint (`is_own`) is not known otherwise.
    """
    data, name = _data(), model.lower()
    rule = next(rule for rule in data["rules"] if re.search(rule["name"], name))
    source, numbers = data["sources"][rule["source"]], rule["numbers"]
    limits = dict(data["limits"].get(rule.get("limits"), {}))
    for host, changes in data["hosts"].items():
        if re.match(host, name):
            limits |= changes
    words = data["formulas"][rule["formula"]]
    has_own_scaling = is_own or re.match(data["unknown_scaling"], name)
    formula = functools.partial(_FORMULAS[rule["formula"]], *numbers)
    return VisionRule(
        provider=words.partition(":")[0] if rule["source"] else "",
        words=words.format(*numbers),
        source=source["link"],
        date=str(source["date"]),
        is_published=bool(rule["source"]),
        formula=functools.lru_cache(maxsize=64)(formula),  # a picture is in several prompts
        limits=limits,
        max_side=max_side,
        max_pixels=max_pixels,
        is_known=not (rule.get("weights") and has_own_scaling),
    )


def sources() -> Mapping[str, Mapping[str, str]]:
    """Where the rules are from, by a short name: the page's title, its link, and its date."""
    pages: Mapping[str, Mapping[str, str]] = _data()["sources"]
    return pages


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = safe_yaml.load(DATA.read_text("utf-8"))
    return data


def _fit(width: int, height: int, max_side: int, max_pixels: int) -> Size:
    """The size of a picture that is shrunk to at most that side and that many pixels."""
    shrink = min(1.0, max_side / max(width, height) if max_side else 1.0)
    if max_pixels:
        shrink = min(shrink, math.sqrt(max_pixels / (width * height)))
    return max(round(width * shrink), 1), max(round(height * shrink), 1)


def _mega(size: int | None) -> str:
    return f"{(size or 0) / 2**20:g} MB"


def _cells(width: float, height: float, side: int) -> int:
    """How many squares of that side cover the picture."""
    return math.ceil(width / side) * math.ceil(height / side)


def _area(width: int, height: int) -> _Counted:
    # Anthropic's rule of thumb until 2026, in the middle of what the others take.
    return _Counted(None, math.ceil(width * height / 750))


def _flat(tokens: int, width: int, height: int) -> _Counted:
    return _Counted(None, tokens)


def _claude(edge: int, most: int, width: int, height: int) -> _Counted:
    # The largest size of that shape within both limits; divided as the published code does.
    long, ratio = max(width, height), max(width, height) / min(width, height)

    def shape(side: int) -> Size:
        return side, max(round(side / ratio), 1)

    def is_above(side: int) -> bool:
        return _cells(*shape(side), 28) > most

    side = min(long, edge)
    if is_above(side):
        sides = range(1, side + 1)
        side = bisect_left(sides, True, key=is_above)
    long_seen, short_seen = shape(side)
    seen = (long_seen, short_seen) if width >= height else (short_seen, long_seen)
    return _Counted(seen, _cells(*seen, 28))


def _patches(edge: int, most: int, percent: int, width: int, height: int) -> _Counted:
    # First to the longest side in whole pixels, then to the budget in whole patches.
    shrink = min(1, edge / max(width, height))
    width, height = max(round(width * shrink), 1), max(round(height * shrink), 1)
    if _cells(width, height, 32) > most:
        shrink = math.sqrt(32 * 32 * most / (width * height))
        across, down = width * shrink / 32, height * shrink / 32
        shrink *= min(math.floor(across) / across, math.floor(down) / down)
        width, height = math.floor(width * shrink), math.floor(height * shrink)
    return _Counted((width, height), math.ceil(_cells(width, height, 32) * percent / 100))


def _tiles(base: int, tile: int, width: int, height: int) -> _Counted:
    shrink = min(1, 2048 / max(width, height))
    long, short = round(max(width, height) * shrink), round(min(width, height) * shrink)
    if short > 768:
        long, short = long * 768 // short, 768
    short = max(short, 1)
    seen = (long, short) if width >= height else (short, long)
    return _Counted(seen, base + tile * _cells(long, short, 512))


def _gemini_2(width: int, height: int) -> _Counted:
    # Tiles of two thirds of the short side; a picture takes about 2048 tokens at most.
    if max(width, height) <= 384:
        return _Counted(None, 258)
    tiles = _cells(width, height, max(int(min(width, height) / 1.5), 1))
    return _Counted(None, 258 * min(tiles, 8))


def _qwen(side: int, least: int, most: int, width: int, height: int) -> _Counted:
    # Cells and two delimiters.
    across, down = max(round(width / side), 1), max(round(height / side), 1)
    if across * down > most:
        scale = math.sqrt(most / (width * height))
        across, down = max(math.floor(width * scale), 1), max(math.floor(height * scale), 1)
    elif across * down < least:
        scale = math.sqrt(least / (width * height))
        across, down = math.ceil(width * scale), math.ceil(height * scale)
    return _Counted((across * side, down * side), across * down + 2)


def _internvl(width: int, height: int) -> _Counted:
    # 1 to 12 tiles of 448 px, as near to the picture's shape as they can be; of equal shapes, the
    # largest not over twice its area.
    grids = [(i, j) for i in range(1, 13) for j in range(1, 12 // i + 1)]
    off = {(i, j): abs(width / height - i / j) for i, j in grids}
    near = sorted((i * j, i, j) for i, j in grids if off[i, j] == min(off.values()))
    filled = [grid for grid in near if width * height > grid[0] * 448 * 448 / 2]
    tiles, across, down = filled[-1] if filled else near[0]
    return _Counted((across * 448, down * 448), 256 * (tiles + (tiles > 1)))  # and a thumbnail


_FORMULAS: Mapping[str, Callable[..., _Counted]] = {
    "claude": _claude,
    "patches": _patches,
    "tiles": _tiles,
    "flat": _flat,
    "gemini_2": _gemini_2,
    "qwen": _qwen,
    "internvl": _internvl,
    "area": _area,
}
