"""Carries prompts from tests, which wait, to a model, which is asked from one event loop."""

import asyncio
import random
import re
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from pytest_rest.terms import Completion, Model, Prompt

RETRIED = ("rate limit:", "timeout:", "server error:", "connection:", "malformed response:")
REFUSED = "authentication:"

_REMEMBERED = 10_000
_FINAL = 3
_LONGEST_PAUSE = 30.0
_LONGEST_PATIENCE = 300.0
_PATIENCE = re.compile(r"[a-z ]{1,20}: HTTP \d{3}, retry after (\d{1,9}(?:\.\d{1,9})?) s")
T = TypeVar("T")


async def ask(model: Model, prompt: Prompt) -> Completion:
    """One completion; whatever a model of the user's own raises becomes its `error`."""
    try:
        (completion,) = await model.ask([prompt])
    except Exception as error:
        return _failed(model, error)
    return completion


def _failed(model: Model, error: Exception) -> Completion:
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return Completion(error=f"error: {line[:300]}", model=model.name)


class Dispatcher:
    """One event loop in a thread of its own, and at most `concurrency` calls in flight on it.

    A prompt that was answered, or is being asked, is not asked again; a failed call is forgotten,
    so that a test that is run again asks again. May be used from several threads.

    A failure that may pass (`RETRIED`) is retried up to `retries` times, after the time that the
    server asked for or a jittered, doubling pause; the same failure three times running is final,
    for it will not pass. A key that is refused ends all asking: nothing else would be answered.
    """

    def __init__(self, model: Model, concurrency: int = 32, retries: int = 5) -> None:
        self._model = model
        self._most_retries = 0 if model.home == "cpu" else retries
        self._places = asyncio.Semaphore(concurrency)
        self._asked: OrderedDict[str, Future[Completion]] = OrderedDict()
        self._lock = threading.Lock()
        self._refused: str | None = None
        self.retries = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rest", daemon=True)
        self._thread.start()
        self._opened = asyncio.run_coroutine_threadsafe(model.open(), self._loop)

    def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask all prompts at once and wait; completions come in the order of the prompts."""
        return [future.result() for future in self.submit(prompts)]

    def submit(self, prompts: Sequence[Prompt]) -> list[Future[Completion]]:
        """Start asking, and return at once."""
        return [self._submit(prompt) for prompt in prompts]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something else on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    def close(self) -> None:
        """Cancel what is in flight, let the model go of its connections, and stop the loop."""
        if self._loop.is_closed():
            return
        self.run(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _submit(self, prompt: Prompt) -> Future[Completion]:
        with self._lock:
            known = self._asked.get(prompt.digest)
            if known and not (known.done() and (known.cancelled() or known.result().error)):
                return known
            future = asyncio.run_coroutine_threadsafe(self._ask(prompt), self._loop)
            self._asked[prompt.digest] = future
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
            return future

    async def _ask(self, prompt: Prompt) -> Completion:
        async with self._places:
            try:
                await asyncio.wrap_future(self._opened)
            except Exception as error:
                return _failed(self._model, error)
            errors: list[str] = []
            while self._refused is None:
                completion = await ask(self._model, prompt)
                if completion.error is None:
                    return completion
                errors.append(completion.error)
                if completion.error.startswith(REFUSED):
                    self._refused = completion.error
                elif len(errors) > self._most_retries or not _may_pass(errors):
                    return completion
                else:
                    self.retries += 1
                    await asyncio.sleep(_pause(errors))
            return Completion(error=self._refused)

    async def _shut_down(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._model.close()
        await self._loop.shutdown_default_executor()


def _may_pass(errors: Sequence[str]) -> bool:
    """Whether the last of a request's failures may pass if it is asked again."""
    last = errors[-1]
    if last.startswith("rate limit:"):
        return True
    return last.startswith(RETRIED) and errors[-_FINAL:] != [last] * _FINAL


def _pause(errors: Sequence[str]) -> float:
    """Seconds until the next try: the server's own word, or 0.5, 1, 2, ... give or take half."""
    if patience := _PATIENCE.match(errors[-1]):
        return min(float(patience[1]), _LONGEST_PATIENCE)
    doubled: float = min(0.5 * 2 ** (len(errors) - 1), _LONGEST_PAUSE)
    return doubled * random.uniform(0.5, 1.5)  # noqa: S311 (spreads the retries of many prompts)
