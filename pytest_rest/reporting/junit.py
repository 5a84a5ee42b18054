"""Turns a report or a comparison into JUnit's XML, valid by the schemas that Jenkins publishes.

Its test cases are those that pytest's own file of a run has: the items and the gate's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from pytest_rest import gate
from pytest_rest.gate.regression import Regression
from pytest_rest.reporting import why_lost
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.rerun_command import node_id
from pytest_rest.reporting.results import Rules
from pytest_rest.reporting.terminal import tables
from pytest_rest.safe_text import shown

GATE = "rest-gate"
_LONGEST = 2_000
_COUNTED = ("failure", "skipped")


@dataclass(frozen=True)
class Case:
    """A test: why it failed or was skipped, or else what its answers were; empty is passed."""

    classname: str
    name: str
    said: str = ""
    outcome: Literal["failure", "skipped", "system-out"] = "failure"


def gate_cases(report: Report, max_lost: int, allow_cached: bool) -> Iterator[Case]:
    """The gate's tests, one for each thing that it asks; none where nothing is judged."""
    if report.gate is None:
        return
    lost = {(each.suite, each.item, each.style) for each in report.lost}
    of = len(lost | {record.key for record in report.records})
    why = why_lost.first((each.reason for each in report.lost), of - len(lost), of)
    said = gate.lost_reason([each.name for each in report.lost], max_lost, why)
    yield Case(GATE, f"lost<={max_lost}", said if len(report.lost) > max_lost else "")
    if report.gate.passed is not None and not allow_cached and (n := report.from_cache):
        yield Case(GATE, "from_cache<=0", gate.cached_reason(n))
    for judged in report.gate.thresholds:
        yield Case(GATE, judged.threshold.id, "" if judged.outcome == "passed" else judged.reason)
    yield from check_cases(report.gate.regression)


def check_cases(regression: Regression | None) -> Iterator[Case]:
    """A test for each tolerance; one that is undecided and passes says so."""
    for check in regression.checks if regression else ():
        outcome: Literal["failure", "system-out"] = "system-out" if check.passes else "failure"
        is_said = check.outcome != "passed"
        yield Case(GATE, check.name, check.reason if is_said else "", outcome)


def cases(report: Report, failed: Iterable[str], rules: Rules) -> Iterator[Case]:
    """Every item, every lost one, and the gate's; `failed` are the ids of tests that failed."""
    names, lost = {*failed}, {(each.suite, each.item, each.style): each for each in report.lost}
    for record in report.records:
        nodeid = node_id(report.tests[record.key], f"{record.item}-{record.style}")
        missing = lost.pop(record.key, None)
        if nodeid in names:
            yield Case(*_address(nodeid), tables.headline(record.verdict))
        elif missing:
            yield Case(*_address(nodeid), f"{why_lost.LOST}{missing.reason}", "skipped")
        else:
            said = "" if record.verdict.consistent else tables.headline(record.verdict)
            yield Case(*_address(nodeid), said, "system-out")
    for missing in lost.values():
        yield Case(missing.suite, missing.name, f"{why_lost.LOST}{missing.reason}", "skipped")
    yield from gate_cases(report, rules.max_lost, rules.allow_cached)


def write(path: Path, name: str, tests: Iterable[Case], properties: Mapping[str, str]) -> None:
    """Write a suite of that name, in one step."""
    listed = [*tests]
    counts = {kind: sum(c.outcome == kind and bool(c.said) for c in listed) for kind in _COUNTED}
    suite = ElementTree.Element(
        "testsuite",
        name=_text(name),
        tests=str(len(listed)),
        failures=str(counts["failure"]),
        errors="0",
        skipped=str(counts["skipped"]),
    )
    if properties:
        about = ElementTree.SubElement(suite, "properties")
        for key, value in properties.items():
            ElementTree.SubElement(about, "property", name=_text(key), value=_text(value))
    for each in listed:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_text(each.classname), name=_text(each.name)
        )
        if each.said:
            case.append(element(each.outcome, each.said))
    root = ElementTree.Element("testsuites", name=_text(name))
    root.append(suite)
    content = ElementTree.tostring(root, encoding="unicode")
    save(['<?xml version="1.0" encoding="utf-8"?>\n', content], path)


def element(kind: str, text: str) -> ElementTree.Element:
    """`<failure message=...>`, `<skipped message=...>` or `<system-out>`."""
    said = _text(text)
    node = ElementTree.Element(kind, {} if kind == "system-out" else {"message": said[:500]})
    node.text = said
    return node


def _text(value: str) -> str:
    return shown(value, _LONGEST)  # which leaves no character that XML has not


def _address(nodeid: str) -> tuple[str, str]:
    """The class's and the test's name, as pytest's own file has them."""
    before, bracket, case = nodeid.partition("[")
    path, *names = before.split("::")
    parts = [path.replace("/", ".").removesuffix(".py"), *names]
    return ".".join(parts[:-1]), f"{parts[-1]}{bracket}{case}"
