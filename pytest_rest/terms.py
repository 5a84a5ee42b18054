"""The nouns of REST: frozen dataclasses that every other module speaks in.

Source of the terms: van Sprang et al., "Same Content, Different Answers: Cross-Modal
Inconsistency in MLLMs", arXiv 2512.08923.
"""

import functools
import hashlib
import json
import re
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

Mode = Literal["text", "image", "mixed", "file", "ocr-first", "ocr-then-solve"]
MODES: tuple[Mode, ...] = ("text", "image", "mixed")  # which every item may be asked in
FILE: Mode = "file"  # which an item with a document may be asked in, too
COMPARED: tuple[Mode, ...] = (*MODES, FILE)  # whose answers must agree
WITHOUT_STYLE: tuple[Mode, ...] = ("text", FILE)  # which are the same in every style
TWO_PASSES: Mode = "ocr-then-solve"
OCR_MODES: tuple[Mode, ...] = ("ocr-first", TWO_PASSES)  # in one pass, and in two

Ocr = Literal["image", "each", "off"]  # which pictures are transcribed
OCRS: tuple[Ocr, ...] = ("image", "each", "off")

Task = Literal["solve", "transcribe", "think", "rate", "compare"]
JUDGES_TASKS: tuple[Task, ...] = ("rate", "compare")  # which the judge is asked, not the model
AnswerKind = Literal[
    "integer",
    "number",
    "choice",
    "text",
    "expression",
    "short",
    "list",
    "set",
    "date",
    "quantity",
    "fields",
    "open",
]
ANSWER_KINDS: tuple[AnswerKind, ...] = (
    *("integer", "number", "choice", "text", "expression", "short"),
    *("list", "set", "date", "quantity", "fields"),
)

Layout = Literal["", "columns"]  # of a context
LAYOUTS: tuple[Layout, ...] = ("columns",)

Equivalence = Literal["", "judge"]  # who says whether two answers are the same
Said = Literal["same", "different"]
Likeness = Literal["same", "different", "unsure"]
Pair = tuple[str, str]  # of answers

Status = Literal["parsed", "unparseable", "abstained", "refused", "truncated", "failed"]
Outcome = Literal["consistent", "inconsistent", "lost"]
Home = Literal["endpoint", "loaded", "cpu"]

RULED = "ruled"  # the format of a table that is drawn with rules, and is Markdown as text
RH_BENCH = "rh-bench"  # the suite, whose items are of two halves
Half = Literal["reasoning", "perception"]
HALVES: tuple[Half, ...] = ("reasoning", "perception")

# The ending of a picture in a run's folder, by its media type.
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
PNG_HEADER = 24  # bytes of a PNG that tell its size
_PNG = b"\x89PNG\r\n\x1a\n"
PAGE_SIZES = {"a4": (595.0, 842.0), "letter": (612.0, 792.0)}  # in points, as PostScript has them
_PAGE_SIDES = ("page_width_pt", "page_height_pt")
# Fields that a report has only where they are set.
_LATE = ("page_height_pt", "pages", "fields", "format", "highlight")
_SHORT = 40  # characters of a text that is likely to come again

Amount = int | str  # tokens of thinking, or an endpoint's own word for an effort
Control = Literal["forced", "native"]
CONTROLS: tuple[Control, ...] = ("forced", "native")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a multiple-choice item, under the label its source gave it."""

    label: str
    text: str


@dataclass(frozen=True)
class DataTable:
    """A table that a question is about: a heading for each column, and rows of as many cells.

    `picture` is the path of a picture of it, a scan, that is shown where it would be drawn with
    rules, and `picture_digest` that of its pixels.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    picture: str = ""
    picture_digest: str = ""


@dataclass(frozen=True)
class Code:
    """What is drawn in a fixed-width font, its indentation kept: code, or text in columns.

    `language` is the name of a language, such as `python`, if it is known.
    """

    text: str
    language: str = ""


Block = DataTable | Code  # what stands by itself in a text, above and below other lines


@dataclass(frozen=True)
class Document:
    """The pages of a PDF file that a question is about, numbered from 1.

    `digest` is that of the file's bytes, which has `of` pages; `texts` are the text layers of those
    that are meant, `sizes` their widths and heights in points.
    """

    path: str
    digest: str
    of: int
    pages: tuple[int, ...]
    texts: tuple[str, ...]
    sizes: tuple[tuple[float, float], ...]

    @property
    def text(self) -> str:
        """The text layers of all pages; empty where they have none."""
        return "\n\n".join(text for text in self.texts if text.strip())


@dataclass(frozen=True)
class ItemField:
    """One field of an item whose answer has several, and what is right there."""

    name: str
    answer: str
    kind: AnswerKind = "text"
    tolerance: str = ""
    also_right: tuple[str, ...] = ()
    day_first: bool | None = None


@dataclass(frozen=True)
class Item:
    """One question with its known answer; `also_right` are others that are as right.

    Where nobody says what is right, `answer` is empty: then the item's forms agree or not.

    `context` is the part that the mixed form shows as a picture (the system of equations, the
    story); an item with choices needs none, for there the stem is shown and the options are text.
    `tolerance` is how far a number may be off, `0.05` or `1%` of the answer. `image` is the path of
    a picture that belongs to the question in every form, a chart or a scan, and `image_digest` that
    of its pixels; `rendering.pictures.beside` gives an item both. `only` is the one mode of an item
    that is asked in no other. The answer of an `open` item is a reference: a judge rates what a
    model says. Items of a suite with one `cluster` are likely to be right or wrong together: they
    come from one template, or are about one passage. A `table` or `code` stands between context and
    question. With `layout` `columns` the context itself is drawn in a fixed-width font. `images`
    and `image_digests` are those of pictures that come before `image`. A `document` stands in place
    of context, table, code and pictures; `answer_page` is that of its pages on which stands what
    answers the question, 0 where nobody says. With the `equivalence` `judge` a judge says whether
    two answers mean the same, else equal values do.
    `tags` say what an item is of, such as a subject or a customer: each is a part of its own.
    The answer of an item with `fields` is a JSON object with those of all of them.
    `day_first` is how a date in numbers is read, `03/04/2031`; None if that is not sure.
    """

    id: str
    question: str
    answer: str
    context: str = ""
    choices: tuple[Choice, ...] = ()
    answer_kind: AnswerKind = "text"
    suite: str = "own"
    tolerance: str = ""
    image: str = ""
    image_digest: str = ""
    only: Mode | Literal[""] = ""
    cluster: str = ""
    table: DataTable | None = None
    also_right: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    image_digests: tuple[str, ...] = ()
    document: Document | None = None
    answer_page: int = 0
    tags: tuple[str, ...] = ()
    day_first: bool | None = None
    fields: tuple[ItemField, ...] = ()
    code: Code | None = None
    layout: Layout = ""
    equivalence: Equivalence = ""

    @property
    def block(self) -> Block | None:
        """What of it is not drawn as running text."""
        return self.table or self.code or (Code(self.context) if self.layout else None)

    @functools.cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the content: ids may repeat over seeds, this does not.

        Of a picture the pixels count, not the path; without what is listed as `late` the digest is
        what it was before items had it.
        """
        late = (
            *("tolerance", "image_digest", "only", "table", "also_right", "image_digests"),
            *("document", "day_first", "fields", "code", "layout", "equivalence"),
        )
        unset = {name for name in late if getattr(self, name) in ("", None, ())}
        left_out = {"id", "image", "images", "cluster", "answer_page", "tags"} | unset
        content = {n: value for n, value in to_builtins(self).items() if n not in left_out}
        content["choices"] = [to_builtins(choice) for choice in self.choices]
        if self.table:
            shown = {"picture_digest"} if self.table.picture_digest else set()
            content["table"] = {
                name: getattr(self.table, name) for name in {"header", "rows", *shown}
            }
        if self.code:
            content["code"] = to_builtins(self.code)
        if self.document:
            content["document"] = [self.document.digest, self.document.pages]
        if self.fields:
            content["fields"] = [to_builtins(each) for each in self.fields]
        return _digest(json.dumps(content, sort_keys=True))


def to_item(data: Mapping[str, Any]) -> Item:
    """The item that `asdict` wrote, read from JSON."""
    choices = tuple(Choice(**choice) for choice in data["choices"])
    table = data.get("table")
    if table:
        rows = tuple(tuple(row) for row in table["rows"])
        table = DataTable(**{**table, "header": tuple(table["header"]), "rows": rows})
    code = Code(**data["code"]) if data.get("code") else None
    document = data.get("document")
    if document:
        several = {name: tuple(document[name]) for name in ("pages", "texts")}
        sizes = tuple((width, height) for width, height in document["sizes"])
        document = Document(**{**document, **several, "sizes": sizes})
    names = ("also_right", "images", "image_digests", "tags")
    lists: dict[str, Any] = {name: tuple(data.get(name, ())) for name in names}
    named = ({**each, "also_right": tuple(each["also_right"])} for each in data.get("fields", ()))
    lists["fields"] = tuple(ItemField(**each) for each in named)
    own = {"choices": choices, "table": table, "code": code, "document": document}
    return Item(**{**data, **lists, **own})


@dataclass(frozen=True)
class Style:
    """How text is drawn; the defaults are REST's style. Lengths are in points (1/72 inch).

    `font` is a bundled font's name or the path of a font file, `file.ttc#2` the third font of a
    collection; several, joined by `|`, stand in for each other's missing characters.
    `page_width_pt` is the widest the page gets: text wraps there, and a shorter text has a
    narrower page. With a `page_height_pt` every page has this width and height, and a text goes on
    over as many as it takes. `line_spacing` is the distance of two lines in multiples of `size_pt`.

    Then the page is spoiled, in this order: turned by `rotation` degrees counter-clockwise, blurred
    by a Gaussian of radius `blur_pt`, given Gaussian `noise` of that standard deviation as a share
    of 255, and packed as a JPEG of `jpeg_quality` 1 to 95 (0: not at all).

    `highlight` is a style of Pygments in which code has its colours, `_` in place of `-`.

    `format` is how a table is written, in every form, and its picture shows that source; `ruled` is
    Markdown as text and a ruled table as a picture, as is a style without one.

    `name`, if it has one, is its id; styles that differ in their names only are equal.
    `font_sha256` has, where `font` has files, the digest of each in its path's place.
    """

    font: str = "dejavu"
    dpi: int = 200
    color: str = "black"
    background: str = "white"
    size_pt: float = 12.0
    line_spacing: float = 1.4
    page_width_pt: float = 468.0
    margin_pt: float = 18.0
    rotation: float = 0.0
    blur_pt: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 0
    highlight: str = ""
    format: str = ""
    name: str = field(default="", compare=False)
    font_sha256: str = field(default="", compare=False)
    page_height_pt: float = 0.0

    @functools.cached_property
    def id(self) -> str:
        """`dejavu-200dpi-black`; whatever else differs from REST's style is named after it.

        A format is named before it: `html-dejavu-200dpi-black`.
        """
        return f"{self.format}-{self._looks}" if self.format else self._looks

    @property
    def _looks(self) -> str:
        if self.name:
            return self.name
        name = f"{self._font_word}-{self.dpi}dpi-{self.color}"
        for each, value in self.changes.items():
            if each in ("font", "dpi", "color", "format"):
                continue
            if each in _PAGE_SIDES and self.page_height_pt:
                continue
            if isinstance(value, str):
                name += f"-on-{value}" if each == "background" else f"-{each}={value}"
            else:
                name += f"-{each.removesuffix('_pt')}={_number(value)}"
        return f"{name}-page={self.page}" if self.page_height_pt else name

    @functools.cached_property
    def digest(self) -> str:
        """Sixteen hex digits of how it looks: of a font's file the content, not the path."""
        content = {
            name: value if isinstance(value, str) else float(value)
            for name, value in self.changes.items()
        }
        if self.font_sha256:
            content["font"] = self.font_sha256
        return _digest(json.dumps(content, sort_keys=True))

    @property
    def page(self) -> str:
        """`a4`, or `400x300`: the size of its pages in points; empty where it is the text's."""
        if not self.page_height_pt:
            return ""
        sides = (self.page_width_pt, self.page_height_pt)
        named = {size: name for name, size in PAGE_SIZES.items()}
        return named.get(sides) or "x".join(map(_number, sides))

    @property
    def is_plain(self) -> bool:
        """Whether the page stays as it was drawn."""
        return not (self.rotation or self.blur_pt or self.noise or self.jpeg_quality)

    @property
    def has_own_font(self) -> bool:
        """Whether the font is a file, or several; a bundled font's name has no dot."""
        return "." in self.font

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from REST's style, in the order of the fields."""
        looks = [each for each in fields(self) if each.compare]
        found = {each.name: (getattr(self, each.name), each.default) for each in looks}
        return {name: value for name, (value, usual) in found.items() if value != usual}

    @property
    def _font_word(self) -> str:
        """The font in an id: its name, or that of its file with a digest."""
        if not self.has_own_font:
            return self.font
        stem = re.sub(r"\W", "_", PurePath(self.font.partition("|")[0]).stem, flags=re.ASCII)
        return f"{stem}.{_digest(self.font_sha256 or self.font)[:8]}"


class StoredStyle(Style):
    """The style of stored answers, of which only its name is known: it is equal to no other."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredStyle) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


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


@dataclass(frozen=True, slots=True)
class Form:
    """What an item is asked as: a mode, the style of its picture (None for text), and a format."""

    mode: Mode
    style: Style | None = None
    format: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture file, the text that was drawn, and a digest of its pixels (not of its bytes).

    What is drawn is a PNG. A user's own picture is what it was, as `media_type` says: `image/png`,
    `image/jpeg` or `image/webp`; its `sides` are in pixels.
    """

    content: bytes = field(repr=False)
    digest: str
    text: str = ""
    media_type: str = field(default="image/png", repr=False)
    sides: tuple[int, int] | None = field(default=None, repr=False)

    @property
    def png(self) -> bytes:
        """The file's bytes, of whatever kind: `content` by its older name."""
        return self.content

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, of a PNG from its header; `ValueError` if it has none."""
        if self.sides is not None:
            return self.sides
        if not self.content.startswith(_PNG) or len(self.content) < PNG_HEADER:
            raise ValueError("not a PNG file")
        width, height = struct.unpack(">II", self.content[16:PNG_HEADER])
        return width, height

    @property
    def file_name(self) -> str:
        """Its name in a run's folder: its digest, with the ending of its kind."""
        return f"{self.digest}{ENDINGS[self.media_type]}"


@dataclass(frozen=True, slots=True)
class File:
    """A PDF file as a model is shown it, the text in it, and a digest of what it is made of."""

    content: bytes = field(repr=False)
    digest: str
    text: str = field(default="", repr=False)
    media_type: str = field(default="application/pdf", repr=False)


@dataclass(frozen=True)
class Prompt:
    """One request: what a model is shown, in order, and for which item, form and task.

    `compared` are the two answers that a judge compares.
    """

    item: Item
    form: Form
    task: Task
    parts: tuple[str | Image | File, ...]
    max_tokens: int
    repeat: int = 0  # which time it is asked
    budget: Budget | None = None  # under which it is asked, in a sweep
    compared: Pair | None = None

    @functools.cached_property
    def digest(self) -> str:
        """Sixteen hex digits of what the model sees, which time, and how much it may think."""
        seen = [*map(part_digest, self.parts)]
        again: list[object] = [self.repeat] if self.repeat else []
        again += [to_builtins(self.budget)] if self.budget else []
        return _digest(json.dumps([seen, self.max_tokens, *again]))

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Image))


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back for one prompt. With `error` set there is no answer at all.

    `finish_reason` is `stop`, `length`, `refusal` or the endpoint's own word; `cost` is in US
    dollars and None where the price is not known; `model` is the id that the endpoint reports;
    `from_cache` is whether a gateway says that it gave an old answer, and asked no model.
    """

    text: str = ""
    finish_reason: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    error: str | None = None
    from_cache: bool = False


class Seen(TypedDict):
    """What of a picture reaches the model: pixels, and the DPI of what was drawn, if it was."""

    width: int
    height: int
    dpi: float | None


class FieldAnswer(TypedDict):
    """What was read in one field of an answer, and whether that is right."""

    value: str | None
    correct: bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one form was answered with, the value read from it, and whether that is right.

    `correct` is None where nobody says what is right: stored answers may come without.
    `text_tokens` is what the prompt's text is estimated to take (see `models.tokens`), `width` and
    `height` are its picture's sides in pixels, 0 without one, and `seen` what of it reaches the
    model, None where that is not known (see `models.vision_rules`). `max_tokens` is the limit of an
    answer that was cut off, and None of any other. `fields` are by name, of an item that has some.
    """

    mode: Mode
    status: Status
    text: str
    value: str | None = None
    correct: bool | None = False
    prompt: str = ""
    image: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    text_tokens: int | None = None
    width: int = 0
    height: int = 0
    from_cache: bool = False
    max_tokens: int | None = None
    seen: Seen | None = None
    fields: Mapping[str, FieldAnswer] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether it is known to be right."""
        return bool(self.correct)


@dataclass(frozen=True, slots=True)
class Step(Answer):
    """One call of a sweep: an answer under a budget, or the thinking before it, or its rating.

    Or a judge's comparison of two answers, which has no budget, and the judge's word as its value.
    `rating` is the judge's, 0 to 5, or None where it gave none; `repeat` which time it was asked.
    """

    task: Task = "solve"
    budget: Amount = 0
    repeat: int = 0
    rating: int | None = None

    @property
    def is_judges(self) -> bool:
        """Whether the judge was asked, and not the model."""
        return self.task in JUDGES_TASKS


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a judge said of two answers, in both orders; `one` and `other` say whose they are.

    `text`, `text, mixed`, or `answer` for the item's own right answer.
    """

    one: str
    other: str
    first: str
    second: str
    said: Said
    said_swapped: Said

    @property
    def verdict(self) -> Likeness:
        """Whether they mean the same: unsure where the order matters."""
        return self.said if self.said == self.said_swapped else "unsure"


@dataclass(frozen=True, slots=True)
class Transcription:
    """What the model read in a form's picture; `cer` in errors per reference character.

    `cer_raw` counts what the model put around it as well: a lead-in, a code fence, quotes. Of
    several pictures each is transcribed in a call of its own, as `pages` has them in order, and
    this is their sum; its `prompt`, `image` and `seen` are those of the first.
    """

    status: Status
    text: str
    reference: str
    cer: float | None = None
    correct: bool = False
    prompt: str = ""
    image: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    cer_raw: float | None = None
    from_cache: bool = False
    max_tokens: int | None = None
    seen: Seen | None = None
    pages: tuple["Transcription", ...] = ()

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Transcription":
        """The transcription that a record has written."""
        return cls(**{**data, "pages": tuple(cls(**page) for page in data.get("pages", ()))})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an item's forms agree: consistent, inconsistent, or lost, and the answers behind it.

    `reason` says in one line why an item was lost; it is empty otherwise. `repeats` are the answers
    after the first where each form is asked several times. `transcription` is of the image form's
    picture, and `mixed_transcription` of the mixed form's, where that one is transcribed too.
    `steps` are all calls of a sweep, whose `answers` are those under the largest budget; or the
    calls of a judge, whose `comparisons` say which answers mean the same.
    """

    outcome: Outcome
    answers: Mapping[Mode, Answer]
    transcription: Transcription | None = None
    reason: str = ""
    repeats: Mapping[Mode, tuple[Answer, ...]] = field(default_factory=dict)
    mixed_transcription: Transcription | None = None
    steps: tuple[Step, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def consistent(self) -> bool:
        """Every form was answered, and with the same value."""
        return self.outcome == "consistent"

    @property
    def lost(self) -> bool:
        """A call failed, so nothing can be said of the item."""
        return self.outcome == "lost"

    @property
    def transcriptions(self) -> tuple[Transcription, ...]:
        """What was transcribed, of one picture or of each."""
        return tuple(filter(None, (self.transcription, self.mixed_transcription)))

    @property
    def ocr_correct(self) -> bool:
        """Something was transcribed, and all of it fully right."""
        return bool(self.transcriptions) and all(each.correct for each in self.transcriptions)


@dataclass(frozen=True, slots=True)
class Record:
    """One item in one style, judged. The one thing that crosses processes, as ASCII JSON."""

    suite: str
    item: str
    style: str
    digest: str
    truth: str
    verdict: Verdict
    own: Mapping[str, float | None] = field(default_factory=dict)  # metrics of other packages
    cluster: str = ""  # the item's
    choices: int = 0  # that the item has to choose from
    also_right: tuple[str, ...] = ()
    format: str = ""  # how the text was written, or what was pictured: html, markdown
    tags: tuple[str, ...] = ()  # the item's
    pages: int = 0  # the most pictures that a form showed, where that is more than one
    answer_page: int = 0  # which of the image form's pages has what answers it; 0: unknown

    @property
    def key(self) -> tuple[str, str, str]:
        """What a record is counted by: suite, item and style."""
        return (self.suite, self.item, self.style)

    @property
    def is_judged(self) -> bool:
        """Whether anybody says what is right."""
        answers = self.verdict.answers.values()
        return bool(self.truth) or any(answer.correct is not None for answer in answers)

    def to_builtins(self) -> dict[str, Any]:
        """The record as the report has it, and as it travels between processes."""
        verdict = self.verdict
        read, mixed_read = verdict.transcription, verdict.mixed_transcription
        return {
            "id": self.item,
            "suite": self.suite,
            "style": self.style,
            "digest": self.digest,
            "answer": self.truth,
            "verdict": verdict.outcome,
            "reason": verdict.reason,
            "ocr": read and _with_pages(read),
            "ocr_mixed": mixed_read and _with_pages(mixed_read),
            "answers": {mode: to_builtins(answer) for mode, answer in verdict.answers.items()},
            "own": dict(self.own),
            "choices": self.choices,
            "repeats": {m: [to_builtins(a) for a in more] for m, more in verdict.repeats.items()},
            **({"steps": [to_builtins(step) for step in verdict.steps]} if verdict.steps else {}),
            **({"comparisons": _compared(verdict)} if verdict.comparisons else {}),
            **({"cluster": self.cluster} if self.cluster else {}),
            **({"also_right": [*self.also_right]} if self.also_right else {}),
            **({"format": self.format} if self.format else {}),
            **({"pages": self.pages} if self.pages else {}),
            **({"answer_page": self.answer_page} if self.answer_page else {}),
            **({"tags": [*self.tags]} if self.tags else {}),
        }

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Record":
        """The record that `to_builtins` wrote; what a report adds to it is passed over."""
        verdict = Verdict(
            data["verdict"],
            {mode: Answer(**answer) for mode, answer in data["answers"].items()},
            data["ocr"] and Transcription.from_builtins(data["ocr"]),
            data["reason"],
            {m: tuple(Answer(**answer) for answer in more) for m, more in data["repeats"].items()},
            data["ocr_mixed"] and Transcription.from_builtins(data["ocr_mixed"]),
            tuple(Step(**step) for step in data.get("steps", ())),
            tuple(map(_comparison, data.get("comparisons", ()))),
        )
        suite, item, style = data["suite"], data["id"], data["style"]
        rest = data.get("own", {}), data.get("cluster", ""), data.get("choices", 0)
        lists = [tuple(data.get(name, ())) for name in ("also_right", "tags")]
        late = lists[0], data.get("format", ""), lists[1]
        pages = data.get("pages", 0), data.get("answer_page", 0)
        about = data["digest"], data["answer"], verdict
        return cls(suite, item, style, *about, *rest, *late, *pages)

    def to_json(self) -> str:
        """One line of ASCII, whatever a model wrote into it (lone surrogates included)."""
        return json.dumps(self.to_builtins(), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """The record that `to_json` wrote."""
        return cls.from_builtins(json.loads(text, object_hook=_sharing))


@dataclass(frozen=True, slots=True)
class Rate:
    """A value with its interval and the number it stands on; low and high are None if undefined."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def size(self) -> str:
        """`n = 50`, and what that is worth where items belong together."""
        return f"n = {self.n}"


@dataclass(frozen=True, slots=True)
class EffectiveRate(Rate):
    """A rate whose `n` items say as much as `n_effective` that stand alone and are right or wrong.

    `n_clusters` is how many clusters they are in, None where no two belong together.
    """

    n_effective: float
    n_clusters: int | None

    @property
    def size(self) -> str:
        """`n = 500 in 100 clusters, worth 162`."""
        if self.n_clusters is None:
            return f"n = {self.n}"
        noun = "cluster" if self.n_clusters == 1 else "clusters"
        return f"n = {self.n} in {self.n_clusters} {noun}, worth {self.n_effective:.0f}"


def part_digest(part: str | Image | File) -> str | dict[str, str]:
    """What of a prompt's part is digested and stored: a text, or a picture's or a file's digest."""
    if isinstance(part, str):
        return part
    return {"file" if isinstance(part, File) else "image": part.digest}


def to_rate(data: Mapping[str, Any] | None) -> Rate | None:
    """The rate that `asdict` wrote; None where there was none."""
    if not data:
        return None
    return EffectiveRate(**data) if "n_effective" in data else Rate(**data)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one token that is sent, and for one that is answered."""

    input: float
    output: float


@runtime_checkable
class Priced(Protocol):
    """A model whose price is known before it is asked."""

    @property
    def price(self) -> Price | None:
        """What a token costs; None where nobody says."""
        ...


@runtime_checkable
class Limited(Protocol):
    """A model that can answer only some kinds of item."""

    @property
    def answers(self) -> str:
        """What it can answer, in a few words: `systems of linear equations`."""
        ...

    def can_answer(self, item: Item) -> bool:
        """Whether it can answer this item in its text form."""
        ...


@runtime_checkable
class Model(Protocol):
    """What answers prompts. Implementations are asked from one event loop."""

    @property
    def name(self) -> str:
        """What the spec resolved to: `anthropic/claude-haiku-4-5`."""
        ...

    @property
    def description(self) -> str:
        """One line for the header."""
        ...

    @property
    def home(self) -> Home:
        """An `endpoint`, a model `loaded` once (a GPU), or one that computes on the `cpu`."""
        ...

    @property
    def batch_size(self) -> int:
        """How many prompts one `ask` gets at most."""
        ...

    @property
    def parameters(self) -> Mapping[str, object]:
        """The parameters that are actually sent."""
        ...

    async def open(self) -> None:
        """Get ready (imports, weights), while the tests are still being collected."""
        ...

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One completion for each prompt, in their order. A failure is a completion's `error`."""
        ...

    async def close(self) -> None:
        """Let go of connections; called on the loop that asked."""
        ...


def half_of(item: str) -> Half:
    """The half of RH-Bench that an item's id belongs to."""
    return "reasoning" if item.startswith(f"{RH_BENCH}-reasoning-") else "perception"


def is_same_model(one: str, other: str) -> bool:
    """Whether two ids that endpoints report are one model's, in full or without what is before."""
    one, other = one.casefold(), other.casefold()
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def one_spelling(ids: Iterable[str]) -> dict[str, str]:
    """The fullest spelling of each id: `gpt-4o` is `openai/gpt-4o` where both are there."""
    known = sorted({*ids}, key=lambda name: (-len(name), name))
    return {name: next(full for full in known if is_same_model(name, full)) for name in known}


def fingerprint(digests: Iterable[str]) -> str:
    """Sixteen hex digits of the items with these digests, whatever their order."""
    return _digest(" ".join(sorted(digests)))


def to_builtins(noun: Any) -> dict[str, Any]:
    """A noun's own fields, as they are; `dataclasses.asdict` copies all that they hold."""
    values = {name: getattr(noun, name) for name in noun.__dataclass_fields__}
    return {name: value for name, value in values.items() if value or name not in _LATE}


def _with_pages(read: Transcription) -> dict[str, Any]:
    pages = {"pages": [to_builtins(page) for page in read.pages]} if read.pages else {}
    return {**to_builtins(read), **pages}


def _compared(verdict: Verdict) -> list[dict[str, Any]]:
    """The comparisons with their verdicts."""
    return [{**to_builtins(each), "verdict": each.verdict} for each in verdict.comparisons]


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(**{name: data[name] for name in Comparison.__dataclass_fields__})


def _sharing(data: dict[str, Any]) -> dict[str, Any]:
    """The same with one copy of what most records say alike: a model's name, a status, a value."""
    return {
        name: sys.intern(value) if type(value) is str and len(value) <= _SHORT else value
        for name, value in data.items()
    }


def _number(value: float) -> str:
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
