"""Reads and checks an item's tags: words for what it is of, such as a subject or a customer."""

import re
from collections.abc import Iterable

from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, quoted

MOST = 20  # of an item

_TAG = re.compile(r"[\w.-]{1,60}")


def fault(tags: Iterable[str]) -> str:
    """What is wrong with an item's tags, and the mend; or nothing."""
    listed = list(tags)
    for tag in listed:
        if not _TAG.fullmatch(tag):
            rule = "use at most 60 letters, digits, - _ and ."
            return f"tag {quoted(tag)} is not a short word; {rule}"
    if len(listed) > MOST:
        return f"the item has {len(listed)} tags; use at most {MOST}"
    return ""


def of_nodes(node: Node | None, shared: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The tags that are `shared`, then those of a list or of one word; `PlaceError` if not so."""
    if node is None or node.is_nothing:
        return shared
    nodes = node.value if isinstance(node.value, tuple) else (node,)
    words = [each.value.strip() for each in nodes if isinstance(each.value, str)]
    if len(words) < len(nodes):
        raise PlaceError(node.line, "tags is a list of words, such as [invoices, german]")
    tags = tuple(dict.fromkeys((*shared, *words)))
    if wrong := fault(tags):
        raise PlaceError(node.line, wrong)
    return tags
