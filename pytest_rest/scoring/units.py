"""The units that may stand beside a number, by all their names, and the words that scale it."""

import functools
import re

_NAMES = {  # of each quantity, units with their names; capitals count in names of up to 3 letters
    "length": "m meter metre Meter mètre metro м метр метров 米|km kilometer kilometre kms км 公里"
    " 千米|cm centimeter centimetre см 厘米|mm millimeter millimetre мм 毫米|nm nanometer nanometre"
    "|µm μm micrometer|mi mile|yd yard|ft foot feet|in inch inches",
    "mass": "kg kilogram kilogramm kilogramme kilo kgs Kg KG кг 公斤 千克|g gram gramm gramme г 克"
    "|mg milligram мг 毫克|µg μg microgram|t ton tonne т 吨|lb lbs pound|oz ounce",
    "time": "s sec secs second Sekunde Sekunden seconde segundo сек 秒|ms millisecond"
    "|min mins minute Minute Minuten minuto мин 分钟|h hr hrs hour Stunde Stunden heure hora час"
    " часа часов 小时 時間|d day Tag Tage Tagen jour día días день дня дней 天 日"
    "|week wk wks Woche Wochen semaine semana|month Monat Monate Monaten mois"
    "|year yr yrs Jahr Jahre Jahren année an ans año лет год года 年",
    "volume": "L l liter litre Liter л 升|mL ml milliliter millilitre мл 毫升|dL dl deciliter"
    "|gal gallon|cup|pint|quart",
    "temperature": "°C celsius ℃|°F fahrenheit ℉|K kelvin",
    "angle": "° deg degree Grad|rad radian",
    "area": "ha hectare|acre",
    "power": "W watt|kW kilowatt|MW megawatt|GW gigawatt|MWe",
    "energy": "J joule|kJ kilojoule|kWh|cal calorie|kcal kilocalorie",
    "force": "N newton",
    "torque": "N*m Nm",
    "pressure": "Pa pascal|kPa|bar|atm",
    "current": "A amp ampere",
    "voltage": "V volt",
    "frequency": "Hz hertz|kHz|MHz|GHz|rpm",
    "level": "dB decibel",
    "data": "bit|byte|KB kB kilobyte|MB megabyte|GB gigabyte|TB terabyte|px pixel",
    "amount": "mol mole",
    "share": "% percent pct Prozent",
    "length/time": "mi/h mph|km/h kph kmh",
    "money": "$ US$ USD dollar dólar|¢ ct cent|€ EUR euro|£ GBP|¥ JPY yen 円|CNY RMB yuan 元|₣"
    "|CHF franc|₺ TRY lira|₹ INR Rs rupee|₩ KRW won 원|₽ RUB ruble руб рублей рубля"
    "|CA$ C$ CAD|A$ AU$ AUD|NZ$ NZD|HK$ HKD|S$ SGD|NT$ TWD|MX$ MXN|R$ BRL real reais|SEK|NOK|DKK"
    "|PLN zł|CZK Kč|₴ UAH|₪ ILS|฿ THB baht|₫ VND|₦ NGN|₱ PHP|Rp IDR",
    "": "people person Personen человек|point|time times|unit|item|piece Stück"  # counts
    "|个 個 개|人 名 명|只|本|次|岁 歳 살",
}
_SCALES = {
    word: size
    for size, words in {
        12: "dozen",
        100: "hundred",
        10**3: "thousand tausend тыс тысяч тысячи 千 천",
        10**4: "万 萬 만",
        10**5: "lakh",
        10**6: "million mn mln mio millionen millón millones milhão milhões milioni miljoen"
        " млн миллион миллиона миллионов 百万",
        10**7: "crore 千万",
        10**8: "亿 億 억",
        10**9: "billion bn milliarde milliarden milliard mrd miljard млрд миллиардов",
        10**12: "trillion",
    }.items()
    for word in words.split()
}
_OF_MONEY = {"k": 10**3, "m": 10**6, "b": 10**9}
_SCALE = re.compile(r" ?(百万|千万|[万萬亿億천만억]|千(?![克米瓦卡]))| ?([^\W\d_]{1,12})\b\.?")
_POWERS = {"square": "2", "sq": "2", "cubic": "3", "cu": "3"}
_ATOM = re.compile(
    r"(?:(square|sq|cubic|cu)\.? )?([^\W\d_]{1,12}|[A-Z]{0,2}\$|[°%€£¥¢₣₺₹₩₽₴₪฿₫₦₱℃℉][CF]?)"
    r"(\^?[23])?\.?"
)
_DEGREES = re.compile(r"(?:degrees?|deg\.?|°) ?(c|f)(?:elsius|ahrenheit)?$", re.IGNORECASE)
_COMPOUND = re.compile(  # such as kg·m/s^2
    r"[^\W\d_]{1,12}(?:\^?-?\d)?(?:[·⋅*/]\(?[^\W\d_]{1,12}(?:\^?-?\d)?\)?){1,4}"
)
_PER = re.compile(r" ?/ ?|(?:^| )per ")
_RAISED = str.maketrans("²³", "23")
_WORD = re.compile(r"(?<!\w)[^\W\d_]{1,30}(?!\w)")
_MOST_WORDS, _LONGEST = 3, 60
_ASKED = re.compile(r"[^\W\d_]{2,12}|[$€£¥₣₺₹₩₽%°][CF]?")
_ASKED_SHORT = re.compile(r"(?:\bin |\()([A-Za-zµμ]{1,3})\b")
_NOT_ASKED = {"in", "an", "real", "won", "bar", "bit", "second"}
_FILLERS = re.compile(
    r" ?\b(?:in total|in all|total|altogether|overall|long|wide|high|tall|deep|old)$",
    re.IGNORECASE,
)
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
UNSURE_CASES = frozenset(  # a milligram or a megagram, a nanometre or a nautical mile
    ("Mg", "MG", "Mm", "MM", "mM", "NM", "nM", "Ml", "ML", "Ms", "MS", "mS")
)
Unit = tuple[str, str]  # its own name, and of which quantity it is
NONE: Unit = ("", "")
_MONEY = sorted(_NAMES["money"].replace("|", " ").split(), key=len, reverse=True)
CURRENCY = (  # what may stand before a number
    rf"(?:(?:{'|'.join(re.escape(name) for name in _MONEY if not name.islower())})\.?)"
)


@functools.cache
def _units() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for quantity, listed in _NAMES.items():
        for names in listed.split("|"):
            first, *others = names.split()
            for name in (first, *others):
                units[name if len(name) <= 3 else name.casefold()] = (first, quantity)
                if len(name) >= 3:
                    units[f"{name.casefold()}s"] = (first, quantity)
    return units


def scale(text: str, is_money: bool) -> tuple[int, str]:
    """By how much words such as `million` multiply what is before them, and what follows them."""
    factor = 1
    while match := _SCALE.match(text):
        word = (match[1] or match[2]).casefold()
        known = _SCALES.get(word) or _SCALES.get(word.removesuffix("s"))
        size = known or (_OF_MONEY.get(word, 0) if is_money else 0)
        if size <= factor:  # `hundred thousand` is one, `thousand hundred` is not
            break
        factor, text = factor * size, text[match.end() :]
    return factor, text


def read(text: str, own: str) -> Unit | None:
    """The unit that a text is, from the list or in the item's own words; None if it is none.

    A text without a unit, such as `in total`, has the unit `NONE`. Words that make the number
    before them another one, such as `half`, `or`, `six`, are never a unit.
    """
    text = _FILLERS.sub("", text.translate(_RAISED).strip()).removeprefix("of ").strip()
    text = _DEGREES.sub(lambda match: f"°{match[1].upper()}", text)
    unit, _, what = text.partition(" of ")  # such as `7 cups of sugar`
    if what and _are_own(what, own):
        text = unit
    if not text:
        return NONE
    atoms = [_atom(part.strip()) for part in _PER.split(text[:_LONGEST])]
    known = [atom for atom in atoms if atom]
    if len(known) == len(atoms) <= 3:
        return "/".join(name for name, _ in known), "/".join(quantity for _, quantity in known)
    if _COMPOUND.fullmatch(text) and text in own:
        return text, ""
    return (text.casefold(), "") if _are_own(text, own) else None


def of_money(currency: str, unit: Unit) -> Unit | None:
    """The unit of a number with a currency before it and another unit after it, such as `/hour`."""
    money = named(currency.rstrip("."))
    if not money or unit[1] not in ("", "money", "/time"):
        return None
    if unit[1] == "money":
        return unit if unit == money or (money[0], unit[0][-1]) == ("$", "$") else None
    return money[0] + unit[0], money[1] + unit[1]


def contradicts(unit: Unit, right: Unit, question: str) -> bool:
    """Whether a unit is not that of the right answer, nor that which the question asks for.

    As far as both go: `$7` is not said to contradict `$7 per hour`.
    """
    if not unit[1]:
        return False
    if right[0]:
        pairs = zip(unit[0].split("/"), right[0].split("/"), strict=False)
        return any(name != meant for name, meant in pairs)
    wanted = asked(question)
    return unit not in wanted and unit[1] in {quantity for _, quantity in wanted}


def asked(question: str) -> set[Unit]:
    """The units that the last sentence of a question names."""
    sentence = re.split(r"[.?!]\s", question.strip()[-500:])[-1]
    names = {name for name in _ASKED.findall(sentence) if name not in _NOT_ASKED}
    units = (named(name) for name in names | set(_ASKED_SHORT.findall(sentence)))
    return {unit for unit in units if unit}


def _are_own(text: str, own: str) -> bool:
    """Whether a text is a few of the item's own words, none of which changes a number."""
    words = [word.casefold() for word in text.split()]
    if len(words) > _MOST_WORDS or _CHANGING.intersection(words):
        return False
    allowed = {word.casefold() for word in _WORD.findall(own)}
    return all(allowed & {word, word.removesuffix("s"), f"{word}s"} for word in words)


def _atom(text: str) -> Unit | None:
    match = _ATOM.fullmatch(text)
    unit = named(match[2]) if match else None
    if not match or not unit:
        return NONE if not text else None
    power = _POWERS.get((match[1] or "").casefold()) or (match[3] or "").strip("^")
    if power and unit[1] not in ("length", "time"):
        return None
    return unit[0] + power, unit[1] + power


def named(name: str) -> Unit | None:
    """The unit of that name, in any case where it has more than three letters."""
    if name in UNSURE_CASES:
        return None
    if len(name) <= 3 and name in _units():
        return _units()[name]
    return _units().get(name.casefold()) if len(name) > 1 else None
