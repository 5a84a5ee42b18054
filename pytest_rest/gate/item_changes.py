"""Turns two paired runs into the items that became worse or better, with the forms that changed.

Worse is an item that was consistent and is no longer, as RER counts it. A baseline's file has no
answers, so that of its forms only whether they were right is known; a report has both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pytest_rest.gate.baseline import SCHEMA, JsonObject
from pytest_rest.gate.paired_runs import PairedComparison
from pytest_rest.terms import COMPARED, WITHOUT_STYLE, Mode

MOST = 50  # items of each kind whose forms are told
_FORMS = 12  # of an item
_VALUE = 300  # characters

Form = tuple[str, Mode]  # a style, empty for a form that has none, and a mode
Kind = Literal["worse", "better"]
_WORDS = {"right": True, "wrong": False, "unknown": None}


@dataclass(frozen=True)
class FormAnswer:
    """What a form was answered: its value as far as it is known, and whether it is right."""

    is_known: bool
    value: str | None
    correct: bool | None

    def to_builtins(self) -> dict[str, Any]:
        """Without the value where it is not known; null where there was no answer."""
        value = (
            {"value": None if self.value is None else str(self.value)[:_VALUE]}
            if self.is_known
            else {}
        )
        return {**value, "correct": self.correct}


@dataclass(frozen=True)
class FormChange:
    """One form before and now, and the digest of the picture it has now."""

    mode: Mode
    style: str
    old: FormAnswer
    new: FormAnswer
    image: str

    @property
    def has_changed(self) -> bool:
        """Whether it is another value, or right where it was wrong, or the other way."""
        if self.old.is_known and self.new.is_known:
            return self.old.value != self.new.value
        return self.old.correct is not self.new.correct

    def to_builtins(self) -> dict[str, Any]:
        """As the report has it."""
        answers = {"old": self.old.to_builtins(), "new": self.new.to_builtins()}
        about = {"mode": self.mode, "style": self.style, "image": self.image}
        return {**about, "changed": self.has_changed, **answers}


@dataclass(frozen=True)
class ItemChange:
    """An item that became worse or better: its text form, and those of its others that changed.

    `left_out` is how many more there are.
    """

    suite: str
    item: str
    kind: Kind
    forms: Sequence[FormChange]
    left_out: int

    @property
    def changed(self) -> int:
        """How many of its forms changed."""
        return sum(form.has_changed for form in self.forms) + self.left_out


@dataclass(frozen=True)
class ItemChanges:
    """How many items became worse, stayed and became better, and the first of them, those of
    which most forms changed before others."""

    old_model: str
    new_model: str
    worse: int
    same: int
    better: int
    items: Sequence[ItemChange]

    def to_builtins(self) -> dict[str, Any]:
        """As the report has it."""
        items = [
            {**asdict(each), "forms": [form.to_builtins() for form in each.forms]}
            for each in self.items
        ]
        return {**asdict(self), "items": items}


def answers(report: JsonObject) -> JsonObject:
    """The values of a report's items by item, style and mode, which its baseline has not."""
    values: dict[str, dict[str, dict[str, str | None]]] = {}
    for record in () if report["schema"] == SCHEMA else report["items"]:
        told = {mode: answer["value"] for mode, answer in record["answers"].items()}
        values.setdefault(_name(record), {})[record["style"]] = told
    return {"answers": values}


def find(old: JsonObject, new: JsonObject, compared: PairedComparison) -> ItemChanges:
    """The changes from a report, or a baseline that may have `answers`, to a report."""
    counts = compared.rer
    kinds: dict[str, Kind] = dict.fromkeys(counts.worse, "worse")
    kinds |= dict.fromkeys(counts.better, "better")
    before, after = _forms(old, kinds), _forms(new, kinds)
    pictures = _pictures(new, kinds)
    items = [
        _change(name, kind, before[name], after[name], pictures) for name, kind in kinds.items()
    ]
    items.sort(key=lambda item: (-item.changed, item.suite, item.item))
    first = [[item for item in items if item.kind == kind][:MOST] for kind in ("worse", "better")]
    return ItemChanges(
        old_model=compared.old_model,
        new_model=compared.new_model,
        worse=len(counts.worse),
        same=counts.n - len(counts.worse) - len(counts.better),
        better=len(counts.better),
        items=[*first[0], *first[1]],
    )


def _change(
    name: str,
    kind: Kind,
    before: Mapping[Form, FormAnswer],
    after: Mapping[Form, FormAnswer],
    pictures: Mapping[tuple[str, Form], str],
) -> ItemChange:
    forms = [
        FormChange(mode, style, before[style, mode], now, pictures.get((name, (style, mode)), ""))
        for (style, mode), now in after.items()
        if (style, mode) in before
    ]
    told = [form for form in forms if form.mode == "text" or form.has_changed]
    told.sort(key=lambda form: (form.mode != "text", form.style, COMPARED.index(form.mode)))
    suite, _, item = name.partition("/")
    return ItemChange(suite, item, kind, told[:_FORMS], max(len(told) - _FORMS, 0))


def _forms(run: JsonObject, wanted: Mapping[str, Kind]) -> dict[str, dict[Form, FormAnswer]]:
    """What the wanted items' forms were answered; those that styles share once."""
    forms: dict[str, dict[Form, FormAnswer]] = {}
    told = _of_baseline(run) if run["schema"] == SCHEMA else _of_report(run)
    for name, style, mode, answer in told:
        if name in wanted:
            key = ("" if mode in WITHOUT_STYLE else style, mode)
            forms.setdefault(name, {}).setdefault(key, answer)
    return forms


_Told = Iterator[tuple[str, str, Mode, FormAnswer]]


def _of_report(report: JsonObject) -> _Told:
    for record in report["items"]:
        for mode in COMPARED:
            if answer := record["answers"].get(mode):
                known = FormAnswer(True, answer["value"], answer["correct"])
                yield _name(record), record["style"], mode, known


def _of_baseline(baseline: JsonObject) -> _Told:
    values = baseline.get("answers", {})
    for item in baseline["items"]:
        for style, judged in item["styles"].items():
            known = values.get(_name(item), {}).get(style, {})
            for word, correct in _WORDS.items():
                for mode in judged.get(word, ()):
                    answer = FormAnswer(mode in known, known.get(mode), correct)
                    yield _name(item), style, mode, answer


def _pictures(report: JsonObject, wanted: Mapping[str, Kind]) -> dict[tuple[str, Form], str]:
    return {
        (name, (record["style"], mode)): record["answers"][mode].get("image") or ""
        for record in report["items"]
        if report["schema"] != SCHEMA and (name := _name(record)) in wanted
        for mode in record["answers"]
    }


def _name(item: JsonObject) -> str:
    return f"{item['suite']}/{item['id']}"
