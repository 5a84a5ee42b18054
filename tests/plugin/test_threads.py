"""What threads beside the main one do while pytest runs."""

import logging
from collections.abc import Sequence

import pytest
from runs import RunRest

# A thread that makes loggers all the time, as one does now and then that imports packages.
MAKING = """
    import itertools
    import logging
    import sys
    import threading

    sys.setswitchinterval(1e-6)
    over = threading.Event()

    def make():
        for number in itertools.count():
            if over.is_set() or number > 20_000:
                return
            logging.getLogger(f"made-{number}")

    def pytest_collection():
        threading.Thread(target=make, daemon=True).start()

    def pytest_unconfigure():
        over.set()
    """


@pytest.mark.slow
def test_loggers_are_made_beside_pytest(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """pytest walks over all loggers in each phase of a test: the walk does not end the session."""
    pytester.makeconftest(MAKING)
    run = run_rest(*("--rest-model=simulated", "--rest-suite=soebench:40", *mode), subprocess=True)
    assert {"passed": 40} == run.outcomes, run.out[-2_000:]


def test_loggings_own_dictionary_is_put_back(run_rest: RunRest) -> None:
    """As it was, with the loggers that were made in between."""
    manager = logging.Logger.manager
    before = set(manager.loggerDict)
    run_rest("--rest-model=simulated", "--rest-suite=soebench:1", "-pno:xdist")
    assert dict is type(manager.loggerDict)
    assert before <= set(manager.loggerDict)
