"""Reads GSM-Symbolic: the story is the context, its last question the question.

Mirzadeh et al., "GSM-Symbolic", arXiv 2410.05229 (CC BY-NC-ND 4.0, so nothing of it is kept in
this package). Of its three parts, the one called `main`, 100 templates in 50 instances each: REST
does not name a part. An item's id has its template and instance, and its template is its cluster.

The mixed form shows the story and asks the question, so a row is cut before the sentence with its
last question mark, or before its last sentence if it has none. A row of one sentence is cut at the
comma before its question word; a row that cannot be cut has no mixed form and is filtered out.
"""

import re

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, RowError, SourceRow
from pytest_rest.terms import Item

NAME = "gsm-symbolic"
SOURCE = hub.DataSource(
    name="GSM-Symbolic",
    repo="apple/GSM-Symbolic",
    revision="93b5b3758d9d9841ffe81d6cd2ae2b030685b078",
    files=("main/test.jsonl",),
    folder=r"(?:datasets--)?(?:apple(?:--|___))?gsm[-_]symbolic",
    layouts=(
        r"^/main" + hub.TEST,
        r"^/main/[^/]+/[^/]+/gsm[-_]symbolic-test$",  # the cache of `datasets`
        r"/gsm[-_]symbolic(?:[-_](?:main|test))?$",  # the authors' own
        r"^" + hub.TEST,
    ),
)

_CURRENCY = "$€£¥₣₺"
_ANSWER = re.compile(
    rf"####\s{{0,20}}([+-]?[{_CURRENCY}]?"
    r"(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,30})(?:\.\d{1,30})?)"
)
_ASKS = r"(?:how|what|which|who|whose|when|where|find|calculate|determine)\b"
_SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bMrs)(?<!\bvs)[.!?][\"'”’)]{0,3}\s{1,9}"
    rf"(?=[\"'“‘(]{{0,2}}(?:[A-Z0-9{_CURRENCY}]|(?i:{_ASKS}|if\b)))"
)
_CLAUSE_END = re.compile(rf",\s{{1,9}}(?=(?:(?:and|then|so) )?{_ASKS})", re.IGNORECASE)


def load(folder: hub.Location) -> Loaded:
    """GSM-Symbolic from a local copy, or from the hub where `folder` is None."""
    return rows.load(SOURCE, folder, _item, filters=rows.FILTERS | {"with_story": has_story})


def split(text: str) -> tuple[str, str]:
    """The story and the question; the story is empty where the text cannot be cut."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    mark = text.rfind("?")
    start = max((end for end in ends if mark < 0 or end <= mark), default=0)
    if not start:
        clauses = [match.end() for match in _CLAUSE_END.finditer(text)]
        start = max(clauses, default=0)
    return text[:start].rstrip(), text[start:]


def final_answer(cell: object) -> str:
    """The number after the `####` at the end of a solution; `RowError` if there is none."""
    solution = rows.text(cell, "the answer")
    answer = _ANSWER.fullmatch(solution[max(solution.rfind("####"), 0) :])
    if not answer:
        raise RowError("its answer does not end in #### and a number")
    return answer[1]


def has_story(item: Item) -> bool:
    """Whether there is something to show in the mixed form."""
    return bool(item.context)


def _item(row: SourceRow) -> Item:
    template, instance = (_number(row, name) for name in ("id", "instance"))
    answer = final_answer(row.cells.get("answer"))
    context, question = split(rows.text(row.cells.get("question"), "the question"))
    return Item(
        id=f"{NAME}-{template:04d}-{instance:02d}",
        question=question,
        answer=answer,
        context=context,
        answer_kind="number",
        suite=NAME,
        cluster=f"{template:04d}",
    )


def _number(row: SourceRow, name: str) -> int:
    value = row.cells.get(name)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value.strip()):
        value = int(value)
    if type(value) is not int or not 0 <= value < 1_000_000:
        raise RowError(f"its {name} is not a number")
    return value
