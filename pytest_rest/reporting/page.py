"""Turns report.json's content and its prompts into report.html, one file that needs no network.

What is text of a model or of a user is escaped here, or goes into the page as JSON, of which the
script makes text and never markup.
"""

import base64
import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pytest_rest.display import shown
from pytest_rest.errors import OptionError
from pytest_rest.reporting import frame, items, plots
from pytest_rest.reporting.items import Prompts

Builtins = Mapping[str, Any]
NAME = "report.html"

_PICTURES = 8_000_000  # bytes of the pictures in a copy, all together
_WHOLE = 32_000  # bytes of a picture that goes into a copy as it is
_NAMES = 50
_RATES = {"rer": "RER", "cfr": "CFR", "mmc": "MMC", "all_correct": "all right"}
_SUBSETS = {"all": "", "ocr_correct": ", OCR-correct"}
_ABOUT = {
    "rer": "items whose forms all agree",
    "cfr": "of the items right in some form, those wrong in another",
    "mmc": "items right in at least one form",
}


def write(report: Builtins, prompts: Prompts, folder: Path, path: Path) -> None:
    """Write the page of a run whose pictures are in `folder`; elsewhere a copy carries its own.

    Raises `OptionError` for a report that cannot be read, and OSError for a path that cannot be
    written. In one step, so that no reader sees half of it.
    """
    try:
        content = items.data(report, prompts)
        is_copy = path.absolute().parent != folder.absolute()
        content["folder"] = str(folder / "images") if is_copy else "images"
        content["pictures"] = dict(_embedded(content, folder)) if is_copy else None
        text = _assembled(report, content)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise OptionError(
            f"the report cannot be read: {type(error).__name__} {shown(str(error))}; name the "
            "report.json of a run"
        ) from None
    frame.save(text, path)


def _assembled(report: Builtins, content: Builtins) -> str:
    about = report["provenance"]
    sections = [
        _headline(report),
        _gate(report["gate"]),
        _lost(report["lost"]),
        frame.figures(plots.of(report)),
        frame.section("metrics", "All rates", _metrics(report["metrics"])),
        _items(content),
    ]
    data = f'<script type="application/json" id="data">{_json(content)}</script>'
    script = f"{data}\n<script>{frame.part('page.js')}</script>"
    return frame.fill(
        "REST report", about["model"], _verdict(report), sections, _about(report), script
    )


def _verdict(report: Builtins) -> str:
    """The verdict and its reason, and the first thing to look at."""
    gate, n = report["gate"], len(report["items"])
    words = {True: ("good", "Gate passed"), False: ("bad", "Gate NOT PASSED")}
    odd = [each for each in report["items"] if each["verdict"] == "inconsistent"]
    said = f"{len(odd):,} of {n:,} tests inconsistent" if n else "nothing was judged"
    kind, word = words.get(gate["passed"], ("none", "No gate"))
    if gate["passed"] is None and report["provenance"].get("shard"):
        word = "Part of a run"
    why = said if gate["passed"] is None and not gate["thresholds"] else gate["reason"]
    more = "" if why == said else f"<p>{frame.escape(said)}{_failed_at(report)}</p>"
    first = '<p class="next"><a href="#verdict=inconsistent">See the inconsistent items</a></p>'
    said = f'<p class="word">{word}</p><p>{frame.escape(why, 1_000)}</p>{more}'
    return f'<div class="verdict {kind}">{said}{first if odd else ""}</div>'


def _failed_at(report: Builtins) -> str:
    found = report["failed_at"].get("pooled", {})
    parts = [
        f"{found[each]} {each}"
        for each in ("misread", "refused", "no answer", "misreasoned", "unknown")
        if found.get(each)
    ]
    return f"; of the items {frame.escape(', '.join(parts))}" if parts else ""


def _headline(report: Builtins) -> str:
    """RER, CFR and MMC as figures, with what they are held against."""
    metrics = report["metrics"]
    scope = next(iter(plots.scopes(metrics)), None)
    if scope is None:
        return ""
    cards = [_card(report, scope, name) for name in ("rer", "cfr", "mmc")]
    where = "mean over suites" if scope == "mean" else f"suite {scope}"
    return frame.section(
        "headline", frame.escape(f"Headline: {where}"), f'<div class="cards">{"".join(cards)}</div>'
    )


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
        f'<p class="{_kind(each)}">threshold {frame.escape(each["op"])} {each["bound"]:g}: '
        f"{frame.escape(each['outcome'])}</p>"
        for each in bounds
    )
    said = "" if rate is None else f"<p>{frame.escape(row.said)}</p>"
    return (
        f'<div class="card"><h3>{_RATES[name]}</h3><p class="value">{value}</p>{said}{strip}{held}'
        f'<p class="what">{_ABOUT[name]}</p></div>'
    )


def _kind(judged: Builtins) -> str:
    return "good" if judged["outcome"] == "passed" else "bad"


def _gate(gate: Builtins) -> str:
    """Each threshold and each comparison with the baseline, and why."""
    rows = [
        (f"{t['metric']} {t['op']} {t['bound']:g}{_of(t)}", t["outcome"], t["reason"])
        for t in gate["thresholds"]
    ]
    baseline = gate["baseline"] or {"checks": (), "note": ""}
    rows += [(c["name"], c["outcome"], c["reason"]) for c in baseline["checks"]]
    parts = [frame.table(("threshold", "outcome", "why"), rows, "thresholds")]
    if stopped := gate.get("early_stop"):
        parts.append(
            f"<p>Stopped early, after {stopped['items']:,} of {stopped['of']:,} items: some "
            f"{stopped['calls_saved']:,} calls saved.</p>"
        )
    parts.append(f"<p>{frame.escape(baseline['note'])}</p>" if baseline["note"] else "")
    worse = next(
        (c["worse"] for c in baseline["checks"] if "rer" in c["name"] and "worse" in c), ()
    )
    parts.append(
        _listed(
            "Were consistent in the baseline, and are no longer", map(_found, worse), len(worse)
        )
    )
    return frame.section("gate", "The gate", "".join(parts))


def _of(threshold: Builtins) -> str:
    """What a threshold is on, where that is not the whole run."""
    subset = "" if threshold["subset"] == "all" else "OCR-correct"
    found = [each for each in (subset, threshold["part"], threshold["scope"]) if each]
    return f" ({', '.join(found)})" if found else ""


def _found(name: str) -> str:
    query = html.escape(urlencode({"q": shown(name.rpartition("/")[2])}))
    return f'<a href="#{query}">{frame.escape(name)}</a>'


def _lost(lost: Sequence[Builtins]) -> str:
    lines = (
        frame.escape(f"{each['item']} {each['style']}: {each['reason']}", 1_000) for each in lost
    )
    listed = _listed("", lines, len(lost))
    return frame.section("lost", f"{len(lost):,} lost", listed)


def _listed(heading: str, lines: Iterable[str], n: int) -> str:
    """The first of the lines, which are markup, and how many more there are."""
    if not n:
        return ""
    shown_ones = "".join(f"<li>{line}</li>" for line, _ in zip(lines, range(_NAMES), strict=False))
    more = f"<li>and {n - _NAMES:,} more, in report.json</li>" if n > _NAMES else ""
    return f"{f'<h3>{heading}</h3>' if heading else ''}<ul>{shown_ones}{more}</ul>"


def _metrics(metrics: Builtins) -> str:
    rows = []
    names = [*plots.scopes(metrics), *(["pooled"] if len(metrics) > 3 else [])]
    modes = list(metrics["pooled"]["all"]["accuracy"]) if "pooled" in metrics else []
    for name in names:
        for subset, suffix in _SUBSETS.items():
            found = metrics[name][subset]
            rates = [found[each] for each in _RATES]
            rates += [found["accuracy"].get(mode) for mode in modes]
            rates += [found[each] for each in ("ocr_correct_rate", "noise_floor")]
            cells = ["-" if rate is None else plots.share("", rate).said for rate in rates]
            rows.append((f"{name}{suffix}", f"{found['items']:,}", *cells))
    head = (
        "per cent [95%]",
        "items",
        *_RATES.values(),
        *modes,
        "OCR-correct",
        "agrees with itself",
    )
    return frame.table(head, rows, "all rates")


def _items(content: Builtins) -> str:
    if not content["items"]:
        return frame.section("items", "Items", "<p>No item was asked.</p>")
    more = content["left_out"]
    note = f"<p>{more:,} more items are in report.json.</p>" if more else ""
    return frame.section("items", "Items", f"{frame.part('items.html')}{note}")


def _about(report: Builtins) -> str:
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
        f"<dt>{n}</dt><dd>{frame.escape(v)}</dd>" for n, v in facts.items() if v not in (None, "")
    ]
    return f"<h2>About the run</h2><dl>{''.join(lines)}</dl>"


def _embedded(content: Builtins, folder: Path) -> Iterator[tuple[str, str]]:
    """Pictures as data URIs, the inconsistent items' first, as many as there is room for."""
    room = _PICTURES
    for digest in items.pictures(content):
        png = _picture(folder / "images" / f"{digest}.png")
        if png is not None and len(png) < room:
            room -= len(png)
            yield digest, f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _picture(path: Path) -> bytes | None:
    try:
        png = path.read_bytes()
    except OSError:
        return None
    if len(png) <= _WHOLE:
        return png
    from pytest_rest import pictures  # Pillow, which most runs have loaded, and a replay has not

    return pictures.thumbnail(path)


def _json(content: object) -> str:
    """JSON that ends no script and is no markup, whatever its strings hold; in ASCII."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
