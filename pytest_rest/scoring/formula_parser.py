r"""Turns a formula, as people, LaTeX and programs write it, into a tree.

`2(x+1)`, `\frac{\sqrt{2}}{2}`, `3*x**2`, `sin^2 x`: a grammar of its own, bounded in length and
depth. Nothing is computed here.

    sum      = product {("+" | "-") product}
    product  = factor {["*" | "/"] factor}              from left to right: 1/2x is x/2
    factor   = ["+" | "-"] power                        -x^2 is -(x^2)
    power    = atom ["^" factor]                        2^3^2 is 2^(3^2)
    atom     = number | name | constant | function | fraction | group
    group    = "(" sum ")" | "{" sum "}" | "[" sum "]" | "|" sum "|"
    function = NAME ["^" atom] (group | power {power})  the argument of `sin 2x` is 2x

Two letters side by side are two names, a run of more than three is a word and so not a formula, and
a number comes before a name: `x2` is not a formula.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 500
_DEEPEST = 25
_MOST_LETTERS = 3
_WORDS = {"all", "and", "any", "are", "but", "for", "if", "is", "no", "not", "or", "the", "yes"}
_WORDS |= {"one", "two", "six", "ten"}

_FUNCTIONS = {
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "abs")},
    **{name: name for name in ("asin", "acos", "atan", "sqrt", "cbrt", "sec", "csc", "cot")},
    **{"arcsin": "asin", "arccos": "acos", "arctan": "atan", "ln": "log"},
}
_RECIPROCALS = {"sec": "cos", "csc": "sin", "cot": "tan"}
_GREEK = {
    chr(code): unicodedata.name(chr(code)).split()[-1].lower() for code in range(0x3B1, 0x3CA)
}
_GREEK["λ"] = "lambda"  # Unicode spells it lamda
_NAMES = set(_GREEK.values()) - {"pi"}
_KNOWN = (*_FUNCTIONS, "pi", "e")

_LEFT_SIDE = re.compile(r"\s{0,9}[A-Za-z](?:_\w{1,4})?'{0,2}(?:\([A-Za-z]\))?\s{0,9}=")  # f(x) =
_TOKEN = re.compile(
    r"(?P<number>(?:\d{1,100}(?:\.\d{1,100})?|\.\d{1,100})(?![\d.]))"
    r"|(?P<word>\\?[A-Za-z]{1,30})(?:_(?P<index>\d{1,4}|[A-Za-z]{1,8}|\{[A-Za-z0-9]{1,8}\}))?"
    r"|(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"
    r"|(?P<sign>\*\*|[-+*/^(){}\[\]|√])"
    r"|(?P<blank>\s|\\[ ,;:!()\[\]]|\$)",
    re.ASCII,
)
_SIGNS = str.maketrans("−–·⋅×÷∕", "--***//")
_LATEX = {"cdot": "*", "times": "*", "div": "/", "lvert": "|", "rvert": "|"}
_DROPPED = {"left", "right", "displaystyle", "mathrm", "mathbf", "text", "boxed"}
_FRACTIONS = {"frac", "dfrac", "tfrac"}
_CLOSING = {"(": ")", "{": "}", "[": "]", "|": "|"}

Token = tuple[str, str]  # its kind (number, name, constant, function, fraction, sign), its text


@dataclass(frozen=True, slots=True)
class Formula:
    """A node: a `number` or a `name` with its text, `pi`, `e`, an operator or a function of parts.

    The operators are `+` and `*` of several parts, `^` of two, `neg` and `inv` (1/x) of one.
    """

    head: str
    parts: tuple["Formula", ...] = ()
    text: str = ""


_THREE = Formula("number", text="3")
_MINUS_ONE = Formula("neg", (Formula("number", text="1"),))


def read(text: str) -> Formula | None:
    """The tree of a formula, without a left side such as `f(x) =`; None for any other text."""
    if len(text) > LONGEST:
        return None
    named = _LEFT_SIDE.match(text)
    try:
        reader = _Reader(_tokens(text[named.end() :] if named else text))
        formula = reader.sum()
        return None if reader.tokens else formula
    except _NoFormulaError:
        return None


class _NoFormulaError(Exception):
    """A text is not a formula."""


def _tokens(text: str) -> list[Token]:
    """The tokens of a text, the last one first."""
    tokens: list[Token] = []
    text, at = text.translate(_SIGNS), 0
    while at < len(text):
        if match := _TOKEN.match(text, at):
            tokens += _named(match)
            at = match.end()
        elif text[at] in _GREEK:
            tokens.append(_name(_GREEK[text[at]]))
            at += 1
        elif text[at].isspace():
            at += 1
        else:
            raise _NoFormulaError
    return tokens[::-1]


def _named(match: re.Match[str]) -> list[Token]:
    if match["power"]:
        return [("sign", "^"), ("number", unicodedata.normalize("NFKC", match["power"]))]
    if match["word"]:
        word, index = match["word"], (match["index"] or "").strip("{}")
        return [_command(word[1:], index)] if word[0] == "\\" else _split(word, index)
    if match["sign"]:
        return [("sign", "^" if match[0] == "**" else match[0])]
    return [("number", match[0])] if match["number"] else []


def _command(name: str, index: str) -> Token:
    if name in _LATEX:
        return ("sign", _LATEX[name])
    if name in _FRACTIONS:
        return ("fraction", name)
    if name in _DROPPED:
        return ("dropped", name)
    if name in _FUNCTIONS or name in _NAMES or name == "pi":
        return _name(name, index)
    raise _NoFormulaError


def _split(word: str, index: str) -> list[Token]:
    """The names in a run of letters: `xy` is x and y, `sinx` is sin and x."""
    names: list[Token] = []
    rest = word
    while rest:
        known = [each for each in _KNOWN if rest.lower().startswith(each)]
        taken = rest if rest in _NAMES else rest[: len(max(known, key=len, default="x"))]
        rest = rest[len(taken) :]
        names.append(_name(taken, "" if rest else index))
    letters = sum(kind != "function" and text != "pi" for kind, text in names)
    if word.lower() in _WORDS or letters > _MOST_LETTERS:
        raise _NoFormulaError
    return names


def _name(text: str, index: str = "") -> Token:
    if function := _FUNCTIONS.get(text.lower()):
        return ("function", f"{function}_{index}" if index else function)
    if text.lower() == "pi" or (text == "e" and not index):
        return ("constant", text.lower())
    return ("name", f"{text}_{index}" if index else text)


def _joined(head: str, parts: list[Formula]) -> Formula:
    return Formula(head, tuple(parts)) if len(parts) > 1 else parts[0]


class _Reader:
    """Reads the tokens of a formula, from the last of the list to the first."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [token for token in tokens if token[0] != "dropped"]
        self._depth = 0
        self._bars = 0  # how many | are open

    def sum(self) -> Formula:
        """A whole formula, or what is before a closing bracket."""
        parts = [self._product()]
        while self._next in ("+", "-"):
            sign, product = self._take(), self._product()
            parts.append(product if sign == "+" else Formula("neg", (product,)))
        return _joined("+", parts)

    def _product(self) -> Formula:
        parts = [self._factor()]
        while self._next in ("*", "/") or self._begins():
            sign = self._take() if self._next in ("*", "/") else "*"
            factor = self._factor()
            parts.append(factor if sign == "*" else Formula("inv", (factor,)))
        return _joined("*", parts)

    def _factor(self) -> Formula:
        sign = self._take() if self._next in ("+", "-") else "+"
        power = self._power()
        return Formula("neg", (power,)) if sign == "-" else power

    def _power(self) -> Formula:
        base = self._deeper(self._atom)
        if self._next != "^":
            return base
        self._take()
        return Formula("^", (base, self._deeper(self._factor)))

    def _atom(self) -> Formula:
        kind, text = self.tokens[-1] if self.tokens else ("end", "")
        if text in _CLOSING:
            return self._group()
        if kind == "end" or (kind == "sign" and text != "√"):
            raise _NoFormulaError
        self._take()
        if kind == "function":
            return self._function(text)
        if kind == "fraction":
            return _joined("*", [self._group("{"), Formula("inv", (self._group("{"),))])
        if kind == "sign":
            return Formula("sqrt", (self._deeper(self._atom),))
        return Formula(text) if kind == "constant" else Formula(kind, text=text)

    def _function(self, name: str) -> Formula:
        name, _, base = name.partition("_")
        if base and (name != "log" or not base.isdigit()):
            raise _NoFormulaError
        root = self._group("[") if name == "sqrt" and self._next == "[" else None
        exponent = None
        if self._next == "^":
            self._take()
            exponent = self._deeper(self._atom)
        if exponent == _MINUS_ONE and f"a{name}" in _FUNCTIONS:
            name, exponent = f"a{name}", None
        argument = self._group() if self._next in _CLOSING else self._argument()
        if root or name == "cbrt":
            argument = Formula("^", (argument, Formula("inv", (root or _THREE,))))
            return Formula("^", (argument, exponent)) if exponent else argument
        applied = Formula(_RECIPROCALS.get(name, name), (argument,))
        if base:
            scale = Formula("log", (Formula("number", text=base),))
            applied = _joined("*", [applied, Formula("inv", (scale,))])
        applied = Formula("inv", (applied,)) if name in _RECIPROCALS else applied
        return Formula("^", (applied, exponent)) if exponent else applied

    def _argument(self) -> Formula:
        if self._next == "-":
            raise _NoFormulaError
        parts = [self._power()]
        while self.tokens and self.tokens[-1][0] in ("name", "constant"):
            parts.append(self._power())
        return _joined("*", parts)

    def _group(self, opening: str = "") -> Formula:
        begun = self._take()
        if begun not in _CLOSING or (opening and begun != opening):
            raise _NoFormulaError
        self._bars += begun == "|"
        inner = self.sum()
        self._bars -= begun == "|"
        if self._take() != _CLOSING[begun]:
            raise _NoFormulaError
        return Formula("abs", (inner,)) if begun == "|" else inner

    def _begins(self) -> bool:
        """Whether a factor begins here, without a multiplication sign before it."""
        if not self.tokens or self.tokens[-1][0] == "number":
            return False
        if self.tokens[-1][0] != "sign":
            return True
        return self._next in ("(", "{", "[", "√") or (self._next == "|" and not self._bars)

    @property
    def _next(self) -> str:
        return self.tokens[-1][1] if self.tokens else ""

    def _take(self) -> str:
        return self.tokens.pop()[1] if self.tokens else ""

    def _deeper(self, read: Callable[[], Formula]) -> Formula:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoFormulaError
        formula = read()
        self._depth -= 1
        return formula
