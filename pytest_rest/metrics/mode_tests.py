"""Turns records into paired t-tests of one mode's correctness against another's.

The pairs are REST's own (arXiv 2512.08923, which found text > image and image < mixed), and the
modes that transcribe first against the image form. The difference is the accuracy of the first mode
named less that of the second, whichever is higher here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rest.metrics import Subset
from pytest_rest.metrics.agreement import Counted, by_suite, expanded
from pytest_rest.statistics.paired import Difference, difference
from pytest_rest.terms import Mode, Record

PAIRS: dict[str, tuple[Mode, Mode]] = {
    "text>image": ("text", "image"),
    "image<mixed": ("image", "mixed"),
    "text>mixed": ("text", "mixed"),
    "ocr-first>image": ("ocr-first", "image"),
    "ocr-then-solve>image": ("ocr-then-solve", "image"),
}


@dataclass(frozen=True, slots=True)
class ModeTest:
    """One pair of modes in every scope and subset; None if no item was asked in both."""

    name: str
    scopes: Mapping[str, Mapping[Subset, Difference | None]]

    def to_builtins(self) -> dict[str, Any]:
        """The pooled test on all items, and below `scopes` all tests."""
        scopes = {
            scope: {subset: _builtins(test) for subset, test in subsets.items()}
            for scope, subsets in self.scopes.items()
        }
        return {**(scopes["pooled"]["all"] or {}), "scopes": scopes}


def compare(records: Sequence[Record]) -> list[ModeTest]:
    """A test for each pair of modes that some item was asked in, by suite and pooled.

    An item's correctness in several styles is averaged first, so n is a number of items. The
    records are those of items without a lost one.
    """
    suites = {
        suite: Counter(group.counted for group in groups)
        for suite, groups in by_suite(records).items()
    }
    pooled = sum(suites.values(), Counter())
    compared = []
    for name, modes in PAIRS.items():
        tests = {suite: _tests(numbers, *modes) for suite, numbers in suites.items()}
        tests["pooled"] = next(iter(tests.values())) if len(tests) == 1 else _tests(pooled, *modes)
        if tests["pooled"]["all"] is not None:
            compared.append(ModeTest(name, tests))
    return compared


def _tests(
    numbers: Mapping[Counted, int], one: Mode, other: Mode
) -> dict[Subset, Difference | None]:
    of_all, read = _test(numbers, one, other), {c: n for c, n in numbers.items() if c.is_read_right}
    same = len(read) == len(numbers)
    return {"all": of_all, "ocr_correct": of_all if same else _test(read, one, other)}


def _test(numbers: Mapping[Counted, int], one: Mode, other: Mode) -> Difference | None:
    def gained(counted: Counted) -> float | None:
        a, b = counted.share_right(one), counted.share_right(other)
        return None if a is None or b is None else a - b

    return difference(*expanded(numbers, gained))


def _builtins(test: Difference | None) -> dict[str, Any] | None:
    if test is None:
        return None
    first = {name: getattr(test, name) for name in ("t", "df", "p", "n")}
    return {**first, "difference": test.value, "low": test.low, "high": test.high}
