"""What xdist's workers are told before they start, seen from inside them."""

import os

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest

pytestmark = pytest.mark.skipif(not hasattr(os, "nice"), reason="no niceness here")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "model", "lower"),
    [
        (["-n2"], "served", 19),
        (["-n0"], "served", 0),
        (["-n2"], "simulated", 0),
    ],
    ids=["workers", "one process", "workers that compute"],
)
def test_workers_stand_back_where_the_main_process_asks(
    run_rest: RunRest,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    model: str,
    lower: int,
) -> None:
    """Its calls come first; a model that computes in the workers has their whole priority."""
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.rest("soebench:2")
        def test_it(rest):
            rest()
            assert os.nice(0) == int(os.environ["NICENESS"])
        """
    )
    monkeypatch.setenv("NICENESS", str(min(os.nice(0) + lower, 19)))
    with Endpoint(reply) as endpoint:
        served = [f"--rest-api-base={endpoint.openai_base}"] if model == "served" else []
        result = run_rest(f"--rest-model={model}", *served, *args, ".", subprocess=True)
    assert {"passed": 2} == result.outcomes, result.out


def reply(_: Request) -> Reply:
    """The same for every prompt."""
    return Reply(text="Answer: 3")
