"""Sends xdist's workers what they cannot find out by themselves, and has them stand back."""

import contextlib
from typing import Any

import pytest

from pytest_rest.plugin import settings
from pytest_rest.plugin.run import WIRE, Run

_NICE = 19  # the lowest: at 10 eight workers weigh nearly as much as the process that asks
_PATIENCE = 10.0  # seconds until a worker that does not answer is left to xdist


class Workers:
    """The controller's side of the workers that are about to start.

    While the main process asks for all, the workers' importing, drawing and judging must not make
    its calls wait: on few cores eight of them take their time from the one that everybody waits
    for. So they are nicer than it, in the sense of nice(2), and before they import anything.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self, gateway: Any) -> None:
        """Lower a local worker's priority where it asks through this process."""
        if not gateway.spec.popen or self._run.serve() is None:
            return
        channel = gateway.remote_exec(f"import os; hasattr(os, 'nice') and os.nice({_NICE})")
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
