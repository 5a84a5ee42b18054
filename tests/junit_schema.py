"""JUnit's XML as Jenkins publishes it, what junit-10.xsd and jenkins-junit.xsd both allow.

A reader's own counts, too: what it counts is what the file says of itself.
"""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

# Of each element: its children in their order, its attributes, and which of them it must have.
_MESSAGE = ((), {"type", "message"}, set[str]())
_ELEMENTS: dict[str, tuple[tuple[str, ...], set[str], set[str]]] = {
    "testsuites": (("testsuite",), {"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        ("properties", "testcase", "system-out", "system-err"),
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname"},
        {"name", "tests", "failures", "errors"},
    ),
    "properties": (("property",), set(), set()),
    "property": ((), {"name", "value"}, {"name", "value"}),
    "testcase": (
        ("skipped", "error", "failure", "system-out", "system-err"),
        {"name", "time", "classname"},
        {"name"},
    ),
    "failure": _MESSAGE,
    "error": _MESSAGE,
    "skipped": _MESSAGE,
    "system-out": ((), set(), set()),
    "system-err": ((), set(), set()),
}
_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def faults(element: ElementTree.Element) -> list[str]:
    """What the schemas do not allow of an element and of what is in it."""
    children, known, needed = _ELEMENTS[element.tag]
    found = [f"{element.tag} {name}" for name in needed - {*element.attrib}]
    found += [f"{element.tag} {name}" for name in {*element.attrib} - known]
    tags = [child.tag for child in element]
    if {*tags} <= {*children}:
        if tags != sorted(tags, key=children.index):
            found.append(f"the order in {element.tag}: {tags}")
    else:
        found.append(f"{element.tag} has {tags}")
    if not _TIME.fullmatch(element.attrib.get("time", "")):
        found.append(f"{element.tag} time")
    return found + [fault for child in element for fault in faults(child)]


def read(path: Path) -> ElementTree.Element:
    """The one suite of a file that is valid, and whose counts are those of its test cases."""
    root = ElementTree.parse(path).getroot()  # noqa: S314 (our own)
    assert ("testsuites", []) == (root.tag, faults(root))
    (suite,) = root
    cases = [*suite.iter("testcase")]
    counted = Counter(child.tag for case in cases for child in case)
    said = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert {
        "tests": len(cases),
        "failures": counted["failure"],
        "errors": counted["error"],
        "skipped": counted["skipped"],
    } == said
    return suite


def outcomes(suite: ElementTree.Element) -> dict[str, tuple[str, str]]:
    """Each test case's outcome and what is said of it, by its name; a plain pass says nothing."""
    found = {}
    for case in suite.iter("testcase"):
        child = next(iter(case), None)
        said = "" if child is None else child.text or ""
        found[case.attrib["name"]] = ("passed" if child is None else child.tag, said)
    return found


def properties(suite: ElementTree.Element) -> dict[str, str]:
    """The suite's properties."""
    return {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
