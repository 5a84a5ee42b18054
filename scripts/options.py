"""Write the tables of docs/options.md from the table of options.

.venv/bin/python scripts/options.py
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_rest.plugin.options import GROUPS, Option

FILE = Path(__file__).parents[1] / "docs" / "options.md"
MORE = {
    "What is asked": "[styles](styles.md), [gateways](gateways.md), [reasoning](reasoning.md) and "
    "[protocol.yaml](../pytest_rest/prompts/protocol.yaml), whose copy holds your own prompts",
    "Which items": "[data sets](data-sets.md) and [your own benchmark](own-benchmark.md)",
    "The gate": "[gating releases](releases.md)",
    "How it is asked": "[performance](performance.md)",
    "Runs and reports": "[stored answers](stored-answers.md) and "
    "[reading the report](reading-the-report.md)",
    "Fuzzing": "[fuzzing](fuzzing.md)",
}
BEGIN, END = "<!-- made by scripts/options.py -->\n", "<!-- end -->\n"


def main() -> None:
    """Write the page."""
    FILE.write_text(page(FILE.read_text("utf-8")), "utf-8")


def page(text: str) -> str:
    """The page with its tables made anew."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{''.join(tables())}{END}{rest.partition(END)[2]}"


def tables() -> Iterator[str]:
    """A heading and a table for each group of options."""
    for heading, options in GROUPS.items():
        more = f"More in {MORE[heading]}.\n\n" if heading in MORE else ""
        yield f"\n## {heading}\n\n{more}| option | ini file | meaning |\n|---|---|---|\n"
        yield from map(_row, options)
    yield "\n"


def _row(option: Option) -> str:
    usage = f"{option.name} [{option.metavar}]" if option.alone else option.usage
    meaning = re.sub(r"(?<!`)(--rest-[a-z-]+)", r"`\1`", option.text)
    meaning = re.sub(r"\b(my\.yaml|report\.json|report\.html|NAME\.rest\.yaml)\b", r"`\1`", meaning)
    return f"| `{usage}` | `{option.key}` | {meaning} |\n"


if __name__ == "__main__":
    main()
