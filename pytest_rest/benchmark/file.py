"""Reads a user's own benchmark from a file of questions, `*.rest.yaml`, `.jsonl` or `.csv`.

    name: invoices                      # optional, as the next two: otherwise the file's name;
    styles: [dejavu, courier-50dpi]     # an item's keys may be here, too, as defaults for all
    kind: number
    items:
      - id: total                       # optional: otherwise the items are numbered
        context: |                      # what the mixed form shows as a picture
          3 lamps at $12.50
          2 chairs at $41.00
        question: What is the total, in dollars?
        answer: 119.50
        tolerance: 0.01                 # or 1%
      - question: What do most people buy?
        image: pictures/chart.png       # beside the file or below it; or images: [a.png, b.jpg]
        choices: [lamps, chairs]        # A, B, ...; or labels of your own, {1: lamps, 2: chairs}
        answer: B
        cluster: charts                 # optional: a name that items which belong together share
        tags: [sales, german]           # optional: what it is of; all at the top are its own, too
      - question: What does a chair cost?
        table: prices.csv               # or .tsv, .html, .md; or [[Name, Price], [chair, 41]];
                                        # or {file: prices.csv, picture: scan.png}
        answer: 41
      - question: What does it print?
        code: sort.py                   # or the code itself below code: |, with language: python
        answer: "[1, 2]"
      - question: What is left?
        layout: columns                 # the context is drawn in a font of fixed width
        context: |
          rent     -900.00
          wages   2,400.00
        answer: 1500.00
      - question: Why is the invoice late?
        equivalence: judge              # a judge says whether answers mean the same
        answer: The goods were sent to an old address.
      - question: When does it end?
        document: lease.pdf             # in place of a context; or some of its pages:
        pages: 2-5
        answer_page: 4                  # optional: where the answer stands
        answer: 31 May 2027
      - question: In which language is it written?
        kind: short                     # without an answer: do the forms agree?
      - question: Who wrote it?
        answers: [Ada, Ada Lovelace]    # any of them is right
        kind: short                     # case and one full stop aside; a number as a number

In JSON Lines each line is an item, and the first may be `{"benchmark": NAME, ...}` with defaults.
In CSV the first row has keys, and each other row is an item.

Scalars are read as they are written, not as YAML would read them. `kind` is one of integer, number,
choice, text, expression, short, list, set, date, quantity, fields. It is inferred where there is
only one reading: with choices it is choice, with fields it is fields, `7` is an integer, `1.10` a
number, and what does not look like a number is a text. What may be a number or a text, `"7"`,
`1,000` or `1e3`, needs its kind, and so do the others. Items without a cluster belong together
where they share a context or a picture, if not all do.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_rest.benchmark import item_tags, table_file, yaml_nodes
from pytest_rest.benchmark.block_reader import BlockReader
from pytest_rest.benchmark.item_answers import (
    answers_of,
    check_answer,
    check_given,
    choices_of,
    day_first_of,
    equivalence_of,
    inferred_kind,
    says_judge,
)
from pytest_rest.benchmark.item_fields import take_fields
from pytest_rest.benchmark.own_files import OwnFiles, OwnPicture
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, check_keys, quoted, text_of
from pytest_rest.errors import BenchmarkError, RestError, nearest
from pytest_rest.scoring import kinds
from pytest_rest.terms import ANSWER_KINDS, AnswerKind, Choice, Item, fingerprint

ENDINGS = (".rest.yaml", ".rest.yml", ".rest.jsonl", ".rest.csv")
_LISTS = ("choices", "answers", "images", "tags")  # of which a cell of a CSV has several, by |
DEFAULTS = (
    *("kind", "context", "choices", "tolerance", "image", "table", "images", "document", "pages"),
    *("day_first", "code", "language", "layout", "equivalence"),
)
HEADER_KEYS = ("name", "styles", *DEFAULTS, "tags", "items")
ITEM_KEYS = (
    "id",
    "question",
    "answer",
    "answers",
    "fields",
    "cluster",
    "answer_page",
    *DEFAULTS,
    "tags",
)
RESERVED = {"mean", "pooled"}  # a report's words for figures over several benchmarks


@dataclass(frozen=True)
class Benchmark:
    """The items of a file, and the names of the styles it asks for; without any, the run's.

    `lines` are those on which the items are written, by id.
    """

    name: str
    items: tuple[Item, ...]
    styles: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    pictures: tuple[OwnPicture, ...] = ()


def is_benchmark(path: Path) -> bool:
    """Whether a file's name says that it is a benchmark."""
    return path.name.lower().endswith(ENDINGS)


def load(path: Path) -> Benchmark:
    """The benchmark in a file; `BenchmarkError` is one line with file, line, fault and remedy."""
    try:
        text = yaml_nodes.read_text(path)
        readers = {".jsonl": _from_json_lines, ".csv": _from_csv}
        return readers.get(path.suffix.lower(), _from_yaml)(text, path)
    except PlaceError as error:
        raise BenchmarkError(error.located(path)) from None


def _from_yaml(text: str, path: Path) -> Benchmark:
    root = yaml_nodes.read_yaml(text)
    if not isinstance(root.value, dict):
        raise PlaceError(root.line, "does not begin with a key; write items: and the list below it")
    check_keys(root.value, HEADER_KEYS)
    listed = root.value.pop("items", Node(root.line, "", plain=True))
    items = () if listed.is_nothing else listed.value
    if not isinstance(items, tuple):
        raise PlaceError(listed.line, "items is not a list; begin each item with a dash")
    return _benchmark(root.value, items, listed.line, path)


def _from_json_lines(text: str, path: Path) -> Benchmark:
    items = list(yaml_nodes.read_json_lines(text))
    header: dict[str, Node] = {}
    if items and isinstance(items[0].value, dict) and "benchmark" in items[0].value:
        header = items[0].value
        check_keys(header, ("benchmark", *HEADER_KEYS[1:-1]))
        header["name"] = header.pop("benchmark")
    return _benchmark(header, tuple(items[bool(header) :]), 1, path)


def _from_csv(text: str, path: Path) -> Benchmark:
    """A row is an item, with keys as headings; a cell that is empty is a key that is not there."""
    (line, keys), *rows = table_file.separated(text, ".csv") or [(1, ["question"])]
    keys = [key.strip() for key in keys]
    check_keys({key: Node(line, "") for key in keys}, ITEM_KEYS)
    if len({*keys}) < len(keys):
        raise PlaceError(line, "a heading is there twice; remove one of the columns")
    items = []
    for line, cells in rows:
        if len(cells) != len(keys):
            fault = f"the row has {len(cells)} cells, and there are {len(keys)} headings"
            raise PlaceError(line, fault)
        given = {k: cell for k, cell in zip(keys, cells, strict=True) if cell.strip()}
        items.append(Node(line, {key: _cell(key, cell, line) for key, cell in given.items()}))
    return _benchmark({}, tuple(items), line, path)


def _cell(key: str, text: str, line: int) -> Node:
    if key in _LISTS:
        return Node(line, tuple(Node(line, each.strip(), plain=True) for each in text.split("|")))
    return Node(line, text, plain=True)


def _benchmark(
    header: dict[str, Node], nodes: tuple[Node, ...], line: int, path: Path
) -> Benchmark:
    if not nodes:
        raise PlaceError(line, "has no items; write at least a question and its answer")
    name = _name(header, path)
    defaults = {key: header[key] for key in DEFAULTS if key in header}
    reader = _ItemReader(name, defaults, path.parent, item_tags.of_nodes(header.get("tags")))
    items = [reader.read(node, number) for number, node in enumerate(nodes, 1)]
    pictures = tuple(reader.files.pictures.values())
    return Benchmark(name, _clustered(items), _styles(header), reader.lines, pictures)


def _clustered(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, those with one context and one picture in a cluster, unless they are in another.

    What all items of a file share makes no clusters: the benchmark is about that.
    """
    shared = Counter(_about(item) for item in items if not item.cluster)
    return tuple(
        replace(item, cluster=f"context-{fingerprint(about)}")
        if not item.cluster and any(about := _about(item)) and 1 < shared[about] < len(items)
        else item
        for item in items
    )


def _about(item: Item) -> tuple[str, ...]:
    """What an item is about: its context, its pictures, its table, its code or its document."""
    others = (item.table, item.code, item.image_digests, item.document)
    return item.context, item.image_digest, *(repr(each) for each in others if each)


def _name(header: dict[str, Node], path: Path) -> str:
    name = text_of(header, "name")
    if not name:
        ending = next((end for end in ENDINGS if path.name.lower().endswith(end)), "")
        name = re.sub(r"[^\w.-]{1,300}", "-", path.name[: len(path.name) - len(ending)])
    line = header["name"].line if "name" in header else 0
    if not re.fullmatch(r"[\w.-]{1,100}", name) or name in RESERVED:
        why = "is a word of the report" if name in RESERVED else "is not a short word"
        raise PlaceError(line, f"name {quoted(name)} {why}; use letters, digits, - _ and .")
    return name


def _styles(header: dict[str, Node]) -> tuple[str, ...]:
    node = header.get("styles")
    if node is None or node.is_nothing:
        return ()
    names = []
    for style in node.value if isinstance(node.value, tuple) else (node,):
        if not isinstance(style.value, str):
            raise PlaceError(style.line, "styles is a list of names, such as [courier-50dpi]")
        from pytest_rest.rendering import parse_style  # when first used: it loads Pillow

        try:
            parse_style(style.value)
        except RestError as error:
            raise PlaceError(style.line, str(error)) from None
        names.append(style.value)
    return tuple(names)


class _ItemReader:
    """Reads the items of one file, with the file's defaults."""

    def __init__(
        self, name: str, defaults: dict[str, Node], folder: Path, tags: tuple[str, ...]
    ) -> None:
        self._name, self._defaults, self._folder, self._tags = name, defaults, folder, tags
        self.lines: dict[str, int] = {}  # of each id
        self.files = OwnFiles(folder)
        self._blocks = BlockReader(folder, self.files)

    def read(self, node: Node, number: int) -> Item:
        """One item; `PlaceError` where it cannot be asked or judged."""
        if not isinstance(node.value, dict):
            raise PlaceError(node.line, "an item needs keys, at least question: and answer:")
        own = node.value
        check_keys(own, ITEM_KEYS)
        check_given(own, "question", node.line)
        keys = {**self._defaults, **own}
        fields = take_fields(own, keys)
        answers = answers_of(own, text_of(keys, "kind"), node.line)
        choices = choices_of(own.get("choices") if fields else keys.get("choices"))
        kind = self._kind(answers, own, keys, choices, node.line)
        equivalence = equivalence_of(own, keys, kind)
        has_tolerance = bool(answers) and kind in ("integer", "number", "quantity")
        item = Item(
            id=self._id(own, node.line, number),
            question=_trimmed(text_of(own, "question")),
            answer=str(answers[0].value).strip() if answers else "",
            context=_trimmed(text_of(keys, "context")),
            choices=choices,
            answer_kind=kind,
            suite=self._name,
            tolerance=text_of(keys if has_tolerance else own, "tolerance").strip(),
            cluster=self._named(own, "cluster", node.line),
            also_right=tuple(str(answer.value).strip() for answer in answers[1:]),
            equivalence=equivalence,
            day_first=day_first_of(keys) if kind == "date" else None,
            fields=fields,
            tags=item_tags.of_nodes(own.get("tags"), self._tags),
        )
        if item.tolerance and not answers:
            fault = "a tolerance is around the answer, and the item has none; leave it out"
            raise PlaceError(own["tolerance"].line, fault)
        for answer in answers:
            alone = replace(item, answer=str(answer.value).strip(), also_right=())
            check_answer(alone, answer.line, keys)
        for asked in fields:
            check_answer(kinds.of_field(item, asked), own["fields"].line, {})
        item = self._blocks.read(item, keys)
        own_pictures = [k for k in ("image", "images") if k in keys and not keys[k].is_nothing]
        if item.table and item.table.picture and own_pictures:
            key = own_pictures[0]
            fault = f"{key} and the table's picture are two; give one"
            raise PlaceError(keys[key].line, fault)
        return self.files.illustrated(item, keys)

    def _id(self, own: dict[str, Node], line: int, number: int) -> str:
        name = self._named(own, "id", line) or f"{self._name}-{number:04d}"
        line = own["id"].line if "id" in own else line
        if name in self.lines:
            raise PlaceError(
                line,
                f"id {quoted(name)} is already used in line {self.lines[name]}; "
                "give this item another",
            )
        self.lines[name] = line
        return name

    def _named(self, own: dict[str, Node], key: str, line: int) -> str:
        """The name that an item has under a key, or nothing."""
        name = text_of(own, key).strip()
        if len(name) > 100 or not name.isprintable():
            line = own[key].line
            raise PlaceError(
                line, f"{key} {quoted(name)} is not a name; use at most 100 characters"
            )
        return name

    def _kind(
        self,
        answers: Sequence[Node],
        own: dict[str, Node],
        keys: dict[str, Node],
        choices: tuple[Choice, ...],
        line: int,
    ) -> AnswerKind:
        if choices and (text_of(own, "kind") or "choice") != "choice":
            raise PlaceError(own["kind"].line, "an item with choices is of kind choice")
        own_kind = text_of(keys, "kind") or ("text" if says_judge(own) else "")
        kind = "choice" if choices else own_kind or inferred_kind(answers, line)
        if kind not in ANSWER_KINDS:
            known = ", ".join(ANSWER_KINDS)
            fault = f"unknown kind {quoted(kind)}{nearest(kind, ANSWER_KINDS)}; known are {known}"
            raise PlaceError(keys["kind"].line, fault)
        if kind == "fields" and "fields" not in own:
            raise PlaceError(keys["kind"].line, "kind fields needs fields: {total: 119.50}")
        if kind == "choice" and not choices:
            raise PlaceError(keys["kind"].line, "a choice needs choices: [this, that]")
        return kind


def _trimmed(text: str) -> str:
    return text.rstrip().lstrip("\n")
