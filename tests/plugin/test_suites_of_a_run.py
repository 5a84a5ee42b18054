"""What --rest-suite may name beside one suite: REST's four data sets, a file, a folder of files."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from runs import RunRest

from pytest_rest import benchmark
from pytest_rest.errors import BenchmarkError

MODEL = "--rest-model=simulated"
SERIAL = ("-p", "no:xdist")
OWN = """
styles: [courier-100dpi]
items:
  - {id: due, context: 3 lamps at 4 dollars, question: What is due?, answer: 12}
  - {id: left, context: 9 lamps less 4, question: How many are left?, answer: 5}
  - {id: all, context: 2 lamps and 2, question: How many are there?, answer: 4}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with made-up copies of REST's three data sets, nine rows each."""
    folder = tmp_path / "sets"
    story = "Ada has {} lamps. She buys 3 more. How many lamps does Ada have?"
    stories = [
        {"id": n, "instance": 0, "question": story.format(n), "answer": f"So.\n#### {n + 3}"}
        for n in range(9)
    ]
    choices = {"text": ["1", "2", "3"], "label": ["A", "B", "C"]}
    questions = [
        {"id": f"Q{n}", "question": f"Is it {n}?", "choices": choices, "answerKey": "A"}
        for n in range(9)
    ]
    sums = [f"{n} + {n}?,{2 * n},{2 * n + 1},{2 * n + 2},{2 * n + 3},A" for n in range(9)]
    files = {
        "gsm-symbolic/main/test.jsonl": "\n".join(map(json.dumps, stories)),
        "arc/ARC-Challenge/test.jsonl": "\n".join(map(json.dumps, questions)),
        "mmlu/test/sums_test.csv": "\n".join(sums),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(f"{text}\n", "utf-8")
    return folder


@pytest.fixture
def own(pytester: pytest.Pytester) -> Path:
    """A folder with two benchmark files, one of them below another folder."""
    folder = pytester.path / "own"
    (folder / "more").mkdir(parents=True)
    (folder / "lamps.rest.yaml").write_text(OWN, "utf-8")
    (folder / "more" / "sums.rest.jsonl").write_text(
        '{"context": "1 + 1", "question": "What is it?", "answer": 2}\n'
    )
    (folder / "notes.yaml").write_text("not: a benchmark\n")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "hidden.rest.yaml").write_text("somebody: else's\n")
    return folder


def test_rest_is_its_four_data_sets(run_rest: RunRest, data: Path, mode: Sequence[str]) -> None:
    """N items of each; the mean over all four; and the data are no longer said to differ."""
    run = run_rest(MODEL, "--rest-suite=rest:5", f"--rest-data={data}", *mode)
    assert {"passed": 20} == run.outcomes
    suites = {each["name"]: each["items"] for each in run.report["provenance"]["suites"]}
    assert dict.fromkeys(["arc", "gsm-symbolic", "mmlu", "soebench"], 5) == suites
    assert {*suites, "mean", "pooled"} == set(run.report["metrics"])
    assert "mmlu:5, arc:5, gsm-symbolic:5, soebench:5; seed 0" in run.out
    differs = run.report["published"]["differs"]
    assert "prompts (here rest-1" == differs[:20]


def test_rest_is_planned(run_rest: RunRest, data: Path) -> None:
    """Four calls an item, of 2 items of each."""
    run = run_rest(MODEL, "--rest-suite=rest:2", f"--rest-data={data}", "--rest-plan")
    assert "32: 8 tests" in run.out


def test_rest_without_a_number(data: Path) -> None:
    """All of its data sets, and as many systems as the paper's figures are of."""
    items = benchmark.load("rest", data=data)
    sizes = {name: sum(item.suite == name for item in items) for name in {i.suite for i in items}}
    assert {"mmlu": 9, "arc": 9, "gsm-symbolic": 9, "soebench": 150} == sizes


def test_a_marker_takes_it_too(
    pytester: pytest.Pytester, run_rest: RunRest, data: Path, own: Path
) -> None:
    """REST's data, and a folder's files."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("rest:1", "own")
        def test_them(rest):
            assert rest().consistent
        """
    )
    run = run_rest(MODEL, f"--rest-data={data}", "test_a_marker_takes_it_too.py", *SERIAL)
    assert {"passed": 4 + 4} == run.outcomes, run.out


def test_a_file(run_rest: RunRest, own: Path, mode: Sequence[str]) -> None:
    """Its items are a suite of the run, in the file's own styles."""
    run = run_rest(MODEL, "--rest-suite=own/lamps.rest.yaml", "--rest-suite=soebench:1", *mode)
    assert {"passed": 4} == run.outcomes
    asked = {(item["suite"], item["id"], item["style"]) for item in run.report["items"]}
    assert ("lamps", "due", "courier-100dpi-black") in asked
    assert {"lamps", "soebench"} == {suite for suite, *_ in asked}


def test_some_items_of_a_file_are_drawn_by_the_seed(run_rest: RunRest, own: Path) -> None:
    """The same ones for the same seed; a style on the command line wins over the file's."""
    options = ("--rest-suite=own/lamps.rest.yaml:2", "--rest-style=dejavu-50dpi", *SERIAL)
    ids = []
    for seed in ("1", "1", "2", "3", "4"):
        run = run_rest(MODEL, *options, f"--rest-seed={seed}")
        assert {"dejavu-50dpi-black"} == {item["style"] for item in run.report["items"]}
        ids.append(tuple(item["id"] for item in run.report["items"]))
    assert {2} == {len(each) for each in ids}
    assert ids[0] == ids[1]
    assert 1 < len({*ids})


def test_a_folder_is_all_of_its_files(run_rest: RunRest, own: Path) -> None:
    """Below it too, in the order of their names; :N is of each."""
    run = run_rest(MODEL, "--rest-suite=own", *SERIAL)
    assert {"passed": 4} == run.outcomes
    assert "own/lamps.rest.yaml, own/more/sums.rest.jsonl; seed 0" in run.out
    each = run_rest(MODEL, "--rest-suite=own:1", *SERIAL)
    assert {"passed": 2} == each.outcomes


def test_in_the_ini_file_it_begins_at_the_root(
    pytester: pytest.Pytester, run_rest: RunRest, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the command line where pytest is started, as any path."""
    pytester.makeini("[pytest]\nrest_suites = own/lamps.rest.yaml\n")
    monkeypatch.chdir(own)
    assert {"passed": 3} == run_rest(MODEL, *SERIAL).outcomes
    named = run_rest(MODEL, "--rest-suite=more/sums.rest.jsonl", *SERIAL)
    assert {"passed": 1} == named.outcomes
    assert "rest: own/more/sums.rest.jsonl; seed 0" in named.out


def test_it_is_gone_on_with_and_asked_again(run_rest: RunRest, own: Path) -> None:
    """A resumed run knows its files; the command under a failure asks the same item."""
    model = "--rest-model=simulated:wrong.image=1"
    run = run_rest(model, "--rest-suite=own/lamps.rest.yaml:2", "--rest-style=dejavu", *SERIAL)
    assert {"failed": 2} == run.outcomes
    again = run_rest("--rest-resume", *SERIAL, keep=True)
    assert {"failed": 2} == again.outcomes
    assert 8 == again.report["usage"]["cached"]
    words = run.report["provenance"]["again"]
    assert (["own/lamps.rest.yaml:2"], ["lamps"]) == (words["suites"], words["names"])
    assert "--rest-suite=own/lamps.rest.yaml:2 -k " in run.out


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("own/none.rest.yaml", "own/none.rest.yaml is not a file; check the path"),
        ("empty", "empty has no file that ends in .rest.yaml, .rest.yml, .rest.jsonl or .rest.csv"),
        ("own/lamps.rest.yaml:4", "N is 4, but own/lamps.rest.yaml has 1 to 3 items"),
        ("own/lamps.rest.yaml:0", "N is 0, but"),
        (
            "own/notes.yaml",
            "a benchmark file ends in .rest.yaml, .rest.yml, .rest.jsonl or .rest.csv",
        ),
        ("own/broken.rest.yaml", "own/broken.rest.yaml:1: unknown key 'itms'"),
        ("rest:0", "N is 0"),
        ("rest,soebench:3", "--rest-suite names 'soebench' twice"),
        ("rset", "unknown suite 'rset'; did you mean 'rest'"),
        ("own/lamps.rest.yaml,own", "--rest-suite names 'lamps' twice"),
    ],
)
def test_wrong_usage(
    pytester: pytest.Pytester, run_rest: RunRest, own: Path, data: Path, suite: str, said: str
) -> None:
    """In one line, before anything is asked."""
    pytester.mkdir("empty")
    if "broken" in suite:
        (own / "broken.rest.yaml").write_text("itms: []\n")
    run = run_rest(MODEL, f"--rest-suite={suite}", f"--rest-data={data}", *SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    (line,) = (line for line in run.out.splitlines() if line.startswith("ERROR: REST: "))
    assert said in line


def test_an_item_that_cannot_be_asked(
    pytester: pytest.Pytester, run_rest: RunRest, own: Path
) -> None:
    """Its file and line are named, before anything is asked."""
    (own / "more" / "odd.rest.yaml").write_text("items: [{question: 1 + 1?, answer: 2}]\n")
    run = run_rest(MODEL, "--rest-suite=own/more/odd.rest.yaml", "--rest-modes=text,mixed")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "own/more/odd.rest.yaml:1: " in run.out


def test_in_a_notebook(own: Path) -> None:
    """A file's items, and those of a folder."""
    assert ["due", "left", "all"] == [item.id for item in benchmark.load("own/lamps.rest.yaml")]
    assert 4 == len(benchmark.load("own"))
    with pytest.raises(BenchmarkError, match="is not a file"):
        benchmark.load("own/none.rest.yaml")


# Models that can answer only some kinds of item


LIMITED = """
from pathlib import Path
from pytest_rest.models.providers.simulated import SimulatedModel

class Model(SimulatedModel):
    answers = "questions about lamps"

    def can_answer(self, item):
        return "lamps" in item.context

    async def ask(self, prompts):
        Path(__file__).with_name("asked").touch()
        return await super().ask(prompts)

def make():
    return Model("")
"""
OURS = "--rest-model=python:limited:make"


@pytest.fixture
def limited(pytester: pytest.Pytester, own: Path) -> None:
    """A model that knows nothing but lamps."""
    pytester.makepyfile(limited=LIMITED)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("workers", [SERIAL, ("-n2",)], ids=["serial", "n2"])
@pytest.mark.parametrize("what", ["--rest-suite=soebench:2", "own/more/sums.rest.jsonl"])
def test_a_run_that_it_cannot_answer(
    pytester: pytest.Pytester, run_rest: RunRest, workers: Sequence[str], what: str
) -> None:
    """None of the items: wrong usage, in one line, and nothing is asked."""
    run = run_rest(OURS, what, *workers)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    said = "answers questions about lamps only, and none of the"
    assert said in run.out, run.out
    assert not (pytester.path / "asked").exists()
    assert not (pytester.path / "run").exists()


@pytest.mark.usefixtures("limited")
def test_tests_that_it_cannot_answer(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """What a test asks is known when it is collected: nothing is asked then either."""
    test = "import pytest\n@pytest.mark.rest('soebench:2')\ndef test_it(rest):\n    rest()\n"
    pytester.makepyfile(test_it=test)
    run = run_rest(OURS, "test_it.py", *SERIAL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "none of the 2 items is of that kind" in run.out
    assert not (pytester.path / "asked").exists()


@pytest.mark.usefixtures("limited")
def test_a_run_that_it_can_answer_in_part(run_rest: RunRest) -> None:
    """The header says how many."""
    run = run_rest(OURS, "--rest-suite=soebench:2,own/lamps.rest.yaml", *SERIAL)
    assert "rest: 3 of 5 items can be answered: questions about lamps" in run.out
    assert {"passed": 5} == run.outcomes


@pytest.mark.usefixtures("limited")
def test_where_it_can_answer_all_nothing_is_said(run_rest: RunRest) -> None:
    """As of any other model."""
    run = run_rest(OURS, "--rest-suite=own/lamps.rest.yaml", *SERIAL)
    assert "can be answered" not in run.out
