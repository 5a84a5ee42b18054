"""A process that draws: the same prompts, none lost, and no process that outlives its run."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from drawn import Build
from endpoint import Endpoint, Reply

from pytest_rest import benchmark, evaluate, prompts
from pytest_rest.dispatch import Dispatcher, drawing
from pytest_rest.dispatch.drawing import DrawingProcess, DrawingWalker
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.prefetch import Case, LookAhead, key
from pytest_rest.models.providers.openai_compatible import connect
from pytest_rest.plugin.case_builder import CaseBuilder
from pytest_rest.plugin.run_folder import Pictures
from pytest_rest.terms import Item, Prompt, Scheme, Style

HERE = os.getpid()


def case(name: str) -> Case:
    """A case that is told by its name."""
    return Item(name, f"q {name}", "a"), Style()


def until(condition: Callable[[], object]) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextmanager
def drawn_apart(build: Callable[[Case], Sequence[Prompt]]) -> Iterator[DrawingProcess]:
    """A process that draws, once it is ready."""
    process = DrawingProcess(build)
    with closing(process):
        until(lambda: process._has_begun)
        yield process


def received(process: DrawingProcess) -> list[Sequence[Prompt] | None]:
    """The prompts of all groups."""
    prompts: list[Sequence[Prompt] | None] = []
    while process.waiting:
        prompts += [each for _, each in process.receive()]
    return prompts


@pytest.mark.costly
def test_the_process_draws_what_this_one_draws(tmp_path: Path) -> None:
    """Texts, pictures and digests; each picture is in the folder, once it is drawn."""
    items = benchmark.load("soebench:9")
    styles = [Style(), Style(dpi=50, color="red", rotation=3)]
    cases = [(item, style) for item in items for style in styles]
    protocol = prompts.load_protocol()
    build = CaseBuilder(protocol, Scheme(), Pictures(tmp_path))
    with drawn_apart(build) as process:
        for start in range(0, len(cases), 7):
            process.send(cases[start : start + 7])
        assert 3 == process.waiting
        drawn = received(process)
    assert [evaluate.forms(*each, protocol) for each in cases] == drawn
    pictures = {each for each_case in drawn for p in each_case or () for each in p.images}
    assert {each.content for each in pictures} == {p.read_bytes() for p in tmp_path.iterdir()}
    assert {each.file_name for each in pictures} == {p.name for p in tmp_path.iterdir()}


def test_a_picture_that_a_process_left_half_written_is_written_anew(tmp_path: Path) -> None:
    """By whoever draws its case next, in the same run; a whole one stays as it is."""
    keep = Pictures(tmp_path).keep
    prompts = Build()(case("a"))
    (image,) = prompts[1].images
    image = replace(image, content=image.content * 20)
    shown = [replace(prompts[1], parts=(image,))]
    place = tmp_path / image.file_name
    for cut in (0, 7):
        place.write_bytes(image.content[:cut])
        keep(shown)
        assert image.content == place.read_bytes()
    os.utime(place, ns=(0, 0))
    keep(shown)
    assert 0 == place.stat().st_mtime_ns


def test_what_cannot_be_built_there_comes_back_without_prompts() -> None:
    """The others of its group have theirs; what a package prints does no harm."""
    with drawn_apart(Build(HERE)) as process:
        process.send([case("fails"), case("prints"), case("never"), case("b")])
        process.send([case("c")])
        drawn = received(process)
    built = Build(HERE)
    assert [None, *map(built, [case("prints")]), None, *map(built, [case("b"), case("c")])] == [
        each and [_without_home(prompt) for prompt in each] for each in drawn
    ]
    homes = {image.text for each in drawn if each for p in each for image in p.images}
    assert len(homes) == 1
    assert str(HERE) not in homes


def _without_home(prompt: Prompt) -> Prompt:
    """As if it were built here."""
    parts = (p if isinstance(p, str) else replace(p, text=str(HERE)) for p in prompt.parts)
    return replace(prompt, parts=tuple(parts))


def test_a_process_that_dies_leaves_all_its_cases_without_prompts() -> None:
    """Also those that are sent to it afterwards."""
    with drawn_apart(Build(HERE)) as process:
        process.send([case("a"), case("dies")])
        process.send([case("b")])
        assert [None, None, None] == received(process)
        assert not process.is_ready
        process.send([case("c")])
        assert [None] == received(process)


def test_what_cannot_travel_is_left_to_this_process() -> None:
    """Without a word to a user, whose run goes on."""
    with drawn_apart(lambda of: []) as process:
        assert not process.is_ready
        process.send([case("a")])
        assert [None] == received(process)


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    """Killed while it draws: nothing of the run is left."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "from drawn import Build\n"
        "from pytest_rest.dispatch.drawing import DrawingProcess\n"
        "process = DrawingProcess(Build(os.getpid()))\n"
        "while not process.is_ready: time.sleep(.01)\n"
        "print(process._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = subprocess.run([sys.executable, script], env=env, capture_output=True, check=False)
    child = Path(f"/proc/{int(killed.stdout)}/status")
    until(lambda: not child.exists() or "\nState:\tZ" in child.read_text())


@contextmanager
def walking(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[DrawingWalker, LookAhead, Endpoint]]:
    """A walker that has a process draw five cases and more, and its board."""
    monkeypatch.setattr(drawing, "MANY", 5)
    with Endpoint(lambda _: Reply(text="a")) as endpoint:
        model = connect("tested", endpoint.openai_base, timeout=60, environ={})
        dispatcher = Dispatcher(model, Limits(4, retries=0))
        ahead = LookAhead(dispatcher, 4000, 10**6)
        walker = DrawingWalker(ahead, Build(HERE))
        try:
            yield walker, ahead, endpoint
        finally:
            ahead.close()
            walker.close()
            dispatcher.close()


@pytest.mark.costly
def test_all_cases_are_handed_over_once_whoever_draws_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of a process that dies too; the process has ended when all are."""
    names = [f"i{number}" for number in range(300)]
    names[20:20], names[250:250] = ["fails", "never"], ["dies"]
    with walking(monkeypatch) as (walker, ahead, endpoint), drawn_apart(Build(HERE)) as ready:
        monkeypatch.setattr(drawing, "DrawingProcess", lambda build: ready)
        with caplog.at_level(logging.DEBUG, logger="pytest_rest"):
            walker.walk(case(name) for name in names for _ in range(2))
            until(lambda: walker._thread is None)
        assert ready._process is not None
        assert ready._process.returncode is not None
        claimed = [ahead.claim(key(case(name))) for name in names]
        homes = [
            None if each is None else next(i.text for p in each.prompts for i in p.images)
            for each in claimed
        ]
        assert all(f.result(20).text == "a" for each in claimed if each for f in each.futures)
    assert 2 * 302 == len(endpoint.requests)
    assert ["never"] == [n for n, each in zip(names, homes, strict=True) if each is None]
    assert str(HERE) == homes[names.index("fails")] == homes[names.index("dies")] == homes[-1]
    assert 100 < sum(home not in (None, str(HERE)) for home in homes) < 260
    told = [each.getMessage() for each in caplog.records if "never" in each.getMessage()]
    assert [f"{key(case('never'))} is not asked ahead: never cannot be drawn; change it"] == told


def test_no_process_is_started_for_few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for many that are handed over already, as those of a suite are before there are tests."""

    def refuse(_: object) -> DrawingProcess:
        raise AssertionError("a process is started")

    monkeypatch.setattr(drawing, "DrawingProcess", refuse)
    with walking(monkeypatch) as (walker, ahead, _):
        cases = [case(f"i{number}") for number in range(8)]
        for few in (cases[:4], cases[4:]):
            walker.walk(few)
            until(lambda: walker._thread is None)
        walker.walk(cases)
        until(lambda: walker._thread is None and not ahead._open)
        assert all(ahead.has(key(each)) for each in cases)


def test_a_test_waits_for_its_case_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody draws it twice; and no longer once nothing more is taken."""
    with walking(monkeypatch) as (walker, ahead, _), drawn_apart(Build(HERE)) as process:
        monkeypatch.setattr(drawing, "DrawingProcess", lambda build: process)
        monkeypatch.setattr(process, "receive", list)  # it gives back nothing, ever
        walker.walk([case(f"i{number}") for number in range(300)])
        until(lambda: process.waiting)
        name = key(process._groups[-1][0])
        assert walker.is_building(name)
        ahead.close()
        waiting = threading.Thread(target=walker.finish, args=[name], daemon=True)
        waiting.start()
        until(lambda: not waiting.is_alive())
        until(lambda: process._process is None or process._process.returncode is not None)
        until(lambda: not ahead._open)
