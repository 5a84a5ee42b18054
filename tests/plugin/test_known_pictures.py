"""Pictures that an earlier run has drawn: what is not drawn again, and what must be."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pdf
import pytest
from PIL import Image as Picture
from runs import RunRest, settled

from pytest_rest import prompts, rendering
from pytest_rest.dispatch import drawings, prompt_json
from pytest_rest.dispatch.drawings import Drawings
from pytest_rest.dispatch.store import FileStore
from pytest_rest.dispatch.store_file import NAME
from pytest_rest.prompts import page_pictures
from pytest_rest.rendering import document, version
from pytest_rest.terms import Code, Completion, Form, Item, Style

OWN = """\
items:
- id: plain
  context: "3 lamps at $2, and then three more of them, which nobody has asked for, at any price"
  question: What is the sum?
  answer: 6
- {id: chart, image: chart.png, question: Which is best?, choices: [a, b], answer: a}
- {id: table, table: prices.csv, question: What is it?, answer: 3}
- {id: code, code: "f = 3", language: python, question: What?, answer: 3}
- {id: paper, document: paper.pdf, question: What is it?, answer: 3}
"""
STYLES = "styles:\n- {name: pages, dpi: 50, page: 160x110}\n- {name: old, dpi: 60, noise: 0.1}\n"
HOW = ("--rest-model=simulated:shaky", "own.rest.yaml", "--rest-style=a.yaml", "-pno:xdist")
Run = Callable[..., dict[str, object]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How many pages were drawn, of texts and of documents, since it was cleared."""
    count: Counter[str] = Counter()

    def counted(module: object, name: str) -> None:
        own = getattr(module, name)

        def draw(*args: object) -> object:
            count[name] += 1
            return own(*args)

        monkeypatch.setattr(module, name, draw)

    counted(rendering, "_draw_page")
    counted(document, "_image")
    _forget()
    yield count
    _forget()


def _forget() -> None:
    """Keep no picture in memory."""
    for cache in (page_pictures.draw, document._drawn):
        cache.cache_clear()


@pytest.fixture
def first(pytester: pytest.Pytester, run_rest: RunRest, drawn: Counter[str]) -> dict[str, object]:
    """The report of a run of all kinds of pictures, which is in `old`."""
    here = pytester.path
    (here / "own.rest.yaml").write_text(OWN)
    (here / "a.yaml").write_text(STYLES)
    (here / "prices.csv").write_text("what,price\nlamp,2\nchair,3\n")
    Picture.radial_gradient("L").resize((40, 30)).save(here / "chart.png")
    pdf.write(here / "paper.pdf", ["It says 3.", "No more."], (100, 80))
    report = run_rest(*HOW, "--rest-modes=text,image,mixed,ocr-first").report
    (here / "run").rename(here / "old")
    assert drawn["_draw_page"] > 10 < len([*here.glob("old/images/*")]) and drawn["_image"]
    drawn.clear()
    _forget()
    return settled(report)  # type: ignore[no-any-return]


@pytest.fixture
def replayed(run_rest: RunRest, first: dict[str, object]) -> Run:
    """Replay it; what it says must be the same, and its pictures there, as they were."""
    before = _contents(Path("old", "images"))

    def replay(*args: str) -> dict[str, object]:
        report = run_rest("--rest-replay=old", "own.rest.yaml", "-pno:xdist", *args).report
        assert first == settled(report)
        assert before == _contents(Path("run", "images"))
        return report

    return replay


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_replay_draws_nothing(replayed: Run, drawn: Counter[str]) -> None:
    """The report is the same, and so are the pictures in its folder."""
    replayed()
    assert not drawn


@pytest.mark.costly
def test_a_resumed_run_draws_nothing_that_is_answered(
    pytester: pytest.Pytester, run_rest: RunRest, first: dict[str, object], drawn: Counter[str]
) -> None:
    """And draws an item of which one answer is missing, for it is shown to the model."""
    (pytester.path / "old").rename("run")
    again = run_rest(*HOW, "--rest-resume", "--rest-modes=text,image,mixed,ocr-first", keep=True)
    assert first == settled(again.report)
    assert not drawn
    with closing(sqlite3.connect(Path("run", NAME))) as file, file:
        file.execute("DELETE FROM completions WHERE item = 'plain' AND mode = 'mixed'")
        file.execute("UPDATE completions SET completion = '[' WHERE item = 'code'")
    again = run_rest(*HOW, "--rest-resume", "--rest-modes=text,image,mixed,ocr-first", keep=True)
    assert first == settled(again.report)
    assert drawn["_draw_page"] and not drawn["_image"]


@pytest.mark.parametrize("kept", ["[", "{}", '{"text": 5}', '{"of_later": 1}', "null"])
def test_a_picture_whose_answer_cannot_be_read_is_drawn(tmp_path: Path, kept: str) -> None:
    """It will be asked, and a model is shown no picture without its bytes."""
    form = Form("image", Style())
    prompt = prompts.build(Item("1", "What is it?", "3"), form, "solve", prompts.load_protocol())
    light = prompt_json.light(prompt)
    with closing(FileStore.create(tmp_path, {})) as store:
        store.put(prompt, Completion("3"), lambda _: None)
    with closing(sqlite3.connect(tmp_path / NAME)) as file, file:
        known = Drawings(tmp_path, is_asked=True)
        assert known.has_answered([light])
        file.execute("UPDATE completions SET completion = ?", [kept])
        file.commit()
        assert (kept == "{}") == known.has_answered([light])
        known.close()


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE drawings", "UPDATE drawings SET picture = '['", "DELETE FROM drawings"],
)
def test_what_the_store_does_not_tell_is_drawn(
    replayed: Run, drawn: Counter[str], change: str
) -> None:
    """An older store has no drawings, and a damaged one has some that cannot be read."""
    with closing(sqlite3.connect(Path("old", NAME))) as file, file:
        file.execute(change)
    replayed()
    assert drawn["_draw_page"] and drawn["_image"]


def test_a_page_less_is_no_picture(
    monkeypatch: pytest.MonkeyPatch, replayed: Run, drawn: Counter[str]
) -> None:
    """Several pages are known only if all are, however many are held in memory."""

    def known(sources: Iterable[str], held: int) -> set[str]:
        monkeypatch.setattr(drawings, "_HELD", held)
        with closing(Drawings(Path("old"), is_asked=False)) as of_now:
            return {source for source in sources if of_now.known(source) is not None}

    with closing(sqlite3.connect(Path("old", NAME))) as file, file:
        rows = file.execute("SELECT source, number FROM drawings").fetchall()
        sources, lacking = {row[0] for row in rows}, {row[0] for row in rows if row[1]}
        assert lacking
        assert all(sources == known(sources, held) for held in range(1, len(rows) + 2))
        file.execute("DELETE FROM drawings WHERE number = 1")
        file.commit()
        assert all(sources - lacking == known(sources, held) for held in (1, len(rows)))


def test_pictures_that_are_gone_or_cut_off_are_drawn(replayed: Run, drawn: Counter[str]) -> None:
    """The page shows them, so a replay's folder has all, and whole ones."""
    images = sorted(Path("old", "images").glob("*"))
    images[0].unlink()
    images[1].write_bytes(images[1].read_bytes()[:50])
    replayed()
    assert drawn


def test_what_another_version_has_drawn_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch, replayed: Run, drawn: Counter[str]
) -> None:
    """Its pixels may be others, and their digest then finds no answer of other pixels."""
    monkeypatch.setattr(version, "_drawer", lambda: "another")
    replayed()
    assert drawn["_draw_page"] and drawn["_image"]


def test_other_pixels_find_no_answer(
    monkeypatch: pytest.MonkeyPatch, first: dict[str, object], run_rest: RunRest
) -> None:
    """Neither a user's changed picture nor another font is answered by what was asked before."""
    Picture.linear_gradient("L").resize((40, 30)).save("chart.png")
    report = run_rest("--rest-replay=old", "own.rest.yaml", "-pno:xdist").report
    lost = {each["item"]: each["reason"] for each in report["lost"]}
    assert {"chart"} == {*lost}
    assert all("replay: no stored answer for" in reason for reason in lost.values())


def test_all_that_is_drawn_from_is_in_the_source() -> None:
    """Text, block and each field of a style, but for its name, make another source."""
    changed = {
        **{"font": "courier", "dpi": 100, "color": "red", "background": "yellow", "size_pt": 10.0},
        **{"line_spacing": 2.0, "page_width_pt": 300.0, "margin_pt": 9.0, "rotation": 1.0},
        **{"blur_pt": 1.0, "noise": 0.1, "jpeg_quality": 50, "highlight": "default"},
        **{"format": "html", "font_sha256": "x", "page_height_pt": 300.0},
    }
    assert {*changed, "name"} == {field.name for field in fields(Style)}
    styles = [Style(), *(replace(Style(), **{n: v}) for n, v in changed.items())]  # type: ignore[arg-type]
    made_of = [("a", None), ("b", None), ("a", Code("a")), ("a", Code("b"))]
    sources = {version.digest(Style(), *each) for each in made_of}
    for style in styles[1:]:
        sources.add(version.digest(style, "a", None))
    assert len(made_of) + len(changed) == len(sources)


def test_a_known_picture_gives_the_same_prompt() -> None:
    """Its digest, its text, its size and its place are those of the drawn one."""
    item, form = Item("1", "What is it?", "3", context="two lines\nof text"), Form("image", Style())
    protocol = prompts.load_protocol()
    whole = prompts.build(item, form, "solve", protocol)
    (image,) = whole.images
    light = replace(image, content=image.content[:24])
    known = prompts.build(item, form, "solve", protocol, known=lambda _: (light,))
    assert whole.digest == known.digest
    assert image.size == known.images[0].size
    assert (True, False) == (image.is_whole, known.images[0].is_whole)
    assert image.source is not None
    assert (0, 1, len(image.content)) == image.source[1:]
