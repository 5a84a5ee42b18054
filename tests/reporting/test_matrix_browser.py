"""The page's matrix in a browser: what a pointer and the arrows say, and how fast it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
import pytest
from browser import Browser, started

from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.reporting import page
from pytest_rest.terms import Record

OPEN = "#list > li.open"
SAID = "#cell [role=status]"
CELLS = "#matrix .cells"
ENTER, LEFT, UP, RIGHT, DOWN = "\ue007", "\ue012", "\ue013", "\ue014", "\ue015"
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
    assert [] == browser.complaints() + browser.faults()
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
