"""Turns the reports that come in into figures, a gate and files; in the controller."""

import json
import platform
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import pytest

import pytest_rest
from pytest_rest import baseline, benchmark, gate, metrics, regression
from pytest_rest.benchmark_file import ENDINGS
from pytest_rest.display import address
from pytest_rest.errors import OptionError, StoreError
from pytest_rest.gate import Gate, Threshold
from pytest_rest.plugin import options
from pytest_rest.plugin.run import OUTCOME, WIRE, Run, case_of, named
from pytest_rest.report import Lost, Report, calls
from pytest_rest.terms import Completion, Record, Style, to_builtins

_PACKAGES = ("pytest", "pytest-xdist", "pillow", "litellm", "jiwer", "rapidocr", "onnxruntime")
Key = tuple[str, str, str]  # suite, item, style


class Controller:
    """Counts what was selected against what came back, and judges once everything is in.

    Records are gathered by test function, item and style; the last one wins, so that a rerun
    counts once. What was selected and gave no record is lost, by name.
    """

    def __init__(self, run: Run, fuzz: Callable[[], Mapping[str, Any] | None]) -> None:
        self._run, self._fuzz = run, fuzz
        self._started = time.monotonic()
        self._selected: dict[tuple[str, Key], str] = {}  # with the item's digest
        self._of = 0  # how many were selected: every report says so, one names them
        self._records: dict[tuple[str, Key], Record] = {}
        self._reasons: dict[tuple[str, Key], str] = {}
        self._thresholds: set[Threshold] = set(run.settings.thresholds)
        self._broken: list[str] = []  # what could not be collected
        self.report: Report | None = None
        self.written: list[Path] = []

    def prepare(self) -> None:
        """Make the run's folder and open its store; `RestError` says why that cannot be."""
        model, limits = self._run.model, self._run.settings.limits
        if limits.max_cost and not self._run.price and not self._run.settings.replay:
            raise OptionError(
                f"--rest-max-cost cannot be held: the price of {model.name!r} is not known"
            )
        folder = self._run.settings.run_dir
        try:
            (folder / "images").mkdir(parents=True, exist_ok=True)
            probe = folder / ".writable"
            probe.touch()
            probe.unlink()
            if folder.parent.name == "runs" and folder.parent.parent.name == ".rest":
                (folder.parent.parent / ".gitignore").write_text("*\n")
        except OSError as error:
            reason = error.strerror or str(error)
            raise OptionError(
                f"run folder {str(folder)!r} cannot be written: {reason}; choose another with "
                "--rest-run-dir"
            ) from None
        self._check_baseline()
        self._run.keep()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker what it cannot find out by itself."""
        is_local = node.gateway.spec.popen
        dispatcher = self._run.serve() if is_local else None
        place: options.Place = "worker" if is_local else "remote"
        node.workerinput[WIRE] = options.to_wire(self._run.settings, dispatcher, place)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected, here or in a worker."""
        if report.failed:
            self._broken.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record out of a report, of which pytest keeps every one."""
        carried = report.__dict__.pop(WIRE, None)
        if carried is None:
            return
        wire = json.loads(carried)
        report.__dict__[OUTCOME] = wire.get("outcome")
        self._of = max(self._of, wire["of"])
        for style in wire.get("styles", []):
            self._run.note([Style(**style)])
        for selected in json.loads(wire.get("selected", "[]")):
            self._select(*selected)
        if "record" not in wire:
            return
        suite, item, style, _, origin = wire["case"]
        key = (origin, (suite, item, style))
        self._thresholds.update(Threshold(**each) for each in wire["thresholds"])
        if wire["record"] is None:
            self._reasons[key] = wire["reason"]
        else:
            self._records[key] = Record.from_json(wire["record"])

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what was selected where this is the only process; workers tell it."""
        for item in getattr(session, "items", ()):
            if (case := case_of(item)) is not None:
                self._select(*named(item, case))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hang up before xdist waits for its workers, which may still wait for an answer."""
        self._run.hang_up()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge when the last test is over, or when the run was cut short."""
        option = session.config.option
        try:
            result = yield
        finally:
            if not option.collectonly:
                self._finish(session)
        broken = [name for name in self._broken if not name or name.lower().endswith(ENDINGS)]
        if broken and not option.continue_on_collection_errors:  # pytest's own loop has raised
            number = len(self._broken)
            noun = "error" if number == 1 else "errors"
            raise session.Interrupted(f"{number} {noun} during collection")
        return result

    def _check_baseline(self) -> None:
        """Refuse another benchmark than the baseline's before it is paid for."""
        settings = self._run.settings
        if settings.baseline is None or not settings.is_benchmark:
            return
        by_suite: dict[str, dict[str, str]] = {}
        for item in settings.items:
            by_suite.setdefault(item.suite, {})[item.id] = item.digest
        styles = {style.id: style for _, style in settings.cases}
        own = self._own_styles(styles, styles)
        after = {
            "protocol": self._run.protocol.id,
            "modes": sorted(settings.modes),
            "seed": settings.seed,
            "ocr": settings.scheme.ocr,
            "styles": [{"id": s, "digest": own.get(s, {}).get("digest")} for s in sorted(styles)],
            "suites": [
                {"name": suite, "items": len(d), "fingerprint": benchmark.fingerprint(d.values())}
                for suite, d in by_suite.items()
            ],
            "items": [
                {"suite": suite, "id": item, "digest": digest}
                for suite, digests in by_suite.items()
                for item, digest in digests.items()
            ],
        }
        if reasons := baseline.differences(settings.baseline, after):
            raise OptionError(
                f"--rest-baseline is of another benchmark: {'; '.join(reasons)}; "
                "ask the same, or make a new baseline"
            )

    def _select(self, suite: str, item: str, style: str, digest: str, origin: str) -> None:
        self._selected[origin, (suite, item, style)] = digest

    def _finish(self, session: pytest.Session) -> None:
        self.report = self._build()
        for name, reason in _gate_tests(self.report, self._run.settings.max_lost):
            _log(session, name, reason)
        folder = self._run.settings.run_dir
        if not (
            self._selected or self.report.gate or self.report.fuzz
        ):  # no REST test was met: leave no trace
            if self._run.store is None or self._run.store.is_empty:
                self._run.discard()
            return
        for path in (folder / "report.json", self._run.settings.json_path):
            if path is not None and self._write(session, path, self.report):
                self.written.append(path)

    def _write(self, session: pytest.Session, path: Path, report: Report) -> bool:
        try:
            report.write(path)
        except OSError as error:
            _log(session, "report", f"the report cannot be written: {error}")
            return False
        return True

    def _build(self) -> Report:
        settings = self._run.settings
        lost = self._lost()
        records = {key: record for (_, key), record in sorted(self._records.items(), key=_by_key)}
        judged: Gate | None = None
        if self._thresholds or settings.is_compared or len(lost) > settings.max_lost:
            judged = gate.withhold(self._gate(lost), self._broken)
        report = Report(
            provenance=self._provenance(),
            records=list(records.values()),
            table=metrics.table(_whole(records, lost)),
            gate=judged,
            lost=sorted(
                {Lost(*key, why) for (_, key), why in lost.items()},
                key=lambda each: (each.suite, each.item, each.style),
            ),
            seconds=time.monotonic() - self._started,
            retries=self._run.retries,
            cached=self._cached(),
            spare=self._spare(),
            styles=self._run.styles,
            fuzz=self._fuzz(),
        )
        if settings.baseline is None or judged is None:
            return report
        found = regression.judge(settings.baseline, report.to_builtins(), settings.tolerance)
        return replace(report, gate=gate.compare(judged, found))

    def _spare(self) -> list[Completion]:
        """What was asked and paid for, and no record shows: its test did not run."""
        if self._run.store is None or self._run.settings.replay is not None:
            return []
        shown = self._shown()
        try:
            return [answer for digest, answer in self._run.store.all() if digest not in shown]
        except StoreError:
            return []

    def _cached(self) -> int:
        """How many prompts were answered before this session, whichever process asked for them."""
        store = self._run.store
        return sum(map(store.is_old, self._shown())) if store is not None else 0

    def _shown(self) -> set[str]:
        return {call.prompt for record in self._records.values() for call in calls(record)}

    def _lost(self) -> dict[tuple[str, Key], str]:
        known = {**self._selected, **self._records}
        lost = {key: why for key in known if (why := self._why(key))}
        for number in range(len(known), self._of):
            lost["", ("", f"unnamed-{number}", "")] = "the list of what was selected did not arrive"
        return lost

    def _why(self, key: tuple[str, Key]) -> str:
        """Why an item is lost; empty when it is not."""
        if record := self._records.get(key):
            return record.verdict.reason if record.verdict.lost else ""
        return self._reasons.get(key, "no record came back: it did not run, or its worker crashed")

    def _gate(self, lost: dict[tuple[str, Key], str]) -> Gate:
        scopes = {threshold.scope for threshold in self._thresholds} | {""}
        tables, styles, names = {}, {}, {}
        for scope in scopes:
            # by item and style: two tests may ask the same, and it counts once
            here = {
                key: r for (origin, key), r in self._records.items() if gate.covers(scope, origin)
            }
            whole = _whole(here, lost)
            tables[scope], styles[scope] = metrics.table(whole), metrics.by_style(whole)
            missing = {key for origin, key in lost if gate.covers(scope, origin)}
            names[scope] = [f"{item}-{style}" for _, item, style in sorted(missing)]
        settings = self._run.settings
        return gate.judge(
            sorted(self._thresholds),
            tables,
            names,
            settings.max_lost,
            confidence=settings.confidence,
            styles=styles,
        )

    def _provenance(self) -> dict[str, Any]:
        settings, model = self._run.settings, self._run.model
        suites = sorted({suite for _, (suite, *_) in self._selected})
        styles = sorted({style for _, (_, _, style) in self._selected})
        return {
            "version": pytest_rest.__version__,
            "model": settings.model,
            "resolved_name": model.name,
            "parameters": dict(model.parameters),
            "api_base": settings.api_base and address(settings.api_base),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": settings.seed,
            "replay_of": settings.replay and settings.replay.name,
            "git_commit": _git_commit(),
            "protocol": self._run.protocol.id,
            "packages": {"python": platform.python_version(), **_versions()},
            "suites": [self._suite(name) for name in suites],
            "styles": styles,
            "own_styles": self._own_styles(styles, self._run.styles),
            "modes": list(settings.modes),
            "repeats": settings.scheme.repeats,
            "ocr": settings.scheme.ocr,
        }

    @staticmethod
    def _own_styles(ids: Iterable[str], styles: Mapping[str, Style]) -> dict[str, Any]:
        """What the ids of styles from files stand for, with the digests of their fonts."""
        known = [styles[name] for name in ids if name in styles]
        own = [style for style in known if style.name or style.has_own_font]
        return {style.id: {**to_builtins(style), "digest": style.digest} for style in own}

    def _suite(self, name: str) -> dict[str, Any]:
        digests = {
            item: digest
            for (_, (suite, item, _)), digest in self._selected.items()
            if suite == name
        }
        drawn = next((each for each in self._run.settings.drawn if each.name == name), None)
        return {
            "name": name,
            "items": len(digests),
            "fingerprint": benchmark.fingerprint(digests.values()),
            "counts": dict(drawn.counts) if drawn else {},
            "left_out": [*drawn.left_out] if drawn else [],
        }


def _gate_tests(report: Report, max_lost: int) -> Iterator[tuple[str, str]]:
    """The name of each gate test, and why it failed (empty when it passed)."""
    if report.gate is None:
        return
    too_many = len(report.lost) > max_lost
    names = [each.name for each in report.lost]
    yield f"lost<={max_lost}", gate.lost_reason(names, max_lost) if too_many else ""
    for judged in report.gate.thresholds:
        yield judged.threshold.id, "" if judged.outcome == "passed" else judged.reason
    for check in report.gate.regression.checks if report.gate.regression else ():
        yield check.name, "" if check.outcome == "passed" else check.reason


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


def _whole(records: dict[Key, Record], lost: Iterable[tuple[str, Key]]) -> list[Record]:
    """The records of items of which nothing was lost, in any style."""
    missing = {(suite, item) for _, (suite, item, _) in lost}
    return [record for (suite, item, _), record in records.items() if (suite, item) not in missing]


def _by_key(entry: tuple[tuple[str, Key], Record]) -> tuple[Key, str]:
    (origin, key), _ = entry
    return key, origin


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git_commit() -> str | None:
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() or None
