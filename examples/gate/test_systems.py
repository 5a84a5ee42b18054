"""Thirty fresh systems of equations, judged by the thresholds in conftest.py."""

import pytest

from pytest_rest import Rest


@pytest.mark.rest("soebench:30")
def test_systems(rest: Rest) -> None:
    """One test for each item; the gate decides over all of them."""
    assert rest().consistent
