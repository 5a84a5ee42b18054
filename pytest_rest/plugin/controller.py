"""Turns the reports that come in into figures, a gate and files; in the controller."""

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from pytest_rest.benchmark.file import ENDINGS
from pytest_rest.errors import OptionError, RestError, StoreError
from pytest_rest.gate import baseline, early_stop, regression, thresholds
from pytest_rest.gate.thresholds import FIELD, TAG, Threshold
from pytest_rest.plugin import price_check, provenance, stored_settings
from pytest_rest.plugin import settings as options
from pytest_rest.plugin.cases import case_of, named
from pytest_rest.plugin.early_stop import Looks
from pytest_rest.plugin.judged_ahead import ROW
from pytest_rest.plugin.progress import Watch
from pytest_rest.plugin.run import OUTCOME, REFUSED, WIRE, Run
from pytest_rest.reporting import collector, earlier_runs, github, junit, markdown, merge, page
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.left_out import LeftOut
from pytest_rest.reporting.record_file import RecordFile
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.results import Rules, Spent, Tally, Test, own_styles
from pytest_rest.reporting.terminal import tables
from pytest_rest.statistics import bounds
from pytest_rest.terms import Completion, Record, Style, fingerprint

_FEW = 8  # items, of which a run may need no bounds, and is over at once


class Controller:
    """Counts what was selected against what came back, and judges once everything is in.

    Records are gathered by test function, item and style; the last one wins, so that a rerun
    counts once. What was selected and gave no record is lost, by name.
    """

    def __init__(
        self,
        config: pytest.Config,
        run: Run,
        watch: Watch,
        fuzz: Callable[[], Mapping[str, Any] | None],
    ) -> None:
        self._run, self._watch, self._fuzz = run, watch, fuzz
        plugins: Iterable[Any] = config.pluginmanager.get_plugins()
        self._junit = [each for each in plugins if hasattr(each, "add_global_property")]  # LogXML
        self._started = time.monotonic()
        file = RecordFile(run.settings.run_dir)
        self._tally = Tally(_rules(run.settings), styles=run.styles, file=file)
        self._uncounted: list[tuple[Test, Record | str]] = []
        self._looks: Looks | None = None  # of a run that may stop early
        self._clusters: dict[tuple[str, str], str] = {}  # of the items that are in one
        self._refused = ""  # why a worker refused what it collected
        self.report: Report | None = None
        self.written: list[Path] = []

    def prepare(self) -> None:
        """Make the run's folder and open its store; `RestError` says why that cannot be."""
        price_check.check(self._run)
        settings = self._run.settings
        if len(settings.files) == len(settings.paths):  # else there is more to be collected
            self._run.check_answerable(self._run.known)
            self._check_known()
        self._run.folder.make()
        self._check_baseline()
        self._run.keep()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected, here or in a worker."""
        if report.failed:
            self._tally.broken.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record out of a report, of which pytest keeps every one."""
        carried = report.__dict__.pop(WIRE, None)
        if carried is None:
            return
        wire = json.loads(carried) if isinstance(carried, str) else carried
        report.__dict__[OUTCOME] = wire.get("outcome")
        tally = self._tally
        tally.of = max(tally.of, wire["of"])
        self._run.whole = wire.get("whole", self._run.whole)
        for style in wire.get("styles", []):
            self._run.note([Style(**style)])
        for selected in json.loads(wire.get("selected", "[]")):
            self._select(*selected)
        for left_out in wire.get("left_out", ()):
            self._run.left_out[left_out["suite"], left_out["item"]] = LeftOut(**left_out)
        self._clusters |= {(suite, item): name for suite, item, name in wire.get("clusters", ())}
        if "record" not in wire:
            return
        suite, item, style, _, origin = wire["case"]
        test = (origin, (suite, item, style))
        tally.thresholds.update(Threshold(**each) for each in wire["thresholds"])
        (tally.failed.add if report.failed else tally.failed.discard)(test)
        if wire["record"] is None:
            tally.reasons[test] = wire["reason"]
        else:
            self._uncounted.append((test, wire["record"]))
            if self._run.is_asked or len(self._uncounted) >= ROW:
                self._count()
            if wire.get("outcome") == "inconsistent":
                self._say(report, wire["record"])
        if self._run.settings.early_stop:
            self._look()

    def _count(self) -> None:
        """Count the records that have come: where nothing is asked, in rows, as they are made."""
        for test, record in self._uncounted:
            kept = self._tally.add(test, record)
            if kept.place == _FEW:
                bounds.prepare()  # in the time for which the others are waited for
            self._watch.add(kept)
        self._uncounted.clear()

    def _say(self, report: pytest.TestReport, record: Record | str) -> None:
        """What an item's answers were, where JUnit would have it as a bare pass."""
        for log in self._junit:
            whole = Record.from_json(record) if isinstance(record, str) else record
            text = tables.headline(whole.verdict)
            log.node_reporter(report).append(junit.element("system-out", text))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what was selected where this is the only process; workers tell it."""
        for item in getattr(session, "items", ()):
            if (case := case_of(item)) is not None:
                self._select(*named(item, case))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker found that cannot be asked."""
        self._refused = getattr(node, "workeroutput", {}).get(REFUSED, self._refused)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hang up where no test loop was run, before xdist waits for its workers."""
        self._run.hang_up()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Ask no more, and judge, when the last test is over or the run was cut short."""
        option = session.config.option
        try:
            result = yield
        except KeyboardInterrupt as error:
            self._tally.is_interrupted = type(error) is KeyboardInterrupt  # by hand, not by pytest
            raise
        finally:
            self._run.hang_up()
            if not (option.collectonly or self._refused or self._run.is_postponed):
                with collector.paused():
                    self._finish(session)
        if self._refused:
            self._run.discard()
            raise pytest.UsageError(self._refused)
        broken = [name for name in self._tally.broken if not name or name.lower().endswith(ENDINGS)]
        if broken and not option.continue_on_collection_errors:  # pytest's own loop has raised
            number = len(self._tally.broken)
            noun = "error" if number == 1 else "errors"
            raise session.Interrupted(f"{number} {noun} during collection")
        return result

    def _check_known(self) -> None:
        """Refuse what no item can tell, where all are known: of tag, field, and what is right."""
        settings, known = self._run.settings, self._run.known
        asked = [each for each in settings.thresholds if each.part.startswith((TAG, FIELD))]
        suites = {item.suite for item in known}
        told = settings.stored.fields if settings.stored else ()
        parts = suites | thresholds.tags_of(known) | thresholds.fields_of(known, told)
        thresholds.check(asked, suites, parts)
        if settings.early_stop:
            early_stop.check(asked, len(suites), ())
        if settings.stored is None:
            thresholds.check_answers(settings.thresholds, known)
            if settings.is_compared and known and not any(item.answer for item in known):
                regression.check_answers(settings.tolerance)

    def _check_baseline(self) -> None:
        """Refuse another benchmark than the baseline's before it is paid for."""
        settings = self._run.settings
        if settings.baseline is None or not settings.is_benchmark:
            return
        by_suite: dict[str, dict[str, str]] = {}
        items = [item for item in settings.items if not self._run.leaves_out(item)]
        for item in items:
            by_suite.setdefault(item.suite, {})[item.id] = item.digest
        styles = {style.id: style for _, style in settings.cases}
        own = own_styles(styles, {n: s for n, s in styles.items() if stored_settings.is_known(s)})
        about = provenance.about(self._run)
        after = {
            **{name: about[name] for name in ("protocol", "seed", "ocr")},
            "modes": sorted(settings.modes),
            "styles": [{"id": s, "digest": own.get(s, {}).get("digest")} for s in sorted(styles)],
            "suites": [
                {"name": suite, "items": len(d), "fingerprint": fingerprint(d.values())}
                for suite, d in by_suite.items()
            ],
            "items": [
                {"suite": suite, "id": item, "digest": digest}
                for suite, digests in by_suite.items()
                for item, digest in digests.items()
            ],
            "unaskable": [{"suite": s, "id": item} for s, item in self._run.left_out],
        }
        if reasons := baseline.differences(settings.baseline, after):
            raise OptionError(
                f"--rest-baseline is of another benchmark: {'; '.join(reasons)}; "
                "ask the same, or make a new baseline"
            )

    def _look(self) -> None:
        self._count()
        if self._looks is None:
            self._looks = Looks(self._run, self._tally.tests, self._clusters)
        self._looks.go_on(self._tally)

    def _select(self, suite: str, item: str, style: str, digest: str, origin: str) -> None:
        test = origin, (suite, item, style)
        if self._tally.select(test, digest):
            self._watch.select(suite, item)

    def _finish(self, session: pytest.Session) -> None:
        self.report = self._build()
        rules = self._tally.rules
        for case in junit.gate_cases(self.report, rules.max_lost, rules.allow_cached):
            failed = case.said if case.outcome == "failure" else ""
            _log(session, case.name, failed)
        folder = self._run.settings.run_dir
        met = self._tally.tests or self.report.gate or self.report.fuzz
        if not met:  # no REST test: leave no trace
            if self._run.folder.is_empty:
                self._run.discard()
            return
        for path in (folder / "report.json", self._run.settings.json):
            self._write(session, path, self.report.write)
        for path in (folder / page.NAME, self._run.settings.html):
            self._write(session, path, self._write_page)
        summary = markdown.page(self.report)
        self._write(session, self._run.settings.markdown, lambda path: save([summary], path))
        for log in self._junit:
            for name, value in markdown.properties(self.report).items():
                log.add_global_property(name, value)
        if failed := github.add_to_summary(summary):
            warning = pytest.PytestWarning(f"REST: {failed}")
            session.config.issue_config_time_warning(warning, stacklevel=2)

    def _write(
        self, session: pytest.Session, path: Path | None, write: Callable[[Path], None]
    ) -> None:
        if path is None:
            return
        try:
            write(path)
        except (OSError, RestError) as error:
            _log(session, "report", f"the report cannot be written: {error}")
        else:
            self.written.append(path)

    def _write_page(self, path: Path) -> None:
        assert self.report is not None  # noqa: S101 (it is built before it is written)
        store = self._run.folder.store
        prompts = store.prompts() if store is not None else {}
        page.write(self.report.content(), prompts, self._run.settings.run_dir, path)

    def _build(self) -> Report:
        settings, tally = self._run.settings, self._tally
        self._count()
        tally.drawn = {
            each.name: {"counts": dict(each.counts), "left_out": [*each.left_out]}
            for each in settings.drawn
        }
        tally.left_out = self._run.left_out
        seconds = time.monotonic() - self._started
        if self._looks is not None:
            self._looks.tell(tally)
        spent = Spent(seconds, self._run.pace.retries, self._cached(), self._spare())
        report = tally.report(provenance.about(self._run), spent, settings.shard)
        history = earlier_runs.find(report, settings.baseline, settings.run_dir)
        report = report.but(fuzz=self._fuzz(), history=history)
        if settings.shard is None:
            return report
        return merge.carrying(report, tally, self._run.whole, spent.spare)

    def _spare(self) -> list[Completion]:
        """What was asked and paid for, and no record shows: its test did not run."""
        store = self._run.folder.store
        if store is None or self._run.settings.replay is not None:
            return []
        try:
            return [answer for _, answer in store.all(but=self._tally.prompts)]
        except StoreError:
            return []

    def _cached(self) -> int:
        """How many prompts were answered before this session, whichever process asked for them."""
        store = self._run.folder.store
        if store is None or not store.stored:
            return 0
        return sum(map(store.is_old, self._tally.prompts))


def _rules(settings: options.Settings) -> Rules:
    return Rules(
        settings.thresholds,
        settings.max_lost,
        settings.confidence,
        settings.baseline,
        settings.tolerance,
        settings.allow_models,
        settings.allow_cached,
    )


def _log(session: pytest.Session, name: str, reason: str) -> None:
    """Report a test of the gate's own, so that terminal, JUnit and exit status say the same."""
    # the blank keeps pytest from taking the dot of a bound for the dot of a class
    nodeid, location = f"rest-gate::{name}", ("rest-gate", None, f"{name} ")
    hook = session.config.hook
    session.testscollected += 1
    hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
    phases: tuple[Literal["setup", "call", "teardown"], ...] = ("setup", "call", "teardown")
    for when in phases:
        failed = when == "call" and bool(reason)
        report = pytest.TestReport(
            nodeid=nodeid,
            location=location,
            keywords={},
            outcome="failed" if failed else "passed",
            longrepr=reason if failed else None,
            when=when,
        )
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
