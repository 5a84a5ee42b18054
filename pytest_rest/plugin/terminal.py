"""Turns the run into what pytest's terminal shows: the header, the outcomes, the summary."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest

from pytest_rest.benchmark import near
from pytest_rest.benchmark.stored import StoredAnswers
from pytest_rest.credentials import masked
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.plugin import foreign_hooks, selection
from pytest_rest.plugin.options import OPTIONS
from pytest_rest.plugin.run import OUTCOME, Run
from pytest_rest.plugin.seen import longest
from pytest_rest.reporting import github, markdown
from pytest_rest.reporting.decision import Word
from pytest_rest.reporting.left_out import UNASKABLE
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import findings, pages, seen, tables, thinking
from pytest_rest.reporting.terminal.figures import wrapped
from pytest_rest.terms import Limited

_PATHS_SHOWN = 5
_LOOKS: dict[Word, dict[str, bool]] = {
    "ship": {"bold": True, "green": True},
    "do not ship": {"bold": True, "red": True},
    "cannot tell": {"bold": True, "yellow": True},
}
_OUTCOMES = {"inconsistent": "i", "lost": "l", "unneeded": "n"}

_LATER = (  # by which somebody may read reports again
    *("pytest_runtest_logreport", "pytest_runtest_logfinish", "pytest_report_teststatus"),
    *("pytest_runtestloop", "pytest_sessionfinish", "pytest_terminal_summary"),
    "pytest_unconfigure",
)


class Terminal:
    """Writes the run's header and summary, on the controller; `report` is None until the end."""

    def __init__(
        self,
        config: pytest.Config,
        run: Run,
        report: Callable[[], Report | None],
        written: Sequence[Path],
    ) -> None:
        self._config, self._run, self._report = config, run, report
        self._written = written
        self._gate_begun = False
        self._model = run.model  # a model that cannot be asked is told here, before any test
        self._protocol = run.protocol_id

    def pytest_report_header(self) -> list[str]:
        """What is asked, of whom, and where it is kept."""
        settings = self._run.settings
        if settings.stored is not None:
            return self._stored_header(settings.stored)
        asked = [*settings.suites, *settings.paths[:_PATHS_SHOWN]]
        if more := len(settings.paths[_PATHS_SHOWN:]):
            asked.append(f"{more} paths more")
        if settings.fuzz and not asked:
            asked = ["fuzzing alone"]
        suites = ", ".join(asked) or "the tests that are marked"
        styles = ", ".join(style.id for style in settings.styles)
        if settings.plus:
            styles = "REST+, ten styles an item"
        if settings.files and not settings.styles_named:
            styles += " where a file names no styles"
        if settings.shard is not None:
            suites += f"; shard {settings.shard.name}"
        return [
            f"rest: {masked(self._model.description)}",
            *self._floating(),
            f"rest: {suites}; seed {settings.seed}; {self._scheme()}; {styles}",
            *(f"rest: {tables.drawn(s.name, s.counts)}" for s in settings.drawn if s.counts),
            *self._limits(),
            *self._workers(),
            *self._unjudged(),
            *self._left_out(),
            *self._without_text(),
            *(f"rest: {line}" for line in seen.measured(settings.given["eyechart"])),
            *(f"rest: {line}" for line in seen.whole(settings.given["eyes_whole"])),
            *seen.header(longest(self._run)),
            *self._kept_gate(),
            f"rest: protocol {self._protocol}; {self._where()}",
        ]

    def _stored_header(self, answers: StoredAnswers) -> list[str]:
        """What is judged, and where the run is kept."""
        number = answers.number
        forms = tables.scheme(replace(self._run.settings.scheme, ocr="image"))
        formats = f"; {', '.join(answers.formats)}" if answers.formats else ""
        return [
            f"rest: {masked(self._model.description)}",
            f"rest: {', '.join(answers.suites)}; {number:,} answers; {forms}{formats}",
            f"rest: {near(self._run.settings.run_dir)}",
        ]

    def pytest_report_collectionfinish(self) -> list[str]:
        """What is left out, where the header could not say it yet."""
        return [] if self._run.is_checked else self._left_out()

    def _left_out(self) -> list[str]:
        left_out = self._run.left_out.values()
        return [f"rest: {line}" for line in tables.left_out([*left_out])[:1]]

    def _without_text(self) -> list[str]:
        """How many documents have no text layer, where a text form is asked."""
        if "text" not in self._run.settings.scheme.modes:
            return []
        items = [*self._run.known]
        scans = [item for item in items if item.document and not item.document.text]
        names = dict.fromkeys(
            Path(str(item.document and item.document.path)).name for item in scans
        )
        return [f"rest: {line}" for line in pages.without_text(len(scans), len(items), [*names])]

    def _workers(self) -> list[str]:
        """That fewer workers start, or that they cost more than they bring where cores are few."""
        here, _ = selection.workers(self._config)
        if spared := self._run.spared:
            return [
                f"rest: {here} of {here + spared} workers start: the main process asks for all, "
                f"and {here} judge as fast as it asks"
            ]
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        if self._model.home != "endpoint" or here <= (cores or here):
            return []
        noun = "core" if cores == 1 else "cores"
        return [
            f"rest: {here} workers on {cores} {noun} slow the run down: the main process asks as "
            "many calls at once without -n"
        ]

    def _floating(self) -> list[str]:
        """That the name may stand for another model at another time, where it is known to."""
        if not Catalogue({}).floats(self._model.name):
            return []
        name = masked(self._model.name)
        return [f"rest: {name} floats: it may be another model tomorrow; a name with a date is not"]

    def _limits(self) -> list[str]:
        """How many of the items the model can answer, where it is not all of them."""
        model, items = self._model, self._run.known
        if not isinstance(model, Limited):
            return []
        number = sum(map(model.can_answer, items))
        if number == len(items):
            return []
        return [f"rest: {number:,} of {len(items):,} items can be answered: {model.answers}"]

    def _unjudged(self) -> list[str]:
        """How many of the items that are known do not say what is right."""
        items = self._run.known
        lines = tables.of_unjudged(len(items), sum(bool(item.answer) for item in items))
        return [f"rest: {line}" for line in lines]

    def _scheme(self) -> str:
        """What is asked of each item; of RH-Bench alone, what is asked of that."""
        settings = self._run.settings
        items = settings.items
        is_of_one_form = bool(items) and settings.is_benchmark and all(i.only for i in items)
        return tables.scheme(settings.scheme.of(items[0]) if is_of_one_form else settings.scheme)

    def _kept_gate(self) -> list[str]:
        """What judges the run that it was asked with, and that is not given anew."""
        given, kept = self._run.settings.given, self._run.settings.kept_gate
        said = " ".join(word for key in kept for word in OPTIONS[key].words(given[key]))
        return [f"rest: kept of the run's gate: {said}"] if said else []

    def _where(self) -> str:
        settings, store = self._run.settings, self._run.folder.store
        if settings.plan:
            return "a plan: nothing is asked"
        if settings.resume and store is not None:
            return f"{near(settings.run_dir)}, with {store.stored:,} answers stored"
        return str(near(settings.run_dir))

    def _resume(self) -> str:
        return f"--rest-resume={near(self._run.settings.run_dir)}"

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, Mapping[str, bool]]] | None:
        """`i`, `l` and `n` for items that the gate judges; everything else is pytest's."""
        outcome = getattr(report, OUTCOME, None)
        if outcome is None:
            return None
        return outcome, _OUTCOMES[outcome], (outcome.upper(), {"yellow": True})

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Let go of a report that nobody reads again: pytest keeps every one to the end."""
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        stats = reporter.stats if reporter is not None else {}
        is_shown = report.sections or self._config.getoption("durations", None) is not None
        if (kept := stats.get("")) and kept[-1] is report and not is_shown:
            kept.pop()
        elif hasattr(report, OUTCOME) and self._are_passes_only_counted:
            for name in ("passed", *_OUTCOMES):
                if (kept := stats.get(name)) and kept[-1] is report:
                    kept[-1] = kept[0]  # which stands for all

    @cached_property
    def _are_passes_only_counted(self) -> bool:
        """Whether of items' tests that passed nobody wants to know more than how many there are."""
        get = self._config.getoption
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        is_listed = {*"pPA"} & {*get("reportchars", "")} or get("durations", None) is not None
        is_pytests = type(reporter).__module__.startswith("_pytest.")
        return is_pytests and not (is_listed or foreign_hooks.has_any(self._config, *_LATER))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a line for the gate, where the progress of the tests would run into it."""
        plugins = self._config.pluginmanager
        reporter = plugins.getplugin("terminalreporter")
        if not nodeid.startswith("rest-gate::") or self._gate_begun or reporter is None:
            return
        self._gate_begun = True
        verbosity = self._config.get_verbosity()
        if verbosity < 0 or (verbosity == 0 and plugins.hasplugin("dsession")):
            reporter.write("\nrest-gate ")
        elif verbosity == 0:
            reporter.currentfspath = None  # its line ends with a percentage already

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """The table, what disagreed and what was lost, and the verdict last."""
        report = self._report()
        write = terminalreporter.write_line
        if report is None or not (report.records or report.lost or report.gate):
            if report and report.fuzz:
                self._close(report, write)
            elif not (self._is_told or _is_all_unaskable(terminalreporter)):
                write(f"REST: answers are stored; go on with {self._resume()}", yellow=True)
            return
        terminalreporter.write_sep("=", "REST")
        if report.decision:
            for row in wrapped(report.decision.sentence):
                write(row, **(_LOOKS[report.decision.word] if report.gate else {"bold": True}))
        for line in (*report.cautions, *tables.models(report), *seen.summary(report.seen)):
            write(line, yellow=True)
        for line in tables.table(report):
            write(line, bold=not line[:1].isspace() and "items" in line)
        for line in (*thinking.budgets(report), *thinking.rh_auc(report)):
            write(line, bold=line.startswith(("RH-AUC", "reasoning collapse")))
        settings = self._run.settings
        has_place = bool(settings.suites) and settings.shard is None  # a part of a run has none
        for line, looks in findings.summary(report, has_place):
            write(line, **looks)
        self._close(report, write)
        if github.is_here():
            for line in markdown.annotations(report):
                write(line)
        for line, met in findings.gate(report):
            colors = {} if met is None else {"green": met, "red": not met}
            write(line, bold=line.startswith("gate"), yellow=met is None, **colors)

    @property
    def _is_told(self) -> bool:
        """Whether there is nothing to go on with, or who asks by batch says how."""
        return self._run.folder.is_empty or self._run.is_postponed

    def _close(self, report: Report, write: Callable[..., None]) -> None:
        """Who was asked, what it took, and where all of it is."""
        write(masked(self._model.description))
        write(tables.usage(report))
        for line in seen.measured(report.provenance["eyechart"]):
            for row in wrapped(line):
                write(row)
        for line in tables.changes(self._run.changes):
            write(line, yellow=True)
        is_asked = not (report.provenance["replay_of"] or self._run.settings.stored)
        if is_asked and any(not lost.reason.startswith(UNASKABLE) for lost in report.lost):
            write(f"ask again what is lost: {self._resume()}")
        for path in self._written:
            write(str(near(path)))


def _is_all_unaskable(reporter: "pytest.TerminalReporter") -> bool:
    """Whether all tests that failed did so because what they asked with `rest_ask` cannot be."""
    failed = [*reporter.stats.get("failed", ()), *reporter.stats.get("error", ())]
    begin = re.compile(r"REST: .*\bcannot be asked in style ")
    return bool(failed) and all(begin.match(report.longreprtext) for report in failed)
