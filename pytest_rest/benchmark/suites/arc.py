"""Reads AI2's ARC: an item for each row, whose choices keep their labels, A to E or 1 to 4.

Clark et al., "Think you have Solved Question Answering? Try ARC", arXiv 1803.05457 (CC BY-SA 4.0).
The test rows of both parts, Challenge and Easy: REST names the data set and not a part of it. An
item has AI2's id. A row whose key is not one of its labels is left out: some copies have relabelled
the keys and not the choices, so which choice was meant cannot be known.
"""

import re
from typing import Any

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, RowError, SourceRow
from pytest_rest.terms import Item

NAME = "arc"
SOURCE = hub.DataSource(
    name="ARC",
    repo="allenai/ai2_arc",
    revision="210d026faf9955653af8916fad021475a3f00453",
    files=("ARC-Challenge/test-00000-of-00001.parquet", "ARC-Easy/test-00000-of-00001.parquet"),
    folder=r"(?:datasets--)?(?:allenai(?:--|___))?(?:ai2[-_])?arc",
    layouts=(
        r"/arc-(?:challenge|easy)" + hub.TEST,
        r"/arc-(?:challenge|easy)/[^/]+/[^/]+/ai2_arc-test$",  # the cache of `datasets`
        r"/arc[-_](?:challenge|easy)[-_]test[^/]*$",  # AI2's own
        r"^" + hub.TEST,
    ),
)

_ID = re.compile(r"[\w.&+-]{1,80}", re.ASCII)
_LABEL = re.compile(r"[A-Z]|[1-9]")


def load(folder: hub.Location) -> Loaded:
    """ARC from a local copy, or from the hub where `folder` is None."""
    return rows.load(SOURCE, folder, _item)


def _item(row: SourceRow) -> Item:
    name = row.cells.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise RowError("its id is not valid")
    stem, labels, texts = _parts(row)
    choices = rows.choices(labels, texts)
    key = rows.text(row.cells.get("answerkey"), "the answer key")
    known = [choice.label for choice in choices]
    if not all(map(_LABEL.fullmatch, known)):
        raise RowError("a label is neither a letter nor a digit")
    if key not in known:
        raise RowError(f"{name}: the answer key {key[:9]!r} is not one of {', '.join(known)}")
    return Item(
        id=f"{NAME}-{name}",
        question=rows.text(stem, "the question"),
        answer=key,
        choices=choices,
        answer_kind="choice",
        suite=NAME,
    )


def _parts(row: SourceRow) -> tuple[object, list[object], list[object]]:
    """The stem, the labels and the texts: AI2 has choices in the question, the hub beside it."""
    question: Any = row.cells.get("question")
    choices: Any = row.cells.get("choices")
    if isinstance(question, dict):
        question, choices = question.get("stem"), question.get("choices")
    if isinstance(choices, list) and all(isinstance(choice, dict) for choice in choices):
        labels: object = [choice.get("label") for choice in choices]
        texts: object = [choice.get("text") for choice in choices]
    elif isinstance(choices, dict):
        labels, texts = choices.get("label"), choices.get("text")
    else:
        raise RowError("it has no choices")
    if not isinstance(labels, list) or not isinstance(texts, list):
        raise RowError("it has no list of choices")
    return question, labels, texts
