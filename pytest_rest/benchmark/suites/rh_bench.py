"""Reads RH-Bench: items about pictures, half of them reasoning, half perception.

Liu et al., "More Thinking, Less Seeing?", arXiv 2505.21523. Two files, `reason_data.json` and
`halu_data.json`, and folders of pictures beside them, which the rows name. The licence of some
parts is not clear, so nothing of it is kept in this package, and the hub's newest commit is taken:
the report has a fingerprint of what was drawn.

Choices are in a question's text after `Choices:`; a key is a label or a choice's text. A question
without choices has an open answer in perception, which a judge rates; in reasoning it has a value,
which is compared as any item's. An item is asked only as text beside its picture.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, RowError, SourceRow
from pytest_rest.terms import RH_BENCH, AnswerKind, Choice, Half, Item, half_of

NAME = RH_BENCH
FILES: dict[Half, str] = {"reasoning": "reason_data", "perception": "halu_data"}
SOURCE = hub.DataSource(
    name="RH-Bench",
    repo="LCZZZZ/RH-Bench",
    revision="main",
    files=tuple(f"{stem}.json" for stem in FILES.values()),
    folder=r"(?:datasets--)?(?:lczzzz(?:--|___))?rh[-_]bench",
    layouts=(rf"/(?:{'|'.join(FILES.values())})$",),
)

_DOWNLOADS = 8  # pictures at a time
_ID = re.compile(r"[\w.-]{1,40}", re.ASCII)
_CHOICES = re.compile(r"\bchoices\s{0,5}:", re.IGNORECASE)
_LABELS = "ABCDEFGHIJ"
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{0,30}\.\d{1,30}", re.ASCII)


def load(folder: hub.Location) -> Loaded:
    """RH-Bench, from a local copy or, where `folder` is None, the hub; without its pictures."""
    files = sorted(hub.files(SOURCE, folder), key=_stem, reverse=True)  # reasoning first
    for stem in FILES.values():
        if not any(_stem(path) == stem for path in files):
            raise hub.refused(files[0].parent, f"has no {stem}.json; RH-Bench has two files")
    return rows.load(SOURCE, files, _item, filters={})


def draw(items: Sequence[Item], n: int | None, seed: int) -> list[Item]:
    """`n` items, as `rows.draw`: half from each half, one more of reasoning if n is odd.

    If one half has too few, the other gives more.
    """
    if n is None:
        return [*items]
    halves = [[item for item in items if half_of(item.id) == half] for half in FILES]
    most = min((n + 1) // 2, len(halves[0]))
    least = min(n - most, len(halves[1]))
    counts = (n - least, least)
    return [i for half, k in zip(halves, counts, strict=True) for i in rows.draw(half, k, seed)]


def complete(items: Sequence[Item], files: Sequence[Path], may_download: bool) -> list[Item]:
    """The items with their pictures, which are beside the files, or are downloaded there.

    Raises `BenchmarkError` for a picture that is missing or cannot be read.
    """
    from pytest_rest.rendering import pictures  # imported when first used: it loads Pillow

    folders = {_stem(path): path.parent for path in files}
    places = [folders[FILES[half_of(item.id)]] / item.image for item in items]
    if may_download:
        missing = [i.image for i, at in zip(items, places, strict=True) if not at.is_file()]
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            downloaded = dict(zip(missing, pool.map(_download, missing), strict=True))
        pairs = zip(items, places, strict=True)
        places = [downloaded.get(item.image, place) for item, place in pairs]
    return [pictures.beside(i, at) for i, at in zip(items, places, strict=True)]


def _download(name: str) -> Path:
    return hub.files(replace(SOURCE, files=(name,)), None)[0]


def _stem(path: Path) -> str:
    return path.name.lower().partition(".")[0]


def _item(row: SourceRow) -> Item:
    half: Half = "reasoning" if _stem(row.path) == FILES["reasoning"] else "perception"
    name = str(row.cells.get("id"))
    if not _ID.fullmatch(name):
        raise RowError("its id is not valid")
    kind = row.cells.get("question_type")
    question = rows.text(row.cells.get("question"), "the question")
    cell = row.cells.get("answer")
    is_number = isinstance(cell, (int, float)) and not isinstance(cell, bool)
    answer = rows.text(str(cell) if is_number else cell, "the answer")
    item = Item(
        id=f"{NAME}-{half}-{name.zfill(4)}",
        question=question,
        answer=answer,
        suite=NAME,
        image=_picture(row),
        only="text",
    )
    if kind == "multi_choice":
        return _with_choices(item)
    if kind not in ("free_form", "free_from"):
        raise RowError(f"{item.id}: its question_type {str(kind)[:20]!r} is unknown")
    return replace(item, answer_kind="open" if half == "perception" else _kind(answer))


def _picture(row: SourceRow) -> str:
    """The path of a row's picture in its file's folder; unless from the hub, it must exist."""
    name = rows.text(row.cells.get("image"), "the picture's name").replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise RowError(f"its picture {name[:40]!r} is outside of the folder")
    is_cache = row.path.parent.parent.name == "snapshots"
    if not (is_cache or (row.path.parent / path).is_file()):
        raise RowError(f"its picture {name[:80]!r} is not there")
    return str(path)


def _kind(answer: str) -> AnswerKind:
    if _INTEGER.fullmatch(answer):
        return "integer"
    return "number" if _DECIMAL.fullmatch(answer) else "text"


def _with_choices(item: Item) -> Item:
    """The item with the choices split off its question, and a label as its answer."""
    marks = list(_CHOICES.finditer(item.question))
    if not marks:
        raise RowError(f"{item.id}: it has no 'Choices:'")
    question = rows.text(item.question[: marks[-1].start()], "the question before its choices")
    choices = _choices(item.question[marks[-1].end() :])
    key = _bare(item.answer)
    meant = {c.label for c in choices if key in (c.label.lower(), _bare(c.text))}
    if len(meant) != 1:
        count = "more than one" if meant else "not one"
        raise RowError(f"{item.id}: the answer {item.answer[:20]!r} is {count} of its choices")
    return replace(
        item, question=question, choices=choices, answer=meant.pop(), answer_kind="choice"
    )


def _choices(text: str) -> tuple[Choice, ...]:
    """`A. yes B. no`, `(A) yes`, `A: yes`, in a line or several; or a choice a line, unlabelled."""
    marks: list[re.Match[str]] = []
    for label in _LABELS:
        start = marks[-1].end() if marks else 0
        mark = re.compile(rf"(?:^|(?<=[\s,;]))(?:\({label}\)|{label}[.):])\s").search(text, start)
        if mark is None:
            break
        marks.append(mark)
    if len(marks) < 2:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > len(_LABELS):
            raise RowError(f"it has {len(lines)} choices")
        return rows.choices(_LABELS[: len(lines)], lines)
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    texts = [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    texts = [choice.strip().rstrip(",;").rstrip() for choice in texts]
    return rows.choices(_LABELS[: len(texts)], texts)


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).strip("().")
