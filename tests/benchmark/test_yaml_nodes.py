"""Files as they are written: texts with their lines, and no guess at what they mean."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts

from pytest_rest import safe_yaml
from pytest_rest.benchmark import yaml_nodes
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError

PURE = getattr(yaml, "SafeLoader")  # noqa: B009 (what stands in where libyaml is missing)


@pytest.fixture(params=["libyaml", "pure"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's readers: the one in C, and the one that is always there."""
    if request.param == "pure":
        monkeypatch.setattr(safe_yaml, "LOADER", PURE)


def plain(node: Node) -> Any:
    """The node without its lines."""
    if isinstance(node.value, dict):
        return {key: plain(each) for key, each in node.value.items()}
    return [plain(each) for each in node.value] if isinstance(node.value, tuple) else node.value


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    "text",
    [
        *(
            "1.10",
            "010",
            "0x1F",
            "1e3",
            "1_000",
            "12:30",
            "2031-03-01",
            "1.",
            ".5",
            "+7",
            "-0",
            "7",
        ),
        *(
            "yes",
            "no",
            "on",
            "off",
            "true",
            "null",
            "~",
            "NaN",
            ".inf",
            "=",
            "<<",
            "0o17",
            "190:20:30",
        ),
    ],
)
def test_a_scalar_is_what_was_written(text: str) -> None:
    """YAML's guesses at numbers, dates and truth are not made."""
    found = yaml_nodes.read_yaml(f"a: {text}\nb: '{text}'\n{text}: c\n")
    assert isinstance(found.value, dict)
    assert {"a": text, "b": text, text: "c"} == plain(found)
    assert (True, False) == (found.value["a"].plain, found.value["b"].plain)


@pytest.mark.parametrize("text", ["1.10", "1e3", "-0", "7", "1E400", "true", "null", "1" * 5000])
def test_json_scalars_are_what_was_written(text: str) -> None:
    """A number keeps its digits, however many."""
    (found,) = yaml_nodes.read_json_lines(f'{{"a": {text}}}')
    assert {"a": text} == plain(found)


@pytest.mark.usefixtures("loader")
def test_yaml_nodes_know_their_lines() -> None:
    """A value has the line of its key, an entry of a list its own."""
    found = yaml_nodes.read_yaml("a: 1\n\nb:\n  - x\n  - y: |\n      long\n      text\n").value
    assert isinstance(found, dict)
    entries = found["b"].value
    assert isinstance(entries, tuple)
    inner = entries[1].value
    assert isinstance(inner, dict)
    assert [1, 3, 4, 5, 5] == [node.line for node in (found["a"], found["b"], *entries, inner["y"])]
    assert ["1", "long\ntext\n"] == [found["a"].value, inner["y"].value]


def test_json_nodes_know_their_lines() -> None:
    """Blank lines are passed over and counted; other separators of lines are part of a text."""
    found = list(yaml_nodes.read_json_lines('\n{"a": "x\\u2028y"}\r\n\n[1, "\u2028"]\n'))
    assert [(2, {"a": "x\u2028y"}), (4, ["1", "\u2028"])] == [(n.line, plain(n)) for n in found]


@pytest.mark.usefixtures("loader")
def test_an_alias_is_the_node_it_names() -> None:
    """Written once and used twice: no copy is made, so nothing grows."""
    found = yaml_nodes.read_yaml("a: &it [1, 2]\nb: *it\nc: &text hello\nd: *text\n").value
    assert isinstance(found, dict)
    assert found["a"].value is found["b"].value
    assert "hello" == found["d"].value


def bomb() -> str:
    """Nine lists, each ten times the one before: two hundred million texts, were they copied."""
    lists = "\n".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return f"a: &a [x, x]\n{lists}\n"


@pytest.mark.usefixtures("loader")
def test_aliases_do_not_expand() -> None:
    """Aliases of aliases are read at once and stay as small as they are written."""
    found = yaml_nodes.read_yaml(bomb()).value
    assert isinstance(found, dict)
    assert 9 == len(found)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: 1\na: 2\n", 2, "key 'a' is given twice, first in line 1; remove one"),
        ("a: {b: 1, b: 2}\n", 1, "key 'b' is given twice; remove one"),
        ("a:\n\tb: 1\n", 2, "a tab indents it; indent with spaces"),
        (
            "a: 1\nb: Total: how much?\n",
            2,
            "a text with a colon and a space needs quotes: question: 'Total: how much?'",
        ),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins with ---; use two files"),
        ("a: *b\n", 1, "*b names nothing above; put it in quotes"),
        ("a: &a [*a]\n", 1, "*a names nothing above; put it in quotes"),
        ("a: !!int 3\n", 1, "the tag tag:yaml.org,2002:int is not read; put the text in quotes"),
        (
            "a: !!python/object/apply:os.system [x]\n",
            1,
            "the tag tag:yaml.org,2002:python/object/apply:os.system is not read; "
            "put the text in quotes",
        ),
        ("a: !secret x\n", 1, "the tag !secret is not read; put the text in quotes"),
        ("a: 1\nb: \x07\n", 2, "holds the control character U+0007; remove it"),
        ("? [a]\n: b\n", 1, "a key is a word, not a list or a mapping"),
        ("[" * 100, 1, "is too large or too deep; see the format"),
        ("a: " + "[" * 100_000, 1, "is too large or too deep; see the format"),
        ("- " * 100_000, 1, "is too large or too deep; see the format"),
    ],
)
def test_mistakes_in_yaml_are_reported_with_their_line(text: str, line: int, expected: str) -> None:
    """The fault, its line, and what mends it."""
    with pytest.raises(PlaceError) as caught:
        yaml_nodes.read_yaml(text)
    assert (line, expected) == (caught.value.line, str(caught.value))


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    "text", ["a: [", "a: @x", "a: 'x", "a: b\n c: d", "{a: b", "a: %x", "- a\nb"]
)
def test_what_is_not_yaml_is_refused(text: str) -> None:
    """YAML's own complaint, on one line, and what helps most often."""
    with pytest.raises(PlaceError) as caught:
        yaml_nodes.read_yaml(text)
    assert 1 == len(str(caught.value).splitlines())
    assert "quotes" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            "{}\n{'a': 1}",
            2,
            "is not JSON: Expecting property name enclosed in double quotes, at char",
        ),
        ('{"a": 1} x', 1, "is not JSON: Extra data, at character 10; write one object on the line"),
        ('{"a": NaN}', 1, "NaN is not JSON; put it in quotes"),
        ('{"a": 1, "a": 2}', 1, "key 'a' is given twice; remove one"),
        ('{"a": "\\ud800"}', 1, "holds half of a character (a surrogate); write the whole one"),
        ("[" * 100_000, 1, "is too deep; see the format"),
        ("[" + "1," * 100_000 + "1]", 1, "has more than 100,000 entries; use several files"),
        (" " * (5 << 20), 1, "has more than 4 MB; split it"),
    ],
)
def test_mistakes_in_json_are_reported_with_their_line(text: str, line: int, expected: str) -> None:
    """The same for JSON Lines."""
    with pytest.raises(PlaceError) as caught:
        list(yaml_nodes.read_json_lines(text))
    assert line == caught.value.line
    assert str(caught.value).startswith(expected)


def test_a_list_is_bounded() -> None:
    """More entries than anybody asks are refused before they fill the memory."""
    with pytest.raises(PlaceError, match="has more than 100,000 entries; use several files"):
        yaml_nodes.read_yaml("a:\n" + "- x\n" * 100_001)


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        (b"a: 1\nb: caf\xe9\n", 2, "the byte 0xE9 is not UTF-8; save it as UTF-8"),
        ("a: é".encode("utf-16"), 0, "is UTF-16; save it as UTF-8 text"),
        ("a: é".encode("utf-16-be"), 0, "is not text; save it as UTF-8 text"),
        (b"a: \x00", 0, "is not text; save it as UTF-8 text"),
        (b"PK\x03\x04", 0, "is a ZIP file; save it as UTF-8 text"),
        (b"\x1f\x8b\x08", 0, "is gzip; save it as UTF-8 text"),
    ],
)
def test_a_file_that_is_not_text_is_refused(
    tmp_path: Path, content: bytes, line: int, expected: str
) -> None:
    """Another encoding, or no text at all."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(PlaceError) as caught:
        yaml_nodes.read_text(path)
    assert (line, expected) == (caught.value.line, str(caught.value))


def test_utf8_texts_are_read(tmp_path: Path) -> None:
    """UTF-8, with a byte order mark or without."""
    path = tmp_path / "file"
    for start in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(start + "é\r\n".encode())
        assert "é\r\n" == yaml_nodes.read_text(path)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """The size is looked at first: a file of a hundred megabytes is refused at once."""
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(PlaceError, match="has more than 32 MB; use several files"):
        yaml_nodes.read_text(path)


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    """Nothing, a folder, or a device without an end."""
    for path in (tmp_path / "none", tmp_path, Path("/dev/zero")):
        with pytest.raises(PlaceError, match=r"cannot be read: .*; check its path"):
            yaml_nodes.read_text(path)


def trees() -> st.SearchStrategy[Any]:
    """Texts in lists and mappings, as deep as a benchmark is."""
    text = texts(12).filter(lambda drawn: not any("\ud800" <= char <= "\udfff" for char in drawn))
    deeper = st.recursive(
        text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=6,
    )
    return deeper.filter(lambda tree: str(tree).count("[") + str(tree).count("{") < 6)


@given(trees())
@settings(deadline=None)
def test_what_was_dumped_is_read(tree: Any) -> None:
    """Whatever YAML and JSON can write of texts is read as it was."""
    assert tree == plain(yaml_nodes.read_yaml(yaml.safe_dump(tree)))
    assert [tree] == [plain(node) for node in yaml_nodes.read_json_lines(json.dumps(tree))]


@given(texts(60) | st.text("ab:-[]{}'\"|>&*!%@#?,\n\t 01.~<", max_size=40))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nodes, or a place and one line; never another error."""
    for read in (yaml_nodes.read_yaml, lambda text: list(yaml_nodes.read_json_lines(text))):
        try:
            read(text)
        except PlaceError as error:
            assert (True, 1) == (error.line >= 1, len(str(error).splitlines()))
