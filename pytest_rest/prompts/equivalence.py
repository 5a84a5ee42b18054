"""Builds what a judge is asked about two answers: whether they mean the same."""

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_rest import safe_yaml
from pytest_rest.errors import BenchmarkError
from pytest_rest.prompts.templates import PLACEHOLDER
from pytest_rest.terms import Form, Item, Prompt, Scheme

_FILE = Path(__file__).with_name("equivalence.yaml")
_LONGEST = 2_000  # characters of a question or an answer that the judge is shown


def wording_id() -> str:
    """`equivalence-1 (a3f2c1d0)`: the version of the wording, and its digest."""
    digest = hashlib.sha256(repr(sorted(_wording().items())).encode()).hexdigest()
    return f"{_wording()['version']} ({digest[:8]})"


def check(item: Item, scheme: Scheme) -> None:
    """Raise `BenchmarkError` for an item whose answers a judge compares, where none can."""
    if item.equivalence and scheme.sweep is not None:
        raise BenchmarkError(
            "equivalence: judge does not go with budgets of thinking; leave "
            "--rest-reasoning-budgets out"
        )
    if item.equivalence and not scheme.has_judge:
        raise BenchmarkError(
            "a judge says whether its answers mean the same; name a model for it: --rest-judge=SPEC"
        )


def comparison(item: Item, first: str, second: str) -> Prompt:
    """What the judge is asked about two answers, in this order.

    All texts are quoted as JSON strings, so that none can end its quotation. Equal texts make equal
    prompts, whatever item, form and style they come from.
    """
    texts = {"question": item.question, "first": first, "second": second}
    quoted = {name: json.dumps(text[:_LONGEST], ensure_ascii=False) for name, text in texts.items()}
    asked = PLACEHOLDER.sub(lambda match: quoted[match[1]], _wording()["compare"])
    limit = int(_wording()["max_tokens"])
    return Prompt(item, Form("text"), "compare", (asked,), limit, compared=(first, second))


@functools.cache
def _wording() -> Mapping[str, Any]:
    wording: Mapping[str, Any] = safe_yaml.load(_FILE.read_text("utf-8"))
    return wording
