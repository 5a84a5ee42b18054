"""Tables of which a picture is given: it is shown in place of one that would be drawn."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply
from PIL import Image
from runs import RunRest

from pytest_rest import prompts
from pytest_rest.benchmark import file
from pytest_rest.errors import BenchmarkError
from pytest_rest.evaluate import forms
from pytest_rest.prompts.askable import Check
from pytest_rest.rendering import pictures
from pytest_rest.terms import Form, Item, Scheme, Style, to_builtins, to_item

HEAD = "items:\n  - {question: What does a lamp cost?, answer: 12, "
SCAN = "table: {file: prices.csv, picture: scan.png}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table, and a picture of it."""
    (tmp_path / "prices.csv").write_text("Name,Price\nLamp,12\nChair,41\n")
    scan = Image.new("L", (300, 200), 255)
    scan.paste(0, (40, 40, 200, 60))
    scan.save(tmp_path / "scan.png")
    return tmp_path


def item(folder: Path, rest: str = SCAN) -> Item:
    """The item of a file."""
    (folder / "own.rest.yaml").write_text(f"{HEAD}{rest}}}\n")
    return file.load(folder / "own.rest.yaml").items[0]


def test_text_is_the_table_and_a_picture_the_one_that_is_given(folder: Path) -> None:
    """The question stands below it in the image form, and is text in the mixed one."""
    own, protocol = item(folder), prompts.load_protocol()
    text, image, mixed, read = forms(own, Style(), protocol)
    assert "| Lamp  | 12    |" in str(text.parts[0])
    assert not text.images
    assert ["What does a lamp cost?"] * 2 == [image.images[0].text, read.images[0].text]
    assert "below a line" in str(read.parts[1])
    given = pictures.read(str(folder / "scan.png"), pictures.digest(folder / "scan.png"))
    assert given == mixed.images[0]
    assert given.content == (folder / "scan.png").read_bytes()
    assert image.images[0].size[1] > given.size[1]


def test_its_source_is_drawn_in_other_formats(folder: Path) -> None:
    """A picture is not of HTML."""
    html = forms(item(folder), Style(format="html"), prompts.load_protocol())[1]
    assert "<td>Lamp</td>" in html.images[0].text


def test_the_second_of_two_passes_shows_it(folder: Path) -> None:
    """For the transcription is of the question alone."""
    form = Form("ocr-then-solve", Style())
    prompt = prompts.build(item(folder), form, "solve", prompts.load_protocol(), transcription="T")
    assert (300, 200) == prompt.images[0].size


def test_the_picture_is_part_of_the_item_and_its_path_is_not(folder: Path) -> None:
    """Without one a digest is what it was."""
    own, plain = item(folder), item(folder, "table: prices.csv")
    assert plain.digest != own.digest
    assert plain.digest == item(folder, "table: {file: prices.csv}").digest
    other = folder / "other"
    shutil.copytree(folder, other)
    assert own.digest == item(other).digest
    assert own == to_item(json.loads(json.dumps(_plain(own))))


def _plain(own: Item) -> dict[str, object]:
    assert own.table is not None
    return {**to_builtins(own), "table": to_builtins(own.table)}


def test_what_cannot_be_asked_is_known_before(folder: Path) -> None:
    """To transcribe the mixed form there is no text; a provider may refuse the picture."""
    own, protocol = item(folder), prompts.load_protocol()
    assert not [*Check(Scheme(), protocol, Rule("")).refused({own: [Style()]})]
    (each,) = Check(Scheme(ocr="each"), protocol, Rule("")).refused({own: [Style()]})
    assert "there is nothing to draw in its mixed form" in each.reason
    (large,) = Check(Scheme(), protocol, Rule("too large")).refused({own: [Style()]})
    assert "300 x 200 pixels" in large.reason


class Rule:
    """Refuses every picture, or none."""

    provider = "nobody"
    request_bytes: int | None = None

    def __init__(self, why: str) -> None:
        self.why = why

    def refusal(self, width: int, height: int, size: int = 0, pictures: int = 1) -> str:
        """Why."""
        return self.why


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("table: {picture: scan.png}", "a table's picture stands beside its file:"),
        ("table: {file: prices.csv, pictur: scan.png}", "unknown key 'pictur'"),
        ("table: {file: prices.csv, picture: ../scan.png}", "give a path below the file's folder"),
        ("table: {file: prices.csv, picture: prices.csv}", "prices.csv"),
        (f"image: scan.png, {SCAN}", "image and the table's picture are two; give one"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Path, rest: str, message: str) -> None:
    """As of any other key."""
    with pytest.raises(BenchmarkError) as caught:
        item(folder, rest)
    assert message in str(caught.value)
    assert "own.rest.yaml:2" in str(caught.value)


@pytest.mark.shared_data
@pytest.mark.slow
def test_real_tables_with_their_pictures(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """TABVERSE's 27 tables, written as the docs say: forms and calls are those of the log."""
    source = Path(__file__).parents[3] / "shared" / "data" / "tabverse"
    shutil.copytree(source / "tables", "tables")
    rows = [*map(json.loads, (source / "tables.jsonl").read_text("utf-8").splitlines())]
    with Path("tabverse.rest.jsonl").open("w", encoding="utf-8") as own:
        for row in rows:
            name = f"tables/{row['image_id']}.html"
            table = {"file": name, "picture": f"{name}.png"}
            asked = {"question": row["question"], "answers": row["labels"], "table": table}
            own.write(f"{json.dumps({'id': row['id'], 'kind': 'short', **asked})}\n")
    with Endpoint(lambda request: Reply("Answer: 1")) as endpoint:
        run = run_rest(
            "--rest-model=tested-vlm",
            f"--rest-api-base={endpoint.openai_base}",
            *("tabverse.rest.jsonl", "--rest-table-formats=ruled,html,latex,csv", "-pno:xdist"),
        )
        requests = endpoint.requests
    assert 27 == len(rows)
    assert {"ruled": 27, "html": 27, "latex": 27, "csv": 27} == Counter(
        entry["format"] for entry in run.report["items"]
    )
    answered = [
        a for entry in run.report["items"] for a in (*entry["answers"].values(), entry["ocr"])
    ]
    prompts_asked = {answer["prompt"] for answer in answered}
    assert 27 * 4 * 4 == len(answered)
    assert len(prompts_asked) == len(requests) == run.report["usage"]["calls"]
    given = {path.read_bytes() for path in Path("tables").glob("*.html.png")}
    assert 27 == sum(picture in given for request in requests for picture in request.images)
