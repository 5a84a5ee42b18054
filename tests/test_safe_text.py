"""What a model wrote, made safe and short enough to show a person."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from pytest_rest.safe_text import address, shown

LONGEST_ESCAPE = len("\\U0010ffff")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("42", "42"),
        ("naïve 中文 🙂", "naïve 中文 🙂"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x07\x00\x7f\x9b", "\\x07\\x00\\x7f\\x9b"),
        ("\u202eabc\u202c", "\\u202eabc\\u202c"),
        ("\u200f\u2066\u200b\ufeff", "\\u200f\\u2066\\u200b\\ufeff"),
        ("a\u2028b\u2029c\u0085", "a\\u2028b\\u2029c\\x85"),
        ("\ud800x\udfff", "\\ud800x\\udfff"),
        ("\ue000\U000e0041\U0010ffff", "\\ue000\\U000e0041\\U0010ffff"),
        ("<script>&amp;", "<script>&amp;"),
    ],
)
def test_what_hides_or_moves_text_is_escaped(text: str, expected: str) -> None:
    """Letters of every script stay; what moves a cursor or hides becomes its escape."""
    assert expected == shown(text)


def test_a_long_text_keeps_both_ends() -> None:
    """Two thirds of the limit are its beginning, one third its end, and the rest is counted."""
    text = "a" * 100 + "b" * 5000 + "c" * 100
    expected = "a" * 100 + "b" * 33 + " [... 5,001 characters ...] " + "c" * 66
    assert expected == shown(text)


@pytest.mark.parametrize(("length", "cut"), [(199, False), (200, False), (201, True)])
def test_the_limit_itself_is_not_cut(length: int, cut: bool) -> None:
    """A text of just the limit is shown whole."""
    assert cut == ("characters" in shown("x" * length))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0, " [... 1,000 characters ...] "),
        (1, " [... 1,000 characters ...] "),
        (2, "x [... 999 characters ...] "),
        (3, "xx [... 997 characters ...] x"),
        (10, "xxxxxx [... 991 characters ...] xxx"),
    ],
)
def test_a_small_limit_is_a_limit(limit: int, expected: str) -> None:
    """However small the limit is, the rest of a long text is left out."""
    assert expected == shown("x" * 1000, limit)


@given(texts(400), st.integers(3, 300))
def test_what_is_shown_is_one_safe_line(text: str, limit: int) -> None:
    """No control, format, surrogate, private or unassigned character and no line end is left."""
    line = shown(text, limit)
    assert set() == {unicodedata.category(char) for char in line} & {
        *("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    }
    assert line.splitlines() == [line] * bool(line)
    assert line == line.encode().decode()


@given(texts(400), st.integers(3, 300))
def test_what_is_shown_is_bounded(text: str, limit: int) -> None:
    """An escape is at most ten characters, so that a line is at most ten times its limit."""
    assert len(shown(text, limit)) <= limit * LONGEST_ESCAPE + len(" [... 400 characters ...] ")


@given(st.text(string.printable[:95], max_size=200))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    """Nothing of printable ASCII is touched."""
    assert text == shown(text)


def test_a_text_of_a_megabyte_is_shown_by_its_ends() -> None:
    """The middle is never escaped, only counted."""
    assert "[... 999,801 characters ...]" in shown("\x00" * 1_000_000)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("https://user:secret@host.example/v1", "https://host.example/v1"),
        ("https://secret@host.example:444", "https://host.example:444"),
        ("https://a:b@c:secret@host.example/v1", "https://host.example/v1"),
        ("https://host.example/v1?key=secret", "https://host.example/v1"),
        ("https://host.example/v1#secret", "https://host.example/v1"),
        ("https://user:secret@[::1]:8000/v1", "https://[::1]:8000/v1"),
        ("//user:secret@host.example/v1", "host.example/v1"),
        ("//host.example/v1", "host.example/v1"),
        ("localhost:8000/v1?key=secret", "localhost:8000/v1"),
        ("", ""),
    ],
)
def test_an_address_has_no_secrets(url: str, expected: str) -> None:
    """Scheme, host, port and path are shown; who asks, and with which key, is not."""
    assert expected == address(url)


@pytest.mark.parametrize(
    "url", ["user:secret@host.example/v1", "user:secret@host.example", "http://user:secret@[::1"]
)
def test_an_odd_address_keeps_its_secret(url: str) -> None:
    """A URL without a scheme, or with a broken host, is no reason to show a password."""
    assert "secret" not in address(url)
