"""Joins a run to pytest's session: reads its settings, and registers who takes part in it."""

import pytest

from pytest_rest import extensions
from pytest_rest.plugin import ini_file, settings, unaskable
from pytest_rest.plugin.collection import Collection, known_cases
from pytest_rest.plugin.fuzz_tests import Hunts
from pytest_rest.plugin.loggers import SteadyLoggers
from pytest_rest.plugin.prefetch import Foresight, may_select
from pytest_rest.plugin.run import WIRE, Run
from pytest_rest.plugin.runtest import Recorder, Scopes
from pytest_rest.plugin.sharding import Sharding
from pytest_rest.plugin.suite_protocol import SuiteProtocol


def join(config: pytest.Config) -> None:
    """Check everything that was asked for, and take part; `RestError` says what is wrong."""
    ini_file.check(config)
    extensions.use_metrics()
    workerinput = getattr(config, "workerinput", None)
    run = Run(settings.read(config, workerinput and workerinput[WIRE]))
    if workerinput is None:
        from pytest_rest.plugin.controller import warn_of_unusual  # no worker needs all that

        warn_of_unusual(config, run.settings)
        if not may_select(config) and (cases := known_cases(run)) is not None:
            unaskable.check(run, cases)
            run.is_checked = True
    register = config.pluginmanager.register
    register(SteadyLoggers(), "rest-loggers")
    if run.settings.plan:
        _join_plan(config, run)
    elif workerinput is None:
        _join_main(config, run)
    register(run, "rest-run")
    register(Scopes(), "rest-scopes")
    register(Recorder(run), "rest-recorder")
    register(SuiteProtocol(config, run), "rest-suite-protocol")
    register(Collection(run), "rest-collection")
    if run.settings.early_stop:
        from pytest_rest.plugin.early_stop import InRounds

        register(InRounds(config, run), "rest-in-rounds")
    if run.settings.shard is not None:
        register(Sharding(run, run.settings.shard), "rest-sharding")
    register(Hunts(run), "rest-hunts")
    is_asked = run.settings.stored is None and run.settings.replay is None
    # a metric of another package may print, which belongs to its own test
    if workerinput is None and not (is_asked or extensions.METRICS):
        register(run.ahead, "rest-judged-ahead")
    if is_asked and not (run.settings.plan or run.settings.batch or config.option.collectonly):
        foresight = Foresight(config, run)
        register(foresight, "rest-foresight")
        foresight.begin()
    if run.settings.is_benchmark:
        config.args = []  # no paths were given: the suites are what is collected
    elif config.args_source != pytest.Config.ArgsSource.ARGS:
        config.args = [str(config.rootpath / path) for path in run.settings.paths]  # of the run


def _join_plan(config: pytest.Config, run: Run) -> None:
    """What only a plan has, which is made in the main process."""
    from pytest_rest.plugin.plan import Planner
    from pytest_rest.plugin.terminal import Terminal

    config.pluginmanager.register(Terminal(config, run, lambda: None, ()), "rest-terminal")
    config.pluginmanager.register(Planner(run), "rest-planner")


def _join_main(config: pytest.Config, run: Run) -> None:
    """What only the main process has, and imports: who counts, judges and shows."""
    from pytest_rest.plugin.controller import Controller
    from pytest_rest.plugin.fuzz_tests import Findings
    from pytest_rest.plugin.progress import Watch
    from pytest_rest.plugin.terminal import Terminal
    from pytest_rest.plugin.workers import Workers, spare

    spare(config, run)
    register = config.pluginmanager.register
    findings, watch = Findings(run), Watch(config, run)
    controller = Controller(config, run, watch, findings.gathered)
    terminal = Terminal(config, run, lambda: controller.report, controller.written)
    register(terminal, "rest-terminal")
    if not config.option.collectonly:
        controller.prepare()
        if run.settings.given["measures_eyes"]:
            from pytest_rest.plugin import eyes  # numpy and Jinja2, for this option alone

            eyes.measure(config, run)
        if run.settings.stored is None:
            register(watch, "rest-progress")
        if run.settings.batch:
            from pytest_rest.plugin.batches import Batches  # aiohttp, for this option alone

            register(Batches(config, run, watch), "rest-batches")
    register(controller, "rest-controller")
    register(Workers(config, run), "rest-workers")
    register(findings, "rest-findings")
