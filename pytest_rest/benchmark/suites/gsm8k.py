"""Reads GSM8K: the story is the context, its last question the question.

Cobbe et al., "Training Verifiers to Solve Math Word Problems", arXiv 2110.14168 (MIT). The 1,319
rows of the test split, as the authors' `test.jsonl` or `openai/gsm8k` has them; an item's id has
its row. It is cut as one of GSM-Symbolic is, and filtered out if it cannot be.
"""

from pytest_rest.benchmark.suites import gsm_symbolic, hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, SourceRow
from pytest_rest.terms import Item

NAME = "gsm8k"
SOURCE = hub.DataSource(
    name="GSM8K",
    repo="openai/gsm8k",
    revision="e53f048856ff4f594e959d75785d2c2d37b678ee",
    files=("main/test-00000-of-00001.parquet",),
    folder=r"(?:datasets--)?(?:openai(?:--|___))?(?:gsm8k|grade[-_]school[-_]math)",
    layouts=(
        r"^/main" + hub.TEST,
        r"^/main/[^/]+/[^/]+/gsm8k-test$",  # the cache of `datasets`
        r"^/data/test$",  # the authors' own, whose folder has their repository's name
        r"^" + hub.TEST,
        r"^/test\.[^/]+$",  # a part of it
    ),
)


def load(folder: hub.Location) -> Loaded:
    """GSM8K from a local copy, or from the hub where `folder` is None."""
    filters = rows.FILTERS | {"with_story": gsm_symbolic.has_story}
    return rows.load(SOURCE, folder, _item, filters=filters)


def _item(row: SourceRow) -> Item:
    context, question = gsm_symbolic.split(rows.text(row.cells.get("question"), "the question"))
    return Item(
        id=f"{NAME}-{row.number - 1:04d}",
        question=question,
        answer=gsm_symbolic.final_answer(row.cells.get("answer")),
        context=context,
        answer_kind="number",
        suite=NAME,
    )
