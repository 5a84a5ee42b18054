"""What is asked of an item in a style: its modes, how often, and under which budgets."""

from dataclasses import dataclass, replace

from pytest_rest.terms.item import Item
from pytest_rest.terms.quick import quick
from pytest_rest.terms.style import Style
from pytest_rest.terms.words import FILE, MODES, TWO_PASSES, Amount, Control, Mode, Ocr


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a model may think before it answers: tokens, or an endpoint's own word.

    Forced, the thinking is a call of its own that is cut at so many tokens; native, the endpoint
    is told in the one call.
    """

    amount: Amount
    control: Control = "forced"


@dataclass(frozen=True)
class Sweep:
    """The budgets that each form is asked under, the least first.

    With a judge, open answers are rated, those of a sample drawn by the seed twice.
    """

    budgets: tuple[Budget, ...]
    has_judge: bool = False
    seed: int = 0

    @property
    def largest(self) -> Budget:
        """The budget whose answers stand for the item where only one can."""
        return self.budgets[-1]


@dataclass(frozen=True)
class Scheme:
    """What is asked of an item in a style: its modes, each how often, and what is transcribed.

    With a sweep, each form is asked once under each budget. `has_judge` is whether a judge can be
    asked if two answers mean the same.
    """

    modes: tuple[Mode, ...] = MODES
    repeats: int = 1
    ocr: Ocr = "image"
    sweep: Sweep | None = None
    has_judge: bool = False

    @property
    def has_follow_ups(self) -> bool:
        """Whether something is asked once a prompt is answered."""
        return self.sweep is not None or TWO_PASSES in self.modes

    def of(self, item: Item) -> "Scheme":
        """What is asked of this item: less, if it has one mode only, or lacks a text or a file."""
        if item.only:
            return replace(self, modes=(item.only,), ocr="off")
        if item.document and not item.document.text:
            return replace(self, modes=tuple(m for m in self.modes if m != "text"), ocr="off")
        if FILE in self.modes and not item.document:
            return replace(self, modes=tuple(mode for mode in self.modes if mode != FILE))
        return self

    @property
    def transcribed(self) -> tuple[Mode, ...]:
        """The forms whose pictures are transcribed."""
        each: tuple[Mode, ...] = ("image", "mixed")
        if self.ocr == "each":
            return tuple(mode for mode in each if mode == "image" or mode in self.modes)
        return each[:1] if self.ocr == "image" or TWO_PASSES in self.modes else ()


@quick
@dataclass(frozen=True, slots=True)
class Form:
    """What an item is asked as: a mode, the style of its picture (None for text), and a format."""

    mode: Mode
    style: Style | None = None
    format: str = ""
