"""Turns how a run was asked, and one of its items, into the command that asks just that again."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any


def of_suite(words: Sequence[str], suites: Sequence[str], name: str) -> str:
    """The command for an item of a suite, whose tests have no file: it selects with -k."""
    parts = filter(None, re.split(r"[^\w.+-]+", name))
    options = [f"--rest-suite={suite}" for suite in suites]
    return shlex.join([*words, *options, "-k", " and ".join(parts)])


def node_id(test: str, name: str) -> str:
    """The id of a case's test, from that of its function; a star in it stands for the case."""
    return test.replace("*", name) if test.endswith("]") else f"{test}[{name}]"


def command(asked: Mapping[str, Any], test: str, name: str) -> str:
    """The command for the item and style `name`, asked by the test function `test`.

    `asked` is the report's `provenance.again`: the `words` that all items have in common, and the
    `suites` of the run with their `names`. Empty where it is not known which test asked.
    """
    if not (asked and test):
        return ""
    words, suites = asked["words"], asked["suites"]
    names = asked.get("names", [suite.partition(":")[0] for suite in suites])
    if test.partition("::")[0] in names:
        return of_suite(words, suites, name)
    return shlex.join([*words, node_id(test, name)])
