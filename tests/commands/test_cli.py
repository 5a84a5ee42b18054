"""The command line: what it prints, its exit status, and that nothing ends in a traceback."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import junit_schema
import pytest
from stored import planted

from pytest_rest.commands import COMMANDS, main
from pytest_rest.gate import baseline

ROOT = Path(__file__).parents[2]
GOOD, BAD = planted([True] * 20), planted([True] * 12 + [False] * 8)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good run's folder, a bad run's report, and reports that are of no use."""
    monkeypatch.chdir(tmp_path)
    bad = {**BAD, "provenance": {**BAD["provenance"], "model": "an\x1bother"}}
    part = {**GOOD, "provenance": {**GOOD["provenance"], "shard": "1/3"}}
    other = planted([True] * 3)
    Path("good").mkdir()
    for name, content in {
        "good/report.json": GOOD,
        "bad.json": bad,
        "part.json": part,
        "other.json": other,
    }.items():
        Path(name).write_text(json.dumps(content), "ascii")
    Path("broken.json").write_text("{")
    Path("huge.json").write_text('{"schema": 1e999}')
    odd = {**GOOD["provenance"], "protocol": "\x1b[2J"}
    Path("odd.json").write_text(json.dumps({**GOOD, "provenance": odd}))


def printed(capsys: Capture, *words: str) -> tuple[int, str, str]:
    """The exit status, what went to stdout and to stderr."""
    try:
        status = main(words)
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "Traceback" not in err
    return status, out, err


def test_compare_shows_what_changed(capsys: Capture) -> None:
    """The rates then and now, with intervals and flips; who got worse; no gate, no failure."""
    status, out, err = printed(capsys, "compare", "good", "bad.json")
    assert (0, "") == (status, err)
    lines = out.splitlines()
    assert [] == [line for line in lines if len(line) > 80]
    assert "old: simulated" == lines[0]
    assert "new: an\\x1bother (simulated), another model" == lines[1]
    rows = {line.split()[0]: line.split()[1:] for line in lines[3:9]}
    assert ["20", "100.0", "60.0", "-40.0"] == rows["RER"][:4]
    assert ["8", "0", "0.0039"] == rows["RER"][-3:]
    assert ["20", "0.0", "40.0", "+40.0"] == rows["CFR"][:4]
    assert ["20", "100.0", "100.0", "0.0", "[-12.6,", "+12.6]", "0", "0", "1"] == rows["MMC"]
    assert "were consistent, and are no longer:" == lines[9]
    assert [f"  a/i{n:04}" for n in range(12, 20)] == lines[10:]
    _, out, _ = printed(capsys, "compare", "bad.json", "good")
    assert "became consistent: 8" in out
    assert "no longer" not in out


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        (("--max-rer-drop=0.02",), 1, "rer_drop<=0.02 failed: RER fell by 40.0 points"),
        (("--max-rer-drop=0.5",), 0, "rer_drop<=0.5 is undecided"),
        (("--max-rer-drop=0.5", "--undecided=fail"), 1, "rer_drop<=0.5 is undecided"),
        (("--max-rer-drop=0.7",), 0, "rer_drop<=0.7 passed"),
        (("--max-drop=accuracy=0.1",), 1, "accuracy.image_drop<=0.1 failed"),
        (("--max-drop=rer=0.7", "--max-drop=mmc=0.2"), 0, "mmc_drop<=0.2 passed"),
        (("--max-cfr-rise=0",), 1, "cfr_rise<=0.0 failed: CFR rose by 40.0 points"),
        (("--max-rer-drop=0.02", "--confidence=0.9999"), 1, "rer_drop<=0.02 is undecided"),
        (("--max-rer-drop=0.02", "--confidence=0.9999", "--undecided=pass"), 0, "cannot tell: "),
        (("--max-rer-drop=0.5", "--max-cfr-rise=0.1"), 1, "cfr_rise<=0.1"),
    ],
)
def test_compare_judges_as_the_run_options_do(
    capsys: Capture, words: tuple[str, ...], expected: int, said: str
) -> None:
    """What the option of that name would say of the same two runs."""
    status, out, _ = printed(capsys, "compare", "good", "bad.json", *words)
    assert expected == status
    assert said in out
    status, out, _ = printed(capsys, "compare", "good", "bad.json", *words, "--json")
    assert expected == status
    assert (expected == 0) == json.loads(out)["gate"]["passed"]


@pytest.mark.parametrize(
    ("words", "word", "kind"),
    [
        ((), "not judged", None),
        (("--max-rer-drop=0.02",), "Do not ship", "failure"),
        (("--max-rer-drop=0.5",), "Ship", "system-out"),
        (("--max-rer-drop=0.5", "--undecided=fail"), "Cannot tell", "failure"),
        (("--max-rer-drop=0.7",), "Ship", "passed"),
    ],
)
def test_compare_tells_a_ci_what_it_tells_a_terminal(
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    word: str,
    kind: str | None,
) -> None:
    """A comment, GitHub's summary and annotations, and JUnit's file."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    files = "--markdown=out/comment.md", "--junit-xml=out/junit.xml"
    status, out, err = printed(capsys, "compare", "good", "bad.json", *words, *files, "--json")
    comment = Path("out/comment.md").read_text("utf-8")
    assert Path("summary.md").read_text("utf-8") == comment
    assert f"**{word}**: " in comment
    assert "- a&#47;i0012\n" in comment
    assert "| RER | 20 | 100.0 | 60.0 | -40.0 [" in comment
    suite = junit_schema.read(Path("out/junit.xml"))
    assert [kind] * bool(kind) == [k for k, _ in junit_schema.outcomes(suite).values()]
    assert "8" == junit_schema.properties(suite)["rest.worse"]
    assert (status == 1) == err.startswith("::error title=REST%3A rer_drop<=0.")
    assert json.loads(out)["worse"]


def lossy(number: int) -> None:
    """`lossy/report.json`: the good run with so many of its items lost."""
    lost = [{"suite": "a", "item": each["id"]} for each in GOOD["items"][:number]]
    Path("lossy").mkdir()
    content = {**GOOD, "items": GOOD["items"][number:], "lost": lost}
    Path("lossy/report.json").write_text(json.dumps(content), "ascii")


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        (("lossy", "bad.json"), 1, "18 items were lost (allowed: 0): 18 in the baseline, 0 now"),
        (("good", "lossy"), 1, "18 items were lost (allowed: 0): 0 in the baseline, 18 now"),
        (
            ("lossy", "bad.json", "--max-lost=17"),
            1,
            "18 items were lost (allowed: 17): 18 in the basel",
        ),
        (("lossy", "bad.json", "--max-lost=18"), 0, "rer_drop<=0.0 is und"),
    ],
)
def test_compare_does_not_judge_what_is_lost(
    capsys: Capture, words: tuple[str, ...], expected: int, said: str
) -> None:
    """Two items of twenty would pass anything; without a tolerance they are only shown."""
    lossy(18)
    status, out, _ = printed(capsys, "compare", *words, "--max-rer-drop=0")
    assert expected == status
    assert said in out
    status, out, _ = printed(capsys, "compare", *words[:2])
    assert 0 == status
    assert "18 items lost in either run and left out: " in out


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        (("baseline", "cached"), 4, "'cached': answers in it came from a gateway's cache"),
        (("baseline", "cached", "--allow-cached", "-o", "b.json"), 0, "b.json: 20 items"),
        (("compare", "cached", "bad.json", "--max-rer-drop=1"), 4, "so it cannot judge a run"),
        (("compare", "good", "cached", "--max-rer-drop=1"), 4, "or allow them"),
        (("compare", "good", "cached", "--max-rer-drop=1", "--allow-cached"), 0, "rer_drop<=1.0"),
        (("compare", "good", "cached"), 0, "new: "),
    ],
)
def test_answers_of_a_gateways_cache_judge_nothing(
    capsys: Capture, words: tuple[str, ...], expected: int, said: str
) -> None:
    """As in a run: they are old ones."""
    Path("cached").mkdir()
    content = {**GOOD, "usage": {"from_cache": 3}}
    Path("cached/report.json").write_text(json.dumps(content), "ascii")
    status, out, err = printed(capsys, *words)
    assert expected == status
    assert said in out + err


@pytest.mark.parametrize(
    ("lost", "words", "expected", "said"),
    [
        (1, (), 4, "'lossy': 1 of 20 items are lost (allowed: 0), so it cannot judge a run"),
        (1, ("-o", "b.json"), 4, "ask them again by --rest-resume, or allow them"),
        (1, ("-o", "b.json", "--allow-lost"), 0, "b.json: 20 items, 1 of them lost"),
        (20, ("-o", "b.json", "--allow-lost"), 4, "'lossy': no item was judged"),
    ],
)
def test_a_baseline_with_lost_items_is_not_written(
    capsys: Capture, lost: int, words: tuple[str, ...], expected: int, said: str
) -> None:
    """Unless that is allowed; a run that was interrupted has lost what it did not ask."""
    lossy(lost)
    status, out, err = printed(capsys, "baseline", "lossy", *words)
    assert expected == status
    assert said in out + err
    assert (expected == 0) == Path("b.json").exists()


def test_compare_prints_json(capsys: Capture) -> None:
    """Each change with its interval and n, and every item that flipped."""
    status, out, _ = printed(capsys, "compare", "good", "bad.json", "--json")
    found: dict[str, Any] = json.loads(out)
    assert 0 == status
    assert "pytest-rest/comparison/1" == found["schema"]
    assert {"passed": None, "checks": [], "warning": ""} == found["gate"]
    assert [f"a/i{n:04}" for n in range(12, 20)] == found["worse"]
    assert ([], []) == (found["better"], found["left_out"])
    rer = found["changes"]["rer"]
    assert {"old", "new", "value", "low", "high", "n", "worse", "better", "p"} == rer.keys()
    assert pytest.approx(-0.4) == rer["value"]
    assert rer["low"] < rer["value"] < rer["high"] < 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the following arguments are required: COMMAND;"),
        (("compere",), "invalid choice: 'compere' (choose from "),
        (("compare", "good"), "the following arguments are required: NEW"),
        (("compare", "good", "other.json"), "other items in suite a: 20 ("),
        (
            ("compare", "good", "broken.json"),
            "'broken.json': it is not valid JSON, or cut off: Expecting",
        ),
        (("compare", "nothing", "good"), "'nothing': no such file, or folder with a report.json"),
        (
            ("compare", "good", "."),
            "'.': no such file, or folder with a report.json; check the path",
        ),
        (("compare", "good", "part.json"), "'part.json': it is of shard 1/3 of a run"),
        (
            ("compare", "good", "good", "--max-rer-drop=2"),
            "'2' is not a valid share; give one from 0 to 1",
        ),
        (
            ("compare", "good", "good", "--max-lost=-1"),
            "'-1' is not valid; give a whole number from 0",
        ),
        (("compare", "good", "good", "--max-lost=0"), "--max-lost judges nothing by itself"),
        (("compare", "good", "good", "--undecided=fail"), "--undecided judges nothing by itself"),
        (("compare", "good", "good", "--max-drop=cfr=0.1"), "an unknown metric 'cfr'"),
        (("compare", "good", "good", "--max-drop=mmc"), "'mmc' has no valid share"),
        (("compare", "good", "good", "--max-drop=mmc=5"), "give one from 0 to 1, such as mmc=0.05"),
        (
            ("compare", "good", "good", "--max-drop=rer=0", "--max-rer-drop=0"),
            "the drop of rer is given twice",
        ),
        (("compare", "good", "good", "--confidence=nan"), "'nan' is not a valid share"),
        (("compare", "good", "huge.json"), "'huge.json': 1e999 is not a finite number"),
        (("compare", "good", "odd.json"), "in the baseline, \\x1b[2J now"),
        (("baseline", "part.json"), "'part.json': it is of shard 1/3 of a run"),
        (("baseline", "good", "-o", "no/such/file"), "'no/such/file' cannot be written"),
        (("merge", "good", "-o", "x"), "'good' is a whole run and not a shard"),
        (("merge", "good", "good", "-o", "x"), "a run is named twice"),
        (
            ("merge", "broken.json", "-o", "x"),
            "'broken.json': it is not valid JSON, or cut off: Expecting",
        ),
        (("merge", "good", "-o", "good"), "is there already; choose another --output"),
    ],
)
def test_wrong_usage_exits_4_with_one_line(
    capsys: Capture, words: tuple[str, ...], said: str
) -> None:
    """One line on stderr, and status 4."""
    status, out, err = printed(capsys, *words)
    assert (4, "") == (status, out)
    assert said in err
    assert 1 == len(err.splitlines())


def test_a_baseline_is_read_as_its_report(capsys: Capture) -> None:
    """Written twice it is the same, compared with its run nothing changed."""
    status, out, _ = printed(capsys, "baseline", "good", "-o", "b.json")
    assert (0, "b.json: 20 items\n") == (status, out)
    text = Path("b.json").read_text("ascii")
    assert baseline.to_baseline(GOOD) == json.loads(text)
    later = {**GOOD, "usage": {"seconds": 9.0}, "items": GOOD["items"][::-1]}
    later["provenance"] = {
        **GOOD["provenance"],
        "created": (later_on := "2027-01-01T00:00:00+00:00"),
    }
    Path("later.json").write_text(json.dumps(later))
    dated = text.replace(GOOD["provenance"]["created"], later_on)
    for name, written in (("good", text), ("b.json", text), ("later.json", dated)):
        assert (0, written, "") == printed(capsys, "baseline", name)
    _, from_report, _ = printed(capsys, "compare", "good", "bad.json")
    assert (0, from_report, "") == printed(capsys, "compare", "b.json", "bad.json")


def test_help_names_every_command(capsys: Capture) -> None:
    """And each command's own help the exit status."""
    status, out, _ = printed(capsys, "--help")
    assert 0 == status
    for name, text in COMMANDS.items():
        assert f"  {name:<15} {text}" in out
        status, helped, _ = printed(capsys, name, "--help")
        assert 0 == status
        assert "exit status: 0 good" in helped
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert {"pytest-rest": "pytest_rest.commands:main"} == scripts


@pytest.mark.costly
def test_commands_import_nothing_heavy(tmp_path: Path) -> None:
    """Not pytest, LiteLLM, Hypothesis or Pillow; and a reader that goes away is no error."""
    program = (
        "import sys; from pytest_rest import commands; import pytest_rest.commands.merge\n"
        "status = commands.main(['compare', 'good', 'bad.json'])\n"
        "print({*sys.modules} & {'pytest', 'litellm', 'hypothesis', 'PIL'}, file=sys.stderr)\n"
        "sys.exit(status)"
    )
    words = [sys.executable, "-c", program]
    run = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (0, "set()\n") == (run.returncode, run.stderr)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as piped:
        assert piped.stdout is not None
        assert piped.stderr is not None
        piped.stdout.close()
        assert "set()\n" == piped.stderr.read()
