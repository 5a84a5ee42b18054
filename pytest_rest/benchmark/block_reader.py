"""Reads what an item shows beside running text: a table, code, or a context in columns."""

import re
from dataclasses import replace
from pathlib import Path

from pytest_rest.benchmark import table_file
from pytest_rest.benchmark.own_files import OwnFiles
from pytest_rest.benchmark.yaml_nodes import (
    Node,
    PlaceError,
    check_keys,
    quoted,
    read_text,
    text_of,
)
from pytest_rest.terms import LAYOUTS, Code, DataTable, Item, Layout

MOST_CHARACTERS = 100_000  # of code
# The language of a file by its ending; the names are Pygments's.
LANGUAGES = {
    **{".py": "python", ".pyi": "python", ".ipynb": "json", ".r": "r", ".jl": "julia"},
    **{".js": "javascript", ".mjs": "javascript", ".jsx": "jsx", ".ts": "typescript"},
    **{".tsx": "tsx", ".java": "java", ".kt": "kotlin", ".scala": "scala", ".groovy": "groovy"},
    **{".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp", ".cs": "csharp"},
    **{".go": "go", ".rs": "rust", ".swift": "swift", ".m": "matlab", ".f90": "fortran"},
    **{".rb": "ruby", ".php": "php", ".pl": "perl", ".lua": "lua", ".dart": "dart"},
    **{".hs": "haskell", ".ml": "ocaml", ".ex": "elixir", ".erl": "erlang", ".clj": "clojure"},
    **{".sh": "bash", ".bash": "bash", ".ps1": "powershell", ".bat": "batch", ".sql": "sql"},
    **{".html": "html", ".css": "css", ".xml": "xml", ".json": "json", ".yaml": "yaml"},
    **{".yml": "yaml", ".toml": "toml", ".ini": "ini", ".tex": "latex", ".md": "markdown"},
    **{".diff": "diff", ".patch": "diff", ".tf": "terraform", ".proto": "protobuf"},
}
_NAME = re.compile(r"[\w+#.-]{1,40}")


class BlockReader:
    """Reads the blocks of one file's items, from its folder."""

    def __init__(self, folder: Path, files: OwnFiles) -> None:
        self._folder, self._files = folder, files
        self._tables: dict[str, DataTable] = {}

    def read(self, item: Item, keys: dict[str, Node]) -> Item:
        """The item with its table, its code or its layout, of which it has one."""
        layout = _layout(keys) if item.context else ""
        table, code = self._table(keys.get("table"), item.id), self._code(keys)
        item = replace(item, table=table, code=code, layout=layout)
        named = [key for key in ("table", "code", "layout") if getattr(item, key)]
        if len(named) > 1:
            fault = f"the item has {' and '.join(named)}; keep one, and write {named[-1]}: null"
            raise PlaceError(keys[named[-1]].line, fault)
        return item

    def _table(self, node: Node | None, item: str) -> DataTable | None:
        """The table that an item is about; each file is read once."""
        if node is None or node.is_nothing:
            return None
        if isinstance(node.value, dict):
            check_keys(node.value, ("file", "picture"))
            if (table := self._table(node.value.get("file"), item)) is None:
                raise PlaceError(node.line, "a table's picture stands beside its file:")
            if not text_of(node.value, "picture"):
                return table
            place, digest = self._files.picture("picture", node.value["picture"], item)
            return replace(table, picture=place, picture_digest=digest)
        if not isinstance(node.value, str):
            return table_file.of_node(node)
        path = self._files.below("table", node.value, node.line)
        if Path(path).suffix.lower() not in table_file.SUFFIXES:
            known = ", ".join(table_file.SUFFIXES)
            raise PlaceError(node.line, f"table {quoted(node.value)} is not one of {known}")
        if path not in self._tables:
            try:
                self._tables[path] = table_file.read(self._folder / path)
            except PlaceError as error:
                raise PlaceError(node.line, f"table {error.located(Path(path))}") from None
        return self._tables[path]

    def _code(self, keys: dict[str, Node]) -> Code | None:
        """The code of an item, and its language: a file's by its ending.

        A text without a line break is a file where there is one of that name, or where it ends as
        one does and has no blank.
        """
        if not (written := text_of(keys, "code")).strip():
            return None
        line, language = keys["code"].line, text_of(keys, "language").strip().lower()
        if language and not _NAME.fullmatch(language):
            fault = f"language {quoted(language)} is not a name, such as python"
            raise PlaceError(keys["language"].line, fault)
        ending = Path(written).suffix.lower()
        is_name = ending in LANGUAGES and not re.search(r"\s", written)
        if "\n" not in written and (is_name or self._is_file(written)):
            written = self._source(written, line)
            language = language or LANGUAGES.get(ending, "")
        if len(written) > MOST_CHARACTERS:
            limit = f"more than {MOST_CHARACTERS:,} characters"
            raise PlaceError(line, f"the code has {limit}; use a part of it")
        return Code(written.rstrip().lstrip("\r\n"), language)

    def _source(self, name: str, line: int) -> str:
        path = self._files.below("code", name, line)
        try:
            source = read_text(self._folder / path)
        except PlaceError as error:
            remedy = "or write code that looks like a file's name below code: |"
            raise PlaceError(line, f"code {error.located(Path(path))}, {remedy}") from None
        if not source.strip():
            raise PlaceError(line, f"code {quoted(name)} is an empty file; leave the key out")
        return source

    def _is_file(self, name: str) -> bool:
        try:
            return (self._folder / name).is_file()
        except (OSError, ValueError):  # such as a name that is too long
            return False


def _layout(keys: dict[str, Node]) -> Layout:
    written = text_of(keys, "layout").strip()
    for layout in LAYOUTS:
        if layout == written:
            return layout
    if written:
        fault = f"unknown layout {quoted(written)}; known are {', '.join(LAYOUTS)}"
        raise PlaceError(keys["layout"].line, fault)
    return ""
