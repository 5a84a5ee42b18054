"""Turns pictures into what RapidOCR reads: `python reading.py PICTURES [--bare]`.

Prints seconds and CPU seconds as JSON. By the model `embedded`, as the plugin asks it; `--bare` is
RapidOCR itself with one thread that does not wait busily, which is what it is measured against.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from pytest_rest import models, prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.terms import Form, Prompt, Style

_WARM = 2  # pictures that are read before the clock starts


def read(pictures: int, reader: Callable[[Sequence[Prompt]], object]) -> dict[str, float]:
    """What it takes to read that many pictures of systems of equations."""
    protocol = prompts.load_protocol()
    asked = [
        prompts.build(item, Form("image", Style()), "solve", protocol)
        for item in soebench.generate(pictures + _WARM, seed=0)
    ]
    reader(asked[:_WARM])
    start, used = time.monotonic(), time.process_time()
    reader(asked[_WARM:])
    return {"seconds": time.monotonic() - start, "cpu_seconds": time.process_time() - used}


def embedded() -> Callable[[Sequence[Prompt]], object]:
    """The control."""
    model = models.load_model("embedded")

    async def ask(asked: Sequence[Prompt]) -> None:
        await asyncio.gather(*(model.ask([prompt]) for prompt in asked))  # as a dispatcher does

    return lambda asked: asyncio.run(ask(asked))


def bare() -> Callable[[Sequence[Prompt]], object]:
    """RapidOCR with the control's networks and sizes."""
    from rapidocr import RapidOCR

    engine: Any = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "error",
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
    )
    return lambda asked: [engine(image.content) for prompt in asked for image in prompt.images]


if __name__ == "__main__":
    reader = bare() if "--bare" in sys.argv else embedded()
    print(json.dumps(read(int(sys.argv[1]), reader)))
