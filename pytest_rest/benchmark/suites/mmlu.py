"""Reads MMLU: an item for each row, with four choices A to D and the stem as the question.

Hendrycks et al., "Measuring Massive Multitask Language Understanding", arXiv 2009.03300 (MIT). The
test split of 57 subjects, as the authors' CSV files or as `cais/mmlu` has it. An item's id has its
subject, which is its tag, and its place among the subject's rows, because texts repeat. A row with
two choices that read the same is left out, because either of them is the same answer.
"""

import re
from collections import Counter

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, RowError, SourceRow
from pytest_rest.terms import Item

NAME = "mmlu"
SOURCE = hub.DataSource(
    name="MMLU",
    repo="cais/mmlu",
    revision="c30699e8356da336a370243923dbaf21066bb9fe",
    files=("all/test-00000-of-00001.parquet",),
    folder=r"(?:datasets--)?(?:cais(?:--|___))?mmlu",
    layouts=(
        r"^/all" + hub.TEST,
        r"^/all/[^/]+/[^/]+/mmlu-test$",  # the cache of `datasets`
        r"^/\w+/test-[^/]*$",  # a folder for each subject
        r"^(?:/data)?/test/[^/]+_test$",  # the authors' own
        r"^/[^/]+_test$",
        r"^" + hub.TEST,
    ),
)
LABELS = "ABCD"

_COLUMNS = ("question", *LABELS, "answer")
_CHOICES = (tuple(LABELS.lower()), tuple(f"choice{index}" for index in range(4)))
_SUBJECT = re.compile(r"[a-z0-9_]{1,60}")


def load(folder: hub.Location) -> Loaded:
    """MMLU from a local copy, or from the hub where `folder` is None."""
    seen: Counter[str] = Counter()

    def item(row: SourceRow) -> Item:
        subject = _subject(row)
        seen[subject] += 1
        if "choices" in row.cells:
            texts = row.cells["choices"]
        else:
            names = next((names for names in _CHOICES if names[0] in row.cells), _CHOICES[0])
            texts = [row.cells.get(name) for name in names]
        if not isinstance(texts, list) or len(texts) != len(LABELS):
            raise RowError("it has no list of four choices")
        return Item(
            id=f"{NAME}-{subject}-{seen[subject] - 1:04d}",
            question=rows.text(row.cells.get("question"), "the question"),
            answer=_answer(row.cells.get("answer")),
            choices=rows.choices(LABELS, texts),
            answer_kind="choice",
            suite=NAME,
            tags=(subject,),
        )

    return rows.load(SOURCE, folder, item, columns=_COLUMNS)


def _subject(row: SourceRow) -> str:
    """The subject that the row names, or else the name of its file or folder."""
    stem = row.path.name.partition(".")[0]
    own = stem.removesuffix("_test") if stem.endswith("_test") else row.path.parent.name
    subject = row.cells.get("subject", own)
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise RowError("its subject is not valid")
    return subject


def _answer(answer: object) -> str:
    """The label: the authors have a letter, the hub a place, from 0."""
    if isinstance(answer, str):
        answer = answer.strip()
        if answer in tuple(LABELS):
            return answer
        answer = {"0": 0, "1": 1, "2": 2, "3": 3}.get(answer)
    if type(answer) is not int or not 0 <= answer < len(LABELS):
        raise RowError("its answer is neither A to D nor 0 to 3")
    return LABELS[answer]
