"""The store: what was answered outlives kills, full disks and odd texts, and is never mixed up."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts

from pytest_rest.dispatch.store import FileStore, MemoryStore, Store
from pytest_rest.dispatch.store_file import LOCK, NAME
from pytest_rest.dispatch.stored_run import read_about, read_digests
from pytest_rest.errors import StoreError
from pytest_rest.terms import Completion, Form, Item, Prompt

ABOUT: Mapping[str, Any] = {
    "model": "provider/model-1",
    "parameters": {"temperature": 0.0, "stop": ["\ud800", "b"]},
    "API base": None,
    "protocol": "rest-1 (a3f2c1d0)",
    "seed": 7,
    "options": {"rest_suites": ["soebench:4"]},
}
READERS: tuple[Callable[[Path], object], ...] = (
    lambda folder: FileStore.resume(folder, ABOUT),
    lambda folder: FileStore.replay(folder, ABOUT),
    lambda folder: FileStore.share(folder, ABOUT),
    FileStore.join,
    read_about,
    read_digests,
)
# A process of its own: `put` prints a digest as soon as it is said to be kept.
PROCESS = """
import json, os, resource, signal, sys, threading, time
from pathlib import Path
from pytest_rest.dispatch import store_file, stored_run
from pytest_rest.errors import StoreError
from pytest_rest.dispatch.store import FileStore
from pytest_rest.dispatch.store_file import NAME
from pytest_rest.terms import Completion, Form, Item, Prompt

def prompt(text):
    return Prompt(Item("i", "q", "a"), Form("text"), "solve", (text,), 16)

def put(store, text, answer="x"):
    asked, kept, answered = prompt(text), [], threading.Event()
    def done(why):
        kept.append(why)
        if why is None:
            os.write(1, (asked.digest + "\\n").encode())
        answered.set()
    store.put(asked, Completion(answer), done)
    assert answered.wait(20)
    return kept[0]

folder, ABOUT = Path(sys.argv[1]), json.loads(sys.argv[2])
"""

completions = st.builds(
    Completion,
    text=texts(),
    finish_reason=texts(),
    input_tokens=st.none() | st.integers(0, 10_000_000),
    output_tokens=st.none() | st.integers(0, 10_000_000),
    cost=st.none() | st.floats(0, 10_000_000),
    seconds=st.floats(0, 10_000_000),
    model=texts(),
    error=st.none() | texts(),
)


def prompt(text: str, item: str = "i", suite: str = "own") -> Prompt:
    """A prompt that is told by its text."""
    return Prompt(Item(item, "q", "a", suite=suite), Form("text"), "solve", (text,), 16)


def put(store: Store, asked: Prompt, completion: Completion) -> str | None:
    """Keep a completion, wait until that is done, and say why it was not."""
    reasons: list[str | None] = []
    answered = threading.Event()

    def done(why: str | None) -> None:
        reasons.append(why)
        answered.set()

    store.put(asked, completion, done)
    assert answered.wait(20)
    return reasons[0]


def filled(folder: Path, n: int = 3, size: int = 1) -> dict[str, Completion]:
    """A run of n answers that is over; what is stored, by digest."""
    with closing(FileStore.create(folder, ABOUT)) as store:
        for number in range(n):
            assert put(store, prompt(str(number)), Completion(str(number) * size)) is None
        return dict(store.all())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, byte for byte. Only for stores that nobody has open here."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(LOCK))
    return {path.name: path.read_bytes() for path in files}


def replayed(folder: Path) -> dict[str, Completion]:
    """What a replay finds."""
    with closing(FileStore.replay(folder, ABOUT)) as store:
        return dict(store.all())


def refused(opening: Callable[[Path], object], folder: Path) -> str:
    """One line that says why a folder is not opened, while nothing in it is changed."""
    before = contents(folder)
    with pytest.raises(StoreError) as caught:
        opening(folder)
    assert before == contents(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def held(folder: Path) -> list[str]:
    """The files in a folder that this process has open, where a system tells."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        return []
    paths = [os.path.realpath(each) for each in descriptors.iterdir()]
    return [path for path in paths if path.startswith(str(folder))]


@contextmanager
def process(code: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs `code` after `PROCESS`; killed at the block's end."""
    running = subprocess.Popen(
        [sys.executable, "-c", PROCESS + code, folder, json.dumps(dict(ABOUT))],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def ran(code: str, folder: Path) -> list[str]:
    """The lines that a process has printed, which ended well."""
    with process(code, folder) as running:
        out, _ = running.communicate(timeout=60)
        assert 0 == running.returncode
    return out.splitlines()


def barred(code: str, folder: Path, shut: Path | None = None) -> list[str]:
    """As `ran`, for a user who may only read, and not even `shut`: root becomes nobody."""
    paths = [folder, *folder.iterdir()]
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, 65534, 65534)
        # what paths import when first used, while the interpreter's own folder can be read
        code = "Path.cwd().as_uri(); os.setgid(65534); os.setuid(65534)\n" + code
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path in reversed(paths):
        path.chmod(0 if path == shut else modes[path] & 0o555)
    try:
        return ran(code, folder)
    finally:
        for path in paths:
            path.chmod(modes[path])


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def killed(tmp_path: Path) -> tuple[Path, frozenset[str]]:
    """The folder of a run that was killed while it wrote, and the digests that it had told."""
    folder = tmp_path / "killed"
    folder.mkdir()
    code = """
store = FileStore.create(folder, ABOUT)
def write(first):
    for number in range(first, 10**9):
        put(store, str(number), "x" * 3000)
for first in range(0, 4 * 10**6, 10**6):
    threading.Thread(target=write, args=(first,), daemon=True).start()
time.sleep(60)
"""
    with process(code, folder) as running:
        assert running.stdout is not None
        told = [running.stdout.readline() for _ in range(100)]
        running.send_signal(signal.SIGKILL)
        told += running.stdout.readlines()
    assert (folder / f"{NAME}-wal").stat().st_size > 0
    return folder, frozenset(line.strip() for line in told if line.endswith("\n"))


# What is kept


def test_an_answer_is_on_disk_before_done_is_called(tmp_path: Path) -> None:
    """Another connection finds it while `done` is called, in another thread."""
    found: list[Any] = []
    answered = threading.Event()
    asked = prompt("q")

    def done(why: str | None) -> None:
        with closing(sqlite3.connect(tmp_path / NAME)) as other:
            rows = other.execute("SELECT digest, suite, item, mode, task FROM completions")
            found.extend([why, threading.current_thread().name, *rows])
        answered.set()

    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        store.put(asked, Completion("a"), done)
        assert answered.wait(20)
    assert [None, "rest-store", (asked.digest, "own", "i", "text", "solve")] == found


@given(st.lists(completions, max_size=5))
@settings(max_examples=15, deadline=None)
def test_every_completion_survives(given_completions: list[Completion]) -> None:
    """Field for field, whatever a model wrote: at once, for another process, and ever after."""
    expected = {prompt(str(n)).digest: each for n, each in enumerate(given_completions)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(FileStore.create(folder, ABOUT)) as store:
            for number, completion in enumerate(given_completions):
                assert put(store, prompt(str(number)), completion) is None
            assert expected == {digest: store.get(digest) for digest in expected}
            with closing(FileStore.join(folder)) as joined:
                assert expected == dict(joined.all())
        assert expected == replayed(folder)
        with closing(FileStore.resume(folder, ABOUT)) as store:
            assert expected == {digest: store.get(digest) for digest in expected}


@pytest.mark.parametrize(
    "text", ["\ud800", "\U0001f600", "a\0b", "\r\n\x1b[2J", "'; DROP TABLE about; --", "x" * 2**20]
)
def test_hostile_texts_survive(tmp_path: Path, text: str) -> None:
    """In an answer, in what names its item, and in what the run was asked for."""
    about = {"model": text, "parameters": {text: [text]}}
    asked = prompt(text, item=text, suite=text)
    completion = Completion(text, model=text, finish_reason=text)
    with closing(FileStore.create(tmp_path, about)) as store:
        assert put(store, asked, completion) is None
    assert about == read_about(tmp_path)
    with closing(FileStore.resume(tmp_path, about)) as store:
        assert completion == store.get(asked.digest)


def test_a_missing_answer_is_none(tmp_path: Path) -> None:
    """Before and after something else is."""
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        assert store.get("0" * 16) is None
        put(store, prompt("q"), Completion("a"))
        assert store.get("0" * 16) is None


@pytest.mark.parametrize(("is_in_order", "most"), [(True, 12), (False, 2_600)])
def test_answers_are_read_on_ahead(tmp_path: Path, is_in_order: bool, most: int) -> None:
    """As they came, whoever asks for them nearly so; in no order each is looked up by itself."""
    places = {prompt(str(n)).digest: n // 100 for n in range(2_500)}
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        rows = [(each, *"....", json.dumps({"text": each}), '["a"]') for each in places]
        with store._connection as connection:
            connection.executemany("INSERT INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    wanted = sorted(places, key=lambda each: (is_in_order and places[each], each))
    with closing(FileStore.replay(tmp_path, ABOUT)) as store:
        queries: list[str] = []
        store._connection.set_trace_callback(queries.append)
        assert wanted == [answer.text for each in wanted if (answer := store.get(each))]
        assert len(queries) < most
        assert store.prompts().get("unknown") is None


def test_the_latest_answer_counts(tmp_path: Path) -> None:
    """A prompt that is asked again has one row."""
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        for text in ("first", "second"):
            put(store, prompt("q"), Completion(text))
        assert {prompt("q").digest: Completion("second")} == dict(store.all())


def test_an_answer_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """What a model of the user's own may answer with costs that answer, and none after it."""
    odd: Any = object()
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        why = put(store, prompt("odd"), Completion(odd))
        assert "an answer cannot be stored: Object of type object is not JSON serializable" == why
        assert put(store, prompt("sound"), Completion("a")) is None
        assert {prompt("sound").digest} == set(dict(store.all()))


def test_a_resumed_run_knows_what_is_old(tmp_path: Path) -> None:
    """What was answered before this session, and what since."""
    old, new = prompt("0"), prompt("new")
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        assert (True, 0) == (store.is_empty, store.stored)
        put(store, old, Completion("a"))
        assert (False, 0) == (store.is_empty, store.stored)
        assert not store.is_old(old.digest)
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        put(store, new, Completion("b"))
        assert (False, 1) == (store.is_empty, store.stored)
        assert [True, False] == [store.is_old(each.digest) for each in (old, new)]
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        assert 2 == store.stored
        assert [True, True] == [store.is_old(each.digest) for each in (old, new)]
    assert {old.digest, new.digest} == read_digests(tmp_path)


def test_a_run_without_answers_can_be_resumed(tmp_path: Path) -> None:
    """A run that was cut short before its first answer is empty, and goes on."""
    FileStore.create(tmp_path, ABOUT).close()
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        assert (True, 0) == (store.is_empty, store.stored)


def test_what_a_run_is_asked_for_may_be_noted(tmp_path: Path) -> None:
    """A name of its own, or another value of one; not in a replay."""
    filled(tmp_path)
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        store.note("options", {"rest_suites": ["\ud800"]})
        store.note("new", 1)
        expected = {**ABOUT, "options": {"rest_suites": ["\ud800"]}, "new": 1}
        assert expected == read_about(tmp_path)
    assert expected == read_about(tmp_path)
    with closing(FileStore.replay(tmp_path, {})) as replay, pytest.raises(StoreError) as caught:
        replay.note("new", 2)
    assert "cannot be written: attempt to write a readonly database" in str(caught.value)
    assert expected == read_about(tmp_path)


def test_another_process_of_the_run_joins(tmp_path: Path) -> None:
    """Each finds what the other has written, and either may end first."""
    main = FileStore.create(tmp_path, ABOUT)
    put(main, prompt("main"), Completion("m"))
    (line,) = ran("store = FileStore.join(folder); put(store, 'worker'); store.close()", tmp_path)
    assert prompt("worker").digest == line
    joined = FileStore.join(tmp_path)
    assert Completion("m") == joined.get(prompt("main").digest)
    put(joined, prompt("joined"), Completion("j"))
    expected = {prompt(each).digest for each in ("main", "worker", "joined")}
    assert expected == set(dict(main.all()))
    main.close()
    joined.close()
    assert [LOCK, NAME] == sorted(path.name for path in tmp_path.iterdir())
    assert expected == set(replayed(tmp_path))


def test_a_replay_stores_nothing(tmp_path: Path) -> None:
    """It says so, and the file stays as it was."""
    expected = filled(tmp_path)
    before = contents(tmp_path)
    with closing(FileStore.replay(tmp_path, ABOUT)) as store:
        why = put(store, prompt("new"), Completion("a"))
        assert "answers cannot be stored: attempt to write a readonly database" == why
        assert expected == dict(store.all())
    assert before == contents(tmp_path)


@pytest.mark.parametrize("opening", [FileStore.create, FileStore.resume])
def test_a_run_is_read_while_it_goes_on(
    tmp_path: Path, opening: Callable[[Path, Mapping[str, Any]], FileStore]
) -> None:
    """By a replay, and by whoever asks what it is about, even in the middle of a write."""
    if opening == FileStore.resume:
        filled(tmp_path, n=0)
    with closing(opening(tmp_path, ABOUT)) as store:
        put(store, prompt("0"), Completion("0"))
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DELETE FROM completions")
            assert {prompt("0").digest: Completion("0")} == replayed(tmp_path)
            assert ABOUT == read_about(tmp_path)
            other.execute("ROLLBACK")


@pytest.mark.parametrize("opening", [FileStore.create, FileStore.resume])
def test_one_plain_file_is_left(
    tmp_path: Path, opening: Callable[[Path, Mapping[str, Any]], FileStore]
) -> None:
    """To copy, to send, to read from a disk that cannot be written."""
    if opening == FileStore.resume:
        filled(tmp_path)
    with closing(opening(tmp_path, ABOUT)) as store:
        put(store, prompt("new"), Completion("a"))
    assert [LOCK, NAME] == sorted(path.name for path in tmp_path.iterdir())
    assert b"\x01\x01" == (tmp_path / NAME).read_bytes()[18:20]  # no write-ahead log


def test_closing_writes_what_is_waiting_and_may_be_repeated(tmp_path: Path) -> None:
    """Nothing that was handed over is lost, and each is told."""
    told: list[str | None] = []
    store = FileStore.create(tmp_path, ABOUT)
    for number in range(200):
        store.put(prompt(str(number)), Completion("a"), told.append)
    store.close()
    store.close()
    assert [None] * 200 == told
    assert 200 == len(replayed(tmp_path))


def test_what_comes_while_it_is_closed_is_written_too(tmp_path: Path) -> None:
    """Whatever is handed over before the last write is told, and closing ends."""
    store = FileStore.create(tmp_path, ABOUT)
    writing, going_on = threading.Event(), threading.Event()
    told: list[str | None] = []

    def done(why: str | None) -> None:
        writing.set()
        assert going_on.wait(20)
        told.append(why)

    store.put(prompt("first"), Completion("a"), done)
    assert writing.wait(20)
    closing_it = threading.Thread(target=store.close, daemon=True)
    closing_it.start()
    closing_it.join(0.1)
    store.put(prompt("last"), Completion("a"), told.append)
    going_on.set()
    closing_it.join(20)
    assert not closing_it.is_alive()
    assert [None, None] == told
    assert {prompt("first").digest, prompt("last").digest} == read_digests(tmp_path)


def test_many_threads_put_and_get(tmp_path: Path) -> None:
    """Every answer is told once and is there, while others write, read and walk over all."""
    told: list[str | None] = []
    wrong: list[object] = []

    def write(first: int) -> None:
        for number in range(first, first + 50):
            asked, completion = prompt(str(number)), Completion(str(number))
            store.put(asked, completion, told.append)
            if store.get(asked.digest) not in (None, completion):
                wrong.append(number)

    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        threads = [threading.Thread(target=write, args=(n,)) for n in range(0, 400, 50)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            wrong.extend(each for each in store.all() if store.get(each[0]) != each[1])
        for thread in threads:
            thread.join()
    assert ([None] * 400, []) == (told, wrong)
    assert {prompt(str(n)).digest: Completion(str(n)) for n in range(400)} == replayed(tmp_path)


def test_reading_all_answers_blocks_nobody(tmp_path: Path) -> None:
    """Meanwhile answers are written and read, though the walk is never ended."""
    filled(tmp_path)
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        walk = iter(store.all())
        digest, completion = next(walk)
        assert put(store, prompt("new"), Completion("a")) is None
        assert completion == store.get(digest)
        assert 2 == len([*walk])


@settings(max_examples=20)
@given(st.lists(st.integers(0, 40), unique=True), st.sets(st.integers(0, 60)))
def test_all_answers_but_some(asked: list[int], left_out: set[int]) -> None:
    """Those that are left out are in order, and need not be there."""
    known = {prompt(str(n)).digest: n for n in range(61)}
    rows = [(each, *"....", json.dumps({"text": str(n)}), '["a"]') for each, n in known.items()]
    but = sorted(each for each, n in known.items() if n in left_out)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_rest.dispatch.store._PAGE", 7)
        with closing(FileStore.create(Path(folder), ABOUT)) as store:
            with store._connection as connection:
                insert = "INSERT INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)"
                connection.executemany(insert, [rows[n] for n in asked])
            got = [(known[each], answer.text) for each, answer in store.all(but)]
    assert sorted((n, str(n)) for n in {*asked} - left_out) == sorted(got)


@pytest.mark.costly
def test_several_processes_share_a_host(tmp_path: Path) -> None:
    """Whoever comes first makes the store; each finds what the others have written."""
    code = """
store = FileStore.share(folder, ABOUT)
for number in range(20):
    assert put(store, f"{os.getpid()} {number}") is None
store.close()
"""
    command = [sys.executable, "-c", PROCESS + code, str(tmp_path), json.dumps(dict(ABOUT))]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    told = {line for each in running for line in each.communicate(timeout=60)[0].splitlines()}
    assert [0] * 5 == [each.returncode for each in running]
    assert 100 == len(told)
    with closing(FileStore.share(tmp_path, ABOUT)) as store:
        assert told == set(dict(store.all()))
        assert 100 == store.stored
    assert [LOCK, NAME] == sorted(path.name for path in tmp_path.iterdir())
    assert told == set(replayed(tmp_path))


def test_a_host_is_shared_by_processes_of_one_run_only(tmp_path: Path) -> None:
    """A folder that is left from another model's run is not taken; other items do not matter."""
    FileStore.share(tmp_path, ABOUT).close()
    FileStore.share(tmp_path, {**ABOUT, "options": {}}).close()
    with pytest.raises(StoreError, match="was asked with model 'provider/model-1'"):
        FileStore.share(tmp_path, {**ABOUT, "model": "other"})
    FileStore.share(tmp_path, ABOUT).close()


# What is refused


def test_a_fresh_run_takes_no_used_folder(tmp_path: Path) -> None:
    """Whatever the file is that lies there."""
    filled(tmp_path)
    for _ in range(2):
        why = refused(lambda folder: FileStore.create(folder, ABOUT), tmp_path)
        assert why.endswith(
            "holds the answers of an earlier run; continue it with --rest-resume, or choose "
            "another --rest-run-dir"
        )
        (tmp_path / NAME).write_bytes(b"")


@pytest.mark.parametrize("opening", [FileStore.resume, FileStore.replay])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "provider/model-2"),
        ("parameters", {"temperature": 1.0, "stop": ["\ud800", "b"]}),
        ("API base", "http://127.0.0.1"),
        ("protocol", "rest-2 (a3f2c1d0)"),
        ("seed", 8),
        ("a later version's", 1),
    ],
)
def test_another_run_is_refused_and_the_difference_named(
    tmp_path: Path,
    opening: Callable[[Path, Mapping[str, Any]], FileStore],
    name: str,
    value: object,
) -> None:
    """By its name, what it was, and what it is."""
    filled(tmp_path)
    why = refused(lambda folder: opening(folder, {**ABOUT, name: value}), tmp_path)
    assert f"was asked with {name} {ABOUT.get(name)!r}, and this one is with {value!r}" in why
    assert why.endswith("start a new run")


def test_only_what_matters_is_compared(tmp_path: Path) -> None:
    """What the caller does not name may differ, and a tuple is what JSON makes of it."""
    filled(tmp_path)
    parameters = {"stop": ("\ud800", "b"), "temperature": 0.0}
    FileStore.resume(tmp_path, {"parameters": parameters}).close()
    FileStore.replay(tmp_path, {}).close()


@pytest.mark.parametrize("opening", [FileStore.create, FileStore.resume])
def test_one_run_at_a_time(
    tmp_path: Path, opening: Callable[[Path, Mapping[str, Any]], FileStore]
) -> None:
    """A second one is refused, here and in another process, until the first is closed."""
    if opening == FileStore.resume:
        filled(tmp_path)
    attempt = """
try:
    FileStore.resume(folder, ABOUT).close()
except StoreError as error:
    print(error)
"""
    expected = (
        f"another run is going on in {str(tmp_path)!r}; wait for it, or choose another "
        "--rest-run-dir"
    )
    with closing(opening(tmp_path, ABOUT)) as store:
        for second in (FileStore.create, FileStore.resume):
            with pytest.raises(StoreError) as caught:
                second(tmp_path, ABOUT)
            assert expected == str(caught.value)
        assert [expected] == ran(attempt, tmp_path)
        assert put(store, prompt("new"), Completion("a")) is None
    assert [] == ran(attempt, tmp_path)
    FileStore.resume(tmp_path, ABOUT).close()


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    """The folder is free when its process is gone, however it went."""
    code = "store = FileStore.create(folder, ABOUT); put(store, 'q'); time.sleep(60)"
    with process(code, tmp_path) as running:
        assert running.stdout is not None
        assert prompt("q").digest == running.stdout.readline().strip()
        with pytest.raises(StoreError, match="another run is going on"):
            FileStore.resume(tmp_path, ABOUT)
        running.send_signal(signal.SIGKILL)
        running.wait(20)
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        assert Completion("x") == store.get(prompt("q").digest)


def test_a_refused_run_leaves_no_lock(tmp_path: Path) -> None:
    """Whoever was told why may mend it and try again, in the same process."""
    filled(tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    kept: list[BaseException] = []  # with their tracebacks, and whatever these hold
    for content in (whole[:5000], b"", whole[:-1]):
        (tmp_path / NAME).write_bytes(content)
        for opening in (FileStore.create, FileStore.resume):
            with pytest.raises(StoreError) as caught:
                opening(tmp_path, ABOUT)
            kept.append(caught.value)
    for reading in READERS:
        with pytest.raises(StoreError) as caught:
            reading(tmp_path)
        kept.append(caught.value)
    assert [] == held(tmp_path)
    (tmp_path / NAME).write_bytes(whole)
    FileStore.resume(tmp_path, ABOUT).close()


def _text(folder: Path) -> None:
    (folder / NAME).write_text("The answers are here.\n" * 100)


def _database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("CREATE TABLE completions (digest TEXT, completion TEXT)")
        connection.execute("INSERT INTO completions VALUES ('0', '{}')")


def _newer(folder: Path) -> None:
    filled(folder)
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("PRAGMA user_version=3")


def _without_tables(folder: Path) -> None:
    filled(folder)
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("DROP TABLE about")
        connection.execute("DROP TABLE completions")


@pytest.mark.parametrize("opening", READERS, ids=range(len(READERS)))
@pytest.mark.parametrize(
    ("making", "told"),
    [
        (_text, "is not a store of pytest-rest; choose another run"),
        (_database, "is not a store of pytest-rest; choose another run"),
        (
            lambda folder: (folder / NAME).touch(),
            "is not a store of pytest-rest; choose another run",
        ),
        (
            _newer,
            "has version 3 of the store, and this pytest-rest reads version 2; use the "
            "pytest-rest that wrote it",
        ),
        (_without_tables, "or choose another run"),
    ],
    ids=["text", "database", "empty", "newer", "without-tables"],
)
def test_a_file_that_is_not_a_store_is_refused(
    tmp_path: Path,
    making: Callable[[Path], object],
    told: str,
    opening: Callable[[Path], object],
) -> None:
    """One line that names the file and the mend; the file is left as it is."""
    making(tmp_path)
    why = refused(opening, tmp_path)
    assert why.startswith(repr(str(tmp_path / NAME)))
    assert why.endswith(told)


@pytest.mark.parametrize("opening", READERS, ids=range(len(READERS)))
def test_a_folder_without_a_run_is_refused(
    tmp_path: Path, opening: Callable[[Path], object]
) -> None:
    """Neither a folder without a file nor no folder at all is made into a run."""
    if opening is READERS[2]:  # which makes what is not there
        return
    why = refused(opening, tmp_path)
    assert f"no run is stored in {str(tmp_path)!r}: it has no {NAME}" == why
    assert [] == [*tmp_path.iterdir()]
    with pytest.raises(StoreError, match="no run is stored in"):
        opening(tmp_path / "none")


@pytest.mark.parametrize("opening", [FileStore.create, FileStore.share])
def test_a_missing_folder_is_refused(
    tmp_path: Path, opening: Callable[[Path, Mapping[str, Any]], FileStore]
) -> None:
    """Is not made, but named."""
    with pytest.raises(StoreError) as caught:
        opening(tmp_path / "none", ABOUT)
    assert str(caught.value).startswith(f"{str(tmp_path / 'none' / LOCK)!r} cannot be written: ")
    assert str(caught.value).endswith("or choose another run")
    assert [] == [*tmp_path.iterdir()]


def test_a_lock_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    """A file of that name that is not ours is named, and left alone."""
    (tmp_path / LOCK).write_text("pid 4711\n" * 100)
    with pytest.raises(StoreError, match=rf"{LOCK}' is not a store of pytest-rest; choose another"):
        FileStore.create(tmp_path, ABOUT)
    assert {LOCK: "pid 4711\n" * 100} == {p.name: p.read_text() for p in tmp_path.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a run of 30 answers."""
    folder = tmp_path_factory.mktemp("whole")
    filled(folder, n=30, size=1000)
    return (folder / NAME).read_bytes()


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_truncated_file_is_refused(whole: bytes, data: st.DataObject) -> None:
    """Wherever it was: to the page, within one, or to nothing."""
    ends = st.sampled_from(range(0, len(whole), 4096))
    size = data.draw(st.integers(0, len(whole) - 1) | ends | st.just(len(whole) - 1))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / NAME).write_bytes(whole[:size])
        for opening in READERS[:2]:
            why = refused(opening, Path(name))
            assert why.endswith(("saves the rest", "choose another run"))


@pytest.mark.parametrize("opening", READERS, ids=range(len(READERS)))
def test_a_file_with_a_garbled_middle_is_refused(
    tmp_path: Path, whole: bytes, opening: Callable[[Path], object]
) -> None:
    """A page that no answer is asked from is found when the file is opened."""
    place = len(whole) // 4096 // 2 * 4096 + 9  # in the page's table of contents
    garbled = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
    (tmp_path / NAME).write_bytes(garbled)
    why = refused(opening, tmp_path)
    assert why.startswith(f"{str(tmp_path / NAME)!r} is damaged (*** in database main *** ")
    assert why.endswith("; 'sqlite3 completions.sqlite .recover' saves the rest")


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_garbled_file_is_refused_or_read(whole: bytes, changes: list[tuple[int, int]]) -> None:
    """What can be told is told as one line; nothing else is raised, whatever is read."""
    garbled = bytearray(whole)
    for place, value in changes:
        garbled[place % len(garbled)] = value
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / NAME).write_bytes(garbled)
        for opening in (FileStore.resume, FileStore.replay):
            try:
                with closing(opening(Path(name), ABOUT)) as store:
                    for digest in read_digests(Path(name)):
                        store.get(digest)
                    assert store.stored >= len([*store.all()])
            except StoreError as error:
                assert "\n" not in str(error)


def test_a_row_that_is_not_found_is_lost_alone(tmp_path: Path) -> None:
    """Nor is it where a damaged index has it; all others are still there."""
    digests = [*filled(tmp_path)]
    with closing(FileStore.replay(tmp_path, ABOUT)) as store:
        with closing(sqlite3.connect(tmp_path / NAME)) as file, file:
            file.execute("DELETE FROM completions WHERE digest = ?", [digests[1]])
            file.commit()
        assert [False, True, False] == [store.get(digest) is None for digest in digests]


@pytest.mark.parametrize(
    "kept",
    [
        *("not JSON", "[]", "{}", "7", "[" * 100_000, b"\xff"),
        *('{"text": "x", "odd": 1}', '{"text": 3}', '{"text": null}', '{"finish_reason": []}'),
        *('{"model": {}}', '{"error": 0}', '{"error": ["x"]}'),
    ],
)
def test_a_row_that_is_not_an_answer_is_lost_alone(tmp_path: Path, kept: str | bytes) -> None:
    """Its prompt is asked again, and all others are still there."""
    expected = filled(tmp_path)
    digest = prompt("1").digest
    rewrite(tmp_path, digest, kept)
    whole = kept == "{}"  # every field has its default
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        assert (Completion() if whole else None) == store.get(digest)
        others = {name: each for name, each in expected.items() if name != digest}
        assert others == {name: each for name, each in store.all() if name != digest}
        assert put(store, prompt("1"), Completion("again")) is None
        assert Completion("again") == store.get(digest)


NOT_COUNTS = ["-5", "1" + "0" * 400, "1" + "0" * 200, "10000001", "true", '"7"', "1.5", "[]", "{}"]
NOT_AMOUNTS = ["-0.5", "1e999", "NaN", "-Infinity", "1" + "0" * 400, "true", '"7"', "[]", "{}"]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        *((name, each) for name in ("input_tokens", "output_tokens") for each in NOT_COUNTS),
        *(("cost", each) for each in NOT_AMOUNTS),
        *(("seconds", each) for each in NOT_AMOUNTS),
    ],
)
def test_stored_numbers_that_cannot_be_are_not_reported(
    tmp_path: Path, name: str, stored: str
) -> None:
    """The answer itself counts."""
    filled(tmp_path)
    digest = prompt("1").digest
    rewrite(tmp_path, digest, f'{{"text": "x", "{name}": {stored}}}')
    with closing(FileStore.replay(tmp_path, ABOUT)) as store:
        assert Completion("x") == store.get(digest)
        assert Completion("x") == dict(store.all())[digest]


def rewrite(folder: Path, digest: str, stored: str | bytes) -> None:
    """Put something else into a row."""
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("UPDATE completions SET completion=? WHERE digest=?", (stored, digest))


# What the machine does


def test_a_killed_run_has_every_answer_it_reported(
    killed: tuple[Path, frozenset[str]],
) -> None:
    """In the middle of writing, from several threads: for a replay, and to go on with."""
    folder, told = killed
    before = contents(folder)
    found = replayed(folder)
    assert told <= set(found)
    assert {Completion("x" * 3000)} == set(found.values())
    for name in (NAME, f"{NAME}-wal"):  # SQLite's own index beside them may be made anew
        assert before[name] == contents(folder)[name]
    with closing(FileStore.resume(folder, ABOUT)) as store:
        assert found == dict(store.all())
        assert put(store, prompt("new"), Completion("a")) is None
    assert len(found) + 1 == len(replayed(folder))
    assert [LOCK, NAME] == sorted(path.name for path in folder.iterdir())
    with closing(sqlite3.connect(folder / NAME)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()


def test_a_killed_run_may_be_joined(killed: tuple[Path, frozenset[str]]) -> None:
    """What the main process left is there for whoever still works."""
    folder, told = killed
    with closing(FileStore.join(folder)) as store:
        assert told <= {digest for digest, _ in store.all()}


def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    """A process that is killed while it makes one leaves nothing that looks like one."""
    code = """
class Killing(tuple):
    def __iter__(self):
        yield self[0]
        os.kill(os.getpid(), signal.SIGKILL)
store_file._SCHEMA = Killing(store_file._SCHEMA)
FileStore.create(folder, ABOUT)
"""
    with process(code, tmp_path) as running:
        assert -signal.SIGKILL == running.wait(20)
    assert not (tmp_path / NAME).exists()
    assert {} == filled(tmp_path, n=0)
    assert [LOCK, NAME] == sorted(path.name for path in tmp_path.iterdir())


def test_a_full_disk_takes_nothing_back(tmp_path: Path) -> None:
    """Each answer that cannot be kept is told why; those before it are there; later ones too."""
    code = """
store = FileStore.create(folder, ABOUT)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
reasons = [put(store, str(number), "x" * 20_000) for number in range(40)]
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
reasons.append(put(store, "later"))
store.close()
print(json.dumps(reasons))
"""
    *told, last = ran(code, tmp_path)
    reasons = json.loads(last)
    failed = [each for each in reasons if each is not None]
    assert 20 < len(failed) < 40
    assert {"answers cannot be stored"} == {each.partition(":")[0] for each in failed}
    assert (None, None) == (reasons[0], reasons[-1])
    with closing(FileStore.resume(tmp_path, ABOUT)) as store:
        assert set(told) == {digest for digest, _ in store.all()}
        assert len(told) == 41 - len(failed)
        assert Completion("x") == store.get(prompt("later").digest)


def test_a_disk_that_is_full_from_the_start_is_reported(tmp_path: Path) -> None:
    """No run begins, and no half of a store is left that a second try would meet."""
    code = """
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
try:
    FileStore.create(folder, ABOUT)
except StoreError as error:
    print(error)
print(*sorted(os.listdir(folder)))
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
FileStore.create(folder, ABOUT).close()
"""
    line, left = ran(code, tmp_path)
    assert LOCK == left
    assert line.startswith(f"{str(tmp_path / NAME)!r} cannot be written: ")
    assert line.endswith("check its folder's permissions and free space, or choose another run")
    assert {} == replayed(tmp_path)


REPLAY = """
about = stored_run.read_about(folder)
replay = FileStore.replay(folder, ABOUT)
found = dict(replay.all())
assert found == {digest: replay.get(digest) for digest in found}
print(len(found), about == ABOUT, put(replay, "new"))
replay.close()
"""


@pytest.mark.parametrize("ends", [[""], ["", "-wal"], ["", "-wal", "-shm"]], ids=" ".join)
def test_a_replay_from_a_disk_that_cannot_be_written(
    tmp_path: Path, public: Path, ends: list[str]
) -> None:
    """Whether the run was closed or was cut short: every answer, and nothing is changed."""
    with closing(FileStore.create(tmp_path, ABOUT)) as store:
        for number in range(3):
            put(store, prompt(str(number)), Completion("a"))
        copies = [shutil.copy(tmp_path / f"{NAME}{end}", public) for end in ends[1:]]
        if copies:
            shutil.copy(tmp_path / NAME, public)
    if not copies:
        shutil.copy(tmp_path / NAME, public)
    before = contents(public)
    why = "answers cannot be stored: attempt to write a readonly database"
    assert [f"3 True {why}"] == barred(REPLAY, public)
    assert before == contents(public)


def test_a_replay_of_a_shared_host_from_a_disk_that_cannot_be_written(
    tmp_path: Path, public: Path
) -> None:
    """Nobody has made a plain file of it."""
    with closing(FileStore.share(tmp_path, ABOUT)) as store:
        put(store, prompt("q"), Completion("a"))
    shutil.copy(tmp_path / NAME, public)
    assert "1 True" == barred(REPLAY, public)[0][:6]


def test_damage_is_reported_on_a_disk_that_cannot_be_written(tmp_path: Path, public: Path) -> None:
    """As on any other, copied or not."""
    attempt = """
for opening in (FileStore.replay, FileStore.resume):
    try:
        opening(folder, ABOUT)
    except StoreError as error:
        print(error)
"""
    filled(tmp_path, n=30, size=1000)
    whole = (tmp_path / NAME).read_bytes()
    logging = whole[:18] + b"\x02\x02" + whole[20:]  # needs a write-ahead log's index
    for content in (whole, logging):
        (public / NAME).write_bytes(content[:-5000])
        assert 2 * [
            f"{str(public / NAME)!r} is damaged (database disk image is malformed); 'sqlite3 "
            f"{NAME} .recover' saves the rest"
        ] == barred(attempt, public)


def test_a_folder_that_cannot_be_written_is_reported(public: Path) -> None:
    """Neither a new one nor an old one goes on there, and it is not called another run's."""
    attempt = """
for opening in (FileStore.create, FileStore.resume):
    try:
        opening(folder, ABOUT)
    except StoreError as error:
        print(error)
"""
    create, resume = barred(attempt, public)
    assert create.startswith(f"{str(public / LOCK)!r} cannot be written: ")
    assert resume.startswith("no run is stored in ")
    filled(public)
    before = contents(public)
    create, resume = barred(attempt, public)
    assert "holds the answers of an earlier run" in create
    assert resume.startswith(f"{str(public / NAME)!r} cannot be written: ")
    assert resume.endswith("check its folder's permissions and free space, or choose another run")
    assert before == contents(public)


@pytest.mark.parametrize("closed", ["folder", "file"])
def test_a_run_that_cannot_be_read_is_reported(public: Path, closed: str) -> None:
    """A folder or a file that belongs to somebody else."""
    filled(public)
    attempt = """
for opening in (FileStore.replay, FileStore.resume):
    try:
        opening(folder, ABOUT)
    except StoreError as error:
        print(error)
"""
    shut = public if closed == "folder" else public / NAME
    lines = barred(attempt, public, shut)
    assert 2 == len(lines)
    for line in lines:
        assert line.startswith(f"{str(public / NAME)!r} cannot be read: ")
        assert line.endswith("check its folder's permissions and free space, or choose another run")


# In memory


def test_memory_keeps_what_it_was_given() -> None:
    """At once, in this session, and never from an earlier one."""
    store, asked = MemoryStore(), prompt("q")
    assert store.get(asked.digest) is None
    assert put(store, asked, Completion("a")) is None
    assert Completion("a") == store.get(asked.digest)


def test_memory_is_bounded() -> None:
    """The latest 10,000 answers are kept."""
    store = MemoryStore()
    prompts = [prompt(str(number)) for number in range(10_010)]
    for asked in prompts:
        put(store, asked, Completion("a"))
    kept = [store.get(asked.digest) is not None for asked in prompts]
    assert [False] * 10 + [True] * 10_000 == kept
