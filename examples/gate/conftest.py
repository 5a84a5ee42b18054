"""A release gate: the thresholds of the REST tests in this folder and below.

Run it with `pytest examples/gate --rest-model=...`. With thresholds an inconsistent item does not
fail by itself; the build fails when RER is below, or CFR above, what stands here.
"""

import pytest


@pytest.fixture(scope="session")
def rer_threshold() -> float:
    """At least nine items in ten are answered alike in every form."""
    return 0.90


@pytest.fixture(scope="session")
def cfr_threshold() -> float:
    """Of the items that are right in some form, at most one in ten is wrong in another."""
    return 0.10
