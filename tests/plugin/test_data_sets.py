"""Data sets as suites of a run: drawn once, equal in every process, and counted in the report."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply
from runs import RunRest, shared_data, without_times

from pytest_rest import benchmark
from pytest_rest.benchmark.suites import (
    arc,
    gsm8k,
    gsm_symbolic,
    mgsm,
    mmlu,
    rh_bench,
    rows,
    soebench,
    tables,
)
from pytest_rest.errors import BenchmarkError

MODEL = "--rest-model=simulated"


def story(number: int, answer: str = "#### 7") -> dict[str, object]:
    """A made-up row of GSM-Symbolic."""
    text = f"Ada has {number} lamps. She buys 3 more. How many lamps does Ada have?"
    return {"id": number, "instance": 0, "question": text, "answer": f"So.\n{answer}"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with made-up copies of two data sets; each has one broken row, one that is long."""
    folder = tmp_path / "data sets"
    stories = [*map(story, range(12)), story(12, "none"), story(13) | {"question": "x " * 500}]
    questions = [[f"{n} + {n}?", *(str(2 * n + k) for k in range(4)), "A"] for n in range(9)]
    questions += [["Twice?", "1", "1", "2", "3", "A"], ["y " * 500, *"1234", "A"]]
    files = {
        "gsm-symbolic/main/test.jsonl": "".join(f"{json.dumps(row)}\n" for row in stories),
        "mmlu/test/sums_test.csv": "".join(f"{','.join(row)}\n" for row in questions),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_several_suites_in_one_run(run_rest: RunRest, data: Path, mode: Sequence[str]) -> None:
    """Each is drawn by the seed; rows and filters are counted in the header and the report."""
    options = ("--rest-suite=mmlu:5,gsm-symbolic:4", "--rest-suite=soebench:2")
    run = run_rest(MODEL, f"--rest-data={data}", *options, *mode)
    assert {"passed": 11} == run.outcomes
    suites = {each["name"]: each for each in run.report["provenance"]["suites"]}
    assert {"mmlu": 5, "gsm-symbolic": 4, "soebench": 2} == {
        n: s["items"] for n, s in suites.items()
    }
    expected = {"rows": 11, "readable": 10, "short": 9, "without_latex": 9, "drawn": 5}
    assert expected == suites["mmlu"]["counts"]
    assert ["'sums_test.csv', line 10: two choices read the same"] == suites["mmlu"]["left_out"]
    assert 12 == suites["gsm-symbolic"]["counts"]["with_story"]
    assert ({}, []) == (suites["soebench"]["counts"], suites["soebench"]["left_out"])
    assert "mmlu: 11 rows, 1 left out (broken), 9 after REST's filters, 5 drawn" in run.out
    assert "soebench: " not in run.out
    drawn = [item.id for item in rows.draw(mmlu.load(data).items, 5, 0)]
    assert drawn == [item["id"] for item in run.report["items"] if item["suite"] == "mmlu"]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("parts", "suite", "line"),
    [
        ((), "arc:5", "arc: 1,670 rows, 21 left out (broken), 1,6"),
        (("arc", "genmc_in_house"), "arc:5", "arc: 500 rows, 21 left out (broken), 4"),
        (
            (),
            "mmlu:5",
            "mmlu: 3,135 rows, 1 left out (broken), 2,819 after REST's filters, 5 drawn",
        ),
        (("mmlu", "test_headered_intkey"), "mmlu:5", "mmlu: 413 rows, 0 left out (broken), 413 "),
    ],
)
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_real_rows(
    run_rest: RunRest, parts: tuple[str, ...], suite: str, line: str, workers: str
) -> None:
    """Any layout of the real files, and one folder for several data sets."""
    run = run_rest(MODEL, f"--rest-data={shared_data(*parts)}", f"--rest-suite={suite}", workers)
    assert {"passed": 5} == run.outcomes
    assert line in run.out
    (only,) = run.report["provenance"]["suites"]
    assert only["counts"]["rows"] - only["counts"]["readable"] == len(only["left_out"])


@pytest.mark.slow
def test_workers_ask_the_same(run_rest: RunRest, data: Path) -> None:
    """The report is the same, whoever has read the rows."""
    options = (MODEL, f"--rest-data={data}", "--rest-suite=mmlu:4,gsm-symbolic")
    serial, parallel = run_rest(*options), run_rest(*options, "-n2")
    assert {"passed": 16} == parallel.outcomes
    assert without_times(serial.report) == without_times(parallel.report)


def test_a_plan_and_a_resumed_run_read_the_same(
    run_rest: RunRest, data: Path, mode: Sequence[str]
) -> None:
    """A plan asks nothing; a resumed run remembers where the copies are, and asks nothing again."""
    options = ("--rest-suite=mmlu:3", f"--rest-data={data}")
    planned = run_rest(MODEL, *options, "--rest-plan", *mode)
    assert "calls       12: 3 tests" in planned.out
    first = run_rest(MODEL, *options, *mode)
    assert {"passed": 3} == first.outcomes
    again = run_rest("--rest-resume=run", *mode, keep=True)
    assert {"passed": 3} == again.outcomes
    assert 12 == again.report["usage"]["cached"]
    first.report["usage"]["cached"] = 12
    assert without_times(first.report) == without_times(again.report)


def test_the_folder_in_the_ini_file_starts_at_the_root(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    data: Path,
    mode: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a run from a folder below finds it too; a marker draws from it as well."""
    shutil.copytree(data, pytester.path / "copies")
    pytester.makeini("[pytest]\nrest_data = copies\nrest_suites = mmlu:2, soebench:1")
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.mark.rest("gsm-symbolic:3")
        def test_own(rest):
            assert rest().consistent
        """
    )
    assert {"passed": 3} == run_rest(MODEL, *mode).outcomes
    monkeypatch.chdir(pytester.mkdir("below"))
    own = run_rest(MODEL, "--rest-suite=soebench:1", "../test_own.py", *mode)
    assert {"passed": 4} == own.outcomes


def test_rows_are_read_once_in_a_process(
    run_rest: RunRest, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planning, asking ahead, collecting and reporting share what was read."""
    read: list[Path] = []
    original = rows.read

    def counted(path: Path, columns: Sequence[str]) -> Iterator[rows.SourceRow]:
        read.append(path)
        return original(path, columns)

    monkeypatch.setattr(rows, "read", counted)
    run = run_rest(MODEL, f"--rest-data={data}", "--rest-suite=mmlu:3,gsm-symbolic:2")
    assert {"passed": 5} == run.outcomes
    assert 2 == len(read)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rest-suite=mmlu:10"], "suite 'mmlu:10': N is 10, but mmlu has 1 to 9 items"),
        (["--rest-suite=mmlu:0"], "suite 'mmlu:0': N is 0, but the least is 1"),
        (["--rest-suite=mmlu,mmlu:3"], "--rest-suite names 'mmlu' twice"),
        (["--rest-suite=own.rest.yaml"], "is not a file; check the path"),
        (["--rest-suite=mlu:3"], "unknown suite 'mlu'; did you mean 'mmlu'?"),
        (["--rest-suite=arc:3"], "has no test rows of ARC; give a copy of https://"),
        (["--rest-suite=arc", "--rest-data=nowhere"], "nowhere' is not a folder; give one with a "),
    ],
)
def test_wrong_usage(run_rest: RunRest, data: Path, options: list[str], message: str) -> None:
    """One line, and exit status 4, before anything is asked."""
    with Endpoint(lambda _: Reply()) as server:
        model = ("--rest-model=m", f"--rest-api-base={server.openai_base}")
        run = run_rest(*model, f"--rest-data={data}", *options)
        assert () == server.requests
    lines = [line for line in run.out.splitlines() if line.startswith("ERROR: REST: ")]
    assert 1 == len(lines), run.out
    assert message in lines[0]
    assert "Traceback" not in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


@pytest.mark.costly
@pytest.mark.parametrize("workers", [["-p", "no:xdist"], ["-n2"]], ids=["serial", "n2"])
def test_a_hub_that_is_offline(
    run_rest: RunRest, workers: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line with the mend, and exit status 4."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    run = run_rest(MODEL, "--rest-suite=arc:3", *workers, subprocess=True)
    (line,) = [line for line in run.out.splitlines() if line.startswith("ERROR: ")]
    assert "REST: ARC cannot be downloaded: HF_HUB_OFFLINE forbids it" in line
    assert "--rest-data DIR" in line
    assert pytest.ExitCode.USAGE_ERROR == run.status


def test_a_worker_reads_what_the_main_process_has_found(data: Path) -> None:
    """By the manifest, without a folder of its own; and finds out when its files differ."""
    main = benchmark.Library(3, data)
    drawn = main.load("gsm-symbolic:5")
    sent = json.loads(json.dumps(main.manifest))
    assert drawn == benchmark.Library(3, None, sent).load("gsm-symbolic:5")
    path = data / "gsm-symbolic" / "main" / "test.jsonl"
    path.write_text(path.read_text("utf-8").replace("buys 3", "buys 4"), "utf-8")
    with pytest.raises(BenchmarkError, match="has other items here than in the run's main process"):
        benchmark.Library(3, None, sent).load("gsm-symbolic:5")
    path.unlink()
    with pytest.raises(BenchmarkError, match="has no test rows of GSM-Symbolic"):
        benchmark.Library(3, data, sent).load("gsm-symbolic:5")


def test_a_worker_downloads_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was not downloaded is named, with the remedy; the hub is not asked."""
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda **_: None)
    monkeypatch.setattr(hub, "hf_hub_download", lambda **_: pytest.fail("it was asked"))
    sent = benchmark.Library().manifest
    with pytest.raises(BenchmarkError, match=r"workers download nothing; run once\s+without -n"):
        benchmark.Library(sent=sent).load("arc:3")


def test_every_data_set_is_a_suite() -> None:
    """By the name that its module gives it."""
    every = (soebench, tables, mmlu, arc, gsm_symbolic, gsm8k, rh_bench)
    names = {each.NAME for each in every}
    assert names | {*mgsm.loaders()} == set(benchmark.SUITES)


LATE = """
    import pathlib, time
    import pytest

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(node):
        if node.gateway.id == "{worker}":
            pathlib.Path({path!r}).{change}
"""


@pytest.mark.slow
@pytest.mark.some(1)
@pytest.mark.parametrize("worker", ["gw1", pytest.param("gw0", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("unlink()", "the run's main process has "),
        ("write_text('9?,1,2,3,4,A\\n' * 9)", "has other items here than in the run's main proc"),
    ],
)
def test_a_worker_that_cannot_read_the_same(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    data: Path,
    worker: str,
    change: str,
    message: str,
) -> None:
    """It says so in one line and is not replaced; nothing is judged, and no gate passed."""
    path = str(data / "mmlu" / "test" / "sums_test.csv")
    pytester.makeconftest(LATE.format(worker=worker, path=path, change=change))
    options = ("--rest-suite=mmlu:3", "--rest-min-rer=0.1", f"--rest-data={data}")
    run = run_rest(MODEL, *options, "-n2")
    (line,) = [line for line in run.out.splitlines() if line.startswith("REST: ")]
    assert message in line
    assert "Traceback" not in run.out
    assert "replacing" not in run.out
    assert [] == run.report["items"]
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.INTERRUPTED == run.status
