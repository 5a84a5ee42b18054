"""Keeps pytest's walk over all loggers whole while threads beside it import packages.

pytest 9.2 walks over `logging`'s loggers as it enters each phase of a test. A logger that another
thread makes in that moment, as nearly every package does that is imported there, ends the walk with
"dictionary changed size during iteration", and the session with an internal error.
"""

import logging
from collections.abc import ValuesView
from typing import Any


class _Loggers(dict[str, Any]):
    """Loggers by name; who walks over them walks over those that there were as it began."""

    def values(self) -> ValuesView[Any]:  # type: ignore[override] # dict_values has no public name
        """A view of a copy, which is made in one step."""
        return dict(self).values()


class SteadyLoggers:
    """Puts such a dictionary in the place of `logging`'s own while the session lasts."""

    def __init__(self) -> None:
        manager = logging.Logger.manager
        manager.loggerDict = _Loggers(manager.loggerDict)

    def pytest_unconfigure(self) -> None:
        """Put a plain dictionary there again, with all that were made in between."""
        manager = logging.Logger.manager
        manager.loggerDict = dict(manager.loggerDict)
