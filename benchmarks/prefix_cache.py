"""Counts how many calls meet their picture in a provider's cache, by the calls in flight.

A stand-in for a provider that keeps the prefix of a call from its answer on:
`PYTHONPATH=tests python benchmarks/prefix_cache.py`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.limits import Limits
from pytest_rest.evaluate import forms
from pytest_rest.prompts import load_protocol
from pytest_rest.terms import Completion, Home, Prompt, Scheme, Style

ITEMS, SECONDS = 50, 0.05


class Provider:
    """Answers after a while, and says whether it had the prompt's picture in its cache."""

    name = description = "provider"
    home: Home = "endpoint"
    batch_size = 1
    parameters: Mapping[str, object] = MappingProxyType({})

    def __init__(self) -> None:
        self._pictures: set[str] = set()

    async def open(self) -> None:
        """Nothing to get ready."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One token from the cache stands for the whole picture."""
        pictures = {image.digest for prompt in prompts for image in prompt.images}
        was_there = bool(pictures) and pictures <= self._pictures
        await asyncio.sleep(SECONDS)
        self._pictures |= pictures
        return [Completion("Answer: 1", cached_tokens=int(was_there)) for _ in prompts]


def main() -> None:
    """A line for each number of repeats and of calls in flight."""
    protocol = load_protocol()
    for repeats in (1, 3):
        asked = [
            prompt
            for item in soebench.generate(ITEMS, 0)
            for prompt in forms(item, Style(), protocol, Scheme(repeats=repeats))
        ]
        shown = [image.digest for prompt in asked for image in prompt.images]
        again = len(shown) - len({*shown})
        for concurrency in (1, 4, 32):
            dispatcher, start = Dispatcher(Provider(), Limits(concurrency)), time.perf_counter()
            futures = dispatcher.submit(asked, ahead=True)
            answers = [future.result() for future in futures]
            dispatcher.close()
            hits = sum(answer.cached_tokens or 0 for answer in answers)
            seconds = time.perf_counter() - start
            print(f"{repeats} repeats, {concurrency} in flight: {hits} of {again}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
