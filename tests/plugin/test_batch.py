"""Runs by batches: they report what direct runs do, and outlive whatever ends their process."""

from collections.abc import Sequence

import pytest
from batch_endpoint import BatchServer, Plan
from endpoint import Endpoint
from runs import Oracle, RunRest, settled

N = 3
ROWS = 4 * N
SUITE = f"--rest-suite=soebench:{N}"
QUICK = "--rest-batch-poll=0.02"


def served(server: Endpoint) -> Sequence[str]:
    """A model of a server's, and what it is asked."""
    return ("--rest-model=tested-vlm", f"--rest-api-base={server.openai_base}", SUITE)


def test_a_run_by_batch_reports_what_a_direct_one_does(run_rest: RunRest) -> None:
    """But for the batches themselves, times and the cost."""
    oracle = Oracle(N)
    with BatchServer(oracle.reply, Plan(reordered=True)) as server:
        direct = run_rest(*served(server))
        asked = len(server.requests)
        run = run_rest(*served(server), "--rest-batch", QUICK)
        assert ROWS == len(server.paid)
        assert asked + ROWS == len(server.requests)
    print(run.out)
    (batch,) = run.report["provenance"].pop("batches")
    assert {"id": "batch_0001", "status": "ended", "rows": ROWS, "done": ROWS, "failed": 0} == batch
    assert direct.status == run.status
    assert settled(direct.report) == settled(run.report)
    assert "batch 1 of 1: ended, 12 of 12 answers" in run.out
