"""Turns what changed since the baseline into the items that the page shows of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.releases import Since, since
from pytest_rest.safe_text import shown

_MOST_PICTURES = 12  # so that a copy, which has each in it, grows by half a megabyte at most
_FORMS = 5


@dataclass(frozen=True)
class Answered:
    """A form's answer in one of the runs, and the class of how it was judged."""

    said: str
    kind: str
    word: str


@dataclass(frozen=True)
class ChangedForm:
    """A form with its answers in both runs."""

    name: str
    changed: bool
    old: Answered
    new: Answered


@dataclass(frozen=True)
class ChangedItem:
    """An item that became worse or better; `href` opens it in the list."""

    name: str
    href: str
    picture: str
    pictured: str  # the form that the picture is of
    forms: Sequence[ChangedForm]
    left_out: int
    since: str  # which run it is inconsistent, where that is known


@dataclass(frozen=True)
class Changes:
    """The items by what became of them, each kind with the number of all of them."""

    counts: Builtins
    worse: Sequence[ChangedItem]
    better: Sequence[ChangedItem]


def changes(report: Builtins, source: Callable[[str], str]) -> Changes | None:
    """What changed since the baseline; None where nothing was compared."""
    told = (report["gate"]["baseline"] or {}).get("changes")
    if not told:
        return None
    pictured, known = 0, since(report)
    worse: list[ChangedItem] = []
    better: list[ChangedItem] = []
    for item in told["items"]:
        place = _picture(item, source) if pictured < _MOST_PICTURES else ("", "")
        pictured += bool(place[0])
        (better if item["kind"] == "better" else worse).append(_item(item, known, *place))
    return Changes(told, worse, better)


def _item(item: Mapping[str, Any], known: Since, picture: str, pictured: str) -> ChangedItem:
    forms = item["forms"]
    changed = [form for form in forms if form["style"] and form["changed"]]
    suite, name = shown(item["suite"]), shown(item["item"])
    view = f"q={quote(name, safe='')}"
    if changed:
        view = f"item={quote(f'{suite}/{name}/' + shown(changed[0]['style']), safe='')}"
    return ChangedItem(
        name=item["item"],
        href=f"#{view}",
        picture=picture,
        pictured=pictured,
        forms=[
            ChangedForm(
                _name(form), form["changed"], _answered(form["old"]), _answered(form["new"])
            )
            for form in forms[:_FORMS]
        ],
        left_out=len(forms[_FORMS:]) + item["left_out"],
        since=known.get((item["suite"], item["item"]), ""),
    )


def _picture(item: Mapping[str, Any], source: Callable[[str], str]) -> tuple[str, str]:
    """Where the picture of the first form that changed is, and which form that is."""
    for form in item["forms"]:
        if form["changed"] and (place := source(form["image"])):
            return place, _name(form)
    return "", ""


def _name(form: Mapping[str, Any]) -> str:
    return f"{form['mode']}, {form['style']}" if form["style"] else str(form["mode"])


def _answered(answer: Mapping[str, Any]) -> Answered:
    words = {True: "right", False: "wrong", None: ""}
    word = words[answer["correct"]]
    if "value" not in answer:
        return Answered(word or "not known", word, "")
    if answer["value"] is None:
        return Answered("no answer", "wrong", "")
    return Answered(answer["value"], word, word)
