"""Turns what is known of the tests to come into cases that are asked ahead of them."""

from collections.abc import Iterable, Iterator

import pytest

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.gate import early_stop
from pytest_rest.plugin import foreign_hooks
from pytest_rest.plugin.cases import case_of
from pytest_rest.plugin.run import Run

# Options by which some of the tests are left out, whatever the suites hold.
_SELECTING = ("keyword", "markexpr", "deselect", "lf", "stepwise")


class Foresight:
    """Has cases asked ahead: as soon as they are known, by whichever process is sure of them.

    Where one dispatcher asks for all, the suites' cases are handed over before there are tests,
    unless something may leave some of them out; and after collection each process hands over its
    share of the selected ones. A process that asks by itself is sure only of its next test.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config, self._run = config, run
        workerinput = getattr(config, "workerinput", None)
        self._is_main = workerinput is None
        if workerinput is not None:
            self._count = int(workerinput["workercount"])
            self._number = int(workerinput["workerid"].removeprefix("gw")) % self._count
        is_shared = run.settings.dispatcher is not None and not run.settings.has_far_workers
        self._is_sure_of_all = is_shared or (self._is_main and not self._has_workers())

    def begin(self) -> None:
        """Ask the suites at once, if every test of theirs will run for sure, and can be asked."""
        settings = self._run.settings
        is_sure = settings.is_benchmark and self._run.is_checked and not settings.has_far_workers
        if not (self._is_main and is_sure):
            return
        if not self._has_workers() or self._run.model.home != "cpu":  # so that answers reach tests
            self._run.walk(_in_rounds(self._run) if settings.early_stop else self._run.asked)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Walk this process's share of what was selected."""
        if self._is_sure_of_all and session.items:
            items = session.items if self._is_main else session.items[self._number :: self._count]
            self._run.walk(_cases(items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, nextitem: pytest.Item | None) -> None:
        """Ask the next test's case, where nothing else is sure."""
        if not self._is_sure_of_all and nextitem is not None:
            self._run.walk(_cases([nextitem]))

    def _has_workers(self) -> bool:
        return bool(getattr(self._config.option, "tx", None))


def may_select(config: pytest.Config) -> bool:
    """Whether something may leave some of the tests out."""
    if any(getattr(config.option, name, None) for name in _SELECTING):
        return True
    return foreign_hooks.has_any(config, "pytest_collection_modifyitems")


def _in_rounds(run: Run) -> Iterable[Case]:
    cases = list(run.cases)
    return early_stop.in_rounds(cases, run.settings.seed, (item for item, _ in cases))


def _cases(items: list[pytest.Item]) -> Iterator[Case]:
    return (case for item in items if (case := case_of(item)) is not None)
