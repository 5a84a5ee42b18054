"""Turns suites into tests: one for each item and style."""

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_rest import rendering
from pytest_rest.benchmark_file import ENDINGS, Benchmark
from pytest_rest.errors import BenchmarkError, OptionError, RestError, nearest
from pytest_rest.lookahead import Case
from pytest_rest.plugin import files
from pytest_rest.plugin.run import Disagreement, Run, case_id
from pytest_rest.terms import Item, Mode, Style


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


class RestFile(RestSuite):
    """A benchmark file, collected as such a module; one that cannot be asked is an error."""

    def __init__(self, *, run: Run, **keywords: Any) -> None:
        super().__init__(cases=(), **keywords)
        self._run = run

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Its one test; `CollectError` is one line, and ends the run before anything is asked."""
        settings = self._run.settings
        try:
            found = self._run.files.read(self.path)
            self.cases = _pairs(found.items, _styles(found, self._run))
            _check(self.cases, settings.modes, f"{files.near(self.path)}: ")
        except RestError as error:
            self._run.files.broken.append(self.nodeid)
            raise self.CollectError(str(error)) from None
        return super().collect()


class Collection:
    """Adds the run's suites to what the session collects."""

    def __init__(self, run: Run) -> None:
        self._settings, self._files = run.settings, run.files

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Run nothing if a benchmark file is broken: xdist would go on, where pytest ends."""
        if self._files.broken and not config.option.continue_on_collection_errors:
            items.clear()

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


class Refusal:
    """A worker that cannot take part: it collects nothing but the reason.

    Were it to end instead, xdist would start another one in its place, and another one.
    """

    def __init__(self, reason: str) -> None:
        self._reason = reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> pytest.CollectReport:
        """The reason, as the error of whatever is collected first."""
        return pytest.CollectReport(collector.nodeid, "failed", self._reason, [])


def parametrize(metafunc: pytest.Metafunc, run: Run) -> None:
    """Give a test its cases: those of its suite or of its marker, or else the run's."""
    suite = metafunc.definition.getparent(RestSuite)
    marker = metafunc.definition.get_closest_marker("rest")
    settings = run.settings
    try:
        if suite is not None:
            cases = list(suite.cases)
        else:
            cases = _marked(marker, run, metafunc.definition.path.parent) if marker else []
            cases = cases or _pairs(settings.items, settings.styles)
            _check(cases, settings.modes)
    except RestError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    ids = [case_id(case) for case in cases]
    metafunc.parametrize("rest", cases, ids=ids, indirect=True)


def _marked(marker: pytest.Mark, run: Run, folder: Path) -> list[Case]:
    known = ("styles",)
    for keyword in marker.kwargs:
        if keyword not in known:
            raise OptionError(
                f"marker rest: unknown keyword {keyword!r}{nearest(keyword, known)}; "
                f"it takes benchmarks and {', '.join(known)}"
            )
    settings = run.settings
    own = [_style(each) for each in marker.kwargs.get("styles", ())]
    if not marker.args:
        return _pairs(settings.items, own or settings.styles)
    cases: list[Case] = []
    for each in marker.args:
        if isinstance(each, Item):
            cases += _pairs([each], own or settings.styles)
        elif isinstance(each, str | Path) and str(each).lower().endswith(ENDINGS):
            found = run.files.read(files.find(str(each), folder, settings.root))
            cases += _pairs(found.items, own or _styles(found, run))
        elif isinstance(each, str):
            cases += _pairs(settings.library.load(each).items, own or settings.styles)
        else:
            raise OptionError(
                f"marker rest: {each!r} is no benchmark; give 'NAME:N', a file such as "
                "'invoices.rest.yaml', or a pytest_rest.Item"
            )
    return cases


def _style(style: object) -> Style:
    return style if isinstance(style, Style) else rendering.parse_style(str(style))


def _styles(found: Benchmark, run: Run) -> Sequence[Style]:
    """A file's own styles, unless the command line says others, or the file none."""
    settings = run.settings
    return settings.styles if settings.styles_named else files.styles(found) or settings.styles


def _pairs(items: Iterable[Item], styles: Iterable[Style]) -> list[Case]:
    return list(itertools.product(items, styles))


def _check(cases: Iterable[Case], modes: Sequence[Mode], where: str = "") -> None:
    """Raise for what cannot be asked or counted: it is told before a call is paid."""
    seen: set[tuple[str, str, str]] = set()
    checked: set[int] = set()
    for item, style in cases:
        key = (item.suite, item.id, style.id)
        if key in seen:
            raise OptionError(f"item {item.id!r} of {item.suite!r} is there twice; ids must differ")
        seen.add(key)
        if id(item) in checked:
            continue
        checked.add(id(item))
        try:
            files.check(item, modes)
        except RestError as error:
            raise BenchmarkError(f"{where}{error}") from None
