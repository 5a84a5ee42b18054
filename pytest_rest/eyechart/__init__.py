"""Measures what of a picture reaches a model, by lines of random strings that it is to transcribe.

Pages of two shapes and many sizes are shown, each in two fonts, and then those that say the most
about the limits, until these are sure or the calls are spent.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_rest.errors import ModelError
from pytest_rest.eyechart import charts
from pytest_rest.eyechart.charts import Chart
from pytest_rest.safe_text import shown
from pytest_rest.statistics import legibility
from pytest_rest.statistics.legibility import Conclusion, Estimate, Page, Reader
from pytest_rest.terms import Completion, Prompt

Ask = Callable[[Sequence[Prompt]], list[Completion]]

PAGES = tuple(
    Page(shape, steps)
    for shape, first, last in ((0, 120, 176), (1, 144, 192))  # 181 to 2048, 512 to 4096 pixels
    for steps in range(first, last + 1, legibility.OCTAVE // 2)
)
MOST_CALLS = 100
LEAST_CHARTS = 12  # answered, of which a model that has read nothing does not see
LEAST_CALLS = LEAST_CHARTS + 1  # and the one without a picture
_BATCH = 6
_TIMES = 2  # that each page is shown, in a font each
_NEARLY = 0.5  # of the most that a page says
_ENDED = "asking ended: "
_BREAKDOWN = "server error"


@dataclass(frozen=True)
class Cell:
    """How many lines of a font were shown on a page, how many read, and the smallest legible."""

    width: int
    height: int
    font: str
    shown: int
    read: int
    smallest: Estimate | None


@dataclass(frozen=True)
class Eyes:
    """What was measured of one endpoint.

    `tokens` are those of the request without a picture and the most with one, None where they are
    not reported. `conclusion` is None where nothing was read. `refused` are pages that failed, by
    their size, with the error.
    """

    calls: int
    tokens: tuple[int | None, int | None]
    conclusion: Conclusion | None
    cells: tuple[Cell, ...]
    refused: Mapping[tuple[int, int], str]
    answered_by: tuple[str, ...]
    example: Chart  # that was shown

    @property
    def sees(self) -> bool:
        """Whether anything in a picture was read."""
        return self.conclusion is not None

    @property
    def counts(self) -> bool | None:
        """Whether a picture adds input tokens; None where they are not reported."""
        without, most = self.tokens
        return None if without is None or most is None else most > without

    @property
    def largest(self) -> tuple[int, int]:
        """The longest side and the most pixels of the pages that were shown."""
        sizes = [(cell.width, cell.height) for cell in self.cells]
        return max(max(size) for size in sizes), max(width * height for width, height in sizes)


def measure(
    ask: Ask,
    fonts: Sequence[str],
    seed: int = 0,
    most: int = MOST_CALLS,
    tell: Callable[[int], None] = lambda _: None,
) -> Eyes:
    """Ask charts until the limits are known, at most so many; equal answers lead to equal charts.

    `ModelError` where the endpoint fails: only that it refuses pictures of some size is measured.
    """
    test = _Test(ask, fonts, seed, most, tell)
    (control,) = test.asked([charts.without_picture()])
    if control.error and not charts.is_refused(control):
        raise _failed(control.error)
    for wanted in test.first():
        test.show(wanted)
        if test.answered >= LEAST_CHARTS and not test.has_read:
            break
    while test.has_read and test.left and not test.is_decided:
        test.show(test.next())
    if not test.has_read and test.answered < LEAST_CHARTS:
        raise ModelError(
            f"only {test.answered} charts of {LEAST_CHARTS} were answered, and no line was read: "
            "whether pictures are seen is not known"
        )
    return test.eyes(control.input_tokens)


def _failed(error: str) -> ModelError:
    who = "" if error.startswith(f"{_ENDED}the budget of ") else "the endpoint fails: "
    return ModelError(f"{who}{shown(error, 400)}")


def _is_larger(page: Page, others: Iterable[Page]) -> bool:
    """Whether it has a longer side, or more pixels, than all others."""
    sizes = [other.size for other in others]
    longest, most = max(map(max, sizes)), max(map(math.prod, sizes))
    return max(page.size) > longest or math.prod(page.size) > most


@dataclass
class _Test:
    ask: Ask
    fonts: Sequence[str]
    seed: int
    most: int
    tell: Callable[[int], None]
    calls: int = 0
    charts: list[Chart] = field(default_factory=list)
    tokens: list[int | None] = field(default_factory=list)
    refused: dict[Page, str] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reader = Reader(len(self.fonts), self.seed)

    @property
    def has_read(self) -> bool:
        return any(line.is_legible for line in self.reader.lines)

    @property
    def answered(self) -> int:
        """How many charts were answered."""
        return len(self.tokens)

    @property
    def is_decided(self) -> bool:
        """Whether more charts would say no more; so it is where no print is too small, too."""
        reads_all = all(line.is_legible for line in self.reader.lines)
        return reads_all or self.reader.conclude().is_precise

    @property
    def left(self) -> int:
        return self.most - self.calls

    def asked(self, prompts: Sequence[Prompt]) -> list[Completion]:
        completions = self.ask(prompts)
        self.calls += len(prompts)
        self.tell(self.calls)
        return completions

    def first(self) -> Iterator[list[tuple[Page, int]]]:
        """Every page so many times, in fonts by turns, in batches."""
        count = len(self.fonts)
        pairs = [
            (page, (place + turn) % count)
            for turn in range(min(_TIMES, count))
            for place, page in enumerate(PAGES)
        ]
        random.Random(self.seed).shuffle(pairs)  # noqa: S311 (for everybody the same)
        for start in range(0, len(pairs), _BATCH):
            yield pairs[start : start + _BATCH]

    def next(self) -> list[tuple[Page, int]]:
        """For each font a page that says the most, or nearly so: of these the least shown.

        So no page decides alone, of which a reader may have a way of its own.
        """
        wanted: list[tuple[Page, int]] = []
        for font in range(len(self.fonts)):
            gains = {p: self.reader.gain(p, font) for p in PAGES if p not in self.refused}
            near = [page for page, gain in gains.items() if gain >= _NEARLY * max(gains.values())]
            often = Counter([each.page for each in self.charts] + [page for page, _ in wanted])
            wanted.append((min(near, key=lambda page: (often[page], -gains[page])), font))
        return wanted

    def show(self, wanted: Sequence[tuple[Page, int]]) -> None:
        """Ask a batch, as far as calls are left, and learn from it."""
        batch = [
            charts.make(
                len(self.charts) + place,
                self.seed,
                page,
                self.fonts,
                font,
                *self.reader.spread(page, font),
            )
            for place, (page, font) in enumerate(wanted[: max(self.left, 0)])
            if page not in self.refused
        ]
        self.charts += batch
        completions = self.asked([each.prompt for each in batch])
        lines, failed = [], []
        for each, completion in zip(batch, completions, strict=True):
            if charts.failure(completion):
                failed.append((each.page, completion))
                continue
            self.tokens.append(completion.input_tokens)
            self.models.add(completion.model)
            lines += each.read(completion.text)
        self.reader.add(lines)
        self._leave_out(failed)

    def _leave_out(self, failed: Sequence[tuple[Page, Completion]]) -> None:
        """Have pages refused; `ModelError` where it is the endpoint that fails.

        A server may break over a page that is too large for it: that is so where the page is
        larger than all that were answered, and the smallest of these is still answered after it.
        """
        pages = {line.page for line in self.reader.lines}
        is_broken = False
        for page, completion in failed:
            error = charts.failure(completion)
            is_refusal = charts.is_refused(completion)
            if error.startswith(_ENDED) or not pages or (completion.error and page in pages):
                raise _failed(error)
            if not is_refusal and not (
                error.startswith(_BREAKDOWN) and self.left and _is_larger(page, pages)
            ):
                raise _failed(error)
            is_broken |= not is_refusal
            if page not in pages:  # else it is that chart alone
                self.refused[page] = error
        if is_broken:
            self.show([(min(pages, key=lambda page: page.size), 0)])

    def eyes(self, without: int | None) -> Eyes:
        """What all of it says."""
        counted = [tokens for tokens in self.tokens if tokens is not None]
        reader, seen = self.reader, {(line.page, line.font) for line in self.reader.lines}
        shown_pages = sorted(seen)
        example = min(self.charts, key=lambda each: abs(each.page.steps - 144) + each.page.shape)
        return Eyes(
            calls=self.calls,
            tokens=(without, max(counted, default=None)),
            conclusion=reader.conclude() if self.has_read else None,
            cells=tuple(self._cell(*each) for each in shown_pages),
            refused={page.size: error for page, error in self.refused.items()},
            answered_by=tuple(sorted(self.models - {""})),
            example=example,
        )

    def _cell(self, page: Page, font: int) -> Cell:
        lines = [line for line in self.reader.lines if (line.page, line.font) == (page, font)]
        read = sum(line.is_legible for line in lines)
        smallest = self.reader.smallest(page, font) if self.has_read else None
        return Cell(*page.size, self.fonts[font], len(lines), read, smallest)
