"""The command that asks an item again: printed, in the page, and for every option that matters."""

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import rh_bench as made_up
from endpoint import Endpoint, Reply, Request
from runs import Finished, RunRest

from pytest_rest.plugin.options import ASKED
from pytest_rest.reporting import rerun_command

WRONG = "--rest-model=simulated:wrong.image=1"
SUITE = "--rest-suite=soebench:2"
SERVED = ("--rest-model=served", SUITE, "--rest-api-base={endpoint}")
SERIAL = "-pno:xdist"
PROTOCOL = Path(__file__).parents[2] / "pytest_rest" / "prompts" / "protocol.yaml"
ROWS = {
    "rest_model": (WRONG, SUITE),
    "rest_api_base": SERVED,
    "rest_parameters": (*SERVED, "--rest-parameter=max_tokens=99", "--rest-parameter=top_p=none"),
    "rest_body": (*SERVED, '--rest-body=a={"b c": 1}'),
    "rest_headers": (*SERVED, "--rest-header=X-Gateway=OPENAI_API_KEY"),
    "rest_max_side": (*SERVED, "--rest-max-side=300"),
    "rest_max_pixels": (*SERVED, "--rest-max-pixels=40000"),
    "rest_data": (WRONG, "--rest-suite=mmlu:3", "--rest-data=sets"),
    "rest_styles": (WRONG, SUITE, "--rest-style=courier-50dpi-red,cursive", "--rest-style=my.yaml"),
    "rest_plus": (WRONG, SUITE, "--rest-plus"),
    "rest_table_formats": (
        *(WRONG, "--rest-suite=tables:1", "--rest-suite=soebench:1"),
        "--rest-table-formats=ruled,html",
    ),
    "rest_modes": (WRONG, SUITE, "--rest-modes=text,image,ocr-first"),
    "rest_repeats": (WRONG, SUITE, "--rest-repeats=2"),
    "rest_ocr": (WRONG, SUITE, "--rest-ocr=each"),
    "rest_prompts": (WRONG, SUITE, "--rest-prompts=own.yaml"),
    "rest_reasoning_budgets": (WRONG, SUITE, "--rest-reasoning-budgets=0,50"),
    "rest_reasoning_control": (
        *("--rest-model=openai/gpt-5-mini", SUITE),
        *("--rest-reasoning-budgets=low,high", "--rest-reasoning-control=native"),
    ),
    "rest_judge": (
        *("--rest-model=served", "--rest-suite=rh-bench", "--rest-data=rh"),
        *("--rest-api-base={endpoint}", "--rest-reasoning-budgets=0,50", "--rest-judge=judge"),
        "--rest-judge-api-base={endpoint}",
    ),
    "rest_seed": (WRONG, SUITE, "--rest-seed=7"),
}
ROWS["rest_judge_api_base"] = ROWS["rest_judge"]
SLOW = {"rest_reasoning_control"}  # asked through LiteLLM


def test_every_option_that_changes_what_is_asked_has_a_row() -> None:
    """A new one has to be tried here."""
    assert {option.key for option in ASKED} == {*ROWS}


def reply(request: Request) -> Reply:
    """Text is answered otherwise than a picture; the judge rates."""
    if request.model == "judge":
        return Reply("Rating: 4")
    return Reply("Answer: 3" if request.images else "Answer: 4")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A server for what is asked over the wire."""
    with Endpoint(reply) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base)
        yield server


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """Files that the options name."""
    path = pytester.path
    (path / "my.yaml").write_text("styles: [{name: mine, dpi: 100}]\n")
    text = PROTOCOL.read_text("utf-8").replace("Think step by step.", "Think twice.")
    (path / "own.yaml").write_text(text)
    (path / "sets" / "mmlu" / "test").mkdir(parents=True)
    rows = "".join(f"{n} + {n}?,{2 * n},{2 * n + 1},{2 * n + 2},{2 * n + 3},A\n" for n in range(9))
    (path / "sets" / "mmlu" / "test" / "sums_test.csv").write_text(rows)
    made_up.write(path / "rh", 2)
    return path


@pytest.mark.some(5)
@pytest.mark.parametrize(
    "key", [pytest.param(k, marks=pytest.mark.slow) if k in SLOW else k for k in ROWS]
)
def test_the_same_prompts_go_out(
    run_rest: RunRest, folder: Path, endpoint: Endpoint, key: str
) -> None:
    """By the line that the run prints, and by the one that its report has for each item."""
    args = [arg.replace("{endpoint}", endpoint.openai_base) for arg in ROWS[key]]
    first = run_rest(*args, SERIAL)
    kept = {(entry["id"], entry["style"]): prompts(entry) for entry in first.report["items"]}
    assert kept, first.out
    commands = printed(first)
    assert commands or key.startswith("rest_judge")  # whose items have one form, and cannot differ
    commands |= dict([reported(first)])
    for name, command in commands.items():
        second = again(run_rest, command)
        entries = {(entry["id"], entry["style"]): entry for entry in second.report["items"]}
        (asked,) = [place for place in entries if f"{place[0]}-{place[1]}" == name]
        assert kept[asked] == prompts(entries[asked]), command
        abouts = "model api_base parameters seed protocol modes ocr repeats max_side max_pixels"
        for about in abouts.split():
            ours, theirs = (run.report["provenance"][about] for run in (first, second))
            assert ours == theirs, (about, command)
        assert first.report["provenance"].get("budgets") == second.report["provenance"].get(
            "budgets"
        )


@pytest.mark.parametrize("options", [[], ["--rest-style=courier"]], ids=["its own", "named"])
def test_a_benchmark_files_own_styles(
    run_rest: RunRest, folder: Path, options: Sequence[str]
) -> None:
    """They are in the file: the command names only what the first command line named."""
    (folder / "own.rest.yaml").write_text(
        "styles: [cursive]\nitems: [{context: There are 3., question: How many?, answer: 3}]\n"
    )
    first = run_rest(WRONG, "own.rest.yaml", *options, SERIAL)
    (command,) = printed(first).values()
    assert ("--rest-style" in command) is bool(options)
    assert first.report["items"][0]["style"] in again(run_rest, command).out


def test_a_resumed_run_names_what_it_kept(run_rest: RunRest, folder: Path) -> None:
    """What only the stored run knows is in the command, too."""
    run_rest(WRONG, SUITE, "--rest-modes=text,image", "--rest-style=courier", SERIAL)
    resumed = run_rest("--rest-resume", SERIAL, keep=True)
    words = resumed.report["provenance"]["again"]["words"]
    assert ["pytest", WRONG, "--rest-style=courier", "--rest-modes=text,image"] == words


def prompts(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """The digests of all that an entry's item was asked, each with what it was asked as."""
    calls = [(mode, answer) for mode, answer in entry["answers"].items()]
    calls += [(name, entry[name]) for name in ("ocr", "ocr_mixed") if entry[name]]
    calls += [(mode, answer) for mode, more in entry["repeats"].items() for answer in more]
    calls += [(step["task"], step) for step in entry.get("steps", ())]
    return sorted((name, call["prompt"]) for name, call in calls)


def printed(run: Finished) -> dict[str, str]:
    """The commands that the run printed, each by the test it is of."""
    parts = re.split(r"^_+ .*?\[(.*?)\] _+$", run.out, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    commands = {
        name: re.search(r"^ *again: (.*)$", out, re.MULTILINE) for name, out in found.items()
    }
    return {name: match[1] for name, match in commands.items() if match}


def reported(run: Finished) -> tuple[str, str]:
    """What the report says of its last item."""
    entry = run.report["items"][-1]
    name = f"{entry['id']}-{entry['style']}"
    words = run.report["provenance"]["again"]
    return name, rerun_command.command(words, entry["test"], name)


def again(run_rest: RunRest, command: str) -> Finished:
    """Run it as it stands there."""
    program, *words = shlex.split(command)
    assert "pytest" == program
    shutil.rmtree("run")
    return run_rest(*words, SERIAL)
