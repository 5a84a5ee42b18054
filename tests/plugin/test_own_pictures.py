"""A user's own pictures in a run: sent as they are, kept as they are, and warned of by place."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply
from PIL import Image as Picture
from runs import RunRest

from pytest_rest.commands import main
from pytest_rest.models import vision_rules
from pytest_rest.plugin import benchmark_files
from pytest_rest.rendering import pictures

MODEL = "--rest-model=simulated"
ODD = """\
items:
- {id: even, question: How many?, context: x, answer: 1, image: even.png}
- id: moving
  question: How many?
  context: x
  answer: 1
  image: moving.gif
"""


@pytest.fixture
def odd(pytester: pytest.Pytester) -> None:
    """A benchmark whose pictures may not be what their owner means."""
    Picture.new("RGB", (60, 40), "navy").save("even.png")
    frame = Picture.linear_gradient("L")
    frame.save("moving.gif", save_all=True, append_images=[frame.rotate(90), frame.rotate(180)])
    Path("odd.rest.yaml").write_text(ODD)


REMARKS = {
    2: "item 'even': picture 'even.png' is nearly of one colour, so that there is nothing to see",
    7: "item 'moving': picture 'moving.gif' has several frames; only the first is shown",
}


@pytest.mark.usefixtures("odd")
def test_odd_pictures_are_warned_of_by_place(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Once each, whatever the number of workers, with the file, the line and the item."""
    run = run_rest(MODEL, "odd.rest.yaml", "-Walways::pytest.PytestWarning", *mode)
    assert {"passed": 2, "warnings": 2} == run.outcomes, run.out
    for line, said in REMARKS.items():
        assert 1 == len(
            re.findall(rf"odd\.rest\.yaml:{line}: PytestWarning: REST: {said}", run.out)
        )


@pytest.mark.usefixtures("odd")
def test_odd_pictures_are_refused_where_warnings_are_errors(run_rest: RunRest) -> None:
    """In one line, before anything is asked."""
    run = run_rest(MODEL, "odd.rest.yaml", "-Werror::pytest.PytestWarning")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert f"ERROR: REST: odd.rest.yaml:2: {REMARKS[2]}" in run.out


BENCHMARK = """\
items:
  - id: photo
    question: How many?
    context: Each is one.
    answer: 2
    image: photo.jpg
  - {id: again, question: How many more?, context: Each is one., answer: 2, image: photo.jpg}
"""


@pytest.fixture
def photo(pytester: pytest.Pytester) -> bytes:
    """A photograph beside a benchmark, which asks about it."""
    grain = Picture.effect_noise((300, 200), 60).convert("RGB")
    grain.save(pytester.path / "photo.jpg", quality=90)
    pytester.path.joinpath("photos.rest.yaml").write_text(BENCHMARK)
    return (pytester.path / "photo.jpg").read_bytes()


def test_a_photograph_stays_what_it_is(
    photo: bytes, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """On the wire, in the run's folder, on the page, and when it is replayed."""
    with Endpoint(lambda _: Reply("Answer: 2")) as server:
        model = ("--rest-model=m", f"--rest-api-base={server.openai_base}")
        run = run_rest(*model, "photos.rest.yaml", "--rest-html=out/copy.html", *mode)
        requests = server.requests
    bare = [each for each in requests if each.images == (photo,)]
    urls = [str(each.body["messages"][0]["content"]) for each in bare]
    assert 2 == len(bare), run.out
    assert all("data:image/jpeg;base64" in url for url in urls)
    (item, _) = run.report["items"]
    digest = item["answers"]["text"]["image"]
    assert photo == Path("run", "images", f"{digest}.jpg").read_bytes()
    assert not Path("run", "images", f"{digest}.png").exists()
    assert (300, 200) == (item["answers"]["text"]["width"], item["answers"]["text"]["height"])
    text = Path("run/report.html").read_text("utf-8")
    assert f'"{digest}": "{digest}.jpg"' in text or f'"{digest}":"{digest}.jpg"' in text
    copy = Path("out/copy.html").read_text("utf-8")
    assert "data:image/jpeg;base64," in copy or "data:image/png;base64," in copy
    if not mode:
        Path("run").rename("kept")
        again = run_rest(*model, "photos.rest.yaml", "--rest-replay=kept")
        assert {"passed": 2} == again.outcomes, again.out


def test_a_small_photograph_is_embedded_as_it_is(
    photo: bytes, run_rest: RunRest, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its own kind in the copy's data; `show` names it by its own ending."""
    Picture.linear_gradient("L").resize((40, 30)).save("photo.jpg")
    run = run_rest(MODEL, "photos.rest.yaml", "--rest-html=out/copy.html")
    assert {"passed": 2} == run.outcomes, run.out
    encoded = base64.b64encode(Path("photo.jpg").read_bytes()).decode()
    assert f"data:image/jpeg;base64,{encoded}" in Path("out/copy.html").read_text("utf-8")
    capsys.readouterr()
    assert 0 == main(["show", "photo", "run"])
    assert 3 == len(re.findall(r"images/\w{16}\.jpg$", capsys.readouterr().out, re.MULTILINE))


@pytest.mark.parametrize(
    ("option", "size", "expected"),
    [
        ("--rest-max-side=600", (1300, 900), "1,300 x 900 pixels, of which the model sees 600 x 4"),
        ("--rest-max-side=600", (1100, 900), ""),
        ("--rest-model=claude-haiku-4.5", (3200, 400), "of which the model sees 1,568 x 196"),
    ],
)
def test_what_a_provider_shrinks_is_warned_of(
    pytester: pytest.Pytester, option: str, size: tuple[int, int], expected: str
) -> None:
    """Below half a side, by the provider's own rule or by what the user says of an endpoint."""
    Picture.linear_gradient("L").resize(size).save("a.png")
    facts = pictures.look(Path("a.png"))
    name, _, value = option.partition("=")
    is_told = name == "--rest-max-side"
    rule = vision_rules.find("m" if is_told else value, int(value) if is_told else 0)
    remarks = [*benchmark_files._of_size(facts, rule)]
    assert bool(expected) == bool(remarks)
    assert expected.lower() in "".join(remarks).lower()
