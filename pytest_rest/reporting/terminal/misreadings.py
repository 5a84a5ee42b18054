"""Turns a transcription into what was read wrongly in it, in a line."""

import difflib
from collections.abc import Iterator

from pytest_rest.safe_text import shown
from pytest_rest.scoring import fold, without_surroundings
from pytest_rest.terms import Transcription

_MISREADINGS_SHOWN = 5
_COMPARED = 2_000


def told(read: Transcription) -> str:
    """`every character right`, or the rate and the first characters that were not."""
    if read.cer is None:
        return f"not transcribed: {shown(read.text)}"
    if read.correct:
        where = f"{len(read.pages)} pages" if read.pages else "picture"
        return f"every character of the {where} right"
    if read.pages:
        pages = [number for number, page in enumerate(read.pages, 1) if not page.correct]
        first_wrong = told(read.pages[pages[0] - 1])
        of_all = f"{len(pages)} of {len(read.pages)} pages wrong, CER {read.cer:.3f}"
        return f"{of_all}; page {pages[0]}: {first_wrong}"
    text = without_surroundings(read.reference, read.text)
    wrong = [*_differences(fold(read.reference)[:_COMPARED], fold(text)[:_COMPARED])]
    left_out = len(wrong[_MISREADINGS_SHOWN:])
    more = f" and {left_out} more" if left_out else ""
    is_around = read.cer_raw is not None and read.cer_raw > read.cer
    raw = f", {read.cer_raw:.3f} with what is around it" if is_around else ""
    said = ", ".join(wrong[:_MISREADINGS_SHOWN])
    return f"transcribed wrongly (CER {read.cer:.3f}{raw}): {said}{more}"


def _differences(reference: str, read: str) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, reference, read, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        wanted, got = shown(reference[a:b], 40), shown(read[c:d], 40)
        if kind == "replace":
            yield f"{wanted!r} as {got!r}"
        elif kind == "delete":
            yield f"{wanted!r} left out"
        elif kind == "insert":
            yield f"{got!r} added"
