"""Reads a mapping: what a file of stored answers calls the columns, and which forms a row has.

columns:               # this project's name, and the file's; a dot goes into what is nested
  item: id
  expected: labels
set:                   # what is the same in every row
  suite: tables
  kind: short
forms:                 # of wide rows, which hold several answers: one entry for each
  - {form: text, format: html, value: text.html}
  - {form: image, format: html, value: image.html}
ignore: [category]     # columns that are not read; `all` for all others
filter: strict-match   # of a harness's log whose rows come once for each of its filters
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rest.benchmark import yaml_nodes
from pytest_rest.benchmark.stored.cells import COLUMNS
from pytest_rest.benchmark.suites.rows import RowError
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, check_keys, quoted, text_of
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import MODES

_KEYS = ("columns", "set", "forms", "ignore", "filter")
_OF_FORM = ("form", "format", "style", "repeat")  # of an entry of `forms`, as they stand
_FOUND = ("answer", "value", "correct", "error", "tokens")  # of one, where its columns are
_ALL = "all"
_MOST_FORMS = 1_000


@dataclass(frozen=True)
class Mapped:
    """A mapping's content; without a file the columns have this project's own names."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    forms: tuple[Mapping[str, str], ...] = ()
    ignored: frozenset[str] = frozenset()
    filter: str = ""

    def calls(self, cells: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The cells of each call in a row, by this project's names; `RowError` if one lacks."""
        shared: dict[str, Any] = {**self.constants}
        for name in COLUMNS:
            if name not in shared and (name in self.columns or name in cells):
                shared[name] = _at(cells, self.columns.get(name, name))
        forms = self._forms(cells)
        if not forms:
            yield shared
        for form in forms:
            own = {n: _at(cells, c) if n in _FOUND else c for n, c in form.items()}
            yield {**shared, **own}

    def unknown(self, cells: Mapping[str, Any]) -> list[str]:
        """The columns of a row that nothing reads, in their order."""
        if _ALL in self.ignored:
            return []
        forms = self._forms(cells)
        found = [form[name] for form in forms for name in _FOUND if name in form]
        read = {*COLUMNS, *self.columns.values(), *found} - {*self.columns} | self.ignored
        read |= {path.partition(".")[0] for path in read if path not in cells}
        return [name for name in cells if name not in read]

    def _forms(self, cells: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
        """The entries of `forms`; without any, a column that is named as a form is one."""
        if self.forms or "form" in (*cells, *self.columns, *self.constants):
            return self.forms
        return [{"form": mode, "answer": mode} for mode in MODES if mode in cells]


OWN = Mapped({}, {})


def load(path: Path) -> Mapped:
    """The mapping in a YAML file; `BenchmarkError` is one line with file, line and fault."""
    try:
        return _read(yaml_nodes.read_yaml(yaml_nodes.read_text(path)))
    except PlaceError as error:
        raise BenchmarkError(error.located(path)) from None


def _read(root: Node) -> Mapped:
    if not isinstance(root.value, dict):
        raise PlaceError(root.line, "does not begin with a key; write columns: and those below it")
    keys = root.value
    check_keys(keys, _KEYS)
    forms = _listed(keys.get("forms"), "forms")
    if len(forms) > _MOST_FORMS:
        raise PlaceError(forms[0].line, f"has more than {_MOST_FORMS:,} forms")
    return Mapped(
        columns={n: p.lower() if "." not in p else p for n, p in _texts(keys, "columns").items()},
        constants=_texts(keys, "set"),
        forms=tuple(map(_form, forms)),
        ignored=frozenset(_ignored(keys.get("ignore"))),
        filter=text_of(keys, "filter"),
    )


def _texts(keys: Mapping[str, Node], key: str) -> dict[str, str]:
    node = keys.get(key)
    if node is None or node.is_nothing:
        return {}
    if not isinstance(node.value, dict):
        raise PlaceError(node.line, f"{key} is a mapping, such as {key}: {{item: id}}")
    check_keys(node.value, COLUMNS)
    return {name: _filled(node.value, name) for name in node.value}


def _form(node: Node) -> dict[str, str]:
    if not isinstance(node.value, dict):
        raise PlaceError(node.line, "a form is a mapping, such as {form: text, answer: text}")
    check_keys(node.value, (*_OF_FORM, *_FOUND))
    if not {"answer", "value"} & set(node.value):
        raise PlaceError(node.line, "a form names the column of its answer, or of its value")
    return {name: _filled(node.value, name) for name in node.value}


def _filled(nodes: dict[str, Node], name: str) -> str:
    text = text_of(nodes, name).strip()
    if not text:
        raise PlaceError(nodes[name].line, f"{quoted(name)} is empty; write a text, or drop it")
    return text


def _ignored(node: Node | None) -> list[str]:
    if node is not None and node.value == _ALL:
        return [_ALL]
    names = _listed(node, "ignore")
    return [text_of({"ignore": name}, "ignore").strip().lower() for name in names]


def _listed(node: Node | None, key: str) -> tuple[Node, ...]:
    if node is None or node.is_nothing:
        return ()
    if not isinstance(node.value, tuple):
        raise PlaceError(node.line, f"{key} is a list; begin each entry with a dash")
    return node.value


def _at(cells: Mapping[str, Any], path: str) -> Any:
    """What is in a column, or in what is nested in it."""
    if path in cells:
        return cells[path]
    first, *names = path.split(".")
    found: Any = cells.get(first.lower(), cells)
    for name in names or [path]:
        if not isinstance(found, dict) or name not in found:
            raise RowError(f"it has no column {quoted(path)}")
        found = found[name]
    return found
