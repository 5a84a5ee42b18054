"""The page's matrix in a browser: what a pointer and the arrows say, and how fast it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
import pytest
from browser import Browser, started

from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.gate import item_changes, paired_runs
from pytest_rest.reporting import page
from pytest_rest.reporting.entries import entry
from pytest_rest.terms import Record

pytestmark = pytest.mark.costly
OPEN = "#list > li.open"
SAID = "#cell [role=status]"
CELLS = "#matrix .cells"
ENTER, END, LEFT, UP, RIGHT = "\ue007", "\ue010", "\ue012", "\ue013", "\ue014"
TOP, ROW = 36, 22  # pixels above the rows, and those of a row where there are few


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the whole file."""
    with started(tmp_path_factory.mktemp("profile")) as found:
        yield found


def plus(n: int) -> list[Record]:
    """Records of so many items in REST+'s styles; of every fifth item the pictures are misread."""
    return [
        pages.record(number, style=style.id)
        for number in range(n)
        for style in rest_plus(f"{number}", 0)
    ]


def written(folder: Path, report: Any) -> Path:
    """The page of a report."""
    page.write(report, {}, folder, folder / page.NAME)
    return folder / page.NAME


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_matrix_says_what_is_under_the_pointer_and_the_arrows(
    browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    """Item, form, value and whether it is right; a click and Enter open the item in the list."""
    browser.open(written(tmp_path, pages.report(plus(6))), "", width, dark)
    assert width == browser.run("return document.documentElement.scrollWidth")
    assert ["right 106", "deviates 20"] == browser.texts("#matrix .legend li")
    across = browser.run("return document.querySelector('#matrix canvas').clientWidth")
    browser.point("#matrix canvas", across - 4, TOP + ROW + 5)
    assert "item-0005 · mixed, cursive-200dpi-black · 3: right" == browser.text(SAID)
    browser.point("#matrix canvas", 4, TOP + 2 * ROW + 5, click=True)
    assert "item-0001 · text · 3: right" == browser.text(SAID)
    assert browser.comes_true(f"return document.querySelector('{OPEN}')")
    assert "item-0001" == browser.text(f"{OPEN} .name")
    browser.run(f"document.querySelector('{CELLS}').focus()")
    browser.press(UP, UP, RIGHT)
    said = "item-0000 · image, dejavu-50dpi-black · 4: deviates from 3"
    assert said == browser.text(SAID)
    browser.press(LEFT, LEFT, UP, RIGHT, ENTER)  # it stays within the matrix
    assert browser.comes_true(
        f"return document.querySelector('{OPEN} .name').innerText === 'item-0000'"
    )
    assert "dejavu-50dpi-black" == browser.text(f"{OPEN} .style")
    assert said == browser.text(SAID)
    assert [] == browser.complaints()


def since_all_was_right() -> dict[str, Any]:
    """A report whose baseline had the sixth item right in every form."""
    new = pages.report(plus(6))
    old = json.loads(json.dumps(new))
    for each in old["items"]:
        if each["id"] == "item-0005":
            each["verdict"] = "consistent"
            each["answers"]["image"] |= {"value": "3", "correct": True}
    changes = item_changes.find(old, new, paired_runs.compare(old, new)).to_builtins()
    told = {"note": "", "warning": "", "left_out": [], "checks": [], "changes": changes}
    return {**new, "gate": {**new["gate"], "baseline": told}}


_SLOW = [(1280, False), (1280, True), (390, True)]


@pytest.mark.parametrize(
    ("width", "dark"),
    [(390, False), *(pytest.param(*each, marks=pytest.mark.slow) for each in _SLOW)],
)
def test_what_became_worse_and_in_which_style_is_a_click_away(
    browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    """Both releases' answers stand side by side; a cell of the heat map leads to its items."""
    browser.open(written(tmp_path, since_all_was_right()), "", width, dark)
    assert [] == browser.complaints() + browser.faults()
    assert width == browser.run("return document.documentElement.scrollWidth")
    assert ["1 worse", "0 better"] == browser.texts(".counts b")
    rows = [text.replace("\t", " ") for text in browser.texts(".changed tbody tr")[:2]]
    assert ["text 3 right 3 right", "image, courier-100dpi-black 3 right 4 wrong"] == rows
    browser.click(".changed thead a")
    assert browser.comes_true(f"return document.querySelector('{OPEN}')")
    assert "item-0005" == browser.text(f"{OPEN} .name")
    assert ["50 DPI", "100 DPI", "200 DPI"] == browser.texts(".heat thead th")
    assert ["dejavu", "courier", "cursive", "colour"] == browser.texts(".heat tbody th")
    browser.click(".heat tr:nth-child(3) .warm a")
    assert browser.comes_true("return location.hash.includes('cursive-50dpi-black')")
    assert "2 of 60 tests" == browser.text("#count")


_BARE = """<!doctype html><meta charset="utf-8"><title>bare</title><canvas></canvas><script>
const [wide, high] = [21, 10000];
const image = new ImageData(wide, high);
const packed = new Uint32Array(image.data.buffer);
for (let each = 0; each < packed.length; each++) packed[each] = each % 5 ? 0xffd1d8a9 : 0xff0f48d9;
const small = new OffscreenCanvas(wide, high);
small.getContext("2d").putImageData(image, 0, 0);
const canvas = document.querySelector("canvas");
[canvas.width, canvas.height] = [1180, 560];
const context = canvas.getContext("2d");
context.imageSmoothingEnabled = false;
context.drawImage(small, 0, 0, wide, high, 0, 0, 1180, 560);
canvas.addEventListener("pointermove", (event) => (document.title = event.offsetX));
</script>"""
_LOADED = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
_MOVE = """const [cells, done] = [document.querySelector(arguments[0]), arguments[1]];
const box = cells.getBoundingClientRect();
const took = [];
let left = 40;
const one = () => {
  const start = performance.now();
  const [clientX, clientY] = [box.left + 5 + left * 7 % (box.width - 9), box.top + 40 + left * 11];
  cells.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
  requestAnimationFrame(() => {
    const channel = new MessageChannel(); // after the frame is drawn
    channel.port1.onmessage = () => {
      took.push(performance.now() - start);
      if (--left) one();
      else done(took.sort((a, b) => a - b)[20]);
    };
    channel.port2.postMessage(0);
  });
};
one();"""


@pytest.mark.slow
def test_ten_thousand_items_in_21_forms_are_there_at_once(browser: Browser, tmp_path: Path) -> None:
    """First paint, hover and scrolling, against a bare canvas of as many cells."""
    report = pages.report(plus(6))
    records = plus(10_000)
    path = written(tmp_path, report | {"items": [entry(record) for record in records]})
    bare = tmp_path / "bare.html"
    bare.write_text(_BARE, "utf-8")
    took: dict[Path, list[tuple[float, float]]] = {path: [], bare: []}
    for _ in range(3):
        for each, times in took.items():
            browser.open(each, "", 1280)
            assert browser.comes_true(_LOADED)
            paint = browser.run(_LOADED)  # when all is drawn, the list too
            target = "#matrix canvas" if each == path else "canvas"
            times.append((paint, browser.driver.execute_async_script(_MOVE, target)))
    paint, hover = (min(times) for times in zip(*took[path], strict=True))
    bare_paint, bare_hover = (min(times) for times in zip(*took[bare], strict=True))
    print(
        f"paint {paint:.0f} ms, bare {bare_paint:.0f}; hover {hover:.1f} ms, bare {bare_hover:.1f}"
    )
    browser.open(path, "", 1280)
    assert paint < 40 * bare_paint  # 2 s where a bare one takes 50 ms
    assert hover < 3 * bare_hover  # 50 ms, where a frame takes 17
    browser.run(f"document.querySelector('{CELLS}').focus()")
    browser.press(END, RIGHT)
    assert browser.text(SAID).startswith("item-9999 · ")
    assert "10,000" in browser.text("#matrix .what")
    assert [] == browser.complaints()
