"""Turns a plan into lines of a terminal: calls, tokens, dollars and time."""

import textwrap
from collections.abc import Iterator

from pytest_rest.dispatch.estimate import End, Plan
from pytest_rest.dispatch.limits import Limits
from pytest_rest.models.tokens import rule
from pytest_rest.reporting.terminal.figures import duration
from pytest_rest.terms import Model, Price
from pytest_rest.wording import money

_MILLION = 1_000_000


def lines(planned: Plan, limits: Limits, model: Model) -> Iterator[str]:
    """A line each, as estimates."""
    stored = f", and {planned.stored:,} are stored" if planned.stored else ""
    yield f"  calls       {planned.calls:,}{stored}: {planned.items:,} tests"
    if planned.paged:
        yield f"  pages       up to {planned.pages:,} pictures a call, in {planned.paged:,} calls"
    yield f"  tokens in   about {planned.text:,} of text, {planned.vision:,} of pictures"
    yield f"              ({rule(model.name)})"
    yield f"  tokens out  at most {planned.answers:,}; about {planned.typical:,} at 300 an answer"
    if planned.price is None:
        here = model.home == "endpoint"
        yield f"  dollars     {'the price is not known' if here else 'none: nobody is paid'}"
    else:
        yield from _dollars(planned, planned.price)
    for name, most in limits.budgets.items():
        if most is not None:
            end = planned.ends.get(name)
            enough = _enough(end, planned.items) if end else "cannot be held; give --rest-price"
            yield from _wrapped("budget", f"--rest-max-{name}={most} {enough}")
    if model.home == "endpoint":
        seconds = planned.seconds(limits)
        bound = max(seconds, key=seconds.__getitem__)
        yield f"  time        about {duration(seconds[bound])}, by --rest-{bound}, at 5 s a call"


def _dollars(planned: Plan, price: Price) -> Iterator[str]:
    """What the calls cost directly and in batches, and what the cache would make of it."""
    yield f"  dollars     {_cost(planned, price)} at 300 tokens an answer"
    if price.batch is not None:
        yield f"  in batches  {_cost(planned, price.batch)}"
    if price.cached is not None:
        cached, usual = map(_of_a_million, (price.cached, price.input))
        said = f"{cached} in place of {usual} for a million tokens in that the provider has cached"
        yield from _wrapped("cached", f"{said}; not counted here")


def _cost(planned: Plan, price: Price) -> str:
    most, typical = (planned.cost(n, price) for n in (planned.answers, planned.typical))
    return f"at most {money(most or 0.0)}; about {money(typical or 0.0)}"


def _of_a_million(dollars: float) -> str:
    amount = round(dollars * _MILLION, 6)
    return f"${amount:,.2f}" if amount == round(amount, 2) else f"${amount:g}"


def _wrapped(name: str, said: str) -> list[str]:
    indent, others = f"  {name:<12}", " " * 16
    return textwrap.wrap(
        said, 80, initial_indent=indent, subsequent_indent=others, break_on_hyphens=False
    )


def _enough(end: End, tests: int) -> str:
    if end.longest is None:
        return "is enough"
    spent = f"is spent after {end.longest:,} of {tests:,} tests"
    if end.typical == end.longest:
        return spent
    if end.typical is None:
        return f"is enough at 300 tokens an answer; with the longest answers it {spent}"
    typical = f"is spent after {end.typical:,} of {tests:,} tests at 300 tokens an answer"
    return f"{typical}, after {end.longest:,} with the longest ones"
