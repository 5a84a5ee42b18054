"""Makes the item that stored answers are to, from the first row that says what is right."""

from collections.abc import Collection
from dataclasses import replace

from pytest_rest import scoring
from pytest_rest.benchmark import item_tags, yaml_nodes
from pytest_rest.benchmark.item_fields import as_answer, fields_of
from pytest_rest.benchmark.stored.cells import StoredCall
from pytest_rest.benchmark.yaml_nodes import PlaceError
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Item


def item_of(first: StoredCall, tags: Collection[str]) -> Item:
    """The item that a call and all its rows' tags tell; `BenchmarkError` where it cannot be."""
    if wrong := item_tags.fault(tags):
        raise BenchmarkError(wrong)
    answer, *others = first.expected or ("",)
    item = Item(
        id=first.item,
        question=first.question,
        answer=answer,
        answer_kind=first.kind,
        suite=first.suite,
        also_right=tuple(others),
        cluster=first.cluster,
        tags=tuple(tags),
        day_first=first.day_first,
    )
    if first.kind == "fields":
        item = _with_fields(item)
    if item.answer and not first.status:
        scoring.truths(item)
    return item


def _with_fields(item: Item) -> Item:
    """The item with the fields that `expected` has, a JSON object as in a benchmark file."""
    try:
        nodes = [*yaml_nodes.read_json_lines(item.answer.replace("\n", " "))]
        fields = fields_of(nodes[0]) if len(nodes) == 1 else ()
        if not fields or item.also_right:
            raise BenchmarkError('kind fields needs expected: one object, such as {"total": 7}')
        return replace(item, answer=str(as_answer(fields, 0).value), fields=fields)
    except PlaceError as error:
        raise BenchmarkError(f"expected {error}") from None
