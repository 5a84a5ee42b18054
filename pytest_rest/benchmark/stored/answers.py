"""What answers that are stored already are to: items in styles and formats."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pytest_rest.benchmark.stored.cells import UNKNOWN, StoredCall
from pytest_rest.errors import RenderingError
from pytest_rest.line_file import LineFile
from pytest_rest.terms import Item, Mode, Style, Transcription

UNSEEN = ("prompts", "pictures", "transcriptions")  # what no stored answer tells


@dataclass(frozen=True, slots=True)
class StoredCase:
    """An item's answers in a style and a format: those in each mode, and what is asked again.

    They lie in a file, where `places` has the numbers of their lines, packed: there are many cases.
    """

    item: Item
    style: str
    format: str
    lines: LineFile = field(repr=False, compare=False)
    places: bytes
    readings: Mapping[Mode, Transcription]

    @property
    def calls(self) -> list[StoredCall]:
        """The answers, read anew."""
        places = memoryview(self.places).cast("I")
        return [StoredCall.from_json(self.lines[place]) for place in places]


@dataclass(frozen=True)
class StoredAnswers:
    """What files of answers hold: the cases, whose they are, and what they do not tell.

    `fields` are the names of the fields that answers of an export have, whose items do not tell
    them. The `fingerprint` is of all that was read: another process must have read the same.
    """

    cases: tuple[StoredCase, ...]
    model: str
    sources: tuple[str, ...]
    modes: tuple[Mode, ...]
    repeats: int
    fields: frozenset[str]
    has_styles: bool
    fingerprint: str

    @property
    def number(self) -> int:
        """How many answers there are."""
        return sum(len(memoryview(case.places).cast("I")) for case in self.cases)

    def case(self, item: Item, style: str) -> StoredCase | None:
        """The case of an item and a style; those of an item stand together, in order."""
        key = item.suite, item.id
        for place in range(bisect_left(self.cases, key, key=_key), len(self.cases)):
            case = self.cases[place]
            if _key(case) != key:
                break
            if case.style == style:
                return case
        return None

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that answers are in; none where they do not say."""
        return tuple(sorted({case.format for case in self.cases} - {""}))

    @property
    def styles(self) -> tuple[str, ...]:
        """What stands for a style in the report: one, and a format, as far as they are known."""
        return tuple(sorted({case.style for case in self.cases}))

    @property
    def known_styles(self) -> dict[str, Style]:
        """The styles that are named as this project names them, by their names."""
        names = {case.style for case in self.cases if not case.format}
        parsed = {name: style for name in names if (style := _parsed(name)) is not None}
        return {name: style for name, style in parsed.items() if style.id == name}

    @cached_property
    def suites(self) -> tuple[str, ...]:
        """The names of the suites."""
        return tuple(sorted({case.item.suite for case in self.cases}))

    @property
    def is_judged(self) -> bool:
        """Whether somebody says what is right, for every item."""
        return all(
            case.item.answer or all(call.correct is not None for call in case.calls)
            for case in self.cases
        )

    @property
    def unseen(self) -> tuple[str, ...]:
        """What the answers do not tell."""
        names = UNSEEN if self.has_styles else (*UNSEEN, "styles")
        return tuple(name for name in names if name != "transcriptions" or not self.is_read)

    @property
    def is_read(self) -> bool:
        """Whether it is known of every case what the model read in its picture."""
        return all(case.readings for case in self.cases)


def _key(case: StoredCase) -> tuple[str, str]:
    return case.item.suite, case.item.id


def _parsed(name: str) -> Style | None:
    from pytest_rest.rendering import parse_style  # when first used: it loads Pillow

    try:
        return None if name == UNKNOWN else parse_style(name)
    except RenderingError:
        return None
