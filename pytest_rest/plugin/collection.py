"""Turns suites into tests: one for each item and style."""

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_rest import benchmark, rendering, scoring
from pytest_rest.errors import OptionError, RestError, nearest
from pytest_rest.lookahead import Case
from pytest_rest.plugin.run import Disagreement, Run, case_id
from pytest_rest.plus import rest_plus
from pytest_rest.terms import Item, Style

StylesOf = Callable[[Item], Iterable[Style]]


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
            cases = _marked(marker, run, metafunc.definition.path.parent)
        else:
            cases = _cases(run.settings.items, run.settings.styles_of)
        run.note(style for _, style in cases)
    except RestError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    ids = [case_id(case) for case in cases]
    metafunc.parametrize("rest", cases, ids=ids, indirect=True)


def _marked(marker: pytest.Mark, run: Run, folder: Path) -> list[Case]:
    known = ("styles", "plus")
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
            items += benchmark.load(each, run.settings.seed)
        else:
            raise OptionError(
                f"marker rest: {each!r} is no benchmark; give 'NAME:N' or a pytest_rest.Item"
            )
    return _cases(items or run.settings.items, _marked_styles(marker, run, folder))


def _marked_styles(marker: pytest.Mark, run: Run, folder: Path) -> StylesOf:
    """What a marker has each item drawn in; where it does not say, what the run has."""
    named = marker.kwargs.get("styles", ())
    styles = tuple(style for each in named for style in _styles(each, folder))
    plus = marker.kwargs.get("plus")
    if plus not in (None, True, False):
        raise OptionError(f"marker rest: plus is {plus!r}; give True or False")
    if plus and styles:
        raise OptionError("marker rest: plus=True has ten styles of its own; leave styles out")
    if plus:
        return lambda item: rest_plus(item.digest, run.settings.seed)
    if styles or plus is False:
        return lambda item: styles or run.settings.styles
    return run.settings.styles_of


def _styles(named: object, folder: Path) -> tuple[Style, ...]:
    """A style, one by its name, or those of a file beside the test's."""
    if isinstance(named, Style):
        rendering.check(named)
        font = rendering.load_font(named.font)
        return (replace(named, font_sha256=font.digest) if named.has_own_font else named,)
    name = str(named)
    return rendering.styles([str(folder / name) if name.endswith(rendering.ENDINGS) else name])


def _cases(items: Iterable[Item], styles_of: StylesOf) -> list[Case]:
    cases = [(item, style) for item in items for style in styles_of(item)]
    seen: set[tuple[str, str, str]] = set()
    for item, style in cases:
        scoring.truth(item)  # an answer that nothing can equal is told before a call is paid
        key = (item.suite, item.id, style.id)
        if key in seen:
            raise OptionError(f"item {item.id!r} of {item.suite!r} is there twice; ids must differ")
        seen.add(key)
    return cases
