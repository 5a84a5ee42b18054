"""Turns the name of a suite, as a user writes it, into its items."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pytest_rest.errors import BenchmarkError, nearest
from pytest_rest.suites import soebench
from pytest_rest.terms import Item

DEFAULT = "soebench:50"

_SPEC = re.compile(r"(?P<name>[^:]{1,200})(?::(?P<n>[+-]?\d{1,9}))?")


@dataclass(frozen=True)
class Suite:
    """Where a suite's items come from: `generate(n, seed)`, up to `largest` of them."""

    generate: Callable[[int, int], list[Item]]
    default: int
    largest: int


SUITES = {soebench.NAME: Suite(soebench.generate, default=50, largest=100_000)}


def load(spec: str, seed: int = 0) -> list[Item]:
    """The items of `NAME[:N]`; equal for equal seeds, on every platform and in every process.

    Raises `BenchmarkError` for an unknown suite and for an N that the suite cannot give.
    """
    match = _SPEC.fullmatch(spec.strip())
    if not match:
        raise BenchmarkError(f"suite {spec!r} cannot be read; write NAME or NAME:N")
    name = match["name"]
    if name not in SUITES:
        known = ", ".join(SUITES)
        raise BenchmarkError(f"unknown suite {name!r}{nearest(name, SUITES)}; known are {known}")
    suite = SUITES[name]
    n = suite.default if match["n"] is None else int(match["n"])
    if not 1 <= n <= suite.largest:
        raise BenchmarkError(
            f"suite {spec!r}: N is {n}, but {name} has 1 to {suite.largest:,} items"
        )
    return suite.generate(n, seed)


def fingerprint(digests: Iterable[str]) -> str:
    """Sixteen hex digits of the items with these digests, whatever their order."""
    return hashlib.sha256(" ".join(sorted(digests)).encode()).hexdigest()[:16]
