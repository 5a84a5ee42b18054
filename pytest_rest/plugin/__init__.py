"""Turns pytest's hooks into calls on the run; every pytest run of the environment loads this.

So nothing else is imported here at load, and without a model the plugin only declares its options,
its marker and its fixtures, and skips the REST tests that it meets.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_rest.plugin.runtest import Rest
    from pytest_rest.terms import Verdict

_MARKER = (
    "rest(*benchmarks, styles=(), plus=None): ask the items of these suites, such as "
    "'soebench:20', of these files, such as 'invoices.rest.yaml', or these pytest_rest.Item "
    "objects, one test for each item and style, in REST+'s ten styles with plus=True; without "
    "any, the run's suites"
)
_ENDINGS = (".rest.yaml", ".rest.yml", ".rest.jsonl")  # as in benchmark_file, which is not loaded
_GATE = ("rest_min_rer", "rest_max_cfr", "rest_require", "rest_baseline")
_UNASKED = pytest.StashKey[set[str]]()  # benchmark files that were met without a model
_WIRE = "pytest_rest_unasked"

# option, ini type, default, metavar, help
_OPTIONS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        *("--rest-model", "string", "", "SPEC"),
        "the model to ask: embedded, simulated[:PROFILE], python:MODULE:FACTORY, or a name that "
        "LiteLLM knows, such as claude-haiku-4.5; without it the plugin is silent",
    ),
    (
        *("--rest-api-base", "string", "", "URL"),
        "an OpenAI-compatible server (vLLM, llama.cpp, a proxy) to ask for --rest-model",
    ),
    (
        *("--rest-modes", "string", "text,image,mixed", "MODES"),
        "the forms to compare; also ocr-first and ocr-then-solve (default: %(default_value)s)",
    ),
    (
        *("--rest-repeats", "string", "1", "K"),
        "ask each form K times, for the noise floor (default: %(default_value)s)",
    ),
    (
        *("--rest-ocr", "string", "image", "RULE"),
        "which pictures are transcribed: image (REST's one), each, off "
        "(default: %(default_value)s)",
    ),
    (
        *("--rest-reasoning-budgets", "string", "", "BUDGETS"),
        "ask each form under these budgets of thinking, in tokens: 0,100,300,600,1200",
    ),
    (
        *("--rest-reasoning-control", "string", "forced", "HOW"),
        "forced: the thinking is a call of its own, cut at the budget; native: the endpoint is "
        "told, by LiteLLM, a budget or an effort, low,medium,high (default: %(default_value)s)",
    ),
    (
        *("--rest-judge", "string", "", "SPEC"),
        "the model that rates the open answers of rh-bench, named as --rest-model is",
    ),
    (
        *("--rest-judge-api-base", "string", "", "URL"),
        "an OpenAI-compatible server to ask for --rest-judge",
    ),
    (
        *("--rest-seed", "string", "0", "N"),
        "draws the items; 'fresh' draws a new seed and prints it (default: %(default_value)s)",
    ),
    (
        *("--rest-shard", "string", "", "I/N"),
        "ask only the I-th of N parts of the items; `pytest-rest merge` judges all parts together",
    ),
    (
        *("--rest-data", "string", "", "DIR"),
        "a folder with local copies of the data sets, which are downloaded else",
    ),
    ("--rest-prompts", "string", "", "FILE", "a protocol file with prompts of your own"),
    (
        *("--rest-timeout", "string", "120", "SECONDS"),
        "how long one call may take (default: %(default_value)s)",
    ),
    (
        *("--rest-concurrency", "string", "32", "N"),
        "calls in flight in the whole run, however many workers (default: %(default_value)s)",
    ),
    (
        *("--rest-retries", "string", "5", "N"),
        "how often a failure that may pass is tried again (default: %(default_value)s)",
    ),
    (
        *("--rest-run-dir", "string", "", "DIR"),
        "where the run is kept (default: .rest/runs/TIME-MODEL)",
    ),
    ("--rest-rpm", "string", "", "N", "calls in any minute, in the whole run"),
    ("--rest-tpm", "string", "", "N", "tokens in any minute, in the whole run"),
    (
        *("--rest-max-cost", "string", "", "DOLLARS"),
        "ask nothing more when the next call might cost more than is left; the run is incomplete",
    ),
    ("--rest-min-rer", "string", "", "RATE", "fail when RER is below"),
    ("--rest-max-cfr", "string", "", "RATE", "fail when CFR is above"),
    (
        *("--rest-baseline", "string", "", "REPORT"),
        "compare with an earlier run's report.json, paired by item; fail when it got worse",
    ),
    ("--rest-max-rer-drop", "string", "", "SHARE", "by how much RER may be below the baseline's"),
    ("--rest-max-cfr-rise", "string", "", "SHARE", "by how much CFR may be above the baseline's"),
    (
        *("--rest-confidence", "string", "", "SHARE"),
        "a threshold passes, or fails, only when the data are that sure, such as 0.95",
    ),
    (
        "--rest-fuzz",
        "string",
        "",
        "N",
        "hunt the smallest visual change that flips an answer, N examples",
    ),
    (
        "--rest-fuzz-calls",
        "string",
        "",
        "N",
        "calls of all the hunts together (default: ten an example, a hundred a hunt)",
    ),
    (
        *("--rest-fuzz-profile", "string", "hunt", "PROFILE"),
        "hunt: fresh examples, those that failed before first; repeatable: the seed's alone "
        "(default: %(default_value)s)",
    ),
    (
        *("--rest-fuzz-replay", "string", "", "RUN[:N]"),
        "ask the flips that a run has found again, or its Nth one",
    ),
    (
        *("--rest-fuzz-save", "string", "", "FILE"),
        "write what was found as a benchmark file, NAME.rest.yaml",
    ),
    (
        *("--rest-max-lost", "string", "0", "N"),
        "items lost to failed calls that are tolerated (default: %(default_value)s)",
    ),
    ("--rest-json", "string", "", "PATH", "write report.json there too"),
    ("--rest-html", "string", "", "PATH", "write report.html there too, with its pictures in it"),
)

# option, ini, metavar, help: options that may be given several times
_LISTS: tuple[tuple[str, str, str, str], ...] = (
    (
        *("--rest-suite", "rest_suites", "NAME[:N]"),
        "ask N items of soebench, mmlu, arc, gsm-symbolic, rh-bench, of each of REST's four data "
        "sets (rest), or of a benchmark file or folder; repeatable, or with commas between "
        "(default without paths: soebench:50)",
    ),
    (
        *("--rest-style", "rest_styles", "NAME"),
        "draw in this style, such as courier-50dpi-red, or in those of a file, my.yaml; "
        "repeatable, or joined by commas (default: REST's, dejavu-200dpi-black)",
    ),
    (
        *("--rest-require", "rest_require", "THRESHOLD"),
        "fail when a threshold METRIC[@SUBSET]>=VALUE is missed; repeatable",
    ),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare every option with its ini twin; empty means that it was not given."""
    group = parser.getgroup("rest", "REST: does a multimodal model answer alike in every form?")
    for option, kind, default, metavar, text in _OPTIONS:
        text = text.replace("%(default_value)s", default)
        ini = option[2:].replace("-", "_")
        group.addoption(option, dest=ini, default=None, metavar=metavar, help=text)
        parser.addini(ini, text, type=kind, default=default)  # type: ignore[arg-type]
    for option, ini, metavar, text in _LISTS:
        dest = option[2:].replace("-", "_")
        group.addoption(
            option, dest=dest, action="append", default=None, metavar=metavar, help=text
        )
        parser.addini(ini, text, type="linelist", default=[])
    resume = "go on with a run, asking only what is missing (default: this model's latest)"
    group.addoption(
        *("--rest-resume",),
        dest="rest_resume",
        nargs="?",
        const="latest",
        metavar="RUN",
        help=resume,
    )
    parser.addini("rest_resume", resume, type="string", default="")
    replay = "judge a run again from its stored answers, asking nothing"
    group.addoption("--rest-replay", dest="rest_replay", default=None, metavar="RUN", help=replay)
    parser.addini("rest_replay", replay, type="string", default="")
    plan = "how many calls, tokens and dollars the run would take; sends nothing"
    group.addoption("--rest-plan", dest="rest_plan", action="store_true", help=plan)
    parser.addini("rest_plan", plan, type="bool", default=False)
    plus = "draw each item in REST+'s ten styles: three fonts, three resolutions, one colour"
    group.addoption("--rest-plus", dest="rest_plus", action="store_const", const=True, help=plus)
    parser.addini("rest_plus", plus, type="bool", default=False)
    early = "ask nothing more once every threshold is decided at --rest-confidence"
    group.addoption("--rest-early-stop", dest="rest_early_stop", action="store_true", help=early)
    parser.addini("rest_early_stop", early, type="bool", default=False)
    strict = "each inconsistent item fails the run, thresholds or not"
    group.addoption("--rest-strict", dest="rest_strict", action="store_true", help=strict)
    parser.addini("rest_strict", strict, type="bool", default=False)
    ocr_correct = "count only flips whose pictures were all transcribed fully right"
    group.addoption(
        "--rest-fuzz-ocr-correct",
        dest="rest_fuzz_ocr_correct",
        action="store_true",
        help=ocr_correct,
    )
    parser.addini("rest_fuzz_ocr_correct", ocr_correct, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Plan in one process: before xdist decides that there are workers."""
    option = config.option
    if (option.rest_plan or config.getini("rest_plan")) and hasattr(option, "numprocesses"):
        option.numprocesses, option.dist, option.tx = None, "no", []
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Check everything that was asked for, before a test or a call; then join the session."""
    config = session.config
    names = ("rest_model", "rest_resume", "rest_replay")
    if not any(config.getoption(name) or config.getini(name) for name in names):
        _refuse_to_pass(config)
        return
    from pytest_rest.errors import RestError

    try:
        _join(config)
    except RestError as error:
        if not hasattr(config, "workerinput"):
            raise pytest.UsageError(f"REST: {error}") from None
        from pytest_rest.plugin.collection import Refusal

        config.pluginmanager.register(Refusal(f"REST: {error}"), "rest-refusal")


def _refuse_to_pass(config: pytest.Config) -> None:
    """Say what is missing where a verdict is asked for, and nobody says on which model.

    An ini file's thresholds wait for a run with a model; those of a command line are asked for now.
    """
    if config.getoption("rest_model") is not None:
        raise pytest.UsageError("REST: --rest-model is empty; name a model, or leave it out")
    for name in _GATE:
        if config.getoption(name) is not None:
            option = "--" + name.replace("_", "-")
            raise pytest.UsageError(
                f"REST: {option} judges a model; give --rest-model, or put it in the ini file as "
                f"{name}, for runs with one"
            )
    if config.args_source != pytest.Config.ArgsSource.ARGS:
        return
    for arg in config.args:
        name = arg.partition("::")[0]
        if name.lower().endswith(_ENDINGS):
            raise pytest.UsageError(f"REST: {name!r} needs a model; give --rest-model")


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


def _join(config: pytest.Config) -> None:
    from pytest_rest import extensions
    from pytest_rest.plugin import settings
    from pytest_rest.plugin.collection import Collection
    from pytest_rest.plugin.controller import Controller
    from pytest_rest.plugin.early_stop import InRounds
    from pytest_rest.plugin.fuzz_tests import Findings, Hunts
    from pytest_rest.plugin.plan import Planner
    from pytest_rest.plugin.prefetch import Foresight
    from pytest_rest.plugin.progress import Watch
    from pytest_rest.plugin.run import WIRE, Run
    from pytest_rest.plugin.runtest import Recorder, Scopes
    from pytest_rest.plugin.sharding import Sharding
    from pytest_rest.plugin.terminal import Terminal
    from pytest_rest.plugin.workers import Workers

    extensions.use_metrics()
    workerinput = getattr(config, "workerinput", None)
    run = Run(settings.read(config, workerinput and workerinput[WIRE]))
    register = config.pluginmanager.register
    if run.settings.plan:
        register(Terminal(config, run, lambda: None, ()), "rest-terminal")
        register(Planner(run), "rest-planner")
    elif workerinput is None:
        findings, watch = Findings(run), Watch(config, run)
        controller = Controller(run, watch, findings.gathered)
        terminal = Terminal(config, run, lambda: controller.report, controller.written)
        register(terminal, "rest-terminal")
        if not config.option.collectonly:
            controller.prepare()
            register(watch, "rest-progress")
        register(controller, "rest-controller")
        register(Workers(run), "rest-workers")
        register(findings, "rest-findings")
    register(run, "rest-run")
    register(Scopes(), "rest-scopes")
    register(Recorder(run), "rest-recorder")
    register(Collection(run), "rest-collection")
    if run.settings.early_stop:
        register(InRounds(config, run), "rest-in-rounds")
    if run.settings.shard is not None:
        register(Sharding(run, run.settings.shard), "rest-sharding")
    register(Hunts(run), "rest-hunts")
    if not (run.settings.plan or config.option.collectonly):
        foresight = Foresight(config, run)
        register(foresight, "rest-foresight")
        foresight.begin()
    if run.settings.is_benchmark:
        config.args = []  # no paths were given: the suites are what is collected
    elif config.args_source != pytest.Config.ArgsSource.ARGS:
        config.args = [str(config.rootpath / path) for path in run.settings.paths]  # of the run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the `rest` fixture one call for each item and style."""
    run: Any = metafunc.config.pluginmanager.getplugin("rest-run")
    if run is not None and "rest" in metafunc.fixturenames:
        from pytest_rest.plugin import collection

        collection.parametrize(metafunc, run)


@pytest.fixture
def rest(request: pytest.FixtureRequest) -> "Rest":
    """Ask this test's item, in this test's style, in every form: `verdict = rest()`."""
    plugins: Any = request.config.pluginmanager
    if not plugins.hasplugin("rest-run"):
        pytest.skip("REST needs a model: give --rest-model")
    from pytest_rest.errors import RestError
    from pytest_rest.plugin.runtest import Rest

    try:
        return Rest(request, plugins.getplugin("rest-run"), plugins.getplugin("rest-scopes"))
    except RestError as error:
        pytest.fail(f"REST: {error}", pytrace=False)


@pytest.fixture(scope="session")
def rest_ask(request: pytest.FixtureRequest) -> "Callable[..., Verdict]":
    """Ask any item in any style, in every form: `verdict = rest_ask(item, style)`.

    One for the whole session, so that a test of Hypothesis's `@given` may use it.
    """
    plugins: Any = request.config.pluginmanager
    if not plugins.hasplugin("rest-run"):
        pytest.skip("REST needs a model: give --rest-model")
    from pytest_rest.terms import Item, Style

    def ask(item: Item, style: Style = Style()) -> "Verdict":  # noqa: B008 (frozen)
        verdict: Verdict = plugins.getplugin("rest-run").ask(item, style).verdict
        return verdict

    return ask


@pytest.fixture(scope="session")
def rer_threshold() -> float | None:
    """The RER below which the build fails; override it in a folder's conftest.py."""
    return None


@pytest.fixture(scope="session")
def cfr_threshold() -> float | None:
    """The CFR above which the build fails; override it in a folder's conftest.py."""
    return None
