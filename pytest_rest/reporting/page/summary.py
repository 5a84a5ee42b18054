"""Turns report.json's content into the top of its page: verdict, headline, gate and rates."""

import html
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any
from urllib.parse import urlencode

from pytest_rest.reporting.page import layout, plots
from pytest_rest.reporting.terminal.tables import signed
from pytest_rest.safe_text import shown

Builtins = Mapping[str, Any]

_NAMES = 50
_RATES = {"rer": "RER", "cfr": "CFR", "mmc": "MMC", "all_correct": "all right"}
_SUBSETS = {"all": "", "ocr_correct": ", OCR-correct"}
_ABOUT = {
    "rer": "items whose forms all agree",
    "cfr": "of the items right in some form, those wrong in another",
    "mmc": "items right in at least one form",
}


def verdict(report: Builtins) -> str:
    """The verdict and its reason, and the first thing to look at."""
    gate, n = report["gate"], len(report["items"])
    odd = sum(each["verdict"] == "inconsistent" for each in report["items"])
    words = {True: ("good", "Gate passed"), False: ("bad", "Gate NOT PASSED")}
    kind, word = words.get(gate["passed"], ("none", "No gate"))
    if report["provenance"].get("shard"):
        word = "Part of a run"
    lines = [
        "" if word == "No gate" else layout.escape(gate["reason"], 1_000),
        f"{odd:,} of {n:,} tests inconsistent{_failed_at(report)}" if n else "nothing was judged",
        _flips(report),
        '<a href="#verdict=inconsistent">See the inconsistent items</a>' if odd else "",
    ]
    said = "".join(f"<p>{line}</p>" for line in lines if line)
    return f'<div class="verdict {kind}"><p class="word">{word}</p>{said}</div>'


def _failed_at(report: Builtins) -> str:
    found = report["failed_at"].get("pooled", {})
    parts = [
        f"{found[each]} {each}"
        for each in ("misread", "refused", "no answer", "misreasoned", "unknown")
        if found.get(each)
    ]
    return f"; of the items {layout.escape(', '.join(parts))}" if parts else ""


def _flips(report: Builtins) -> str:
    found = (report.get("fuzz") or {}).get("findings", ())
    return f"{len(found):,} flip{'s' * (len(found) != 1)} found" if found else ""


def headline(report: Builtins) -> str:
    """RER, CFR and MMC as figures, with what they are held against.

    Nothing where all that was asked has figures of its own: RH-Bench, or the hunt's examples.
    """
    metrics = report["metrics"]
    scope = next(iter(plots.scopes(metrics)), None)
    if scope is None or _has_others_alone(report):
        return ""
    cards = [_card(report, scope, name) for name in ("rer", "cfr", "mmc")]
    where = "mean over suites" if scope == "mean" else f"suite {scope}"
    return layout.section(
        "headline",
        layout.escape(f"Headline: {where}"),
        f'<div class="cards">{"".join(cards)}</div>',
    )


def _has_others_alone(report: Builtins) -> bool:
    items = any(found["all"]["items"] for found in report["metrics"].values())
    return not items and not report["lost"] and any(map(report.get, ("rh_auc", "fuzz")))


def _card(report: Builtins, scope: str, name: str) -> str:
    rate = report["metrics"][scope]["all"][name]
    row = plots.share(_RATES[name], rate)
    bounds = [
        each
        for each in report["gate"]["thresholds"]
        if each["metric"] == name and each["subset"] == "all" and not each["part"]
    ]
    marks = [each["bound"] for each in bounds]
    strip = plots.strip(f"card-{name}", row, marks) if rate else ""
    value = "undefined" if rate is None else f"{rate['value'] * 100:.1f} %"
    held = "".join(
        f'<p class="{_kind(each)}">threshold {layout.escape(each["op"])} {each["bound"]:g}: '
        f"{layout.escape(each['outcome'])}</p>"
        for each in bounds
    )
    held += "".join(_against(c) for c in _checks(report) if c["name"].startswith(f"{name}_"))
    said = "" if rate is None else f"<p>{layout.escape(row.said)}</p>"
    return (
        f'<div class="card"><h3>{_RATES[name]}</h3><p class="value">{value}</p>{said}{strip}{held}'
        f'<p class="what">{_ABOUT[name]}</p></div>'
    )


def _checks(report: Builtins) -> Sequence[Builtins]:
    """The comparisons with the baseline, where there was one."""
    baseline = report["gate"]["baseline"]
    return baseline["checks"] if baseline else ()


def _against(check: Builtins) -> str:
    """How far the rate is from the baseline's, in points."""
    worse = check.get("change")
    moved = worse if worse is None or check["name"].startswith("cfr") else -worse
    points = "not comparable" if moved is None else f"{signed(moved)} points"
    outcome = layout.escape(check["outcome"])
    return f'<p class="{_kind(check)}">against the baseline {points}: {outcome}</p>'


def _kind(judged: Builtins) -> str:
    return "good" if judged["outcome"] == "passed" else "bad"


def gate(report: Builtins) -> str:
    """Each threshold and each comparison with the baseline, and why."""
    judged, checks = report["gate"], _checks(report)
    rows = [
        (f"{t['metric']} {t['op']} {t['bound']:g}{_of(t)}", t["outcome"], t["reason"])
        for t in judged["thresholds"]
    ]
    rows += [(c["name"], c["outcome"], c["reason"]) for c in checks]
    parts = [layout.table(("threshold", "outcome", "why"), rows, "thresholds")]
    if stopped := judged.get("early_stop"):
        parts.append(
            f"<p>Stopped early, after {stopped['items']:,} of {stopped['of']:,} items: some "
            f"{stopped['calls_saved']:,} calls saved.</p>"
        )
    if checks and (note := judged["baseline"]["note"]):
        parts.append(f"<p>{layout.escape(note)}</p>")
    worse = next((c["worse"] for c in checks if "rer" in c["name"] and "worse" in c), ())
    heading = "Were consistent in the baseline, and are no longer"
    parts.append(_listed(heading, map(_found, worse), len(worse)))
    return layout.section("gate", "The gate", "".join(parts))


def _of(threshold: Builtins) -> str:
    """What a threshold is on, where that is not the whole run."""
    subset = "" if threshold["subset"] == "all" else "OCR-correct"
    found = [each for each in (subset, threshold["part"], threshold["scope"]) if each]
    return f" ({', '.join(found)})" if found else ""


def _found(name: str) -> str:
    query = html.escape(urlencode({"q": shown(name.rpartition("/")[2])}))
    return f'<a href="#{query}">{layout.escape(name)}</a>'


def lost(lost: Sequence[Builtins]) -> str:
    """What gave no verdict, and why."""
    lines = (
        layout.escape(f"{each['item']} {each['style']}: {each['reason']}", 1_000) for each in lost
    )
    listed = _listed("", lines, len(lost))
    return layout.section("lost", f"{len(lost):,} lost", listed)


def _listed(heading: str, lines: Iterable[str], n: int) -> str:
    """The first of the lines, which are markup, and how many more there are."""
    if not n:
        return ""
    shown_ones = "".join(f"<li>{line}</li>" for line, _ in zip(lines, range(_NAMES), strict=False))
    more = f"<li>and {n - _NAMES:,} more, in report.json</li>" if n > _NAMES else ""
    return f"{f'<h3>{heading}</h3>' if heading else ''}<ul>{shown_ones}{more}</ul>"


def rates(report: Builtins) -> str:
    """Every rate of every suite, and over all of them; a rate that no suite has is left out."""
    metrics, rows = report["metrics"], []
    if _has_others_alone(report):
        return ""
    names = [*plots.scopes(metrics), *(["pooled"] if len(metrics) > 3 else [])]
    modes = list(metrics["pooled"]["all"]["accuracy"]) if "pooled" in metrics else []
    for name in names:
        for subset, suffix in _SUBSETS.items():
            found = metrics[name][subset]
            known = [found[each] for each in _RATES]
            known += [found["accuracy"].get(mode) for mode in modes]
            known += [found[each] for each in ("ocr_correct_rate", "noise_floor")]
            cells = ["-" if rate is None else plots.share("", rate).said for rate in known]
            rows.append((f"{name}{suffix}", f"{found['items']:,}", *cells))
    columns = [*_RATES.values(), *modes, "OCR-correct", "agrees with itself"]
    head = ["per cent [95%]", "items", *columns]
    kept = [not place or any(row[place] != "-" for row in rows) for place in range(len(head))]
    kept_rows = [[*compress(row, kept)] for row in rows]
    found = layout.table([*compress(head, kept)], kept_rows, "all rates")
    return layout.section("rates", "All rates", found)


def about(report: Builtins) -> str:
    """What was asked, of whom, when, and what it took."""
    about, used = report["provenance"], report["usage"]
    cost = used.get("cost")
    facts = {
        "model": ", ".join([about["model"], *about["resolved_model"]]),
        "asked": about["created"],
        "suites": ", ".join(f"{s['name']} ({s['items']:,} items)" for s in about["suites"]),
        "seed": about["seed"],
        "protocol": about["protocol"],
        "modes": ", ".join(about["modes"]),
        "calls": used.get("calls"),
        "cost": "price unknown" if cost is None else f"${cost:.2f}",
        "commit": about["git_commit"],
        "version": f"pytest-rest {about['version']}",
    }
    lines = [
        f"<dt>{n}</dt><dd>{layout.escape(v)}</dd>" for n, v in facts.items() if v not in (None, "")
    ]
    return f"<h2>About the run</h2><dl>{''.join(lines)}</dl>"
