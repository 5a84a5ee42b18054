"""Turns the hunts of a run into tests, one for each worker, and what they found into one report."""

import json
import shlex
from collections.abc import Generator, Mapping
from types import ModuleType
from typing import Any

import pytest

from pytest_rest import prompts
from pytest_rest.benchmark import near
from pytest_rest.errors import RestError
from pytest_rest.fuzzing import flip as flips
from pytest_rest.fuzzing.flip import REST, Flip
from pytest_rest.fuzzing.oracle import Oracle, answerer
from pytest_rest.plugin.run import Run
from pytest_rest.reporting.terminal import flips as text
from pytest_rest.safe_text import shown
from pytest_rest.terms import Form
from pytest_rest.wording import count

_NAME = "rest-fuzz"
_WIRE = "pytest_rest_fuzz"  # what a report's attribute is named
_HUNTED = pytest.StashKey[str]()
_SUMS = ("examples", "compared", "lost", "not_repeated", "calls")


class Found(AssertionError):  # noqa: N818 (an outcome, not an error)
    """A hunt's failure, shown without a traceback."""

    __module__ = "builtins"  # as pytest's own outcomes, for a short name in the summary


def answers_do_not_depend_on_style(request: pytest.FixtureRequest, hunt: int) -> None:
    """The answer to a fresh system does not depend on how its picture is drawn."""
    run: Any = request.config.pluginmanager.getplugin("rest-run")
    try:
        hunted = _hunt(run, hunt)
    except RestError as error:
        raise Found(f"REST: {error}") from None
    request.node.stash[_HUNTED] = json.dumps(hunted, ensure_ascii=True)
    if reason := _failure(hunted):
        raise Found(reason)


answers_do_not_depend_on_style.__test__ = True  # type: ignore[attr-defined] # whatever its name


class Fuzzing(pytest.Module):
    """The hunts, collected as a module that holds one test, without a file of its own."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.obj = ModuleType(self.name)
        self.obj.answers_do_not_depend_on_style = answers_do_not_depend_on_style


class Hunts:
    """Adds the hunts to what the session collects, and what they found to their reports."""

    def __init__(self, run: Run) -> None:
        self._fuzz = run.settings.fuzz

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the hunts behind everything else."""
        report = yield
        if self._fuzz and isinstance(collector, pytest.Session) and report.passed:
            hunts = Fuzzing.from_parent(collector, path=collector.path, name=_NAME, nodeid=_NAME)
            report.result = [*report.result, hunts]
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each hunt."""
        if self._fuzz and metafunc.function is answers_do_not_depend_on_style:
            hunts = range(self._fuzz.hunts)
            metafunc.parametrize("hunt", hunts, ids=[f"hunt-{hunt}" for hunt in hunts])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send what was found with the report, as one ASCII string."""
        report = yield
        if report.when == "call" and (hunted := item.stash.get(_HUNTED, "")):
            setattr(report, _WIRE, hunted)
        if call.excinfo and isinstance(call.excinfo.value, Found):
            report.longrepr = str(call.excinfo.value)
        return report


class Findings:
    """Gathers what the hunts found, each distinct flip once; in the main process."""

    def __init__(self, run: Run) -> None:
        self._run, self._fuzz = run, run.settings.fuzz
        self._hunts: dict[int, Mapping[str, Any]] = {}
        self._flips: list[Flip] = []

    def pytest_report_header(self) -> list[str]:
        """What is hunted for, and the seed that repeats it."""
        fuzz = self._fuzz
        if fuzz is None:
            return []
        if fuzz.replayed:
            return [f"rest: {count(len(fuzz.replayed), 'flip')} of another run to ask again"]
        profile = "repeatable" if fuzz.is_repeatable else "hunt"
        return [
            f"rest: fuzzing {fuzz.examples:,} examples in at most {fuzz.calls:,} calls; "
            f"seed {fuzz.seed}; profile {profile}"
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what was found out of a report."""
        if carried := report.__dict__.pop(_WIRE, None):
            self._take(json.loads(carried))

    def gathered(self) -> dict[str, Any] | None:
        """The report's `fuzz`; None where nothing was hunted for."""
        if self._fuzz is None:
            return None
        for path in self._run.settings.run_dir.glob("fuzz-*.json"):  # of a hunt without a report
            hunted = json.loads(path.read_text("ascii"))
            if hunted["hunt"] not in self._hunts:
                self._take(hunted)
        self._flips = flips.merge(self._flips)
        hunts = list(self._hunts.values())
        return {
            "seed": self._fuzz.seed,
            "hunts": len(hunts),
            **{name: sum(hunt[name] for hunt in hunts) for name in _SUMS},
            "ended": sorted({hunt["ended"] for hunt in hunts if hunt["ended"]}),
            "failure": next((hunt["failure"] for hunt in hunts if hunt["failure"]), ""),
            "undrawn": {style: why for hunt in hunts for style, why in hunt["undrawn"].items()},
            "findings": [flip.to_builtins() for flip in self._flips],
        }

    def pytest_terminal_summary(
        self, terminalreporter: "pytest.TerminalReporter", config: pytest.Config
    ) -> None:
        """What was asked, and each finding."""
        fuzz = self.gathered()
        if fuzz is None or config.option.collectonly:
            return
        terminalreporter.write_sep("=", "REST fuzz")
        write = terminalreporter.write_line
        settings, folder = self._run.settings, self._run.folder
        for sentence in text.hunted(fuzz):
            for line in text.folded(sentence):
                write(line)
        for number, flip in enumerate(self._flips, 1):
            is_steady = flip.steadiness == "steady"
            for line in text.folded(f"flip {number}: {text.change(flip)}"):
                write(line, red=is_steady, yellow=not is_steady)
            replay = f"--rest-fuzz-replay={near(settings.run_dir)}:{number}"
            again = shlex.join([*settings.again["words"], replay])
            for line in text.finding(flip, lambda digest: near(folder.picture(digest)), again):
                write(line)
        self._save(write)

    def _take(self, hunted: Mapping[str, Any]) -> None:
        self._hunts[hunted["hunt"]] = hunted
        self._flips += map(Flip.from_builtins, hunted["flips"])

    def _save(self, write: Any) -> None:
        path = self._fuzz and self._fuzz.save
        if not path or not self._flips:
            return
        try:
            path.write_text(text.to_yaml(self._flips), "utf-8")
        except OSError as error:
            write(f"{near(path)} cannot be written: {error.strerror}", red=True)
        else:
            write(f"{near(path)}: a benchmark of {count(len(self._flips), 'flip')}")


def _hunt(run: Run, number: int) -> dict[str, Any]:
    """Hunt, and store each finding at once."""
    from pytest_rest.fuzzing.example_database import model_examples
    from pytest_rest.fuzzing.hunt import Hunt, HuntResult

    fuzz, root = run.settings.fuzz, run.settings.root
    assert fuzz is not None  # noqa: S101 (for the type checker: only then is there a hunt)

    def keep(hunted: HuntResult) -> None:
        for flip in hunted.flips:
            shown_styles = (Form("image", style) for style in (REST, flip.style))
            run.folder.pictures.keep(
                prompts.build(flip.item, form, "solve", run.protocol) for form in shown_styles
            )
        path = run.settings.run_dir / f"fuzz-{number}.json"
        path.write_text(json.dumps(hunted.to_builtins(), ensure_ascii=True), "ascii")

    hunt = Hunt(
        HuntResult(number, fuzz.seed),
        Oracle(
            answerer(run.asker.ask_prompts, run.protocol),
            fuzz.share(fuzz.calls, number),
            flips.HELD,
        ),
        examples=fuzz.share(fuzz.examples, number),
        is_ocr_correct=fuzz.is_ocr_correct,
        database=None if fuzz.is_repeatable else model_examples(root, run.model.name),
        keep=keep,
    )
    if fuzz.replayed:
        hunt.ask_again(fuzz.replayed)
    else:
        hunt.run()
    return hunt.result.to_builtins()


def _failure(hunted: Mapping[str, Any]) -> str:
    """Why a hunt did not pass; empty where it did."""
    flips_seen = map(Flip.from_builtins, hunted["flips"])
    if steady := [flip for flip in flips_seen if flip.steadiness == "steady"]:
        return "\n".join(f"flip: {text.change(flip)}" for flip in steady)
    if hunted["is_cut_short"]:
        return f"could not go on after {hunted['examples']} examples: {shown(hunted['ended'])}"
    if not hunted["compared"]:
        reason = shown(hunted["failure"] or hunted["ended"]) or "no system was answered"
        return f"nothing could be compared in {hunted['examples']} examples: {reason}"
    return ""
