"""Turns records into report.json, schema `pytest-rest/report/1`, and its parts into builtins."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_rest.gate import Gate
from pytest_rest.metrics import (
    SUBSETS,
    Metrics,
    Table,
    advice,
    answer_pages,
    by_budget,
    by_field,
    by_style,
    by_tag,
    chance,
    failure_causes,
    formats,
    judge_agreement,
    mode_tests,
    of_items,
    published_rows,
    reading,
    seen_dpi,
    style_effects,
    vision_tokens,
    worst,
    worst_mean,
)
from pytest_rest.metrics.advice import Advised
from pytest_rest.metrics.agreement import Grouped
from pytest_rest.metrics.answer_pages import LostAfter
from pytest_rest.metrics.by_budget import Budgeted, RhAuc
from pytest_rest.metrics.by_field import FieldFigures
from pytest_rest.metrics.formats import Formats
from pytest_rest.metrics.judge_agreement import JudgeAgreement
from pytest_rest.metrics.mode_tests import ModeTest
from pytest_rest.metrics.published_rows import Standing
from pytest_rest.metrics.reading import Explained
from pytest_rest.metrics.style_effects import StyleEffect
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.models import vision_rules
from pytest_rest.models.seen import SeenStyle
from pytest_rest.reporting import decision, parts, usage
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.calls import calls, from_cache
from pytest_rest.reporting.decision import Decision
from pytest_rest.reporting.entries import Entries
from pytest_rest.reporting.judgement import gate_to_builtins
from pytest_rest.reporting.left_out import LeftOut
from pytest_rest.safe_text import shown
from pytest_rest.terms import RH_BENCH, Completion, Record, Style

SCHEMA = "pytest-rest/report/1"
_WORST = ("rer", "cfr", "mmc", "all_correct")


@dataclass(frozen=True)
class Lost:
    """An item in a style that gave no verdict, and why."""

    suite: str
    item: str
    style: str
    reason: str

    @property
    def name(self) -> str:
        """As in the test's id: `soebench-0007-dejavu-200dpi-black`."""
        return f"{self.item}-{self.style}"


@dataclass(frozen=True)
class Stopped:
    """A run that ended early: after how many of its items, and about how many calls it saved."""

    items: int
    of: int
    calls_saved: int


@dataclass(frozen=True)
class Report:
    """A finished run: what its caller knows about it, and report.json made from that."""

    provenance: Mapping[str, Any]
    records: Sequence[Record]
    table: Table
    gate: Gate | None
    lost: Sequence[Lost]
    seconds: float
    retries: int = 0
    cached: int = 0
    spare: Sequence[Completion] = ()
    stopped: Stopped | None = None
    left_out: Sequence[LeftOut] = ()
    styles: Mapping[str, Style] = field(default_factory=dict)  # by the id that records have
    rh_auc: RhAuc | None = None  # of a run that asked RH-Bench
    shard: Mapping[str, Any] | None = None  # of a part, what it takes to merge it with the others
    fuzz: Mapping[str, Any] | None = None  # what was hunted for, and found
    tests: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # that gave a record
    judged: Grouped | None = None  # `whole`, where it is known
    history: Mapping[str, Any] | None = None  # the releases before it

    @cached_property
    def cautions(self) -> list[str]:
        """Why the agreement in a suite says nothing of the model, a line for each such suite."""
        return [f"{shown(each.suite, 40)}: {each.why}" for each in chance.trivial(self.whole)]

    @cached_property
    def reading(self) -> dict[str, Explained | None]:
        """How much of an inconsistency reading explains, by suite and pooled."""
        return reading.explained(self.whole)

    @cached_property
    def decision(self) -> Decision | None:
        """Whether to ship, and why; None for a part of a run."""
        rer = self.table["mean"]["all"].rate("rer") if "mean" in self.table else None
        return decision.of(
            gate_to_builtins(self.gate), rer, self.cautions, is_shard=bool(self.shard)
        )

    @cached_property
    def effects(self) -> list[StyleEffect]:
        """What each visual characteristic does; nothing where one style was asked."""
        return style_effects.table(self.records, self.styles)

    @cached_property
    def by_style(self) -> Table:
        """Each style's metrics, over all items that it lost nothing of."""
        judged = [r for r in by_budget.of_rest(self.records) if not r.verdict.lost]
        return by_style(judged, self.table)

    @cached_property
    def formats(self) -> Formats | None:
        """What the formats of texts and pictures do; None where no answer is in one."""
        return formats.measure(self.whole, self.table, self.by_style)

    @cached_property
    def judge(self) -> JudgeAgreement | None:
        """What a judge said of answers; None where none was asked."""
        return judge_agreement.measure(self.whole)

    @cached_property
    def fields(self) -> dict[str, FieldFigures]:
        """The figures of each field of answers; nothing where no answer has one."""
        return by_field.measure(self.whole)

    @cached_property
    def answer_pages(self) -> list[LostAfter]:
        """After which page answers are lost in each form; nothing where no page is known."""
        return answer_pages.measure(self.whole)

    @cached_property
    def tags(self) -> dict[str, Metrics]:
        """The metrics of the items of each tag, over all suites; nothing where no item has one."""
        return {tag: of_items(groups) for tag, groups in by_tag(self.whole).items()}

    @cached_property
    def tested(self) -> list[ModeTest]:
        """The tests of one mode against another."""
        return mode_tests.compare(self.whole)

    @cached_property
    def vision(self) -> Vision | None:
        """How many tokens pictures take beside their text; None where that is not known."""
        return vision_tokens.measure(self.whole, self._known, self._model, self.vision_rule)

    @cached_property
    def vision_rule(self) -> vision_rules.VisionRule:
        """What the model sees of a picture, as its provider or the user says."""
        told = (self.provenance.get(name) or 0 for name in ("max_side", "max_pixels"))
        return vision_rules.find(self._model, *told, is_own=bool(self.provenance.get("api_base")))

    @cached_property
    def seen(self) -> list[SeenStyle]:
        """At which DPI the pictures of each style reached the model, where that is known."""
        return seen_dpi.by_style(self.records, self._known)

    @cached_property
    def advice(self) -> Advised:
        """The advice that the run's own data support."""
        return advice.give(self.whole, self._known, self.effects, self.tested)

    @cached_property
    def usage(self) -> dict[str, Any]:
        """Calls, tokens, dollars; `cached` prompts were answered before this session."""
        records = [] if self.provenance.get("stored") else self.records  # of which none was asked
        told = {"seconds": self.seconds, "cached": self.cached, "from_cache": self.from_cache}
        return usage.of(records, self.spare, self.retries, told)

    @cached_property
    def from_cache(self) -> int:
        """How many prompts were answered by a gateway's cache, as it says."""
        return from_cache(self.records)

    @cached_property
    def standing(self) -> Standing | None:
        """Where the run stands among REST's published rows, by its answers in REST's style."""
        if self.provenance.get("published") == "off":
            return None
        usual = {name for name, style in self._known.items() if style == Style()}
        here = [record for record in self.whole if record.style in usual]
        is_whole = len(here) == len(self.whole)
        protocol = str(self.provenance.get("protocol", "our own"))
        own = (self.whole, self.table) if is_whole else (here, None)
        return published_rows.standing(own[0], self._model, protocol, own[1])

    @property
    def _known(self) -> dict[str, Style]:
        """The styles by their ids, REST's among them."""
        return {Style().id: Style(), **self.styles}

    @property
    def _model(self) -> str:
        names = map(self.provenance.get, ("resolved_name", "model"))
        return str(next(filter(None, names), "this run"))

    @cached_property
    def whole(self) -> Grouped:
        """The records of items that lost nothing in any style, from which metrics are computed.

        RH-Bench's items have one form, and figures of their own.
        """
        if self.judged is not None:
            return self.judged
        lost = {(lost.suite, lost.item) for lost in self.lost}
        lost |= {record.key[:2] for record in self.records if record.verdict.lost}
        records = by_budget.of_rest(self.records)
        return Grouped.of(record for record in records if record.key[:2] not in lost)

    @cached_property
    def budgets(self) -> Mapping[str, Sequence[Budgeted]]:
        """REST's metrics under each budget of a sweep, by suite, mean and pooled."""
        about = self.provenance.get("budgets")
        return by_budget.table(self.whole, about["amounts"]) if about else {}

    def to_builtins(self) -> dict[str, Any]:
        """The whole report; items in the order of suite, item and style."""
        return {**self._head, "items": [*self._items]}

    def content(self) -> dict[str, Any]:
        """The same, but each item is built when it is looked up: thousands take no memory."""
        return {**self._head, "items": self._items}

    @cached_property
    def _items(self) -> Entries:
        return Entries(sorted(self.records, key=lambda record: record.key), self.tests)

    @cached_property
    def _head(self) -> dict[str, Any]:
        models = sorted({call.model for r in self.records for call in calls(r) if call.model})
        return {
            "schema": SCHEMA,
            "provenance": {**self.provenance, "resolved_model": models},
            "metrics": {
                scope: {subset: self._metrics(scope, subset) for subset in SUBSETS}
                for scope in self.table
            },
            "styles": {
                style: subsets["all"].to_builtins() for style, subsets in self.by_style.items()
            },
            **parts.to_builtins(self.tags, self.fields),
            "tests": {test.name: test.to_builtins() for test in self.tested},
            "cautions": self.cautions,
            "failed_at": failure_causes.count(self.whole),
            "abstained": failure_causes.abstentions(self.whole),
            "reading": {scope: part and asdict(part) for scope, part in self.reading.items()},
            "effects": [asdict(effect) for effect in self.effects],
            **({"formats": self.formats.to_builtins()} if self.formats else {}),
            **({"judge": self.judge.to_builtins()} if self.judge else {}),
            **({"answer_pages": [*map(asdict, self.answer_pages)]} if self.answer_pages else {}),
            "seen": parts.seen_to_builtins(self.vision_rule, self.seen),
            **self._sweep,
            "vision_tokens": self.vision and self.vision.to_builtins(),
            "advice": self.advice.to_builtins(),
            "published": self.standing and self.standing.to_builtins(),
            "decision": decision.to_builtins(self.decision),
            "gate": {
                **gate_to_builtins(self.gate),
                "early_stop": self.stopped and asdict(self.stopped),
            },
            **({"history": self.history} if self.history else {}),
            "lost": [asdict(lost) for lost in self.lost],
            "unaskable": [asdict(left_out) for left_out in self.left_out],
            "usage": self.usage,
            "fuzz": self.fuzz,
            **({"shard": self.shard} if self.shard else {}),
        }

    def but(self, **fields: Any) -> "Report":
        """The same run with other gate, hunt or shard; its figures are worked out once."""
        other = replace(self, **fields)
        cached = {"decision", "_head", *fields}
        vars(other).update({name: own for name, own in vars(self).items() if name not in cached})
        return other

    def write(self, path: Path) -> None:
        """Write the report as ASCII JSON, in one step, so that no reader sees half of it."""
        save(self._json(), path)

    def _json(self) -> Iterator[str]:
        """A line for each item and for what only the merge reads; the rest is for people."""
        content = {**self._head}
        shard = content.pop("shard", None)
        yield json.dumps(content, indent=1, allow_nan=False)[:-2]
        if shard:
            yield f',\n "shard": {json.dumps(shard, allow_nan=False)}'
        yield ',\n "items": ['
        for number, line in enumerate(self._items.lines()):
            yield f"{',' if number else ''}\n  {line}"
        yield "\n ]\n}\n"

    @property
    def _sweep(self) -> dict[str, Any]:
        """What a sweep over budgets adds."""
        if not (about := self.provenance.get("budgets")):
            return {}
        suites = {
            scope: [budgeted.to_builtins() for budgeted in budgets]
            for scope, budgets in self.budgets.items()
        }
        measured = self.rh_auc and self.rh_auc.to_builtins()
        return {"budgets": {**about, "suites": suites}, "rh_auc": measured}

    def _metrics(self, scope: str, subset: str) -> dict[str, Any]:
        metrics = self.table[scope][subset].to_builtins()  # type: ignore[index]
        # Whether a lost item would have been read right is not known.
        return {**metrics, "worst": self.worst(scope)} if subset == "all" else metrics

    def worst(self, scope: str) -> dict[str, float | None]:
        """A scope's rates on all items with every lost item counted against the model."""
        items = {(lost.suite, lost.item) for lost in self.lost if lost.suite != RH_BENCH}
        here = {key for key in items if scope in ("mean", "pooled", key[0])}
        lost = {
            name: Counter(key[0] for key in (here if name == "rer" else here - self._unjudged))
            for name in _WORST
        }
        if scope == "mean":
            return {name: worst_mean(self.table, name, lost[name]) for name in _WORST}
        metrics = self.table[scope]["all"]
        return {name: worst(metrics.rate(name), name, lost[name].total()) for name in _WORST}

    @cached_property
    def _unjudged(self) -> set[tuple[str, str]]:
        """The lost items of which nobody says what is right."""
        return {r.key[:2] for r in self.records if r.verdict.lost and not r.is_judged}
