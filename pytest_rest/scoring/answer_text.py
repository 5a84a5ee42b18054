"""Finds the answer in what a model wrote, and takes off what only decorates it.

**Where it stands.** After a marker: `Answer:`, also in other languages, with words such as "the
final" before it. A marker that begins a line, decoration and list bullets aside, wins over one that
begins a sentence; of several such the last wins. Elsewhere in a sentence it marks nothing, for it
may be a "common wrong answer" or a "confidence in the answer". Looked at are the last 20,000
characters, up to the first end token that leaked into them.

**What is not an answer.** Lines of the prompt that the model repeats, and the placeholder that the
prompt has in the answer's place. One line of the prompt alone may be an answer; after another line
of the prompt it is repeated.
"""

import re
import string
import unicodedata

_TAIL = 20_000
LONGEST = 500
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
DECORATION = "*_`\"'“”‘’" + _INVISIBLE

_END_TOKENS = (
    *("<|im_end|>", "</s>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "<|return|>"),
    *("<end_of_turn>", "<eos>", "<｜end▁of▁sentence｜>"),
)
_INNER_END = "<|end|>"  # ends one message of several

_BEFORE = (
    r"(?:(?:so|thus|hence|therefore|the|my|our|final|finale|correct|right|short|die|meine|la|le|el"
    r"|mi|ma|het|o|a)[ ,]{1,3}){0,4}"
)
_WORDS = (
    "answer|antwort|réponse|respuesta|risposta|resposta|antwoord|odpowiedź|svar|cevap|jawaban"
    "|ответ|відповідь|الجواب|الإجابة|उत्तर|উত্তর|సమాధానం|คำตอบ|정답|답"
)
_AFTER = r"(?: (?:finale?|definitiva|correcta|correcte))?"
_MARKED = (
    rf"(?:{_BEFORE}(?:{_WORDS}){_AFTER}|(?:最终|最終|正确|所以|因此|的){{0,3}}(?:答案|答え|回答|答))"
    r"[ \t*_`]{0,8}[:：=]"
)
_AROUND = r"[ \t>*_`#+\-•\"'“”‘’(\[]"
_OF_LINE = re.compile(
    rf"^{_AROUND}{{0,20}}(?:\d{{1,2}}[.)][ \t]{{1,3}}{_AROUND}{{0,8}})?{_MARKED}",
    re.IGNORECASE | re.MULTILINE,
)
_OF_SENTENCE = re.compile(
    rf"(?:(?<=[.!?;…→⇒])[ \t]{{1,4}}|(?<=[。！？；])[ \t]{{0,4}}){_AROUND}{{0,8}}{_MARKED}",
    re.IGNORECASE,
)

_FENCE = re.compile(r"^[ \t]{0,20}(?:```|~~~)[ \t]{0,8}[\w+-]{0,20}[ \t]{0,8}$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]{0,20}(?:[-*•‣◦] {1,4})+(?=[*_`\"'“(\[]{0,4}[^\W\d])", re.MULTILINE)
_LEAD_IN = re.compile(r"\s{0,9}(?:the following|as follows)[ \t]{0,8}:?[ \t]{0,8}\n", re.IGNORECASE)
_SECTION = re.compile(
    rf"^{_AROUND}{{0,20}}(?:(?:explanation|reasoning|justification|confidence|note)\b[^\n:]{{0,40}}:"
    r"|i hope |let me know)",
    re.IGNORECASE | re.MULTILINE,
)
_WRAPPED = re.compile(r"\\(?:boxed|text|mathrm|mathbf|textbf)\{(.*)\}")
_INNER = re.compile(r"\\(boxed|text|mathrm|mathbf|textbf)\{([^{}]{0,500})\}")
_POINTER = re.compile(r"(?:the following|as follows|(?:see|as shown|as) (?:above|below))")
_ABSTENTION = re.compile(
    r"(?:the answer is |it is |it's |this is |sorry, )?"
    r"(?:(?:i |we )?(?:really |honestly )?(?:do not|don't|did not) know|(?:i am |i'm )?not sure"
    r"|unsure|(?:i have )?no idea|idk|unknown|n/a|n\.a|not (?:available|applicable|given"
    r"|stated|specified|mentioned|provided|enough information|enough data"
    r"|possible to (?:say|tell|determine))"
    r"|(?:it )?(?:cannot|can not|can't) (?:be (?:determined|answered|known|inferred)"
    r"|say|tell|determine)|(?:there is )?(?:insufficient|not enough) (?:information|data)"
    r"|undetermined|unanswerable|no answer|\?{1,3}"
    r"|(?:ich )?weiss (?:ich )?(?:es )?nicht|unbekannt|keine angabe|je ne sais pas|inconnue?"
    r"|no (?:lo )?sé|desconocido|non (?:lo )?so|não sei|не знаю|неизвестно"
    r"|我?不知道|未知|不清楚|无法确定|無法確定|わかりません|分かりません|不明|모름|알 수 없음)"
    r"(?: (?:the answer|it|that))?"
    r"(?: (?:in|from|by|with|on) (?:the|this) (?:given |provided )?[a-z]{1,20})?"
)
_PLACEHOLDER = re.compile(
    r"\banswer[ \t*_`]{0,8}[:：=] {0,4}([A-Z](?!\w)|<[^<>\n]{1,40}>|\[[^\[\]\n]{1,40}\]"
    r"|\{[^{}\n]{1,40}\}|\.\.\.|…|_{2,20})",
    re.IGNORECASE,
)


def find(text: str, shown: str = "") -> str | None:
    """All that follows the marker; None without one. `shown` is the text of the prompt."""
    cut = len(text) > _TAIL
    for token in _END_TOKENS:
        text = text.partition(token)[0]
    tail = _own(text[-_TAIL:], shown) if shown else text[-_TAIL:]
    of_lines = [match for match in _OF_LINE.finditer(tail) if match.start() or not cut]
    markers = of_lines or list(_OF_SENTENCE.finditer(tail))
    if not markers:
        return None
    said = tail[markers[-1].end() :].partition(_INNER_END)[0]
    return _FENCE.sub("", said) if "```" in said or "~~~" in said else said


def first_line(said: str) -> str:
    """The first line that has more than decoration, without that before it."""
    return said.lstrip(DECORATION + string.whitespace).partition("\n")[0]


def second_line(said: str) -> str:
    """The line right below the first."""
    return said.lstrip(DECORATION + string.whitespace).partition("\n")[2].partition("\n")[0]


def before_remarks(said: str) -> str:
    """What stands before an explanation, a confidence, a note or a farewell."""
    remark = _SECTION.search(said)
    return said[: remark.start()] if remark else said


def read(text: str) -> str | None:
    """A text answer: all of it, without fences, bullets and decoration, white space folded.

    None where it is nothing, too long, or only points elsewhere.
    """
    before = None
    while text != before:  # every round that changes something makes it shorter
        before = text
        text = _FENCE.sub("", text.strip())
        text = _BULLET.sub("", _LEAD_IN.sub("", text))
        text = undecorated(fold(text))
        if len(text) > LONGEST:
            return None
    return None if not text or _POINTER.fullmatch(text.casefold()) else text


def abstains(text: str) -> bool:
    """Whether a text only says that there is no answer: `I don't know`, `N/A`."""
    if len(text) > LONGEST:
        return False
    said = undecorated(fold(text)).casefold().replace("’", "'").strip(" .!。()[]")
    return bool(_ABSTENTION.fullmatch(said))


def is_placeholder(text: str, shown: str) -> bool:
    """Whether a text is what the prompt has in the answer's place, such as `T` or `<answer>`."""
    places = {undecorated(fold(match[1])) for match in _PLACEHOLDER.finditer(shown[-_TAIL:])}
    return text in places


def undecorated(text: str) -> str:
    """One line without the Markdown, LaTeX, quotes and full stop around it."""
    before = None
    while text != before:  # every round that changes something makes it shorter
        before = text
        text = text.strip().strip(DECORATION).rstrip(".")
        for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
            text = text.removeprefix(opening).removesuffix(closing)
        if len(text) > 1 and text[0] == text[-1] == "$":
            text = text[1:-1]
        if wrapped := _WRAPPED.fullmatch(text):
            text = wrapped[1] if _closes(wrapped[1]) else unwrapped(text)
        elif "\\" in text:
            text = " ".join(unwrapped(text).split())
    return text


def unwrapped(text: str) -> str:
    """The text with what LaTeX sets in a box or in another font as plain text."""
    return _INNER.sub(_inside, text)


def fold(text: str) -> str:
    """Unicode form NFKC, runs of white space as one space, ends stripped; case stays."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _inside(match: re.Match[str]) -> str:
    """What is in a box, apart from letters and digits beside it."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    apart = match[1] == "boxed"
    left = " " if apart and (before.isalnum() or before == "}") else ""
    return left + match[2] + (" " if apart and after.isalnum() else "")


def _closes(text: str) -> bool:
    """Whether no brace closes that was not opened before."""
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return True


def _own(text: str, shown: str) -> str:
    """The text without the lines of the prompt that it repeats."""
    of_prompt = {_bare(line) for line in shown.split("\n")} - {""}
    lines, is_repeating = [], False
    for line in text.split("\n"):
        bare = _bare(line)
        repeats = bare in of_prompt and (is_repeating or not _OF_LINE.match(line))
        is_repeating = repeats or (is_repeating and not bare)
        lines.append("" if repeats else line)
    return "\n".join(lines)


def _bare(line: str) -> str:
    return " ".join(line.split()).strip('> *_`"“”')
