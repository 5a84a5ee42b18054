"""Finds the answer in what a model wrote.

**Where it stands.** After a marker: `Answer:`, `The final answer is:`, also in other languages, or
such a heading. A marker that begins a line, decoration and list bullets aside, wins over one that
begins a sentence; of several such the last wins. Elsewhere in a sentence it marks nothing, for it
may be a "common wrong answer" or a "confidence in the answer". Looked at are the last 20,000
characters, without thinking that is marked as such, up to the first end token that leaked.

**What is not an answer.** Lines of the prompt that the model repeats, and what the prompt has in
the answer's place. One line of the prompt alone may be an answer; after another line of the prompt
it is repeated.
"""

import re
import string

from pytest_rest.scoring.decoration import DECORATION, UNSEEN, fold, undecorated

_TAIL, _LOOKED_AT = 20_000, 100_000
LONGEST = 500

_END_TOKENS = (
    *("<|im_end|>", "</s>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>"),
    *("<|return|>", "<|EOT|>", "<|end_of_turn|>", "<|END_OF_TURN_TOKEN|>", "<end_of_turn>"),
    *("<eos>", "<｜end▁of▁sentence｜>"),
)
_OTHER_TOKEN = re.compile(r"<[|｜][\w▁]{1,40}[|｜]>|\[/INST\]")  # some begin a message

_BEFORE = (
    r"(?:(?:so|thus|hence|therefore|the|my|our|final|finale|correct|right|short|die|meine|la|le|el"
    r"|mi|ma|het|o|a)[ ,]{1,3}){0,4}"
)
_WORDS = (
    "answer|antwort|réponse|respuesta|risposta|resposta|antwoord|odpowiedź|svar|cevap|jawaban"
    "|ответ|відповідь|الجواب|الإجابة|उत्तर|উত্তর|సమాధానం|คำตอบ|정답|답"
)
_AFTER = r"(?: (?:finale?|definitiva|correcta|correcte))?(?: (?:is|ist|est|es|è|é))?"
_NAMED = (
    rf"(?:{_BEFORE}(?:{_WORDS}){_AFTER}"
    r"|(?:最终|最終|正确|所以|因此|的){0,3}(?:答案|答え|回答|答)[是为為は]?)[ \t*_`]{0,8}"
)
_AROUND = r"[^\w\n]"
_OF_LINE = re.compile(
    rf"^(?:{_AROUND}{{0,20}}+(?:\d{{1,2}}[.)][ \t]{{1,3}}+{_AROUND}{{0,8}}+)?{_NAMED}[:：=]"
    rf"|[ \t>]{{0,8}}(?:#{{1,6}}|\*\*|__)[ \t*_]{{0,8}}{_NAMED}\r?$)",
    re.IGNORECASE | re.MULTILINE,
)
_OF_SENTENCE = re.compile(
    rf"(?:(?<=[.!?;…→⇒])[ \t]{{1,4}}+|(?<=[。！？；])){_AROUND}{{0,8}}+{_NAMED}[:：=]",
    re.IGNORECASE,
)

_SET_OFF = re.compile(  # lines that begin and end code and formulas
    r"^[ \t]{0,20}(?:(?:```|~~~)[ \t]{0,8}[\w+-]{0,20}|\$\$|\\[\[\]])[ \t\r]{0,8}$", re.MULTILINE
)
_BULLET = re.compile(
    r"^[ \t]{0,20}(?:[-–—*•‣◦·●▪] {1,4})+(?=[*_`\"'“(\[]{0,4}[^\W\d])", re.MULTILINE
)
_DASH = re.compile(r"[ \t*_`]{0,20}\n\s{0,20}[-–—] ")
_LEAD_IN = re.compile(r"\s{0,9}(?:the following|as follows)[ \t]{0,8}:?[ \t]{0,8}\n", re.IGNORECASE)
_REMARK = re.compile(
    r"^[ \t>*_`#+\-•\"'“”‘’(\[]{0,20}(?:"
    r"(?:explanation|reason|reasoning|justification|confidence|note|source)s?\b[^\n:]{0,40}:"
    r"|i hope |hope (?:this|that) helps|let me know|confidence \d)"
    r"|^[ \t]{0,3}(?:-{3,80}|\*{3,80}|_{3,80})[ \t\r]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
_POINTER = re.compile(r"the (?:following|above)|as follows|(?:see|as shown|as) (?:above|below)")

_PLACEHOLDER = re.compile(
    r"^[^\n]{0,2000}\banswer[ \t*_`]{0,8}[:：=] {0,4}([A-Z](?!\w)|<[^<>\n]{1,40}>"
    r"|\[[^\[\]\n]{1,40}\]|\{[^{}\n]{1,40}\}|\.\.\.|…|_{2,20})[^\n]{0,200}",
    re.IGNORECASE | re.MULTILINE,
)
_WORD_SIGNS = re.compile(r"[^\w\s]|_")


def reply(text: str) -> str:
    """What is said at last: after the thinking, up to an end token that leaked."""
    text = text[-_LOOKED_AT:]
    for token in _END_TOKENS:
        text = text.partition(token)[0]
    return text.rpartition("</think>")[2]


def without_fences(said: str) -> str:
    """A text without the lines that begin and end code and formulas."""
    return _SET_OFF.sub("", said)


def find(text: str, shown: str = "") -> str | None:
    """All that follows the marker; None without one. `shown` is the text of the prompt."""
    text = reply(text)
    tail = _own(text[-_TAIL:], shown) if shown else text[-_TAIL:]
    of_lines = [mark for mark in _OF_LINE.finditer(tail) if mark.start() or len(text) <= _TAIL]
    markers = of_lines or list(_OF_SENTENCE.finditer(tail))
    if not markers:
        return None
    return _SET_OFF.sub("", _OTHER_TOKEN.split(tail[markers[-1].end() :], maxsplit=1)[0])


def lines(said: str) -> tuple[str, str]:
    """The first two lines that have more than decoration; such a line is empty if there is none."""
    told = (line for line in said.split("\n") if line.strip(DECORATION + string.whitespace))
    return next(told, "").lstrip(" \t•‣◦●▪"), next(told, "")


def begins_with_dash(said: str) -> bool:
    """Whether the first line is one below the marker with a dash: a list's, or a minus sign."""
    return bool(_DASH.match(said))


def before_remarks(said: str) -> str:
    """What stands before an explanation, a confidence, a note, a rule or a farewell."""
    remark = _REMARK.search(said)
    return said[: remark.start()] if remark else said


def read(text: str) -> str | None:
    """A text answer: all of it, without fences, bullets and decoration, white space folded.

    None where it is nothing, too long, or only points elsewhere.
    """
    before = None
    while text != before:  # every round that changes something makes it shorter
        before = text
        text = _BULLET.sub("", _LEAD_IN.sub("", _SET_OFF.sub("", text.strip())))
        text = undecorated(fold(text.translate(UNSEEN)))
        if len(text) > LONGEST:
            return None
    return None if not text or _POINTER.fullmatch(text.casefold()) else text


def is_repeated(text: str, shown: str, own: str) -> bool:
    """Whether a text is what the prompt has in the answer's place, such as `T` or `<answer>`.

    So are several words of the line that shows it, but for the item's own words.
    """
    bare = _WORD_SIGNS.sub("", text)
    if not bare or (" " in bare and bare in _WORD_SIGNS.sub("", fold(own))):
        return False
    for place in _PLACEHOLDER.finditer(shown[-_TAIL:]):
        line = _WORD_SIGNS.sub("", fold(place[0]))
        if bare == _WORD_SIGNS.sub("", place[1]) or (" " in bare and bare in line):
            return True
    return False


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
