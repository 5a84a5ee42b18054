"""Turns a case into its prompts and completions, in this process or through the main one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from pytest_rest.dispatch import Dispatcher, Pace
from pytest_rest.dispatch.drawing import DrawingWalker
from pytest_rest.dispatch.interruptible import run_interruptibly
from pytest_rest.dispatch.prefetch import Asked, Case, Compare, Follow, LookAhead, key
from pytest_rest.dispatch.rpc import Client, Server
from pytest_rest.dispatch.walker import Build, Walker
from pytest_rest.terms import Completion, Prompt

_AHEAD = 4  # times as many prompts are on their way as may be in flight, waiting ones included
_UNCLAIMED = 2_000  # prompts that may be answered before their tests come
_BY_WORKERS = 8_000  # the same of workers, whose tests begin at several places


class Asker(Protocol):
    """One process's way to the model."""

    def ask(self, case: Case) -> Asked:
        """Ask every prompt of a case, and wait; raises what building the prompts raises."""
        ...

    def ask_prompts(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask prompts of no case, all at once, and wait."""
        ...

    def walk(self, cases: Iterable[Case]) -> None:
        """Hand cases over ahead of their tests."""
        ...

    @property
    def pace(self) -> Pace:
        """How far the asking is, where this process asks."""
        ...

    @property
    def changes(self) -> Sequence[str]:
        """Each change of how many calls may be in flight, with its reason."""
        ...

    def serve(self) -> tuple[int, str] | None:
        """The port and the token by which workers reach this process; None if they cannot."""
        ...

    def stop(self) -> None:
        """Ask nothing more for tests that do not wait for it."""
        ...

    def close(self) -> None:
        """Let go of everything; calls that are in flight are given up."""
        ...


class LocalAsker:
    """Asks in this process, for itself and for the workers that it serves.

    `follow` says what is asked once a prompt is answered, and `compare` what is asked once all of a
    case's are. `is_careful` keeps it from running far
    ahead of the tests, which may stop early. `draws_apart` has a process draw where there is much
    to be drawn, for which `build` and its cases must be picklable.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        build: Build,
        follow: Follow | None = None,
        is_careful: bool = False,
        compare: Compare | None = None,
        draws_apart: bool = False,
    ) -> None:
        self.dispatcher = dispatcher
        most = dispatcher.limits.concurrency * _AHEAD
        unclaimed = most // 2 if is_careful else max(most, _UNCLAIMED)
        self._ahead = LookAhead(dispatcher, most, unclaimed, follow, compare)
        walker = DrawingWalker if draws_apart else Walker
        self._walker: Walker = walker(self._ahead, build)
        self._build, self._follow, self._compare = build, follow, compare
        self._is_careful = is_careful
        self._server: Server | None = None

    def ask(self, case: Case) -> Asked:
        """Claim what was handed over, or else build it now; and wait."""
        name = key(case)
        if self._walker.is_building(name):
            run_interruptibly(lambda: self._walker.finish(name))
        claimed = self._ahead.claim(name)
        if claimed is None:
            prompts = self._build(case)
            asked = list(zip(prompts, self.ask_prompts(prompts), strict=True))
        else:
            asked = claimed.wait()
            if not self._is_careful:  # what a test finds may spare the calls that are left
                self.dispatcher.give_way()
        return with_following(asked, self._follow, self._compare, self.ask_prompts)

    def ask_prompts(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask prompts of no case, all at once, and wait."""
        stored = [self.dispatcher.store.get(prompt.digest) for prompt in prompts]
        if (known := [*filter(None, stored)]) and len(known) == len(prompts):
            return known  # to wait for them takes a thread
        return run_interruptibly(lambda: self.dispatcher.ask(prompts))

    def walk(self, cases: Iterable[Case]) -> None:
        """Hand cases over ahead of their tests."""
        self._walker.walk(cases)

    @property
    def pace(self) -> Pace:
        """How far the asking is."""
        return self.dispatcher.pace

    @property
    def changes(self) -> Sequence[str]:
        """Each change of how many calls may be in flight, with its reason."""
        return self.dispatcher.changes

    def serve(self) -> tuple[int, str]:
        """The port and the token by which workers reach this process."""
        if self._server is None:
            self._server = Server(self.dispatcher, self._ahead)
            if not self._is_careful:
                self._ahead.unclaimed = max(self._ahead.unclaimed, _BY_WORKERS)
        return self._server.port, self._server.token

    def stop(self) -> None:
        """Ask nothing more for tests that do not wait for it."""
        self._ahead.stop()

    def close(self) -> None:
        """Let go of everything; calls that are in flight are given up."""
        self._ahead.close()
        self._walker.close()
        if self._server is not None:
            self._server.close()
            self._server = None
        self.dispatcher.close()


class RemoteAsker:
    """Asks through the main process; `OSError` where that cannot be reached."""

    def __init__(
        self,
        port: int,
        token: str,
        build: Build,
        follow: Follow | None = None,
        compare: Compare | None = None,
    ) -> None:
        self._client = Client(port, token)
        try:
            self._second = Client(port, token)
        except OSError:
            self._client.close()
            raise
        self._walker = Walker(self._second, build)
        self._build, self._follow, self._compare = build, follow, compare

    def ask(self, case: Case) -> Asked:
        """Claim what was handed over by whichever process, or else build it now; and wait."""
        name = key(case)
        self._walker.finish(name)
        asked = self._client.claim(name, case[0])
        if asked is None:
            prompts = self._build(case)
            asked = list(zip(prompts, self._client.ask(prompts), strict=True))
        return with_following(asked, self._follow, self._compare, self._client.ask)

    def ask_prompts(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask prompts of no case, all at once, and wait."""
        return self._client.ask(prompts)

    def walk(self, cases: Iterable[Case]) -> None:
        """Hand cases over ahead of their tests, on a connection of its own."""
        self._walker.walk(cases)

    @property
    def pace(self) -> Pace:
        """Nothing: the main process asks."""
        return Pace()

    @property
    def changes(self) -> Sequence[str]:
        """None: the main process asks."""
        return ()

    def serve(self) -> None:
        """Nobody is served."""

    def stop(self) -> None:
        """Nothing is asked here."""

    def close(self) -> None:
        """Hang up."""
        self._second.close()
        self._client.close()


def with_following(
    asked: Asked,
    follow: Follow | None,
    compare: Compare | None,
    ask: Callable[[list[Prompt]], list[Completion]],
) -> Asked:
    """The calls, and those that follow from their answers, round after round; then from all."""
    latest = asked
    while follow and (more := [each for call in latest for each in follow(*call)]):
        latest = list(zip(more, ask(more), strict=True))
        asked = [*asked, *latest]
    more = compare(asked) if compare else []
    return [*asked, *zip(more, ask(more), strict=True)] if more else asked
