"""Tells GitHub's runner what is to be shown of a run: on its page, and as annotations."""

import os
from pathlib import Path


def is_here() -> bool:
    """Whether a runner of GitHub reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def add_to_summary(text: str) -> str:
    """Add to the step's summary, where there is one; why it cannot be written, or nothing."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            return f"the summary {path!r} cannot be written: {error.strerror}"
    return ""
