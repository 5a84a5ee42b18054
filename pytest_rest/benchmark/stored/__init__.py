"""Reads answers that are stored already, from tables, JSON Lines and the logs of other harnesses.

What must hold of all rows together is checked here: an item is asked once in each form, all items
of a suite in the same forms, and all of one model.
"""

import hashlib
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pytest_rest.benchmark.stored import exported, logs, mapping
from pytest_rest.benchmark.stored.answers import StoredAnswers as StoredAnswers
from pytest_rest.benchmark.stored.answers import StoredCase as StoredCase
from pytest_rest.benchmark.stored.cells import COLUMNS, LONGEST_NAME, StoredCall, call, text
from pytest_rest.benchmark.stored.cells import UNKNOWN as UNKNOWN
from pytest_rest.benchmark.stored.items import item_of
from pytest_rest.benchmark.stored.mapping import OWN, Mapped
from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.benchmark.suites.rows import RowError
from pytest_rest.benchmark.yaml_nodes import quoted
from pytest_rest.errors import AnswersError, BenchmarkError, OptionError, nearest
from pytest_rest.line_file import LineFile
from pytest_rest.terms import (
    COMPARED,
    FILE,
    WITHOUT_STYLE,
    Item,
    Mode,
    Transcription,
    one_spelling,
)

_MOST_FAULTS = 20
_UNREAD: Mapping[Mode, Transcription] = {}  # one for all cases
_SOURCE = re.compile(r"(?P<told>(?:text|image|mixed|file)(?::[^\s@<>=/\\]{1,100})?=)?(?P<path>.+)")
_Key = tuple[str, str]  # suite, item
_Form = tuple[str, str]  # format, style


def load(
    sources: Sequence[str], mapped: Path | None = None, alike: Collection[str] = ()
) -> StoredAnswers:
    """The answers in files, `[FORM[:FORMAT]=]FILE`; `AnswersError` has a line for each fault.

    `alike` are the models that may answer for each other.
    """
    columns = mapping.load(mapped) if mapped else OWN
    gathering = _Gathering(alike, _suite(sources[0]))
    for source in sources:
        words, path = split(source)
        form, _, form_of = words.removesuffix("=").partition(":")
        told = {"form": form, "format": form_of}
        gathering.read(path, columns, {name: word for name, word in told.items() if word})
    return gathering.answers(tuple(sources), _stem(sources[0]))


def split(source: str) -> tuple[str, Path]:
    """`[FORM[:FORMAT]=]FILE` as what it says of all answers, `image:html=`, and the file."""
    match = _SOURCE.fullmatch(source)
    if match is None:
        raise OptionError(f"{source!r} is not the name of a file")
    return match["told"] or "", Path(match["path"]).expanduser()


class _Placed(NamedTuple):
    """A call in the file of all: in which of its lines."""

    mode: Mode
    repeat: int
    place: int


class _Gathering:
    """Gathers calls by item, format and style, and what is wrong with them."""

    def __init__(self, alike: Collection[str], suite: str) -> None:
        self._alike, self._suite = alike, suite
        self._faults: list[str] = []
        self._number = 0
        self._lines, self._fingerprint = LineFile(), hashlib.sha256()
        self._cases: dict[tuple[_Key, _Form], dict[tuple[Mode, int], _Placed]] = {}
        self._first: dict[_Key, StoredCall] = {}  # without its answer
        self._fields: set[str] = set()
        self._tags: dict[_Key, dict[str, None]] = defaultdict(dict)  # of all its rows
        self._readings: dict[tuple[_Key, _Form], dict[Mode, Transcription]] = defaultdict(dict)
        self._models: dict[str, str] = {}  # the place of each model's first answer

    def read(self, path: Path, mapped: Mapped, told: dict[str, str]) -> None:
        """Add the answers of a file; `told` is what its name on the command line said."""
        is_log = logs.is_log(path)
        if not (is_log or hub.format_of(path)):
            endings = ", ".join((*hub.SUFFIXES, logs.INSPECT))
            raise BenchmarkError(f"{str(path)!r} is not one of {endings}")
        unknown: set[str] = set()
        for row in logs.read(path, mapped.filter) if is_log else rows.read(path):
            place = f"{path}, {row.place}"
            if row.wrong:
                self._fault(place, row.wrong)
                continue
            is_own = exported.is_own(row.cells)
            for name in mapped.unknown(row.cells) if not (is_log or is_own) else ():
                if name not in unknown:
                    unknown.add(name)
                    self._fault(place, _unknown(name))
            try:
                if is_own:
                    is_csv = hub.format_of(path) == ".csv"
                    self._add_own(exported.read(row.cells, place, is_csv=is_csv))
                    continue
                for cells in mapped.calls({"suite": self._suite, **row.cells}):
                    self._add(call(_told(cells, told), place))
            except RowError as error:
                self._fault(place, str(error))

    def answers(self, sources: tuple[str, ...], name: str) -> StoredAnswers:
        """All of them; `AnswersError` where they are not one whole set."""
        self._check_models()
        by_item: dict[_Key, dict[_Form, list[_Placed]]] = defaultdict(dict)
        for (key, form), calls in self._cases.items():
            by_item[key][form] = list(calls.values())
        whole = {key: _shared(forms) for key, forms in by_item.items()}
        if not self._faults:  # else an answer is missing because its row is broken
            self._check_forms(whole)
        items = {key: self._item(key) for key in whole} if not self._faults else {}
        if self._faults or not items:
            more = self._number - len(self._faults)
            rest = [f"and {more:,} more"] if more else []
            raise AnswersError([*self._faults, *rest] or ["no answer is stored there"])
        cases = tuple(
            StoredCase(
                *(items[key], _style(form), form[0], self._lines),
                array("I", (each.place for each in sorted(calls, key=_order))).tobytes(),
                self._readings.get((key, form), _UNREAD),
            )
            for key in sorted(whole)
            for form, calls in sorted(whole[key].items())
        )
        counts = Counter(each.mode for each in cases[0].calls)
        has_styles = any(style for _, (_, style) in self._cases)
        modes = tuple(mode for mode in COMPARED if mode in counts)
        model = ", ".join(dict.fromkeys(one_spelling(self._models).values())) or name
        return StoredAnswers(
            *(cases, model, sources, modes, max(counts.values())),
            *(frozenset(self._fields), has_styles, self._fingerprint.hexdigest()),
        )

    def _add_own(self, each: StoredCall | None) -> None:
        if each is not None and each.reading is not None:
            form = ((each.suite, each.item), (each.format, each.style))
            self._fingerprint.update(each.reading.text.encode("utf-8", "surrogatepass"))
            self._readings[form][each.mode] = each.reading
        elif each is not None:
            self._add(each)

    def _add(self, each: StoredCall) -> None:
        key = (each.suite, each.item)
        line = each.to_json()
        self._fingerprint.update(line.encode("ascii"))
        self._fields.update(each.taken.get("fields", ()))
        first = self._first.get(key)
        if first is None or (each.expected and not first.expected):
            first = self._first[key] = replace(each, text="", value=None, taken={})
        self._tags[key].update(dict.fromkeys(each.tags))
        for name in ("expected", "kind"):
            told, before = getattr(each, name), getattr(first, name)
            if told and told != before:
                self._fault(each.place, f"{name} of {_named(each)} is another in {first.place}")
        calls = self._cases.setdefault((key, (each.format, each.style)), {})
        placed = _Placed(each.mode, each.repeat, self._lines.add(line))
        twin = calls.setdefault((each.mode, each.repeat), placed)
        if twin is not placed:
            form = " ".join(filter(None, (each.format, each.style, each.mode)))
            place = StoredCall.from_json(self._lines[twin.place]).place
            self._fault(each.place, f"{_named(each)} as {form} is already in {place}")
        if each.model:
            self._models.setdefault(each.model, each.place)

    def _check_models(self) -> None:
        full = one_spelling(self._models)
        if len({*full.values()}) > 1 and not set(self._models) <= set(self._alike):
            (one, _), *others = self._models.items()
            for model, place in others:
                if full[model] == full[one]:
                    continue
                said = f"answered by {quoted(model)}, and what is above by {quoted(one)}; "
                self._fault(place, f"{said}name them alike: --rest-allow-models")

    def _check_forms(self, whole: dict[_Key, dict[_Form, list[_Placed]]]) -> None:
        """Each item of a suite is asked as the others, as often, and in two modes at least."""
        asked: dict[str, Counter[tuple[_Form, Mode, int]]] = defaultdict(Counter)
        names: dict[str, _Form] = {}
        for (suite, _), forms in whole.items():
            asked[suite].update(
                {(form, each.mode, each.repeat) for form, calls in forms.items() for each in calls}
            )
        for form in {form for forms in whole.values() for form in forms}:
            if names.setdefault(_style(form), form) != form:
                fault = f"formats and styles make one name, {quoted(_style(form))}; rename one"
                raise AnswersError([fault])
        if len(modes := {mode for all_of in asked.values() for _, mode, _ in all_of}) < 2:
            said = f"only {', '.join(modes)}" if modes else "none"
            fault = f"agreement needs at least two forms of {', '.join(COMPARED)}; here is {said}"
            raise AnswersError([fault])
        for key, forms in whole.items():
            here = {(form, each.mode, each.repeat) for form in forms for each in forms[form]}
            wanted = {each for each in asked[key[0]] if each[1] != FILE}  # it may have no document
            for form, mode, repeat in sorted(wanted - here):
                said = " ".join(filter(None, (*form, mode)))
                again = f" (repeat {repeat})" if repeat else ""
                first = self._first[key]
                self._fault(first.place, f"{_named(first)} has no answer as {said}{again}")

    def _item(self, key: _Key) -> Item:
        first = self._first[key]
        try:
            return item_of(first, tuple(self._tags[key]))
        except BenchmarkError as error:
            self._fault(first.place, str(error))
            return Item(first.item, first.question, "", suite=first.suite)

    def _fault(self, place: str, text: str) -> None:
        self._number += 1
        if len(self._faults) < _MOST_FAULTS:
            self._faults.append(f"{place}: {text}")


def _shared(forms: dict[_Form, list[_Placed]]) -> dict[_Form, list[_Placed]]:
    """The forms of an item, where a text without a style is that of every style of its format."""
    styled = defaultdict(list)
    for form in forms:
        if form[1]:
            styled[form[0]].append(form)
    whole = {form: list(calls) for form, calls in forms.items()}
    for name, targets in styled.items():
        texts = whole.get((name, ""), [])
        if texts and all(each.mode in WITHOUT_STYLE for each in texts):
            del whole[name, ""]
            for form in targets:
                whole[form] += texts
    return whole


def _told(cells: dict[str, Any], told: dict[str, str]) -> dict[str, Any]:
    """The cells, with what the command line says of the whole file."""
    for name, value in told.items():
        if (said := text(cells, name).strip()) not in ("", value):
            raise RowError(f"{name} is {quoted(said)} here, and {value} on the command line")
    return {**cells, **told}


def _style(form: _Form) -> str:
    return "-".join(filter(None, form)) or UNKNOWN


def _order(each: _Placed) -> tuple[int, int]:
    return COMPARED.index(each.mode), each.repeat


def _named(each: StoredCall) -> str:
    return f"item {quoted(each.item)} of {quoted(each.suite)}"


def _unknown(name: str) -> str:
    hint = nearest(name, COLUMNS) or "; name it in a mapping, or ignore it there"
    hint = "; the mapping names another one in its place" if name in COLUMNS else hint
    return f"unknown column {quoted(name)}{hint}"


def _stem(source: str) -> str:
    path = split(source)[1]
    return path.name.removesuffix(hub.packing(path)).removesuffix(hub.format_of(path)) or UNKNOWN


def _suite(source: str) -> str:
    """What answers are called that do not say which suite they are of: the first file's name."""
    return re.sub(r"[^\w.-]{1,200}", "-", _stem(source))[:LONGEST_NAME]
