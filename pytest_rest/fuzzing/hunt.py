"""Searches with Hypothesis for flips: the smallest visual changes that change an answer.

A hunt goes in rounds. Each ends with the first example that flips, made as small as Hypothesis can;
the next one draws styles without the changes that are known by then, so that it finds another flip
or none. An example costs two calls, its picture in REST's style and in the drawn one, and answers
are remembered: so what Hypothesis sees never changes, whatever the model does. A flip counts
in the search when it came twice; what is found is then asked again in all forms.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import Phase, Verbosity, given, seed, settings, target

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.fuzzing import flip as flips
from pytest_rest.fuzzing.example_database import ModelExamples
from pytest_rest.fuzzing.flip import REST, Flip
from pytest_rest.fuzzing.oracle import AskingEnded, Oracle, Question
from pytest_rest.fuzzing.strategies import styles, systems
from pytest_rest.terms import Answer, Form, Item, Mode, Style, Transcription, to_builtins

_MOST_DRAWN = 2  # examples that Hypothesis may draw for one that was not asked before
_MOST_UNSTEADY = 3  # flips, after which the model and not a style changes the answers
_LEAST_TO_STEER = 50  # examples: with fewer, steering costs more than it brings
_POINTS_PER_INCH = 72


@dataclass
class HuntResult:
    """What one hunt has done: its examples, those that could be compared, and the flips it found.

    `lost` examples had failed calls, `undrawn` are styles that cannot be drawn, with the reason;
    `not_repeated` flipped once, and not when asked again. `ended` says why the hunt ended before
    its examples were used up, `failure` what the last failed call said.
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
    """An example flipped."""


class _UsedUp(KeyboardInterrupt):  # an interrupt, as `AskingEnded` is
    """Every example has been asked."""


class Hunt:
    """One process's search; `keep` is called whenever it has found something."""

    def __init__(
        self,
        result: HuntResult,
        oracle: Oracle,
        *,
        examples: int,
        is_ocr_correct: bool = False,
        database: ModelExamples | None = None,
        keep: Callable[[HuntResult], None] = lambda _: None,
    ) -> None:
        self.result, self._oracle, self._examples = result, oracle, examples
        self._is_ocr_correct, self._keep = is_ocr_correct, keep
        self._database = database
        self._smallest: tuple[Item, Style] | None = None  # of this round
        self._seen: set[tuple[Item, Style]] = set()

    def run(self) -> None:
        """Search until the examples or the calls are used up; raises only `KeyboardInterrupt`."""
        result = self.result
        try:
            while result.examples < self._examples and not result.ended and self._search():
                self._settle()
        except AskingEnded as error:
            result.ended, result.is_cut_short = str(error), bool(self._oracle.ended)
            self._settle()
        except KeyboardInterrupt:
            result.ended, result.is_cut_short = "interrupted", True
            self._settle(may_ask=False)
            raise
        finally:
            self._note()

    def ask_again(self, known: Iterable[Flip]) -> None:
        """Ask again what was found before, and search for nothing else."""
        for flip in known:
            self.result.examples += 1
            self._smallest = (flip.item, flip.style)
            try:
                rest, other, *_ = self._look(flip.item, flip.style, 0)
                self.result.compared += _is_compared(rest, other)
            except AskingEnded as error:
                self.result.ended, self.result.is_cut_short = str(error), True
            self._settle()
        self._note()

    def _search(self) -> bool:
        """One round; whether an example flipped, which is then as small as it gets."""
        result = self.result
        self._smallest = None
        source = random.Random(f"{result.seed}/{result.hunt}/{result.examples}")  # noqa: S311

        @settings(
            max_examples=_MOST_DRAWN * (self._examples - result.examples),
            phases=(Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
            database=self._database,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
        )
        @seed(source.getrandbits(64))  # below the settings, whose database it would remove
        @given(systems(), styles())
        def the_answer_does_not_depend_on_the_style(item: Item, style: Style) -> None:
            random.seed()  # Hypothesis has fixed its state, and a model may use it, too
            self._try(item, flips.without(style, result.flips))

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
        # what follows a flip only makes it smaller
        is_new = self._smallest is None and (item, style) not in self._seen
        if is_new and self.result.examples >= self._examples:
            raise _UsedUp
        self.result.examples += is_new
        self._seen.add((item, style))
        try:
            does_flip = self._flips(item, style, is_new)
        except RenderingError as error:
            self.result.undrawn[style.id] = str(error)
            return
        if does_flip:
            pair = (item, style)
            self._smallest = min(self._smallest or pair, pair, key=lambda p: flips.size(*p))
            raise _Flipped

    def _flips(self, item: Item, style: Style, is_new: bool) -> bool:
        """Whether the style changes the answer, and again when asked once more."""
        rest, other, *read = self._look(item, style, 0)
        if is_new:
            self.result.lost += "failed" in (rest.status, other.status)
            self.result.compared += _is_compared(rest, other)
        if not _is_compared(rest, other) or not flips.differ(rest, other):
            self._steer(style, all(transcription.correct for transcription in read))
            return False
        if read:
            read += self._oracle.ask([_transcribe(item, REST)])
        if not all(transcription.correct for transcription in read):
            return False
        again, other_again, *_ = self._look(item, style, 1)
        if not _is_compared(again, other_again):
            return False
        does_flip = again.value == rest.value and flips.differ(again, other_again)
        self.result.not_repeated += is_new and not does_flip
        return does_flip

    def _look(self, item: Item, style: Style, repeat: int) -> list[Any]:
        """The answers in REST's style and in this one, and the transcription where that counts."""
        questions = [_solve(item, shown, repeat) for shown in (REST, style)]
        if self._is_ocr_correct and not repeat:
            questions.append(_transcribe(item, style))
        return self._oracle.ask(questions)

    def _steer(self, style: Style, is_read: bool) -> None:
        """Have Hypothesis look for small and pale print that is still read correctly."""
        if self._is_ocr_correct and is_read and self._examples >= _LEAST_TO_STEER:
            target(-style.size_pt * style.dpi / _POINTS_PER_INCH, label="small print")
            target(-rendering.contrast(style), label="low contrast")

    def _settle(self, may_ask: bool = True) -> None:
        """Ask again, in all forms, what this round has found, and keep it."""
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
                everything = [q for questions in asked.values() for q in questions]
                self._oracle.ask([*everything, read], is_last=True)
            except AskingEnded as error:
                self.result.ended, self.result.is_cut_short = str(error), bool(self._oracle.ended)
        flip = _flip(item, style, asked, read, self._oracle)
        if flip is not None:
            self.result.flips.append(flip)
        unsteady = [flip for flip in self.result.flips if flip.steadiness != "steady"]
        if len(unsteady) >= _MOST_UNSTEADY and not self.result.ended:
            self.result.ended = f"{len(unsteady)} flips were unsteady: so is the model"
        self._note()

    def _note(self) -> None:
        self.result.calls, self.result.failure = self._oracle.asked, self._oracle.failure
        self._keep(self.result)


def _flip(
    item: Item, style: Style, asked: dict[str, list[Question]], read: Question, oracle: Oracle
) -> Flip | None:
    """The flip, from the answers that are known; None without any pair of them."""
    both = zip(asked["rest"], asked["style"], strict=True)
    pairs = [pair for questions in both if len(pair := oracle.known(questions)) == 2]
    if not pairs:
        return None
    rest, other = ([pair[n] for pair in pairs] for n in (0, 1))
    answers = {"rest": rest, "style": other}
    answers |= {mode: oracle.known(asked[mode]) for mode in ("text", "mixed")}
    flipping = next((answer for answer in other if flips.differ(rest[0], answer)), other[0])
    transcription: Transcription | None = next(iter(oracle.known([read])), None)
    times, of = flips.flipped(rest, other)
    return Flip(
        item=item,
        style=style,
        steadiness=flips.steadiness(rest, other),
        failing=flips.failing(flipping, transcription),
        times=times,
        of=of,
        answers={name: [answer.value for answer in given] for name, given in answers.items()},
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
    """Whether both calls succeeded, and REST's style was answered with a value."""
    return rest.value is not None and other.status != "failed"
