"""Turns pytest's hooks into calls on the run; every pytest run of the environment loads this.

So only the table of options is imported at load, and without a model the plugin only declares them,
its marker and its fixtures, and skips the REST tests that it meets.
"""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_rest.errors import OptionError, RestError
from pytest_rest.plugin import batch_settings, options

if TYPE_CHECKING:
    from pytest_rest.plugin.runtest import Rest
    from pytest_rest.terms import Verdict

_MARKER = (
    "rest(*benchmarks, styles=(), plus=None): ask the items of these suites, such as "
    "'soebench:20', of these files, such as 'invoices.rest.yaml', or these pytest_rest.Item "
    "objects, one test for each item and style, in REST+'s ten styles with plus=True; without "
    "any, the run's suites"
)
# As in benchmark.file, which is not loaded.
_ENDINGS = (".rest.yaml", ".rest.yml", ".rest.jsonl", ".rest.csv")
_UNASKED = pytest.StashKey[set[str]]()  # benchmark files that were met without a model
_WIRE = "pytest_rest_unasked"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare every option with its twin in the ini file."""
    group = parser.getgroup("rest", "REST: does a multimodal model answer alike in every form?")
    for option in options.OPTIONS.values():
        option.declare(group, parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Plan, or ask by batch, in one process, before xdist decides for workers; end in order."""
    option = config.option
    if hasattr(option, "numprocesses") and (
        option.rest_plan or config.getini("rest_plan") or batch_settings.needs_one_process(config)
    ):
        option.numprocesses, option.dist, option.tx = None, "no", []
    try:
        return (yield)
    except KeyboardInterrupt:  # a second one, in what follows the first, of which pytest has told
        if not config.pluginmanager.hasplugin("rest-run"):
            raise
        return pytest.ExitCode.INTERRUPTED


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Check everything that was asked for, before a test or a call; then join the session."""
    config = session.config
    names = ("rest_model", "rest_resume", "rest_replay", "rest_answers")
    try:
        options.check_given(config)
        if not any(options.OPTIONS[name].raw(config, {}) for name in names):
            _refuse_to_pass(config)
            return
        from pytest_rest.plugin import plain_imports

        plain_imports.begin()
        from pytest_rest.plugin.session import join

        join(config)
    except RestError as error:
        if not hasattr(config, "workerinput"):
            raise pytest.UsageError(*(f"REST: {x}" for x in str(error).splitlines())) from None
        from pytest_rest.plugin.collection import Refusal

        config.pluginmanager.register(Refusal(f"REST: {error}"), "rest-refusal")


def _refuse_to_pass(config: pytest.Config) -> None:
    """Say what is missing where a verdict is asked for, and nobody says on which model.

    An ini file's thresholds wait for a run with a model; those of a command line are asked for now.
    """
    for option in options.GATE:
        if option.metavar and config.getoption(option.key) is not None:
            raise OptionError(
                f"{option.name} judges a model; give --rest-model, or put it in the ini file as "
                f"{option.key}, for runs with one"
            )
    if config.args_source != pytest.Config.ArgsSource.ARGS:
        return
    for arg in config.args:
        name = arg.partition("::")[0]
        if name.lower().endswith(_ENDINGS):
            raise OptionError(f"{name!r} needs a model; give --rest-model")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a benchmark file; without a model it has no tests, and is counted."""
    if not file_path.name.lower().endswith(_ENDINGS):
        return None
    run: Any = parent.config.pluginmanager.getplugin("rest-run")
    if run is None:
        return Unasked.from_parent(parent, path=file_path)
    from pytest_rest.plugin.collection import RestFile

    return RestFile.from_parent(parent, path=file_path, run=run)


class Unasked(pytest.File):
    """A benchmark file in a run without a model."""

    def collect(self) -> list[pytest.Item]:
        """No test."""
        found: set[str] = self.config.stash.setdefault(_UNASKED, set())
        found.add(self.nodeid)
        return []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the main process which benchmark files a worker met."""
    output = getattr(session.config, "workeroutput", None)
    unasked: set[str] = session.config.stash.get(_UNASKED, set())
    if output is not None and unasked:
        output[_WIRE] = sorted(unasked)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker tells."""
    unasked = getattr(node, "workeroutput", {}).get(_WIRE, ())
    if unasked:
        found: set[str] = node.config.stash.setdefault(_UNASKED, set())
        found.update(unasked)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say that there are questions which nobody was asked."""
    unasked: set[str] = config.stash.get(_UNASKED, set())
    if number := len(unasked):
        files = "benchmark file was" if number == 1 else "benchmark files were"
        terminalreporter.write_line(f"REST: {number} {files} not asked: give --rest-model")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the `rest` fixture one call for each item and style."""
    run: Any = metafunc.config.pluginmanager.getplugin("rest-run")
    if run is None or "rest" not in metafunc.fixturenames:
        return
    if _is_replaced(metafunc) and not metafunc.definition.get_closest_marker("rest"):
        return
    from pytest_rest.plugin.collection import parametrize

    parametrize(metafunc, run)


def _is_replaced(metafunc: pytest.Metafunc) -> bool:
    """Whether `rest` is a fixture of the project's own, such as a client of its REST API."""
    fixtures: Sequence[Any] = getattr(metafunc, "_arg2fixturedefs", {}).get("rest", ())
    return any("rest" not in each.argnames for each in fixtures[1:])  # the first is this plugin's


@pytest.fixture
def rest(request: pytest.FixtureRequest) -> "Rest":
    """Ask this test's item, in this test's style, in every form: `verdict = rest()`."""
    plugins: Any = request.config.pluginmanager
    if not plugins.hasplugin("rest-run"):
        pytest.skip("REST needs a model: give --rest-model")
    from pytest_rest.plugin.runtest import Rest

    try:
        rest = Rest(request.node, plugins.getplugin("rest-run"))
        plugins.getplugin("rest-scopes").look_up(request)
        return rest
    except RestError as error:
        pytest.fail(f"REST: {error}", pytrace=False)


@pytest.fixture(scope="session")
def rest_ask(request: pytest.FixtureRequest) -> "Callable[..., Verdict]":
    """Ask any item in any style, in every form: `verdict = rest_ask(item, style)`.

    One for the whole session, so that a test of Hypothesis's `@given` may use it. An item that
    cannot be asked fails the test.
    """
    plugins: Any = request.config.pluginmanager
    if not plugins.hasplugin("rest-run"):
        pytest.skip("REST needs a model: give --rest-model")
    from pytest_rest.plugin import unaskable
    from pytest_rest.terms import Item, Style

    def ask(item: Item, style: Style = Style()) -> "Verdict":  # noqa: B008 (frozen)
        try:
            return unaskable.ask(plugins.getplugin("rest-run"), item, style)
        except RestError as error:
            raise pytest.fail.Exception(f"REST: {error}", pytrace=False) from None

    return ask


@pytest.fixture(scope="session")
def rer_threshold() -> float | None:
    """The RER below which the build fails; override it in a folder's conftest.py."""
    return None


@pytest.fixture(scope="session")
def cfr_threshold() -> float | None:
    """The CFR above which the build fails; override it in a folder's conftest.py."""
    return None
