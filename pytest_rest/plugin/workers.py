"""Sends xdist's workers what they cannot find out by themselves, and has them stand back."""

import contextlib
from typing import Any

import pytest

from pytest_rest import extensions
from pytest_rest.plugin import selection, settings
from pytest_rest.plugin.run import WIRE, Run
from pytest_rest.plugin.suite_protocol import COUNTED, are_counted

_NICE = 19  # the lowest: at 10 eight workers weigh nearly as much as the process that asks
_NICE_OF_FEW = 5  # a third of its weight each: at 19 they lag behind on cores that others use
_ENOUGH = 2  # workers: a verdict takes less of a processor than asking for its answers
_PATIENCE = 10.0  # seconds until a worker that does not answer is left to xdist


def spare(config: pytest.Config, run: Run) -> None:
    """Have no more of `-n`'s workers start than judge as fast as the main process asks.

    Each takes a second of a processor before its first test, and 60 MB. How long tests or metrics
    of others take is not known, so with them all start.
    """
    option, is_own = config.option, run.settings.files == run.settings.paths
    is_each = getattr(option, "dist", "no") == "each"  # every worker runs every test
    if not getattr(option, "numprocesses", None) or is_each or run.model.home == "cpu":
        return
    if is_own and run.settings.fuzz is None and not extensions.METRICS:
        run.spared = max(len(option.tx) - _ENOUGH, 0)
        option.tx = option.tx[:_ENOUGH]


class Workers:
    """The controller's side of the workers that are about to start.

    While the main process asks for all, the workers' importing, drawing and judging must not make
    its calls wait: on few cores eight of them take their time from the one that everybody waits
    for. So they are nicer than it, in the sense of nice(2), and before they import anything.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config, self._run = config, run
        here, _ = selection.workers(config)
        self._nice = _NICE if here > _ENOUGH else _NICE_OF_FEW

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self, gateway: Any) -> None:
        """Lower a local worker's priority where it asks through this process."""
        if not gateway.spec.popen or self._run.serve() is None:
            return
        channel = gateway.remote_exec(f"import os; hasattr(os, 'nice') and os.nice({self._nice})")
        with contextlib.suppress(OSError, EOFError, channel.RemoteError):
            channel.waitclose(_PATIENCE)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the run's settings, and where the dispatcher is."""
        is_local = node.gateway.spec.popen
        dispatcher = self._run.serve() if is_local else None
        place: settings.Place = "worker" if is_local else "remote"
        node.workerinput[WIRE] = settings.to_wire(
            self._run.settings, self._run.model.name, dispatcher, place
        )
        node.workerinput[COUNTED] = are_counted(self._config)
