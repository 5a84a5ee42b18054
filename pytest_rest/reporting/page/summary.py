"""Turns report.json's metrics into the figures that its page shows."""

from collections.abc import Iterator
from itertools import compress

from pytest_rest import wording
from pytest_rest.metrics import Metrics, format_findings
from pytest_rest.metrics.format_findings import Finding
from pytest_rest.reporting import decision, markdown, stored_answers
from pytest_rest.reporting.decision import Decision
from pytest_rest.reporting.page import plots
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.terminal import figures, tables
from pytest_rest.reporting.terminal import formats as format_words
from pytest_rest.reporting.terminal.fields import counted
from pytest_rest.reporting.terminal.tags import worst_first
from pytest_rest.terms import COMPARED, FILE, MODES, Rate, to_rate

_COLUMNS = {
    **markdown.RATES,
    "ocr_correct_rate": "OCR-correct",
    "noise_floor": "agrees with itself",
}
_TAG_RATES = ("rer", "cfr", "mmc")
_SUBSETS = {"all": "", "ocr_correct": ", OCR-correct"}


def decided(report: Builtins) -> Decision | None:
    """Whether to ship, and why; None of a part of a run. Of an older report it is worked out."""
    if told := report.get("decision"):
        return Decision(told["word"], told["why"])
    rer = to_rate(report["metrics"].get("mean", {}).get("all", {}).get("rer"))
    is_shard = bool(report["provenance"].get("shard"))
    return decision.of(report["gate"], rer, report.get("cautions", ()), is_shard=is_shard)


def about(report: Builtins) -> Iterator[str]:
    """What was asked, when, and of whom, in a few words each."""
    run, usage = report["provenance"], report["usage"]
    asked = ", ".join(f"{suite['name']} {suite['items']:,}" for suite in run["suites"])
    styles = len(run.get("styles") or ())
    plus = " REST+" if "--rest-plus" in (run.get("again") or {}).get("words", ()) else ""
    word = "formats" if "styles" in (run.get("stored") or {}).get("unknown", ()) else "styles"
    yield asked + (f",{plus} in {styles} {word}" if styles > 1 else "")
    if usage.get("calls"):
        cost = usage.get("cost")
        calls = wording.count(usage["calls"], "call")
        yield calls + ("" if cost is None else f", {wording.money(cost)}")
    yield str(run["created"])[:10]
    if run.get("git_commit"):
        yield f"commit {str(run['git_commit'])[:10]}"
    if run.get("api_base"):
        yield f"at {run['api_base']}"
    baseline = report["gate"]["baseline"] or {}
    old = baseline.get("against") or {"model": (baseline.get("changes") or {}).get("old_model")}
    if old["model"]:
        commit = f"commit {str(old['git_commit'])[:10]}" if old.get("git_commit") else ""
        about = old["model"], str(old.get("created") or "")[:10], commit
        yield f"against {', '.join(filter(None, about))}"


def headline(report: Builtins) -> str | None:
    """The suite that the headline is of, or `mean`.

    None where all that was asked has figures of its own: RH-Bench, or the hunt's examples.
    """
    scope = next(iter(plots.scopes(report["metrics"])), None)
    items = any(metrics["all"]["items"] for metrics in report["metrics"].values())
    has_others = any(map(report.get, ("rh_auc", "fuzz")))
    return None if has_others and not items and not report["lost"] else scope


def rates(report: Builtins) -> tuple[list[str], list[list[str]]]:
    """Head and rows: every rate of every suite and over all of them, without empty ones."""
    metrics, rows = report["metrics"], []
    names = [*plots.scopes(metrics), *(["pooled"] if len(metrics) > 3 else [])]
    modes = list(metrics["pooled"]["all"]["accuracy"]) if "pooled" in metrics else []
    for name in names:
        for subset, suffix in _SUBSETS.items():
            if subset != "all" and stored_answers.is_unread(report["provenance"]):
                continue
            counted = metrics[name][subset]
            known = [counted.get(rate) for rate in _COLUMNS]
            known += [counted["accuracy"].get(mode) for mode in modes]
            cells = [_percent(rate, counted["items"]) for rate in known]
            rows.append([f"{name}{suffix}", f"{counted['items']:,}", *cells])
    head = ["per cent [95%]", "items", *_COLUMNS.values(), *modes]
    kept = [not place or any(row[place] != "-" for row in rows) for place in range(len(head))]
    head, rows = [*compress(head, kept)], [[*compress(row, kept)] for row in rows]
    if 0 < len(rows) < len(head):  # fewer columns than the other way round
        (head, *rows) = ([*cells] for cells in zip(head, *rows, strict=True))
    return head, rows


def formats(report: Builtins) -> list[tuple[list[str], list[list[str]]]]:
    """Heads and rows: each format's rates, how often all agree, the modality's excess."""
    if not (told := report.get("formats")):
        return []
    of_each, agreement, excess = told["metrics"], told["agreement"], told["excess"]
    names = {name: markdown.RATES[name] for name in ("rer", "cfr", "mmc")}
    rates = {name: [subsets["all"][rate] for rate in names] for name, subsets in of_each.items()}
    sizes = {name: subsets["all"]["items"] for name, subsets in of_each.items()}
    tables = [
        (
            ["per cent [95%]", "items", *names.values()],
            [
                [name, f"{sizes[name]:,}", *(_percent(rate, sizes[name]) for rate in rates[name])]
                for name in rates
            ],
        ),
        (
            ["all formats agree", "items", "per cent [95%]"],
            [
                [f"as {mode}", f"{rate['n']:,}", _percent(rate, rate["n"])]
                for mode, rate in agreement.items()
            ],
        ),
        (
            ["format floor: texts that differ", "items", "per cent [95%], points where signed"],
            [
                [f"{each['format']} from {each['other']}", f"{each['n']:,}", _share(each)]
                for each in told.get("floor", ())  # which older reports lack
            ]
            + [*_whole_floor(told)],
        ),
        (
            ["modality beyond format", "items", "points [95%]"],
            [
                [f"{each['format']} beyond {each['other']}", f"{each['n']:,}", _points(each)]
                for each in excess
            ],
        ),
    ]
    return [(head, rows) for head, rows in tables if rows]


def answer_pages(report: Builtins) -> list[list[str]]:
    """Rows: after which page answers are lost in each form, how many are, and how sure that is."""
    return [
        [
            f"{each['mode']}, after page {each['page']}",
            _percent(each["after"]),
            _percent(each["up_to"]),
            f"{each['p']:.2g}",
        ]
        for each in report.get("answer_pages", ())
    ]


def differing_formats(report: Builtins) -> list[str]:
    """Which format differs, or pictures, in a sentence, and each of these with its size."""
    findings = [*map(Finding.from_builtins, (report.get("formats") or {}).get("findings", ()))]
    clear = [format_words.found(each) for each in findings if each.is_clear]
    return [*filter(None, [format_findings.sentence(findings), *clear])]


def _share(rate: Builtins) -> str:
    return figures.percent(Rate(rate["value"], rate["low"], rate["high"], rate["n"]))


def _whole_floor(told: Builtins) -> Iterator[list[str]]:
    """What is over all pairs of formats."""
    for key, (name, write) in format_words.WHOLE.items():
        if rate := to_rate(told.get(key)):
            yield [name, f"{rate.n:,}", write(rate)]


def tags(report: Builtins) -> tuple[list[str], list[list[str]]]:
    """Head and rows: each tag's rates, the least consistent first."""
    told = report.get("tags") or {}
    known = {tag: Metrics.from_builtins(each) for tag, each in told.items()}
    ordered = worst_first(known, report["metrics"]["pooled"]["all"]["items"]) if known else {}
    rows = [
        [tag, f"{m.items:,}", *(_percent(told[tag].get(name), m.items) for name in _TAG_RATES)]
        for tag, m in ordered.items()
    ]
    return ["per cent [95%]", "items", *(markdown.RATES[name] for name in _TAG_RATES)], rows


def fields(report: Builtins) -> tuple[list[str], list[list[str]]]:
    """Head and rows: each field's rates and where it flips, the least consistent first."""
    told = report.get("fields") or {}
    rates = {name: each["metrics"]["all"] for name, each in told.items()}
    is_filed = any(FILE in each["accuracy"] for each in rates.values())
    modes = COMPARED if is_filed else MODES
    rows = [
        [
            name,
            f"{rates[name]['items']:,}",
            *(_percent(rates[name].get(rate), rates[name]["items"]) for rate in _TAG_RATES),
            *(_percent(rates[name]["accuracy"].get(mode), rates[name]["items"]) for mode in modes),
            counted(told[name]["flips"]),
        ]
        for name in figures.worst_first(rates, lambda rate: to_rate(rate["rer"]))
    ]
    heads = [
        *(markdown.RATES[name] for name in _TAG_RATES),
        *(f"right as {mode}" for mode in modes),
    ]
    return ["per cent [95%]", "items", *heads, "flips in"], rows


def unjudged(report: Builtins) -> list[str]:
    """How many items count for agreement alone."""
    pooled = report["metrics"].get("pooled")
    return tables.unjudged(Metrics.from_builtins(pooled["all"])) if pooled else []


def _percent(rate: Builtins | None, items: int = 0) -> str:
    """A rate in per cent, with its n where that is not the number of items of its row."""
    known = to_rate(rate)
    if known is None:
        return "-"
    return figures.percent(known) if known.n == items else wording.rate(known)


def _points(rate: Builtins) -> str:
    return figures.points(Rate(rate["value"], rate["low"], rate["high"], rate["n"]))


def suites(report: Builtins) -> str:
    """Each suite with the number of items that were asked."""
    said = []
    for suite in report["provenance"]["suites"]:
        rate = report["metrics"].get(suite["name"], {}).get("all", {}).get("rer") or {}
        number = rate.get("n_clusters")
        clusters = f" in {wording.count(number, 'cluster')}" if number else ""
        said.append(f"{suite['name']} ({wording.count(suite['items'], 'item')}{clusters})")
    return ", ".join(said)
