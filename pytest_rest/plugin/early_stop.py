"""Turns the looks at every threshold into the end of asking, in all processes of a run.

The controller looks, and says so by a file in the run folder; whoever runs tests finds it there and
leaves them out. Tests run in the order in which their items are looked at.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from pytest_rest.gate import early_stop
from pytest_rest.gate.early_stop import Stopping
from pytest_rest.plugin.cases import case_of
from pytest_rest.plugin.run import Run
from pytest_rest.reporting.results import Tally, Test
from pytest_rest.terms import Record


class InRounds:
    """Puts the tests in the order in which they are looked at; in every process alike."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._run = run
        # one worker should not have the first hundred tests, and the other one the next hundred
        if getattr(config.option, "maxschedchunk", 1) is None:
            config.option.maxschedchunk = 1

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Let REST's tests change places among themselves."""
        places = [place for place, item in enumerate(items) if case_of(item) is not None]
        asking = [items[place] for place in places]
        cases = [case for item in asking if (case := case_of(item)) is not None]
        ordered = early_stop.in_rounds(asking, self._run.settings.seed, (item for item, _ in cases))
        for place, item in zip(places, ordered, strict=True):
            items[place] = item


class Looks:
    """The controller's looks, one item after the other as they were selected."""

    def __init__(
        self, run: Run, selected: Iterable[Test], clusters: Mapping[tuple[str, str], str]
    ) -> None:
        by_item: dict[tuple[str, str], list[Test]] = {}
        suites: dict[str, set[str]] = {}
        for origin, (suite, item, style) in selected:
            by_item.setdefault((suite, item), []).append((origin, (suite, item, style)))
            suites.setdefault(origin, set()).add(suite)
        self._run, self._items = run, list(by_item.values())
        assert run.settings.confidence is not None  # noqa: S101 (checked with the options)
        self._stopping = Stopping(run.settings.confidence, suites)
        self._turns = early_stop.turns([(key[0], clusters.get(key, "")) for key in by_item])
        self._looked_at = 0

    @property
    def is_over(self) -> bool:
        """Whether every threshold is decided, and tests are left that need not ask."""
        return self._stopping.is_over and self._looked_at < len(self._items)

    def go_on(self, tally: Tally) -> None:
        """Look at each next item of which everything has come in, until all is decided."""
        thresholds = {*tally.rules.thresholds} | tally.thresholds
        while not self._stopping.is_over and self._looked_at < len(self._items):
            cases = self._items[self._looked_at]
            known = map(tally.tests.get, cases)
            records = {c: r for c, r in zip(cases, known, strict=True) if isinstance(r, Record)}
            if not all(case in records or case in tally.reasons for case in cases):
                return
            asked: dict[str, list[Record]] = {origin: [] for origin, _ in cases}
            if len(records) == len(cases):
                for (origin, _), record in records.items():
                    asked[origin].append(record)
            turn = self._turns[self._looked_at]
            self._looked_at += 1
            self._stopping.add(cases[0][1][0], asked, thresholds, turn)
        if self.is_over:
            self._run.stop()

    def tell(self, tally: Tally) -> None:
        """Leave in the tally what was looked at, with the looks.

        Nothing that came after the verdict is reported: it was asked in vain, or not at all.
        """
        tally.looks = self._stopping.looks
        if self.is_over:
            looked_at = self._items[: self._looked_at]
            tally.keep({case for cases in looked_at for case in cases})
            tally.items_left_out = len(self._items) - self._looked_at
