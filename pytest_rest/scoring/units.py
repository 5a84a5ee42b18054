"""The units that may stand beside a number, by all their names, and the words that scale it."""

import functools
import re

_NAMES = {  # of each quantity, units with their names; capitals count in names of up to 3 letters
    "length": "m meter metre Meter mètre metro|km kilometer kilometre kms|cm centimeter centimetre"
    "|mm millimeter millimetre|nm nanometer nanometre|µm μm micrometer|mi mile|yd yard"
    "|ft foot feet|in inch inches",
    "mass": "kg kilogram kilo kgs Kg KG|g gram gramme|mg milligram|µg μg microgram|t ton tonne"
    "|lb lbs pound|oz ounce",
    "time": "s sec secs second Sekunde Sekunden seconde segundo|ms millisecond"
    "|min mins minute Minute Minuten minuto|h hr hrs hour Stunde Stunden heure hora"
    "|d day Tag Tage Tagen jour día días|week wk wks Woche Wochen|month Monat Monate Monaten mois"
    "|year yr yrs Jahr Jahre Jahren année an ans año|decade|century centuries",
    "volume": "L l liter litre Liter|mL ml milliliter millilitre|gal gallon|cup|pint|quart",
    "temperature": "°C celsius|°F fahrenheit|K kelvin",
    "angle": "° deg degree Grad|rad radian",
    "area": "ha hectare|acre",
    "power": "W watt|kW kilowatt|MW megawatt|GW gigawatt|MWe",
    "energy": "J joule|kJ kilojoule|kWh|cal calorie|kcal kilocalorie",
    "force": "N newton",
    "pressure": "Pa pascal|kPa|bar|atm",
    "current": "A amp ampere",
    "voltage": "V volt",
    "frequency": "Hz hertz|kHz|MHz|GHz",
    "data": "bit|byte|KB kB kilobyte|MB megabyte|GB gigabyte|TB terabyte",
    "amount": "mol mole",
    "share": "% percent pct Prozent ％ ٪",
    "speed": "mph|kph kmh",
    "money": "$ US$ USD dollar dólar|¢ ct cent|€ EUR euro|£ GBP|¥ JPY yen 円|CNY RMB yuan 元"
    "|₣|CHF franc|₺ TRY lira|₹ INR Rs rupee|₩ KRW won|₽ RUB ruble|CA$ C$ CAD|A$ AU$ AUD|NZ$ NZD"
    "|HK$ HKD|R$ BRL real reais",
    "count": "person people Personen|point|time times|unit|item|piece Stück|个 個|人|名|只|本|次"
    "|岁 歳",
}
_SCALES = {
    **{"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    **{"dozen": 12, "lakh": 10**5, "crore": 10**7, "mn": 10**6, "bn": 10**9},
    **{"千": 10**3, "万": 10**4, "萬": 10**4, "百万": 10**6, "千万": 10**7},
    **{"亿": 10**8, "億": 10**8, "millionen": 10**6, "mio": 10**6, "mrd": 10**9},
    **{"milliarde": 10**9, "milliarden": 10**9, "milliards": 10**9},
}
_OF_MONEY = {"k": 10**3, "m": 10**6, "b": 10**9}
_SCALE = re.compile(r" ?(百万|千万|[千万萬亿億])| ?([A-Za-z]{1,12})\b\.?")
_POWERS = {"square": "2", "sq": "2", "cubic": "3", "cu": "3"}
_ATOM = re.compile(
    r"(?:(square|sq|cubic|cu)\.? )?([^\W\d_]{1,12}|[A-Z]{0,2}\$|[°%€£¥¢₣₺₹₩₽٪％][CF]?)"
    r"(\^?[23])?\.?"
)
_PER = re.compile(r" ?/ ?|(?:^| )per ")
_RAISED = str.maketrans("²³", "23")
_WORD = re.compile(r"(?<!\w)[^\W\d_]{1,30}(?!\w)")
_MOST_WORDS, _LONGEST = 3, 60
_ASKED = re.compile(r"[^\W\d_]{2,12}|[$€£¥₣₺₹₩₽%°][CF]?")
_ASKED_SHORT = re.compile(r"(?:\bin |\()([A-Za-zµμ]{1,3})\b")
_NOT_ASKED = {"in", "an", "real", "won", "bar", "time", "times", "point", "bit", "second"}
_FILLERS = re.compile(r" ?\b(?:in total|in all|total|altogether|overall)$", re.IGNORECASE)
_CHANGE = (  # words after a number that make it another one
    "is are was were be not no nor or and to of out in at on than more less fewer most least minus"
    " plus times over under by half halves quarter quarters third thirds point squared cubed each"
    " per every zero one two three four five six seven eight nine ten eleven twelve twenty hundred"
    " thousand million billion trillion dozen dozens score pair pairs couple percent wrong if but"
    " maybe perhaps then so hundreds thousands millions billions lakh crore negative remainder"
    " thirteen fourteen fifteen sixteen seventeen eighteen nineteen thirty forty fifty sixty"
    " seventy eighty ninety double triple twice root power fifth sixth tenth tenths exactly"
    " except without"
)
_CHANGING = frozenset(_CHANGE.split())
Unit = tuple[str, str]  # its own name, and of which quantity it is
WITHOUT: Unit = "", ""


@functools.cache
def _units() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for quantity, listed in _NAMES.items():
        for names in listed.split("|"):
            first, *others = names.split()
            for name in (first, *others):
                if len(name) > 3:
                    units |= {name.casefold(): (first, quantity)}
                    units |= {f"{name.casefold()}s": (first, quantity)}
                else:
                    units[name] = (first, quantity)
    return units


def scale(text: str, is_money: bool) -> tuple[int, str]:
    """By how much a word such as `million` multiplies what is before it, and what follows it."""
    match = _SCALE.match(text)
    if not match:
        return 1, text
    word = (match[1] or match[2]).casefold()
    known = _SCALES.get(word) or _SCALES.get(word.removesuffix("s"))
    factor = known or (_OF_MONEY.get(word) if is_money else None)
    return (factor, text[match.end() :]) if factor else (1, text)


def read(text: str, own: str) -> Unit | None:
    """The unit that a text is, from the list or in the item's own words; None if it is none.

    A text without a unit, such as `in total`, has the unit `WITHOUT`. Words that make the number
    before them another one, such as `half`, `or`, `six`, are never a unit.
    """
    text = _FILLERS.sub("", text.translate(_RAISED).strip()).removeprefix("of ").strip()
    if not text:
        return WITHOUT
    atoms = [_atom(part.strip()) for part in _PER.split(text[:_LONGEST])]
    known = [atom for atom in atoms if atom]
    if len(known) == len(atoms) <= 3:
        return "/".join(name for name, _ in known), "/".join(quantity for _, quantity in known)
    words = [word.casefold() for word in text.split()]
    allowed = {word.casefold() for word in _WORD.findall(own)}
    if len(words) > _MOST_WORDS or _CHANGING.intersection(words):
        return None
    if all(allowed & {word, word.removesuffix("s"), f"{word}s"} for word in words):
        return " ".join(words), ""
    return None


def asked(question: str) -> set[Unit]:
    """The units that the last sentence of a question names."""
    sentence = re.split(r"[.?!]\s", question.strip()[-500:])[-1]
    names = {name for name in _ASKED.findall(sentence) if name not in _NOT_ASKED}
    units = (_named(name) for name in names | set(_ASKED_SHORT.findall(sentence)))
    return {unit for unit in units if unit}


def _atom(text: str) -> Unit | None:
    match = _ATOM.fullmatch(text)
    unit = _named(match[2]) if match else None
    if not match or not unit:
        return WITHOUT if not text else None
    power = _POWERS.get((match[1] or "").casefold()) or (match[3] or "").strip("^")
    return unit[0] + power, unit[1] + power


def _named(name: str) -> Unit | None:
    if len(name) <= 3 and name in _units():
        return _units()[name]
    return _units().get(name.casefold()) if len(name) > 1 else None
