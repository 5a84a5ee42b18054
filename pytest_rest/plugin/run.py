"""Turns an item and a style into its record, inside whichever process the test runs in."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest

from pytest_rest import credentials, prompts
from pytest_rest.benchmark.stored import UNKNOWN
from pytest_rest.dispatch import Dispatcher, Pace
from pytest_rest.dispatch.budgets import used
from pytest_rest.dispatch.client import Asker, LocalAsker, RemoteAsker
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.dispatch.store import FileStore
from pytest_rest.dispatch.store_file import NAME as STORE
from pytest_rest.dispatch.stored_run import read_run
from pytest_rest.errors import (
    BenchmarkError,
    DispatcherError,
    OptionError,
    RenderingError,
    RestError,
)
from pytest_rest.evaluate import comparisons, lost, record, stored_record
from pytest_rest.models import vision_rules
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.providers.replayed import ReplayedModel
from pytest_rest.models.providers.stored import StoredModel
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.plugin import asked_model, stored_settings
from pytest_rest.plugin.case_builder import CaseBuilder
from pytest_rest.plugin.judged_ahead import JudgedAhead
from pytest_rest.plugin.run_folder import RunFolder
from pytest_rest.plugin.settings import Settings
from pytest_rest.prompts import equivalence
from pytest_rest.reporting.left_out import UNASKABLE, LeftOut
from pytest_rest.safe_text import address
from pytest_rest.terms import Item, Limited, Model, Price, Priced, Record, Style

WIRE = "pytest_rest"  # what a report's attribute and xdist's workerinput are named
REFUSED = "pytest_rest_refused"  # what is wrong with what a worker collected, in its output
OUTCOME = "pytest_rest_outcome"  # what the controller leaves of it for the terminal
ABOUT = ("model", "parameters", "API base", "protocol", "seed")


class Disagreement(pytest.fail.Exception):  # type: ignore[misc, name-defined] # untyped there
    """What a suite's own test fails with: its explanation, of which pytest builds no traceback."""

    __module__ = "builtins"  # as pytest's own outcomes, for a short name in the summary

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, pytrace=False)


class Run:
    """One process's side of a run: its settings, its model, and the way to ask it.

    Model, protocol and the way to ask are made when they are first used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records: dict[pytest.Item, Record] = {}  # of the tests that are running
        self.broken: list[str] = []  # node ids of benchmark files that could not be collected
        self.folder = RunFolder(
            settings.run_dir, is_resumed=settings.resume, replayed=settings.replay
        )
        self.styles: dict[str, Style] = {}  # by id, of every test that was collected
        self.whole: dict[str, Any] | None = None  # of a shard's run, what all shards must hold
        self.left_out: dict[tuple[str, str], LeftOut] = {}  # what cannot be asked, by suite and id
        self.is_checked = False  # whether all that will be collected was looked at for that
        self.spared = 0  # workers that were asked for, and would bring nothing
        self._asker_made: Asker | None = None
        self.ahead = JudgedAhead(self._record)
        self.is_postponed = False  # nothing is judged yet, for batches have not ended
        self.batches: list[dict[str, Any]] = []  # by which it was asked, as the report has them

    @cached_property
    def model(self) -> Model:
        """The model; `ModelError` if it cannot be asked."""
        settings = self.settings
        if settings.stored is not None:
            return StoredModel(settings.stored.model)
        if settings.replay is not None:
            return ReplayedModel(read_run(settings.replay))
        return asked_model.load(settings, self.overrides, self.judge_overrides)

    @property
    def vision_rule(self) -> VisionRule:
        """What the model sees of a picture, as its provider or the user says."""
        settings = self.settings
        return vision_rules.find(
            settings.resolved_name or self.model.name,  # which a worker need not load
            settings.max_side or 0,
            settings.max_pixels or 0,
            is_own=settings.api_base is not None,
        )

    @cached_property
    def overrides(self) -> Overrides:
        """What is added to each request; a plan, which asks nothing, needs no secrets."""
        request = self.settings.request
        return (
            replace(request, variables={}).overrides({})
            if self.settings.plan
            else request.overrides(os.environ)
        )

    @property
    def judge_overrides(self) -> Overrides:
        """What is added to a judge's: the headers, where it is behind the same gateway."""
        settings = self.settings
        is_same = settings.judge_api_base and settings.judge_api_base == settings.api_base
        return Overrides(headers=self.overrides.headers) if is_same else Overrides()

    @cached_property
    def protocol(self) -> prompts.Protocol:
        """The prompts; `OptionError` if their file cannot be used."""
        protocol = prompts.load_protocol(self.settings.prompts)
        limit = self.settings.request.limit
        return protocol if limit is None else replace(protocol, max_tokens={"default": limit})

    @property
    def _wording(self) -> str:
        """What is added to the protocol's name where budgets or a judge have wording of theirs."""
        settings = self.settings
        if settings.scheme.has_judge:
            return f" + {equivalence.wording_id()} by {settings.judge}"
        return f" + {self.protocol.reasoning.id}" if settings.scheme.sweep else ""

    @property
    def protocol_id(self) -> str:
        """What reports are compared by: with budgets, these too."""
        if self.settings.stored is not None:
            return UNKNOWN
        sweep = self.settings.scheme.sweep
        amounts = ",".join(str(each.amount) for each in sweep.budgets) if sweep else ""
        budgets = f", {sweep.largest.control} {amounts}" if sweep else ""
        return f"{self.protocol.id}{self._wording}{budgets}"

    @property
    def price(self) -> Price | None:
        """What the model's tokens cost, where that is known."""
        return self.model.price if isinstance(self.model, Priced) else None

    @property
    def prices(self) -> str | None:
        """Who says what a call costs: the user, LiteLLM's table, or else the gateway asked."""
        if self.settings.replay is not None:
            stored: str | None = read_run(self.settings.replay).get("prices")
            return stored
        if self.settings.price is not None:
            return "given"
        if self.price is not None:
            return "table"
        return "gateway" if self.model.home == "endpoint" else None

    @cached_property
    def known(self) -> tuple[Item, ...]:
        """The items known before collection: of the suites, and of the benchmark files named."""
        return self.settings.known

    @property
    def cases(self) -> Iterator[Case]:
        """Every item of the suites that is not left out, in every style."""
        return (case for case in self.settings.cases if not self.leaves_out(case[0]))

    def leaves_out(self, item: Item) -> bool:
        """Whether an item is left out, because it cannot be asked."""
        return (item.suite, item.id) in self.left_out

    @property
    def asked(self) -> Iterator[Case]:
        """Those of the cases that are of this shard."""
        own = self.settings.shard
        held = own.holds(item for item, _ in self.cases) if own else None
        return (c for c in self.cases if held is None or (c[0].suite, c[0].id) in held)

    def check_answerable(self, items: Sequence[Item]) -> None:
        """Raise `OptionError` where the model can answer none of the items."""
        model = self.model
        if isinstance(model, Limited) and items and not any(map(model.can_answer, items)):
            raise OptionError(
                f"model {self.settings.model!r} answers {model.answers} only, and none of the "
                f"{len(items):,} items is of that kind; name another model, or other items"
            )

    def note(self, styles: Iterable[Style]) -> None:
        """Know styles by their ids; `OptionError` for an id that stands for two of them."""
        for style in filter(stored_settings.is_known, styles):
            if self.styles.setdefault(style.id, style).digest != style.digest:
                raise OptionError(f"style {style.id!r} is there twice; rename one of them")

    def ask(self, item: Item, style: Style) -> Record:
        """Ask every form of an item and judge it; an item that cannot be asked is lost."""
        return self.ahead.record(item, style)

    def _record(self, item: Item, style: Style) -> Record:
        if self.settings.stored is not None:
            case = self.settings.stored.case(item, style.id)
            return stored_record(case) if case else lost(item, style, "no answer is stored")
        try:
            asked = self.asker.ask((item, style))
        except (BenchmarkError, RenderingError) as error:
            return lost(item, style, f"{UNASKABLE}{error}")
        except RestError as error:
            return lost(item, style, str(error))
        scheme, alike = self.settings.scheme, self.settings.allow_models
        return record(item, style, asked, scheme, alike, self.vision_rule)

    def walk(self, cases: Iterable[Case]) -> None:
        """Hand cases over ahead of their tests."""
        with contextlib.suppress(RestError):  # the tests meet the same, and say so
            self.asker.walk(cases)

    def serve(self) -> tuple[int, str] | None:
        """Let workers ask through this process; None for a model that is asked in each of them."""
        return None if self.model.home == "cpu" else self.asker.serve()

    def keep(self) -> None:
        """Open the run's store, in its main process; `StoreError` says why it cannot be."""
        settings = self.settings
        if settings.stored is not None:
            return
        if settings.replay is not None:
            if (settings.run_dir / STORE).exists():
                raise OptionError(
                    f"--rest-replay makes a new run, and {str(settings.run_dir)!r} holds one "
                    "already; choose another --rest-run-dir"
                )
            self.folder.store = FileStore.replay(settings.replay, self.about("protocol"))
        elif settings.resume:
            store = FileStore.resume(settings.run_dir, self.about(*ABOUT))
            store.note("options", self.about()["options"])
            self.folder.store = store
        else:
            self.folder.store = FileStore.create(settings.run_dir, self.about())

    def about(self, *names: str) -> dict[str, Any]:
        """What the run is asked for, or these parts of it, in builtins and without secrets."""
        about = {
            "model": self.model.name,
            "parameters": dict(self.model.parameters),
            "API base": self.settings.api_base and address(self.settings.api_base),
            "protocol": f"{self.protocol.version} ({self.protocol.digest}){self._wording}",
            "seed": self.settings.seed,
            "prices": self.prices,
            "run": self.settings.run_id,
            "options": dict(self.settings.given),
        }
        written = {name: about[name] for name in names or about}
        masked: dict[str, Any] = json.loads(credentials.masked(json.dumps(written)))
        return masked

    @property
    def pace(self) -> Pace:
        """How far the asking is, where this process asks."""
        return self._asker_made.pace if self._asker_made else Pace()

    @property
    def changes(self) -> Sequence[str]:
        """Each change of how many calls may be in flight, with its reason."""
        return self._asker_made.changes if self._asker_made else ()

    def stop(self) -> None:
        """Ask nothing ahead any more, and let the tests that are left know; the main process."""
        self.folder.decide()
        if self._asker_made is not None:
            self._asker_made.stop()

    @property
    def is_decided(self) -> bool:
        """Whether the tests that are left need not ask."""
        return self.settings.early_stop and self.folder.is_decided

    def hang_up(self) -> None:
        """Ask nothing more, and let go of whoever waits for an answer."""
        if self._asker_made is not None:
            self._asker_made.close()

    def close(self) -> None:
        """Close the model's connections, and then the store."""
        self.hang_up()
        self.folder.close()

    def discard(self) -> None:
        """Leave no trace of a run that met no REST test."""
        self.hang_up()
        self.folder.discard()

    def pytest_unconfigure(self) -> None:
        """Let go of everything when the session is over, however it ended."""
        self.close()

    @property
    def asker(self) -> Asker:
        """This process's way to the model."""
        if self._asker_made is None:
            self._asker_made = self.new_asker()
        return self._asker_made

    def use(self, asker: Asker) -> None:
        """Have tests answered in this way."""
        self._asker_made = asker

    def new_asker(self) -> Asker:
        """A way to ask the model directly."""
        settings, build = self.settings, self.build
        follow = build.follow if settings.scheme.has_follow_ups else None
        if settings.dispatcher is not None:
            try:
                return RemoteAsker(*settings.dispatcher, build, follow, comparisons)
            except OSError as error:
                raise DispatcherError(
                    f"the run's main process cannot be reached: {error}"
                ) from None
        if settings.place == "remote":
            self.folder.make_far()
            self.folder.store = FileStore.share(settings.run_dir, self.about())
        elif settings.place == "worker":
            replayed = settings.replay
            self.folder.store = (
                FileStore.read(replayed) if replayed else FileStore.join(settings.run_dir)
            )
        store = self.folder.store
        assert store is not None  # noqa: S101 (the main process has opened it)
        stored = store.all() if settings.replay is None else ()  # which spends nothing
        spent = used((answer for _, answer in stored), self.price)
        dispatcher = Dispatcher(self.model, settings.limits, store, spent)
        may_stop, is_served = settings.may_stop, self.model.home == "endpoint"
        return LocalAsker(
            *(dispatcher, build, follow, may_stop, comparisons),
            draws_apart=is_served and not may_stop,
        )

    @property
    def build(self) -> CaseBuilder:
        """What a case asks at first; its pictures are in the folder of the run then."""
        folder = self.folder
        return CaseBuilder(self.protocol, self.settings.scheme, folder.pictures, folder.drawings)
