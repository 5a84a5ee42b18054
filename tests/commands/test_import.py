"""`pytest-rest import`: real answers give the counts that were made apart from this project."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from runs import RunRest, shared_data

from pytest_rest.commands import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "stored_answers"
FORMATS = ("html", "markdown", "latex")
MODELS = ("gpt-5.2", "gemini-3-flash-preview", "Qwen3-VL-8B-Instruct", "gemma_3-12B-IT")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported(*words: str, folder: str = "run") -> Any:
    """The report of the answers."""
    assert 0 == main(["import", *words, "-o", folder])
    report: Any = json.loads(Path(folder, "report.json").read_text("ascii"))
    return report


def tabverse_mapping() -> str:
    """What the rows of TABVERSE are called: the short answers are values already."""
    forms = [
        f"  - {{form: {mode}, format: {name}, value: {mode}.{name}}}"
        for mode in ("text", "image")
        for name in FORMATS
    ]
    lines = ["columns: {item: id, expected: labels}", "set: {suite: tabverse}", "forms:", *forms]
    lines.append("ignore: [image_id, dataset, category, difficulty]")
    Path("mapping.yaml").write_text("\n".join(lines), "utf-8")
    return "mapping.yaml"


def counted(rate: Any) -> int:
    """How many of the items it is of."""
    return round(float(rate["value"]) * int(rate["n"]))


@pytest.mark.shared_data
@pytest.mark.parametrize("model", MODELS)
def test_real_answers_give_the_counts_that_were_made_apart(model: str, capsys: Capture) -> None:
    """Every number of TABVERSE's `counts.json`, by format, over all, and of the excess."""
    expected = json.loads(shared_data("tabverse", "counts.json").read_text("utf-8"))[model]
    path = shared_data("tabverse", "answers", f"{model}.jsonl")
    report = imported(str(path), "--mapping", tabverse_mapping())
    metrics = {name: report["formats"]["metrics"][name]["all"] for name in FORMATS}
    found: dict[str, Any] = {"n": report["metrics"]["tabverse"]["all"]["items"]}
    for name in FORMATS:
        rates = metrics[name]
        right_any = counted(rates["mmc"])
        found[name] = {
            "agree": counted(rates["rer"]),
            "right_text": counted(rates["accuracy"]["text"]),
            "right_image": counted(rates["accuracy"]["image"]),
            "right_any": right_any,
            "right_both": counted(rates["all_correct"]),
            **{each: round(rates[each]["value"], 4) for each in ("rer", "cfr", "mmc")},
        }
        assert right_any == rates["cfr"]["n"]
        assert rates["rer"] == report["styles"][name]["rer"]
    found["six_agree"] = counted(report["metrics"]["tabverse"]["all"]["rer"])
    for mode in ("text", "image"):
        found[f"{mode}_formats_agree"] = counted(report["formats"]["agreement"][mode])
    (excess,) = (
        each
        for each in report["formats"]["excess"]
        if (each["format"], each["other"]) == ("html", "markdown")
    )
    points = [round(100 * excess[each], 1) for each in ("value", "low", "high")]
    found["excess_html_points"] = points
    agree = sum(expected[name]["agree"] for name in FORMATS) / len(FORMATS) / expected["n"]
    over_all = (report["formats"][name]["value"] for name in ("format_floor", "modality_excess"))
    assert 1 - agree == pytest.approx(sum(over_all))
    assert expected == found
    assert (model, []) == (report["provenance"]["model"], report["lost"])
    assert "4,200 stored answers, nothing asked" in capsys.readouterr().out


def test_the_examples_are_the_same_answers_twice(capsys: Capture) -> None:
    """As a table and as wide rows with a mapping; what is not known does not look like zero."""
    report = imported(str(EXAMPLES / "answers.csv"))
    out = capsys.readouterr().out
    assert "RER" in out
    assert "not known of stored answers: prompts, pictures, transcriptions, styles" in out
    assert [] == [word for word in ("transcription ", "OCR", "$", "calls") if word in out]
    mapping = str(EXAMPLES / "mapping.yaml")
    assert 0 == main(["import", str(EXAMPLES / "wide.jsonl"), "--mapping", mapping, "-o", "wide"])
    wide = json.loads(Path("wide/report.json").read_text("ascii"))
    assert report["formats"] == wide["formats"]
    assert {"answers": 2, "unknown": None} | {
        "files": ["answers.csv"],
        "answers": 8,
        "formats": ["html", "markdown"],
        "unknown": ["prompts", "pictures", "transcriptions", "styles"],
    } == report["provenance"]["stored"]
    about = report["provenance"]
    assert (None, "unknown", "unknown") == (about["seed"], about["protocol"], about["ocr"])
    assert (0, None, None) == tuple(report["usage"][n] for n in ("calls", "cost", "input_tokens"))


def test_the_run_is_kept_as_any_other(capsys: Capture) -> None:
    """In the folder of runs, where `list`, `show`, `report` and `compare` find it."""
    for number in range(2):
        assert 0 == main(["import", str(EXAMPLES / "answers.csv"), "--allow-models=x, y"])
        Path(capsys.readouterr().out.splitlines()[-1]).parent.rename(f"run-{number}")
    compared = "compare run-0 run-1 --html=both.html"
    for words in ("show capital-1 run-0", "report run-0", compared):
        assert 0 == main(words.split())
    assert "stored answers, nothing was asked" in Path("both.html").read_text("utf-8")
    out = capsys.readouterr().out
    assert "istanbul, wrong" in out
    assert "right is Ankara" in out
    page = Path("run-0/report.html").read_text("utf-8")
    assert [] == [word for word in ("price unknown", "OCR-correct") if word in page]


def test_wrong_usage_is_a_line_for_each_fault(capsys: Capture) -> None:
    """Exit status 4, and nothing is written."""
    rows = list(csv.DictReader((EXAMPLES / "answers.csv").read_text("utf-8").splitlines()))
    lines = [json.dumps({**row, "form": "picture"}) for row in rows[:2]]
    Path("bad.jsonl").write_text("\n".join(lines), "utf-8")
    assert 4 == main(["import", "bad.jsonl", "-o", "run"])
    err = capsys.readouterr().err.splitlines()
    prefix = "pytest-rest import: error: bad.jsonl, line"
    assert [
        f"{prefix} {n}: form 'picture' is not one of text, image, mixed, file" for n in (1, 2)
    ] == err
    assert not Path("run").exists()
    assert 0 == main(["import", str(EXAMPLES / "answers.csv"), "-o", "run"])
    assert 4 == main(["import", str(EXAMPLES / "answers.csv"), "-o", "run"])
    assert "is there already" in capsys.readouterr().err


def test_nobody_says_what_is_right(capsys: Capture) -> None:
    """Then there is RER, and nothing looks like a model that is never right."""
    rows = [{"item": n, "form": f, "answer": "7"} for n in range(30) for f in ("text", "image")]
    Path("open.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    report = imported("open.jsonl")
    rates = report["metrics"]["open"]["all"]
    assert 1.0 == rates["rer"]["value"]
    unknown = ("cfr", "mmc", "all_correct", "agreed_wrong", "agree_not_right")
    assert dict.fromkeys(unknown) == {name: rates[name] for name in unknown}
    assert {"text": None, "image": None} == rates["accuracy"]
    out = capsys.readouterr().out
    assert "'7' is the answer to 100.0 % of 30 items" in out
    assert "guessing" not in out
    assert 0 == main(["baseline", "run", "-o", "baseline.json"])
    assert 0 == main(["show", "0", "run"])
    assert "what is right is not known" in capsys.readouterr().out


PLANTED = "simulated:wrong.image=0.4,misread=0.5,failed=0.02"
UNEXPORTED = {"provenance", "usage", "vision_tokens", "seen", "published", "items"}


@pytest.mark.parametrize("name", ["answers.csv", "answers.jsonl"])
def test_a_runs_own_export_gives_its_report_again(run_rest: RunRest, name: str) -> None:
    """Every figure that rests on what was answered and transcribed; what was sent, it has not."""
    run = run_rest(
        *(f"--rest-model={PLANTED}", "--rest-suite=soebench:12", "--rest-repeats=2"),
        *("--rest-ocr=each", "--rest-style=dejavu,courier-50dpi", "-pno:xdist"),
    )
    assert 0 == main(["export", "run", "-o", name])
    back = imported(name, folder="back")
    assert run.report.keys() == back.keys()
    assert [] == [key for key in back if key not in UNEXPORTED and back[key] != run.report[key]]
    kept = ("id", "suite", "style", "answer", "verdict", "reason", "failed_at")
    for mine, other in zip(run.report["items"], back["items"], strict=True):
        assert [mine[key] for key in kept] == [other[key] for key in kept]
    assert ["prompts", "pictures"] == back["provenance"]["stored"]["unknown"]


def test_an_export_of_imported_answers_is_imported(capsys: Capture) -> None:
    """With their formats, and several right answers."""
    mapping = ["--mapping", str(EXAMPLES / "mapping.yaml")]
    report = imported(str(EXAMPLES / "wide.jsonl"), *mapping)
    assert 0 == main(["export", "run", "-o", "answers.csv"])
    back = imported("answers.csv", folder="back")
    for key in ("metrics", "formats", "styles", "lost"):
        assert report[key] == back[key]
    assert report["items"][2]["also_right"] == back["items"][2]["also_right"]
    rows = [{"item": "a", "form": form, "answer": "7"} for form in ("text", "image")]
    Path("plain.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    plain = imported("plain.jsonl", folder="plain")
    assert 0 == main(["export", "plain", "-o", "plain.csv"])
    again = imported("plain.csv", folder="again")
    assert plain["provenance"]["stored"]["unknown"] == again["provenance"]["stored"]["unknown"]
