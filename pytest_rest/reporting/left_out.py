"""Names the items that cannot be asked and were left out, and those that are lost for that."""

from dataclasses import dataclass

from pytest_rest.wording import count

UNASKABLE = "cannot be asked: "  # how the reason of a lost item begins that would be lost again


@dataclass(frozen=True)
class LeftOut:
    """An item that cannot be asked and was left out: one style in which it cannot, and why.

    `place` is the file and line where it is written, if it is in a benchmark file.
    """

    suite: str
    item: str
    style: str
    place: str
    reason: str


def said(n: int) -> str:
    """`3 items left out, which cannot be asked`."""
    return f"{count(n, 'item')} left out, which cannot be asked"
