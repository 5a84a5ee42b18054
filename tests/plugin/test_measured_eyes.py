"""A run measures the endpoint's eyes before its tests, and takes the limit that was found."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from endpoint import Endpoint, Reply, Request
from pages import record
from planted_eyes import PlantedEyes
from runs import RunRest

from pytest_rest import eyechart
from pytest_rest.dispatch import Pace
from pytest_rest.eyechart import charts, file
from pytest_rest.plugin.progress import Watch
from pytest_rest.plugin.run import Run
from pytest_rest.reporting.results import Rules, Spent, Tally
from pytest_rest.terms import Completion, Scheme, Style

SERIAL = "-pno:xdist"
SUITE = "--rest-suite=soebench:2"
SERVED = "--rest-model=served"
CALLS = 8  # of two items: three forms, and a transcription


class Server:
    """Reads of charts what its eyes can, and answers everything else alike."""

    def __init__(self, eyes: PlantedEyes) -> None:
        self._eyes = eyes
        self.charts: list[Request] = []
        self.others: list[Request] = []

    def reply(self, request: Request) -> Reply:
        """A chart's lines, or the planned answer."""
        is_chart = charts.ASKED in request.texts
        (self.charts if is_chart else self.others).append(request)
        return self._eyes.reply(request) if is_chart else Reply("Answer: 4")

    @property
    def shown(self) -> list[bytes]:
        """The pictures of the charts that were asked."""
        return [image for request in self.charts for image in request.images]


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> PlantedEyes:
    """Eyes behind a limit of 400 pixels a side; charts are not drawn."""
    eyes = PlantedEyes(400)
    eyes.watch(monkeypatch, draws=False)
    return eyes


@pytest.fixture
def server(eyes: PlantedEyes) -> Server:
    """Whoever has these eyes."""
    return Server(eyes)


@pytest.fixture
def asked(server: Server) -> Iterator[tuple[str, ...]]:
    """What every run here is asked for."""
    with Endpoint(server.reply) as endpoint:
        yield SERVED, f"--rest-api-base={endpoint.openai_base}", SUITE, "--rest-eyechart"


def error(out: str) -> str:
    """The one line that says what is wrong."""
    (line,) = [line for line in out.splitlines() if line.startswith("ERROR: REST: ")]
    return line


@pytest.mark.parametrize(
    "workers", [SERIAL, pytest.param("-n2", marks=pytest.mark.slow)], ids=["serial", "n2"]
)
def test_the_limit_is_measured_and_taken(
    run_rest: RunRest, asked: tuple[str, ...], server: Server, workers: str
) -> None:
    """By every process; it is said, counted and kept, and neither resume nor replay asks again."""
    run = run_rest(*asked, workers)
    assert pytest.ExitCode.OK == run.status, run.out
    about = run.report["provenance"]
    found = about["eyechart"]
    assert pytest.approx(400, rel=0.1) == about["max_side"] == found["limit"]["side"]
    assert found["side"]["low"] < about["max_side"] < found["side"]["high"]
    assert None is about["max_pixels"]
    assert (found["calls"], CALLS) == (len(server.charts), len(server.others))
    assert found["calls"] + CALLS == run.report["usage"]["calls"]
    seen = [entry["answers"]["image"]["seen"] for entry in run.report["items"]]
    assert {about["max_side"]} == {max(size["width"], size["height"]) for size in seen}
    said = f"{found['calls']} calls of an eye chart; limit: pictures are shrunk to "
    assert 2 == run.out.count(said)
    assert f"--rest-max-side={about['max_side']}" in about["again"]["words"]
    assert not [word for word in about["again"]["words"] if "eyechart" in word]
    base = asked[1].partition("=")[2]
    assert about["max_side"] == file.read(Path("run/eyechart.json"), "served", base).side
    assert Path("run/eyechart.html").exists()
    assert Path("run/eyechart.png").read_bytes() in server.shown
    again = run_rest("--rest-resume=run", "--rest-eyechart", SERIAL, keep=True)
    assert (about["max_side"], found) == tuple(
        again.report["provenance"][key] for key in ("max_side", "eyechart")
    )
    assert run.report["usage"]["calls"] == again.report["usage"]["calls"]
    Path("run").rename("stored")
    judged = run_rest("--rest-replay=stored", "--rest-eyechart", SERIAL)
    assert seen == [entry["answers"]["image"]["seen"] for entry in judged.report["items"]]
    assert found == judged.report["provenance"]["eyechart"]
    assert (found["calls"], CALLS) == (len(server.charts), len(server.others))


@pytest.mark.costly
def test_an_interrupted_chart_goes_on_and_pays_nothing_twice(
    run_rest: RunRest,
    pytester: pytest.Pytester,
    asked: tuple[str, ...],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C is an interrupt, and tells how to go on; that needs no other option."""

    def interrupt(self: object, done: int) -> None:
        if done > 10:
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr("pytest_rest.reporting.terminal.eyechart.Progress.__call__", interrupt)
        first = pytester.runpytest_inprocess(
            *asked, SERIAL, "--rest-run-dir=run", no_reraise_ctrlc=True
        )
    assert pytest.ExitCode.INTERRUPTED == first.ret
    assert "the eye chart was interrupted; what was answered is kept: --rest-resume=" in (
        first.stdout.str()
    )
    assert [] == server.others
    before = len(server.charts)
    run = run_rest("--rest-resume=run", SERIAL, keep=True)
    assert pytest.approx(400, rel=0.1) == run.report["provenance"]["max_side"]
    assert before < len(server.charts) == run.report["provenance"]["eyechart"]["calls"]
    assert len(server.shown) == len({*server.shown})


def test_pictures_that_are_not_seen(
    run_rest: RunRest, asked: tuple[str, ...], server: Server, eyes: PlantedEyes
) -> None:
    """Wrong usage, in a line, before an item is asked; and again when it is gone on with."""
    eyes.thresholds = dict.fromkeys(eyes.thresholds, math.inf)
    eyes.counts = False
    run = run_rest(*asked, SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-eyechart: PICTURES ARE NOT SEEN: no line of " in error(run.out)
    assert "input tokens do not rise with a picture" in error(run.out)
    assert [] == server.others
    assert False is json.loads(Path("run/eyechart.json").read_text())["endpoints"][0]["sees"]
    before = len(server.charts)
    again = run_rest("--rest-resume=run", SERIAL, keep=True)
    assert error(run.out) == error(again.out)
    assert (before, []) == (len(server.charts), server.others)


def test_an_endpoint_that_fails(run_rest: RunRest) -> None:
    """Its own words, in a line; nothing is left of the run."""
    with Endpoint(lambda _: Reply(status=401, text="no such key")) as endpoint:
        base = f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(SERVED, base, SUITE, "--rest-eyechart", SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-eyechart: the endpoint fails: asking ended: authentication: " in error(run.out)
    assert not Path("run").exists()


def test_an_endpoint_that_fails_in_the_middle(run_rest: RunRest, server: Server) -> None:
    """A line, and no item is asked; the answers are kept, and the run can go on."""
    gone = Reply(status=404, text="no such model")
    with Endpoint(lambda r: server.reply(r) if r.number < 25 else gone) as endpoint:
        base = f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(SERVED, base, SUITE, "--rest-eyechart", SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-eyechart: the endpoint fails: bad request: HTTP 404" in error(run.out)
    assert "; what was answered is kept: --rest-resume=" in error(run.out)
    assert [] == server.others


def test_a_budget_holds_for_charts_too(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """What is spent is not exceeded; what was answered is kept."""
    (pytester.path / "dear.py").write_text(DEAR)
    model = "--rest-model=python:dear:make"
    run = run_rest(model, SUITE, "--rest-eyechart", "--rest-max-cost=0.25", SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-eyechart: asking ended: the budget of $0.25 is spent" in error(run.out)
    assert "; what was answered is kept: --rest-resume=" in error(run.out)


DEAR = """
from pytest_rest.evaluate import Completion
from pytest_rest.terms import Price

class Dear:
    name, description, parameters, home, batch_size = "dear", "dear", {}, "loaded", 1
    price = Price(0.0, 0.1 / 2048)  # a chart may cost 0.1

    async def open(self):
        pass

    async def ask(self, prompts):
        return [Completion(each.item.answer or "None.", cost=0.1) for each in prompts]

    async def close(self):
        pass

def make():
    return Dear()
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--rest-max-side=9",), "leave it or them out"),
        (("--rest-shard=1/2",), "measures in each shard anew; measure once"),
        (("--rest-max-cost=1",), "--rest-max-cost cannot be held: the price of 'served'"),
        (("bare.rest.yaml",), "it has neither context nor choices"),
        (("broken.rest.yaml",), "broken.rest.yaml:1: does not begin with a key"),
        (("nowhere.py",), "file or directory not found: nowhere.py"),
        (("--rest-baseline=nowhere.json",), "nowhere.json"),
    ],
)
def test_what_is_wrong_is_told_first(
    run_rest: RunRest, asked: tuple[str, ...], server: Server, more: tuple[str, ...], said: str
) -> None:
    """Nothing is asked by then."""
    item = "- {id: bare, question: How much is 2 + 2?, answer: 4}\n"
    Path("bare.rest.yaml").write_text(f"items:\n{item}")
    Path("broken.rest.yaml").write_text(item)
    run = run_rest(*asked, SERIAL, *more)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in error(run.out)
    assert ([], []) == (server.charts, server.others)


@pytest.mark.parametrize("option", ["--rest-plan", "--collect-only"])
def test_a_run_that_asks_nothing_measures_nothing(
    run_rest: RunRest, asked: tuple[str, ...], server: Server, option: str
) -> None:
    """A plan says what it would add."""
    run = run_rest(*asked, option, SERIAL)
    assert pytest.ExitCode.OK == run.status
    assert (option == "--rest-plan") == (
        f"the eye chart comes on top: {eyechart.MOST_CALLS} calls at most" in run.out
    )
    assert ([], []) == (server.charts, server.others)


def test_the_ini_file_has_a_word_for_it(
    run_rest: RunRest, pytester: pytest.Pytester, asked: tuple[str, ...], server: Server
) -> None:
    """A limit on the command line wins over it."""
    pytester.makeini("[pytest]\nrest_eyechart = measure\n")
    assert "the eye chart comes on top" in run_rest(*asked[:3], "--rest-plan", SERIAL).out
    run = run_rest(*asked[:3], "--rest-max-side=100", SERIAL)
    about = run.report["provenance"]
    assert (100, None) == (about["max_side"], about["eyechart"])
    assert [] == server.charts


@pytest.mark.usefixtures("eyes")
def test_a_model_that_reads_all_there_is(run_rest: RunRest) -> None:
    """It has no limit that is sure; that is said, and the run goes on without one."""
    run = run_rest("--rest-model=simulated", SUITE, "--rest-eyechart", SERIAL)
    assert pytest.ExitCode.OK == run.status
    about = run.report["provenance"]
    assert (None, None, None) == (
        about["max_side"],
        about["max_pixels"],
        about["eyechart"]["limit"],
    )
    assert "; none is taken for known" in " ".join(run.out.split())


def test_eyes_without_a_limit(run_rest: RunRest, asked: tuple[str, ...], eyes: PlantedEyes) -> None:
    """Nothing is claimed of what the model sees; up to which page is said."""
    eyes.side = math.inf
    run = run_rest(*asked, SERIAL)
    assert pytest.ExitCode.OK == run.status
    about = run.report["provenance"]
    assert (None, None) == (about["max_side"], about["max_pixels"])
    assert {"side": 0, "pixels": 0} == about["eyechart"]["limit"]
    assert "limit: none up to 4,096 pixels a side and 5.9 million" in " ".join(run.out.split())
    assert {None} == {entry["answers"]["image"]["seen"] for entry in run.report["items"]}
    limit = file.read(Path("run/eyechart.json"), "served", asked[1].partition("=")[2])
    assert file.Limit(whole=(4096, 4096 * 1448)) == limit


def test_charts_are_planned_calls(pytestconfig: pytest.Config) -> None:
    """The progress has not come further by them than by the tests' own."""
    settings = SimpleNamespace(scheme=Scheme(), given={"eyechart": {"calls": 52}})
    folder = SimpleNamespace(store=None)
    run = SimpleNamespace(settings=settings, folder=folder, pace=Pace(52))
    watch = Watch(pytestconfig, cast("Run", run))
    watch.select("soebench", "soebench-0001")
    assert (52, 52 + 4) == (watch.progress.done, watch.progress.planned)


@pytest.mark.parametrize("calls", [0, 20])
def test_charts_do_not_count_against_what_stopping_saves(calls: int) -> None:
    """Only what was asked ahead of tests, in vain, does."""
    key = ("a", "a-01", Style().id)
    tally = Tally(Rules(), {("t", key): record(1)}, items_left_out=9)
    each = len(tally.prompts)
    spare = [Completion()] * (calls + 2)
    about = {"seed": 0, "eyechart": {"calls": calls} if calls else None}
    stopped = tally.report(about, Spent(1.0, 0, 0, spare)).stopped
    assert stopped is not None
    assert 9 * each - 2 == stopped.calls_saved
