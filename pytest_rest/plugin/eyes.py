"""Measures what of a picture reaches the model before the run, which takes the limit found."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from pytest_rest import eyechart, rendering
from pytest_rest.benchmark import near
from pytest_rest.errors import ModelError, OptionError, RestError
from pytest_rest.eyechart import file
from pytest_rest.eyechart.file import Measured
from pytest_rest.plugin import benchmark_files, selection
from pytest_rest.plugin.options import OPTIONS
from pytest_rest.plugin.run import Run
from pytest_rest.reporting import eyechart_files
from pytest_rest.reporting.terminal import eyechart as words
from pytest_rest.safe_text import address
from pytest_rest.terms import Completion, Prompt

NAME = "eyechart.json"  # in the run's folder


def measure(config: pytest.Config, run: Run) -> None:
    """Ask charts within the run's limits and into its store, and take the limit that they tell.

    So an interrupted chart goes on with --rest-resume. `RestError` where the endpoint fails, or
    shows the model no pictures: what is stored is kept.
    """
    try:
        _check_paths(config, run)
        measured, answers = _ask(run)
        _write(run, measured)
        _take(run, measured, answers)
    except ModelError as error:
        mend = _going_on(run)
        run.discard()
        raise ModelError(f"--rest-eyechart: {error}{mend}") from None
    except RestError:
        run.discard()
        raise
    except KeyboardInterrupt:
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"REST: the eye chart was interrupted{_going_on(run)}", yellow=True)
        run.discard()
        raise


def _check_paths(config: pytest.Config, run: Run) -> None:
    """Raise for what the collection would only tell when the charts are paid for."""
    settings = run.settings
    for path in settings.paths:
        name = path.partition("::")[0]
        if not (config.option.pyargs or (settings.root / name).exists()):
            raise OptionError(f"file or directory not found: {name}")
    for name in settings.files:
        found = settings.library.read(settings.root / name)
        benchmark_files.check(found.items, settings.scheme, f"{name}: ")


def _ask(run: Run) -> tuple[Measured, list[Completion]]:
    """What was measured, and every answer."""
    settings, model = run.settings, run.model
    answers: list[Completion] = []
    fonts = rendering.fonts()
    progress = words.Progress(model.name, eyechart.MOST_CALLS)

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        completions = run.asker.ask_prompts(prompts)
        answers.extend(each for each in completions if each.error is None)
        return completions

    try:
        eyes = eyechart.measure(ask, fonts, settings.seed, eyechart.MOST_CALLS, progress)
    finally:
        progress.end()
    base = settings.api_base and address(settings.api_base)
    return Measured(settings.model, model.name, base, tuple(fonts), eyes), answers


def _write(run: Run, measured: Measured) -> None:
    output = run.settings.run_dir / NAME
    try:
        eyechart_files.write([measured], run.settings.seed, output)
    except OSError as error:
        reason = error.strerror or error
        raise OptionError(f"{str(output)!r} cannot be written: {reason}") from None


def _take(run: Run, measured: Measured, answers: Sequence[Completion]) -> None:
    """Go on with the limit as if it had been given, in this process and all others."""
    eyes, conclusion = measured.eyes, measured.eyes.conclusion
    if conclusion is None:
        raise OptionError(
            f"--rest-eyechart: {words.sight(eyes)}; name a model that sees, or an endpoint that "
            "shows it what is sent"
        )
    given: dict[str, Any] = {**run.settings.given, "measures_eyes": False, "eyes_whole": None}
    limit = file.limit(eyes)
    if limit is not None:
        selection.take_limit(given, limit.side, limit.pixels)
    costs = [answer.cost for answer in answers]
    given["eyechart"] = {
        "calls": len(answers),
        "cost": None if None in costs else math.fsum(cost or 0.0 for cost in costs),
        "limit": limit and {"side": limit.side, "pixels": limit.pixels},
        "side": conclusion.side and asdict(conclusion.side),
        "pixels": conclusion.pixels and asdict(conclusion.pixels),
        "said": words.limit(eyes, conclusion),
    }
    known = {key.removeprefix("rest_"): OPTIONS[key].value(given[key]) for key in selection.EYES}
    run.settings = replace(run.settings, given=given, **known)
    store = run.folder.store
    assert store is not None  # noqa: S101 (the answers are in it)
    store.note("options", run.about()["options"])


def _going_on(run: Run) -> str:
    if run.folder.is_empty:
        return ""
    return f"; what was answered is kept: --rest-resume={near(run.settings.run_dir)}"
