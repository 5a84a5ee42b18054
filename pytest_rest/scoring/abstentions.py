"""Tells the texts that only say that there is no answer: `I don't know`, `N/A`, `不知道`."""

import re

from pytest_rest.scoring.decoration import fold, undecorated

_LONGEST = 200
_FIND_OUT = (
    r"(?:know|say|tell|determine|answer|see|read|find|identify|calculate|infer"
    r"|be (?:determined|answered|known|inferred|read|seen|found|identified|calculated|said|told))"
)
_GIVEN = r"(?:available|given|stated|specified|mentioned|provided|known|shown|legible|readable)"
_WORDS = r"(?:,? [\w’'-]{1,20}){0,12}"
_ENGLISH = re.compile(
    r"(?:(?:sorry|unfortunately|unknown),? |(?:the answer|it|this|that|he|she) (?:is|was) |it's )?"
    rf"(?:(?:(?:i|we|you|one|it) )?(?:really |honestly )?(?:do not|don't|dont|did not|didn't"
    rf"|cannot|can not|can't|could not|couldn't) {_FIND_OUT}{_WORDS}"
    rf"|(?:(?:i am|i'm|we are) )?(?:unable|not able|impossible|not possible) to {_FIND_OUT}{_WORDS}"
    r"|(?:(?:there is|i have) )?(?:not enough|insufficient|no) (?:further )?"
    rf"(?:information|data|context|idea|clue|image|picture)\b{_WORDS}"
    r"|the (?:question|text|passage|table|chart|picture|image|document|context)"
    rf" (?:does not|doesn't) (?:say|state|mention|specify|give|tell|show|provide|contain){_WORDS}"
    rf"|\(?not {_GIVEN}(?: (?:in|by|from|on) (?:the|this){_WORDS})?\)?"
    r"|(?:i am |i'm )?(?:not (?:sure|certain|applicable|clear)|unsure|uncertain|unclear|unknown)"
    rf"(?: \(not {_GIVEN}{_WORDS}\))?"
    r"|undetermined|unspecified|unanswerable|idk|dunno|n/a|n\.a|tbd|no answer(?: can be given)?"
    r"|\?{1,3}|[-–—]{1,3})"
)
_GERMAN = (
    "weiss nicht|ich weiss nicht|ich weiss es nicht|weiss ich nicht|unbekannt|nicht bekannt"
    "|keine ahnung|keine angabe|k. a|nicht angegeben"
)
_ROMANCE = (  # French, Spanish, Italian, Portuguese
    "je ne sais pas|je l'ignore|inconnu|inconnue|non précisé|non précisée"
    "|no sé|no lo sé|no se sabe|desconocido|desconocida|no especificado"
    "|non so|non lo so|sconosciuto|sconosciuta|non specificato"
    "|não sei|eu não sei|desconhecido|desconhecida|não especificado"
)
_OTHER_EUROPEAN = (  # Dutch, Polish, Swedish, Russian, Ukrainian, Turkish
    "ik weet het niet|weet ik niet|onbekend|nie wiem|nieznane|nieznany|jag vet inte|okänt"
    "|не знаю|я не знаю|неизвестно|не известно|не указано|невідомо|bilmiyorum|bilinmiyor"
)
_ASIAN = (  # Arabic, Hindi, Bengali, Thai, Vietnamese, Indonesian, Chinese, Japanese, Korean
    "لا أعرف|لا أعلم|غير معروف|पता नहीं|मुझे नहीं पता|अज्ञात|জানি না|আমি জানি না|অজানা|ไม่ทราบ|ไม่รู้"
    "|không biết|tôi không biết|tidak tahu|saya tidak tahu|tidak diketahui"
    "|不知道|我不知道|未知|不清楚|不详|不詳|无法确定|無法確定|无法判断|无法回答|不确定"
    "|わかりません|分かりません|わからない|分からない|知りません|不明|不明です"
    "|모름|모릅니다|모르겠습니다|알 수 없음|알 수 없습니다"
)
_ELSEWHERE = {fold(p) for p in "|".join((_GERMAN, _ROMANCE, _OTHER_EUROPEAN, _ASIAN)).split("|")}


def abstains(text: str) -> bool:
    """Whether a text only says that there is no answer."""
    if len(text) > _LONGEST:
        return False
    said = undecorated(fold(text)).casefold().replace("’", "'").strip(" .!。[]")
    return said in _ELSEWHERE or bool(_ENGLISH.fullmatch(said))
