"""Turns a report into a baseline, the small part of it that another run is compared with.

A baseline says for each item whether its forms agreed and which were right, and for the run what
must be the same in a comparison, and the releases before it. It has no text that a model wrote, no
costs, and of times the run's alone. Its order is fixed, so that the same run gives the same file,
and a line of a diff is an item.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rest.errors import BaselineError
from pytest_rest.gate import releases
from pytest_rest.gate.common_items import added_styles, in_common
from pytest_rest.gate.strict_json import read
from pytest_rest.scoring import agree
from pytest_rest.terms import COMPARED, fingerprint

SCHEMA = "pytest-rest/baseline/1"
REPORTS = "pytest-rest/report/1"
JsonObject = Mapping[str, Any]
Keep = Callable[[JsonObject], JsonObject]

_KEPT = ("version", "model", "resolved_model", "git_commit", "seed", "protocol", "modes", "ocr")
_HEADLINE = ("rer", "cfr")
_VERDICTS = ("consistent", "inconsistent", "lost")
_CORRECT = {"right": True, "wrong": False, "unknown": None}
_SAME = {"protocol": "prompts", "modes": "modes", "seed": "seed", "ocr": "transcriptions"}


def load(
    path: Path, max_lost: int | None = None, allow_cached: bool = True, keep: Keep = lambda _: {}
) -> dict[str, Any]:
    """The baseline of a run's folder, a report or a baseline; `BaselineError` names the file.

    With `max_lost` one that has lost more items is refused: it cannot judge a run. So is a report
    with answers of a gateway's cache, unless they are allowed. `keep` takes from a report what else
    the baseline is to have.
    """
    try:
        report = read(path)
        baseline = to_baseline(report)
        if not allow_cached and (report.get("usage") or {}).get("from_cache"):
            raise BaselineError(
                "answers in it came from a gateway's cache, and not from the model, so it cannot "
                "judge a run; switch the cache off and ask it again, or allow them: "
                "--rest-allow-cached, or --allow-cached"
            )
        n, of = number_lost(baseline), len(baseline["items"])
        if max_lost is not None and n > max_lost:
            raise BaselineError(
                f"{n} of {of} items are lost (allowed: {max_lost}), so it cannot judge a run; ask "
                "them again by --rest-resume, or allow them: --rest-max-lost, or --allow-lost of "
                "`pytest-rest baseline`"
            )
        return {**keep(report), **baseline}
    except BaselineError as error:
        raise BaselineError(f"{str(path)!r}: {error}") from None


def to_baseline(report: JsonObject) -> dict[str, Any]:
    """The baseline of report.json's content; a baseline stays as it is.

    An item is consistent when its forms agree in each style and over all styles, as in `metrics`,
    and lost when it is lost in one style. `headline` is for people who review the file: RER and
    CFR, the means over suites. `BaselineError` says what cannot be read, such as a shard's report,
    or one whose items are not those of its suites.
    """
    try:
        baseline = _ordered(report if _schema(report) == SCHEMA else _extract(report))
        _check_whole(baseline)
        return baseline
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(
            f"the report cannot be read: {type(error).__name__} {error}; name the report.json of a "
            "run, or what `pytest-rest baseline` wrote"
        ) from None


def to_text(baseline: JsonObject) -> str:
    """The baseline as ASCII JSON, a line for each item, each suite and each style."""
    parts = []
    for key, value in baseline.items():
        if isinstance(value, list):
            lines = ",\n  ".join(json.dumps(each, allow_nan=False) for each in value)
            parts.append(f' "{key}": [\n  {lines}\n ]' if value else f' "{key}": []')
        else:
            parts.append(f' "{key}": {json.dumps(value, allow_nan=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def refusal(old: JsonObject, new: JsonObject) -> tuple[str, ...]:
    """Why two runs cannot be compared, each reason a line that names what differs; or nothing.

    Other items, prompts, modes, seed or transcriptions, not all of the old run's styles, a newer or
    unknown schema. Another model is not a reason.
    """
    read, reasons = [], []
    for name, report in (("the baseline", old), ("this run", new)):
        try:
            read.append(to_baseline(report))
        except BaselineError as error:
            reasons.append(f"{name}: {error}")
    return tuple(reasons) or differences(*read)


def number_lost(baseline: JsonObject) -> int:
    """How many items a baseline cannot judge."""
    return sum(item["verdict"] == "lost" for item in baseline["items"])


def few(names: Sequence[str], most: int = 5) -> str:
    """At most so many names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def differences(before: JsonObject, after: JsonObject) -> tuple[str, ...]:
    """What differs between two baselines that must be the same; as `refusal`."""
    before, after, _ = in_common(before, after)
    added = added_styles(before, after)
    return (
        *_other_items(before, after),
        *_other_styles(before["styles"], [s for s in after["styles"] if s["id"] not in added]),
        *(
            f"other {word}: {_shown(before[key])} in the baseline, {_shown(after[key])} now"
            for key, word in _SAME.items()
            if before[key] != after[key]
        ),
    )


def _schema(report: JsonObject) -> str:
    schema = report["schema"]
    if schema in (SCHEMA, REPORTS):
        return str(schema)
    for known in (SCHEMA, REPORTS):
        family, _, version = known.rpartition("/")
        name, _, other = str(schema).rpartition("/")
        if name == family and other.isascii() and other.isdigit() and int(other) > int(version):
            raise BaselineError(
                f"its schema {schema!r} is newer than this version's {known!r}: update pytest-rest"
            )
    raise BaselineError(f"its schema is {schema!r}; this version reads {REPORTS!r} and {SCHEMA!r}")


def _extract(report: JsonObject) -> dict[str, Any]:
    provenance = report["provenance"]
    if shard := provenance.get("shard"):
        raise BaselineError(
            f"it is of shard {shard} of a run: `pytest-rest merge` makes one report of all shards"
        )
    headline = report.get("metrics", {}).get("mean", {}).get("all", {})
    own = provenance.get("own_styles", {})
    groups: dict[tuple[str, str], list[JsonObject]] = defaultdict(list)
    for record in report["items"]:
        groups[record["suite"], record["id"]].append(record)
    lost = {(each["suite"], each["item"]) for each in report["lost"]}
    for key in lost:
        groups.setdefault(key, [])
    return {
        "schema": SCHEMA,
        **{key: provenance[key] for key in _KEPT},
        **_named(provenance),
        "headline": {name: headline.get(name) for name in _HEADLINE},
        "styles": [
            {"id": style, "digest": own.get(style, {}).get("digest")}
            for style in provenance["styles"]
        ],
        "suites": [
            {key: suite[key] for key in ("name", "items", "fingerprint")}
            for suite in provenance["suites"]
        ],
        "history": releases.carried(report),
        "items": [judged_item(*key, records, key in lost) for key, records in groups.items()],
        "unaskable": [
            {"suite": each["suite"], "id": each["item"]} for each in report.get("unaskable", ())
        ],
    }


def judged_item(
    suite: str, name: str, records: Sequence[JsonObject], lost: bool = False
) -> dict[str, Any]:
    """A baseline's item, of its entries in a report, one for each style."""
    values = [answer["value"] for record in records for answer in _compared(record).values()]
    verdict = "consistent" if agree(values) else "inconsistent"
    if lost or any(record["verdict"] == "lost" for record in records):
        verdict = "lost"
    return {
        "suite": suite,
        "id": name,
        "digest": records[0]["digest"] if records else None,
        **{key: r[key] for key in ("cluster", "tags") for r in records[:1] if key in r},
        "verdict": verdict,
        "styles": {
            record["style"]: {
                "verdict": record["verdict"],
                **_by_correctness({m: a["correct"] for m, a in _compared(record).items()}),
            }
            for record in records
        },
    }


def _by_correctness(correct: Mapping[str, bool | None]) -> dict[str, list[str]]:
    """The modes that were right and wrong, and those of which nobody says so, if there are any."""
    by = {word: [mode for mode in correct if correct[mode] is c] for word, c in _CORRECT.items()}
    return by if by["unknown"] else {word: by[word] for word in ("right", "wrong")}


def _compared(record: JsonObject) -> dict[str, JsonObject]:
    return {mode: record["answers"][mode] for mode in COMPARED if mode in record["answers"]}


def _ordered(baseline: JsonObject) -> dict[str, Any]:
    """A baseline's keys in their order; KeyError if one is missing."""
    items = [
        {
            **{key: _text(item[key]) for key in ("suite", "id")},
            "digest": None if item["digest"] is None else _text(item["digest"]),
            **({"cluster": _text(item["cluster"])} if "cluster" in item else {}),
            **({"tags": [*map(_text, item["tags"])]} if "tags" in item else {}),
            "verdict": _verdict(item),
            "styles": {
                style: {
                    "verdict": _verdict(each),
                    **{
                        word: [mode for mode in COMPARED if mode in each[word]]
                        for word in _CORRECT
                        if word in each or word != "unknown"
                    },
                }
                for style, each in sorted(item["styles"].items())
            },
        }
        for item in baseline["items"]
    ]
    refused = {(_text(each["suite"]), _text(each["id"])) for each in baseline.get("unaskable", ())}
    left_out = [{"suite": suite, "id": name} for suite, name in sorted(refused)]
    history = [releases.Release.from_builtins(each) for each in baseline.get("history", ())]
    return {
        "schema": SCHEMA,
        **{key: baseline[key] for key in _KEPT},
        **_named(baseline),
        "resolved_model": [_text(name) for name in baseline["resolved_model"] if name],
        "modes": sorted(baseline["modes"]),
        "headline": dict(baseline.get("headline", {})),
        "styles": _sorted(baseline["styles"], ("id", "digest")),
        "suites": _sorted(baseline["suites"], ("name", "items", "fingerprint")),
        **({"history": [each.to_builtins() for each in history]} if history else {}),
        "items": sorted(items, key=lambda each: (each["suite"], each["id"])),
        **({"unaskable": left_out} if left_out else {}),
    }


def _named(about: JsonObject) -> dict[str, str]:
    """The full name that was asked for, and when, which older reports and baselines lack."""
    known = {name: _text(about[name]) for name in ("resolved_name", "created") if name in about}
    with contextlib.suppress(ValueError):  # without a date it judges all the same
        releases.moment(known.get("created", ""))
        return known
    return {name: text for name, text in known.items() if name != "created"}


def _sorted(entries: Iterable[JsonObject], keys: tuple[str, ...]) -> list[JsonObject]:
    """The keys of each entry, in the order of the first one, which is a text."""
    kept = [{key: each[key] for key in keys} for each in entries]
    return sorted(kept, key=lambda each: _text(each[keys[0]]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    return value


def _verdict(judged: JsonObject) -> str:
    """A known verdict: any other word would count as an item that nothing can make worse."""
    if judged["verdict"] not in _VERDICTS:
        raise ValueError(f"verdict {judged['verdict']!r:.40} is not one of {', '.join(_VERDICTS)}")
    return str(judged["verdict"])


def _check_whole(baseline: JsonObject) -> None:
    """Raise `BaselineError` where what is listed is not what the suites say was selected."""
    listed: dict[str, list[JsonObject]] = defaultdict(list)
    for item in baseline["items"]:
        listed[item["suite"]].append(item)
    faults = []
    for suite in baseline["suites"]:
        items = listed.pop(suite["name"], [])
        digests = {item["id"]: item["digest"] for item in items}
        if not len(items) == len(digests) == suite["items"]:
            twice = ", some of them twice" if len(digests) < len(items) else ""
            says = f"suite {suite['name']} says {suite['items']} items"
            faults.append(f"{says} and lists {len(items)}{twice}")
        elif None not in digests.values() and fingerprint(digests.values()) != suite["fingerprint"]:
            faults.append(f"suite {suite['name']} lists other items than its fingerprint is of")
    # what was lost before its name came in is of no suite
    others = [name for name, items in listed.items() if any(i["verdict"] != "lost" for i in items)]
    faults += [f"items are listed of suite {name}, which was not asked" for name in others]
    if faults:
        raise BaselineError(f"it is damaged: {'; '.join(faults)}; take the file as it was written")


def _other_items(old: JsonObject, new: JsonObject) -> list[str]:
    before, after = ({each["name"]: each for each in run["suites"]} for run in (old, new))
    reasons = [f"suite {name} is only in the baseline" for name in sorted({*before} - {*after})]
    reasons += [f"suite {name} is not in the baseline" for name in sorted({*after} - {*before})]
    for name in sorted({*before} & {*after}):
        one, other = before[name], after[name]
        if one["fingerprint"] != other["fingerprint"]:
            reasons.append(
                f"other items in suite {name}: {one['items']} ({one['fingerprint']}) in the "
                f"baseline, {other['items']} ({other['fingerprint']}) now"
            )
    before, after = (
        {(each["suite"], each["id"]): each["digest"] for each in run["items"]} for run in (old, new)
    )
    changed = [
        f"{suite}/{name}"
        for suite, name in sorted(before.keys() & after.keys())
        if len({before[suite, name], after[suite, name]} - {None}) > 1
    ]
    if changed and not reasons:
        reasons.append(f"items with other content: {few(changed)}")
    return reasons


def _other_styles(old: Iterable[JsonObject], new: Iterable[JsonObject]) -> list[str]:
    before, after = ({each["id"]: each["digest"] for each in styles} for styles in (old, new))
    if before.keys() != after.keys():
        return [f"other styles: {_shown([*before])} in the baseline, {_shown([*after])} now"]
    changed = [style for style in before if before[style] != after[style]]
    return [f"styles that look different now: {few(changed)}"] if changed else []


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
