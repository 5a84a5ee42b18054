"""Cuts a word into the pieces after which a line may end.

Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces between words. Of the rules of
Unicode's UAX 14, those are kept that a reader would miss: closing punctuation never starts a line
and opening punctuation never ends one, nor does a vowel that is written before its consonant. Thai
words are not looked up in a dictionary: a line may end within a word, but never between a letter
and its marks.
"""

import re
import unicodedata

_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Burmese; Khmer
    "\u2e80-\u312f\u31a0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_CLOSING = (
    "、。，．・：；？！゛゜ヽヾゝゞ々〻ー–—…‥’”）〕］｝〉》」』】〙〗〟｠»›°′″℃％‰￠"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ､｡･ｰﾞﾟ"
    ")]},.!?:;%'\"\u3000\u00a0\u2060"
    "ะาำๅๆฯ๏๚๛"  # Thai: vowels and signs after their consonant
    "ະາຳໆຯ"  # Lao
    "။၊។៕៖ៗ"
)
_OPENING = "（〔［｛〈《「『【〘〖〝｟«‹‘“([{'\"$¥£€￥＄￡#№\u00a0\u2060" + "เแโใไ" + "ເແໂໃໄ"
_JOINERS = "\u200c\u200d\u0e33\u0eb3"  # the last two are vowels of which half is a mark
_VIRAMA = 9  # the combining class of the signs that join two consonants


def pieces(word: str) -> list[str]:
    """Cut a word wherever a line may end; most words are one piece."""
    if word.isascii() or not _SPACELESS.search(word):
        return [word]
    cut = [""]
    last = " "  # a piece keeps the spaces before it
    for cluster in graphemes(word):
        if last != " " and _may_break(last, cluster):
            cut.append("")
        cut[-1] += cluster
        last = cluster
    return cut


def joins(char: str) -> bool:
    """Whether a character is joined to the one before it, or joins those beside it."""
    return char in _JOINERS or unicodedata.category(char)[0] == "M"


def graphemes(text: str) -> list[str]:
    """Split a text into characters, each with the marks, vowel signs and consonants joined to it.

    They are close to the extended grapheme clusters, with conjuncts, of Unicode's UAX 29.
    """
    split: list[str] = []
    is_open = False
    for char in text:
        if split and (is_open or joins(char)):
            split[-1] += char
        else:
            split.append(char)
        is_open = char == "\u200d" or unicodedata.combining(char) == _VIRAMA
    return split


def _may_break(last: str, following: str) -> bool:
    """Whether a line may end between two clusters."""
    if not (_SPACELESS.search(last) or _SPACELESS.match(following)):
        return False
    return following[0] not in _CLOSING and not any(char in _OPENING for char in last)
