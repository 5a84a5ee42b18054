"""Deals a run's items into shards: parts that are asked apart and judged together.

An item is in one shard with all its styles, and with the items that read the same under another
name, so no prompt is asked in two shards. Items are dealt by suite and id, like cards, so that the
shards of a suite differ by one item at most; the order in which items come does not matter.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rest.errors import OptionError
from pytest_rest.terms import Item

_SPEC = re.compile(r"(\d{1,4})/(\d{1,4})")


@dataclass(frozen=True)
class Shard:
    """The `number`-th of so many; the first is 1."""

    number: int
    of: int

    @property
    def name(self) -> str:
        """`1/3`."""
        return f"{self.number}/{self.of}"

    def holds(self, items: Iterable[Item]) -> set[tuple[str, str]]:
        """Suite and id of the items that are in this shard."""
        alike: dict[Any, set[tuple[str, str]]] = defaultdict(set)
        for item in items:
            seen = item.question, item.context, item.choices, item.answer_kind, item.image_digest
            alike[seen, item.document].add((item.suite, item.id))
        dealt: dict[tuple[str, str], int] = {}
        for turn, keys in enumerate(sorted(alike.values(), key=min)):
            for key in keys:
                dealt.setdefault(key, turn % self.of + 1)
        return {key for key, number in dealt.items() if number == self.number}


def parse(text: str) -> Shard:
    """Read `1/3`; `OptionError` if it is not a shard."""
    match = _SPEC.fullmatch(text)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise OptionError(
            f"--rest-shard {text!r} is not a shard; give i/n with i from 1 to n, such as 1/3"
        )
    return shard


def whole(tests: Iterable[Sequence[str]]) -> dict[str, Any]:
    """What all shards together must hold: the number of tests, and a digest of their names."""
    names = sorted({json.dumps([*test]) for test in tests})
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    return {"tests": len(names), "fingerprint": digest}
