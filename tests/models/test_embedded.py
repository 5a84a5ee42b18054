"""The embedded model: the control, whose inconsistency can only come from misreading."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from runs import RunRest

from pytest_rest import metrics, prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.evaluate import evaluate
from pytest_rest.models import load_model
from pytest_rest.models.providers import embedded
from pytest_rest.models.providers.embedded import solve
from pytest_rest.terms import Choice, Completion, Form, Image, Item, Model, Prompt, Record, Style

pytest.importorskip("rapidocr")


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """A few fresh systems in REST's style, read by RapidOCR."""
    return asyncio.run(evaluate(soebench.generate(5, seed=11), load_model("embedded")))


def test_the_control_is_consistent_where_it_reads_right(records: list[Record]) -> None:
    """In REST's style, RER on the OCR-correct subset is 1, and most pictures are read right."""
    table = metrics.table(records)["soebench"]
    rer = table["ocr_correct"].rer
    assert rer is not None
    assert 1.0 == rer.value
    assert 4 <= rer.n <= 5
    text = table["all"].accuracy["text"]
    assert text is not None
    assert 1.0 == text.value


def test_it_sees_the_picture_and_not_the_item() -> None:
    """An item whose stated answer is false changes nothing: the model never looks at it."""
    item = soebench.item(2, 5)
    lie = Item(item.id, item.question, "99", item.context, (), "integer", item.suite)
    protocol, model = prompts.load_protocol(), load_model("embedded")
    form = Form("image", Style())
    asked = [prompts.build(each, form, "solve", protocol) for each in (item, lie)]
    honest, lied = asyncio.run(model.ask(asked))
    assert honest.text == lied.text
    assert f"Answer: {item.answer}" in honest.text


class Reader:
    """Stands in for RapidOCR, which takes two seconds to load: it sees no text, in a while."""

    def __init__(self, seconds: float = 0.0, fails: int = 0, wanted: int = 1) -> None:
        self.read: list[bytes] = []
        self.at_once = self.most = 0
        self._seconds, self._fails, self._wanted = seconds, fails, wanted
        self._changed = threading.Condition()

    def __call__(self, picture: bytes) -> SimpleNamespace:
        """Count what is read, and how many at once, which are waited for."""
        with self._changed:
            self.read.append(picture)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._wanted, timeout=10)
        time.sleep(self._seconds)
        with self._changed:
            self.at_once -= 1
        if len(self.read) <= self._fails:
            raise OSError("no memory")
        return SimpleNamespace(txts=None)


def _asked(*pictures: bytes) -> list[Prompt]:
    parts = [(Image(each, each.decode(), ""),) for each in pictures]
    item, form = Item("i", "?", "1"), Form("image", Style())
    return [Prompt(item, form, "transcribe", each, 100) for each in parts]


def _ask_at_once(model: Model, asked: list[Prompt]) -> list[Completion]:
    async def gather() -> list[Completion]:
        answered = await asyncio.gather(*(model.ask([prompt]) for prompt in asked))
        return [completion for (completion,) in answered]

    return asyncio.run(gather())


@pytest.mark.parametrize(("cores", "workers", "at_once"), [(3, 1, 3), (4, 2, 2), (2, 4, 1)])
def test_a_picture_is_read_once_on_each_core_that_is_free(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, at_once: int
) -> None:
    """However many prompts show it; of the cores that the process may use, a worker has a share."""
    reader = Reader(seconds=0.02, wanted=at_once)
    monkeypatch.setattr(embedded, "_load_engine", lambda: reader)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    pictures = [b"%d" % number for number in range(6)]
    _ask_at_once(load_model("embedded"), _asked(*pictures, *pictures, *pictures))
    assert pictures == sorted(reader.read)
    assert at_once == reader.most


def test_a_picture_whose_reading_failed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is not kept as what the picture says."""
    reader = Reader(fails=1)
    monkeypatch.setattr(embedded, "_load_engine", lambda: reader)
    model, asked = load_model("embedded"), _asked(b"1")
    with pytest.raises(OSError, match="no memory"):
        _ask_at_once(model, asked)
    assert [""] == [completion.text for completion in _ask_at_once(model, asked)]


def test_what_waits_when_it_is_closed_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an interrupt does not wait for it; asked again, the model reads again."""
    reader = Reader(seconds=0.05)
    monkeypatch.setattr(embedded, "_load_engine", lambda: reader)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    model, asked = load_model("embedded"), _asked(b"1", b"2", b"3")

    async def close_early() -> None:
        asking = [asyncio.ensure_future(model.ask([prompt])) for prompt in asked]
        await asyncio.sleep(0.01)
        await model.close()
        await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(close_early())
    assert [b"1"] == reader.read
    assert ["", ""] == [completion.text for completion in _ask_at_once(model, asked[:2])]


@pytest.mark.parametrize("dpi", [50, 100, 200])
def test_it_transcribes_line_by_line(dpi: int) -> None:
    """A transcription is the picture's lines, in their order."""
    lines = ["2A + 3B = 12", "A - B = 1", "What is the value of A?"]
    item = Item("i", lines[2], "3", "\n".join(lines[:2]), answer_kind="integer")
    prompt = prompts.build(
        item, Form("image", Style(dpi=dpi)), "transcribe", prompts.load_protocol()
    )
    (read,) = asyncio.run(load_model("embedded").ask([prompt]))
    assert 3 == len(read.text.splitlines())
    assert lines[2] == read.text.splitlines()[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2A + 3B = 12\nA - B = 1\nWhat is the value of A?", "Answer: 3"),
        ("-A=-4\nWhat is the value of A?", "Answer: 4"),
        ("2A = 3\nWhat is the value of A?", "Answer: 3/2"),
        ("A + B = 3\nWhat is the value of A?", "do not give it"),
        ("A = 3\nA = 4\nWhat is the value of A?", "do not give it"),
        ("A = 3\nWhat is the value of B?", "do not give it"),
        ("A = 3", "no variable to find"),
        ("What is the capital of France?", "no system of linear equations"),
        ("A = __import__('os')\nWhat is the value of A?", "no system of linear equations"),
        ("A = " + "9" * 100_000 + "\nWhat is the value of A?", "no system of linear equations"),
        ("", "no system of linear equations"),
    ],
)
def test_systems_are_solved_or_refused(text: str, said: str) -> None:
    """Exact where there is one solution; otherwise it says what is missing."""
    assert said in solve(text)


def test_it_is_honest_about_what_it_cannot_answer() -> None:
    """A multiple-choice question is refused, never guessed."""
    item = Item("q", "Which barks?", "B", choices=(Choice("A", "cat"), Choice("B", "dog")),
                answer_kind="choice")  # fmt: skip
    (record,) = asyncio.run(evaluate([item], load_model("embedded")))
    assert {"refused"} == {answer.status for answer in record.verdict.answers.values()}
    assert "inconsistent" == record.verdict.outcome


@pytest.mark.slow  # .ci/run runs the very command
@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=str)
def test_the_first_run_of_a_new_user(run_rest: RunRest, workers: list[str]) -> None:
    """`pytest --rest-model=embedded`, over two workers too, ends with the table."""
    run = run_rest("--rest-model=embedded", "--rest-suite=soebench:3", *workers, subprocess=True)
    assert {"passed": 3} == run.outcomes
    assert "a control, not an MLLM" in run.out
    assert "RER" in run.out
    assert 0.0 == run.report["usage"]["cost"]


@pytest.mark.costly
def test_without_its_extra_it_says_what_to_install() -> None:
    """A missing RapidOCR is one line with the command that mends it."""
    code = (
        "import sys; sys.modules['rapidocr'] = None\n"
        "import importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name: None if name == 'rapidocr' else found(name)\n"
        "import pytest; sys.exit(pytest.main(['--rest-model=embedded', '-p', 'no:cacheprovider']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'pytest-rest[embedded]'" in ran.stderr + ran.stdout
    assert pytest.ExitCode.USAGE_ERROR == ran.returncode
