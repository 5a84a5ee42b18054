"""Measures a run by batches: its memory, and its time beyond that of the server.

`python benchmarks/batch.py [--items 1000]` asks SoEBench in REST+'s ten styles, 31 rows an item, of
a server of batches in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
ROWS = 31  # of an item in ten styles: a text, and ten times two pictures and a transcription


def serve() -> None:
    """Answer batches until stdin ends; then print how many seconds requests took."""
    sys.path.insert(0, str(TESTS))
    from aiohttp import web
    from batch_endpoint import BatchServer, Plan
    from endpoint import Reply, Request

    busy: dict[str, float] = {"seconds": 0.0}

    class Timed(BatchServer):
        def _add_routes(self, app: web.Application) -> None:
            super()._add_routes(app)
            app.middlewares.append(self._timed)

        @web.middleware
        async def _timed(
            self,
            request: web.Request,
            handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
        ) -> web.StreamResponse:
            start = time.monotonic()
            try:
                return await handler(request)
            finally:
                busy["seconds"] += time.monotonic() - start

    def reply(request: Request) -> Reply:
        return Reply("x = 1" if "ranscribe" in request.texts[-1] else "Answer: 3")

    with Timed(reply, Plan(polls=1), is_lean=True) as server:
        print(server.openai_base, flush=True)
        sys.stdin.read()
        print(json.dumps({**busy, "batches": len(server.batches), "rows": len(server.paid)}))


def ask(items: int, *more: str) -> dict[str, Any]:
    """What a run took, and its server by itself."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, __file__, "--serve"]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command, **pipes) as server:
        assert server.stdout is not None
        run = measure(items, server.stdout.readline().strip(), folder, *more)
        said, _ = server.communicate()
    took = json.loads(said.splitlines()[-1])
    beyond = round(run["seconds"] - took["seconds"], 1)
    return {**run, "server": took, "seconds_beyond_the_server": beyond}


def measure(items: int, base: str, folder: str, *more: str) -> dict[str, Any]:
    """Seconds, seconds of the processor, and the most memory of a run."""
    command = [sys.executable, "-mpytest", "-q", "-pno:cacheprovider", "--rest-model=m"]
    command += [f"--rest-api-base={base}", f"--rest-suite=soebench:{items}", "--rest-plus"]
    command += ["--rest-min-rer=0", f"--rest-run-dir={folder}/run", *more]
    start = time.monotonic()
    with Path(folder, "out.txt").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "status": process.returncode,
        "seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "memory_mb": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    """Ask, and print what it took as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--direct", action="store_true", help="ask directly before, too")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    runs = {"direct": ()} if options.direct else {}
    for name, more in {**runs, "batch": ("--rest-batch", "--rest-batch-poll=1")}.items():
        print(name, json.dumps(ask(options.items, *more)), flush=True)


if __name__ == "__main__":
    main()
