"""The gate of a run that is gone on with: it is the one that the run was asked with."""

import json
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from batch_endpoint import BatchServer
from endpoint import Endpoint, Reply, Request
from runs import Finished, Oracle, RunRest, Started, read_report

from pytest_rest.dispatch.store_file import NAME
from pytest_rest.plugin.options import GATE

N = 3
LOST = "soebench-0002"  # the item of which no call is answered, at first
FAILS, HOLDS = "--rest-require=accuracy.text>=0.5", "--rest-require=accuracy.text>=0"
MODES = pytest.mark.parametrize(
    "workers", [("-p", "no:xdist"), ("-n0",), ("-n2",)], ids=["serial", "n0", "n2"]
)


class Alike(Endpoint):
    """Answers all forms alike, and wrong, so that without a gate nothing fails."""

    def __init__(self) -> None:
        oracle, self.is_mended = Oracle(N), False

        def reply(request: Request) -> Reply:
            is_lost = oracle.prompt(request).item.id == LOST and not self.is_mended
            return Reply(status=400, text="bad picture") if is_lost else Reply("Answer: 1")

        super().__init__(reply)

    @property
    def asked(self) -> Sequence[str]:
        """The options of a run that this server answers."""
        base = f"--rest-api-base={self.openai_base}"
        return ("--rest-model=tested-vlm", base, f"--rest-suite=soebench:{N}")


@pytest.fixture
def endpoint() -> Iterator[Alike]:
    """A server by which a run loses an item until it is mended."""
    with Alike() as server:
        yield server


def begun(run_rest: RunRest, endpoint: Alike, *args: str) -> Finished:
    """A run that lost an item, and whose server is well again."""
    run = run_rest(*endpoint.asked, *args)
    assert [LOST] == [lost["item"] for lost in run.report["lost"]]
    endpoint.is_mended = True
    return run


def resumed(run_rest: RunRest, *args: str) -> Finished:
    """The run, gone on with."""
    return run_rest("--rest-resume=run", *args, own_folder=True, keep=True)


def judged(run: Finished) -> dict[str, float]:
    """The thresholds that a run was judged by, as the bound of each metric."""
    return {each["metric"]: each["bound"] for each in run.report["gate"]["thresholds"]}


@MODES
@pytest.mark.parametrize(("gate", "status"), [(FAILS, 1), (HOLDS, 0)], ids=["fails", "holds"])
def test_a_run_that_lost_calls_is_judged_by_its_own_gate(
    run_rest: RunRest, endpoint: Alike, workers: Sequence[str], gate: str, status: int
) -> None:
    """Where the command line has no other, and the header says so."""
    first = begun(run_rest, endpoint, gate, *workers)
    assert 1 == first.status
    assert "kept of the run's gate" not in first.out
    for _ in range(2):
        run = resumed(run_rest, *workers)
        assert (status, not status) == (run.status, run.report["gate"]["passed"])
        assert f"rest: kept of the run's gate: {gate}\n" in run.out


def test_a_run_that_was_killed_is_judged_by_its_own_gate(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """It is kept before anything is asked; a run is found by its model, too."""
    with Endpoint(lambda request: Reply("Answer: 1", delay=0 if request.number < 9 else 1)) as slow:
        where = ("--rest-model=tested-vlm", f"--rest-api-base={slow.openai_base}")
        with Started(*where, f"--rest-suite=soebench:{N}", FAILS, "-pno:xdist") as run:
            run.wait(lambda: len(slow.requests) > 4)
            run.signal(signal.SIGKILL)
            run.process.wait()
        assert not (pytester.path / "run" / "report.json").exists()
        again = run_rest(*where, "--rest-resume", keep=True)
    assert (1, False) == (again.status, again.report["gate"]["passed"])


def test_without_a_gate_it_stays_without(run_rest: RunRest, endpoint: Alike) -> None:
    """Nothing judges then, and items that agree are all good."""
    begun(run_rest, endpoint)
    run = resumed(run_rest)
    assert (0, None) == (run.status, run.report["gate"]["passed"])
    assert "kept of the run's gate" not in run.out


def test_an_option_that_is_given_anew_replaces_that_one_alone(
    run_rest: RunRest, endpoint: Alike
) -> None:
    """And is the run's own from then on."""
    begun(run_rest, endpoint, FAILS, "--rest-min-rer=0.4", "--rest-max-cfr=0.3")
    run = resumed(run_rest, HOLDS, "--rest-max-cfr=0.2")
    expected = {"accuracy.text": 0.0, "rer": 0.4, "cfr": 0.2}
    assert expected == judged(run)
    assert "rest: kept of the run's gate: --rest-min-rer=0.4\n" in run.out
    again = resumed(run_rest)
    assert expected == judged(again)
    assert f"--rest-min-rer=0.4 --rest-max-cfr=0.2 {HOLDS}\n" in again.out


def test_a_run_of_an_older_version_goes_on_as_it_did(run_rest: RunRest, endpoint: Alike) -> None:
    """It kept no gate: a new one, or the ini file's, counts, and is kept then."""
    begun(run_rest, endpoint, FAILS, "--rest-strict")
    with closing(sqlite3.connect(Path("run", NAME))) as store, store:
        (text,) = store.execute("SELECT value FROM about WHERE name = 'options'").fetchone()
        options = json.loads(text)
        kept = {option.key for option in GATE} & options.keys()
        assert {"rest_require", "rest_strict"} == kept
        older = {key: value for key, value in options.items() if key not in kept}
        store.execute("UPDATE about SET value = ? WHERE name = 'options'", [json.dumps(older)])
    run = resumed(run_rest)
    assert (0, None) == (run.status, run.report["gate"]["passed"])
    assert 1 == resumed(run_rest, FAILS).status
    assert 1 == resumed(run_rest).status


def test_the_ini_files_gate(pytester: pytest.Pytester, run_rest: RunRest, endpoint: Alike) -> None:
    """It is the run's as any; changed, it counts where the run had none, as for other options."""
    pytester.makeini("[pytest]\nrest_min_rer = 0.4\nrest_max_lost = 9\n")
    begun(run_rest, endpoint, "--rest-max-lost=0")  # which is what it is where nobody says
    pytester.makeini("[pytest]\nrest_min_rer = 0.3\nrest_max_lost = 9\nrest_max_cfr = 0.2\n")
    endpoint.is_mended = False
    lost = resumed(run_rest)
    assert "rest: kept of the run's gate: --rest-min-rer=0.4 --rest-max-lost=0\n" in lost.out
    assert 1 == lost.status
    endpoint.is_mended = True
    assert {"rer": 0.4, "cfr": 0.2} == judged(resumed(run_rest))
    pytester.makeini("[pytest]\n")
    assert {"rer": 0.4, "cfr": 0.2} == judged(resumed(run_rest))


def test_a_replay_has_no_gate_but_its_own(run_rest: RunRest, endpoint: Alike) -> None:
    """It is another run, of the same answers."""
    begun(run_rest, endpoint, FAILS)
    resumed(run_rest)
    Path("run").rename("old")
    run = run_rest("--rest-replay=old")
    assert (0, None) == (run.status, run.report["gate"]["passed"])
    assert {"rer": 0.4} == judged(run_rest("--rest-replay=old", "--rest-min-rer=0.4"))


def test_a_baseline_is_found_from_another_folder_and_missed_where_it_is_gone(
    pytester: pytest.Pytester, run_rest: RunRest, endpoint: Alike, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage then, told with the mend, before anything is asked or changed."""
    endpoint.is_mended = True
    run_rest(*endpoint.asked)
    folder = pytester.path / "sub"
    folder.mkdir()
    (pytester.path / "run" / "report.json").rename(folder / "before.json")
    endpoint.is_mended = False
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        begun(run_rest, endpoint, "--rest-baseline=before.json", "--rest-max-rer-drop=0.1")
    run = resumed(run_rest)
    assert (0, True) == (run.status, run.report["gate"]["passed"])
    assert str(folder / "before.json") in run.out
    (folder / "before.json").rename("moved.json")
    requests, store = len(endpoint.requests), Path("run", NAME).read_bytes()
    gone = resumed(run_rest)
    assert pytest.ExitCode.USAGE_ERROR == gone.status
    (line,) = [line for line in gone.out.splitlines() if line.startswith("ERROR: ")]
    assert f"--rest-baseline '{folder / 'before.json'}': no such file" in line
    assert line.endswith("the run was asked with it: put it back, or give another one")
    assert (requests, store) == (len(endpoint.requests), Path("run", NAME).read_bytes())
    mended = resumed(run_rest, "--rest-baseline=moved.json")
    assert (0, True) == (mended.status, mended.report["gate"]["passed"])
    assert "the run was asked with it" not in resumed(run_rest, "--rest-baseline=no.json").out
    assert 0 == resumed(run_rest).status


def test_a_run_by_batches_is_judged_by_the_gate_that_it_was_handed_over_with(
    run_rest: RunRest,
) -> None:
    """So the session that hands over asks for none in the one that fetches."""
    with BatchServer(lambda _: Reply("Answer: 1")) as server:
        asked = ("--rest-model=tested-vlm", f"--rest-api-base={server.openai_base}")
        first = run_rest(*asked, f"--rest-suite=soebench:{N}", FAILS, "--rest-batch=submit")
        assert "go on with: pytest --rest-resume=run\n" in first.out
        run = resumed(run_rest, "--rest-batch", "--rest-batch-poll=0.02")
    assert (1, False) == (run.status, run.report["gate"]["passed"])


EACH = {
    "rest_min_rer": "0.1",
    "rest_max_cfr": "0.9",
    "rest_require": "mmc>=0.1",
    "rest_confidence": "0.5",
    "rest_max_lost": "1",
    "rest_baseline": "{path}/before",
    "rest_max_rer_drop": "0.1",
    "rest_max_cfr_rise": "0.1",
    "rest_max_drop": "mmc=0.1",
    "rest_baseline_undecided": "pass",
    "rest_allow_models": "a,b",
    "rest_allow_cached": "",
    "rest_strict": "",
    "rest_early_stop": "",
}


def test_each_option_of_the_gate_is_kept(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """A new one has to be tried here; what early stopping goes without is in a run of its own."""
    assert {option.key for option in GATE} == {*EACH}
    asked = ("--rest-model=simulated", f"--rest-suite=soebench:{N}")
    run_rest(*asked)
    Path("run").rename("before")
    assert [] == read_report(Path("before"))["lost"]
    texts = {key: value.format(path=pytester.path) for key, value in EACH.items()}
    told = {option.key: f"{option.name}={texts[option.key]}".rstrip("=") for option in GATE}
    del told["rest_early_stop"]
    for gate in ([*told.values()], ["--rest-early-stop", "--rest-confidence=0.5"]):
        run_rest(*asked, *gate)
        run = resumed(run_rest)
        (line,) = [line for line in run.out.splitlines() if "kept of the run's gate: " in line]
        assert {*gate} == {*line.partition("gate: ")[2].split()}
