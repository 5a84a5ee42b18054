"""Turns an item and a style into its record, inside whichever process the test runs in."""

import contextlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pytest

from pytest_rest import prompts
from pytest_rest.dispatcher import Dispatcher
from pytest_rest.dispatcher_remote import Client, Server
from pytest_rest.errors import RestError
from pytest_rest.evaluate import forms, lost, record
from pytest_rest.models import load_model
from pytest_rest.plugin.options import Settings
from pytest_rest.terms import Item, Model, Prompt, Record, Style

WIRE = "pytest_rest"  # what a report's attribute and xdist's workerinput are named
Case = tuple[Item, Style]


class Disagreement(AssertionError):  # noqa: N818 (an outcome, not an error)
    """What a suite's own test fails with: its explanation, shown without a traceback."""

    __module__ = "builtins"  # as pytest's own outcomes, for a short name in the summary


def case_of(node: pytest.Item) -> Case | None:
    """The item and style that a collected test asks; None for any other test."""
    callspec = getattr(node, "callspec", None)
    parameters = callspec.params if callspec and "rest" in getattr(node, "fixturenames", ()) else {}
    found: Case | None = parameters.get("rest")
    return found


def case_id(case: Case) -> str:
    """`soebench-0007-dejavu-200dpi-black`."""
    return f"{case[0].id}-{case[1].id}"


class Run:
    """One process's side of a run: its settings, its model, and the way to ask it.

    Model, protocol and dispatcher are made when they are first used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._dispatcher: Dispatcher | None = None
        self._server: Server | None = None
        self._client: Client | None = None

    @cached_property
    def model(self) -> Model:
        """The model; `ModelError` if it cannot be asked."""
        settings = self.settings
        return load_model(
            settings.model,
            seed=settings.seed,
            api_base=settings.api_base,
            timeout=settings.timeout,
        )

    @cached_property
    def protocol(self) -> prompts.Protocol:
        """The prompts; `OptionError` if their file cannot be used."""
        return prompts.load_protocol(self.settings.prompts)

    def ask(self, item: Item, style: Style) -> Record:
        """Ask every form of an item and judge it; an item that cannot be asked is lost."""
        try:
            asked = forms(item, style, self.protocol, self.settings.modes)
        except RestError as error:
            return lost(item, style, str(error))
        self._keep_pictures(asked)
        try:
            return record(item, style, asked, self._asker().ask(asked))
        except RestError as error:
            return lost(item, style, str(error))

    def serve(self) -> tuple[int, str] | None:
        """Let workers ask through this process; None for a model that is asked in each of them."""
        if self.model.home == "cpu":
            return None
        if self._server is None:
            self._dispatcher = self._dispatch()
            self._server = Server(self._dispatcher)
        return self._server.port, self._server.token

    @property
    def retries(self) -> int:
        """How often this process asked again after a failure."""
        return self._dispatcher.retries if self._dispatcher else 0

    def picture(self, digest: str) -> Path:
        """Where the picture of that digest is kept."""
        return self.settings.run_dir / "images" / f"{digest}.png"

    def pytest_unconfigure(self) -> None:
        """Close the model's connections when the session is over, however it ended."""
        for each in (self._client, self._server, self._dispatcher):
            if each is not None:
                each.close()

    def _dispatch(self) -> Dispatcher:
        return Dispatcher(self.model, self.settings.concurrency, self.settings.retries)

    def _asker(self) -> Dispatcher | Client:
        if self._client is None and self._dispatcher is None:
            if self.settings.dispatcher is not None:
                with contextlib.suppress(OSError):  # a worker on another machine asks by itself
                    self._client = Client(*self.settings.dispatcher)
            if self._client is None:
                self._dispatcher = self._dispatch()
        return self._client or self._dispatcher  # type: ignore[return-value]

    def _keep_pictures(self, asked: Sequence[Prompt]) -> None:
        for image in {image.digest: image for prompt in asked for image in prompt.images}.values():
            path = self.picture(image.digest)
            with contextlib.suppress(OSError):  # a picture less must not lose a paid answer
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.write_bytes(image.png)
