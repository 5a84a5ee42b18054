"""Compares a transcription with the text that was drawn.

What a model puts around its transcription is not part of it. So before comparing, these are taken
off, in this order and once each: a lead-in line such as "Here is the text:", a code fence around
the whole, bold around the whole, quotes around the whole. The rate is the least of those before and
after each, because the drawn text may itself have what was taken off.
"""

import re
from collections.abc import Iterator

from pytest_rest.scoring.decoration import fold

_LEAD_IN = re.compile(
    r"\s{0,20}[*_]{0,2}(?:sure|certainly|of course|here(?:'s|’s| is| are)|this is"
    r"|transcription|transcript|the (?:text|transcription|picture|image))\b"
    r"[^\n]{0,120}:[*_]{0,2}[ \t]{0,8}\n",
    re.IGNORECASE,
)
_FENCED = re.compile(r"\s{0,20}```[a-z]{0,20}\n(.*)\n```\s{0,20}", re.DOTALL)
_QUOTES = (("**", "**"), ("__", "__"), ('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("„", "“"))


def character_error_rate(reference: str, hypothesis: str) -> float:
    """The rate of a transcription, without what a model put around it."""
    return min(raw_character_error_rate(reference, each) for each in _stripped(hypothesis))


def raw_character_error_rate(reference: str, hypothesis: str) -> float:
    """(insertions + deletions + substitutions) / reference length, after `fold` on both.

    Of an empty reference the rate is 0 for an empty hypothesis and 1 for any other.
    """
    import jiwer  # when first used: it loads rapidfuzz

    reference, hypothesis = fold(reference), fold(hypothesis)
    if not reference:
        return float(bool(hypothesis))
    if not hypothesis:
        return 1.0
    same = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])
    rate = jiwer.cer(reference, hypothesis, reference_transform=same, hypothesis_transform=same)
    return float(rate)


def _stripped(text: str) -> Iterator[str]:
    """The text, and what is left of it after each step that takes something off."""
    yield text
    if led_in := _LEAD_IN.match(text):
        text = text[led_in.end() :]
        yield text
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
        yield text
    for opening, closing in _QUOTES:
        inner = text.strip()
        is_around = inner.startswith(opening) and inner.endswith(closing)
        if is_around and len(inner) > len(opening + closing):
            text = inner[len(opening) : -len(closing)]
            yield text
