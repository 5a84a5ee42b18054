"""Turns suites into tests: one for each item and style."""

import itertools
import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_rest import rendering
from pytest_rest.benchmark import near
from pytest_rest.benchmark.file import ENDINGS, RESERVED
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.style_file import ENDINGS as STYLE_FILES
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import BenchmarkError, ModelError, OptionError, RestError, nearest
from pytest_rest.plugin import benchmark_files, suite_tests, table_formats, unaskable
from pytest_rest.plugin.cases import case_id, case_of
from pytest_rest.plugin.run import REFUSED, Disagreement, Run
from pytest_rest.plugin.settings import Settings
from pytest_rest.plugin.suite_tests import SuiteTest
from pytest_rest.plugin.table_formats import StylesOf
from pytest_rest.terms import Item, Scheme, Style


def test_answers_agree(rest: Any) -> None:
    """The item's forms are answered alike."""
    if not rest().consistent:
        raise Disagreement(rest.explanation)


test_answers_agree.__test__ = True  # type: ignore[attr-defined] # whatever python_functions says


class RestSuite(pytest.Module):
    """A suite of the run, collected as a module that holds one test, without a file of its own."""

    def __init__(self, *, cases: Sequence[Case], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.cases = self.parametrized = cases
        self.obj = ModuleType(self.name)
        self.obj.test_answers_agree = test_answers_agree

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Its tests: pytest's, or where its first one shows that they are enough, light ones."""
        self.parametrized = self.cases[:1]
        first = list(super().collect())
        if suite_tests.are_enough(first, self.cases):
            return [SuiteTest.from_parent(self, like=first[0], case=case) for case in self.cases]
        self.parametrized = self.cases
        tests = list(super().collect())
        nodes = [each for each in tests if isinstance(each, pytest.Item)]
        for node in nodes:  # pytest would look up for each where it stands
            path, line, _ = nodes[0].location
            node.location = path, line, node.name
        return tests


class RestFile(RestSuite):
    """A benchmark file, collected as such a module; one that cannot be asked is an error."""

    def __init__(self, *, run: Run, **keywords: Any) -> None:
        super().__init__(cases=(), **keywords)
        self._run = run

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Its one test; `CollectError` is one line, and ends the run before anything is asked."""
        settings = self._run.settings
        try:
            self.cases = _file_cases(self.path, self._run)
            _check(self.cases, settings.scheme, f"{near(self.path)}: ")
        except RestError as error:
            self._run.broken.append(self.nodeid)
            raise self.CollectError(str(error)) from None
        return super().collect()


class Collection:
    """Adds the run's suites to what the session collects."""

    def __init__(self, run: Run) -> None:
        self._settings, self._run = run.settings, run

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Run nothing that cannot be asked: xdist would go on, where pytest ends."""
        if self._run.broken and not config.option.continue_on_collection_errors:
            items.clear()
        cases = {node: case for node in items if (case := case_of(node)) is not None}
        run = self._run
        try:
            table_formats.check(self._settings.table_formats, run.styles.values())
            if not run.is_checked:
                unaskable.check(run, cases.values())
            if self._settings.dispatcher is None:  # otherwise the main process has the model
                run.check_answerable([*{id(item): item for item, _ in cases.values()}.values()])
            self._warn(config)
        except ModelError:
            return  # the tests meet the same, and say so
        except (BenchmarkError, OptionError) as error:
            self._refuse(config, items, error)
            return
        if left_out := {node for node, case in cases.items() if run.leaves_out(case[0])}:
            config.hook.pytest_deselected(items=[node for node in items if node in left_out])
            items[:] = [node for node in items if node not in left_out]

    def _warn(self, config: pytest.Config) -> None:
        """Say what is odd of pictures: one worker for all, but each fails if that is an error."""
        benchmarks = self._settings.library.benchmarks
        pictured = {path: each for path, each in benchmarks.items() if each.pictures}
        worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
        with nullcontext() if worker == "gw0" else warnings.catch_warnings(record=True):
            if pictured:
                benchmark_files.warn(pictured, self._run.vision_rule, self._run.left_out)

    def _refuse(self, config: pytest.Config, items: list[Any], error: RestError) -> None:
        """End the run with what is wrong; xdist would go on if a worker only raised it."""
        items.clear()  # what is left would be asked ahead, also where collecting ends here
        if hasattr(config, "workeroutput"):
            config.workeroutput[REFUSED] = f"REST: {error}"
            return
        self._run.discard()
        raise pytest.UsageError(f"REST: {error}") from None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the suites behind the session's own nodes; refuse a marker of what does not ask."""
        report = yield
        if report.passed and (nodeid := _unasked(collector, report.result)):
            why = (
                f"{nodeid}: marker rest: the test does not take the fixture rest, so nothing "
                "would be asked; add the argument, or drop the marker"
            )
            return pytest.CollectReport(collector.nodeid, "failed", why, [])
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


def known_cases(run: Run) -> list[Case] | None:
    """Those of the suites and benchmark files; None where there are other paths, or broken ones."""
    settings = run.settings
    if settings.files != settings.paths:
        return None
    try:
        files = [_file_cases(settings.root / name, run) for name in settings.files]
    except RestError:
        return None  # the collection tells it
    return [*settings.cases, *itertools.chain(*files)]


def parametrize(metafunc: pytest.Metafunc, run: Run) -> None:
    """Give a test its cases: those of its suite or of its marker, or else the run's."""
    suite = metafunc.definition.getparent(RestSuite)
    marker = metafunc.definition.get_closest_marker("rest")
    settings = run.settings
    try:
        for node in metafunc.definition.listchain():
            names = [each.name for each in node.own_markers]
            if names.count("rest") > 1 and not isinstance(node, pytest.Class):  # or inherited
                raise OptionError("two markers rest, of which one would be asked; name all in one")
        if suite is not None:
            cases = list(suite.parametrized)
        else:
            cases = _marked(marker, run, metafunc.definition.path.parent) if marker else []
            cases = cases or _cases(settings.items, settings)
            _check(cases, settings.scheme)
            if not cases:
                raise OptionError(
                    "no items: name some in the marker, @pytest.mark.rest('soebench:20'), or a "
                    "suite of the run, --rest-suite=soebench:20"
                )
        run.note(style for _, style in (suite.cases if suite else cases))
    except RestError as error:
        why = f"{metafunc.definition.nodeid}: {error}"
        raise pytest.fail.Exception(why, pytrace=False) from None
    ids = [case_id(case) for case in cases]
    metafunc.parametrize("rest", cases, ids=ids, indirect=True)


def _unasked(collector: pytest.Collector, collected: Sequence[Any]) -> str:
    """The test, class or module whose marker names items that nothing in it would ask; or none."""
    idle = [
        node
        for node in collected
        if isinstance(node, pytest.Function) and "rest" not in node.fixturenames
    ]
    nodes = [*idle, collector] if idle and len(idle) == len(collected) else idle
    markers = [(marker.name, node.nodeid) for node in nodes for marker in node.own_markers]
    return dict(reversed(markers)).get("rest", "")


def _marked(marker: pytest.Mark, run: Run, folder: Path) -> list[Case]:
    known = ("styles", "plus")
    for keyword in marker.kwargs:
        if keyword not in known:
            raise OptionError(
                f"marker rest: unknown keyword {keyword!r}{nearest(keyword, known)}; "
                f"it takes benchmarks and {', '.join(known)}"
            )
    settings = run.settings
    own = _marked_styles(marker, run, folder)
    if not marker.args:
        return _cases(settings.items, settings, own)
    cases: list[Case] = []
    for each in marker.args:
        if isinstance(each, Item):
            cases += _cases([each], settings, own)
        elif isinstance(each, str | Path) and str(each).lower().endswith(ENDINGS):
            path = benchmark_files.find(str(each), folder, settings.root)
            cases += _file_cases(path, run, own)
        elif isinstance(each, str):
            for drawn in settings.library.load_each(each):
                cases += _cases(drawn.items, settings, own)
        else:
            raise OptionError(
                f"marker rest: {each!r} is not a benchmark; give 'NAME:N', a file such as "
                "'invoices.rest.yaml', or a pytest_rest.Item"
            )
    return cases


def _marked_styles(marker: pytest.Mark, run: Run, folder: Path) -> StylesOf | None:
    """What a marker has each item drawn in; None where it does not say."""
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
    return None


def _styles(named: object, folder: Path) -> tuple[Style, ...]:
    """A style, one by its name, or those of a file beside the test's."""
    if isinstance(named, Style):
        rendering.check(named)
        font = rendering.load_font(named.font)
        return (replace(named, font_sha256=font.digest) if named.has_own_font else named,)
    name = str(named)
    return named_styles([str(folder / name) if name.endswith(STYLE_FILES) else name])


def _file_cases(path: Path, run: Run, marked: StylesOf | None = None) -> list[Case]:
    """In a file's own styles, unless the command line or a marker says others, or the file none."""
    found = run.settings.library.read(path)
    if marked:
        return _cases(found.items, run.settings, marked)
    own = benchmark_files.styles(found.styles)
    is_own = own and not run.settings.styles_named
    return _cases(found.items, run.settings, (lambda item: own) if is_own else None)


def _cases(
    items: Iterable[Item], settings: Settings, styles_of: StylesOf | None = None
) -> list[Case]:
    """Each item in each style and format; without `styles_of` in the run's styles."""
    return [*table_formats.cases(items, styles_of or settings.styles_of, settings.table_formats)]


def _check(cases: Iterable[Case], scheme: Scheme, where: str = "") -> None:
    """Raise for what cannot be asked or counted: it is told before a call is paid."""
    seen: set[tuple[str, str, str]] = set()
    items: dict[int, Item] = {}
    for item, style in cases:
        key = (item.suite, item.id, style.id)
        if key in seen:
            raise OptionError(f"item {item.id!r} of {item.suite!r} is there twice; ids must differ")
        seen.add(key)
        if item.suite in RESERVED:
            raise OptionError(
                f"item {item.id!r} is of suite {item.suite!r}, which is what a report calls the "
                "figures over several suites; choose another name"
            )
        items[id(item)] = item
    benchmark_files.check(items.values(), scheme, where)
