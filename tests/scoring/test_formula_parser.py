"""From a formula as people, LaTeX and programs write it to a tree."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from pytest_rest.scoring import formula_parser
from pytest_rest.scoring.formula_parser import Formula

PIECES = (
    *(
        "x",
        "y",
        "ab",
        "sin",
        "log_2",
        "sqrt",
        "pi",
        "e",
        "π",
        "θ",
        "²",
        "√",
        "α",
        "E",
        "or",
        "f(x)=",
    ),
    *(
        "1",
        "2.5",
        ".5",
        "12",
        "+",
        "-",
        "*",
        "/",
        "^",
        "**",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "|",
        "=",
    ),
    *("\\frac", "\\frac{1}{2}", "\\sqrt[3]{x}", "\\left(", "\\right)", "\\cdot", "\\pi", "$", " "),
)


def formulas() -> st.SearchStrategy[str]:
    """Pieces of formulas in any order; few of them make one."""
    return st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def shown(text: str) -> str | None:
    """The tree of a text, fully bracketed; None for no formula."""
    found = formula_parser.read(text)
    return _shown(found) if found else None


def _shown(tree: Formula) -> str:
    parts = [_shown(part) for part in tree.parts]
    if not parts:
        return tree.text or tree.head
    if tree.head in "+*^":
        return f"({tree.head.join(parts)})"
    return f"{tree.head}({', '.join(parts)})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "x"),
        ("12", "12"),
        ("1.50", "1.50"),
        (".5", ".5"),
        ("1+2*3", "(1+(2*3))"),
        ("1-2-3", "(1+neg(2)+neg(3))"),
        ("1/2/3", "(1*inv(2)*inv(3))"),
        ("-x^2", "neg((x^2))"),
        ("2^-x", "(2^neg(x))"),
        ("2^3^2", "(2^(3^2))"),
        ("x**2", "(x^2)"),
        ("2*-3", "(2*neg(3))"),
        ("+x", "x"),
        ("1/2x", "(1*inv(2)*x)"),
        ("2(x+1)", "(2*(x+1))"),
        ("(x+1)(x-1)", "((x+1)*(x+neg(1)))"),
        ("[x+1]^2", "((x+1)^2)"),
        ("xy", "(x*y)"),
        ("x y", "(x*y)"),
        ("e^2x", "((e^2)*x)"),
        ("2pi r", "(2*pi*r)"),
        ("2πr", "(2*pi*r)"),
        ("Pi", "pi"),
        ("E", "E"),
        ("x_1+x_{12}", "(x_1+x_12)"),
        ("α+β", "(alpha+beta)"),
        ("\\alpha x", "(alpha*x)"),
        ("theta", "theta"),
        ("x²+1", "((x^2)+1)"),
        ("x¹²", "(x^12)"),
        ("2·3×4", "(2*3*4)"),
        ("6÷2", "(6*inv(2))"),
        ("5−2", "(5+neg(2))"),
        ("|x-2|", "abs((x+neg(2)))"),
        ("|x|+|y|", "(abs(x)+abs(y))"),
        ("2|x|", "(2*abs(x))"),
        ("\\left|x\\right|", "abs(x)"),
        ("x\u00a0+ 1", "(x+1)"),
    ],
)
def test_operators_have_the_usual_precedence(text: str, expected: str) -> None:
    """Precedence as at school, and a sign of multiplication may be left out."""
    assert expected == shown(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sin(x)", "sin(x)"),
        ("sin x", "sin(x)"),
        ("sin 2x", "sin((2*x))"),
        ("sinx", "sin(x)"),
        ("2sin x cos x", "(2*sin(x)*cos(x))"),
        ("sin(x)cos(x)", "(sin(x)*cos(x))"),
        ("sin(x)^2", "(sin(x)^2)"),
        ("sin^2 x", "(sin(x)^2)"),
        ("sin²x", "(sin(x)^2)"),
        ("\\sin^{2}{x}", "(sin(x)^2)"),
        ("\\sin^{-1}(x)", "asin(x)"),
        ("tan^-1 x", None),
        ("arctan(x)", "atan(x)"),
        ("Sin(x)", "sin(x)"),
        ("ln x", "log(x)"),
        ("ln 2/3", "(log(2)*inv(3))"),
        ("log_2(8)", "(log(8)*inv(log(2)))"),
        ("\\log_{10} x", "(log(x)*inv(log(10)))"),
        ("sec x", "inv(cos(x))"),
        ("cot^2 x", "(inv(tan(x))^2)"),
        ("exp(-x)", "exp(neg(x))"),
        ("sqrt2/2", "(sqrt(2)*inv(2))"),
        ("√2x", "(sqrt(2)*x)"),
        ("√(2x)", "sqrt((2*x))"),
        ("cbrt(x)", "(x^inv(3))"),
        ("sin|x|", "sin(abs(x))"),
        ("x(x+1)", "(x*(x+1))"),
        ("sin", None),
        ("sin -x", None),
        ("sin_2(x)", None),
    ],
)
def test_functions_take_brackets_or_the_product_that_follows(
    text: str, expected: str | None
) -> None:
    """A function's argument stands in brackets, or is the product that follows."""
    assert expected == shown(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\frac{1}{2}", "(1*inv(2))"),
        ("\\dfrac{\\sqrt{2}}{2}", "(sqrt(2)*inv(2))"),
        ("\\sqrt[3]{x+1}", "((x+1)^inv(3))"),
        ("2^{x+1}", "(2^(x+1))"),
        ("2\\cdot 3\\,x", "(2*3*x)"),
        ("\\left(x+1\\right)^{2}", "((x+1)^2)"),
        ("\\boxed{x+1}", "(x+1)"),
        ("\\mathrm{e}^{x}", "(e^x)"),
        ("$x$", "x"),
        ("\\( x \\)", "x"),
        ("\\[ x \\]", "x"),
        ("\\frac12", None),
        ("\\frac{1}", None),
        ("\\sum x", None),
        ("\\input{x}", None),
    ],
)
def test_latex_commands_are_read(text: str, expected: str | None) -> None:
    """The LaTeX that answers are written in; an unknown command is no formula."""
    assert expected == shown(text)


@pytest.mark.parametrize("text", ["y = 2x", "f(x) = 2x", "y' = 2x", "f''(x)=2x", "x_1 = 2x"])
def test_what_names_a_formula_is_dropped(text: str) -> None:
    """The left side of an equation is no part of the answer."""
    assert "(2*x)" == shown(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "=", "x =", "x = y = 2", "x+", "x^", "*x", "()", "(x", "x)", "(x]", "|x", "{x)"),
        *(
            "3½",
            "1,000",
            "1.5.2",
            "x 2",
            "2 3",
            "x2",
            "(x)2",
            "1 1/2",
            "--3",
            "5%",
            "$5 or $6",
            "x!",
        ),
        *("x or y", "no", "x and 2x", "unknown", "no solution", "five", "abcd", "None", "infinity"),
        *(
            "__import__('os')",
            "x.y",
            "x;y",
            "x if y else z",
            "lambda: 0",
            "x<y",
            "x'",
            "f'(x)",
            "٣x",
        ),
        *("1" * 101, "x" * 501, "\ud800", "\x00", "∞", "x\u0301", "°", "∫x"),
    ],
)
def test_other_texts_are_not_formulas(text: str) -> None:
    """Words, hedges, code and whatever may be read in two ways: nothing is guessed at."""
    assert None is formula_parser.read(text)


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 250 + ")" * 250, "(" * 30 + "x" + ")" * 30, "sin" * 160 + "x", "√" * 499 + "2"),
        *("x^" * 249 + "x", "-" * 499 + "x", "|" * 500, "\\frac{" * 80, "{" * 499 + "x"),
        "e^-" * 160 + "1",
    ],
)
def test_depth_is_bounded(text: str) -> None:
    """What is nested without end is no formula, and no crash."""
    assert None is formula_parser.read(text)


def test_length_costs_no_depth() -> None:
    """A long sum is flat, so that nobody who walks through it runs out of stack."""
    found = formula_parser.read("+".join(["1"] * 250))
    assert found is not None
    assert 250 == len(found.parts)


@given(texts(500) | formulas())
def test_any_text_is_read(text: str) -> None:
    """A tree or None for whatever a model writes, and never an error."""
    found = formula_parser.read(text)
    assert found is None or isinstance(found, Formula)


def test_long_texts_are_read_in_time() -> None:
    """The worst of five hundred characters takes no longer than any."""
    start = time.perf_counter()
    for piece in PIECES:
        formula_parser.read((piece * 500)[:500])
    assert time.perf_counter() - start < 2.0
