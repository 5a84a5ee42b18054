"""Has the prompts of cases built in a process of their own, beside the one that asks.

To draw a request's picture takes as much of the processor as to send it, and in one process each
waits for the other. A frame is eight bytes of length and a pickle, over the pipes of the drawing
process: both ends are this program. It ends when its parent does, however that comes about.
"""

import contextlib
import gc
import itertools
import logging
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

from pytest_rest.dispatch.prefetch import Case, LookAhead, key
from pytest_rest.dispatch.walker import Build, Walker
from pytest_rest.errors import one_line
from pytest_rest.terms import Prompt

LOG = logging.getLogger("pytest_rest")

MANY = 200  # cases, of which drawing takes longer than to start a process
_GROUP = 4  # cases that are sent and given back at once
_GROUPS = 3  # that wait to be drawn
_LENGTH = struct.Struct(">Q")
_PIPE = 1 << 20  # bytes of pictures that may wait to be read

Drawn = list[tuple[Case, Sequence[Prompt] | None]]


class DrawingWalker(Walker):
    """A walker that has a process draw where there are many cases, as soon as that has started.

    It is not known beforehand whether an endpoint is slower than drawing is, and nothing shows it
    afterwards: a thread that draws leaves so little of the interpreter to the one that asks that
    answers seem late. What the process cannot build is built here: whatever keeps it from starting,
    and whenever it dies.
    """

    def __init__(self, board: LookAhead, build: Build) -> None:
        super().__init__(board, build)
        self._ahead = board
        self._process: DrawingProcess | None = None

    def close(self) -> None:
        """End the process, whatever it draws."""
        if (process := self._process) is not None:  # which the thread may let go of now
            process.close()

    def _take(self, cases: Iterable[Case]) -> bool:
        left = iter(cases)
        first = [*itertools.islice(left, MANY)]
        are_many, left = len(first) == MANY, itertools.chain(first, left)
        try:
            for case in left:
                if self._process is not None and self._process.is_ready:
                    return self._take_drawn(itertools.chain([case], left), self._process)
                if not self._board.wait(key(case)):
                    continue
                if are_many and self._process is None:
                    self._process = DrawingProcess(self._build)
                if not self._hand_over(case):
                    return False
            return True
        finally:
            self.close()
            self._process = None
            while self._building:  # drawn, and not taken any more
                self._building.popitem()[1].set()

    def _take_drawn(self, cases: Iterator[Case], process: "DrawingProcess") -> bool:
        group: list[Case] = []
        for case in cases:
            if not self._ahead.has_room():  # it may wait for long: with nothing that is built
                process.send(group)
                group = []
                if not self._place(process, 0):
                    return False
            if not self.is_building(name := key(case)) and self._board.wait(name):
                self._begin(name)
                group.append(case)
            if len(group) == _GROUP:
                process.send(group)
                group = []
                if not self._place(process, _GROUPS):
                    return False
        process.send(group)
        return self._place(process, 0)

    def _place(self, process: "DrawingProcess", most: int) -> bool:
        """Hand over what is drawn, until no more than so many groups wait to be."""
        while process.waiting > most:
            group = process.receive()
            drawn = {key(case): prompts for case, prompts in group if prompts is not None}
            if not self._ahead.place_all(drawn):
                return False
            for name in drawn:
                self._building.pop(name).set()
            if not all(self._hand_over(case) for case, prompts in group if prompts is None):
                return False
        return True


class DrawingProcess:
    """Builds the prompts of groups of cases, in order; used from one thread.

    `build` and the cases must be picklable. What it cannot build comes back without prompts.
    """

    def __init__(self, build: Build) -> None:
        self._groups: deque[Sequence[Case]] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_begun = False
        self._closing = threading.Lock()
        self._is_closed = False
        threading.Thread(target=self._start, args=[build], name="rest-draw", daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether it has started, which takes a third of a second, and draws."""
        return self._has_begun and not self._is_closed

    @property
    def waiting(self) -> int:
        """How many groups it has not given back."""
        return len(self._groups)

    def send(self, cases: Sequence[Case]) -> None:
        """Have these drawn."""
        if cases:
            self._groups.append(cases)
            self._try(lambda pipes: _send(pipes.stdin, cases))

    def receive(self) -> Drawn:
        """The prompts of the group that has waited longest; without a process, without prompts."""
        cases = self._groups.popleft()
        prompts = self._try(lambda pipes: _receive(pipes.stdout))
        return list(zip(cases, prompts or [None] * len(cases), strict=True))

    def close(self) -> None:
        """Kill it, without waiting for what it draws."""
        with self._closing:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                for pipe in filter(None, (self._process.stdin, self._process.stdout)):
                    with contextlib.suppress(OSError):  # it has what the process did not read
                        pipe.close()

    def _start(self, build: Build) -> None:
        with self._closing:
            if self._is_closed:
                return
            with contextlib.suppress(OSError):
                self._process = _popen()
        self._try(lambda pipes: _send(pipes.stdin, build))
        self._try(lambda pipes: _receive(pipes.stdout))
        self._has_begun = True

    def _try(self, exchange: "Callable[[subprocess.Popen[bytes]], Any]") -> Any:
        """What comes of an exchange with it; None, and no process any more, where that fails."""
        if self._is_closed or self._process is None:
            return None
        try:
            return exchange(self._process)
        except Exception as error:
            LOG.debug("the process that draws is given up: %s", one_line(error))
            self.close()
            return None


def _popen() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 (this module, by this interpreter)
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _send(pipe: IO[bytes] | None, message: object) -> None:
    if pipe is None:
        return
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    if pipe is None:
        raise EOFError
    (length,) = _LENGTH.unpack(pipe.read(_LENGTH.size))
    return pickle.loads(pipe.read(length))  # noqa: S301 (from this very program)


# What follows runs in the process itself.


def _read(pipe: IO[bytes], messages: "queue.SimpleQueue[Any]") -> None:
    """Take what comes in at once, so that the parent never waits, and end when it is gone."""
    with contextlib.suppress(Exception):
        while True:
            messages.put(_receive(pipe))
    os._exit(0)


def _built(build: Build, case: Case) -> Sequence[Prompt] | None:
    try:
        prompts = build(case)
        for prompt in prompts:
            _ = prompt.digest  # which travels with it
        return prompts
    except Exception:  # the parent meets the same, and says so
        return None


def main() -> None:
    """Draw for the parent until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # where what a package prints does no harm
    with contextlib.suppress(ImportError, AttributeError, OSError):  # it is faster, and no more
        import fcntl

        fcntl.fcntl(answers, fcntl.F_SETPIPE_SZ, _PIPE)
    messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=[sys.stdin.buffer, messages], daemon=True).start()
    build: Build = messages.get()
    gc.freeze()
    _send(answers, None)
    while True:
        _send(answers, [_built(build, case) for case in messages.get()])


if __name__ == "__main__":
    main()
