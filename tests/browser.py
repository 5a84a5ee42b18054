"""Debian's Chromium, for the tests of pages: what a page shows, and what it complains of."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars"),
)
_SERIOUS = ("serious", "critical")


class Browser:
    """One browser; each page is opened in the same tab."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, address: str = "", width: int = 1200, dark: bool = False) -> None:
        """Open a file anew, at that width; what it complained of before is forgotten."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")  # else only what is after # changes
        self.complaints()
        self.driver.get(f"{path.absolute().as_uri()}{address}")

    def complaints(self) -> list[str]:
        """What the console says since the last time: errors, and what the policy forbade.

        But for pictures that are not there: of made-up items there are none.
        """
        said = [each["message"] for each in self.driver.get_log("browser")]
        return [each for each in said if "/images/" not in each]

    def faults(self) -> list[str]:
        """What axe-core finds serious or critical, with the first element of each."""
        self.driver.execute_script(_axe())
        found = self.driver.execute_async_script(
            "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
        )
        bad = [each for each in found["violations"] if each["impact"] in _SERIOUS]
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in bad]

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def comes_true(self, script: str, seconds: float = 5.0) -> bool:
        """Whether a script returns something true within so many seconds."""
        end = time.monotonic() + seconds
        while not (is_true := bool(self.run(script))) and time.monotonic() < end:
            time.sleep(0.05)
        return is_true

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements, as they are shown."""
        every = "[...document.querySelectorAll(arguments[0])]"
        script = f"return {every}.map(e => e.innerText ?? e.textContent)"  # the second for SVG
        found: list[str] = self.run(script, selector)
        return found

    def text(self, selector: str) -> str:
        """The text of the one element there is."""
        (found,) = self.texts(selector)
        return found

    def click(self, selector: str) -> None:
        """Click as a person does: on what is there and is not covered."""
        from selenium.webdriver.common.by import By

        element = self.driver.find_element(By.CSS_SELECTOR, selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def point(self, selector: str, across: float, down: float, click: bool = False) -> None:
        """Move the mouse to a place in the one element, in pixels from its corner, and click."""
        box = "const box = document.querySelector(arguments[0]).getBoundingClientRect()"
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        left, top = self.run(f"{box}; return [box.left, box.top]", selector)
        kinds = ("mouseMoved", "mousePressed", "mouseReleased")
        for kind in kinds if click else kinds[:1]:
            button = "none" if kind == "mouseMoved" else "left"
            mouse = {"type": kind, "x": left + across, "y": top + down, "button": button}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {**mouse, "clickCount": 1})

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def choose(self, name: str, value: str) -> None:
        """Choose an option of a field of the filter, or write into it."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.select import Select

        field = self.driver.find_element(By.CSS_SELECTOR, f"#filter [name={name}]")
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        else:
            field.clear()
            field.send_keys(value)


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """A browser with a new profile; skips where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    chrome = webdriver.Chrome(options, Service(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


def _axe() -> str:
    return files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
