"""Turns report.json's items and their prompts into the data that the page's script shows.

Answers and prompts are bounded, one by one and all together, so that a page of 1,000 items in
21 forms stays one that a browser opens. What styles share, such as the answer to the text form, is
there once.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import islice
from typing import Any

from pytest_rest.line_file import LineFile
from pytest_rest.metrics import failure_causes
from pytest_rest.reporting import rerun_command
from pytest_rest.reporting.entries import outlines
from pytest_rest.reporting.page.matrix import Gathered, Matrix
from pytest_rest.reporting.page.texts import Texts, as_json
from pytest_rest.safe_text import shown
from pytest_rest.terms import COMPARED, OCR_MODES, Style

Builtins = Mapping[str, Any]  # report.json's content, or a part of it
Prompts = Mapping[str, Sequence[str | Builtins]]  # by digest, as the store has them

_MOST = 20_000
_AT_ONCE = 100  # texts that are encoded together, which takes half the time
_MOST_UNASKED = 1_000  # of which nothing but their names is known
_ORDER = {"inconsistent": 0, "lost": 1}
_REST = 2
_DIGEST = re.compile("[0-9a-f]{16}")
_WORD = re.compile(r"-(?=on-|[a-z_]+=)")
_IN_A_FORMAT = re.compile(r"[^-]{1,40}-[^-]{1,100}-\d{1,4}dpi-")  # a style's name


def is_digest(name: str) -> bool:
    """Whether a name is a picture's digest, and so not a path to anywhere else."""
    return bool(_DIGEST.fullmatch(name))


@dataclass(frozen=True)
class Content:
    """What the page's script reads: items and calls as JSON already, in files, for there are many.

    `calls` has those of an item in one line, with commas between them.
    """

    items: LineFile
    calls: LineFile
    texts: Texts
    looks: Mapping[str, Sequence[str]]
    inconsistent: int
    left_out: int
    has_prompts: bool
    pictures: Sequence[str]  # digests, each once, the first items' first
    matrix: Matrix | None
    examples: Mapping[str, str]  # a picture's digest for each style

    def json(self, **more: object) -> Iterator[str]:
        """All of it, and `more`, as JSON in pieces: in ASCII, and without markup."""
        yield '{"items":['
        yield from _listed(self.items)
        yield '],"calls":['
        yield from _listed(self.calls)
        yield '],"texts":['
        texts = self.texts.bounded()
        batches = iter(lambda: [*islice(texts, _AT_ONCE)], [])
        yield from _listed(as_json(batch)[1:-1] for batch in batches)
        rest = {"looks": self.looks, "left_out": self.left_out, "has_prompts": self.has_prompts}
        rest |= {"matrix": self.matrix and self.matrix.content}
        yield f"],{as_json(rest | more)[1:]}"


def data(report: Builtins, prompts: Prompts) -> Content:
    """The items with their calls, texts and looks; inconsistent and lost ones come first."""
    asked: Sequence[Builtins] = report["items"]  # of a run, each is built when it is looked up
    lost = {(each["suite"], each["item"], each["style"]) for each in report["lost"]}
    styles = {style for _, _, style in lost}
    verdicts, gathered = [], Gathered()
    for place, outline in enumerate(outlines(asked)):
        gathered.add(outline, partial(asked.__getitem__, place))
        styles.add(outline.style)
        lost.discard(outline[:3])
        verdicts.append(outline.verdict)
    matrix = gathered.matrix(report["lost"], report["provenance"]["modes"])
    places = sorted(range(len(asked)), key=lambda place: _ORDER.get(verdicts[place], _REST))
    odd = sum(verdict in _ORDER for verdict in verdicts)
    first, rest = places[:odd][:_MOST], places[odd:]
    unasked = _unasked(report["lost"], lost)
    named = unasked[: min(_MOST_UNASKED, _MOST - len(first))]
    book = _Book(prompts, report["provenance"])
    for place in first:
        book.add(asked[place])
    for entry in named:
        book.add(entry)
    book.texts.mark()
    for place in rest[: _MOST - len(book.items)]:
        book.add(asked[place])
    return Content(
        items=book.items,
        calls=book.calls,
        texts=book.texts,
        looks=looks(sorted(styles), report["provenance"].get("own_styles", {})),
        inconsistent=verdicts.count("inconsistent"),
        left_out=len(asked) + len(unasked) - len(book.items),
        has_prompts=bool(prompts),
        pictures=[*book.pictures],
        matrix=matrix,
        examples=gathered.examples,
    )


def looks(styles: Iterable[str], own: Mapping[str, Builtins]) -> dict[str, list[str]]:
    """What differs from REST's style, as `style_effects` calls it, and the styles that have it."""
    by_look: dict[str, list[str]] = {}
    for style in styles:
        for look in _looks(style, own.get(style)):
            by_look.setdefault(shown(look), []).append(shown(style))
    return by_look


class _Book:
    """The items, and what they refer to by number: calls, and texts."""

    def __init__(self, prompts: Prompts, provenance: Builtins) -> None:
        self.items, self.calls, self.texts = LineFile(), LineFile(), Texts()
        self.pictures: dict[str, None] = {}
        self._prompts = prompts
        self._again: Builtins = provenance.get("again") or {}
        self._known: dict[str, dict[str, int]] = defaultdict(dict)  # by form and prompt
        self._number = 0  # of the next call
        self._new: list[dict[str, Any]] = []  # calls that no item before has

    def add(self, entry: Builtins) -> None:
        """One item in one style."""
        self.items.add(as_json(self._item(entry)))
        if self._new:
            self.calls.add(as_json(self._new)[1:-1])
            self._new.clear()

    def _item(self, entry: Builtins) -> dict[str, Any]:
        answers = entry["answers"]
        modes: list[str] = [mode for mode in (*COMPARED, *OCR_MODES) if mode in answers]
        calls = [(mode, answers[mode]) for mode in modes]
        calls += [(f"{m}, again", a) for m in modes for a in entry["repeats"].get(m, ())]
        read = [(name, entry.get(name)) for name in ("ocr", "ocr_mixed")]
        return {
            "id": shown(entry["id"]),
            "suite": shown(entry["suite"]),
            "style": shown(entry["style"]),
            "verdict": entry["verdict"],
            "at": _failed_at(entry["failed_at"] or ""),
            "truth": self.texts.add(" or ".join([entry["answer"], *entry.get("also_right", ())])),
            "reason": shown(entry["reason"], 1_000),
            **_field_table(entry, modes),
            **({"tags": [*map(shown, entry["tags"])]} if entry.get("tags") else {}),
            "answers": [self._call(mode, answer) for mode, answer in calls],
            "read": [
                self._call(*page) for name, call in read if call for page in _pages(name, call)
            ],
            **({"compared": compared} if (compared := [*self._compared(entry)]) else {}),
            "again": rerun_command.command(
                self._again, entry.get("test", ""), f"{entry['id']}-{entry['style']}"
            ),
        }

    def _compared(self, entry: Builtins) -> Iterator[dict[str, Any]]:
        """What the judge said of each pair: its verdict, both answers, and what it wrote."""
        wrote = [step["text"] for step in entry.get("steps", ()) if step["task"] == "compare"]
        for number, each in enumerate(entry.get("comparisons", ())):
            texts = each["first"], each["second"], *wrote[2 * number : 2 * number + 2]
            yield {
                "of": shown(f"{each['one']} and {each['other']}", 200),
                "verdict": shown(each["verdict"]),
                "texts": [self.texts.add(text) for text in texts],
            }

    def _call(self, form: str, call: Builtins) -> int:
        """The number of a call; items in several styles share that of the text form."""
        digest, image = call.get("prompt", ""), call.get("image") or ""
        if digest and digest in self._known[form]:
            return self._known[form][digest]
        parts = self._prompts.get(digest, ())
        content: dict[str, Any] = {
            "form": form,
            "status": call.get("status", ""),
            "right": call["correct"],
            "text": self.texts.add(call["text"]),
            "prompt": [self.texts.add(part) for part in parts if isinstance(part, str)],
            "image": image if is_digest(image) else "",
        }
        if (value := call.get("value")) is not None:
            content["value"] = shown(value, 300)
        if "reference" in call:
            content |= {"cer": call["cer"], "raw": call.get("cer_raw")}
            content |= {"reference": self.texts.add(call["reference"])}
        if call.get("input_tokens") is not None:
            content["tokens"] = [call["input_tokens"], call["output_tokens"]]
        if (seen := call.get("seen")) and call.get("width"):
            sent = call["width"], call["height"]
            content["seen"] = [*sent, seen["width"], seen["height"], seen["dpi"]]
        shown_pictures = [
            part["image"] for part in parts if "image" in part and not isinstance(part, str)
        ]
        if more := [*filter(is_digest, map(str, shown_pictures[1:]))]:
            content["more"] = more
        for picture in filter(None, (content["image"], *more)):
            self.pictures[picture] = None
        number = self._known[form][digest] = self._number
        self._new.append(content)
        self._number += 1
        return number


_READ = {"ocr": "transcription of the image", "ocr_mixed": "transcription of the mixed form"}


def _field_table(entry: Builtins, modes: Sequence[str]) -> dict[str, Any]:
    """Of each field its value in each form, whether that is right, and whether it flips there."""
    answered = {mode: entry["answers"][mode].get("fields", {}) for mode in modes}
    names = list(dict.fromkeys(name for fields in answered.values() for name in fields))
    flips = entry.get("flips", {})
    rows = [
        [
            shown(name),
            [
                [
                    None if (value := fields[name]["value"]) is None else shown(value, 300),
                    fields[name]["correct"],
                    mode in flips.get(name, ()),
                ]
                if name in fields
                else None
                for mode, fields in answered.items()
            ],
        ]
        for name in names
    ]
    return {"fields": {"forms": [*modes], "rows": rows}} if rows else {}


def _pages(name: str, call: Builtins) -> list[tuple[str, Builtins]]:
    """What was transcribed of a form, page by page, each with its name."""
    pages = call.get("pages", ())
    numbered = [(f"{_READ[name]}, page {number}", page) for number, page in enumerate(pages, 1)]
    return numbered or [(_READ[name], call)]


def _failed_at(cause: str) -> str:
    """Where an item failed, in words."""
    return failure_causes.WORDS.get(cause, cause)


def _unasked(
    lost: Iterable[Builtins], without: Collection[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """What was lost without a record: only its name and the reason are known."""
    nothing = {"answer": "", "failed_at": "", "answers": {}, "repeats": {}, "verdict": "lost"}
    return [
        {**entry, "id": entry["item"], **nothing}
        for entry in lost
        if (entry["suite"], entry["item"], entry["style"]) in without
    ]


def _looks(style: str, own: Builtins | None) -> Iterator[str]:
    values = _fields(own) if own else _words(style)
    usual = {field.name.removesuffix("_pt"): field.default for field in fields(Style)}
    for name, value in values.items():
        if value != usual.get(name):
            yield f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
    if values.get("color", usual["color"]) != usual["color"]:
        yield "color any"


def _fields(own: Builtins) -> dict[str, Any]:
    """What a style from a file changes; of a font's file its name and digest."""
    style = Style(font=own["font"], font_sha256=own["font_sha256"])
    font = style.id.removesuffix(f"-{style.dpi}dpi-{style.color}")
    compared = [field.name for field in fields(Style) if field.compare]
    values = {name.removesuffix("_pt"): own[name] for name in compared if name in own}
    return {**values, "font": font}


def _words(style: str) -> dict[str, Any]:
    """What a style's name says; its numbers are words, but for the resolution."""
    name, *changes = _WORD.split(style)
    keys = ["format"] if _IN_A_FORMAT.match(name) else []
    keys += ["font", "dpi", "color"]
    values: dict[str, Any] = dict(zip(keys, name.split("-"), strict=False))
    for change in changes:
        key, _, value = change.removeprefix("on-").rpartition("=")
        values[key or "background"] = value
    dpi = values.get("dpi", "").removesuffix("dpi")
    return {**values, "dpi": int(dpi) if dpi.isdecimal() else dpi}


def _listed(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces with commas between them."""
    for number, piece in enumerate(pieces):
        yield f",{piece}" if number else piece
