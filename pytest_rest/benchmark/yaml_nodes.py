"""Reads a YAML or JSON Lines file into nodes that keep what was written, and where.

YAML guesses: it takes `1.10` for 1.1, `010` for 8, `no` for false, `12:30` for 750 and `2031-03-01`
for a date. Here a scalar stays the text that is in the file. Tags are refused, depth and number of
nodes are bounded, and an alias is the node it names and not a copy, so that nothing expands.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pytest_rest import safe_files, safe_yaml
from pytest_rest.errors import nearest

LARGEST_FILE = 32 << 20
LONGEST_LIST = 100_000
_MOST_NODES = 2_000_000
_DEEPEST = 8
_LONGEST_LINE = 4 << 20
_NESTED = re.compile(r"(?:[\[{]|- ){64}")  # which a reader may report in its own way
_TOO_LARGE = "is too large or too deep; see the format"
_UNREADABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_OTHERS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a ZIP file", b"\x1f\x8b": "gzip"}


class PlaceError(Exception):
    """What is wrong in a file, and on which line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line

    def located(self, path: Path) -> str:
        """The text with file and line before it."""
        place = str(path) if str(path).isprintable() else repr(str(path))
        return f"{place}:{self.line}: {self}" if self.line else f"{place}: {self}"


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list or a mapping, and its line; for a mapping's value, the line of its key.

    `plain` is a text without quotes, which YAML or JSON might read as a number, a date or null.
    """

    line: int
    value: "str | tuple[Node, ...] | dict[str, Node]"
    plain: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was written, or null."""
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, of a bounded size; `PlaceError` for other files."""
    try:
        content = safe_files.read(path, LARGEST_FILE + 1)
    except OSError as error:
        raise PlaceError(0, f"cannot be read: {error.strerror}; check its path") from None
    if len(content) > LARGEST_FILE:
        raise PlaceError(0, f"has more than {LARGEST_FILE >> 20} MB; use several files")
    kind = next((kind for mark, kind in _OTHERS.items() if content.startswith(mark)), None)
    if kind or b"\0" in content[:4096]:
        raise PlaceError(0, f"is {kind or 'not text'}; save it as UTF-8 text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise PlaceError(line, f"the byte 0x{byte:02X} is not UTF-8; save it as UTF-8") from None


def read_yaml(text: str) -> Node:
    """The one document of a YAML file; `PlaceError` for what is not YAML."""
    if odd := _UNREADABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise PlaceError(line, f"holds the control character U+{ord(odd[0]):04X}; remove it")
    try:
        return _Builder(yaml.parse(text, Loader=safe_yaml.LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark
        line = mark.line + 1 if mark else 1
        fault = _TOO_LARGE if _NESTED.search(text) else _with_remedy(str(error.problem), text, line)
        raise PlaceError(line, fault) from None
    except yaml.YAMLError as error:
        raise PlaceError(1, f"cannot be read: {' '.join(str(error).split())}") from None


def read_json_lines(text: str) -> Iterator[Node]:
    """A node for each line that is not blank; `PlaceError` for one that is not JSON."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _LONGEST_LINE:
            raise PlaceError(number, f"has more than {_LONGEST_LINE >> 20} MB; split it")
        if line.strip():
            yield _read_json(line, number)


def check_keys(nodes: dict[str, Node], known: Sequence[str]) -> None:
    """Raise `PlaceError` for an unknown key."""
    for key, node in nodes.items():
        if key not in known:
            hint = f"{nearest(key, known)}; known are {', '.join(known)}"
            raise PlaceError(node.line, f"unknown key {quoted(key)}{hint}")


def text_of(nodes: dict[str, Node], key: str) -> str:
    """The text of a key, empty without one; `PlaceError` for anything but a text."""
    node = nodes.get(key)
    if node is None or node.is_nothing:
        return ""
    if not isinstance(node.value, str):
        raise PlaceError(node.line, f"{quoted(key)} is a list or a mapping; write one text")
    return node.value


def quoted(text: str) -> str:
    """A text from a file in quotes, on one line, and short."""
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}")


class _Builder:
    """Builds nodes from YAML's events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._count = self._depth = 0

    def document(self) -> Node:
        """The one document; for an empty file an empty, plain text."""
        root = Node(1, "", plain=True)
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    fault = "a second document begins with ---; use two files"
                    raise PlaceError(_line(event), fault)
                root = self._node(next(self._events))
        return root

    def _node(self, event: Any) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise PlaceError(line, f"*{event.anchor} names nothing above; put it in quotes")
            return self._anchors[event.anchor]
        if event.tag is not None:
            raise PlaceError(line, f"the tag {event.tag} is not read; put the text in quotes")
        self._count += 1
        if self._depth > _DEEPEST or self._count > _MOST_NODES:
            raise PlaceError(line, _TOO_LARGE)
        self._depth += 1
        node = self._build(event, line)
        self._depth -= 1
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _build(self, event: Any, line: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(line, event.value, plain=not event.style)
        if isinstance(event, yaml.SequenceStartEvent):
            return _listed(line, [self._node(e) for e in self._until(yaml.SequenceEndEvent)])
        pairs = []
        for start in self._until(yaml.MappingEndEvent):
            key = self._node(start)
            if not isinstance(key.value, str):
                raise PlaceError(key.line, "a key is a word, not a list or a mapping")
            pairs.append((key.value, replace(self._node(next(self._events)), line=key.line)))
        return _mapped(line, pairs)

    def _until(self, end: type) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


def _read_json(text: str, line: int) -> Node:
    def number(written: str) -> Node:
        return Node(line, written, plain=True)

    def refuse(word: str) -> None:
        raise PlaceError(line, f"{word} is not JSON; put it in quotes")

    def mapping(pairs: list[tuple[str, Any]]) -> Node:
        return _mapped(line, [(key, node(value)) for key, value in pairs])

    def node(value: Any) -> Node:
        if isinstance(value, Node):
            return value
        if isinstance(value, str):
            return _scalar(line, value)
        if isinstance(value, list):
            return _listed(line, list(map(node, value)))
        return number({True: "true", False: "false"}.get(value, "null"))

    hooks: dict[str, Any] = {"parse_int": number, "parse_float": number, "parse_constant": refuse}
    try:
        return node(json.loads(text, object_pairs_hook=mapping, **hooks))
    except json.JSONDecodeError as error:
        detail = f"{error.msg}, at character {error.colno}"
        raise PlaceError(line, f"is not JSON: {detail}; write one object on the line") from None
    except RecursionError:
        raise PlaceError(line, "is too deep; see the format") from None


def _scalar(line: int, text: str, plain: bool = False) -> Node:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise PlaceError(line, "holds half of a character (a surrogate); write the whole one")
    return Node(line, text, plain)


def _listed(line: int, nodes: list[Node]) -> Node:
    if len(nodes) > LONGEST_LIST:
        raise PlaceError(line, f"has more than {LONGEST_LIST:,} entries; use several files")
    return Node(line, tuple(nodes))


def _mapped(line: int, pairs: list[tuple[str, Node]]) -> Node:
    mapping: dict[str, Node] = {}
    for key, node in pairs:
        _scalar(node.line, key)
        if key in mapping:
            first = mapping[key].line
            place = f", first in line {first}" if first != node.line else ""
            raise PlaceError(node.line, f"key {quoted(key)} is given twice{place}; remove one")
        mapping[key] = node
    return Node(line, mapping)


def _with_remedy(problem: str, text: str, line: int) -> str:
    """YAML's complaint with the remedy that helps most often."""
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "a tab indents it; indent with spaces"
    if "mapping values" in problem:
        return "a text with a colon and a space needs quotes: question: 'Total: how much?'"
    return (
        f"is not YAML ({problem}); put each key exactly below the item's first, and a text with "
        "punctuation in quotes"
    )
