"""Turns Hypothesis's examples into flips: the smallest visual changes that change an answer.

A hunt goes in rounds. Each ends with the first example that flips, made as small as Hypothesis can;
the next one draws styles without the changes that are known by then, so that it finds another flip
or none. An example costs two calls, its picture in REST's style and in the drawn one, and what was
answered once is remembered: so nothing that Hypothesis sees ever changes, whatever the model does.
A flip counts in the search when it came twice; what is found is then asked again in all forms.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import Phase, Verbosity, given, seed, settings, target
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.fuzzing import flip as flips
from pytest_rest.fuzzing.flip import REST, Flip
from pytest_rest.fuzzing.oracle import Inquiry, Over, Question
from pytest_rest.fuzzing.strategies import styles, systems
from pytest_rest.terms import Answer, Form, Item, Mode, Style, Transcription, to_builtins

_MOST_DRAWN = 2  # examples that Hypothesis may draw for one that was not asked before
_MOST_UNSTEADY = 3  # after which the model, and not a style, is what changes the answers
_LEAST_TO_STEER = 50  # examples: with fewer, steering only takes from the search
_POINTS_PER_INCH = 72


@dataclass
class Hunted:
    """What one hunt has done: examples, those that could be compared, and what was found.

    `lost` examples are those of failed calls, `undrawn` those of styles that cannot be drawn, with
    the reason; `not_repeated` flipped once, and not when asked again. `ended` says why it ended
    before its examples were used up, `failure` what the last failed call said.
    """

    hunt: int
    seed: int
    examples: int = 0
    compared: int = 0
    lost: int = 0
    not_repeated: int = 0
    calls: int = 0
    ended: str = ""
    is_cut_short: bool = False
    failure: str = ""
    undrawn: dict[str, str] = field(default_factory=dict)
    flips: list[Flip] = field(default_factory=list)

    def to_builtins(self) -> dict[str, Any]:
        """What travels to the main process."""
        return {**to_builtins(self), "flips": [flip.to_builtins() for flip in self.flips]}


class _Flipped(Exception):  # noqa: N818 (what Hypothesis looks for, not an error)
    """An example flips."""


class _UsedUp(KeyboardInterrupt):  # an interrupt as `Over` is
    """Every example has been asked."""


class Hunt:
    """One process's search; `keep` is called whenever something was found."""

    def __init__(
        self,
        hunted: Hunted,
        inquiry: Inquiry,
        *,
        examples: int,
        is_ocr_correct: bool = False,
        database: ExampleDatabase | None = None,
        keep: Callable[[Hunted], None] = lambda _: None,
    ) -> None:
        self.hunted, self._inquiry, self._examples = hunted, inquiry, examples
        self._is_ocr_correct, self._keep = is_ocr_correct, keep
        self._database = None if database is None else _Rounds(database)
        self._smallest: tuple[Item, Style] | None = None  # of this round
        self._seen: set[tuple[Item, Style]] = set()

    def run(self) -> None:
        """Search until the examples or the calls are used up; raises only `KeyboardInterrupt`."""
        hunted = self.hunted
        try:
            while hunted.examples < self._examples and not hunted.ended and self._search():
                self._settle()
        except Over as over:
            hunted.ended, hunted.is_cut_short = str(over), bool(self._inquiry.ended)
            self._settle()
        except KeyboardInterrupt:
            hunted.ended, hunted.is_cut_short = "interrupted", True
            self._settle(may_ask=False)
            raise
        finally:
            self._note()

    def ask_again(self, known: Iterable[Flip]) -> None:
        """Search nothing; ask again what was found before."""
        for flip in known:
            self.hunted.examples += 1
            self._smallest = (flip.item, flip.style)
            try:
                rest, other, *_ = self._look(flip.item, flip.style, 0)
                self.hunted.compared += _is_compared(rest, other)
            except Over as over:
                self.hunted.ended, self.hunted.is_cut_short = str(over), True
            self._settle()
        self._note()

    def _search(self) -> bool:
        """One round, and whether an example flipped: it is as small as it gets then."""
        hunted = self.hunted
        self._smallest = None
        source = random.Random(f"{hunted.seed}/{hunted.hunt}/{hunted.examples}")  # noqa: S311

        @settings(
            max_examples=_MOST_DRAWN * (self._examples - hunted.examples),
            phases=(Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
            database=self._database,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
        )
        @seed(source.getrandbits(64))  # below the settings, of whose database it leaves nothing
        @given(systems(), styles())
        def the_answer_does_not_depend_on_the_style(item: Item, style: Style) -> None:
            random.seed()  # Hypothesis has set it to one state: a model may use it as well
            self._try(item, flips.without(style, hunted.flips))

        try:
            the_answer_does_not_depend_on_the_style()
        except _UsedUp:
            return False
        except _Flipped:
            if self._database is not None:
                self._database.end_round()
            return True
        return False

    def _try(self, item: Item, style: Style) -> None:
        if style == REST:
            return
        # what comes after a flip only makes it smaller
        is_new = self._smallest is None and (item, style) not in self._seen
        if is_new and self.hunted.examples >= self._examples:
            raise _UsedUp
        self.hunted.examples += is_new
        self._seen.add((item, style))
        try:
            does_flip = self._flips(item, style, is_new)
        except RenderingError as error:
            self.hunted.undrawn[style.id] = str(error)
            return
        if does_flip:
            found = (item, style)
            self._smallest = min(self._smallest or found, found, key=lambda each: flips.size(*each))
            raise _Flipped

    def _flips(self, item: Item, style: Style, is_new: bool) -> bool:
        """Whether the style changes the answer, and changes it again."""
        rest, other, *read = self._look(item, style, 0)
        if is_new:
            self.hunted.lost += "failed" in (rest.status, other.status)
            self.hunted.compared += _is_compared(rest, other)
        if not _is_compared(rest, other) or not flips.differ(rest, other):
            self._steer(style, all(each.correct for each in read))
            return False
        if read:
            read += self._inquiry.ask([_transcribe(item, REST)])
        if not all(each.correct for each in read):
            return False
        again, other_again, *_ = self._look(item, style, 1)
        if not _is_compared(again, other_again):
            return False
        does_flip = again.value == rest.value and flips.differ(again, other_again)
        self.hunted.not_repeated += is_new and not does_flip
        return does_flip

    def _look(self, item: Item, style: Style, repeat: int) -> list[Any]:
        """The answers in REST's style and in this one; the transcription too where that counts."""
        questions = [_solve(item, each, repeat) for each in (REST, style)]
        if self._is_ocr_correct and not repeat:
            questions.append(_transcribe(item, style))
        return self._inquiry.ask(questions)

    def _steer(self, style: Style, is_read: bool) -> None:
        """Have Hypothesis look for small and pale print that is still read."""
        if self._is_ocr_correct and is_read and self._examples >= _LEAST_TO_STEER:
            target(-style.size_pt * style.dpi / _POINTS_PER_INCH, label="small print")
            target(-rendering.contrast(style), label="low contrast")

    def _settle(self, may_ask: bool = True) -> None:
        """Ask what this round has found again, in all forms, and keep it."""
        if self._smallest is None:
            return
        (item, style), self._smallest = self._smallest, None
        again = range(flips.AGAIN + 1)
        asked = {
            "rest": [_solve(item, REST, n) for n in again],
            "style": [_solve(item, style, n) for n in again],
            "text": [Question(item, Form("text"), "solve", n) for n in again[1:]],
            "mixed": [_solve(item, style, n, "mixed") for n in again[1:]],
        }
        read = _transcribe(item, style)
        if may_ask:
            try:
                everything = [question for each in asked.values() for question in each]
                self._inquiry.ask([*everything, read], is_last=True)
            except Over as over:
                self.hunted.ended, self.hunted.is_cut_short = str(over), bool(self._inquiry.ended)
        flip = _flip(item, style, asked, read, self._inquiry)
        if flip is not None:
            self.hunted.flips.append(flip)
        unsteady = [each for each in self.hunted.flips if each.steadiness != "steady"]
        if len(unsteady) >= _MOST_UNSTEADY and not self.hunted.ended:
            self.hunted.ended = f"{len(unsteady)} flips were unsteady: the model is, not the styles"
        self._note()

    def _note(self) -> None:
        self.hunted.calls, self.hunted.failure = self._inquiry.asked, self._inquiry.failure
        self._keep(self.hunted)


class _Rounds(ExampleDatabase):
    """A user's database as one hunt sees it: what a round has found is kept, and not tried again.

    Hypothesis tries what is stored first, and deletes what does not fail any more: in a later round
    that is every flip of those before it.
    """

    def __init__(self, kept: ExampleDatabase) -> None:
        super().__init__()
        self._kept = kept
        self._round: set[tuple[bytes, bytes]] = set()
        self._found: set[tuple[bytes, bytes]] = set()

    def end_round(self) -> None:
        """What was stored in this round, and is there still, has been found."""
        self._found |= self._round
        self._round = set()

    def save(self, key: bytes, value: bytes) -> None:
        """Store an example that flips."""
        self._round.add((key, value))
        self._kept.save(key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """What is stored and was not found before."""
        return [each for each in self._kept.fetch(key) if (key, each) not in self._found]

    def delete(self, key: bytes, value: bytes) -> None:
        """Delete what does not flip."""
        self._round.discard((key, value))
        if (key, value) not in self._found:
            self._kept.delete(key, value)


def database(root: Path, model: str) -> ExampleDatabase:
    """A model's part of the user's own database, as Hypothesis's profile has it.

    Where that has none, as under CI, the folder `.rest/examples`.
    """
    whole = settings().database or DirectoryBasedExampleDatabase(root / ".rest" / "examples")
    return _Own(whole, model)


class _Own(ExampleDatabase):
    """The part of a database that belongs to one model: others' examples say nothing of it."""

    def __init__(self, whole: ExampleDatabase, name: str) -> None:
        super().__init__()
        self._whole, self._prefix = whole, sha256(name.encode()).hexdigest()[:16].encode()

    def save(self, key: bytes, value: bytes) -> None:
        """Store an example."""
        self._whole.save(self._prefix + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """What is stored."""
        return self._whole.fetch(self._prefix + key)

    def delete(self, key: bytes, value: bytes) -> None:
        """Delete an example."""
        self._whole.delete(self._prefix + key, value)


def _flip(
    item: Item, style: Style, asked: dict[str, list[Question]], read: Question, inquiry: Inquiry
) -> Flip | None:
    """What is known of a flip; None where nothing is."""
    both = zip(asked["rest"], asked["style"], strict=True)
    pairs = [pair for each in both if len(pair := inquiry.known(each)) == len(each)]
    if not pairs:
        return None
    rest, other = ([pair[n] for pair in pairs] for n in (0, 1))
    told = {"rest": rest, "style": other}
    told |= {mode: inquiry.known(asked[mode]) for mode in ("text", "mixed")}
    flipping = next((each for each in other if flips.differ(rest[0], each)), other[0])
    transcription: Transcription | None = next(iter(inquiry.known([read])), None)
    times, of = flips.flipped(rest, other)
    return Flip(
        item=item,
        style=style,
        steadiness=flips.steadiness(rest, other),
        failing=flips.failing(flipping, transcription),
        times=times,
        of=of,
        answers={name: [each.value for each in answers] for name, answers in told.items()},
        said=flipping.text[: flips.KEPT],
        read=transcription.text[: flips.KEPT] if transcription else "",
        cer=transcription.cer if transcription else None,
        pictures={"rest": rest[0].image or "", "style": other[0].image or ""},
    )


def _solve(item: Item, style: Style, repeat: int, mode: Mode = "image") -> Question:
    return Question(item, Form(mode, style), "solve", repeat)


def _transcribe(item: Item, style: Style) -> Question:
    return Question(item, Form("image", style), "transcribe")


def _is_compared(rest: Answer, other: Answer) -> bool:
    """Whether both were answered, and REST's style with a value."""
    return rest.value is not None and other.status != "failed"
