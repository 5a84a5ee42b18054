"""report.html in a browser: what a person sees and does, with few records and with many."""

import itertools
import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pages
import pytest
from browser import Browser, started
from releases import falling, release
from releases import write as write_run
from runs import RunRest
from test_markdown import HOSTILE

from pytest_rest import rendering
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting import history, page
from pytest_rest.reporting.page import history as history_page
from pytest_rest.reporting.page import side_by_side

pytestmark = pytest.mark.costly
OPEN = "#list > li.open"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the whole file."""
    with started(tmp_path_factory.mktemp("profile")) as found:
        yield found


def write(folder: Path, report: Any, prompts: Any = None) -> Path:
    """The page of a report, in a folder."""
    page.write(report, prompts or {}, folder, folder / page.NAME)
    return folder / page.NAME


def fifty() -> dict[str, Any]:
    """A run whose gate is not passed, in ten styles of five items."""
    styles = [style.id for style in pages.PLUS]
    records = [pages.record(n, style=s) for n, s in zip(range(50), styles * 6, strict=False)]
    return pages.report(records, [Threshold("rer", ">=", 0.9)])


@pytest.mark.parametrize("n", [0, 1])
def test_runs_of_no_item_and_of_one_have_whole_pages(
    browser: Browser, tmp_path: Path, n: int
) -> None:
    """A page of a run with no item, and with one, is whole and complains of nothing."""
    browser.open(write(tmp_path, pages.report([pages.record(1)][:n])))
    assert n == len(browser.texts("#list > li"))
    assert "Cannot tell" == browser.text(".verdict .word")
    assert [] == browser.complaints() + browser.faults()


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (390, True)])
def test_pages_are_readable_on_every_screen(
    browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    """On a desk and on a telephone, light and dark: readable, and nothing runs off the side."""
    path = write(tmp_path, fifty())
    browser.open(path, "#item=a/item-0005/courier-200dpi-black", width, dark)
    assert [] == browser.faults()
    assert width == browser.run("return document.documentElement.scrollWidth")
    assert "Do not ship" == browser.text(".verdict .word")
    names = ["RER", "CFR", "Accuracy as text", "Accuracy as image", "MMC"]
    assert names == browser.texts(".card h3")


def test_a_tag_narrows_the_list(browser: Browser, tmp_path: Path) -> None:
    """By its link in the table, and by the select above the list."""
    records = [replace(pages.record(n), tags=("all", f"t{n % 3}")) for n in range(12)]
    browser.open(path := write(tmp_path, pages.report(records)))
    browser.run("document.querySelector('#tags a').click()")
    assert browser.comes_true("return document.querySelectorAll('#list > li').length === 4")
    assert browser.texts("#tags th a")[0] == browser.run("return filter.tag.value")
    browser.open(path, "#tag=t2")
    names = ["item-0005", "item-0002", "item-0008", "item-0011"]
    assert names == browser.texts("#list .name")
    browser.open(path, "#item=a/item-0005/dejavu-200dpi-black")
    assert "Tags: all, t2" in browser.text(OPEN)
    assert [] == browser.faults() + browser.complaints()


_OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
_BOXES = """return [...document.querySelectorAll(arguments[0])].map(each => {
  const { left, right, top, bottom } = each.getBoundingClientRect();
  return [left, right, top, bottom].map(Math.round);
})"""


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (400, True)])
def test_every_section_is_readable(
    browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    """A sweep, its curve, tokens, advice and flips: shown, in nobody's way, their tables too."""
    browser.open(write(tmp_path, pages.everything()), "", width, dark)
    browser.run(_OPEN_ALL)
    assert [] == browser.faults() + browser.complaints()
    assert width == browser.run("return document.documentElement.scrollWidth")
    for name in ("advice", "fuzz", "rh-auc", "budgets", "vision"):
        ((left, right, top, bottom),) = browser.run(_BOXES, f"#{name}")
        assert (True, True) == (0 <= left < right <= width, 50 < bottom - top)
    assert ["avoid 50 DPI"] == browser.texts("#advice tbody th")
    assert ["0", "1", "2"] == browser.texts("#rh-auc svg text.label")
    assert "flip 1: dpi=79 (REST's 200), color=red" in browser.text("#fuzz h3")
    legend = "#vision svg text[text-anchor=start]"
    assert {"dejavu-black", "courier-red"} < {*browser.texts(legend)}
    (plot,) = browser.run(_BOXES, "#vision svg")
    for left, right, _, bottom in browser.run(_BOXES, "#vision svg text"):
        assert (True, True) == (plot[0] <= left < right <= plot[1] + 1, bottom <= plot[3] + 1)


@pytest.mark.parametrize("width", [1200, 400])
def test_labels_of_a_curve_do_not_overlap(browser: Browser, tmp_path: Path, width: int) -> None:
    """Budgets whose scores are near each other, and at the ends: no label lies on another."""
    report = pages.everything()
    scores = [(0.1, 0.9), (0.42, 0.58), (0.46, 0.55), (0.5, 0.55), (0.52, 0.5), (0.9, 0.52)]
    report["rh_auc"]["points"] = [
        {"budget": n * 1000, "reasoning": _rate(x), "perception": _rate(y), "written": None}
        for n, (x, y) in enumerate([*scores, scores[-1]])
    ]
    browser.open(write(tmp_path, report), "", width)
    labels = "#rh-auc svg text.label"
    assert ["0", "1000", "2000", "3000", "4000", "5000, 6000"] == browser.texts(labels)
    boxes = browser.run(_BOXES, labels)
    (plot,) = browser.run(_BOXES, "#rh-auc figure")
    assert all(plot[0] <= left < right <= plot[1] for left, right, _, _ in boxes)
    for one, other in itertools.combinations(boxes, 2):
        across = one[0] < other[1] and other[0] < one[1]
        assert not (across and one[2] + 3 < other[3] and other[2] + 3 < one[3])  # 3: no ink there


def _rate(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 40}


def test_filters_sorting_and_search(browser: Browser, tmp_path: Path) -> None:
    """Each narrows the list, and all of it stands in the address."""
    browser.open(write(tmp_path, fifty()))
    assert "50 of 50 tests" == browser.text("#count")
    browser.choose("verdict", "inconsistent")
    assert "10 of 50 tests" == browser.text("#count")
    browser.choose("look", "dpi 50")
    names = browser.texts("#list .style")
    assert names
    assert all("-50dpi-" in name for name in names)
    assert "#verdict=inconsistent&look=dpi+50" == browser.run("return location.hash")
    browser.click("#filter [type=reset]")
    browser.choose("sort", "id")
    assert ["item-0000", "item-0001"] == browser.texts("#list .name")[:2]
    browser.choose("q", "item-0007")
    assert ["item-0007"] == browser.texts("#list .name")
    browser.choose("q", "nowhere")
    assert browser.text("#count").startswith("0 of 50 tests: nothing matches")
    assert [] == browser.complaints()


def test_an_open_item_shows_all_of_it(browser: Browser, tmp_path: Path) -> None:
    """Its pictures, prompts and answers, the value marked, what was misread, and the command."""
    report = fifty()
    answers = next(i for i in report["items"] if i["id"] == "item-0005")["answers"]
    prompts = {answers["image"]["prompt"]: ["The question is in the picture.", {"image": "0" * 16}]}
    (tmp_path / "images").mkdir()
    picture = Path(__file__).parents[2] / "docs" / "report.png"
    shutil.copy(picture, tmp_path / "images" / f"{answers['image']['image']}.png")
    path = write(tmp_path, report, prompts)
    browser.open(path, "#verdict=consistent&item=a/item-0005/courier-200dpi-black")
    assert browser.text(f"{OPEN} .name") == "item-0005"  # although it is not consistent
    assert ["text right", "image wrong", "mixed right"] == browser.texts(f"{OPEN} .form h3")
    assert ["The question is in the picture."] == browser.texts(f"{OPEN} pre.prompt")
    assert ["3", "4", "3"] == browser.texts(f"{OPEN} mark")
    assert [["7"], ["1"]] == [browser.texts(f"{OPEN} pre {tag}") for tag in ("del", "ins")]
    command = "pytest --rest-model=made-up --rest-suite=a:50 -k 'item-0005-courier-200dpi-black'"
    assert command.replace("'", "") == browser.text(f"{OPEN} .again code")
    wait = "const done = arguments[0], i = document.querySelector('.open img');"
    wait += "i.loading = 'eager'; i.decode().then(() => done(i.naturalWidth))"
    assert browser.driver.execute_async_script(wait) > 0
    assert [] == browser.complaints()


def test_the_keyboard_alone_is_enough(browser: Browser, tmp_path: Path) -> None:
    """/ goes to the search, Tab to the items, Enter opens one, Escape closes it again."""
    browser.open(write(tmp_path, fifty()))
    browser.press("/", "item-0010", "\ue004", "\ue004", "\ue004", "\ue007")
    assert "item-0010" == browser.text(f"{OPEN} .name")
    focused = "return document.activeElement.innerText.startsWith('item-0010')"
    assert browser.comes_true(focused)  # the page hears of an opened item a moment later
    browser.press("\ue00c")
    assert [] == browser.texts(OPEN)
    assert browser.comes_true(focused)
    browser.driver.back()
    assert "item-0010" == browser.text(f"{OPEN} .name")


def test_model_output_is_only_text(browser: Browser, tmp_path: Path) -> None:
    """Markup, scripts, marks of direction, escape codes and a megabyte, in every place there is."""
    evil = f"</script ><script >document.title='taken'</script >{HOSTILE}\u202e\x1b[31m\ud800👩‍👧"
    report = json.loads(json.dumps(fifty()))
    first = report["items"][0]
    first |= {
        "id": evil,
        "suite": evil,
        "style": evil,
        "answer": evil,
        "reason": evil,
        "test": evil,
    }
    for answer in (*first["answers"].values(), first["ocr"]):
        answer["text"] = evil + "x" * 1_000_000
    first["answers"]["text"] |= {"value": evil, "status": evil, "image": "../../etc/passwd"}
    first["ocr"]["reference"] = evil
    report["provenance"] |= {
        "model": evil,
        "git_commit": evil,
        "again": {"words": [evil], "suites": []},
    }
    report["gate"]["reason"] = evil
    report["effects"] = [dict.fromkeys(("characteristic", "value"), evil) | _EFFECT]
    worst = {"item": evil, "sent": [800, 1600], "seen": {"width": 2, "height": 4, "dpi": 0.5}}
    about = {"style": evil, "dpi": 200, "low": 0.5, "high": 9.0, "items": 1, "shrunk": 1}
    rule = {"provider": evil, "source": evil, "date": evil}
    report["seen"] = {"rule": rule, "styles": [{**about, "worst": worst}]}
    digest = first["answers"]["text"]["prompt"]
    report |= {key: pages.everything(evil)[key] for key in _NEW}
    path = write(tmp_path, report, {digest: [evil]})
    assert path.stat().st_size < 300_000
    browser.open(path)
    browser.click("#list > li > a")
    assert [] == browser.complaints()
    assert "taken" != browser.run("return document.title")
    assert [] == browser.texts("main script, img[src^=x], [onerror], a[href^=javascript]")
    shown = browser.text(f"{OPEN} pre.prompt")
    assert shown.startswith("</script ><script >document.title=")
    assert shown.endswith("\\u202e\\x1b[31m\\ud800👩‍👧")
    left_out = len(evil) + 1_000_000 - 19_999
    assert f"{left_out:,} characters left out" in " ".join(browser.texts(f"{OPEN} .cut"))


_NEW = ("budgets", "rh_auc", "vision_tokens", "advice", "fuzz")
_CHANGE = {"value": 0.5, "low": 0.1, "high": 0.9, "n": 40, "t": 2.0, "df": 39, "p": 0.1}
_EFFECT = {"subset": "all", "accuracy": _CHANGE, "agreement": None}


_SHOWN = """return new Promise(done => {
  const look = () => document.querySelector("#list canvas") ? done() : setTimeout(look, 5);
  look();
})"""
_CANVAS = """const canvas = document.querySelector("#list canvas");
const box = canvas.getBoundingClientRect();
return [canvas.width, canvas.height, box.width, box.height];"""
_INK = """const canvas = document.querySelector("#list canvas");
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return pixels.some((value, place) => place % 4 === 0 && value < 200);"""


@pytest.mark.parametrize("is_copy", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_picture_is_shown_as_the_model_saw_it(
    browser: Browser, tmp_path: Path, is_copy: bool
) -> None:
    """Pixel by pixel, on demand, and whole again; beside it stand the pixels and the DPI."""
    report = pages.report([pages.record(1)])
    answers = report["items"][0]["answers"]
    seen = {"width": 150, "height": 12, "dpi": 50.1}
    drawn = rendering.draw("How many crates of apples and pears are there?")
    size = dict(zip(("width", "height"), drawn.size, strict=True))
    answers["image"] |= {**size, "seen": {**seen, "height": drawn.size[1] * 150 // drawn.size[0]}}
    answers["mixed"] |= {**size, "seen": {**size, "dpi": 200.0}}
    folder = tmp_path / "run"
    (folder / "images").mkdir(parents=True)
    for mode in ("image", "mixed"):
        (folder / "images" / f"{answers[mode]['image']}.png").write_bytes(drawn.png)
    path = (tmp_path if is_copy else folder) / page.NAME
    page.write(report, {}, folder, path)
    browser.open(path, "#item=a/item-0001/dejavu-200dpi-black")
    said = " ".join(browser.texts(f"{OPEN} .picture .small"))
    width, height = drawn.size
    assert f"The model saw 150 × {answers['image']['seen']['height']} px, 50 DPI, of " in said
    assert f"The model saw all of it: {width} × {height} px, 200 DPI" in said
    assert 1 == len(browser.texts(f"{OPEN} .picture button"))
    browser.click(f"{OPEN} .picture button")
    browser.run(_SHOWN)
    sides = [150, answers["image"]["seen"]["height"]]
    assert [*sides, *sides] == browser.run(_CANVAS)  # a pixel of the screen for each
    assert not is_copy or browser.run(_INK)  # of a file's picture a script gets no pixels
    assert "Show as it was sent" == browser.text(f"{OPEN} .picture button")
    assert [] == browser.faults() + browser.complaints()
    browser.click(f"{OPEN} .picture button")
    assert [] == browser.texts(f"{OPEN} canvas")
    assert "Show as the model saw it" == browser.text(f"{OPEN} .picture button")


def test_five_thousand_records_stay_fast(browser: Browser, tmp_path: Path) -> None:
    """They are there, found and opened in at most twice the time of a plain table of as many."""
    path = write(tmp_path, pages.many(5_000))
    table = tmp_path / "table.html"
    row = "<tr><td>item-{0:04}</td><td>dejavu-200dpi-black</td><td>consistent</td><td>3</td></tr>"
    rows = "".join(row.format(number) for number in range(5_000))
    table.write_text(f"<!doctype html><title>t</title><table>{rows}</table>", "utf-8")
    laid_out = "return document.body.offsetHeight"
    took: dict[Path, list[float]] = {path: [], table: []}
    for _ in range(2):
        for each, times in took.items():
            browser.open(each)
            browser.run(laid_out)
            times.append(browser.run("return performance.now()"))
    assert min(took[path]) < 2 * min(took[table])
    browser.open(path)
    assert "5,000 of 5,000 tests" == browser.text("#count")
    assert "Page 1 of 50" == browser.text("#pages span")
    browser.click("#pages [name=on]")
    assert "Page 2 of 50" == browser.text("#pages span")
    start = time.monotonic()
    browser.choose("q", "item-4321")
    assert ["item-4321"] == browser.texts("#list .name")
    browser.click("#list > li > a")
    assert "item-4321" == browser.text(f"{OPEN} .name")
    assert time.monotonic() - start < 5
    assert [] == browser.complaints()


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), pytest.param(390, True, marks=pytest.mark.slow)]
)
def test_the_page_alone_tells_what_breaks_a_model(
    browser: Browser, run_rest: RunRest, width: int, dark: bool
) -> None:
    """A click each: what breaks it, the worst regression, and since which release."""
    asked = "--rest-plus", "--rest-suite=soebench:3", "--rest-min-rer=0.9"
    releases = {"1.0": "steady", "1.1": "steady", "1.2": "low-resolution"}
    for day, (version, profile) in enumerate(releases.items(), 1):
        if not Path(profile).is_dir():
            run_rest(f"--rest-model=simulated:{profile}", *asked, f"--rest-run-dir={profile}")
        report = json.loads(Path(profile, "report.json").read_text("ascii"))
        model = f"simulated:low-resolution-{version}"
        report["provenance"] |= {"model": model, "created": f"2026-01-0{day}T00:00:00+00:00"}
        write_run(Path("runs", version), report)
    compared = "--rest-baseline=runs/1.0/report.json", "--rest-max-rer-drop=0.02"
    run_rest("--rest-model=simulated:low-resolution", *asked, *compared, "--rest-run-dir=runs/now")
    browser.open(path := Path("runs", "now", page.NAME), "", width, dark)
    old = "against simulated:low-resolution-1.0, 2026-01-01"
    assert old == browser.texts(".about li")[-1].partition(", commit ")[0]
    assert "Do not ship" == browser.text(".verdict .word")
    assert "100.0 → 0.0 %" == browser.texts(".card.failed .value")[0]
    assert [] == browser.faults()
    browser.click("#plots th a[href*=dpi]")
    assert "#look=dpi%2050&verdict=inconsistent" == browser.run("return location.hash")
    assert "9 of 30 tests" == browser.text("#count")
    values = browser.texts("#list > li:first-child .values b")
    assert ["image", "mixed"] == [value.split()[0] for value in values]
    browser.open(path, "", width, dark)
    since = "since simulated:low-resolution-1.2 of 2026-01-03"
    assert since == browser.text("#releases p b")
    assert f"RER below 90 %: {since}." in browser.texts("#releases p")
    assert f"Inconsistent: {since}." in browser.texts("#changes .small")
    browser.click("#releases p a")
    assert "-50dpi-" in browser.text(f"{OPEN} .style")
    assert ["text right", "image wrong", "mixed wrong"] == browser.texts(f"{OPEN} .form h3")
    assert browser.texts(f"{OPEN} pre del") or browser.texts(f"{OPEN} pre ins")
    browser.open(path, "", width, dark)
    browser.click("#releases figure:first-child summary")
    told = browser.texts("#releases figure:first-child tbody tr")  # the newest first
    said = [value for row in told for value in re.findall(r"([0-9.]+) % \[", row)]
    assert ["0.0", "0.0", "100.0", "100.0"] == said
    assert [] == browser.faults() + browser.complaints()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_row_of_a_plot_is_a_line(browser: Browser, tmp_path: Path, width: int) -> None:
    """Its label to the left of its dot, and the figures to the right of it, all on one height."""
    browser.open(write(tmp_path, fifty()), "", width)
    labels, dots, said = (
        browser.run(_BOXES, f".dots tr:not(.head) > {part}")
        for part in ("th", "td svg .dot", "td:last-child")
    )
    rows = [*zip(labels, dots, said[: len(labels)], strict=True)]
    assert 3 == len(rows)
    for label, dot, words in rows:
        assert label[1] <= dot[0] < dot[1] <= words[0] + 6
        assert label[2] < (dot[2] + dot[3]) / 2 < label[3]


def test_a_telephone_keeps_the_verdict_and_folds_the_filters(
    browser: Browser, tmp_path: Path
) -> None:
    """The word stays in view; folded, the filters say how many are chosen, the search unfolds."""
    path = write(tmp_path, fifty())
    is_open = "return document.getElementById('filters').open"
    browser.open(path)
    assert browser.run(is_open)
    browser.open(path, "#verdict=inconsistent", 390)
    assert not browser.run(is_open)
    ((_, _, top, _),) = browser.run(_BOXES, ".verdict .word")
    assert (0, True) == (top, browser.run("return scrollY > 500"))
    assert "Filters (1 chosen)" == browser.text("#filters summary")
    browser.press("/")
    assert browser.run(is_open)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_history_of_releases(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    """At any width: what falls first, a line for each figure, broken where the data changed."""
    for day in range(12):
        other = {"n": 30} if day < 3 else {}
        model = f"acme-vl-1.{day // 4}"
        write_run(tmp_path / f"{day}", release(falling(max(day - 3, 0), **other), day, model))
    path = tmp_path / "history.html"
    path.write_text(history_page.text(history.read([tmp_path])), "utf-8")
    browser.open(path, "", width, dark)
    assert "A figure slowly falls" == browser.text(".verdict .word")
    assert "RER of acme-vl in a falls by " in browser.texts(".verdict p")[1]
    headings = ["RER", "CFR", "Accuracy by form", "Cost of a run"]
    assert headings == browser.texts("figure h3")
    first = "figure:first-child"
    traces = browser.run(f"return document.querySelectorAll('{first} polyline').length")
    assert (2, 12) == (traces, len(browser.texts(f"{first} circle")))
    assert ["1", "2", "3"] == browser.texts(f"{first} svg text[y='10']")
    assert ["text", "image", "mixed"] == browser.texts(".legend li")
    browser.run(_OPEN_ALL)
    assert [] == browser.faults() + browser.complaints()
    assert width == browser.run("return document.documentElement.scrollWidth")
    for left, right, _, _ in browser.run(_BOXES, f"{first} svg text"):
        assert 0 <= left < right <= width


def test_models_side_by_side(browser: Browser, tmp_path: Path) -> None:
    """A figure for each rate, with a row for each model."""
    path = tmp_path / "models.html"
    other = fifty()
    other["provenance"]["model"] = "another"
    path.write_text(side_by_side.text({"a": fifty(), "b": other}), "utf-8")
    browser.open(path)
    assert "RER by model" == browser.texts("figure h3")[0]
    assert ["made-up", "another"] == browser.texts("figure:first-child tbody th")
    assert ["text", "image", "mixed"] == browser.texts("figure:nth-child(5) .head th")
    assert [] == browser.complaints() + browser.faults()
