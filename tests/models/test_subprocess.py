"""A model in a process of its own: real processes, which die, refuse to start and are killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from pytest_rest import credentials
from pytest_rest.dispatch import Dispatcher
from pytest_rest.errors import ModelError
from pytest_rest.models import load_model
from pytest_rest.models.providers import litellm
from pytest_rest.models.subprocess import ModelProcess
from pytest_rest.terms import Completion, Form, Home, Item, Model, Prompt

ITEM = Item("1", "What?", "3")


@dataclass(frozen=True)
class Talker:
    """Says what it was asked, and its process; some words it takes as orders."""

    folder: str = ""
    opening: str = ""

    name: ClassVar[str] = "talker"
    description: ClassVar[str] = "talks"
    parameters: ClassVar[dict[str, object]] = {"temperature": 0}
    home: ClassVar[Home] = "endpoint"
    batch_size: ClassVar[int] = 1

    def __setstate__(self, state: dict[str, object]) -> None:
        """As a model whose module is missing there."""
        if state["opening"] == "unpicklable":
            raise ImportError("no module of that name")
        self.__dict__.update(state)

    async def open(self) -> None:
        """Print, as LiteLLM does, and be refused or held up on request."""
        print("\nGive Feedback / Get Help", flush=True)
        if self.opening == "slow":
            Path(self.folder, "pid").write_text(str(os.getpid()))  # noqa: ASYNC240
            time.sleep(60)  # noqa: ASYNC251 (as an import holds up the loop)
        if self.opening == "refused":
            raise OSError("no weights\nthere")
        if self.opening.startswith("dies"):
            starts = Path(self.folder, "starts")
            with starts.open("a") as file:  # noqa: ASYNC230
                file.write(".")
            if len(starts.read_text()) <= int(self.opening[-1]):  # noqa: ASYNC240
                os.kill(os.getpid(), signal.SIGKILL)

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One after the other, each with the pid in front."""
        (prompt,) = prompts
        (order,) = prompt.parts
        if order == "exit":
            os._exit(3)
        if order == "raise":
            raise ValueError("odd\nprompt")
        if str(order).startswith("leak"):
            raise ValueError("x" * 270 + str(order) * 5)
        if order == "hang":
            await asyncio.sleep(60)
        await asyncio.sleep(0.2)
        return [Completion(f"{os.getpid()} {order}")]

    async def close(self) -> None:
        """Hold nothing."""


def prompt(text: str) -> Prompt:
    """A prompt of one text."""
    return Prompt(ITEM, Form("text"), "solve", (text,), 64)


def run(use: Callable[[ModelProcess], Awaitable[None]], model: Model) -> None:
    """Use a model on a loop of its own, and close it."""

    async def used() -> None:
        process = ModelProcess(model)
        try:
            await use(process)
        finally:
            await process.close()

    asyncio.run(used())


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    """Wait for its end, for some seconds."""
    ends = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < ends:
        time.sleep(0.02)
    return not is_running(pid)


def test_the_process_knows_the_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are not in its environment too: they are masked before an error is cut."""
    monkeypatch.setattr(credentials, "_known", frozenset({"leak-a1b2c3d4"}))

    async def use(model: ModelProcess) -> None:
        (completion,) = await model.ask([prompt("leak-a1b2c3d4")])
        assert "xxx***" in (completion.error or "")
        assert "leak" not in (completion.error or "")

    run(use, Talker())


def test_the_process_answers_as_the_model_does(capfd: pytest.CaptureFixture[str]) -> None:
    """Its own answers, all at once, from one other process, and what it prints is not shown."""

    async def use(model: ModelProcess) -> None:
        assert isinstance(model, Model)
        assert ("talker", "talks", "endpoint") == (model.name, model.description, model.home)
        assert {"temperature": 0} == model.parameters
        start = time.monotonic()
        await model.open()
        opened = time.monotonic()
        said = await asyncio.gather(*(model.ask([prompt(str(n))]) for n in range(50)))
        assert time.monotonic() - opened < 5  # one after the other takes ten
        pids, orders = zip(*(each.text.split() for (each,) in said), strict=True)
        assert [str(n) for n in range(50)] == list(orders)
        assert {str(os.getpid())} != set(pids)
        assert 1 == len(set(pids))
        assert opened > start
        await model.close()
        assert has_ended(int(pids[0]))

    run(use, Talker())
    assert ("", "") == capfd.readouterr()


def test_a_process_that_dies_is_a_broken_connection() -> None:
    """Whoever waits is told how it ended, and the next call has another process."""

    async def use(model: ModelProcess) -> None:
        await model.open()
        lost = await asyncio.gather(*(model.ask([prompt(each)]) for each in ("hang", "exit")))
        said = "connection: the process that asks talker ended (exit status 3)"
        assert [said, said] == [each.error for (each,) in lost]
        (answer,) = await model.ask([prompt("again")])
        assert answer.text.endswith(" again")
        pid = int(answer.text.split()[0])
        os.kill(pid, signal.SIGINT)  # Ctrl-C goes to the whole group
        (other,) = await model.ask([prompt("still there")])
        assert other.text.startswith(f"{pid} ")
        waiting = asyncio.create_task(model.ask([prompt("hang")]))
        await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        (killed,) = await waiting
        assert "connection: the process that asks talker ended (signal 9)" == killed.error

    run(use, Talker())


def test_a_model_that_raises_fails_its_call() -> None:
    """An error in one line; the process lives on."""

    async def use(model: ModelProcess) -> None:
        (lost,) = await model.ask([prompt("raise")])
        assert "error: ValueError: odd prompt" == lost.error
        (answer,) = await model.ask([prompt("3")])
        assert None is answer.error

    run(use, Talker())


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("opening", "said"),
    [
        ("refused", "model 'talker' cannot be opened: OSError: no weights there"),
        ("unpicklable", "the process that asks talker did not start (exit status 1)"),
    ],
)
def test_a_model_that_does_not_open_is_reported(opening: str, said: str) -> None:
    """One line, from whatever comes first."""

    async def use(model: ModelProcess) -> None:
        for step in (model.open(), model.ask([prompt("3")])):
            with pytest.raises(ModelError) as caught:
                await step
            assert str(caught.value).startswith(said)
            assert 1 == len(str(caught.value).splitlines())

    run(use, Talker(opening=opening))


@pytest.mark.some(1)
@pytest.mark.parametrize(("deaths", "starts"), [(2, 3), (9, 3)])
@pytest.mark.costly
def test_a_process_that_dies_while_it_starts_is_started_again(
    tmp_path: Path, deaths: int, starts: int
) -> None:
    """Twice; then it is reported how it ended."""

    async def use(model: ModelProcess) -> None:
        if deaths < starts:
            await model.open()
            (answer,) = await model.ask([prompt("3")])
            assert answer.text.endswith(" 3")
        else:
            with pytest.raises(ModelError, match=r"did not start \(signal 9\)"):
                await model.open()

    run(use, Talker(str(tmp_path), f"dies {deaths}"))
    assert starts == len((tmp_path / "starts").read_text())


def test_closing_does_not_wait_for_an_import(tmp_path: Path) -> None:
    """A session may end before the model is ready."""
    dispatcher = Dispatcher(ModelProcess(Talker(str(tmp_path), "slow")))
    ends = time.monotonic() + 10
    while not (tmp_path / "pid").exists() and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(0.1)
    pid = int((tmp_path / "pid").read_text())
    start = time.monotonic()
    dispatcher.close()
    assert time.monotonic() - start < 2
    assert has_ended(pid)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """Also when that is killed and closes nothing."""
    code = (
        "import asyncio, os; from test_subprocess import *\n"
        "async def main():\n"
        "    model = ModelProcess(Talker())\n"
        "    (said,) = await model.ask([prompt('x')])\n"
        "    print(said.text, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[:2]))}
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, cwd=tmp_path
    )
    assert -signal.SIGKILL == ended.returncode
    assert has_ended(int(ended.stdout.split()[0]))


def test_litellm_is_asked_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that LiteLLM reaches, with all that a run asks of it; not to be planned for only."""
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    model = load_model("gpt-4o-mini")
    assert isinstance(model, ModelProcess)
    inner = litellm.connect("gpt-4o-mini")
    assert (inner.name, inner.description, inner.price) == (
        model.name,
        model.description,
        model.price,
    )
