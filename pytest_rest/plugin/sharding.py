"""Turns the tests that were selected into those of this shard; in every process alike."""

import pytest

from pytest_rest.benchmark import shard
from pytest_rest.benchmark.shard import Shard
from pytest_rest.plugin.cases import case_of, named
from pytest_rest.plugin.run import Run


class Sharding:
    """Deselects the items of the other shards, whatever else has left some out before."""

    def __init__(self, run: Run, own: Shard) -> None:
        self._run, self._shard = run, own

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep this shard's items, and every test that asks nothing."""
        cases = {node: case for node in items if (case := case_of(node)) is not None}
        self._run.whole = shard.whole(named(node, case) for node, case in cases.items())
        held = self._shard.holds(item for item, _ in cases.values())
        others = {node for node, (item, _) in cases.items() if (item.suite, item.id) not in held}
        if others:
            config.hook.pytest_deselected(items=[node for node in items if node in others])
            items[:] = [node for node in items if node not in others]
