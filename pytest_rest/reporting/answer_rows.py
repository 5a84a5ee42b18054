"""Turns a report into tidy rows: one for each answer, and one for each transcription."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.errors import RestError
from pytest_rest.rendering.style_name import parse_style
from pytest_rest.terms import to_builtins

COLUMNS: Mapping[str, type] = {
    "run": str,
    "model": str,  # as the endpoint reports it, else as it was named
    "suite": str,
    "item": str,
    "cluster": str,
    "tags": str,  # with semicolons between them
    "style": str,
    "font": str,
    "dpi": int,
    "color": str,
    "format": str,
    "form": str,  # a mode; `transcription` and `transcription-mixed` for what was read
    "task": str,
    "budget": str,
    "repeat": int,  # which time it was asked, from 0
    "question": str,  # as it was drawn, where it was transcribed
    "prompt": str,  # the texts that were sent
    "expected": str,
    "answer": str,
    "value": str,
    "fields": str,  # as JSON: of each its value, and whether that is right
    "correct": bool,
    "status": str,
    "verdict": str,  # the item's, in this style
    "error": str,
    "cer": float,
    "image": str,  # the digests of the pictures, with semicolons between them
    "width": int,
    "height": int,
    "input_tokens": int,
    "output_tokens": int,
    "cost": float,
    "seconds": float,
}
Row = dict[str, Any]
_READ = {"ocr": "transcription", "ocr_mixed": "transcription-mixed"}
_SHARED = ("image", "input_tokens", "output_tokens", "cost", "seconds", "status")


def rows(
    report: Mapping[str, Any], prompts: Mapping[str, Sequence[Any]], run: str = ""
) -> Iterator[Row]:
    """A row for each answer of a stored report, with all of `COLUMNS`; None where nothing is known.

    A failed call has an `error` and no `answer`. `prompts` are what was sent, by digest; KeyError
    or TypeError for a report that lacks what a report has.
    """
    own = report["provenance"].get("own_styles", {})
    for item in report["items"]:
        about = {
            "run": run,
            "suite": item["suite"],
            "item": item["id"],
            "cluster": item.get("cluster"),
            "tags": ";".join(item.get("tags", ())) or None,
            "style": item["style"],
            **_characteristics(item["style"], own),
            "question": (item["ocr"] or {}).get("reference"),
            "format": item.get("format"),
            "expected": _expected(item["answer"], item.get("also_right", ())),
            "verdict": item["verdict"],
        }
        for call in _calls(item):
            text, failed = call.pop("text"), call["status"] == "failed"
            said = {"answer": None if failed else text, "error": text if failed else None}
            model = call.pop("model") or report["provenance"]["model"]
            parts = prompts.get(call.pop("prompt"), ())
            pictures = call.pop("pages", None) or pictures_of(parts)
            call["image"] = ";".join(pictures) or call["image"]
            row = {**about, **call, **said, "model": model, "prompt": _texts(parts)}
            yield {name: row.get(name) for name in COLUMNS}


def _expected(answer: str, others: Sequence[str]) -> str | None:
    """The right answer; several as JSON, and None where nobody says it."""
    return json.dumps([answer, *others], ensure_ascii=False) if others else answer or None


def _calls(item: Mapping[str, Any]) -> Iterator[Row]:
    """What was asked of an item: its forms, those asked again, what was read, and a sweep's calls.

    A sweep's calls are all of its `steps`, so its answers are not listed again.
    """
    steps = item.get("steps", ())
    is_swept = any(step["task"] != "compare" for step in steps)
    for mode, first in item["answers"].items() if not is_swept else ():
        for repeat, answer in enumerate([first, *item["repeats"].get(mode, ())]):
            yield {**_answered(answer), "form": mode, "task": "solve", "repeat": repeat}
    for step in steps:
        budget = str(step["budget"]) if is_swept else ""
        about = {"form": step["mode"], "task": step["task"], "budget": budget}
        yield {**_answered(step), **about, "repeat": step["repeat"]}
    for key, form in _READ.items():
        if read := item.get(key):
            about = {"form": form, "task": "transcribe", "repeat": 0}
            shared = {name: read[name] for name in (*_SHARED, "text", "prompt", "model")}
            pages = [page["image"] for page in read.get("pages", ())]
            judged = {"correct": read["correct"], "cer": read["cer"]}
            yield {**shared, **about, **judged, "pages": pages}


def _answered(answer: Mapping[str, Any]) -> Row:
    """An answer's columns; the size of its picture only where it has one."""
    names = (*_SHARED, "text", "prompt", "model", "value", "correct")
    size = ("width", "height") if answer["image"] else ()
    fields = answer.get("fields")
    return {
        **{name: answer[name] for name in (*names, *size)},
        "fields": json.dumps(fields, ensure_ascii=False) if fields else None,
    }


def _characteristics(style: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """A style's font, resolution and colour, by its id; nothing of one that cannot be told."""
    try:
        known = own[style] if style in own else to_builtins(parse_style(style))
    except RestError:
        return {}
    return {name: known[name] for name in ("font", "dpi", "color")}


def pictures_of(parts: Iterable[Any]) -> list[str]:
    """The digests of a prompt's pictures; none where it is not known."""
    return [part["image"] for part in parts if isinstance(part, dict) and "image" in part]


def _texts(parts: Iterable[Any]) -> str | None:
    """The texts of a prompt, a line apart; None where it is not known."""
    return "\n".join(part for part in parts if isinstance(part, str)) or None
