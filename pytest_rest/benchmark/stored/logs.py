"""Reads the logs of evaluation harnesses as rows of stored answers.

- Inspect's `.eval`: a ZIP file with `header.json`, and a JSON file for each sample and epoch in
  `samples/`. An epoch is a repeat.
- `samples_TASK_TIME.jsonl` of lm-evaluation-harness, and lmms-eval's `TIME_samples_TASK.jsonl`: a
  JSON object a line, with `doc_id`, `target` and `filtered_resps`, once for each filter.

A log is of one form, which whoever names the file says; Inspect's may also have it in a sample's
metadata. What a harness's own judge said is kept, and used where there is no target.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import RowError, SourceRow

INSPECT = ".eval"
_SAMPLES = re.compile(
    r"(?:.{1,100}_)?samples_(?P<task>.{1,200}?)(?:_\d{4}-\d{2}-\d{2}t[\d.-]{1,30})?"
)
_SAMPLE = re.compile(r"samples/[^/]{1,200}\.json")
_MOST_BYTES = 64 << 20  # of one sample: its messages may hold pictures
_MOST_ROOM = 8 << 30  # of all of them together
_RIGHT: Mapping[object, bool] = {"C": True, "I": False, 1: True, 0: False}
_FORM = ("form", "format", "style")  # what a sample's metadata may say


def is_log(path: Path) -> bool:
    """Whether a file's name says that a harness wrote it."""
    return path.suffix.lower() == INSPECT or _task(path) is not None


def read(path: Path, chosen: str = "") -> Iterator[SourceRow]:
    """Each answer of a log as a row with this project's names; `chosen` is a filter's name."""
    if path.suffix.lower() == INSPECT:
        yield from _inspect(path)
        return
    names: dict[str, str] = {}
    for row in rows.read(path):
        if row.wrong:
            yield row
            continue
        try:
            name = str(row.cells.get("filter") or "none")
            if chosen and name != chosen:
                continue
            names.setdefault(name, row.place)
            if len(names) > 1:
                listed = ", ".join(names)
                raise RowError(f"rows of the filters {listed}; choose one in a mapping: filter:")
            yield SourceRow(path, row.place, _sample(row.cells, str(_task(path))))
        except RowError as error:
            yield SourceRow(path, row.place, wrong=str(error))


def _task(path: Path) -> str | None:
    stem = path.name.lower().removesuffix(hub.packing(path))
    match = _SAMPLES.fullmatch(stem.removesuffix(".jsonl")) if stem.endswith(".jsonl") else None
    return match["task"] if match else None


def _sample(cells: Mapping[str, Any], task: str) -> dict[str, Any]:
    """A row of lm-evaluation-harness or lmms-eval."""
    answers = cells.get("filtered_resps")
    while isinstance(answers, list) and len(answers) == 1:
        answers = answers[0]
    if isinstance(answers, list) and answers and isinstance(answers[0], str):
        answers = answers[0]  # of several, which the harness's own metrics take first, too
    if not isinstance(answers, str | None):
        raise RowError("filtered_resps are likelihoods, and not a text that a model wrote")
    doc = cells.get("doc")
    names = cells.get("metrics")
    metrics = [cells.get(str(n).lower()) for n in names] if isinstance(names, list) else []
    return {
        "item": cells.get("doc_id"),
        "suite": task,
        "answer": answers,
        "expected": cells.get("target"),
        "question": doc.get("question") if isinstance(doc, dict) else None,
        "correct": _judged(metrics[0]) if len(metrics) == 1 else None,
    }


def _inspect(path: Path) -> Iterator[SourceRow]:
    with hub.opened(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                names = [info for info in archive.infolist() if _SAMPLE.fullmatch(info.filename)]
                if sum(info.file_size for info in names) > _MOST_ROOM:
                    raise hub.refused(path, f"unpacks to more than {_MOST_ROOM >> 30} GB")
                header = _member(archive, archive.getinfo("header.json")).get("eval") or {}
                for info in names:
                    yield _row(path, archive, info, header)
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, RowError) as error:
            raise hub.refused(path, f"is not a log of Inspect's: {str(error)[:100]!r}") from None
        if not names:
            raise hub.refused(path, "has no samples; log them")


def _row(
    path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, header: Mapping[str, Any]
) -> SourceRow:
    try:
        return SourceRow(path, info.filename, _of_inspect(_member(archive, info), header))
    except RowError as error:
        return SourceRow(path, info.filename, wrong=str(error))
    except (AttributeError, KeyError, TypeError) as error:
        return SourceRow(path, info.filename, wrong=f"it is not a sample: {str(error)[:100]}")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> dict[str, Any]:
    """A JSON object in the archive, of a bounded size whatever its head says."""
    with archive.open(info) as file:
        try:
            data = file.read(_MOST_BYTES + 1)
        except (zlib.error, zipfile.BadZipFile, EOFError) as error:
            raise RowError(f"it is damaged: {str(error)[:100]}") from None
    if len(data) > _MOST_BYTES:
        raise RowError(f"it has more than {_MOST_BYTES >> 20} MB")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RowError(f"it is not JSON: {str(error)[:100]}") from None
    if not isinstance(content, dict):
        raise RowError("it is not an object")
    return content


def _of_inspect(sample: Mapping[str, Any], header: Mapping[str, Any]) -> dict[str, Any]:
    output = sample.get("output") or {}
    choices = output.get("choices") or [{}]
    text = output.get("completion")
    if not isinstance(text, str):
        text = _written((choices[0].get("message") or {}).get("content"))
    scores = [*(sample.get("scores") or {}).values()]
    error = (sample.get("error") or {}).get("message") or output.get("error")
    question = sample.get("input")
    return {
        "item": sample.get("id"),
        "suite": str(header.get("task", "")).rpartition("/")[2],
        "repeat": int(sample.get("epoch", 1)) - 1,
        "answer": text,
        "expected": sample.get("target"),
        "question": question if isinstance(question, str) else None,
        "correct": _judged(scores[0].get("value")) if len(scores) == 1 else None,
        "error": error,
        "model": output.get("model") or header.get("model"),
        "tokens": (output.get("usage") or {}).get("output_tokens"),
        **{name: (sample.get("metadata") or {}).get(name) for name in _FORM},
    }


def _written(content: object) -> str:
    """A message's text, also where it comes in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part["text"]) for part in parts if part.get("type") == "text")


def _judged(score: object) -> bool | None:
    """What another judge said; None for a share, and for what is not a verdict."""
    return _RIGHT.get(score) if isinstance(score, str | int | float) else None
