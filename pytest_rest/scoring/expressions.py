"""Turns an expression that a model wrote into a value that equal expressions share.

Answers agree if their values are equal strings: verdicts, metrics over styles and stored runs all
depend on that, and none of them knows an item's kind. So the value is a normal form, and that of an
expression that equals the item's own answer is the normal form of that answer.

- **Equal to the answer** means equal, as a real function, wherever both are defined. Both sides are
  computed with 450 digits at fixed points: that takes bounded time, works for any identity, and
  does not depend on what a simplifier happens to find.
- **The normal form** (`normal_form`) decides between two wrong answers. Two ways of writing one
  wrong answer may count as different if only an identity of trigonometry, logarithms or roots makes
  them equal.
"""

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from pytest_rest.scoring.formula_parser import Formula, read
from pytest_rest.scoring.normal_form import write

_DIGITS = 450
_SAME = 250  # digits that equal values share
_NOTHING = 300  # digits after which a sum or a function is 0: sin(pi) is not exactly 0
_REACH = 100  # what is beyond 1e100, or closer to 0 than 1e-100, is not computed
_POINTS, _FEWEST = 12, 3  # points, and at how many of them both sides must be defined

_DOMAINS: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: x > 0,
    "sqrt": lambda x: x >= 0,
    "asin": lambda x: abs(x) <= 1,
    "acos": lambda x: abs(x) <= 1,
}


def value(text: str, truth: str) -> str | None:
    """The value of an expression for an item whose answer is `truth`; None if it has none.

    Bounded in length, depth, exponents and size, so that any text takes a fraction of a second.
    """
    formula, own = read(text), read(truth)
    if formula is None:
        return None
    if own is not None and own != formula and _equal(formula, own):
        return write(own)
    return write(formula)


class _UndefinedError(ArithmeticError):
    """A value is not real, or out of reach."""


def _equal(one: Formula, other: Formula) -> bool:
    names = sorted(_names(one) | _names(other))
    points, fewest = (_POINTS, _FEWEST) if names else (1, 1)
    defined = 0
    for number in range(points):
        if points - number < fewest - defined:
            break
        machine = _Machine(names, number)
        results = machine.result(one), machine.result(other)
        if None not in results:
            if not machine.is_same(*results):
                return False
            defined += 1
    return defined >= fewest


def _names(formula: Formula) -> set[str]:
    own = {formula.text} if formula.head == "name" else set()
    return own.union(*map(_names, formula.parts))


@functools.cache
def _arithmetic() -> Any:
    from mpmath import MPContext  # type: ignore[import-untyped]  # sympy's own dependency

    context = MPContext()
    context.dps = _DIGITS
    return context


class _Machine:
    """Computes real values with 450 digits, with the names at one of the fixed points."""

    def __init__(self, names: list[str], number: int) -> None:
        self._math = _arithmetic()
        self._same, self._nothing, self._least, self._most = (
            self._math.mpf(10) ** power for power in (-_SAME, -_NOTHING, -_REACH, _REACH)
        )
        self._point = {name: self._coordinate(name, number) for name in names}

    def result(self, formula: Formula) -> Any:
        """The value; None if it is not real or out of reach."""
        try:
            return self._compute(formula)
        except (ArithmeticError, ValueError):
            return None

    def is_same(self, one: Any, other: Any) -> bool:
        """Equal in 250 digits."""
        return bool(abs(one - other) <= max(abs(one), abs(other)) * self._same)

    def _coordinate(self, name: str, number: int) -> Any:
        """For a third of the points each: whole numbers from 2, from 0 to 1, from -4 to 4."""
        drawn = hashlib.sha256(f"{name}/{number}".encode()).digest()
        share = self._math.mpf(int.from_bytes(drawn[:4]) | 1) / 2**32
        whole = 2 + number // 3 + hashlib.sha256(name.encode()).digest()[0] % 5
        return (self._math.mpf(whole), share, 8 * share - 4)[number % 3]

    def _compute(self, formula: Formula) -> Any:
        head = formula.head
        if head == "name":
            return self._point[formula.text]
        if head == "number":
            return self._math.mpf(formula.text)
        if head in ("pi", "e"):
            return +getattr(self._math, head)
        parts = [self._compute(part) for part in formula.parts]
        if head in ("*", "inv", "^", "exp"):
            return self._within(self._multiplied(head, *parts))
        if head in _DOMAINS and not _DOMAINS[head](parts[0]):
            raise _UndefinedError
        if head == "neg":
            return -parts[0]
        if head == "+":
            return self._near(self._math.fsum(parts))
        return self._near(getattr(self._math, "fabs" if head == "abs" else head)(parts[0]))

    def _multiplied(self, head: str, one: Any, *others: Any) -> Any:
        if head == "*":
            return self._math.fprod([one, *others])
        if head in ("inv", "exp"):
            return 1 / one if head == "inv" else self._math.exp(one)
        (exponent,) = others
        if (one < 0 and exponent != int(exponent)) or (one == 0 and exponent <= 0):
            raise _UndefinedError
        return one**exponent

    def _near(self, value: Any) -> Any:
        """The value, or 0 if it is nearly 0: a sum whose parts cancel, the sine of pi."""
        return 0 * value if abs(value) < self._nothing else self._within(value)

    def _within(self, value: Any) -> Any:
        if value != 0 and not self._least <= abs(value) <= self._most:
            raise _UndefinedError
        return value
