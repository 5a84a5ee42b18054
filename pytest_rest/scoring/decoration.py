"""Takes off what only decorates a text: Markdown, LaTeX, quotes, and what cannot be seen."""

import re
import unicodedata

_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufeff"
DECORATION = "*_`\"'“”‘’«»‹›„‟「」『』" + _INVISIBLE
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # nor do they join or part letters

_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|__|`)(?![\s*])([^*`\n]{1,200})(?<!\s)\1(?![\w*])")
_FONT = (
    r"boxed|fbox|text(?:bf|it|rm|sf|tt)?|math(?:bf|it|rm|sf)|boldsymbol|bm|underline|emph"
    r"|operatorname"
)
_WRAPPED = re.compile(rf"\\(?:{_FONT})\{{(.*)\}}")
_INNER = re.compile(rf"\\({_FONT})\{{([^{{}}]{{0,500}})\}}")


def undecorated(text: str) -> str:
    """One line without the Markdown, LaTeX, quotes and full stop around it."""
    before = None
    while text != before:  # every round that changes something makes it shorter
        before = text
        text = _EMPHASIS.sub(r"\2", text).strip().strip(DECORATION).rstrip(".。")
        for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
            text = text.removeprefix(opening).removesuffix(closing)
        if len(text) > 1 and text[0] == text[-1] == "$":
            text = text[1:-1]
        if wrapped := _WRAPPED.fullmatch(text):
            text = wrapped[1] if _closes(wrapped[1]) else _unwrapped(text)
        elif "\\" in text:
            text = " ".join(_unwrapped(text).replace("\\ ", " ").split())
    return text


def fold(text: str) -> str:
    """Unicode form NFKC, runs of white space as one space, ends stripped; case stays."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _unwrapped(text: str) -> str:
    """The text with what LaTeX sets in a box or in another font as plain text."""
    return _INNER.sub(_inside, text)


def _inside(match: re.Match[str]) -> str:
    """What is in a box, apart from letters and digits beside it."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    is_box = match[1].endswith("box") or match[1] == "boxed"
    left = " " if is_box and (before.isalnum() or before == "}") else ""
    return left + match[2] + (" " if is_box and after.isalnum() else "")


def _closes(text: str) -> bool:
    """Whether no brace closes that was not opened before."""
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return True
