"""Compares a transcription with the text that was drawn.

What a model puts around its transcription is not part of it. So before comparing, these are taken
off, in this order and once each: a lead-in or a heading such as "Here is the text:", a code fence
around the whole, bold or italics around the whole, quotes around the whole, and what Markdown, HTML
or LaTeX has between the cells of a table; of code, fences anywhere and the marks before what a line
goes on with. The rate is the least of those before and after each, because the drawn text may
itself have what was taken off. White space of any length counts as one blank, so the indentation of
code does not count.
"""

import functools
import re
from collections.abc import Iterator

from pytest_rest.scoring.decoration import fold

_LONGEST = 20_000
_LEAD_IN = re.compile(
    r"\s{0,20}(?:(?:#{1,6} |\*\*|__)(?:the )?(?:transcription|transcript|transcribed text|text)"
    r"[^\n:]{0,40}\n|[*_]{0,2}(?:sure|certainly|of course|here(?:'s|’s| is| are)|this is"
    r"|transcription|transcript|the (?:text|transcription|picture|image)|hier ist|voici|aquí está"
    r"|aqui está|ecco|вот|以下|这是|図|图)"
    r"[^\n]{0,120}?[:：][*_]{0,2}(?:[ \t]{0,8}\n|[ \t]{0,4}(?=[\"“«„'`*「『])))",
    re.IGNORECASE,
)
_TABLE_MARKS = re.compile(
    r"^[ \t]{0,20}\|?[ \t|:-]{3,10000}$|^[ \t]{0,20}\|[ \t]|[ \t]\|[ \t]{0,200}(?=$|\S)"  # Markdown
    r"|</?(?:table|thead|tbody|tr|th|td)\b[^<>]{0,200}>"
    r"|\\(?:begin|end)\{tabular\}(?:\{[^{}\n]{0,200}\})?|\\(?:hline|toprule|midrule|bottomrule)\b"
    r"|[ \t]&[ \t]|\\\\[ \t]{0,20}$",
    re.MULTILINE,
)
_CODE_MARKS = re.compile(r"^[ \t]{0,200}(?:`{3,20}[\w+#.-]{0,40}[ \t]{0,20}$|»[ \t])", re.MULTILINE)
_FENCED = re.compile(r"\s{0,20}```[a-z]{0,20}\n(.*)\n```\s{0,20}", re.DOTALL)
_AROUND = (
    *(("**", "**"), ("__", "__"), ("*", "*"), ("`", "`"), ('"', '"'), ("“", "”"), ("'", "'")),
    *(("«", "»"), ("„", "“"), ("「", "」"), ("『", "』")),
)


def character_error_rate(reference: str, hypothesis: str) -> float:
    """The rate of a transcription, without what a model put around it."""
    return character_error_rates(reference, hypothesis)[0]


@functools.lru_cache(maxsize=64)  # an item is read alike in many styles
def character_error_rates(
    reference: str, hypothesis: str, *, is_code: bool = False
) -> tuple[float, float]:
    """The rate without what a model put around its transcription, and that of all it wrote.

    A rate is (insertions + deletions + substitutions) / reference length, after `fold` on both. Of
    an empty reference it is 0 for an empty hypothesis and 1 for any other.
    """
    drawn, said = fold(reference), fold(hypothesis)
    if drawn == said:
        return 0.0, 0.0
    rates = [_rate(drawn, fold(each)) for each in _stripped(hypothesis, is_code)]
    return min(rates), rates[0]


def without_surroundings(reference: str, hypothesis: str) -> str:
    """What is left of a transcription for its rate: without what a model put around it."""
    return min(_stripped(hypothesis), key=lambda each: _rate(fold(reference), fold(each)))


def _rate(reference: str, hypothesis: str) -> float:
    import jiwer  # when first used: it loads rapidfuzz

    if reference == hypothesis:
        return 0.0
    if not reference:
        return float(bool(hypothesis))
    if not hypothesis:
        return 1.0
    hypothesis = hypothesis[: max(_LONGEST, 2 * len(reference))]
    same = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])
    rate = jiwer.cer(reference, hypothesis, reference_transform=same, hypothesis_transform=same)
    return float(rate)


def _stripped(text: str, is_code: bool = False) -> Iterator[str]:
    """The text, and what is left of it after each step that takes something off."""
    yield text
    if led_in := _LEAD_IN.match(text):
        text = text[led_in.end() :]
        yield text
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
        yield text
    for opening, closing in _AROUND:
        text = text.strip()
        inner = text.removeprefix(opening).removesuffix(closing)
        is_around = len(text) > len(inner) + len(opening) > len(opening + opening)
        if is_around and not inner.startswith(opening):
            text = inner
            yield text
    if _TABLE_MARKS.search(text):
        yield _TABLE_MARKS.sub(" ", text)
    if is_code and _CODE_MARKS.search(text):
        yield _CODE_MARKS.sub("", text)
