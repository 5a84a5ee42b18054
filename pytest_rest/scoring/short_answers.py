"""Turns a short answer into its value, as question-answering benchmarks compare them.

A number, commas and dollar signs aside, is that number: `$1,250.50` is `1250.5`. Anything else is
its text in NFKC, white space folded, without one trailing full stop and without case.
"""

import re
from decimal import Context, Decimal

from pytest_rest.scoring.decoration import fold

_LONGEST = 20_000  # of a stored one: sentences are compared, too
_NUMBER = re.compile(r"[+-]?(?:\d{1,500}(?:\.\d{0,500})?|\.\d{1,500})", re.ASCII)
_EXACT = Context(prec=1_000)


def value(text: str) -> str | None:
    """A number as `7` or `-3.5`, or a folded text; None where there is nothing, or too much."""
    if len(text) > _LONGEST:
        return None
    said = fold(text).removesuffix(".").strip().casefold()
    number = said.replace(",", "").replace("$", "").strip()
    if not _NUMBER.fullmatch(number):
        return said or None
    exact = Decimal(number).normalize(_EXACT)
    return f"{exact:f}" if exact else "0"
