"""What is asked: an item, and what it is made of."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_rest.terms.content import short_digest, to_builtins
from pytest_rest.terms.words import AnswerKind, Equivalence, Layout, Mode


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

    def __hash__(self) -> int:
        return hash(self.digest)  # which is computed once

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
        return short_digest(json.dumps(content, sort_keys=True))


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
