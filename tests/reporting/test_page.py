"""report.html without a browser: what is in it, what is not, and what it costs."""

import base64
import hashlib
import html
import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pages
import pytest
import rh_bench
from endpoint import Endpoint, Reply, Request
from hypothesis import example, given
from PIL import Image
from runs import RunRest
from strategies import texts
from test_by_budget import TRADE
from test_markdown import HOSTILE

from pytest_rest.commands import main
from pytest_rest.errors import BaselineError
from pytest_rest.reporting import page
from pytest_rest.reporting.page import items, plots, side_by_side, summary
from pytest_rest.reporting.page.svg import IntervalRow
from pytest_rest.reporting.terminal.figures import percent
from pytest_rest.safe_text import lines, shown
from pytest_rest.terms import Rate, Style

SHAKY = "--rest-model=simulated:wrong.image=0.5"


def written(folder: Path, report: Any, prompts: Any = None, name: str = page.NAME) -> str:
    """The page of a report whose pictures are in a folder."""
    page.write(report, prompts or {}, folder, folder / name)
    return (folder / name).read_text("utf-8")


def data(text: str) -> Any:
    """What the script of a page reads."""
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    return json.loads(found)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_run_writes_its_page(run_rest: RunRest, workers: str) -> None:
    """Beside report.json; with the prompts as they were sent; elsewhere with pictures in it."""
    run = run_rest(SHAKY, "--rest-suite=soebench:4", "--rest-html=out/copy.html", workers)
    for name in ("run/report.html", "out/copy.html"):
        assert f"\n{name}\n" in run.out
    own, copy = (data(Path(p).read_text("utf-8")) for p in ("run/report.html", "out/copy.html"))
    assert 4 == len(own["items"])
    assert own["items"] == copy["items"]
    shown = [call for call in own["calls"] if call["form"] == "text"]
    prompt = own["texts"][shown[0]["prompt"][0]]
    assert "What is the value of" in prompt
    assert "Think step by step." in prompt
    pictures = {call["image"] for call in own["calls"] if call["image"]}
    assert pictures == set(copy["pictures"])
    png = base64.b64decode(copy["pictures"][min(pictures)].partition(",")[2])
    assert Path("run", "images", f"{min(pictures)}.png").read_bytes() == png
    assert ("images", None) == (own["folder"], own["pictures"])


def test_the_command_asks_just_this_again(run_rest: RunRest) -> None:
    """What the page gives for an item of a suite, and of a test of one's own, finds it."""
    run_rest(SHAKY, "--rest-suite=soebench:4", "--rest-style=courier-50dpi-red", "--rest-seed=3")
    (item, *_) = data(Path("run/report.html").read_text("utf-8"))["items"]
    words = item["again"].split(" -k ")
    expression = words[1].strip("'")
    run = run_rest(*words[0].split()[1:], "-k", expression)
    assert [item["id"]] == [each["id"] for each in run.report["items"]]
    assert {"failed": 1} == {k: v for k, v in run.outcomes.items() if k != "deselected"}


def test_a_shared_page_of_a_stored_run(
    run_rest: RunRest, capsys: pytest.CaptureFixture[str]
) -> None:
    """`pytest-rest report` writes what the run wrote; and says what cannot be read."""
    run_rest(SHAKY, "--rest-suite=soebench:2")
    whole = Path("run/report.html").read_text("utf-8")
    capsys.readouterr()
    Path("run/report.html").unlink()
    assert 0 == main(["report", "run"])
    assert "run/report.html\n" == capsys.readouterr().out
    assert whole == Path("run/report.html").read_text("utf-8")
    assert 0 == main(["report", "run/report.json", "-o", "copy.html"])
    assert data(Path("copy.html").read_text("utf-8"))["pictures"]
    Path("run/completions.sqlite").unlink()
    assert 0 == main(["report", "run"])
    assert not data(Path("run/report.html").read_text("utf-8"))["has_prompts"]


def test_merged_shards_have_a_page(run_rest: RunRest, capsys: pytest.CaptureFixture[str]) -> None:
    """With the prompts of all of them, and their pictures beside it."""
    for number in ("1", "2"):
        run_rest(
            SHAKY, "--rest-suite=soebench:4", f"--rest-shard={number}/2", f"--rest-run-dir={number}"
        )
    main(["merge", "1", "2", "-o", "whole"])
    found = data(Path("whole/report.html").read_text("utf-8"))
    assert 4 == len(found["items"])
    assert all(call["prompt"] for call in found["calls"])
    pictures = {path.stem for path in Path("whole/images").iterdir()}
    assert pictures == {call["image"] for call in found["calls"]} - {""}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{}", "its schema is None"),
        ('{"schema": "pytest-rest/report/1"}', "the report cannot be read: KeyError 'items'"),
        ("no report", "Expecting value"),
    ],
)
def test_a_file_that_is_not_a_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, told: str
) -> None:
    """One line, and nothing is written."""
    (tmp_path / "report.json").write_text(content)
    assert 4 == main(["report", str(tmp_path)])
    assert told in capsys.readouterr().err
    assert not (tmp_path / page.NAME).exists()


def test_headline_figures_are_those_of_the_report(run_rest: RunRest) -> None:
    """Verdict, headline and thresholds are those of report.json."""
    run = run_rest(SHAKY, "--rest-suite=soebench:8", "--rest-min-rer=0.9", "--rest-max-lost=0")
    text = Path("run/report.html").read_text("utf-8")
    rate = run.report["metrics"]["soebench"]["all"]["rer"]
    value, low, high = (f"{rate[key] * 100:.1f}" for key in ("value", "low", "high"))
    interval = f"[{low}, {high}], n = 8"
    assert "Do not ship" in text
    assert (f"{value} %</p>" in text, f"<p>{interval}</p>" in text) == (True, True)
    assert '<p>≥ 90 %: <b class="bad">failed</b></p>' in text


NEW = {"advice", "fuzz", "rh-auc", "budgets", "vision"}
KEYS = ("advice", "fuzz", "rh_auc", "budgets", "vision_tokens")
SERIAL = ("-pno:xdist",)


def sections(text: str) -> dict[str, str]:
    """The markup of each section of a page, by its name."""
    return dict(re.findall(r'<section id="([^"]*)">(.*?)</section>', text, re.DOTALL))


def cells(markup: str) -> list[list[str]]:
    """The rows of all tables, with their heads."""
    rows = re.findall(r"<tr>(.*?)</tr>", markup)
    return [[html.unescape(each) for each in re.findall(r">([^<]*)</t[hd]>", row)] for row in rows]


def said(rate: Any) -> str:
    """A rate as the page has it."""
    return percent(Rate(**rate))


def test_rh_auc_is_drawn(run_rest: RunRest, tmp_path: Path) -> None:
    """Both areas as on the terminal; in table and curve each budget's scores, and none beside."""
    profile, folder = tmp_path / "trade.yaml", rh_bench.write(tmp_path / "rh", 12)
    profile.write_text(TRADE)
    asked = f"--rest-data={folder}", "--rest-suite=rh-bench", "--rest-judge=simulated"
    budgets = "--rest-reasoning-budgets=0,100,300"
    run = run_rest(f"--rest-model=simulated:{profile}", *asked, budgets, *SERIAL)
    found = sections(Path("run/report.html").read_text("utf-8"))
    assert {"rh-auc", "plots", "items"} >= {*found}  # of REST's own rates there is none
    areas = re.findall(r"^RH-AUC .*$", run.out, re.MULTILINE)
    assert areas == re.findall(r"<p>(RH-AUC [^<]*)</p>", html.unescape(found["rh-auc"]))
    points = run.report["rh_auc"]["points"]
    rows = [
        [str(p["budget"]), "12+12", said(p["reasoning"]), said(p["perception"])] for p in points
    ]
    head, *drawn, _, _ = cells(found["rh-auc"])
    assert ["budget", "items", "reasoning", "perception", "tokens written"] == head
    assert rows == [row[:4] for row in drawn]
    labels = ", ".join(re.findall(r'<text class="label on"[^>]*>([^<]*)<', found["rh-auc"]))
    assert {"0", "100", "300"} == {*labels.split(", ")}


def test_a_sweep_has_its_table(run_rest: RunRest) -> None:
    """RER and accuracies under each budget, and whether reasoning collapses."""
    run = run_rest(SHAKY, "--rest-suite=soebench:4", "--rest-reasoning-budgets=0,50", *SERIAL)
    found = sections(Path("run/report.html").read_text("utf-8"))["budgets"]
    entries = run.report["budgets"]["suites"]["soebench"]
    rows = [
        [
            str(e["budget"]),
            "4",
            *(said(e[rate]) for rate in ("rer", "all_correct", "agreed_wrong")),
        ]
        for e in entries
    ]
    assert rows == cells(found)[1:3]
    accuracies = [[said(e["accuracy"][m]) for m in ("text", "image")] for e in entries]
    assert accuracies == [row[2:] for row in cells(found)[4:6]]
    (collapse,) = re.findall(r"^reasoning (collapse.*)$", run.out, re.MULTILINE)
    assert f"<p>Reasoning {collapse}</p>" in found


def test_tokens_and_advice_are_those_of_the_terminal(run_rest: RunRest, tmp_path: Path) -> None:
    """The terminal's figures of both, and no others; in `show` and in GitHub's summary too."""
    profile = tmp_path / "blind.yaml"
    profile.write_text("effects:\n  - {change: -0.8, when: {dpi: 50}}\n")
    styles = "--rest-style=dejavu-50dpi,dejavu"
    run = run_rest(f"--rest-model=simulated:{profile}", "--rest-suite=soebench:20", styles, *SERIAL)
    found = sections(Path("run/report.html").read_text("utf-8"))
    given = run.report["advice"]["given"]
    head, *rows = cells(found["advice"])
    assert f"advice, of {run.report['advice']['looked_at']} differences" == head[0]
    assert [each["text"] for each in given] == [row[0] for row in rows]
    assert "avoid 50 DPI" in [row[0] for row in rows]
    for name, n, points in rows:
        assert re.search(rf"^{name} +{n} {re.escape(points)}$", run.out, re.MULTILINE)
    (saves,) = re.findall(r"^a (picture .*)$", run.out, re.MULTILINE)
    assert f"<p>A {saves}</p>" in html.unescape(found["vision"])
    uses = [each for each in run.report["vision_tokens"]["styles"] if each["mode"] == "image"]
    _, *rows = cells(found["vision"])
    assert {(each["style"], str(each["n"]), said(each["agreement"])) for each in uses} == {
        (row[0], row[1], row[-1]) for row in rows
    }
    assert len(uses) == len(re.findall("<circle[^>]*><title>", found["vision"]))


def test_a_run_that_cost_something_is_not_said_to_cost_nothing(tmp_path: Path) -> None:
    """At the page's top and at its end."""
    report = pages.report([pages.record(1)])
    report["usage"]["cost"] = 0.001
    page = written(tmp_path, report)
    assert ("less than $0.01" in page, "$0.00" in page) == (True, False)


def test_an_effect_has_a_colour_where_it_is_clear(tmp_path: Path) -> None:
    """As advice is: of 20 items, and among all differences that were looked at."""
    report = pages.report([pages.record(number) for number in range(5)])
    few = {"value": -1.0, "low": None, "high": None, "n": 19, "t": None, "df": 18, "p": None}
    large = {"value": -0.2, "low": -0.3, "high": -0.1, "n": 60, "t": -4.0, "df": 59, "p": 1e-4}
    changes = {"few": few, "many": {**few, "n": 60}, "large": large}
    report["effects"] = [
        {"characteristic": "font", "value": n, "subset": "all", "accuracy": c, "agreement": None}
        for n, c in changes.items()
    ]
    for looked_at, expected in ((1, 2), (27, 2), (10_000, 1)):
        report["advice"]["looked_at"] = looked_at
        page = written(tmp_path, report)
        assert expected == page.count('<circle class="dot bad"'), looked_at
        assert f"for all {looked_at} differences together" in page


def test_a_page_says_that_there_is_no_advice(tmp_path: Path) -> None:
    """Of differences that were looked at; where there was none, nothing."""
    report = pages.report([pages.record(number) for number in range(5)])
    assert (
        "of 3 differences that were looked at none is"
        in sections(written(tmp_path, report))["advice"]
    )
    report["advice"]["looked_at"] = 0
    assert "advice" not in sections(written(tmp_path, report))


@pytest.mark.slow
def test_flips_have_their_pictures(run_rest: RunRest) -> None:
    """What the terminal says of each; beside the page, in a copy of it, or not at all."""
    run = run_rest(
        *("--rest-model=simulated:low-resolution", "--rest-fuzz=60", "--rest-seed=2"),
        *("--rest-fuzz-profile=repeatable", "--rest-html=out/copy.html", *SERIAL),
    )
    found = sections(Path("run/report.html").read_text("utf-8"))
    assert {"fuzz", "items"} == {*found}
    assert f"<p>{run.out.partition('REST fuzz')[2].splitlines()[1]}</p>" in found["fuzz"]
    assert "flip 1: dpi=79 (REST's 200); transcribed wrongly, steady" in html.unescape(
        found["fuzz"]
    )
    assert "<p>1 flip found</p>" in Path("run/report.html").read_text("utf-8")
    (flip,) = run.report["fuzz"]["findings"]
    values = ", ".join(flip["answers"]["style"])
    assert f"<dt>this style</dt><dd>{values}</dd>" in found["fuzz"]
    pictures = {f"images/{flip['pictures'][name]}.png" for name in ("rest", "style")}
    assert pictures == {*re.findall('<img src="([^"]*)"', found["fuzz"])}
    copy = sections(Path("out/copy.html").read_text("utf-8"))["fuzz"]
    assert 2 == copy.count('<img src="data:image/png;base64,')
    for path in Path("run/images").iterdir():
        path.unlink()
    main(["report", "run"])
    assert "<img" not in sections(Path("run/report.html").read_text("utf-8"))["fuzz"]


@pytest.mark.parametrize("gone", [True, False], ids=["absent", "null"])
def test_an_old_report_has_a_page(tmp_path: Path, gone: bool) -> None:
    """Without what is new, and with nulls in its place; the rest is as it was."""
    report = pages.everything()
    assert {*sections(written(tmp_path, report))} >= NEW
    for key in KEYS:
        report[key] = None
        if gone:
            del report[key]
    found = sections(written(tmp_path, report))
    assert not NEW & {*found}
    assert {"headline", "rates", "items"} <= {*found}


def test_sweep_tokens_advice_and_flips_are_escaped(tmp_path: Path) -> None:
    """Markup in every place of a sweep, of tokens, advice and flips; and no picture from afar."""
    text = written(tmp_path, pages.everything(HOSTILE))
    found = "".join(sections(text)[name] for name in NEW)
    assert not re.search(r"<img|</td>\||onerror=y>", found)
    places = ("a", "low", "Native", "0", "it is flat", "avoid 50 DPI", "dejavu-black-50dpi")
    for place in (*places, "A = 3", "What is A?", "right is 3", "color=red", "budget", "x"):
        assert f"{place}{html.escape(shown(HOSTILE))}" in found, place


def test_a_lost_item_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Also one of which there is no record, with the reason."""
    report = pages.report([pages.record(1)])
    report["lost"] = [{"suite": "a", "item": "gone", "style": "s", "reason": "HTTP 500"}]
    found = data(written(tmp_path, report))["items"]
    assert [("gone", "lost", "HTTP 500")] == [
        (each["id"], each["verdict"], each["reason"]) for each in found[:1]
    ]


def test_items_that_were_never_asked_are_limited(tmp_path: Path) -> None:
    """A run that was cut short has thousands, of which nothing but their names is known."""
    report = pages.report([pages.record(number) for number in range(1, 8)])
    lost = [f"item-{number:04}" for number in range(5, 1_405)]  # three of them have a record
    report["lost"] = [
        {"suite": "a", "item": item, "style": Style().id, "reason": "no answer"} for item in lost
    ]
    found = data(written(tmp_path, report))
    assert (1_007, 397) == (len(found["items"]), found["left_out"])
    assert ["inconsistent", "lost"] == [each["verdict"] for each in found["items"][:2]]
    assert {"consistent"} == {each["verdict"] for each in found["items"][-6:]}
    assert "397 more items are in report.json" in (tmp_path / page.NAME).read_text("utf-8")


def test_the_policy_allows_the_page_and_nothing_else(tmp_path: Path) -> None:
    """Script and style by their digests; no address of another place occurs at all."""
    text = written(tmp_path, pages.report([pages.record(1)]))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (own,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert [] == re.findall(r"(?:src|href)=\"?https?:|url\(|@import|innerHTML|\beval\b", text)


@given(texts(200))
@example("\u202e\u2066\ufeff\x1b[0m\ud800")
def test_invisible_characters_become_escapes(text: str) -> None:
    """What is shown has no control, direction mark or half a character; the rest is as it was."""
    found = lines(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found)
    assert found == lines(found)
    assert "größer 数 \n\t👩‍👧" == lines("größer 数 \r\n\t👩‍👧")


@pytest.mark.slow
def test_a_thousand_items_in_21_forms_stay_under_30_mb(tmp_path: Path) -> None:
    """Under 30 MB, however long the answers are; the consistent items' texts are cut first."""
    styles = [*(style.id for style in pages.PLUS), "dejavu-200dpi-red"]
    report = pages.many(1_000, styles)
    for number, item in enumerate(report["items"]):
        item["ocr_mixed"] = {**item["ocr"], "prompt": f"{number}"}
        for mode, answer in item["answers"].items():
            answer["text"] = f"{number} {mode} " + "because " * 250
    page.write(report, {}, tmp_path, tmp_path / page.NAME)
    assert 10_000 == len(report["items"])
    assert 10e6 < (tmp_path / page.NAME).stat().st_size < 30e6
    found = data((tmp_path / page.NAME).read_text("utf-8"))
    lengths = [_lengths(found, verdict) for verdict in ("inconsistent", "consistent")]
    assert min(lengths[0]) > 2 * max(lengths[1])
    content = json.loads("".join(items.data({**report, "items": report["items"][:50]}, {}).json()))
    assert min(_lengths(content, "consistent")) > 2_000  # a page with few has all of it


def _lengths(content: Any, verdict: str) -> list[int]:
    """How much of its answers a page has."""
    numbers = [i["answers"] for i in content["items"] if i["verdict"] == verdict]
    texts = [content["texts"][content["calls"][n]["text"]] for each in numbers for n in each]
    return [len(text) if isinstance(text, str) else len(text[0] + text[1]) for text in texts]


def test_a_copy_embeds_pictures_within_a_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inconsistent items' pictures come first; what is left out is named by its place."""
    report = pages.report([pages.record(number) for number in range(1, 9)])
    (tmp_path / "images").mkdir()
    for item in report["items"]:
        picture = item["answers"]["image"]["image"]
        (tmp_path / "images" / f"{picture}.png").write_bytes(b"p" * 1_000)
    monkeypatch.setattr(page, "_PICTURES", 2_500)
    found = data(written(tmp_path, report, name="elsewhere/copy.html"))
    odd = next(each for each in report["items"] if each["verdict"] == "inconsistent")
    assert 2 == len(found["pictures"])
    assert odd["answers"]["image"]["image"] in found["pictures"]
    assert f"{tmp_path.name}/images" == found["folder"]  # no path of this machine


def test_a_copy_shrinks_large_pictures(tmp_path: Path) -> None:
    """In a copy, so that it is still one to send; what is no picture is left out."""
    report = pages.report([pages.record(number) for number in (1, 2)])
    large, broken = (item["answers"]["image"]["image"] for item in report["items"])
    (tmp_path / "images").mkdir()
    noise = Image.effect_noise((1_500, 500), 90).convert("RGB")
    noise.save(tmp_path / "images" / f"{large}.png")
    (tmp_path / "images" / f"{broken}.png").write_bytes(b"no picture" * 9_000)
    found = data(written(tmp_path, report, name="elsewhere/copy.html"))["pictures"]
    assert [large] == [*found]
    content = base64.b64decode(found[large].partition(",")[2])
    with Image.open(io.BytesIO(content)) as picture:
        assert (640, 213) == picture.size


def test_a_page_takes_little_processor_time(tmp_path: Path) -> None:
    """Of 50 items, in far less than 0.3 s of the processor."""
    report = pages.report([pages.record(number) for number in range(50)])
    start = time.process_time()
    written(tmp_path, report)
    assert time.process_time() - start < 0.3


def test_a_format_is_a_look_of_its_own() -> None:
    """What is named behind it is read as ever."""
    found = items.looks(["html-courier-50dpi-black", "courier-50dpi-black"], {})
    assert ["html-courier-50dpi-black"] == found["format html"]
    assert ["html-courier-50dpi-black", "courier-50dpi-black"] == found["font courier"]


def test_looks_are_those_of_the_effects() -> None:
    """A style's name, and a style of a file, are found by what they change."""
    own = {"mine": {**_fields(size_pt=9.0, color="red"), "name": "mine"}}
    found = items.looks(["courier-50dpi-blue-on-yellow-rotation=-2", "mine"], own)
    assert {"font courier", "dpi 50", "color blue", "background yellow", "rotation -2"} | {
        *("size 9", "color red", "color any")
    } == set(found)
    assert ["courier-50dpi-blue-on-yellow-rotation=-2", "mine"] == found["color any"]


def _fields(**changes: Any) -> dict[str, Any]:
    from pytest_rest.terms import to_builtins

    return to_builtins(Style(**changes))


def test_plots_with_nothing_to_show_are_left_out() -> None:
    """One style has no effects; without tokens there is nothing to put them against."""
    report = pages.report([pages.record(number) for number in range(5)])
    assert ["Accuracy by form", "Accuracy against tokens sent"] == [
        plot.heading for plot in plots.of(report)
    ]
    assert [] == [*plots.of(pages.report([]))]


def test_compare_draws_three_models_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three runs on one page, with each two compared; no tolerance is judged among three."""
    runs = [tmp_path / f"{name}.json" for name in ("one", "two", "three")]
    for run in runs:
        report = pages.report([pages.record(n) for n in range(5)])
        report["provenance"]["model"] = run.stem
        run.write_text(json.dumps(report))
    names = [str(run) for run in runs]
    assert 0 == main(["compare", *names, "--html", str(tmp_path / "models.html")])
    text = (tmp_path / "models.html").read_text("utf-8")
    assert "<h1>one · two · three</h1>" in text
    assert "default-src 'none'" in text
    assert ("two less one" in text, "three less two" in text) == (True, True)
    assert "Who is right where no other is" in text
    capsys.readouterr()
    assert 0 == main(["compare", *names])
    lines = capsys.readouterr().out.splitlines()
    assert [] == [line for line in lines if len(line) > 80]
    assert ["1: one", "2: two", "3: three", "5 items judged in all 3 runs"] == lines[:4]
    assert 6 == sum(line.startswith("  3 less 1 ") for line in lines)
    assert 0 == main(["compare", *names, "--json"])
    content = json.loads(capsys.readouterr().out)
    assert [(0, 1), (0, 2), (1, 2)] == [
        (each["one"], each["other"]) for each in content["differences"]["rer"]
    ]
    assert 4 == main(["compare", *names, "--max-rer-drop=0"])
    assert "a tolerance is for two runs" in capsys.readouterr().err
    assert 4 == main(["compare", *names, "--junit-xml=junit.xml"])
    assert "--markdown and --junit-xml are for two runs" in capsys.readouterr().err
    assert 4 == main(["compare", names[0], names[1], names[0]])
    assert "a run is named twice" in capsys.readouterr().err


def test_runs_of_other_items_are_not_put_side_by_side() -> None:
    """Told with what differs."""
    one, other = (pages.report([pages.record(n) for n in range(k)]) for k in (5, 6))
    with pytest.raises(BaselineError, match="'b' cannot stand beside 'a': other items"):
        side_by_side.text({"a": one, "b": other})


def test_no_secret_is_written_or_shown(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Key, header, environment and password: in no file that a run writes, and on no terminal."""
    secret = "planted-5ecret"  # noqa: S105

    def reply(request: Request) -> Reply:
        echo = f"HTTP 500: your key {request.headers['authorization']} is good"
        return Reply(text="Answer: 3") if request.number % 5 else Reply(text=echo, status=400)

    for name in ("OPENAI_API_KEY", "HF_TOKEN", "MY_PASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, f"sk-{secret}")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    options = ("--rest-model=mine", "--rest-suite=soebench:2", "--rest-min-rer=0.5")
    asked = ("--junitxml=run/junit.xml", "--rest-html=run/copy/report.html")
    written = []
    with Endpoint(reply) as server:
        base = f"--rest-api-base={server.openai_base}"
        refused = run_rest(*options, base.replace("://", f"://me:{secret}@"))
        run = run_rest(*options, base, *asked)
        written += [*Path("run").rglob("*"), tmp_path / "summary.md"]
        keys = {request.headers["authorization"] for request in server.requests}
    assert (4, {f"Bearer sk-{secret}"}) == (refused.status, keys)
    (command, *_) = {i["again"] for i in data(Path("run/report.html").read_text("utf-8"))["items"]}
    assert command.startswith(f"pytest --rest-model=mine {base} --rest-suite=soebench:2 -k ")
    assert any("your key" in each["reason"] for each in run.report["lost"])
    assert secret not in run.out + refused.out
    found = [path for path in written if path.is_file() and secret.encode() in path.read_bytes()]
    assert [] == found
    names = {path.name for path in written}
    assert {"report.json", "report.html", "junit.xml", "completions.sqlite"} <= names


@pytest.mark.parametrize(
    ("modes", "columns"),
    [
        (("text", "image"), ["right as text", "right as image", "right as mixed"]),
        (("text", "file"), [f"right as {mode}" for mode in ("text", "image", "mixed", "file")]),
    ],
)
def test_a_field_has_a_column_for_files_where_they_were_asked(
    modes: tuple[str, ...], columns: list[str]
) -> None:
    """As it has one for text, image and mixed."""
    rate = {"value": 0.5, "low": 0.1, "high": 0.9, "n": 4}
    metrics = {"items": 4, "rer": rate, "accuracy": dict.fromkeys(modes, rate)}
    head, (row,) = summary.fields({"fields": {"a": {"metrics": {"all": metrics}, "flips": {}}}})
    assert columns == [each for each in head if each.startswith("right as ")]
    assert len(head) == len(row)


def test_an_n_that_all_rows_have_is_said_once() -> None:
    """Below headings too, and where a row is undefined; not where one has another."""
    rate = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 40}
    head, none = IntervalRow("text", None, "", "head"), plots.share("c", None)
    rows = [head, plots.share("a", rate), plots.share("b", rate), none]
    (plot,) = plots.dots("Accuracy", "By form.", rows)
    assert ("By form. n = 40 in each row.", 0) == (plot.note, plot.picture.count("n = 40"))
    (plot,) = plots.dots("Accuracy", "By form.", [*rows, plots.share("d", rate | {"n": 9})])
    assert ("By form.", 2) == (plot.note, plot.picture.count("n = 40"))
    few = [replace(head, label="image"), *(plots.share(m, rate | {"n": 9}) for m in "ab")]
    (plot,) = plots.dots("Accuracy", "By form.", [*rows, *few])
    assert ["text, n = 40", "image, n = 9"] == re.findall(r"\w+, n = \d+", plot.picture)


def test_the_first_line_has_the_baseline_s_date_and_commit() -> None:
    """As far as they are known: an older report has its model alone."""
    report = pages.report([pages.record(1)])
    against = {"model": "m-1", "created": "2026-01-02T03:04:05+00:00", "git_commit": "0123456789ab"}
    report["gate"]["baseline"] = {"against": against, "changes": None}
    assert "against m-1, 2026-01-02, commit 0123456789" == [*summary.about(report)][-1]
    report["gate"]["baseline"] = {"changes": {"old_model": "m-0"}}
    assert "against m-0" == [*summary.about(report)][-1]
