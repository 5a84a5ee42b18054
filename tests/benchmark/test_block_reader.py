"""An item's code is a file or what it says; its context may have columns."""

from pathlib import Path

import pytest

from pytest_rest import prompts
from pytest_rest.benchmark import file
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Code, Form, Item, Style, to_builtins, to_item

ITEM = "items:\n- question: Q?\n  answer: 1\n"


def load(folder: Path, text: str) -> tuple[Item, ...]:
    """The items of a benchmark with that text."""
    path = folder / "c.rest.yaml"
    path.write_text(text)
    return file.load(path).items


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("code: p/sort.py", Code("if x:\n\tpass", "python")),
        ("code: p/sort.py\n  language: Cython", Code("if x:\n\tpass", "cython")),
        ("code: Makefile", Code("all:")),
        ("code: print(1)", Code("print(1)")),
        ("code: |\n    p/sort.py", Code("p/sort.py")),
        ("code: |\n\n     if x:\n       pass\n\n  language: c++", Code("if x:\n  pass", "c++")),
        ("code: import a.py", Code("import a.py")),
        ("code: " + 5_000 * "x", Code(5_000 * "x")),
        ("code: null", None),
    ],
)
def test_code_is_a_file_or_inline(tmp_path: Path, keys: str, expected: Code | None) -> None:
    """A name without a line break is a file's; what stands below a bar never is."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "sort.py").write_text("\nif x:\n\tpass\n\n")
    (tmp_path / "Makefile").write_text("all:\n")
    keys = keys if keys.count("|") == 0 else f"{keys}\n"
    (item,) = load(tmp_path, f"{ITEM}  {keys}\n")
    assert expected == item.code == item.block
    assert item == to_item(
        {**to_builtins(item), "code": item.code and to_builtins(item.code)} | {"choices": []}
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "code: none.py",
            ":4: code none.py: cannot be read: No such file or directory; check its path, or "
            "write code that looks like a file's name below code: |",
        ),
        ("code: ../x.py", ":4: code '../x.py': give a path below the file's folder"),
        ("code: /etc/passwd", ":4: code '/etc/passwd': give a path below the file's folder"),
        ("code: empty.py", ":4: code 'empty.py' is an empty file; leave the key out"),
        ("code: x\n  language: <b>", ":5: language '<b>' is not a name, such as python"),
        ("code: long.c", ":4: the code has more than 100,000 characters; use a part of it"),
        (
            "code: x\n  table: [[a], [1]]",
            ":4: the item has table and code; keep one, and write code: null",
        ),
        (
            "context: C\n  code: x\n  layout: columns",
            ":6: the item has code and layout; keep one, and write layout: null",
        ),
        ("layout: rows\n  context: C", ":4: unknown layout 'rows'; known are columns"),
        ("code: [1]", ":4: 'code' is a list or a mapping; write one text"),
    ],
)
def test_code_that_cannot_be_read(tmp_path: Path, keys: str, said: str) -> None:
    """One line, with the benchmark's line and the mend."""
    (tmp_path / "empty.py").write_text("\n")
    (tmp_path / "long.c").write_text("x" * 100_001)
    with pytest.raises(BenchmarkError) as caught:
        load(tmp_path, f"{ITEM}  {keys}\n")
    assert str(caught.value).endswith(said)


def test_a_default_of_the_file_can_be_left_out(tmp_path: Path) -> None:
    """Items about one code are a cluster; columns without a context are nothing."""
    text = "layout: columns\ncode: x = 1\n" + ITEM
    text += "- {question: R?, answer: 1}\n- {question: S?, answer: 1, code: null, context: C}\n"
    first, second, third = load(tmp_path, text)
    assert first.cluster == second.cluster != third.cluster == ""
    assert (Code("x = 1"), "", None, "columns") == (
        *(first.code, first.layout),
        *(third.code, third.layout),
    )
    assert Code("C") == third.block
    assert 3 == len({item.digest for item in (first, second, third)})


def test_each_form_shows_the_code() -> None:
    """As text in a fence that is longer than any in it; drawn, as it is; columns never fenced."""
    protocol = prompts.load_protocol()

    def shown(item: Item, mode: str) -> tuple[str, ...]:
        form = Form(mode, Style(dpi=50))  # type: ignore[arg-type]
        parts = prompts.build(item, form, "solve", protocol).parts
        return tuple(part if isinstance(part, str) else part.text for part in parts)

    item = Item("i", "Q?", "1", context="C.", code=Code("x = '```'", "python"))
    assert "C.\n````python\nx = '```'\n````\nQ?\n" in shown(item, "text")[0]
    assert "C.\nx = '```'\nQ?" == shown(item, "image")[0]
    assert "C.\nx = '```'" == shown(item, "mixed")[0]
    assert "Q?" in shown(item, "mixed")[1]
    plain = Item("i", "Q?", "1", code=Code("x"))
    assert shown(plain, "text")[0].startswith("```\nx\n```\nQ?\n")
    assert "x" == shown(plain, "mixed")[0]
    columns = Item("i", "Q?", "1", context="a  1\nbc 2", layout="columns")
    assert shown(columns, "text")[0].startswith("a  1\nbc 2\nQ?\n")
    assert "a  1\nbc 2\nQ?" == shown(columns, "image")[0]
