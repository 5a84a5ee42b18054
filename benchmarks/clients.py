"""Turns drawn prompts into requests with nothing but a client and a semaphore around them.

The reference that the plugin is measured against: `python clients.py aiohttp|litellm ...`, a
process of its own that writes what it measured to --out. The pictures are drawn before the clock
starts; base64, JSON and the reading of the answers are within it, as they are the plugin's.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp

from pytest_rest import benchmark, evaluate, prompts, rendering
from pytest_rest.models.messages import messages
from pytest_rest.models.providers import openai_compatible
from pytest_rest.terms import Prompt

SERVED_MODEL = "bench"
LITELLM_MODEL = "openai/gpt-4o-mini"

Ask = Callable[[Prompt], Awaitable[str]]
Measured = dict[str, float]


def draw(items: int, style: str) -> list[Prompt]:
    """What the plugin asks for that many items in that style, in its order."""
    protocol, drawn_in = prompts.load_protocol(), rendering.parse_style(style)
    return [
        prompt
        for item in benchmark.load(f"soebench:{items}")
        for prompt in evaluate.forms(item, drawn_in, protocol)
    ]


async def with_aiohttp(asked: Sequence[Prompt], base: str, concurrency: int) -> Measured:
    """One session, and the very bodies that `models.served` sends."""
    own = openai_compatible.connect(SERVED_MODEL, base).parameters
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(prompt: Prompt) -> str:
            limit = {"max_tokens": prompt.max_tokens}
            body = {"model": SERVED_MODEL, "messages": messages(prompt), **limit, **own}
            data = json.dumps(body).encode("ascii")
            async with session.post(
                f"{base}/chat/completions", data=data, headers=headers
            ) as response:
                answer = json.loads(await response.read())
                return str(answer["choices"][0]["message"]["content"])

        return await _measure(ask, asked, concurrency)


async def with_litellm(asked: Sequence[Prompt], concurrency: int) -> Measured:
    """`litellm.acompletion`, at the address and with the key in the environment."""
    import litellm  # seconds, and only here

    async def ask(prompt: Prompt) -> str:
        response = await litellm.acompletion(
            model=LITELLM_MODEL,
            messages=messages(prompt),
            max_tokens=prompt.max_tokens,
            temperature=0,
        )
        return str(response.choices[0].message.content)

    return await _measure(ask, asked, concurrency)


async def _measure(ask: Ask, asked: Sequence[Prompt], concurrency: int) -> Measured:
    places = asyncio.Semaphore(concurrency)

    async def one(prompt: Prompt) -> str:
        async with places:
            return await ask(prompt)

    start, used = time.monotonic(), time.process_time()
    said = await asyncio.gather(*(one(prompt) for prompt in asked))
    return {
        "seconds": time.monotonic() - start,
        "cpu_seconds": time.process_time() - used,
        "answered": sum(text == "Answer: 3" for text in said),
    }


def main() -> None:
    """Draw, ask, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=["aiohttp", "litellm"])
    parser.add_argument("--base", required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    asked = draw(given.items, given.style)
    if given.client == "aiohttp":
        asking = with_aiohttp(asked, given.base, given.concurrency)
    else:
        asking = with_litellm(asked, given.concurrency)
    given.out.write_text(json.dumps(asyncio.run(asking)), "ascii")


if __name__ == "__main__":
    main()
