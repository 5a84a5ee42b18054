"""Write the tables of docs/report-json.md from the schema of report.json.

.venv/bin/python scripts/report_json.py
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "report-json.md"
SCHEMA = ROOT / "pytest_rest" / "reporting" / "report.schema.json"
BEGIN, END = "<!-- made by scripts/report_json.py -->\n", "<!-- end -->\n"
Schema = Mapping[str, Any]


def main() -> None:
    """Write the page."""
    FILE.write_text(page(FILE.read_text("utf-8")), "utf-8")


def page(text: str) -> str:
    """The page with its tables made anew."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{''.join(tables())}{END}{rest.partition(END)[2]}"


def tables() -> Iterator[str]:
    """A heading and a table for the report's own keys, and for each noun that they are made of."""
    schema = json.loads(SCHEMA.read_text("ascii"))
    yield from _table("The report", schema)
    for name, noun in schema["$defs"].items():
        yield from _table(_title(name), noun)
    yield "\n"


def _table(title: str, schema: Schema) -> Iterator[str]:
    yield f"\n## {title}\n\n{schema['description']}\n\n| key | is | meaning |\n|---|---|---|\n"
    yield from _rows(schema, "")


def _rows(schema: Schema, place: str) -> Iterator[str]:
    """A row for each key below an object, and below what it holds."""
    for key, value in schema.get("properties", {}).items():
        path = f"{place}{key}"
        maybe = "" if key in schema["required"] else ", or absent"
        yield f"| `{path}` | {_kind(value)}{maybe} | {value['description']} |\n"
        yield from _below(value, path)


def _below(schema: Schema, path: str) -> Iterator[str]:
    """The rows of an object's keys, of a list's entries, and of what a map holds by name."""
    held = _not_null(schema)
    if "properties" in held:
        yield from _rows(held, f"{path}.")
    elif "items" in held:
        yield from _below(held["items"], f"{path}[]")
    elif isinstance(held.get("additionalProperties"), dict):
        yield from _below(held["additionalProperties"], f"{path}.*")


def _not_null(schema: Schema) -> Schema:
    choices = [each for each in schema.get("oneOf", [schema]) if each.get("type") != "null"]
    held: Schema = choices[0]
    return held


def _kind(schema: Schema) -> str:
    """What a value is, in words: `number or null`, `list of [answer](#answer)`."""
    held = _not_null(schema)
    null = " or null" if held is not schema else ""
    if "$ref" in held:
        name = held["$ref"].rpartition("/")[2]
        title = _title(name)
        return f"[{title.lower()}](#{title.lower().replace(' ', '-')}){null}"
    if "enum" in held:
        words = ", ".join(f"`{word}`" for word in held["enum"] if word is not None)
        return words + (" or null" if None in held["enum"] else null)
    if "const" in held:
        return f"`{held['const']}`"
    kinds = held["type"] if isinstance(held["type"], list) else [held["type"]]
    if "items" in held:
        return f"list of {_kind(held['items'])}{null}"
    if isinstance(held.get("additionalProperties"), dict):
        return f"{_kind(held['additionalProperties'])}, by name{null}"
    return " or ".join(kinds) + null


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


if __name__ == "__main__":
    main()
