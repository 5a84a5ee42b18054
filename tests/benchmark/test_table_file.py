"""Tables from files, as people have them, and as rows of a benchmark."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.benchmark import file, table_file
from pytest_rest.benchmark.yaml_nodes import PlaceError
from pytest_rest.errors import BenchmarkError
from pytest_rest.prompts import table_formats
from pytest_rest.terms import DataTable

_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
CELLS = st.text(_CHARACTERS | st.sampled_from("|\\&<;\"'"), max_size=9)
TABLES = (
    st.integers(1, 4)
    .flatmap(
        lambda width: st.lists(
            st.lists(CELLS, min_size=width, max_size=width).map(tuple), min_size=2, max_size=5
        )
    )
    .map(lambda rows: table_file._table([(n, row) for n, row in enumerate(rows)]))
)
SUFFIXES = {"markdown": ".md", "html": ".html", "csv": ".csv"}
PRICES = DataTable(("Name", "Price"), (("Lamp", "12"), ("Chair | oak", "41")))


def read(folder: Path, name: str, text: str) -> DataTable:
    """The table in a file with that text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return table_file.read(path)


@pytest.mark.parametrize("form", SUFFIXES)
@given(TABLES)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, form: str, table: DataTable
) -> None:
    """Whatever stands in its cells."""
    if form == "csv" and not any(map(str.strip, (*table.header, *map("".join, table.rows)))):
        return  # a line of nothing is no row there
    if form == "csv" and len(table.header) == 1 and set(";\t,") & set(table.header[0]):
        return  # one heading with such a mark is two headings
    rows = [row for row in table.rows if form != "csv" or any(row)]
    if not any(table.header) or not rows:
        return
    folder = tmp_path_factory.mktemp("table")
    found = read(folder, f"t{SUFFIXES[form]}", table_formats.write(table, form))
    assert DataTable(table.header, tuple(rows)) == found


def test_json_says_the_same() -> None:
    """An object a row; lists where headings repeat."""
    assert [{"Name": "Lamp", "Price": "12"}, {"Name": "Chair | oak", "Price": "41"}] == json.loads(
        table_formats.write(PRICES, "json")
    )
    twice = DataTable(("a", "a"), (("1", "2"),))
    assert [["a", "a"], ["1", "2"]] == json.loads(table_formats.write(twice, "json"))


def test_latex_shows_what_is_special() -> None:
    """As text."""
    table = DataTable(("a & b", "50 %"), (("x_1", "\\"),))
    assert [
        r"\begin{tabular}{ll}",
        r"a \& b & 50 \% \\",
        r"\hline",
        r"x\_1 & \textbackslash{} \\",
        r"\end{tabular}",
    ] == table_formats.write(table, "latex").splitlines()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Name,Price\nLamp,12\n\n"Chair | oak",41\n'),
        ("b.csv", "Name;Price\r\nLamp;12\r\nChair | oak;41\r\n"),
        ("c.csv", "\ufeffName\tPrice\nLamp\t12\nChair | oak\t41"),
        ("d.tsv", "Name\tPrice\n Lamp \t12\nChair  |  oak\t41\n"),
        (
            "e.md",
            "# Prices\n\nName | Price\n--- | ---:\nLamp | 12\nChair \\| oak | 41\n\nA | b",
        ),
        (
            "f.html",
            "<p>x<table><tr><th>Name<th>Price<tr><td>Lamp<td>12<tr><td>Chair | oak<td>41</table>"
            "<table><tr><td>other</table>",
        ),
        (
            "g.htm",
            "<TABLE><thead><tr><th>Name</th><th><b>Price</b></th></tr></thead><tbody><tr><td>Lamp"
            "</td><td>1<!-- -->2</td></tr><tr></tr><tr><td>Chair&nbsp;&#124;\n oak</td><td>41</td>",
        ),
    ],
)
def test_tables_as_people_have_them(tmp_path: Path, name: str, text: str) -> None:
    """With blanks, blank lines, other marks, other text around, and tags left out."""
    assert PRICES == read(tmp_path, name, text)


def test_a_cell_that_spans_several_stands_in_each(tmp_path: Path) -> None:
    """As each of them is about it."""
    text = (
        "<table><tr><th>a</th><th colspan=2>b</th></tr><tr><td rowspan='2'>1</td><td>2</td>"
        "<td>3</td></tr><tr><td>4</td><td>5<table><tr><td>inner</td></tr></table></td></tr>"
        "<tr><td colspan=x>6</td><td>7</td><td>8</td></tr></table>"
    )
    found = read(tmp_path, "t.html", text)
    assert ("a", "b", "b") == found.header
    assert (("1", "2", "3"), ("1", "4", "5inner"), ("6", "7", "8")) == found.rows


def test_what_most_rows_fit_stands_between_cells(tmp_path: Path) -> None:
    """A heading may hold more of another mark, which nobody puts in quotes."""
    found = read(tmp_path, "a.csv", "Name; first; last,Price\nLamp,12\n")
    assert DataTable(("Name; first; last", "Price"), (("Lamp", "12"),)) == found


@pytest.mark.parametrize("heading", ['Name;"Price, EUR"', '"Price, EUR";Name'])
def test_a_mark_within_quotes_parts_no_cells(tmp_path: Path, heading: str) -> None:
    """Neither is it taken for the one between cells, nor is what it would make of them an error."""
    found = read(tmp_path, "a.csv", f'{heading}\n"12,50";"41,00"\n')
    assert {"Name", "Price, EUR"} == {*found.header}
    assert (("12,50", "41,00"),) == found.rows


def test_a_page_of_spans_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its rows might have 20,000 cells, and a file has room for thousands of rows."""
    monkeypatch.setattr(table_file, "_table", lambda rows: pytest.fail(f"{len(rows)} rows"))
    with pytest.raises(PlaceError, match="more than 20,000 cells"):
        read(tmp_path, "a.html", "<table>" + "<tr><td colspan=1000 rowspan=1000>" * 30)


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("a.csv", "a,b\n1,2\n\n3\n", 4, "the row has 1 cell, and there are 2 headings"),
        ("a.csv", "a,b\n", 1, "a table needs headings and at least one row"),
        ("a.csv", "", 0, "a table needs headings and at least one row"),
        ("a.csv", 'a,b\n"1,2\n', 2, "is not CSV: unexpected end of data"),
        ("a.md", "a | b\n1 | 2\n", 0, "has no table; write a line |---|---| below the headings"),
        (
            "a.md",
            "| a | b |\n|---|---|\n| 1 |\n",
            3,
            "the row has 1 cell, and there are 2 headings",
        ),
        ("a.html", "<p>none</p>", 0, "has no table; write <table>, and <tr> for each row"),
        (
            "a.html",
            "<table>\n<tr><td>a<td>b\n<tr><td>1</table>",
            3,
            "the row has 1 cell, and",
        ),
        (
            "a.csv",
            "a\n" + "1\n" * 20_001,
            0,
            "the table has more than 20,000 cells; use a part of it",
        ),
        ("a.csv", "a\n" + "x" * 2_001, 2, "has more than 2,000 characters"),
        ("a.html", "<table><tr><td colspan=1000>" * 90, 0, ""),
    ],
)
def test_what_is_not_a_table(tmp_path: Path, name: str, text: str, line: int, said: str) -> None:
    """Is told with the line in the file, in no time."""
    with pytest.raises(PlaceError) as caught:
        read(tmp_path, name, text)
    assert said in str(caught.value)
    assert not said or line == caught.value.line


ITEM = "items:\n- question: What does a lamp cost?\n  answer: 12\n"


def test_an_item_has_its_table(tmp_path: Path) -> None:
    """From a file, or in rows; what all of a file share, they may share; others are clusters."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "prices.csv").write_text("Name,Price\nLamp,12\nChair | oak,41\n")
    path = tmp_path / "t.rest.yaml"
    path.write_text(
        "items:\n"
        "- {question: A?, answer: 12, table: p/prices.csv}\n"
        "- {question: B?, answer: 41, table: [[Name, Price], [Lamp, 12], [Chair | oak, 41]]}\n"
        "- {question: C?, answer: 1, table: [[Name, Price], [Lamp, null]], context: Say.}\n"
    )
    first, second, third = file.load(path).items
    assert PRICES == first.table == second.table
    assert first.cluster == second.cluster != ""
    assert DataTable(("Name", "Price"), (("Lamp", ""),)) == third.table
    assert "" == third.cluster
    assert 3 == len({item.digest for item in (first, second, third)}) == len({PRICES, *"ab"})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "none.csv",
            "table none.csv: cannot be read: No such file or directory; check its path",
        ),
        ("../x.csv", ":4: table '../x.csv': give a path below the file's folder"),
        ("/etc/passwd", ":4: table '/etc/passwd': give a path below the file's folder"),
        ("prices.xlsx", ":4: table 'prices.xlsx' is not one of .csv, .tsv, .html, .htm, .md"),
        ("bad.csv", ":4: table bad.csv:2: the row has 1 cell, and there are 2 headings"),
        ("[[a, b], [1]]", ":4: the row has 1 cell, and there are 2 headings"),
        ("[a, b]", ":4: a table is a file, or a list of rows: [[Name, Price], [Lamp, 12]]"),
        ("[]", ":4: a table is a file, or a list of rows: [[Name, Price], [Lamp, 12]]"),
        ("{a: 1}", ":4: unknown key 'a'; known are file, picture"),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path: Path, table: str, said: str) -> None:
    """One line, with the benchmark's line, and that in the table's file."""
    (tmp_path / "bad.csv").write_text("a,b\n1\n")
    path = tmp_path / "t.rest.yaml"
    path.write_text(f"{ITEM}  table: {table}\n")
    with pytest.raises(BenchmarkError) as caught:
        file.load(path)
    assert str(caught.value).endswith(said)
