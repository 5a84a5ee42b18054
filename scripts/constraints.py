"""Write constraints.txt: what the tests run with, each distribution by its exact version.

    python3 -m venv .venv && .venv/bin/pip install -e ".[dev]"
    .venv/bin/python scripts/constraints.py

Only names and versions are written. What only some systems or versions of Python install is kept
from the file that is there, so that one machine does not drop what another one needs.
"""

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

FILE = Path(__file__).parents[1] / "constraints.txt"
HEAD = "# What the tests run with; made by scripts/constraints.py in a new virtual environment.\n"
NOT_OURS = {"pip", "setuptools", "wheel", "pytest-rest"}


def main() -> None:
    """Write the file."""
    pinned = dict(line.split("==") for line in _lines() if "==" in line)
    pinned |= {
        _name(each): each.version.partition("+")[0]  # without what names one machine's build
        for each in distributions()
        if _name(each) not in NOT_OURS
    }
    FILE.write_text(HEAD + "".join(f"{name}=={pinned[name]}\n" for name in sorted(pinned)), "utf-8")


def _lines() -> list[str]:
    return FILE.read_text("utf-8").splitlines() if FILE.is_file() else []


def _name(distribution: Distribution) -> str:
    """The normalised name, as the standard for simple repositories has it."""
    return re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()


if __name__ == "__main__":
    main()
