"""Documents in a run: their forms on the wire, what is counted, and what is told before a call."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pdf
import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest
from test_schema import misses

from pytest_rest import benchmark, prompts
from pytest_rest.commands import main
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Form, Style

BENCHMARK = """\
document: lease.pdf
items:
  - {id: whole, question: What does page 17 say?, answer: 1717}
  - {id: part, question: What does page 3 say?, answer: 303, pages: "2-3"}
  - {id: scan, question: What does it say?, answer: 5, document: scan.pdf}
"""
LOW = Style(dpi=50)
MODES = "--rest-modes=text,image,mixed,file"


def lines(number: int) -> str:
    """What stands on a page of the lease."""
    return f"Page {number} of the lease\nIt says {number * 101}."


@pytest.fixture
def lease(pytester: pytest.Pytester) -> str:
    """A benchmark about a lease of thirty pages and a scan, and a style that is cheap to draw."""
    pdf.write(pytester.path / "lease.pdf", [lines(n) for n in range(1, 31)], (300, 200))
    pdf.write(pytester.path / "scan.pdf", [bytes(range(140)) * 100], (300, 200))
    pytester.path.joinpath("lease.rest.yaml").write_text(BENCHMARK)
    return "lease.rest.yaml"


def reply(request: Request) -> Reply:
    """The right answer to each question, and a transcription that is not."""
    said = " ".join(request.texts)
    answers = {"page 17": "1717", "page 3": "303", "does it": "5"}
    known = next((value for words, value in answers.items() if words in said), "")
    is_read = "Transcribe" in said
    return Reply("nothing" if is_read else f"Answer: {known or '1717'}", input_tokens=100)


def test_every_form_of_a_document_is_asked_and_counted(
    lease: str, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Pages, files and transcriptions are what the server's log has; a scan has no text form."""
    with Endpoint(reply) as server:
        base = f"--rest-api-base={server.openai_base}"
        style = f"--rest-style={LOW.id}"
        run = run_rest("--rest-model=m", base, lease, MODES, style, *mode)
        requests = server.requests
    shown = Counter((len(each.images), len(each.files)) for each in requests)
    transcribed = 31 + 1  # two pages of the part are the whole's, and are not asked again
    whole, part, scan = {(31, 0): 1, (30, 0): 1}, {(3, 0): 1, (2, 0): 1}, {(2, 0): 1, (1, 0): 1}
    expected = Counter(whole) + Counter(part) + Counter(scan)
    assert expected + Counter({(0, 0): 2, (0, 1): 3, (1, 0): transcribed}) == shown
    assert len(requests) == run.report["usage"]["calls"]
    assert [] == misses(run.report)
    items = {item["id"]: item for item in run.report["items"]}
    assert {"whole": 31, "part": 3, "scan": 2} == {n: each["pages"] for n, each in items.items()}
    assert [["text", "image", "mixed", "file"]] * 2 + [["image", "mixed", "file"]] == [
        sorted(items[name]["answers"], key=MODES.index) for name in ("whole", "part", "scan")
    ]
    assert (31, None) == (len(items["whole"]["ocr"]["pages"]), items["scan"]["ocr"])
    texts = [each.texts[0] for each in requests if not (each.images or each.files)]
    assert all(lines(n) in max(texts, key=len) for n in range(1, 31))
    first, second = items["part"]["ocr"]["pages"][:2]
    assert [lines(2), lines(3)] == [first["reference"], second["reference"]]
    sent = sorted((each.files[0] for each in requests if each.files), key=len)
    assert Path("lease.pdf").read_bytes() in sent
    assert Path("scan.pdf").read_bytes() in sent
    assert "1 of 3 items has no text form: scan.pdf has no text layer" in run.out
    assert "1 of 3 items has no text form: a document without a text layer" in run.out
    assert "accuracy       items file" in run.out
    assert "3 items of 2 to 31 pages" in run.out


def test_every_picture_of_a_form_is_named(
    lease: str, run_rest: RunRest, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `show`, and in an export, whose pages of a transcription are those of its calls."""
    style = f"--rest-style={LOW.id}"
    run = run_rest("--rest-model=simulated", lease, style, "-kpart", "-pno:xdist")
    capsys.readouterr()
    assert 0 == main(["show", "part", "run"])
    shown = re.findall(r"images/([0-9a-f]{16})", capsys.readouterr().out)
    assert 0 == main(["export", "run", "-o", "rows.jsonl"])
    rows = map(json.loads, Path("rows.jsonl").read_text("ascii").splitlines())
    sent = {row["form"]: row["image"].split(";") for row in rows if row["image"]}
    assert (3, 2) == (len(sent["image"]), len(sent["mixed"]))
    assert [*sent["image"], *sent["mixed"]] == shown
    (item,) = run.report["items"]
    assert [page["image"] for page in item["ocr"]["pages"]] == sent["transcription"]


def test_a_plan_counts_the_pages(lease: str, run_rest: RunRest) -> None:
    """As many calls as the run makes, and the most pictures that one has."""
    run = run_rest(
        *("--rest-model=simulated", "--rest-plan", lease, MODES, f"--rest-style={LOW.id}")
    )
    assert "  calls       43: 3 tests" in run.out
    assert "  pages       up to 31 pictures a call, in 5 calls" in run.out


@pytest.mark.parametrize(
    ("name", "more", "why"),
    [
        (
            "locked.pdf",
            "",
            ":2: document '{name}' is encrypted and needs a password; save it without",
        ),
        (
            "broken.pdf",
            "",
            ":2: document '{name}' is not a PDF, or is damaged; print it to a new PDF",
        ),
        ("empty.pdf", "", ":2: document '{name}' is not a PDF, or is damaged"),
        ("missing.pdf", "", ":2: document '{name}' is not a file; check its path"),
        (
            "many.pdf",
            "",
            ":2: document '{name}' has 201 pages, not 1 to 200; name some: pages: 2-5",
        ),
        ("many.pdf", "pages: 200-202", ":4: pages '200-202': the document has pages 1 to 201"),
        ("many.pdf", "pages: 0", ":4: pages '0': the document has pages 1 to 201"),
        ("many.pdf", "pages: one", ":4: pages 'one' cannot be read; write 3, 2-5 or 1-2, 5"),
        ("many.pdf", "context: x", ":4: a document stands in place of context; write one of them"),
        ("notes.txt", "", ":2: document 'notes.txt' is not a .pdf"),
        ("../a.pdf", "", ":2: document '../a.pdf': give a path below the file's folder"),
    ],
)
def test_a_document_that_cannot_be_read_is_told_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, more: str, why: str
) -> None:
    """One line, with a mend."""
    monkeypatch.chdir(tmp_path)
    pdf.write(Path("locked.pdf"), ["x"], password="secret")  # noqa: S106
    whole = pdf.write(Path("many.pdf"), ["x"] * 201)
    Path("broken.pdf").write_bytes(whole.read_bytes()[:3000])
    pdf.write(Path("empty.pdf"), [])
    text = f"items:\n  - document: {name}\n    question: What?\n    {more}\n    answer: x\n"
    Path("own.rest.yaml").write_text(text)
    with pytest.raises(BenchmarkError) as told:
        benchmark.file.load(Path("own.rest.yaml"))
    assert f"own.rest.yaml{why.format(name=name)}" in str(told.value)


def test_a_broken_document_ends_the_run(run_rest: RunRest) -> None:
    """As any other benchmark file that is broken, before anything is asked."""
    pdf.write(Path("locked.pdf"), ["x"], password="secret")  # noqa: S106
    Path("own.rest.yaml").write_text("document: locked.pdf\nitems: [{question: a, answer: b}]\n")
    run = run_rest("--rest-model=simulated", "own.rest.yaml")
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert "own.rest.yaml:1: document 'locked.pdf' is encrypted and needs a password" in run.out
    assert "Traceback" not in run.out


def test_the_documentations_questions_are_read(tmp_path: Path) -> None:
    """From a folder of PDFs and the CSV as it stands on the page."""
    page = Path(__file__).parents[2].joinpath("docs/documents.md").read_text("utf-8")
    (questions,) = re.findall(r"^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    tmp_path.joinpath("questions.rest.csv").write_text(questions)
    pdf.write(tmp_path / "lease.pdf", ["Lease", "Rent: 1450", "Deposit", "Until 31 May 2027"])
    pdf.write(tmp_path / "loan.pdf", ["4.2 percent"])
    items = benchmark.file.load(tmp_path / "questions.rest.csv").items
    documents = [item.document for item in items if item.document]
    assert [(1, 2, 3, 4), (2, 3), (1,)] == [own.pages for own in documents]
    assert ["short", "integer", "number"] == [item.answer_kind for item in items]


def test_pages_that_are_too_large_are_told_before_a_call(run_rest: RunRest) -> None:
    """As is a document of which too few forms are left."""
    pdf.write(Path("large.pdf"), ["x"], (4000, 4000))
    pdf.write(Path("scan.pdf"), [bytes(14_000)])
    text = "items:\n  - {document: %s, question: What?, answer: x}\n"
    Path("own.rest.yaml").write_text(text % "large.pdf")
    run = run_rest("--rest-model=simulated", "own.rest.yaml")
    assert "would have 11,112 x 11,112 pixels, more than 40,000,000; use a lower dpi" in run.out
    Path("own.rest.yaml").write_text(text % "scan.pdf")
    run = run_rest("--rest-model=simulated", "own.rest.yaml", "--rest-modes=text,image")
    assert "no text layer, and of --rest-modes=text,image only image is left" in run.out


PAGES, EACH = 4, 8  # pages of a contract, and questions about each


def _contract(folder: Path) -> dict[bytes, str]:
    """A benchmark about a contract, and what stands in each picture that is drawn for it."""
    codes = {
        f"clause {p}{e}": str(100 * p + 7 * e) for p in range(1, PAGES + 1) for e in range(EACH)
    }
    pages = [
        "\n".join(f"The sum of {name} is {codes[name]}." for name in codes if name[7] == str(page))
        for page in range(1, PAGES + 1)
    ]
    pdf.write(folder / "contract.pdf", pages, (300, 250))
    items = "".join(
        f"  - {{question: What is the sum of {name}?, answer: {code}}}\n"
        for name, code in codes.items()
    )
    folder.joinpath("contract.rest.yaml").write_text(f"document: contract.pdf\nitems:\n{items}")
    protocol = prompts.load_protocol()
    return {
        image.content: image.text
        for item in benchmark.file.load(folder / "contract.rest.yaml").items
        for image in prompts.build(item, Form("image", LOW), "solve", protocol).images
    }


def _reader(shown: dict[bytes, str], most: int) -> Callable[[Request], Reply]:
    """A server that sees no more than the first pages, and what asks after them."""

    def reply(request: Request) -> Reply:
        if "Transcribe" in request.texts[-1]:
            return Reply(shown[request.images[0]])
        seen = [shown[image] for image in request.images[:most]]
        asks = [shown[image] for image in request.images[PAGES:]]
        text = "\n".join([*seen, *asks, *request.texts])
        asked = re.findall(r"What is the sum of (clause \d+)", text)[-1]
        sums = re.findall(rf"The sum of {asked} is (\d+)", text)
        return Reply(f"Answer: {sums[0] if sums else 1}")

    return reply


@pytest.mark.parametrize("most", [2, PAGES])
def test_a_server_that_sees_two_pages_is_found_out(
    most: int,
    run_rest: RunRest,
    pytester: pytest.Pytester,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the page after which answers are lost; another one is not, nor is any form but those."""
    with Endpoint(_reader(_contract(pytester.path), most)) as server:
        base = f"--rest-api-base={server.openai_base}"
        run = run_rest("--rest-model=m", base, "contract.rest.yaml", f"--rest-style={LOW.id}")
    assert [] == misses(run.report)
    assert [n for n in range(1, PAGES + 1) for _ in range(EACH)] == [
        item["answer_page"] for item in run.report["items"]
    ]
    text = Path("run/report.html").read_text("utf-8")
    if most == PAGES:
        assert {"passed": PAGES * EACH} == run.outcomes
        assert "answer_pages" not in run.report
        assert "is lost as" not in run.out
        assert "By the page of the answer" not in text
        return
    lost = {each["mode"]: each for each in run.report["answer_pages"]}
    assert {"image", "mixed"} == {*lost}
    for mode, each in lost.items():
        assert (2, 1.0, (PAGES - 2) * EACH, 0.0, 2 * EACH) == (
            *(each["page"], each["after"]["value"], each["after"]["n"]),
            *(each["up_to"]["value"], each["up_to"]["n"]),
        )
        assert each["p"] <= 0.01
        assert (
            f"what stands after page 2 is lost as {mode}: wrong in 100.0 [80.6, 100.0] % of 16"
            in run.out
        )
    assert "By the page of the answer" in text
    assert 0 == main(["show", "contract-0017", "run"])
    assert "every character of the 5 pages right" in capsys.readouterr().out
    assert run.report["metrics"]["contract"]["all"]["cer"]["value"] == 0
