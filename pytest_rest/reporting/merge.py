"""Turns the reports of a run's shards into the report of the run, as if it had been asked at once.

A shard's report carries, beside its items, what the tally of its tests needs. Shards of different
runs are refused, and so are shards that together do not hold every test of their run: what was not
asked must not look as if it had been.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from pytest_rest.benchmark import shard
from pytest_rest.errors import ShardError
from pytest_rest.gate.baseline import REPORTS
from pytest_rest.gate.regression import Tolerance
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting.left_out import LeftOut
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.rerun_command import node_id
from pytest_rest.reporting.results import Rules, Spent, Tally, Test
from pytest_rest.safe_text import shown
from pytest_rest.terms import Completion, Record, Style, to_builtins

Builtins = Mapping[str, Any]

# Provenance that a shard may have of its own: all other is the run's.
_PLACES = ("api_base", "replay_of")
_COUNTED = ("resolved_model", "suites", "styles", "own_styles")
_OWN = ("shard", "created", "again", "batches", *_PLACES, *_COUNTED)


@dataclass(frozen=True)
class Merged:
    """The run's report, and what failed in its shards, gate or not: tests, and collecting them."""

    report: Report
    failed: tuple[str, ...]
    rules: Rules


def carrying(
    report: Report, tally: Tally, whole: Builtins | None, spare: Sequence[Completion]
) -> Report:
    """A shard's report with what a merge needs; `whole` is the digest of all shards' tests."""
    shown_records = tally.shown
    records, tests = tally.records, []
    for (origin, key), digest in sorted(tally.digests):
        record = records.get((origin, key))
        own = record and record.to_json() != shown_records[key].to_json()
        tests.append(
            {
                "test": origin,
                "case": [*key],
                "digest": digest,
                "record": record.to_builtins() if record and own else bool(record),
                "reason": tally.reasons.get((origin, key)),
                "failed": (origin, key) in tally.failed,
            }
        )
    carried = {
        "whole": whole and dict(whole),
        "of": tally.of,
        "tests": tests,
        "broken": tally.broken,
        "rules": asdict(tally.rules),
        "thresholds": [asdict(threshold) for threshold in sorted(tally.thresholds)],
        "styles": [*map(to_builtins, tally.styles.values())],
        "spare": [to_builtins(replace(completion, text="")) for completion in spare],
    }
    return report.but(shard=carried)


def merge(reports: Mapping[str, Builtins]) -> Merged:
    """One report from all shards, whatever their order; the keys name them in errors.

    Metrics, tests and gate are computed anew from the records. `ShardError` says what is missing,
    what differs, or what cannot be read.
    """
    try:
        return _merge(_in_order(reports))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ShardError(
            f"a shard's report cannot be read: {type(error).__name__} {error}; ask it again"
        ) from None


def _in_order(reports: Mapping[str, Builtins]) -> list[Builtins]:
    """The shards by number; refuses a missing one, and one that is there twice."""
    names: dict[int, str] = {}
    of = set()
    for name, report in reports.items():
        if not isinstance(report, dict) or report.get("schema") != REPORTS:
            raise ShardError(
                f"{name!r} is not a report of this version; name the runs of the shards"
            )
        if not report["provenance"].get("shard"):
            raise ShardError(f"{name!r} is a whole run and not a shard; there is nothing to merge")
        own = shard.parse(report["provenance"]["shard"])
        if (first := names.setdefault(own.number, name)) != name:
            raise ShardError(f"shard {own.name} is there twice: {first!r} and {name!r}; name one")
        of.add(own.of)
    if len(of) > 1:
        numbers = " and ".join(map(str, sorted(of)))
        raise ShardError(f"the shards are of different runs: one was split into {numbers}")
    missing = [f"{n}/{max(of)}" for n in range(1, max(of, default=0) + 1) if n not in names]
    if missing or not names:
        raise ShardError(
            f"shards are missing: {', '.join(missing[:5])}; name the runs of all of them"
        )
    return [reports[names[number]] for number in sorted(names)]


def _merge(reports: Sequence[Builtins]) -> Merged:
    for one, other in pairwise(reports):
        if reasons := [*_differences(one, other)]:
            raise ShardError(f"the shards are of different runs: {'; '.join(reasons)}")
    tally = _tally(reports)
    _check_whole(reports)
    spent = ("seconds", "retries", "cached")
    sums = {name: sum(run["usage"][name] for run in reports) for name in spent}
    spare = [Completion(**stored) for report in reports for stored in report["shard"]["spare"]]
    report = tally.report(_about(reports), Spent(**sums, spare=spare))
    failed = sorted(node_id(origin, f"{item}-{style}") for origin, (_, item, style) in tally.failed)
    broken = (f"{name or 'tests'}: not collected" for name in tally.broken)
    return Merged(report, (*broken, *failed), tally.rules)


def _differences(one: Builtins, other: Builtins) -> Iterator[str]:
    """What must be the same in two shards and is not."""
    names = [run["provenance"]["shard"] for run in (one, other)]
    before, after = _common(one), _common(other)
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            values = [shown(json.dumps(run.get(key)), 60) for run in (before, after)]
            yield f"{key} is {values[0]} in shard {names[0]}, {values[1]} in {names[1]}"
    drawn = [
        {
            suite["name"]: (suite["counts"], suite["left_out"])
            for suite in run["provenance"]["suites"]
        }
        for run in (one, other)
    ]
    for name in sorted(drawn[0].keys() & drawn[1].keys()):
        if drawn[0][name] != drawn[1][name]:
            yield f"suite {name} was drawn from other rows in shards {names[0]} and {names[1]}"


def _common(report: Builtins) -> dict[str, Any]:
    """What all shards of a run have in common."""
    provenance, rules = report["provenance"], report["shard"]["rules"]
    return {**{key: value for key, value in provenance.items() if key not in _OWN}, **rules}


def _tally(reports: Sequence[Builtins]) -> Tally:
    """The tallies of all shards, added."""
    rules: dict[str, Any] = {**reports[0]["shard"]["rules"]}
    rules["thresholds"] = tuple(Threshold(**threshold) for threshold in rules["thresholds"])
    rules["tolerance"] = Tolerance(**rules["tolerance"])
    rules["alike"] = tuple(rules.get("alike", ()))
    tally = Tally(Rules(**rules))
    for report in reports:
        carried = report["shard"]
        records = {record.key: record for record in map(Record.from_builtins, report["items"])}
        for entry in carried["tests"]:
            key: tuple[str, str, str] = tuple(entry["case"])
            test: Test = (entry["test"], key)
            tally.select(test, entry["digest"])
            if own := entry["record"]:
                tally.add(test, records[key] if own is True else Record.from_builtins(own))
            if entry["reason"] is not None:
                tally.reasons[test] = entry["reason"]
            if entry["failed"]:
                tally.failed.add(test)
        tally.of += max(carried["of"], len(carried["tests"]))
        tally.thresholds |= {Threshold(**threshold) for threshold in carried["thresholds"]}
        for left_out in (LeftOut(**fields) for fields in report.get("unaskable", ())):
            tally.left_out[left_out.suite, left_out.item] = left_out
        tally.broken += [name for name in carried["broken"] if name not in tally.broken]
        for style in (Style(**fields) for fields in carried["styles"]):
            if tally.styles.setdefault(style.id, style).digest != style.digest:
                raise ShardError(f"the shards are of different runs: style {style.id!r} differs")
        for suite in report["provenance"]["suites"]:
            tally.drawn[suite["name"]] = {key: suite[key] for key in ("counts", "left_out")}
    return tally


def _check_whole(reports: Sequence[Builtins]) -> None:
    """Refuse shards that do not hold every test that was to be dealt; an empty one says nothing."""
    entries = (entry for report in reports for entry in report["shard"]["tests"])
    held = shard.whole([*entry["case"], entry["digest"], entry["test"]] for entry in entries)
    for report in reports:
        dealt = report["shard"]["whole"]
        if dealt is not None and dealt != held:
            raise ShardError(
                f"shard {report['provenance']['shard']} was dealt from {dealt['tests']} tests and "
                f"the shards hold {held['tests']}, or others; ask all of them with the same "
                "options, and those that broke off again"
            )


def _about(reports: Sequence[Builtins]) -> dict[str, Any]:
    provenances = [report["provenance"] for report in reports]
    places = {key: sorted({run[key] for run in provenances if run[key]}) for key in _PLACES}
    batches = [batch for run in provenances for batch in run.get("batches", ())]
    return {
        **{key: value for key, value in provenances[0].items() if key not in _COUNTED},
        **({"batches": batches} if batches else {}),
        **{key: ", ".join(values) or None for key, values in places.items()},
        "created": min(run["created"] for run in provenances),
        "shard": None,
    }
