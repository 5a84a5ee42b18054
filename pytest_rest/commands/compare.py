"""Compare two runs of the same items, paired by item: what changed, and by how much.

OLD and NEW are run folders, reports or baselines. With a tolerance it is a gate. Of more runs each
two are compared. With --html the models are drawn side by side.
"""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_rest.commands import GOOD, MISSED, declare_ci, tell_ci, whole_number, writing
from pytest_rest.errors import OptionError
from pytest_rest.gate import (
    baseline,
    field_changes,
    paired_runs,
    rate_changes,
    regression,
    several_runs,
)
from pytest_rest.gate.baseline import JsonObject
from pytest_rest.gate.common_items import in_shared_styles
from pytest_rest.gate.paired_runs import PairedComparison
from pytest_rest.gate.rate_changes import Change
from pytest_rest.gate.regression import Regression, Tolerance
from pytest_rest.reporting import junit, markdown
from pytest_rest.reporting import runs as stored_runs
from pytest_rest.reporting import several_runs as several
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.page import side_by_side
from pytest_rest.reporting.terminal.figures import cut, first, signed
from pytest_rest.safe_text import shown
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.wording import count, interval, metric

SCHEMA = "pytest-rest/comparison/1"
_PARTS_SHOWN = 20
_Parts = dict[str, dict[str, Change]]  # the changes of RER of each tag, and of each field
_TOLERATES = "how far {} may be {} the old run's, as a share; if it is surely more, exit 1"


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    for name in ("old", "new"):
        parser.add_argument(name, type=Path, metavar=name.upper(), help=f"the {name} run")
    parser.add_argument(
        "more", type=Path, nargs="*", metavar="MORE", help="further runs, of other models"
    )
    share = partial(_number, low=0.0, high=1.0)
    for option, name, side in (("max-rer-drop", "RER", "below"), ("max-cfr-rise", "CFR", "above")):
        what = _TOLERATES.format(name, side)
        parser.add_argument(f"--{option}", type=share, metavar="SHARE", help=what)
    parser.add_argument(
        "--max-drop",
        action="append",
        default=[],
        metavar="METRIC=SHARE",
        help=f"the same of another metric: {', '.join(regression.METRICS)}; repeatable",
    )
    parser.add_argument(
        "--confidence",
        type=partial(_number, low=0.5, high=0.999999),
        metavar="SHARE",
        help=f"how sure a verdict must be (default: {CONFIDENCE})",
    )
    parser.add_argument(
        "--undecided",
        choices=("pass", "fail"),
        help="what becomes of what is not sure (default: fail with --confidence, otherwise pass)",
    )
    parser.add_argument(
        "--max-lost",
        type=partial(whole_number, least=0),
        metavar="N",
        help="items lost in either run that a tolerance's verdict may do without (default: 0)",
    )
    parser.add_argument(
        "--allow-cached",
        action="store_true",
        help="judge by a tolerance though a gateway's cache answered",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page that has the runs side by side"
    )
    declare_ci(parser)


def run(arguments: Namespace) -> int:
    """Print what changed; `MISSED` where it is worse than is tolerated."""
    _check(arguments)
    if arguments.html is not None:
        _write_page([arguments.old, arguments.new, *arguments.more], arguments.html)
    if arguments.more:
        return _compare_several([arguments.old, arguments.new, *arguments.more], arguments.json)
    allow_cached = arguments.allow_cached or not _tolerance(arguments).bounds
    paths = arguments.old, arguments.new
    runs: Sequence[JsonObject] = [
        baseline.load(path, allow_cached=allow_cached, keep=field_changes.kept) for path in paths
    ]
    judged = regression.judge(runs[0], runs[1], _tolerance(arguments), arguments.max_lost or 0)
    others: Sequence[str] = ()
    if not judged.checks:  # a tolerance is judged in all of the old run's styles, or not at all
        runs, others = in_shared_styles(runs)
    comparison, table = paired_runs.compare(*runs), rate_changes.table(*runs)
    comparison = replace(comparison, other_styles=comparison.other_styles or tuple(others))
    parts = {"tag": rate_changes.by_tag(*runs), "field": field_changes.table(*runs)}
    if arguments.junit_xml is not None:
        cases = junit.check_cases(judged)
        with writing(arguments.junit_xml):
            junit.write(arguments.junit_xml, "pytest-rest compare", cases, _about(comparison))
    failed = [(check.name, check.reason) for check in judged.checks if not check.passes]
    tell_ci(
        arguments.markdown, markdown.comparison(comparison, table, judged), markdown.errors(failed)
    )
    if arguments.json:
        print(json.dumps(_to_builtins(comparison, table, parts, judged), indent=1, allow_nan=False))
    else:
        for line in _lines(comparison, table, parts, judged):
            print(line)
    return MISSED if judged.reasons else GOOD


def _compare_several(chosen: Sequence[Path], as_json: bool) -> int:
    """Print what differs between each two."""
    compared = several_runs.compare({name: baseline.load(Path(name)) for name in _once(chosen)})
    if as_json:
        content = several.to_builtins(compared, [*map(str, chosen)])
        print(json.dumps(content, indent=1, allow_nan=False))
    else:
        for line in several.lines(compared):
            print(line)
    return GOOD


def _once(chosen: Sequence[Path]) -> Sequence[str]:
    paths = [*dict.fromkeys(map(str, chosen))]
    if len(paths) < len(chosen):
        raise OptionError("a run is named twice; name each once")
    return paths


def _write_page(chosen: Sequence[Path], path: Path) -> None:
    paths = _once(chosen)
    text = side_by_side.text({name: stored_runs.report(Path(name)) for name in paths})
    with writing(path):
        save([text], path)
    print(path, file=sys.stderr)  # what is printed may be JSON


def _tolerance(arguments: Namespace) -> Tolerance:
    """What is tolerated; nothing is judged where no drop is named."""
    named = arguments.max_rer_drop, arguments.max_cfr_rise, arguments.max_drop
    if named == (None, None, []):
        return Tolerance(None, None)
    return regression.tolerance(*named, arguments.confidence, arguments.undecided)


def _check(arguments: Namespace) -> None:
    """Of more than two runs none is judged; a tolerance is what is judged."""
    is_judged = bool(_tolerance(arguments).bounds)
    if arguments.more and is_judged:
        raise OptionError("a tolerance is for two runs: OLD and NEW; name no more, or leave it out")
    if arguments.more and (arguments.markdown or arguments.junit_xml):
        raise OptionError(
            "--markdown and --junit-xml are for two runs: OLD and NEW; of more there are --json "
            "and --html"
        )
    for name in ("max_lost", "undecided"):
        if getattr(arguments, name) is not None and not is_judged:
            option = f"--{name.replace('_', '-')}"
            raise OptionError(f"{option} judges nothing by itself; give --max-rer-drop, too")


def _lines(
    runs: PairedComparison, table: dict[str, Change], parts: _Parts, judged: Regression
) -> Iterator[str]:
    """The table of changes, the items that flipped, and the gate's reasons; in 80 columns."""
    yield f"old: {shown(runs.old_model, 70)}"
    other = ", another model" if runs.new_model != runs.old_model else ""
    yield f"new: {shown(runs.new_model, 60)}{other}"
    if runs.left_out:
        sides = f"{runs.lost[0]} in the old one, {runs.lost[1]} in the new"
        yield f"{count(len(runs.left_out), 'item')} lost in either run and left out: {sides}"
    if runs.unaskable:
        names = shown(baseline.few(runs.unaskable), 300)
        items = count(len(runs.unaskable), "item")
        yield f"{items} not compared, which either run left out: {names}"
    if runs.other_styles:
        yield shown(paired_runs.in_styles([*runs.styles], runs.other_styles), 500)
    yield f"{'points [95%]':<15} items    old    new change                worse better       p"
    yield from (_row(metric(name), change) for name, change in table.items())
    for word, changes in parts.items():
        if changes:
            yield f"{f'RER of each {word}':<33} items    old    new change"
            listed = [*changes.items()]
            yield from first(listed, _PARTS_SHOWN, lambda part: _part_row(*part), ", with --json")
    if runs.rer.worse:
        yield "were consistent, and are no longer:"
    yield from (f"  {shown(name)}" for name in runs.rer.worse)
    if runs.rer.better:
        yield f"became consistent: {len(runs.rer.better)}"
    yield from (shown(check.reason, 1000) for check in judged.checks)
    if judged.warning:
        yield f"warning: {shown(judged.warning, 1000)}"


def _row(name: str, change: Change) -> str:
    flips = f"{change.worse:>5} {change.better:>6} {change.p:>7.2g}"
    return f"{name:<15} {_moved(change):<41} {flips * (change.value is not None)}".rstrip()


def _part_row(name: str, change: Change) -> str:
    return f"{cut(shown(name, 100), 33):<33} {_moved(change)}"


def _moved(change: Change) -> str:
    """How many items, what their rate was and is, and the change with its interval."""
    if change.old is None or change.new is None or change.value is None:
        return f"{change.n:>5}      -      - -"
    moved = interval(change.value, change.low, change.high, signed)
    return f"{change.n:>5} {change.old * 100:>6.1f} {change.new * 100:>6.1f} {moved}"


def _about(runs: PairedComparison) -> dict[str, str]:
    """JUnit's properties."""
    flips = {"rest.worse": runs.rer.worse, "rest.better": runs.rer.better}
    models = {"rest.old_model": runs.old_model, "rest.new_model": runs.new_model}
    return models | {name: str(len(items)) for name, items in flips.items()}


def _to_builtins(
    runs: PairedComparison, table: dict[str, Change], parts: _Parts, judged: Regression
) -> dict[str, Any]:
    checks = [{"name": c.name, "outcome": c.outcome, "reason": c.reason} for c in judged.checks]
    return {
        "schema": SCHEMA,
        "old_model": runs.old_model,
        "new_model": runs.new_model,
        "changes": {name: asdict(change) for name, change in table.items()},
        **{
            f"{word}s": {name: asdict(change) for name, change in changes.items()}
            for word, changes in parts.items()
            if changes
        },
        "styles": {name: asdict(flips) for name, flips in runs.styles.items()},
        "worse": [*runs.rer.worse],
        "better": [*runs.rer.better],
        "left_out": [*runs.left_out],
        "unaskable": [*runs.unaskable],
        "other_styles": [*runs.other_styles],
        "gate": {
            "passed": not judged.reasons if checks else None,
            "checks": checks,
            "warning": judged.warning,
        },
    }


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        raise ArgumentTypeError(f"{text!r} is not a valid share; give one from {low:g} to {high:g}")
    return value
