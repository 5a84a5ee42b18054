"""Turns records into advice: which form to prefer, how to draw, and what to avoid.

Advice comes from the differences between modes (in REST's style if it was asked), between each
characteristic of a style and REST's own, and between pictures at each resolution and their text.
The intervals are corrected for the number of differences (Bonferroni), so that all of them together
hold in 95 of 100 runs; what characteristics do to agreement is among them. There is advice where an
interval leaves out zero, and nothing else is called clear, or has a colour.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any, NamedTuple

from pytest_rest.metrics import mode_tests, seen_dpi, style_effects
from pytest_rest.metrics.agreement import by_item, cluster, compared
from pytest_rest.metrics.mode_tests import ModeTest
from pytest_rest.metrics.style_effects import StyleEffect
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.statistics.paired import Difference, difference, simultaneous
from pytest_rest.terms import Record, Style

FEWEST = 20  # items, for any advice
MARGIN = 0.05  # of accuracy: pictures that are safe are surely less than that below their text
_MODES = {
    "text>image": ("ask as text, not as an image", "ask as an image, not as text"),
    "image<mixed": ("ask as an image, not mixed", "ask mixed, not as an image"),
    "text>mixed": ("ask as text, not mixed", "ask mixed, not as text"),
    "ocr-first>image": (
        "let it transcribe first, in one pass",
        "do not let it transcribe first in one pass",
    ),
    "ocr-then-solve>image": (
        "let it transcribe first, in a pass of its own",
        "do not let it transcribe in a pass of its own",
    ),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and the gain or loss in accuracy behind it, with its simultaneous interval.

    `about` is what was compared, such as `text>image` or `dpi 50`; the difference is the first
    mode's accuracy less the second's, or the characteristic's less that of REST's own. From
    `safe_dpi` on pictures are surely less than five points below their text.
    """

    about: str
    text: str
    value: float
    low: float
    high: float
    n: int
    safe_dpi: int | None = None


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice, the largest difference first, and how many differences were looked at."""

    looked_at: int
    given: tuple[Advice, ...]

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Advised":
        """From a report's `advice`; KeyError or TypeError for anything else."""
        return cls(data["looked_at"], tuple(Advice(**each) for each in data["given"]))

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "looked_at": self.looked_at,
            "correction": "Bonferroni",
            "confidence": CONFIDENCE,
            "given": [asdict(each) for each in self.given],
        }


class _Look(NamedTuple):
    """A difference, and what to do if it is above or below zero."""

    about: str
    above: str
    below: str
    difference: Difference


def give(
    records: Sequence[Record],
    styles: Mapping[str, Style],
    changes: Iterable[StyleEffect],
    tests: Sequence[ModeTest] | None = None,
) -> Advised:
    """The advice for these records, of items without a lost record; `styles` are by id.

    `changes` is their `style_effects.table`, and `tests` their `mode_tests.compare` where that is
    known. Items of all suites are pooled, and the forms of an item are averaged first.
    """
    changes = style_effects.judged(changes)
    tests = mode_tests.compare(records) if tests is None else tests
    modes, beside = [*_modes(records, styles, tests)], _beside_text(records, styles)
    looks = [*modes, *_characteristics(changes)]
    on_both = (difference for each in changes for difference in (each.accuracy, each.agreement))
    m = len(modes) + len(beside) + sum(each is not None for each in on_both)
    safe = _safe_from(beside, m)
    given = [advice for look in looks if (advice := _advise(look, m))]
    given.sort(key=lambda each: (-abs(each.value), each.about))
    return Advised(m, tuple(_with_safe(given, safe)))


def _modes(
    records: Sequence[Record], styles: Mapping[str, Style], tests: Sequence[ModeTest]
) -> Iterable[_Look]:
    usual = [record for record in records if styles.get(record.style) == Style()]
    if len(usual) < len(records) and len(by_item(usual)) == len(by_item(records)):
        tests = mode_tests.compare(usual)
    for mode_test in tests:
        test = mode_test.scopes["pooled"]["all"]
        if test is not None:
            yield _Look(mode_test.name, *_MODES[mode_test.name], test)


def _characteristics(effects: Iterable[StyleEffect]) -> Iterable[_Look]:
    for effect in effects:
        name, value = effect.characteristic, effect.value
        if name == "style" or effect.accuracy is None:
            continue
        word = f"{name.removesuffix('_pt').replace('_', ' ')} {value}"
        word = "a colour other than black" if (name, value) == ("color", "any") else word
        above = f"draw in {word}, not {getattr(Style(), name)}"
        if name == "dpi":
            word = f"{value} DPI{seen_dpi.words(effect.seen)}"
            above = f"draw at {word}, not at {Style().dpi}{seen_dpi.words(effect.usual_seen)}"
        yield _Look(f"{name} {value}", above, f"avoid {word}", effect.accuracy)


def _beside_text(records: Sequence[Record], styles: Mapping[str, Style]) -> dict[int, Difference]:
    """By DPI, of styles that are otherwise REST's: forms with a picture less the text form.

    The DPI is that of what was seen, where that is noticeably less than the style's.
    """
    seen = seen_dpi.resolutions(records, styles)
    usual = {n for n, style in styles.items() if replace(style, dpi=Style().dpi) == Style()}
    by_dpi: dict[int, dict[tuple[str, str], list[tuple[float, str]]]] = defaultdict(dict)
    for record in records:
        answers = record.verdict.answers
        if record.style not in usual or "text" not in answers:
            continue
        shown = [answers[mode].is_right for mode in ("image", "mixed") if mode in answers]
        is_judged = all(answer.correct is not None for answer in compared(record))
        if is_judged and shown:
            less = fmean(shown) - answers["text"].is_right
            here = by_dpi[seen[record.style]].setdefault((record.suite, record.item), [])
            here.append((less, cluster(record)))
    differences = {
        dpi: difference(
            [fmean(less for less, _ in here) for here in items.values()],
            [here[0][1] for here in items.values()],
        )
        for dpi, items in sorted(by_dpi.items())
    }
    return {dpi: each for dpi, each in differences.items() if each} if len(differences) > 1 else {}


def _safe_from(beside: Mapping[int, Difference], of: int) -> int | None:
    """The lowest DPI from which on no resolution asked may be below text by the margin."""
    safe = None
    for dpi in sorted(beside, reverse=True):
        difference = beside[dpi]
        if difference.n < FEWEST or simultaneous(difference, of)[0] <= -MARGIN:
            break
        safe = dpi
    return safe


def is_clear(difference: Difference, of: int) -> bool:
    """Whether a difference is surely not zero: on enough items, and with `of` others together."""
    if difference.n < FEWEST:
        return False
    low, high = simultaneous(difference, max(of, 1))
    return not low <= 0 <= high


def _advise(look: _Look, of: int) -> Advice | None:
    difference = look.difference
    if not is_clear(difference, of):
        return None
    low, high = simultaneous(difference, of)
    text = look.above if low > 0 else look.below
    return Advice(look.about, text, difference.value, low, high, difference.n)


def _with_safe(given: Iterable[Advice], safe: int | None) -> Iterable[Advice]:
    """A resolution to avoid, with the one to use instead if that is known and higher."""
    for each in given:
        name, _, value = each.about.partition(" ")
        if name == "dpi" and each.value < 0 and safe is not None and int(value) < safe:
            drawn = each.text.removeprefix("avoid ").replace(" DPI", "")
            text = f"draw at {safe} DPI or more, not at {drawn}"
            each = replace(each, text=text, safe_dpi=safe)
        yield each
