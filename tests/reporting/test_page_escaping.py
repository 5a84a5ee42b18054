"""Pages of reports whose every text is hostile: it is shown as text, and changes nothing else."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pages
import pytest
from test_page import data, written

from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting.page import side_by_side
from pytest_rest.terms import fingerprint

HOSTILE = """'"></title></style></script><script>alert(1)</script>{{ 7*191 }}{% raw %}{#&amp;"""
HARMLESS = "x" * len(HOSTILE)
STYLES = "courier-50dpi-red", "dejavu-200dpi-black"
_OURS = {"schema", "verdict", "mode", "metric", "subset", "part"}  # by which the page is laid out
_NAMES = {"a", *STYLES}


class Markup(HTMLParser):
    """A page's elements with the names of their attributes, and apart from them its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element's beginning."""
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.texts += [value for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        """An element's end."""
        self.elements.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        """A text."""
        self.texts.append(data)


def everywhere(content: Any, word: str) -> Any:
    """The same content with a word at the end of every text, and of suites' and styles' names."""
    if isinstance(content, dict):
        kept = {name: value for name, value in content.items() if name in _OURS}
        others = {
            f"{name}{word}" if name in _NAMES else name: everywhere(value, word)
            for name, value in content.items()
        }
        return others | kept
    if isinstance(content, list):
        return [everywhere(value, word) for value in content]
    return f"{content}{word}" if isinstance(content, str) else content


def report(word: str) -> dict[str, Any]:
    """A report with all that a page may have, and a word in every text of it."""
    records = [pages.record(n, style=style) for n in range(10) for style in STYLES]
    plain = pages.report(records, [Threshold("rer", ">=", 0.9)])
    new = ("budgets", "rh_auc", "vision_tokens", "advice", "fuzz")
    plain |= {key: value for key, value in pages.everything().items() if key in new}
    check = {"name": "rer_drop", "outcome": "failed", "reason": "worse", "change": 0.2}
    flips = {"worse": ["a/item-0005"], "better": [], "n": 10, "p": 0.03}
    answers = {"old": {"value": "was", "correct": True}, "new": {"value": "is", "correct": False}}
    form = {"mode": "image", "style": STYLES[0], "image": "../../x", "changed": True, **answers}
    item = {"suite": "a", "item": "fell", "kind": "worse", "forms": [form], "left_out": 0}
    counts = {"worse": 1, "same": 9, "better": 0, "old_model": "1.0", "new_model": "2.0"}
    changes = {**counts, "items": [item]}
    baseline = {"checks": [check | flips], "note": "another model", "changes": changes}
    plain["gate"]["baseline"] = baseline
    plain["lost"] = [{"suite": "a", "item": "gone", "style": "s", "reason": "HTTP 500"}]
    row = {"model": "of a paper", "rer": 0.5, "this_run": False}
    plain["published"] = {"differs": "suites", "this_run": {"rer": pages.RATE.value}, "rows": [row]}
    plain["provenance"] |= {"git_commit": "0123abc", "resolved_model": ["as it is served"]}
    whole: dict[str, Any] = everywhere(plain, word)
    return whole


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hostile report's page."""
    return written(tmp_path_factory.mktemp("hostile"), report(HOSTILE))


def test_hostile_texts_are_only_texts(page: str, tmp_path: Path) -> None:
    """They make no element and no attribute, end none, and no template evaluates them."""
    harmless = written(tmp_path, report(HARMLESS))
    assert Markup(harmless).elements == Markup(page).elements
    assert harmless.count(HARMLESS) > 100
    assert "1337" not in page


def test_hostile_texts_are_shown_as_they_are(page: str) -> None:
    """In each place that a text of somebody else reaches."""
    places = {"made-up", "as it is served", "0123abc", "rest-1 (36675e09)", "0.1.0", "text", "a"}
    places |= {"gone", "HTTP 500", ">=", "worse", "another model", "rer_drop"}
    places |= {"of a paper", "suites", *STYLES, "low", "Native", "avoid 50 DPI", "it is flat"}
    places |= {"fell", "was", "is", "1.0", "2.0"}
    places |= {"What is A?", "3", "It is 4.", "budget", "dejavu-black-50dpi"}
    texts = "\n".join(Markup(page).texts)
    assert set() == {place for place in places if f"{place}{HOSTILE}" not in texts}


def test_hostile_items_are_data(page: str) -> None:
    """What the page's script reads holds no markup, and each text whole."""
    block = page.partition('id="data">')[2].partition("</script>")[0]
    assert not {"<", ">", "&"} & {*block}
    found = data(page)
    (item, *_) = (each for each in found["items"] if each["style"] == f"{STYLES[0]}{HOSTILE}")
    assert [f"{name}{HOSTILE}" for name in ("item-0000", "a", "misread")] == [
        item[key] for key in ("id", "suite", "at")
    ]
    call = found["calls"][item["answers"][1]]
    assert (f"4{HOSTILE}", f"parsed{HOSTILE}") == (call["value"], call["status"])
    assert f"So A is 4.\nAnswer: 4{HOSTILE}" == found["texts"][call["text"]]


def whole(word: str) -> dict[str, Any]:
    """The same, with the items that it says it has, and their fingerprint."""
    content = {**report(word), "lost": []}
    digests = {entry["id"]: entry["digest"] for entry in content["items"]}
    content["provenance"]["suites"][0] |= {
        "items": len(digests),
        "fingerprint": fingerprint(digests.values()),
    }
    return content


def test_hostile_models_side_by_side() -> None:
    """The page of several models has the same elements, whatever the models are called."""
    hostile, harmless = (
        Markup(side_by_side.text({f"a{word}": whole(word), "b": whole(word)}))
        for word in (HOSTILE, HARMLESS)
    )
    assert harmless.elements == hostile.elements
    assert any(f"made-up{HOSTILE} (a{HOSTILE})" in text for text in hostile.texts)
