"""Carries prompts from tests, which wait, to a model, which is asked from one event loop."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pytest_rest.dispatch import event_loop
from pytest_rest.dispatch.budgets import Used
from pytest_rest.dispatch.interruptible import wait_for_rounds
from pytest_rest.dispatch.limits import Call, Limits, Throttle, pause_after, wait_told
from pytest_rest.dispatch.outage import Outage, Rejection, may_pass
from pytest_rest.dispatch.request_queue import Request, RequestQueue
from pytest_rest.dispatch.store import MemoryStore, Store
from pytest_rest.models import ask, failed
from pytest_rest.terms import Completion, Model, Priced, Prompt

RETRIED = ("rate limit:", "timeout:", "server error:", "connection:", "malformed response:")
BUSY = "rate limit:"
ENDED = "asking ended: "  # begins the error of every prompt after the one that ended all asking

_STEADY = ("server error:", "malformed response:")  # what an endpoint says of one prompt
_FINAL, _OUTAGE = 3, 10
T = TypeVar("T")


class Pace(NamedTuple):
    """How many answers have come, calls are in flight, retries were made, dollars were spent."""

    answers: int = 0
    in_flight: int = 0
    retries: int = 0
    spent: float = 0.0


class Dispatcher:
    """One event loop in a thread of its own, and no more calls in flight than its limits allow.

    A prompt that was answered, or is being asked, is not asked again; a failed call is forgotten,
    so that a test that is run again asks again. Prompts that a test waits for go before those that
    were handed over ahead. May be used from several threads.

    A failure that may pass (`RETRIED`) is retried up to `retries` times, after the time that the
    server asked for or a jittered, doubling pause. The same answer of a broken server three times
    running is final, for it will not pass; a rate limit counts only while nobody else is answered,
    and is final where it is said to last for longer than anybody waits. In an outage all asking
    pauses, and tries do not count. All asking ends when a key is refused, money or the budget is
    spent, the first dozen calls are refused alike, an outage outlasts its patience, answers cannot
    be stored, or the last ten requests or more (as many as may be in flight) all failed for good.
    """

    def __init__(
        self,
        model: Model,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        store: Store | None = None,
        spent: Used = Used(),  # noqa: B008 (copied)
        *,
        minute: float = 60.0,
    ) -> None:
        self._model, self.limits, self.store = model, limits, store or MemoryStore()
        price = model.price if isinstance(model, Priced) else None
        self._throttle = Throttle(limits, price, model.name, spent, minute=minute)
        self._most_retries = 0 if model.home == "cpu" else limits.retries
        self._outage, self._rejection = Outage(limits), Rejection()
        self._open: dict[str, Request] = {}
        self._lock = threading.Lock()
        self._queue = RequestQueue()
        self._pausing: dict[Request, asyncio.TimerHandle] = {}
        self._kept_places: deque[str | None] = deque()
        self._answers = self._lost_in_a_row = self.retries = 0
        self._ended: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        run = partial(event_loop.run, self._loop, model.close)
        self._thread = threading.Thread(target=run, name="rest", daemon=True)
        self._thread.start()
        self._opened = asyncio.run_coroutine_threadsafe(model.open(), self._loop)
        self._opened.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._pump))

    @property
    def pace(self) -> Pace:
        """How far the asking is."""
        return Pace(self._answers, self._queue.held, self.retries, self._throttle.spent)

    @property
    def changes(self) -> list[str]:
        """Each change of how many calls may be in flight, with its reason."""
        return [*self._throttle.changes, *self._outage.changes]

    def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask all prompts at once and wait; completions come in the order of the prompts."""
        return [future.result() for future in self.submit(prompts)]

    def submit(self, prompts: Sequence[Prompt], ahead: bool = False) -> list["Future[Completion]"]:
        """Start asking, and return at once; `ahead` of the test that will wait for it."""
        futures, new, known = [], [], []
        with self._lock:
            for prompt in prompts:
                future = self._answered(prompt)
                if future is None and (request := self._open.get(prompt.digest)):
                    known.append(prompt)
                    future = request.future
                elif future is None:
                    request = self._open[prompt.digest] = Request(prompt, ahead)
                    new.append(request)
                    future = request.future
                futures.append(future)
        self._enter_soon(new, self._queue.ahead if ahead else self._queue.waiting)
        if not ahead:
            self.hurry(known)
        return futures

    def hurry(self, prompts: Sequence[Prompt]) -> None:
        """A test waits now for what was handed over ahead."""
        with self._lock:
            found = [self._open.get(prompt.digest) for prompt in prompts]
        late = [each for each in found if each and each.is_ahead and not each.is_begun]
        for request in late:
            request.is_ahead = False
        self._enter_soon(late, self._queue.waiting)

    def drop(self, prompts: Sequence[Prompt]) -> None:
        """Forget what was handed over ahead, where it is neither waited for nor begun."""
        with contextlib.suppress(RuntimeError):  # the session is over
            self._loop.call_soon_threadsafe(self._drop, prompts)

    def give_way(self) -> None:
        """Let the loop first do what it can do now, before a thread works on without waiting."""
        wait_for_rounds(self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something else on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    def close(self) -> None:
        """Cancel what is in flight, let the model go of its connections, and stop the loop."""
        if self._loop.is_closed():
            return  # hung up already
        with contextlib.suppress(TimeoutError):  # a model of the user's own may not come to an end
            self.run(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        if not self._thread.is_alive():
            self._loop.close()

    def _answered(self, prompt: Prompt) -> "Future[Completion] | None":
        if prompt.digest in self._open or not (kept := self.store.get(prompt.digest)):
            return None
        future: Future[Completion] = Future()
        future.set_result(kept)
        return future

    def _enter_soon(self, requests: Sequence[Request], queue: deque[Request]) -> None:
        if not requests:
            return
        try:
            self._loop.call_soon_threadsafe(self._enter, requests, queue)
        except RuntimeError:  # the session is over
            for request in requests:
                request.future.cancel()

    # What follows runs on the loop.

    def _enter(self, requests: Sequence[Request], queue: deque[Request]) -> None:
        queue.extend(requests)
        self._pump()

    def _drop(self, prompts: Sequence[Prompt]) -> None:
        for prompt in prompts:
            with self._lock:
                request = self._open.get(prompt.digest)
                is_idle = request is not None and request.is_ahead and not request.is_begun
                if request is None or not is_idle:
                    continue
                del self._open[prompt.digest]
            request.is_begun = True  # its place in the queue is passed over
            request.future.cancel()

    def _pump(self) -> None:
        """Send what may be sent now: what is tried again, what is waited for, what is ahead."""
        if not self._opened.done():
            return
        queue, throttle = self._queue, self._throttle
        while request := queue.next(
            is_full=self._ended is None and self._is_full(), in_order=not throttle.is_plentiful
        ):
            if self._ended is None and (excess := throttle.overspends(request.prompt)):
                self._end(excess)
            if self._ended is not None:
                self._finish(request, Completion(error=self._ended))
                continue
            wait = self._wait(request)
            if wait is None or wait > 0:
                queue.put_back(request)
                if wait and not (self._timer and not self._timer.cancelled()):
                    self._timer = self._loop.call_later(wait, self._wake)
                return
            call = throttle.begin(request.prompt)  # now: the next one is held against it
            request.is_probe = self._outage.begin()
            queue.send(request)
            task = self._loop.create_task(self._try(request, call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _wait(self, request: Request) -> float | None:
        """Seconds until it may be sent; None: when a call that is in flight has ended."""
        waits = self._throttle.wait(request.prompt), self._outage.wait()
        return None if waits[0] is None or waits[1] is None else max(waits[0], waits[1])

    def _is_full(self) -> bool:
        """Whether no other request may begin: what pauses after a failure keeps its place.

        Only a rate limit says that fewer are to be asked, so only its pauses count against those.
        """
        apart = sum(not request.errors[-1].startswith(BUSY) for request in self._pausing)
        is_many = self._queue.held - apart >= self._throttle.allowed
        return is_many or self._queue.held >= self.limits.concurrency

    def _wake(self) -> None:
        self._timer = None
        self._pump()

    async def _try(self, request: Request, call: Call) -> None:
        request.tries += 1
        if isinstance(error := self._opened.exception(), Exception):
            completion = failed(self._model, error)
        else:
            completion = await ask(self._model, request.prompt)
        self._throttle.end(call, completion)
        self._queue.end(request)
        self._judge(request, completion)
        self._pump()

    def _judge(self, request: Request, completion: Completion) -> None:
        """Keep an answer; try a failure again, or give it up."""
        if completion.error is None:
            self._answers += 1
            self._lost_in_a_row = 0
            self._rejection.has_answered = True
            if self._outage.answer():
                self._queue.take_back()
            self.store.put(
                request.prompt, completion, lambda why: self._kept(request, completion, why)
            )
            return
        error = completion.error
        if why := self._rejection.fail(error):
            self._end(why)
            completion = Completion(error=self._ended)
        if self._most_retries and self._ended is None and may_pass(error):
            if why := self._outage.fail(error, request.is_probe):
                self._end(why)
            elif self._outage.is_on:
                self.retries += 1
                self._queue.set_aside(request)
                return
        if error.startswith(BUSY) and self._answers > request.answers_seen:
            request.errors.clear()  # the endpoint is busy with others, and not with nobody
        request.answers_seen = self._answers
        request.errors.append(error)
        if self._ended is None and self._may_pass(request.errors):
            self.retries += 1
            pause = pause_after(error, request.tries, self.limits.longest_wait)
            self._pausing[request] = self._loop.call_later(pause, self._resume, request)
            return
        if self._ended is None and self._waits_too_long(error):
            error += f"; longer waits than {self.limits.longest_wait:g} s need --rest-patience"
            completion = replace(completion, error=error)
        self._finish(request, completion)
        if error.startswith(RETRIED):
            self._lost_in_a_row += 1
            if self._lost_in_a_row >= max(_OUTAGE, self.limits.concurrency):
                self._end(f"outage: {self._lost_in_a_row} requests in a row: {error}")

    def _resume(self, request: Request) -> None:
        del self._pausing[request]
        self._enter([request], self._queue.again)

    def _may_pass(self, errors: Sequence[str]) -> bool:
        """Whether the last of a request's failures may pass if it is asked again."""
        last = errors[-1]
        if len(errors) > self._most_retries or not last.startswith(RETRIED):
            return False
        if self._waits_too_long(last):
            return False
        is_steady = last.startswith(_STEADY) and not may_pass(last)
        return not is_steady or errors[-_FINAL:] != [last] * _FINAL

    def _waits_too_long(self, error: str) -> bool:
        """Whether a limit is said to be reset only when nobody waits any more."""
        return error.startswith(BUSY) and (wait_told(error) or 0.0) > self.limits.longest_wait

    def _finish(self, request: Request, completion: Completion) -> None:
        self._queue.held -= 1
        self._settle(request, completion)

    def _kept(self, request: Request, completion: Completion, failure: str | None) -> None:
        """An answer is on disk; called by the store, from its own thread.

        Only now may another call take its place: so whatever ends the process, no more answers
        are lost than calls may be in flight.
        """
        if failure is not None:
            completion = Completion(error=f"{ENDED}store: {failure}")
        self._settle(request, completion)
        self._kept_places.append(failure)
        if len(self._kept_places) == 1:  # those after it are released together with it
            with contextlib.suppress(RuntimeError):  # the session is over
                self._loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        while self._kept_places:
            self._queue.held -= 1
            if (failure := self._kept_places.popleft()) is not None:
                self._end(f"store: {failure}")
        self._pump()

    def _settle(self, request: Request, completion: Completion) -> None:
        with self._lock:
            self._open.pop(request.prompt.digest, None)
        if request.future.set_running_or_notify_cancel():
            request.future.set_result(completion)

    def _end(self, reason: str) -> None:
        """Ask nothing any more; every prompt is told why."""
        if self._ended is None:
            self._ended = ENDED + reason
            for request, timer in [*self._pausing.items()]:
                timer.cancel()
                self._resume(request)
            self._pump()

    async def _shut_down(self) -> None:
        self._ended = f"{ENDED}the session is over"
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        with self._lock:
            left = list(self._open.values())
        for request in left:
            request.future.cancel()
        await self._model.close()
