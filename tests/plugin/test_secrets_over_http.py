"""Keys that a server, a model or an address has: in nothing that a run prints or writes."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest

KEY = "sk-two  blanks-4f9a"
IN_PATH = "k9f8e7d6c5b4a3"
ITEMS = 3


def leak(request: Request) -> Reply:
    """An answer with the keys in it; before that a rate limit, and for one item an error."""
    said = f"{KEY} {IN_PATH} {quote_plus(KEY)}\n" + "x" * 250 + KEY
    if request.number == 1:
        return Reply(said, status=429, retry_after=0.05)
    if request.number < 4:
        return Reply(said, status=400)
    return Reply(f"{said}\nAnswer: {KEY}", model=KEY)


def written(folder: Path) -> str:
    """All that a run wrote, as text, and the names of its files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"report.json", "report.html", "completions.sqlite", "junit.xml", "log.txt"} <= names
    return " ".join([*map(str, files), *(path.read_bytes().decode("latin-1") for path in files)])


def leaks(text: str) -> list[str]:
    """The forms of the keys that are in a text, or of a cut one their beginnings."""
    forms = KEY, " ".join(KEY.split()), quote_plus(KEY), "sk-two", IN_PATH, IN_PATH[:8]
    return [form for form in forms if form in text]


@pytest.mark.parametrize("workers", [("-p", "no:xdist"), ("-n2",)], ids=["serial", "n2"])
def test_no_key_is_printed_or_written(
    run_rest: RunRest,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    workers: Sequence[str],
) -> None:
    """Report, page, store, terminal, JUnit and log, whoever quotes them; and nor is a plan."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Endpoint(leak) as endpoint:
        base = f"--rest-api-base={endpoint.url}/{IN_PATH}/v1"
        asked = ("--rest-model=m", base, f"--rest-suite=soebench:{ITEMS}")
        plan = run_rest(*asked, "--rest-plan")
        run = run_rest(
            *(*asked, *workers, "-v", "--rest-min-rer=0.9", "--rest-html=report.html"),
            *("--junitxml=junit.xml", "--log-file=log.txt", "--log-file-level=DEBUG"),
            *("-rA", "--showlocals", "--rest-concurrency=4"),
        )
    assert ITEMS == len(run.report["items"])
    assert f"{endpoint.url}/***/v1" == run.report["provenance"]["api_base"]
    assert ["***"] == run.report["provenance"]["resolved_model"]
    assert "***" in run.out
    assert [] == leaks(run.out) == leaks(plan.out) == leaks(written(pytester.path))


LEAKY = """
import os
from pytest_rest.models.providers.simulated import SimulatedModel

class Leaky(SimulatedModel):
    def __init__(self):
        super().__init__("", 0)
        self.description = f"asked with {os.environ['LEAKY_API_KEY']}"
        self.parameters = {"key": os.environ["LEAKY_API_KEY"]}
"""


def test_a_model_of_ones_own_that_tells_its_key(
    run_rest: RunRest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its parameters, and in its description."""
    monkeypatch.setenv("LEAKY_API_KEY", KEY)
    pytester.makepyfile(leaky=LEAKY)
    run = run_rest(
        *("--rest-model=python:leaky:Leaky", "--rest-suite=soebench:2", "--rest-html=report.html"),
        *("--junitxml=junit.xml", "--log-file=log.txt"),
    )
    assert {"key": "***"} == run.report["provenance"]["parameters"]
    assert "rest: asked with ***" in run.out
    assert [] == leaks(run.out) == leaks(written(pytester.path))


def test_a_run_at_an_address_with_a_key_is_gone_on_with(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the address given once more, for the run has not kept it."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Endpoint(lambda _: Reply("Answer: 3")) as endpoint:
        base = f"--rest-api-base={endpoint.url}/{IN_PATH}/v1"
        run_rest("--rest-model=m", base, "--rest-suite=soebench:1")
        asked = len(endpoint.requests)
        without = run_rest("--rest-resume=run", keep=True)
        again = run_rest("--rest-resume=run", base, keep=True)
    assert pytest.ExitCode.USAGE_ERROR == without.status
    assert "the address has a secret, which no run keeps; give --rest-api-base again" in without.out
    assert 1 == len(again.report["items"])
    assert asked == len(endpoint.requests)


@pytest.mark.parametrize("model", ["m", "gpt-4o-mini"])
@pytest.mark.parametrize("key", ["sk-a\nb-4f9a", "sk-a\r\nX-Other: b"])
def test_a_key_with_a_line_break_ends_the_run_before_it_begins(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, model: str, key: str
) -> None:
    """In one line, with exit status 4, and without showing it."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with Endpoint(lambda _: Reply("3")) as endpoint:
        base = [f"--rest-api-base={endpoint.openai_base}"] if model == "m" else []
        run = run_rest(f"--rest-model={model}", *base, "--rest-suite=soebench:1")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "REST: the key in OPENAI_API_KEY has a line break" in run.out
    assert "sk-a" not in run.out
    assert () == endpoint.requests
