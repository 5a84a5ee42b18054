"""The command `eyechart`: what it writes, its exit status, and what a run takes from it."""

import json
import math
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply
from planted_eyes import THRESHOLDS, PlantedEyes

from pytest_rest import eyechart
from pytest_rest.commands import main
from pytest_rest.errors import OptionError
from pytest_rest.eyechart import file
from pytest_rest.eyechart.file import Measured
from pytest_rest.reporting.page import eyechart as page
from pytest_rest.reporting.terminal import eyechart as words
from pytest_rest.statistics.legibility import Estimate

Capture = pytest.CaptureFixture[str]
SHORT = ("--calls=13", "--font=dejavu", "--timeout=20")
ABOUT = {"version": "0.1.0", "created": "2026-01-01", "seed": 0}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def printed(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """The exit status, what went to stdout and to stderr."""
    try:
        status = main(("eyechart", *arguments))
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def measured(
    eyes: PlantedEyes, monkeypatch: pytest.MonkeyPatch, most: int = 40, model: str = "served"
) -> Measured:
    """Eyes that were measured, of nothing that was drawn."""
    with monkeypatch.context() as watched:
        eyes.watch(watched, draws=False)
        found = eyechart.measure(eyes.ask, tuple(THRESHOLDS), eyes.seed, most)
    vars(found.example).pop("image")  # it is drawn for the page
    return Measured(model, model, None, tuple(THRESHOLDS), found)


def test_an_endpoint_is_measured_over_http(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON, page and chart are written; the same command asks nothing again; another is refused."""
    eyes = PlantedEyes(700)
    eyes.watch(monkeypatch)
    with Endpoint(eyes.reply) as endpoint:
        asked = ("served", f"--api-base={endpoint.openai_base}", *SHORT, "-o", "eyes.json")
        status, out, err = printed(capsys, *asked)
        assert (0, "") == (status, err)
        assert [] == [line for line in out.splitlines() if len(line) > 80]
        assert "a picture adds up to 500 input tokens" in out
        assert ["eyes.json", "eyes.html", "eyes.png"] == out.splitlines()[-3:]
        assert 13 == len(endpoint.requests)
        content = json.loads(Path("eyes.json").read_text("ascii"))
        (found,) = content["endpoints"]
        assert (file.SCHEMA, 13, True) == (content["schema"], found["calls"], found["sees"])
        assert Path("eyes.png").read_bytes() in {r.images[0] for r in endpoint.requests if r.images}
        assert (0, out, "") == printed(capsys, *asked)
        assert 13 == len(endpoint.requests)
        status, out, err = printed(capsys, *asked, "--seed=1")
        assert (4, "") == (status, out)
        assert "was asked with seed 0, and this one is with 1" in err


def test_an_interrupted_chart_goes_on(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored is not asked again, whatever ended it."""
    eyes = PlantedEyes()
    eyes.watch(monkeypatch)
    tell = "pytest_rest.reporting.terminal.eyechart.Progress.__call__"

    def interrupt(self: object, done: int) -> None:
        if done > 3:
            raise KeyboardInterrupt

    with Endpoint(eyes.reply) as endpoint:
        asked = ("served", f"--api-base={endpoint.openai_base}", *SHORT)
        with monkeypatch.context() as interrupted:
            interrupted.setattr(tell, interrupt)
            status, _, err = printed(capsys, *asked)
        assert 4 == status
        assert "interrupted after" in err
        assert "the same command goes on" in err
        before = len(endpoint.requests)
        assert 0 < before < 13
        status, _, _ = printed(capsys, *asked)
        assert (0, 13) == (status, len(endpoint.requests))


def test_an_endpoint_that_fails_in_the_middle(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line, status 4 and no file; the same command goes on and asks nothing twice."""
    eyes = PlantedEyes()
    eyes.watch(monkeypatch)
    gone = Reply(status=404, text="no such model")
    with Endpoint(lambda r: eyes.reply(r) if r.number < 9 or is_back else gone) as endpoint:
        asked = ("served", f"--api-base={endpoint.openai_base}", *SHORT)
        is_back = False
        status, out, err = printed(capsys, *asked)
        assert (4, "") == (status, out)
        (line,) = err.splitlines()
        assert "the endpoint fails: bad request: HTTP 404" in line
        assert "what was answered is kept, the same command goes on" in line
        assert not Path("eyechart.json").exists()
        is_back = True
        assert 0 == printed(capsys, *asked)[0]
        answered = [*endpoint.requests[:9], *endpoint.requests[13:]]
        assert 13 == len({request.images for request in answered})


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (Reply("There is no picture.", input_tokens=70), 1, "PICTURES ARE NOT SEEN: no line of"),
        (Reply(status=401, text="no such key"), 4, "the endpoint fails: asking ended: auth"),
        (Reply(status=400, text="images are not supported"), 4, "images are not supported"),
    ],
)
def test_an_endpoint_without_eyes(capsys: Capture, reply: Reply, status: int, said: str) -> None:
    """It is told in a line, with the status of a gate that is missed, or of a mistake."""
    with Endpoint(lambda _: reply) as endpoint:
        base = f"--api-base={endpoint.openai_base}"
        found, out, err = printed(capsys, "served", base, "--font=dejavu", "--timeout=20")
    assert status == found
    assert said in out + err
    if status == 1:
        assert "input tokens do not rise with a picture (70 without, 70 with)" in " ".join(
            out.split()
        )
    else:
        assert 1 == len(err.splitlines())


def test_a_header_is_sent_to_its_own_server(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second endpoint at another address gets the parameters, and no secret."""
    monkeypatch.setenv("MY_KEY", "s3cret-of-one")
    with (
        Endpoint(lambda _: Reply("No.")) as one,
        Endpoint(lambda _: Reply("No.")) as two,
    ):
        servers = (f"--api-base={one.openai_base}", f"--against-api-base={two.openai_base}")
        added = ("--header=X-Key=MY_KEY", "--parameter=top_p=0.5", "--font=dejavu")
        status, _, _ = printed(capsys, "a", "--against=b", *servers, *added)
    assert 1 == status
    assert {"s3cret-of-one"} == {request.headers.get("x-key") for request in one.requests}
    assert {None} == {request.headers.get("x-key") for request in two.requests}
    assert {0.5} == {request.body["top_p"] for request in (*one.requests, *two.requests)}
    assert "s3cret" not in "".join(
        path.read_text("utf-8") for path in (Path("eyechart.json"), Path("eyechart.html"))
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required: MODEL"),
        (("simulated", "-o", "eyes"), "give a FILE that ends in .json"),
        (("simulated", "--font=papyrus"), "unknown font 'papyrus'"),
        (("simulated", "--calls=3"), "'3' is not valid; give a whole number from 13"),
        (("simulated", "--against-api-base=http://x"), "name the second model"),
        (("simulated", "--api-base=http://x"), "is not an endpoint"),
        (("simulated", "--parameter=top_p=1"), "--parameter, --body and --header out"),
        (("simulated", "--header=X=NOT_SET"), "--header X: NOT_SET is not set"),
        (("nothing-like-this",), "or pass --api-base for a server of your own"),
        (("simulated", "--against=simulated:odd=1"), "unknown kind 'odd'"),
    ],
)
def test_wrong_usage(capsys: Capture, arguments: tuple[str, ...], said: str) -> None:
    """One line on stderr and status 4, before anything is asked or written."""
    status, out, err = printed(capsys, *arguments)
    assert (4, "") == (status, out)
    assert said in err
    assert [] == [*Path().iterdir()]


def test_two_endpoints_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that only one of them has differs for sure; the same eyes do not."""
    whole = measured(PlantedEyes(seed=1), monkeypatch)
    again = measured(PlantedEyes(seed=2), monkeypatch, 20)
    shrinking = measured(PlantedEyes(500, seed=3), monkeypatch, 30)
    assert any(is_sure for _, is_sure in words.differences(whole, shrinking))
    assert not any(is_sure for _, is_sure in words.differences(whole, again))
    found = shrinking.eyes.conclusion
    assert found is not None
    twice = Estimate(*(2 * value for value in astuple(found.shapes[0])))
    eyes = replace(shrinking.eyes, conclusion=replace(found, shapes=(twice, twice)))
    other = replace(shrinking, eyes=eyes)
    assert any(is_sure for _, is_sure in words.differences(shrinking, other))
    text = page.text([whole, shrinking], ABOUT)
    assert "What differs" in text
    assert "limit: none up to 4,096 pixels a side" in text.replace("Limit", "limit")


def test_a_page_escapes_what_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's name, and a server's error, may be anything."""
    eyes = measured(PlantedEyes(), monkeypatch, 12, "<script>alert(1)</script>\x1b[2J")
    eyes.eyes.refused[1, 1] = "<img src=x onerror=alert(1)>"  # type: ignore[index]
    text = page.text([eyes], ABOUT)
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "\x1b" not in text + "".join(words.lines(eyes))
    assert "default-src 'none'" in text


def test_what_a_run_takes_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the model and the address that are asked, and of no other."""
    eyes = measured(PlantedEyes(400), monkeypatch, 60)
    path = Path("eyes.json")
    path.write_text(json.dumps(file.to_builtins([eyes], ABOUT)))
    limit = file.read(path, "served")
    assert pytest.approx(400, rel=0.1) == limit.side
    assert 0 == limit.pixels
    for model, base in (("other", None), ("served", "http://there/v1")):
        with pytest.raises(OptionError, match="has the eyes of 'served', and"):
            file.read(path, model, base)
    content = json.loads(path.read_text())
    content["endpoints"][0]["limit"] = None
    path.write_text(json.dumps(content))
    with pytest.raises(OptionError, match="names no limit of 'served' that is sure"):
        file.read(path, "served")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "pytest-rest/report/1"}', "[" * 100_000, "1e999"]
)
def test_what_is_not_such_a_file(content: str) -> None:
    """One line with the reason."""
    Path("eyes.json").write_text(content)
    with pytest.raises(OptionError, match=r"'eyes.json' cannot be read as eyes that were measured"):
        file.read(Path("eyes.json"), "served")


NONE = {"side": 0, "pixels": 0, "whole": [4096, 5_931_008]}


SIDES: list[object] = [True, 0, "400", 400.0, -5, 10**400, None, [], math.nan]
LIMITS: list[object] = [True, 400, "400", [], {}]
WHOLE: list[object] = [4096, "ab", [], [1], [0, 0], [1, True]]
ENDPOINTS: list[object] = [[], {}, None, ["served"], [[]], {"served": NONE}, 7]


def content(limit: object, **changed: object) -> str:
    """A file with an endpoint that has this limit."""
    eyes = {"model": "served", "api_base": "http://here/v1/", "sees": True, "limit": limit}
    return json.dumps({"schema": file.SCHEMA, "endpoints": [eyes | changed]})


@pytest.mark.parametrize(
    "text",
    [
        *(content({"side": side, "pixels": 0, "whole": None}) for side in SIDES),
        content({"side": 400, "pixels": True}),
        content({"side": 400}),
        *(content(limit) for limit in LIMITS),
        *(content(NONE | {"whole": whole}) for whole in WHOLE),
        content(NONE | {"side": 400}),
        content(NONE, sees=False),
        content(NONE, sees=1),
        content(NONE, model=None),
        content(NONE, model=[]),
        content(NONE, api_base=7),
        *(json.dumps({"schema": file.SCHEMA, "endpoints": value}) for value in ENDPOINTS),
    ],
)
def test_what_was_edited_by_hand(text: str) -> None:
    """One line that names the file, whatever is in it."""
    Path("eyes.json").write_text(text)
    with pytest.raises(OptionError, match=r"^'eyes.json' cannot be read as eyes [^\n]{1,300}$"):
        file.read(Path("eyes.json"), "served", "http://here/v1")


@pytest.mark.parametrize("base", ["http://here/v1", "http://here/v1/"])
@pytest.mark.parametrize("kept", ["http://here/v1", "http://here/v1/"])
def test_a_slash_at_the_end_is_the_same_address(base: str, kept: str) -> None:
    """As it is for the endpoint."""
    Path("eyes.json").write_text(content(NONE, api_base=kept))
    assert file.Limit(whole=(4096, 5_931_008)) == file.read(Path("eyes.json"), "served", base)
