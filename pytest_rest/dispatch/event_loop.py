"""Runs the loop that asks until it is stopped, and ends whatever is left on it then."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_PATIENCE = 1.0  # seconds for what is left to end


def run(loop: asyncio.AbstractEventLoop, close: Callable[[], Awaitable[None]]) -> None:
    """Run a loop in this thread until it is stopped; `close` lets go of the model's connections."""
    loop.run_forever()
    loop.run_until_complete(_end_all(close))


async def _end_all(close: Callable[[], Awaitable[None]]) -> None:
    """A loop that was held up is stopped before it came to that."""
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=_PATIENCE)
        with contextlib.suppress(Exception):  # whatever a model of the user's own raises
            await asyncio.wait_for(close(), _PATIENCE)
    await asyncio.sleep(0)  # a connection is closed a round later
