"""Turns the tree of a formula into one text for all formulas that equal it, as far as possible.

sympy multiplies out and cancels, so that a fraction of polynomials has exactly one form. It parses
and evaluates nothing: it gets trees built by its constructors, whose numbers, exponents and
expanded size were bounded first. What is too large to multiply out stays as it is written, and what
has no real and finite value, or is too large to write down, has no form.
"""

import functools
import math
from typing import Any

from pytest_rest.scoring.formula_parser import LONGEST, Formula, read

_ROUNDS = 3
_LARGEST_EXPONENT = 100
_LARGEST_NUMBER = 330  # bits: a hundred digits
_MOST_TERMS, _HIGHEST_DEGREE, _MOST_KERNELS = 60, 30, 6  # of what is multiplied out


class _UnwritableError(ArithmeticError):
    """A formula has no real and finite value, or is too large."""


@functools.lru_cache(maxsize=1024)
def write(formula: Formula) -> str | None:
    """The normal form, which is its own normal form; None if there is none."""
    try:
        form = _written(formula)
        for _ in range(_ROUNDS):
            before, again = form, read(form)
            form = _written(again) if again else ""
            if form == before:
                return form or None
    except Exception:  # sympy raises whatever its parts raise
        return None
    return None


def _written(formula: Formula) -> str:
    import sympy  # imported when first used: most of a second

    built = _built(formula, sympy)
    for small in (built, sympy.together(built)):  # over one denominator it may be smaller, or not
        if _is_small(small, sympy):
            return _printed(sympy.cancel(sympy.expand(small)))
    return _printed(built)


def _printed(built: Any) -> str:
    text: str = _printer().doprint(built).replace("**", "^")
    if len(text) > LONGEST:
        raise _UnwritableError
    return text


@functools.cache
def _printer() -> Any:
    from sympy.printing.str import StrPrinter

    class Printer(StrPrinter):  # type: ignore[misc]
        """Writes what `formula_parser` reads, where `E` is a name."""

        def _print_Exp1(self, _: object) -> str:  # noqa: N802
            return "e"

    return Printer()


def _built(formula: Formula, sympy: Any) -> Any:
    """The tree in sympy's constructors, checked as it grows."""
    head = formula.head
    if head == "number":
        return sympy.Rational(formula.text)
    if head == "name":
        return sympy.Symbol(formula.text)
    if head in ("pi", "e"):
        return sympy.pi if head == "pi" else sympy.E
    parts = [_built(part, sympy) for part in formula.parts]
    if head in ("^", "exp"):
        base, exponent = parts if head == "^" else (sympy.E, *parts)
        return _checked(_power(base, exponent, sympy), sympy)
    if head in ("+", "*"):
        return _checked((sympy.Add if head == "+" else sympy.Mul)(*parts), sympy)
    if head in ("neg", "inv"):
        return _checked(-parts[0] if head == "neg" else 1 / parts[0], sympy)
    return _checked(_applied(head, parts[0], sympy), sympy)


def _power(base: Any, exponent: Any, sympy: Any) -> Any:
    """A power; a root of a power becomes a symbol: sympy would check assumptions of all parts."""
    base, exponent = (
        sympy.expand(each) if _is_small(each, sympy) else each for each in (base, exponent)
    )
    if _numbers(exponent, sympy) > _LARGEST_EXPONENT:
        raise _UnwritableError
    powers = [e for e in sympy.Mul.make_args(base) if e.is_Pow or isinstance(e, sympy.exp)]
    if exponent.is_Integer or all(part.is_Atom for power in powers for part in power.args):
        return base**exponent
    return sympy.Symbol(f"({_printed(sympy.Pow(base, exponent, evaluate=False))})")


def _applied(name: str, argument: Any, sympy: Any) -> Any:
    """A function by name alone: sympy's own check their arguments' assumptions endlessly."""
    if (argument / sympy.pi).is_Rational or argument.is_Rational or argument is sympy.E:
        return getattr(sympy, "Abs" if name == "abs" else name)(argument)
    return sympy.Function(name)(argument)


def _checked(built: Any, sympy: Any) -> Any:
    """The same, if it is real and finite, and its numbers and exponents are small."""
    if built.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise _UnwritableError
    exponents = [power.args[-1] for power in built.atoms(sympy.Pow, sympy.exp)]
    if any(_numbers(each, sympy) > _LARGEST_EXPONENT for each in exponents):
        raise _UnwritableError
    if _numbers(built, sympy).bit_length() > _LARGEST_NUMBER:
        raise _UnwritableError
    return built


def _numbers(built: Any, sympy: Any) -> int:
    """The sum of all numbers in it, of each the larger of numerator and denominator."""
    return sum(max(abs(each.p), each.q) for each in built.atoms(sympy.Rational))


def _is_small(built: Any, sympy: Any) -> bool:
    """Whether it stays small when multiplied out."""
    kinds = (sympy.Symbol, sympy.Function, sympy.NumberSymbol, sympy.Pow)
    kernels = [e for e in built.atoms(*kinds) if not (e.is_Pow and e.args[1].is_Integer)]
    try:
        _extent(built, sympy)
    except _UnwritableError:
        return False
    return len(kernels) <= _MOST_KERNELS


def _extent(built: Any, sympy: Any) -> tuple[int, int, int]:
    """Bounds of what it is multiplied out: terms of numerator and denominator, and degree."""
    parts = [_extent(part, sympy) for part in built.args]
    overs, unders, degrees = zip(*parts, strict=True) if parts else ((1,), (1,), (1,))
    over, under, degree = math.prod(overs), math.prod(unders), sum(degrees)
    if built.is_Add:
        over = sum(each * under // own for each, own in zip(overs, unders, strict=True))
        degree = degree if under > 1 else max(degrees)
    elif built.is_Pow or isinstance(built, sympy.exp):
        exponent = built.args[-1]
        times = _numbers(exponent, sympy) + (not exponent.is_number)
        sides = parts[0][:2] if built.is_Pow else (1, 1)
        over, under = (math.comb(each + times - 1, times) for each in sides)
        if not exponent.is_Rational:
            over = under = over * under
        elif exponent < 0:
            over, under = under, over
        degree = degrees[0] * times
    elif built.is_Function:
        over, under, degree = 1, 1, 1
    if max(over, under) > _MOST_TERMS or degree > _HIGHEST_DEGREE:
        raise _UnwritableError
    return over, under, degree
