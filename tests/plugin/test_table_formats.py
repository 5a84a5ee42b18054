"""Tables in several formats: what goes out, what comes of it, and what is refused."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Finished, RunRest, settled, without_times

from pytest_rest import commands, prompts
from pytest_rest.benchmark.suites import soebench, tables
from pytest_rest.evaluate import forms
from pytest_rest.plugin.options import OPTIONS
from pytest_rest.prompts import table_formats
from pytest_rest.terms import RULED, Item, Prompt, Scheme, Style

FORMATS = ("ruled", "markdown", "html")
NAMED = f"--rest-table-formats={','.join(FORMATS)}"
SERIAL = "-pno:xdist"
SIMULATED = "--rest-model=simulated"


class Server:
    """Knows which prompt a request is from its texts and the bytes of its pictures alone."""

    def __init__(
        self, items: list[Item], formats: tuple[str, ...], is_wrong: Callable[[Prompt], bool]
    ) -> None:
        protocol, self._is_wrong = prompts.load_protocol(), is_wrong
        self._prompts: dict[tuple[tuple[str, ...], tuple[bytes, ...]], Prompt] = {}
        for item in items:
            for name in formats if item.table else ("",):
                for prompt in forms(item, Style(format=name), protocol, Scheme()):
                    texts = tuple(part for part in prompt.parts if isinstance(part, str))
                    seen = texts, tuple(image.content for image in prompt.images)
                    self._prompts.setdefault(seen, prompt)

    def prompt(self, request: Request) -> Prompt:
        """What a request asks; KeyError if the server saw something else."""
        return self._prompts[request.texts, request.images]

    def reply(self, request: Request) -> Reply:
        """The right answer, or another one, of each form its own."""
        prompt = self.prompt(request)
        if prompt.task == "transcribe":
            return Reply(prompt.images[0].text)
        item, form = prompt.item, prompt.form
        said = item.answer
        if self._is_wrong(prompt):
            said = str(int(said) + 1 + len(form.mode)) if said.isdecimal() else f"no {form.mode}"
        return Reply(f"Answer: {said}")

    @property
    def distinct(self) -> int:
        """How many prompts there are."""
        return len(self._prompts)


def asked(endpoint: Endpoint) -> tuple[str, str]:
    """The options for a model at that server."""
    return "--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"


def test_each_format_is_asked_as_text_and_as_a_picture(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """What the server saw is what is counted, in the plan and in the report; an item without a
    table is asked once; gone on with, or judged again, a run asks nothing."""
    items = [*tables.generate(2, 0), *soebench.generate(1, 0)]
    server = Server(items, FORMATS, lambda prompt: prompt.form.format == "html")
    args = ("--rest-suite=tables:2", "--rest-suite=soebench:1", NAMED, SERIAL)
    with Endpoint(server.reply) as endpoint:
        planned = run_rest(*asked(endpoint), *args, "--rest-plan", "-q")
        assert not endpoint.requests
        run = run_rest(*asked(endpoint), *args)
        calls = Counter(id(server.prompt(request)) for request in endpoint.requests)
        assert {1} == {*calls.values()}
        # text, image, mixed and transcription: of 7 cases, less the Markdown of 2 ruled tables
        assert 7 * 4 - 2 == len(calls) == server.distinct == run.report["usage"]["calls"]
        assert "26: 7 tests" in planned.out
        kept = {(e["id"], e["style"]): e.get("format", "") for e in run.report["items"]}
        style = "dejavu-200dpi-black"
        expected = {(f"tables-000{n}", f"{f}-{style}"): f for n in (0, 1) for f in FORMATS}
        assert kept == {**expected, ("soebench-0000", style): ""}
        again = run_rest(*asked(endpoint), *args, "--rest-resume=run", keep=True)
        shutil.move("run", "first")
        judged = run_rest(*asked(endpoint), *args, "--rest-replay=first", keep=True)
        assert len(calls) == len(endpoint.requests)
    assert settled(run.report) == settled(again.report)
    assert settled(run.report) == settled(judged.report)
    assert {*FORMATS} == {*run.report["formats"]["metrics"]}


def test_text_and_picture_have_the_same_source() -> None:
    """But where it is ruled: then the picture is that of a table, and as ever the text Markdown."""
    item, protocol = tables.item(4, 0), prompts.load_protocol()
    plain = forms(item, Style(), protocol)
    for name in table_formats.FORMATS:
        assert item.table is not None
        source = table_formats.write(item.table, name)
        text, image, mixed, read = forms(item, Style(format=name), protocol)
        assert source in str(text.parts[0])
        for prompt in (image, mixed, read):
            assert source in prompt.images[0].text
        assert image.images == read.images
    ruled = forms(item, Style(format=RULED), protocol)
    assert [prompt.digest for prompt in plain] == [prompt.digest for prompt in ruled]


def test_the_option_knows_every_format() -> None:
    """Those that tables are written in, and the one that is drawn."""
    assert (RULED, *table_formats.FORMATS) == OPTIONS["rest_table_formats"].value(
        ",".join((RULED, *table_formats.FORMATS))
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--rest-table-formats=html,markdwn"], "did you mean 'markdown'?"),
        (["--rest-table-formats=html,html"], "names 'html' twice; name it once"),
        (["--rest-table-formats="], "--rest-table-formats is given and empty"),
        (["--rest-table-formats=html", "--rest-suite=soebench:2"], "no item has a table"),
        (["--rest-table-formats=html", "own.rest.yaml"], "no item has a table"),
        (["--rest-require=modality_excess<=0.05"], "give two or more, --rest-table-formats="),
        (
            ["--rest-require=format_floor<=0.1", "--rest-table-formats=ruled,markdown"],
            "it needs texts in two formats",
        ),
        (
            ["--rest-require=modality_excess<=0.1", NAMED, "--rest-modes=text,mixed"],
            "no answer is to the form image; leave it out",
        ),
        (
            ["--rest-require=format_floor@html-dejavu-200dpi-black<=0.1", NAMED],
            "a style has one format; name a suite or a tag, or no part",
        ),
    ],
)
def test_wrong_usage_is_one_line(
    pytester: pytest.Pytester, run_rest: RunRest, args: list[str], message: str
) -> None:
    """Before anything is asked."""
    Path("own.rest.yaml").write_text("items: [{context: one, question: And one?, answer: 2}]\n")
    suite = [] if any("suite" in arg or ".yaml" in arg for arg in args) else ["--rest-suite=tables"]
    run = run_rest(SIMULATED, *suite, *args, SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert 1 == run.out.count("ERROR: REST: "), run.out
    assert message in run.out
    assert not run.report


def test_a_gate_on_what_pictures_add(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """It is missed where pictures are wrong, and named; by the seed, in eight of ten items."""
    args = ("--rest-suite=tables:8", "--rest-table-formats=csv,html,latex", "--rest-ocr=off")
    gate = [f"--rest-require={each}<=0.05" for each in ("modality_excess", "format_floor")]
    gate.append("--rest-require=rer@html>=0.9")
    model = "--rest-model=simulated:wrong.image=0.8"
    run = run_rest(
        model, *args, *gate, "--rest-modes=text,image", "--rest-style=dejavu-50dpi", SERIAL
    )
    assert pytest.ExitCode.TESTS_FAILED == run.status
    outcomes = {t["metric"]: t["outcome"] for t in run.report["gate"]["thresholds"]}
    expected = {"modality_excess": "failed", "format_floor": "passed", "rer": "failed"}
    assert expected == outcomes
    assert "pictures are where it differs, in every format" in run.out
    page = Path("run/report.html").read_text("utf-8")
    assert "Pictures are where it differs, in every format" in page
    assert "rest-gate::modality_excess<=0.05" in run.out


def test_shards_of_formats_are_merged(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """As if all had been asked at once."""
    args = (SIMULATED, "--rest-suite=tables:3", "--rest-table-formats=csv,html", SERIAL)
    whole = run_rest(*args).report
    for shard in "12":
        run_rest(*args, f"--rest-shard={shard}/2")
        shutil.move("run", f"part{shard}")
    assert 0 == commands.main(["merge", "part1", "part2", "--out=merged"])
    merged = json.loads(Path("merged/report.json").read_text("ascii"))
    for name in ("metrics", "styles", "formats", "items"):
        assert without_times(whole[name]) == without_times(merged[name]), name


@pytest.mark.slow
def test_two_workers_report_the_same(run_rest: RunRest) -> None:
    """As one process."""
    args = ("--rest-model=simulated:wrong.image=0.5", "--rest-suite=tables:3", NAMED)
    serial, two = (run_rest(*args, how).report for how in (SERIAL, "-n2"))
    for name in ("metrics", "styles", "formats", "items", "gate"):
        assert without_times(serial[name]) == without_times(two[name]), name


def test_items_are_in_their_formats_where_a_marker_or_a_file_says_the_style(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """In each of these styles, each format."""
    Path("own.rest.yaml").write_text(
        "styles: [courier-100dpi]\n"
        "items: [{question: What is b?, answer: 2, table: [[a, b], [1, 2]]}]\n"
    )
    Path("test_own.py").write_text(
        "import pytest\n"
        "@pytest.mark.rest('own.rest.yaml', styles=['dejavu-50dpi'])\n"
        "def test_it(rest): assert rest().consistent\n"
    )
    run = run_rest(
        SIMULATED, "own.rest.yaml", "test_own.py", "--rest-table-formats=html,csv", SERIAL
    )
    styles = {entry["style"] for entry in run.report["items"]}
    looks = ("courier-100dpi-black", "dejavu-50dpi-black")
    assert styles == {f"{name}-{look}" for name in ("html", "csv") for look in looks}


PLANTS: dict[str, tuple[Callable[[Prompt], bool], str, tuple[str, str]]] = {
    "latex": (
        lambda prompt: prompt.form.format == "latex",
        "latex is where it differs, as text",
        ("text", "latex"),
    ),
    "pictures": (
        lambda prompt: prompt.form.mode == "image",
        "pictures are where it differs, in every format",
        ("pictures", ""),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_server_is_found_out(run_rest: RunRest, plant: str) -> None:
    """Wrong in three of ten items, in one place: its size is in its interval; all is counted."""
    formats = ("markdown", "html", "latex")
    strikes, sentence, place = PLANTS[plant]
    items = tables.generate(60, 3)
    server = Server(
        items, formats, lambda prompt: strikes(prompt) and int(prompt.item.id[-4:]) % 10 < 3
    )
    with Endpoint(server.reply) as endpoint:
        run: Finished = run_rest(
            *(*asked(endpoint), "--rest-suite=tables:60", "--rest-seed=3", SERIAL),
            f"--rest-table-formats={','.join(formats)}",
            *("--rest-modes=text,image", "--rest-ocr=off"),
        )
        assert 60 * 3 * 2 == len(endpoint.requests) == run.report["usage"]["calls"]
    assert sentence in run.out
    clear = {(e["what"], e["format"]): e for e in run.report["formats"]["findings"] if e["clear"]}
    assert [place] == [*clear]
    assert clear[place]["low"] < 0.3 < clear[place]["high"]
