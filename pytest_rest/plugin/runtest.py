"""Turns a running test into a report that carries its record; on the side where tests run.

What travels is one ASCII JSON string, an attribute of the TestReport: anything else that a worker
cannot serialise is lost silently, and a worker's own output is lost when it crashes. Within the
main process nothing is serialised: its controller takes the record itself, before anybody else.
"""

import json
import os
import shlex
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError
from pytest_rest.gate import thresholds
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.plugin.cases import case_id, case_of, named
from pytest_rest.plugin.run import WIRE, Disagreement, Run
from pytest_rest.reporting import collector, rerun_command, why_lost
from pytest_rest.terms import Record, Verdict, to_builtins

THRESHOLDS = {"rer_threshold": ("rer", ">="), "cfr_threshold": ("cfr", "<=")}
NOT_NEEDED = "every threshold is decided"
_THRESHOLDS = pytest.StashKey[list[Threshold]]()


class Rest:
    """The `rest` fixture: one item in one style, bound to the run's model.

    Calling it asks every form and returns the verdict; `item` and `style` say what is asked.
    """

    def __init__(self, node: pytest.Item, run: Run) -> None:
        case: Case | None = case_of(node)
        if case is None:
            raise OptionError("the rest fixture must be an argument of the test function itself")
        if run.is_decided:
            pytest.skip(NOT_NEEDED)
        self.item, self.style = case
        self._node, self._run = node, run
        run.records.pop(node, None)  # what an earlier attempt gave, where a plugin runs tests again

    def __call__(self) -> Verdict:
        """Ask, and judge; failed calls give a verdict that is `lost`, never an exception."""
        record = self._run.ask(self.item, self.style)
        self._run.records[self._node] = record
        return record.verdict

    @property
    def explanation(self) -> str:
        """Each form's answer, the pictures' paths, what was read wrongly, and how to ask again."""
        return _explanation(self._node, self._run)


class Scopes:
    """Which folder's threshold fixture a test sees: the innermost one that was set up for it."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def look_up(self, request: pytest.FixtureRequest) -> None:
        """Note the thresholds that a test sees, and where they stand."""
        node: pytest.Item = request.node
        node.stash[_THRESHOLDS] = [
            found
            for name, (metric, op) in THRESHOLDS.items()
            if (bound := request.getfixturevalue(name)) is not None
            for found in [thresholds.checked(metric, op, bound, scope=self.of(name, node))]
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Remember where each threshold fixture that is evaluated was defined."""
        if fixturedef.argname in THRESHOLDS:
            self._seen.add((fixturedef.argname, fixturedef.baseid))

    def of(self, name: str, node: pytest.Item) -> str:
        """The node id of the folder, file or class; empty for the whole run."""
        visible = [
            where
            for which, where in self._seen
            if which == name and thresholds.covers(where, node.nodeid)
        ]
        return max(visible, key=len, default="")


class Recorder:
    """Attaches each test's record to its report, and what was selected to the first one."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._main = os.getpid() if run.settings.place == "main" else None  # a test may be forked
        self._selected: str | None = None
        self._clusters: dict[tuple[str, str], str] = {}
        self._of = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which REST tests were selected, so that the controller can count."""
        named_cases = [named(item, case) for item in session.items if (case := case_of(item))]
        selected = [*dict.fromkeys(map(tuple, named_cases))]  # a file may be there twice
        self._selected, self._of = json.dumps(selected, ensure_ascii=True), len(selected)
        asked = [case[0] for item in session.items if (case := case_of(item))]
        self._clusters = {(each.suite, each.id): each.cluster for each in asked if each.cluster}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Leave the processor to the tests, and to those who ask."""
        with collector.seldom():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the record travel; with a gate, disagreement is an outcome and not a failure."""
        excinfo, call.excinfo = call.excinfo, self._shown(item, call)
        try:
            report = yield
        finally:
            call.excinfo = excinfo
        case = case_of(item)
        if case is None or report.when == "teardown":
            self._run.records.pop(item, None)
            return report
        is_judged = report.when == "call" or not report.passed
        if not (is_judged or self._selected):
            return report
        wire: dict[str, Any] = {"case": named(item, case), "of": self._of}
        if self._selected:
            wire["selected"], self._selected = self._selected, None
            wire["whole"] = self._run.whole
            wire["left_out"] = [asdict(each) for each in self._run.left_out.values()]
            wire["clusters"] = [[*key, name] for key, name in self._clusters.items()]
            wire["styles"] = [to_builtins(style) for style in self._run.styles.values()]
        if is_judged:
            self._judge(item, call, report, wire)
        is_there = self._main == os.getpid()
        setattr(report, WIRE, wire if is_there else json.dumps(_written(wire), ensure_ascii=True))
        return report

    def _shown(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.ExceptionInfo[BaseException] | None:
        """What pytest need build a traceback of: to build one takes longer than to judge.

        An outcome has none, and of what is explained the last frame says where it was raised.
        """
        excinfo, record = call.excinfo, self._run.records.get(item)
        if excinfo is None or record is None or call.when != "call":
            return excinfo
        is_marked = item.get_closest_marker("xfail") is not None
        if _disagrees(call, record) and self._is_gated(item) and not is_marked:
            return None
        if not isinstance(excinfo.value, Disagreement):
            return excinfo
        last = excinfo.tb
        while last.tb_next is not None:
            last = last.tb_next
        return pytest.ExceptionInfo.from_exc_info((excinfo.type, excinfo.value, last))

    def _is_gated(self, item: pytest.Item) -> bool:
        """Whether a gate judges the test's item, and not the test."""
        settings = self._run.settings
        thresholds = item.stash.get(_THRESHOLDS, ()) or settings.thresholds
        return bool(thresholds or settings.is_compared) and not settings.strict

    def _judge(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
        wire: dict[str, Any],
    ) -> None:
        record = self._run.records.get(item)
        thresholds = item.stash.get(_THRESHOLDS, [])
        wire["thresholds"] = [asdict(each) for each in thresholds]
        wire["record"] = record
        if record is None:
            wire["reason"] = _unasked(call, report)
            if wire["reason"].endswith(NOT_NEEDED):
                wire["outcome"] = "unneeded"
            return
        if ended := why_lost.ended(record.verdict.reason):
            item.session.shouldstop = f"REST: {ended}"
        if not _disagrees(call, record):
            return
        if self._is_gated(item):
            wire["outcome"] = record.verdict.outcome
            report.outcome, report.longrepr = "passed", None
            if record.verdict.lost:  # which JUnit's readers know as skipped
                place = (
                    str(item.path),
                    item.location[1] or 0,
                    f"{why_lost.LOST}{record.verdict.reason}",
                )
                report.outcome, report.longrepr = "skipped", place
        elif call.excinfo and not isinstance(call.excinfo.value, Disagreement):
            report.sections.append(("REST", _explanation(item, self._run)))


def _written(wire: dict[str, Any]) -> dict[str, Any]:
    """What travels to another process, in builtins."""
    record: Record | None = wire.get("record")
    return wire if record is None else {**wire, "record": record.to_json()}


def _disagrees(call: pytest.CallInfo[None], record: Record) -> bool:
    """Whether a test fails because its item's forms do not agree."""
    raised = call.excinfo.value if call.excinfo else None
    is_told = isinstance(raised, Disagreement | AssertionError)
    return is_told and not record.verdict.consistent


def _unasked(call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    if call.excinfo is None:
        return "its test passed without asking"
    word = "skipped" if report.skipped else "failed before it asked"
    return f"its test was {word}: {call.excinfo.exconly(tryshort=True)}"[:500]


def _explanation(item: pytest.Item, run: Run) -> str:
    from pytest_rest.reporting.terminal import tables  # with all that makes figures

    case = case_of(item)
    assert case is not None  # noqa: S101 (for the type checker: only REST tests get here)
    return tables.explanation(run.records[item], run.folder.picture, _again(item, case, run))


def _again(item: pytest.Item, case: Case, run: Run) -> str:
    """The command that asks just this item again."""
    again = run.settings.again
    if item.path.is_dir():  # a suite's own test has no file to name
        return rerun_command.of_suite(again["words"], again["suites"], case_id(case))
    return shlex.join([*again["words"], item.nodeid])
