"""Turns the records of a run's tests into its report and its gate, and looks at nothing else.

So the shards of a run, their tallies added, are judged exactly as the run would have been.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from pytest_rest import gate, metrics, safe_text
from pytest_rest.benchmark.shard import Shard
from pytest_rest.dispatch.budgets import SPENT
from pytest_rest.gate import Gate, Look, regression
from pytest_rest.gate.regression import Tolerance
from pytest_rest.gate.thresholds import FIELD, TAG, Threshold, covers
from pytest_rest.metrics import Table, by_budget, by_field, formats
from pytest_rest.metrics.agreement import Grouped
from pytest_rest.metrics.by_budget import RhAuc
from pytest_rest.reporting import left_out, why_lost
from pytest_rest.reporting.answering_models import several
from pytest_rest.reporting.calls import calls, from_cache, models, own_calls
from pytest_rest.reporting.left_out import LeftOut
from pytest_rest.reporting.record_file import KeptRecord, RecordFile
from pytest_rest.reporting.report import Lost, Report, Stopped
from pytest_rest.terms import Completion, Record, Style, fingerprint, one_spelling, to_builtins

Key = tuple[str, str, str]  # suite, item, style
Test = tuple[str, Key]  # the test function that asks, and what it asks
_ABSENT = "no record came back: it did not run, or its worker crashed"
_INTERRUPTED = "the run was interrupted"


@dataclass(frozen=True)
class Rules:
    """What the whole run is judged by; a folder's thresholds come with its records."""

    thresholds: tuple[Threshold, ...] = ()
    max_lost: int = 0
    confidence: float | None = None
    baseline: Mapping[str, Any] | None = None
    tolerance: Tolerance = Tolerance()  # noqa: RUF009 (frozen)
    alike: tuple[str, ...] = ()  # models that may answer for each other
    allow_cached: bool = False  # answers of a gateway's cache


@dataclass(frozen=True)
class Spent:
    """What asking took; `spare` answers were paid for, but no record shows them."""

    seconds: float
    retries: int
    cached: int
    spare: Sequence[Completion]


@dataclass
class Tally:
    """What was selected and what came back, by test; a test's last record is the one that counts.

    `tests` has a test's record as `add` keeps it, or as long as there is none its item's digest;
    `of` is how many were selected: every report says how many, only one names them. `styles` are
    by id, `drawn` is what became of a data set's rows.
    """

    rules: Rules
    tests: dict[Test, Record | str] = field(default_factory=dict)
    of: int = 0
    reasons: dict[Test, str] = field(default_factory=dict)  # of those without a record
    failed: set[Test] = field(default_factory=set)
    thresholds: set[Threshold] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)  # what could not be collected
    styles: dict[str, Style] = field(default_factory=dict)
    drawn: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[tuple[str, str], LeftOut] = field(default_factory=dict)  # cannot be asked
    looks: Mapping[Threshold, Look] | None = None  # of a run that may stop early
    items_left_out: int = 0  # of one that did
    is_interrupted: bool = False  # by a person or a signal, before all tests were over
    file: RecordFile = field(default_factory=RecordFile)

    def select(self, test: Test, digest: str) -> bool:
        """Note a test and its item's digest; whether it was not known."""
        is_new = test not in self.tests
        if is_new:
            self.tests[test] = digest
        return is_new

    def add(self, test: Test, record: Record | str) -> KeptRecord:
        """Keep a test's record, or the one of a line of JSON, in place of an earlier one."""
        kept = self.tests[test] = self.file.keep(record)
        return kept

    def keep(self, tests: set[Test]) -> None:
        """Forget every test but these."""
        self.tests = {test: known for test, known in self.tests.items() if test in tests}
        self.of = len(tests)

    @property
    def records(self) -> dict[Test, Record]:
        """Those that came in."""
        return {test: known for test, known in self.tests.items() if isinstance(known, Record)}

    @property
    def digests(self) -> Iterator[tuple[Test, str]]:
        """Each test and its item's digest."""
        for test, known in self.tests.items():
            yield test, known if isinstance(known, str) else known.digest

    @property
    def lost(self) -> dict[Test, str]:
        """What gave no verdict, and why."""
        records = self.records
        lost = {test: r.verdict.reason for test, r in records.items() if r.verdict.lost}
        ended = next(filter(None, map(why_lost.ended, lost.values())), "")
        absent = _INTERRUPTED if self.is_interrupted else _ABSENT
        absent = f"it did not run: {ended}" if ended else absent
        absent_tests = (test for test in self.tests if test not in records)
        lost |= {test: self.reasons.get(test, absent) for test in absent_tests}
        lost |= {test: why for test, why in self._mixed().items() if test not in lost}
        for number in range(len(self.tests), self.of):
            lost["", ("", f"unnamed-{number}", "")] = "the list of what was selected did not arrive"
        return lost

    def _mixed(self) -> dict[Test, str]:
        """The tests of items that different models answered in different styles."""
        records = self.records
        if len({*one_spelling(models(records.values())).values()}) < 2:
            return {}
        by_item: dict[tuple[str, str], set[str]] = {}
        for (_, (suite, item, _)), record in records.items():
            answered = {call.model for call in own_calls(record) if call.model}
            by_item.setdefault((suite, item), set()).update(answered)
        why = {
            key: f"answered by {len(several)} models in its styles: {', '.join(sorted(several))}"
            for key, several in by_item.items()
            if len({*one_spelling(several).values()}) > 1 and not several <= {*self.rules.alike}
        }
        return {test: safe_text.shown(why[test[1][:2]]) for test in records if test[1][:2] in why}

    @property
    def prompts(self) -> list[str]:
        """The digests of the prompts that the records show, each once and in order."""
        came_in = (known for known in self.tests.values() if isinstance(known, Record))
        listed = sorted(call.prompt for record in came_in for call in calls(record))
        return [digest for digest, _ in groupby(listed)]

    @property
    def shown(self) -> dict[Key, Record]:
        """The record of each item and style; two tests may ask the same, and it counts once."""
        records = self.records
        return {test[1]: records[test] for test in self._in_order}

    @property
    def _in_order(self) -> list[Test]:
        """The tests that gave a record; of two that asked the same the last one is shown."""
        return sorted(self.records, key=lambda test: test[::-1])

    def report(self, about: Mapping[str, Any], spent: Spent, shard: Shard | None = None) -> Report:
        """The run's report, judged; of a shard only the lost items are judged.

        `about` is the provenance without what the tests themselves tell.
        """
        rules, lost, shown = self.rules, self.lost, self.shown
        whole = Grouped.of(_whole(shown, lost))
        amounts = about.get("budgets", {}).get("amounts", ())
        rh_auc = by_budget.measure(whole, amounts, about["seed"])
        judged = Grouped.of(by_budget.of_rest(whole))
        table = metrics.table(judged)
        part = self._unjudged(shard, lost) if shard else None
        report = Report(
            provenance=self._provenance(about),
            records=list(shown.values()),
            table=table,
            rh_auc=rh_auc,
            gate=part or self._gate(lost, rh_auc, table),
            lost=[Lost(*key, why) for key, why in sorted({(t[1], why) for t, why in lost.items()})],
            **to_builtins(spent),
            stopped=self._stopped(len(spent.spare) - _charts(about)),
            left_out=[self.left_out[key] for key in sorted(self.left_out)],
            styles=self.styles,
            tests={key: test for test, key in self._in_order},
            judged=judged,
        )
        if shard is not None or report.gate is None:
            return report
        final = report.gate
        if rules.baseline is not None:
            compared = regression.judge(
                rules.baseline, report.to_builtins(), rules.tolerance, rules.max_lost, rules.alike
            )
            told = ("model", "created", "git_commit")
            against = {name: rules.baseline.get(name) for name in told}
            final = gate.compare(final, replace(compared, against=against))
        is_judged = len(lost) <= rules.max_lost
        ended = self._why(lost) if lost and is_judged else ""
        warnings = [ended] if ended.startswith(SPENT) else []
        warnings += filter(None, [several(report.records, rules.alike)])
        final = gate.warn(final, "; ".join(warnings))
        final = gate.caution(final, report.cautions, is_first=is_judged)
        if self.left_out:
            final = replace(final, reason=f"{final.reason}; {left_out.said(len(self.left_out))}")
        return report.but(gate=final)

    def _stopped(self, spare: int) -> Stopped | None:
        """What stopping has saved, if each item takes as many calls as so far."""
        if not self.items_left_out:
            return None
        items = len({key[:2] for _, key in self.tests})
        saved = round(len(self.prompts) / items * self.items_left_out) - max(spare, 0)
        return Stopped(items, items + self.items_left_out, max(saved, 0))

    def _gate(self, lost: Mapping[Test, str], rh_auc: RhAuc | None, table: Table) -> Gate | None:
        rules = self.rules
        thresholds = self.thresholds | {*rules.thresholds}
        if not (thresholds or rules.baseline is not None or len(lost) > rules.max_lost):
            return None
        records = self.records
        tables, parts, names = {}, {}, {}
        for scope in {threshold.scope for threshold in thresholds} | {""}:
            # by item and style: two tests may ask the same, and it counts once
            here = {key: r for (origin, key), r in records.items() if covers(scope, origin)}
            whole = by_budget.of_rest(_whole(here, lost))
            tables[scope] = metrics.table(whole) if scope else table
            parts[scope] = _parts(whole, tables[scope], {each.part for each in thresholds})
            missing = {key for origin, key in lost if covers(scope, origin)}
            names[scope] = [f"{item}-{style}" for _, item, style in sorted(missing)]
        judged = gate.judge(
            sorted(thresholds),
            tables,
            names,
            rules.max_lost,
            confidence=rules.confidence,
            parts=parts,
            looks=self.looks,
            areas=rh_auc.areas if rh_auc else None,
            why_lost=self._why(lost),
        )
        cached = 0 if rules.allow_cached else from_cache(records.values())
        return gate.withhold(gate.distrust(judged, cached), self.broken)

    def _why(self, lost: Mapping[Test, str]) -> str:
        """Why items were lost, by name, or why all asking ended."""
        of = {key for _, key in (*self.tests, *lost)}
        return why_lost.first(lost.values(), len(of - {key for _, key in lost}), len(of))

    def _unjudged(self, shard: Shard, lost: Mapping[Test, str]) -> Gate:
        """A shard's gate: thresholds are judged on the whole run."""
        names = sorted(f"{item}-{style}" for _, (_, item, style) in lost)
        said = (
            gate.lost_reason(names, self.rules.max_lost, self._why(lost))
            if len(names) > self.rules.max_lost
            else f"shard {shard.name} is a part; thresholds are judged when the shards are merged"
        )
        return Gate(None, said, ())

    def _provenance(self, about: Mapping[str, Any]) -> dict[str, Any]:
        digests: dict[str, dict[str, str]] = {}  # by suite and item
        for (_, (suite, item, _)), digest in self.digests:
            digests.setdefault(suite, {})[item] = digest
        suites = [
            {
                "name": name,
                "items": len(items),
                "fingerprint": fingerprint(items.values()),
                **self.drawn.get(name, {"counts": {}, "left_out": []}),
            }
            for name, items in sorted(digests.items())
        ]
        styles = sorted({style for _, (_, _, style) in self.tests})
        own = own_styles(styles, self.styles)
        return {**about, "suites": suites, "styles": styles, "own_styles": own}


def own_styles(ids: Iterable[str], styles: Mapping[str, Style]) -> dict[str, Any]:
    """What the ids of styles from files stand for, with the digests of their fonts."""
    known = [styles[name] for name in ids if name in styles]
    own = [style for style in known if style.name or style.has_own_font]
    return {style.id: {**to_builtins(style), "digest": style.digest} for style in own}


def _whole(records: Mapping[Key, Record], lost: Iterable[Test]) -> list[Record]:
    """The records of items of which nothing was lost, in any style."""
    missing = {(suite, item) for _, (suite, item, _) in lost}
    return [record for (suite, item, _), record in records.items() if (suite, item) not in missing]


def _parts(whole: Sequence[Record], table: Table, asked: set[str]) -> Table:
    """The parts that are `asked` and no suites: formats, styles, tags and fields."""
    fields = [part.removeprefix(FIELD) for part in sorted(asked) if part.startswith(FIELD)]
    is_tagged = any(part.startswith(TAG) for part in asked)
    by_tag = metrics.by_tag(whole) if is_tagged else {}
    tags = {f"{TAG}{tag}": groups for tag, groups in by_tag.items()}
    in_formats = bool(asked & {record.format for record in whole} - {""})
    in_styles = bool(asked & {record.style for record in whole})
    return {
        **(formats.by_format(whole, table) if in_formats else {}),
        **(metrics.by_style(whole, table) if in_styles else {}),
        **{part: metrics.subsets_of_items(tags[part]) for part in asked & tags.keys()},
        **{f"{FIELD}{name}": each for name, each in by_field.tables(whole, fields).items()},
    }


def _charts(about: Mapping[str, Any]) -> int:
    """The calls of an eye chart before the run, which are no test's."""
    return int((about.get("eyechart") or {"calls": 0})["calls"])
