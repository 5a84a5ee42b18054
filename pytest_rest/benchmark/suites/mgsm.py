"""Reads MGSM: 250 problems of GSM8K in eleven languages, the story as context, then the question.

Shi et al., "Language Models are Multilingual Chain-of-Thought Reasoners", arXiv 2210.03057 (CC BY
4.0), as the authors' `mgsm_LANG.tsv`. `mgsm` asks every language that is there, `mgsm-zh` one. A
row is the same problem in every language, so in `mgsm` its items are one cluster. Each item's tag
is its language.

A row is cut before its last sentence, by the signs of its script; a row of Thai, which has none, at
its last blank between two letters. A row that cannot be cut is filtered out.
"""

import re
from collections.abc import Callable
from functools import partial

from pytest_rest.benchmark.suites import gsm_symbolic, hub, rows
from pytest_rest.benchmark.suites.rows import Loaded, RowError, SourceRow
from pytest_rest.terms import Item

NAME = "mgsm"
LANGUAGES = ("bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh")

_COLUMNS = ("question", "answer")
_SENTENCE_END = re.compile(
    r"(?<!\bM)(?<!\bMr)(?<!\bMme)(?<!\bSr)(?<!\bSra)(?<!\bDr)(?<!\bHr)[.!?।]\s{1,9}(?![a-z])"
    r"|[。！？]\s{0,9}"
)
_THAI = re.compile(r"(?<=[\u0e00-\u0e7f]) {1,9}(?=[\u0e00-\u0e7f])")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,30})(?:\.\d{1,30})?", re.ASCII)


def source(language: str = "") -> hub.DataSource:
    """Where the rows of a language are, or of all; no download is pinned."""
    word = language or rf"(?:{'|'.join(LANGUAGES)})"
    return hub.DataSource(
        name=f"MGSM in {language}" if language else "MGSM",
        repo="google-research/url-nlp",
        revision="452a21ad3dae5668c06ceeac21ff073e1e40f9be",
        files=(),
        folder=r"(?:datasets--)?(?:[a-z-]{1,40}(?:--|___))?mgsm",
        layouts=(rf"/mgsm_{word}$", rf"^/{word}" + hub.TEST),
        address="https://github.com/google-research/url-nlp, its folder mgsm",
    )


def load(language: str, folder: hub.Location) -> Loaded:
    """MGSM in one language, or in all, from a local copy."""
    filters = rows.FILTERS | {"with_story": gsm_symbolic.has_story}
    item = partial(_item, language)
    return rows.load(source(language), folder, item, columns=_COLUMNS, filters=filters)


def loaders() -> dict[str, tuple[hub.DataSource, Callable[[hub.Location], Loaded]]]:
    """Each suite's name with its source and what loads it."""
    return {_name(each): (source(each), partial(load, each)) for each in ("", *LANGUAGES)}


def split(text: str, language: str) -> tuple[str, str]:
    """The story and its last sentence; the story is empty where the text cannot be cut."""
    if language == "en":
        return gsm_symbolic.split(text)
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]
    if language == "th":
        ends += [match.end() for match in _THAI.finditer(text)]
    start = max(ends, default=0)
    return text[:start].rstrip(), text[start:]


def _name(language: str) -> str:
    return f"{NAME}-{language}" if language else NAME


def _item(asked: str, row: SourceRow) -> Item:
    language = _language(row)
    if asked not in ("", language):
        raise RowError(f"it is of the language {language}, and not {asked}")
    context, question = split(rows.text(row.cells.get("question"), "the question"), language)
    name = _name(language)
    return Item(
        id=f"{name}-{row.number - 1:04d}",
        question=question,
        answer=_answer(row),
        context=context,
        answer_kind="number",
        suite=_name(asked),
        cluster="" if asked else f"{row.number - 1:04d}",
        tags=(language,),
    )


def _language(row: SourceRow) -> str:
    """That of the file's name, or of its folder's."""
    stem = row.path.name.lower().partition(".")[0]
    language = stem.removeprefix("mgsm_") if stem.startswith("mgsm_") else row.path.parent.name
    if language not in LANGUAGES:
        raise RowError(f"its file does not say a language: one of {', '.join(LANGUAGES)}")
    return language


def _answer(row: SourceRow) -> str:
    value = row.cells.get("answer_number", row.cells.get("answer"))
    said = str(value).strip()
    if isinstance(value, bool) or not _NUMBER.fullmatch(said):
        raise RowError("its answer is not a number")
    return said
