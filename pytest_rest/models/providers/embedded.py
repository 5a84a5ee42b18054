"""Answers prompts without a network: RapidOCR reads the picture, and an exact solver solves it.

It is the control of the experiment, not an MLLM: the solver is never wrong, so inconsistency can
only come from misreading. It sees the prompt's parts and nothing else, solves systems of linear
equations, answers the questions of the suite `tables`, and says so when it is asked for anything
else.
"""

import asyncio
import contextlib
import logging
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, TypeVar

from pytest_rest.errors import ModelError
from pytest_rest.models.providers import table_questions
from pytest_rest.terms import Completion, Home, Image, Item, Prompt

_TERM = r" ?\d{0,6} ?[A-E] ?"
_EQUATION = re.compile(rf" ?[+-]?{_TERM}(?:[+-]{_TERM}){{0,9}}= ?[+-]? ?\d{{1,9}} ?")
_SIGNED_TERM = re.compile(r"([+-]?)(\d{0,6})([A-E])")
_ASKED = re.compile(r"\bvalue of ([A-Ea-e])\b")
_LONGEST_LINE = 200
_ANSWER = "Answer: "
_READINGS_KEPT = 64
T = TypeVar("T")
_MOST_READERS = 4  # of 130 MB each; a run on more cores has workers

# Print on one plain page needs no rotation check, and at most 960 pixels a side to find its
# lines: measured on systems of equations in REST's style, 0.11 s a picture instead of 0.29 s.
# The threads of one session wait for their shares of a picture by spinning, and two take twice the
# processor of one: so a thread reads a picture by itself, and several read several.
# Lines are recognised by the picture: in batches of several pictures a line is padded otherwise,
# and what is read of it may change.
_PARAMETERS: dict[str, Any] = {
    "Global.use_cls": False,
    "Global.log_level": "error",
    "Det.limit_type": "max",
    "Det.limit_side_len": 960,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
}


class EmbeddedModel:
    """RapidOCR and an exact solver; computes on the CPU, a picture on each core that is free."""

    home: Home = "cpu"
    batch_size = 1
    parameters: Mapping[str, object] = {}
    answers = "systems of linear equations, and questions about the tables of the suite `tables`"

    def __init__(self) -> None:
        if missing := [name for name in ("rapidocr", "onnxruntime") if find_spec(name) is None]:
            raise ModelError(
                f"model 'embedded' needs {' and '.join(missing)}; "
                "install them with: pip install 'pytest-rest[embedded]'"
            )
        self.name = f"embedded/rapidocr-{_version('rapidocr')}"
        self.description = f"{self.name} and an exact solver: a control, not an MLLM"
        self._readings: OrderedDict[str, Future[str]] = OrderedDict()
        self._readers: ThreadPoolExecutor | None = None
        self._own = threading.local()  # a reader's engine

    def can_answer(self, item: Item) -> bool:
        """Whether the item's text is a system or a table that answers its question."""
        if item.choices or item.image or item.document:
            return False
        if item.table is None:
            return _ANSWER in solve(f"{item.context}\n{item.question}")
        rows = (" ".join(row) for row in (item.table.header, *item.table.rows))
        return _ANSWER in solve("\n".join([*rows, item.question]))

    async def open(self) -> None:
        """Load the networks of the first reader."""
        await asyncio.wrap_future(self._submit(self._engine))

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Read and solve, off the event loop."""
        return await asyncio.gather(*map(self._complete, prompts))

    async def close(self) -> None:
        """Forget the pictures that were read, and read none that still waits."""
        self._readings.clear()
        if self._readers is not None:
            self._readers.shutdown(wait=False, cancel_futures=True)
            self._readers = None

    async def _complete(self, prompt: Prompt) -> Completion:
        start = time.perf_counter()
        seen = [
            await asyncio.wrap_future(self._reading(part))
            if isinstance(part, Image)
            else part
            if isinstance(part, str)
            else part.text
            for part in prompt.parts
        ]
        if prompt.task == "transcribe":
            text = "\n".join(
                s for s, p in zip(seen, prompt.parts, strict=True) if p in prompt.images
            )
        else:
            text = await asyncio.to_thread(solve, "\n".join(seen))
        seconds = time.perf_counter() - start
        return Completion(text, cost=0.0, seconds=seconds, model=self.name)

    def _reading(self, image: Image) -> "Future[str]":
        """The picture's lines from top to bottom; prompts that show one picture share it."""
        reading = self._readings.get(image.digest)
        if reading is None or (reading.done() and (reading.cancelled() or reading.exception())):
            reading = self._readings[image.digest] = self._submit(self._read, image.content)
            if len(self._readings) > _READINGS_KEPT:
                self._readings.popitem(last=False)
        return reading

    def _submit(self, call: Callable[..., T], *arguments: object) -> "Future[T]":
        self._readers = self._readers or ThreadPoolExecutor(_free_cores(), "rest-read")
        return self._readers.submit(call, *arguments)

    def _engine(self) -> Any:
        """RapidOCR of this thread: its networks' objects keep state while they read."""
        if not hasattr(self._own, "engine"):
            self._own.engine = _load_engine()
        return self._own.engine

    def _read(self, picture: bytes) -> str:
        reading = self._engine()(picture)
        if reading.txts is None:
            return ""
        places = [(float(box[:, 1].mean()), float(box[:, 0].min())) for box in reading.boxes]
        heights = [float(box[:, 1].max() - box[:, 1].min()) for box in reading.boxes]
        return "\n".join(_rows(list(zip(reading.txts, places, heights, strict=True))))


def solve(text: str) -> str:
    """Solve the system of equations in a text for the variable that it asks for.

    Or answer its question about a table. Ends with `Answer: N`, or says what is missing: no system,
    no question, or not one solution.
    """
    if (found := table_questions.answer(text)) is not None:
        return f"I looked it up in the table.\n{_ANSWER}{found}"
    equations = [row for line in text.splitlines() if (row := _equation(line))]
    asked = _ASKED.findall(text)
    if not equations or not asked:
        missing = "system of linear equations in A to E" if not equations else "variable to find"
        return f"I cannot answer this: I see no {missing}."
    solution = _eliminate(equations)
    variable = asked[-1].upper()
    if solution is None or variable not in solution:
        return f"I cannot answer this: the {len(equations)} equations that I see do not give it."
    values = ", ".join(f"{name} = {value}" for name, value in sorted(solution.items()))
    return f"I see {len(equations)} equations. They give {values}.\n{_ANSWER}{solution[variable]}"


def _equation(line: str) -> dict[str, Fraction] | None:
    """`3A - B = 7` as coefficients by name, the right side under `=`; None for other lines."""
    if len(line) > _LONGEST_LINE or not _EQUATION.fullmatch(" ".join(line.split())):
        return None
    left, _, right = "".join(line.split()).partition("=")
    row: dict[str, Fraction] = {"=": Fraction(right)}
    for sign, size, name in _SIGNED_TERM.findall(left):
        row[name] = row.get(name, Fraction(0)) + Fraction(f"{sign}{size or 1}")
    return row


def _eliminate(equations: list[dict[str, Fraction]]) -> dict[str, Fraction] | None:
    """Gauss-Jordan elimination; None unless there is exactly one solution."""
    names = sorted({name for row in equations for name in row} - {"="})
    rows = [[row.get(name, Fraction(0)) for name in (*names, "=")] for row in equations]
    for column in range(len(names)):
        pivot = next((r for r in range(column, len(rows)) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for r, row in enumerate(rows):
            if r != column and row[column]:
                base = rows[column]
                rows[r] = [a - row[column] * b for a, b in zip(row, base, strict=True)]
    if any(row[-1] for row in rows[len(names) :]):
        return None
    return {name: rows[i][-1] for i, name in enumerate(names)}


def _rows(boxes: list[tuple[str, tuple[float, float], float]]) -> list[str]:
    """The text of each line: its boxes, which have a text, a place (y, x) and a height."""
    rows: list[list[tuple[float, str]]] = []
    last_y = float("-inf")
    for text, (y, x), height in sorted(boxes, key=lambda box: box[1]):
        if not rows or y - last_y > height / 2:
            rows.append([])
        rows[-1].append((x, text))
        last_y = y
    return [" ".join(text for _, text in sorted(row)) for row in rows]


def _load_engine() -> Any:
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    from rapidocr import RapidOCR  # imported when a picture is first read: half a second

    return RapidOCR(params=_PARAMETERS)


def _free_cores() -> int:
    """This process's share of the cores that it may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not there on macOS and Windows
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return min(max(cores // max(workers, 1), 1), _MOST_READERS)


def _version(package: str) -> str:
    with contextlib.suppress(PackageNotFoundError):
        return version(package)
    return "unknown"
