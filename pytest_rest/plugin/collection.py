"""Turns suites into tests: one for each item and style."""

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

import pytest

from pytest_rest import rendering, scoring
from pytest_rest.errors import OptionError, RestError, nearest
from pytest_rest.lookahead import Case
from pytest_rest.plugin.run import Disagreement, Run, case_id
from pytest_rest.terms import Item, Style


def test_answers_agree(rest: Any) -> None:
    """The item's forms are answered alike."""
    if not rest().consistent:
        raise Disagreement(rest.explanation)


test_answers_agree.__test__ = True  # type: ignore[attr-defined] # whatever python_functions says


class RestSuite(pytest.Module):
    """A suite of the run, collected as a module that holds one test, without a file of its own."""

    def __init__(self, *, cases: Sequence[Case], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.cases = cases
        self.obj = ModuleType(self.name)
        self.obj.test_answers_agree = test_answers_agree


class Collection:
    """Adds the run's suites to what the session collects."""

    def __init__(self, run: Run) -> None:
        self._settings = run.settings

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the suites behind the session's own nodes."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*report.result, *self._suites(collector)]
        return report

    def _suites(self, session: pytest.Session) -> Iterator[RestSuite]:
        suites = itertools.groupby(self._settings.cases, key=lambda case: case[0].suite)
        for name, cases in suites:
            # the root folder as its path: so the root's conftest applies, and --lf finds it
            yield RestSuite.from_parent(
                session, path=session.path, name=name, nodeid=name, cases=list(cases)
            )


def parametrize(metafunc: pytest.Metafunc, run: Run) -> None:
    """Give a test its cases: those of its suite or of its marker, or else the run's."""
    suite = metafunc.definition.getparent(RestSuite)
    marker = metafunc.definition.get_closest_marker("rest")
    try:
        if suite is not None:
            cases = list(suite.cases)
        elif marker is not None:
            cases = _marked(marker, run)
        else:
            cases = _cases(run.settings.items, run.settings.styles)
    except RestError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    ids = [case_id(case) for case in cases]
    metafunc.parametrize("rest", cases, ids=ids, indirect=True)


def _marked(marker: pytest.Mark, run: Run) -> list[Case]:
    known = ("styles",)
    for keyword in marker.kwargs:
        if keyword not in known:
            raise OptionError(
                f"marker rest: unknown keyword {keyword!r}{nearest(keyword, known)}; "
                f"it takes benchmarks and {', '.join(known)}"
            )
    items: list[Item] = []
    for each in marker.args:
        if isinstance(each, Item):
            items.append(each)
        elif isinstance(each, str):
            items += run.settings.library.load(each).items
        else:
            raise OptionError(
                f"marker rest: {each!r} is no benchmark; give 'NAME:N' or a pytest_rest.Item"
            )
    styles = [_style(each) for each in marker.kwargs.get("styles", ())]
    return _cases(items or run.settings.items, styles or run.settings.styles)


def _style(style: object) -> Style:
    return style if isinstance(style, Style) else rendering.parse_style(str(style))


def _cases(items: Iterable[Item], styles: Iterable[Style]) -> list[Case]:
    styles = list(styles)
    cases = [(item, style) for item in items for style in styles]
    seen: set[tuple[str, str, str]] = set()
    for item, style in cases:
        scoring.truth(item)  # an answer that nothing can equal is told before a call is paid
        key = (item.suite, item.id, style.id)
        if key in seen:
            raise OptionError(f"item {item.id!r} of {item.suite!r} is there twice; ids must differ")
        seen.add(key)
    return cases
