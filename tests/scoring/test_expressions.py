"""Expressions that are equal have one value, and others have another."""

import time
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts
from test_formula_parser import formulas

from pytest_rest import scoring
from pytest_rest.scoring import expressions
from pytest_rest.terms import Completion, Form, Item, Prompt

OTHER = "q + 1"  # the answer of an item that none of these expressions equals
LONGEST_SECONDS = 3.0
X, Y = sympy.symbols("x y")


def alone(text: str) -> str | None:
    """The value where the item's answer plays no part."""
    return expressions.value(text, OTHER)


def is_right(text: str, truth: str) -> bool:
    """Whether an expression counts as the answer."""
    value = expressions.value(text, truth)
    return value is not None and value == expressions.value(truth, truth)


EQUAL = [
    ("x^2+2x+1", "(x+1)^2"),
    ("2(x+1)", "2x+2"),
    ("a+b", "b+a"),
    ("\\frac{1}{2}", "0.5"),
    ("1.10", "11/10"),
    ("sqrt(2)/2", "1/sqrt(2)"),
    ("3*sqrt(5)", "sqrt(45)"),
    ("\\frac{3\\sqrt{5}}{2}", "1.5*5^(1/2)"),
    ("x^(1/3)", "cbrt(x)"),
    ("(x^2-1)/(x-1)", "x+1"),
    ("1/(x-1)-1/(x+1)", "2/(x^2-1)"),
    ("e^(x+1)", "e*e^x"),
    ("e^x", "exp(x)"),
    ("2^100", "4^50"),
    ("log(4)", "2ln2"),
    ("2pi r", "2πr"),
    ("sin(pi/6)", "1/2"),
    ("(-b+sqrt(b^2-4ac))/(2a)", "-b/(2a)+sqrt(b^2-4ac)/(2a)"),
    ("(-1)^(n+1)", "-(-1)^n"),
    ("f(x) = x^2", "x*x"),
    ("(x+1)^10", "(1+x)^10"),
]
ONLY_BY_VALUE = [  # what sympy does not multiply out to one form
    ("sin(x)^2+cos(x)^2", "1"),
    ("sin(2x)", "2sin x cos x"),
    ("tan x", "sin x/cos x"),
    ("cosh(x)", "(e^x+e^(-x))/2"),
    ("sqrt(3+2sqrt(2))", "1+sqrt(2)"),
    ("1/(1+sqrt(2))", "sqrt(2)-1"),
    ("log(x^2)", "2log(x)"),
    ("2^x", "e^(x ln 2)"),
    ("sqrt(x^2)", "|x|"),
    ("|x-2|", "|2-x|"),
    ("acos(x)", "pi/2-asin(x)"),
    ("cos(pi n)", "(-1)^n"),
    ("sec^2 x - tan^2 x", "1"),
    ("0", "sin(pi)"),
    ("(x+y)^100", "(x+y)^98*(x^2+2xy+y^2)"),
]
DIFFERENT = [
    ("x", "y"),
    ("x", "X"),
    ("x", "2x"),
    ("x", "-x"),
    ("x^2", "x^3"),
    ("E", "e"),
    ("sqrt(x^2)", "x"),
    ("log(x)", "log(2x)"),
    ("x^2", "x^2 + C"),
    ("pi", "3.14159265358979323846264338327950288"),
    ("pi", "355/113"),
    ("1/3", "0.333333333333333333333333333333"),
    ("1+e^(-90)", "1"),
    ("e^(pi*sqrt(163))", "262537412640768744"),
    ("(-8)^(1/3)", "-2"),
    ("x", "x + 10^(-90)"),
    ("sin(x)", "x - x^3/6"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_expressions_have_one_value(one: str, other: str) -> None:
    """However it is written, and whatever the item's answer is, the value is one."""
    assert alone(one) == alone(other) is not None
    assert is_right(one, other)
    assert is_right(other, one)


@pytest.mark.parametrize(("one", "other"), ONLY_BY_VALUE)
def test_what_equals_the_answer_is_right(one: str, other: str) -> None:
    """Identities that no normal form knows make an answer right all the same."""
    assert is_right(one, other)
    assert is_right(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_expressions_differ(one: str, other: str) -> None:
    """Another variable, sign, branch, or a number that is only near: another value."""
    assert alone(one) != alone(other)
    assert not is_right(one, other)
    assert not is_right(other, one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(x+1)^2", "x^2 + 2*x + 1"),
        ("2/4", "1/2"),
        ("1/sqrt(2)", "sqrt(2)/2"),
        ("e*e^x", "e*exp(x)"),
        ("\\frac{x}{y}", "x/y"),
        ("x_1 + E", "E + x_1"),
        ("ln|x|", "log(abs(x))"),
        ("(x+y)^100", "(x + y)^100"),
    ],
)
def test_values_can_be_read(text: str, expected: str) -> None:
    """A value stands in reports: it is written as a person would."""
    assert expected == alone(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1/0", "0/0", "sqrt(-1)", "log(0)", "tan(pi/2)", "0^(-1)", "x/(1-1)", "10^101", "2^1000"),
        *("9^9^9^9", "x^101", "2^(1000x)", "((x^99)^99)^99", "(2^(99x+99))^99"),
    ],
)
def test_infinite_complex_and_huge_expressions_have_no_value(text: str) -> None:
    """Nothing that is infinite, complex, or too large to write down is a value."""
    assert None is alone(text)


def test_a_right_answer_may_be_too_large_to_write() -> None:
    """Only the item's own answer needs a form that can be written."""
    assert "1" == expressions.value("x^101/x^101", "1")
    assert None is expressions.value("1", "x^101/x^101")


# Laws


def rational() -> st.SearchStrategy[sympy.Expr]:
    """Fractions of polynomials in x and y that are defined somewhere."""
    leaves = st.sampled_from([X, Y]) | st.integers(-9, 9).map(sympy.Integer)
    whole = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, b: a * b, inner, inner),
            st.builds(lambda a, n: a**n, inner, st.integers(0, 3)),
        ),
        max_leaves=5,
    )
    return st.builds(lambda a, b: a / b if sympy.expand(b) != 0 else a, whole, whole)


@given(rational())
@settings(max_examples=60, deadline=None)
def test_rewritten_by_sympy_it_is_the_same(expression: sympy.Expr) -> None:
    """Expanded, factored, over one denominator, in LaTeX: one value."""
    forms = [expression, sympy.expand(expression), sympy.factor(expression)]
    forms += [sympy.together(expression), sympy.apart(expression, X) if expression.has(X) else 0]
    written = [str(form) for form in forms[:4]] + [sympy.latex(forms[2])]
    assert 1 == len({alone(text) for text in written}), written
    assert None is not alone(written[0])


@given(rational(), rational())
@settings(max_examples=60, deadline=None)
def test_values_are_equal_where_sympy_says_so(one: sympy.Expr, other: sympy.Expr) -> None:
    """For fractions of polynomials the value decides, neither too strictly nor too loosely."""
    expected = sympy.cancel(one - other) == 0
    assert expected == (alone(str(one)) == alone(str(other)))
    assert expected == is_right(str(one), str(other))


@given(rational(), st.fractions(min_value=2, max_value=9, max_denominator=99))
@settings(max_examples=60, deadline=None)
def test_a_value_is_worth_what_was_written(expression: sympy.Expr, at: Fraction) -> None:
    """The normal form computes to the same number as the expression, by another way."""
    value = alone(str(expression))
    assert value is not None
    point = {"x": at, "y": Fraction(7, 3)}
    try:
        expected = _computed(str(expression), point)
    except ZeroDivisionError:
        return  # where the fraction was not defined before it was cancelled
    assert expected == _computed(value.replace("^", "**"), point)


def _computed(text: str, point: dict[str, Fraction]) -> Fraction:
    exact = sympy.nsimplify(text, rational=True)
    numbers = {sympy.Symbol(name): sympy.Rational(value) for name, value in point.items()}
    found = exact.subs(numbers)
    if not found.is_Rational:
        raise ZeroDivisionError
    return Fraction(int(found.p), int(found.q))


@given(formulas(), st.sampled_from(["x", "1/2", "sin(x)", "x^2 + 2*x + 1", "sqrt(2)*pi"]))
@settings(deadline=None)
def test_a_value_reads_as_itself(text: str, truth: str) -> None:
    """Reading is idempotent, whatever the item's answer."""
    value = expressions.value(text, truth)
    if value is not None:
        assert value == expressions.value(value, truth)
        assert len(value) <= 500


@given(formulas(), formulas())
@settings(deadline=None)
def test_being_right_has_no_direction(one: str, other: str) -> None:
    """Where both have a value, one is right for the other as the other is for the one."""
    if alone(one) is not None and alone(other) is not None:
        assert is_right(one, other) == is_right(other, one)


@given(texts(200), texts(20))
@settings(deadline=None)
def test_any_text_has_a_value_or_none(text: str, truth: str) -> None:
    """Nothing that a model or an item says is an error."""
    value = expressions.value(text, truth)
    assert value is None or value


# Hostile input

HOSTILE = {
    "roots": "+".join(f"sqrt({n})" for n in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)),
    "a root of roots": "1/(" + "+".join(f"sqrt({n})" for n in (2, 3, 5, 7, 11, 13)) + ")",
    "fractions": "+".join(f"1/({name}+1)" for name in "abcdfghijklmnop"),
    "few fractions": "+".join(f"1/({name}+{n})" for n, name in enumerate("abcxyabcxyabcxy")),
    "power": "(a+b+c+d)^100",
    "power of a power": "((a+b+c)^10)^10",
    "power in disguise": "(sqrt(a+b+c+d))^60",
    "power by addition": "(a+b+c+d)^(x+90)",
    "degrees": "(x^30+x^7+1)/(x^30-x^11+2)+(x^29-1)/(x^28+x+5)",
    "divisor": "(a^3b+c^2d-x^3+y)(a-b+c-d+x-y)/((a^3b+c^2d-x^3+y)(a^2+b^2+c^2+d-xy))",
    "product": "(" + ")(".join(f"x+{n}" for n in range(60)) + ")",
    "digits": "7" * 100 + "/" + "9" * 100,
    "prime": "sqrt(1000000007*1000000009*998244353*1000000021)",
    "logarithm": "log(" + "8" * 99 + ")",
    "nested roots": "sqrt(2+" * 20 + "1" + ")" * 20,
    "nested sines": "sin(" * 20 + "1" + ")" * 20,
    "nested powers": "exp(" * 20 + "x" + ")" * 20,
    "inverse of a constant": "tan(cbrt(cosh(cbrt(asin(((2+1)/12)^(-1))))))",
    "tower": "x^x^x^x^x^x^x",
    "tower of tens": "10^10^10^10",
    "exponent by cancelling": "2^(10^9x+10^9-10^9x)",
    "many sines": "+".join(["sin(x)"] * 70),
    "many powers": "+".join(f"x^{n}" for n in range(1, 90)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_expressions_end(name: str) -> None:
    """Nothing that fits into an answer makes sympy, or the comparison, take long."""
    text = HOSTILE[name][:500]
    alone("x")  # sympy is loaded
    start = time.process_time()
    values = [expressions.value(text, truth) for truth in ("x+1", f"({text})"[:500])]
    assert time.process_time() - start < LONGEST_SECONDS
    assert all(value is None or len(value) <= 500 for value in values)


# As an answer


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("Answer: (x+1)^2", True),
        ("**Answer:** $x^2+2x+1$.", True),
        ("Answer: \\( x^2 + 2x + 1 \\)", True),
        ("Answer: \\boxed{x^{2}+2x+1}", True),
        ("Answer: **`x**2 + 2*x + 1`**.", True),
        ("Answer: y = 1 + 2x + x²", True),
        ("Answer: x^2+2x-1", False),
        ("Answer: x^2+2x+1 or (x+1)^2", False),
        ("Answer: it depends", False),
    ],
)
def test_expressions_are_answers(text: str, correct: bool) -> None:
    """An item of kind `expression` is judged by what the expression is worth."""
    item = Item("i", "Square x + 1.", "(1+x)(x+1)", answer_kind="expression")
    prompt = Prompt(item, Form("text"), "solve", ("?",), 10)
    answer = scoring.answer(prompt, Completion(text))
    assert correct == answer.correct
    assert not correct or "x^2 + 2*x + 1" == answer.value
