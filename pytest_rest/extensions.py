"""Finds the suites, models, styles and metrics of other packages, by Python's entry points.

A package declares them in its pyproject.toml, and they are known by name wherever it is installed::

    [project.entry-points."pytest_rest.suites"]
    receipts = "my_package:receipts"        # (n, seed) -> list[Item]
    [project.entry-points."pytest_rest.models"]
    house = "my_package:make_model"         # () or (what follows the colon) -> Model
    [project.entry-points."pytest_rest.styles"]
    fax = "my_package:FAX"                  # a Style, or several
    [project.entry-points."pytest_rest.metrics"]
    brief = "my_package:is_brief"           # (Record) -> 0 to 1, or None: not counted
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from pytest_rest.errors import MetricError, OptionError, one_line
from pytest_rest.terms import Record

Kind = Literal["suites", "models", "styles", "metrics"]
Metric = Callable[[Record], float | None]
METRICS: dict[str, Metric] = {}  # those in use; a notebook may add its own


@functools.cache
def declared(kind: Kind) -> dict[str, EntryPoint]:
    """The entry points of a kind, by name."""
    return {entry.name: entry for entry in entry_points(group=f"pytest_rest.{kind}")}


def measure(record: Record) -> Record:
    """The record with the metrics in use; `MetricError` names one that fails or is not a share."""
    values = {}
    for name, metric in METRICS.items():
        try:
            value = metric(record)
            values[name] = None if value is None else float(value)
        except Exception as error:
            raise MetricError(f"metric {name!r} fails: {one_line(error)[:300]}") from error
        if value is not None and not 0 <= value <= 1:
            raise MetricError(f"metric {name!r} is {value!r}; it must be from 0 to 1, or None")
    return replace(record, own=values)


def use_metrics() -> None:
    """Use the metrics that other packages declare."""
    METRICS.update({name: load("metrics", name) for name in declared("metrics")})


def load(kind: Kind, name: str) -> Any:
    """What a name stands for; None where no package declares it.

    `OptionError` names the package of an entry point that cannot be loaded.
    """
    entry = declared(kind).get(name)
    if entry is None:
        return None
    try:
        return entry.load()
    except Exception as error:
        package = entry.dist.name if entry.dist else "a package"
        raise OptionError(
            f"{name!r} of {package!r} cannot be loaded ({entry.value}): {one_line(error)}"
        ) from error
