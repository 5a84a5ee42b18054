"""Turns a collected test into the item and style that it asks, and into what they are called."""

import sys

import pytest

from pytest_rest.dispatch.prefetch import Case


def case_of(node: pytest.Item) -> Case | None:
    """The item and style that a collected test asks; None for any other test."""
    case: Case | None = getattr(node, "rest_case", None)  # of a suite's, without parameters
    callspec = getattr(node, "callspec", None)
    if callspec and "rest" in getattr(node, "fixturenames", ()):
        case = callspec.params.get("rest")
    return case


def named(node: pytest.Item, case: Case) -> list[str]:
    """Suite, item, style, the item's digest, and the test function that asks.

    A function with parameters of its own is several: `test_it[*-fr]`, the star for the case. Never
    the whole node id, which schedulers rewrite.
    """
    asked, style = case
    function = getattr(node, "originalname", node.name)
    origin = f"{node.parent.nodeid}::{function}" if node.parent else function
    if callspec := getattr(node, "callspec", None):
        variant = callspec.id.replace(case_id(case), "*")
        if variant != "*":
            origin += f"[{variant}]"
    return [asked.suite, asked.id, style.id, asked.digest, sys.intern(origin)]  # kept of each test


def case_id(case: Case) -> str:
    """`soebench-0007-dejavu-200dpi-black`."""
    return f"{case[0].id}-{case[1].id}"
