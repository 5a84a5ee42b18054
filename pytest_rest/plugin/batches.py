"""Has a run's tests answered by batches before the first of them, or ends where that takes time."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import cached_property
from typing import Any, Literal, TypeVar

import pytest

from pytest_rest.benchmark import near
from pytest_rest.dispatch import RETRIED
from pytest_rest.dispatch.batches.asker import BatchAsker
from pytest_rest.dispatch.batches.courier import Courier, Couriers
from pytest_rest.dispatch.batches.ledger import Batch, Ledger
from pytest_rest.dispatch.batches.rounds import Rounds, Work
from pytest_rest.dispatch.budgets import Budgets, used
from pytest_rest.dispatch.client import Asker
from pytest_rest.dispatch.prefetch import Case, key
from pytest_rest.errors import ModelError, RestError
from pytest_rest.evaluate import comparisons
from pytest_rest.models.batches import BatchEndpoint, BatchError, connect, connect_file
from pytest_rest.models.with_judge import JudgedModel
from pytest_rest.plugin import batch_settings
from pytest_rest.plugin.batch_progress import BatchProgress, line
from pytest_rest.plugin.cases import case_of
from pytest_rest.plugin.progress import Watch
from pytest_rest.plugin.run import Run
from pytest_rest.terms import Model, Price, Priced
from pytest_rest.terms.content import short_digest
from pytest_rest.wording import count

NOT_YET = 75  # the exit status where batches have not ended: EX_TEMPFAIL of sysexits.h
_TRIES = 3  # batches in which a row may be

T = TypeVar("T")
Outcome = Literal["", "done", "handed over", "not yet", "cancelled", "answered"]


class Batches:
    """The time before the tests; in the only process, for a batch needs no workers."""

    def __init__(self, config: pytest.Config, run: Run, watch: Watch) -> None:
        self._config, self._run, self._watch = config, run, watch
        self._endpoint, self._judge = _connected(run), _connected_judge(run)
        self._is_direct = run.settings.batch_rest == "now"
        self._direct: Asker | None = None
        self._ledger: Ledger | None = None
        self._outcome: Outcome = ""
        self._why = ""

    def pytest_report_header(self) -> list[str]:
        """That it is by batch, and what is not."""
        said = "rest: asked by batch, at a lower price and within a day; it needs no workers"
        if batch_settings.is_by_file(self._run.settings.given):
            said = "rest: asked by files of rows, which another program answers"
        if isinstance(self._run.model, JudgedModel) and self._judge is None:
            said += "; the judge has no batches, and is asked directly"
        return [said]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Have all tests answered, and run them; or run none where that is for another session."""
        known = {key(case): case for item in session.items if (case := case_of(item)) is not None}
        option = session.config.option
        is_broken = session.testsfailed and not option.continue_on_collection_errors
        if is_broken or option.collectonly:
            return None
        if not known:  # and what a test asks by itself is in no batch
            self._answer(self._work(()), None)
            return None
        self._run.is_postponed = True
        try:
            self._outcome = self._go([*known.values()])
        except BatchError as error:
            if f"{error.kind}:" not in RETRIED:
                raise pytest.UsageError(f"REST: batches: {error.message}") from None
            self._outcome, self._why = "not yet", error.message
        except RestError as error:
            raise pytest.UsageError(f"REST: {error}") from None
        finally:
            self._watch.instead = ""
            if self._direct and not (self._outcome == "done" and self._is_direct):
                self._direct.close()
        if self._outcome != "done":
            return True
        self._run.is_postponed = False
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say by the exit status that nothing is judged yet."""
        if self._outcome == "not yet":
            session.exitstatus = NOT_YET

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Of a run that is not judged yet: how far each batch is, and how to go on."""
        if not (self._run.is_postponed and self._ledger):
            return
        if not (self._outcome or self._ledger.batches):  # nothing was ever sent
            return
        terminalreporter.write_sep("=", "REST: batches")
        batches = self._ledger.batches
        for batch in batches:
            terminalreporter.write_line(line(batch, len(batches)))
            if batch.is_open and batch_settings.is_by_file(self._run.settings.given):
                terminalreporter.write_line(f"  {batch.detail}")  # the command that answers it
        for text in self._next(batches):
            terminalreporter.write_line(text, bold=True)

    def pytest_unconfigure(self) -> None:
        """Let go of the ledger, however the session ended."""
        if self._ledger is not None:
            self._ledger.close()

    def _next(self, batches: Sequence[Batch]) -> list[str]:
        """What is the case, and what to do next."""
        over = sum(not batch.is_open for batch in batches)
        said = {
            "handed over": "all is handed over, and goes on by itself; nothing is judged yet",
            "answered": "all is answered; nothing was judged",
            "cancelled": "cancelled; what was asked before can still be fetched and judged",
        }.get(self._outcome, f"not yet: {over} of {count(len(batches), 'batch', 'batches')} ended")
        settings = self._run.settings
        folder, has_gate = near(settings.run_dir), bool(settings.thresholds) or settings.is_compared
        lines = [said, *([f"the last look failed: {self._why}"] if self._why else [])]
        gate = "" if has_gate else ", and the options of the gate"
        lines += [f"go on with: pytest --rest-resume={folder}{gate}"]
        if self._outcome in ("", "not yet"):
            lines[-1] += "; with --rest-batch it waits"
        return lines

    def _go(self, cases: Sequence[Case]) -> Outcome:
        run, settings = self._run, self._run.settings
        store = run.folder.store
        assert store is not None  # noqa: S101 (the controller has opened it)
        ledger = self._ledger = Ledger(settings.run_dir)
        if settings.resume and settings.batch in ("wait", "submit"):
            ledger.forgive()
        work = self._work(cases)
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        write = reporter.write_line if reporter else lambda _: None
        rounds = Rounds(
            work,
            self._couriers(ledger),
            ledger,
            store,
            settings.run_dir / batch_settings.FOLDER,
            run_id=settings.run_id,
            budgets=self._budgets,
            tries=1 if self._is_direct else _TRIES,
            poll=settings.batch_poll,
            tell=BatchProgress(self._watch, write).tell,
        )
        if settings.batch == "cancel":
            _run(rounds.cancel())
            return "cancelled"
        assert settings.batch  # noqa: S101 (only of such runs)
        outcome = _run(rounds.run(settings.batch))
        run.batches = [_told(batch) for batch in ledger.batches if batch.id]
        if outcome == "done" and settings.batch == "submit":
            return "answered"
        if outcome == "done":
            self._answer(work, ledger).walk(rounds.unanswered)
        return outcome

    def _work(self, cases: Sequence[Case]) -> Work:
        return Work(cases, self._named, self._run.build, self._run.build.follow, comparisons)

    def _answer(self, work: Work, ledger: Ledger | None) -> BatchAsker:
        """Have the tests answered by what the batches have brought."""
        store = self._run.folder.store
        assert store is not None  # noqa: S101 (as above)
        asker = BatchAsker(work, ledger, store, self._model if self._is_direct else None)
        self._run.use(asker)
        return asker

    def _couriers(self, ledger: Ledger) -> Couriers:
        models = (self._run.model, self._run.model)
        if isinstance(self._run.model, JudgedModel):
            models = self._run.model.models

        def courier(endpoint: BatchEndpoint, model: Model) -> Courier:
            store = self._run.folder.store
            assert store is not None  # noqa: S101 (as above)
            folder, retries = self._run.settings.run_dir, self._run.settings.limits.retries
            price = self._price(model.price if isinstance(model, Priced) else None, endpoint)
            keeps = endpoint is self._endpoint and batch_settings.is_by_file(
                self._run.settings.given
            )
            where = folder / batch_settings.FOLDER
            return Courier(endpoint, ledger, store, where, price, retries, keeps_files=keeps)

        judge = courier(self._judge, models[1]) if self._judge else None
        return Couriers(
            courier(self._endpoint, models[0]),
            judge,
            lambda asked: self._model().ask_prompts(asked),
        )

    def _model(self) -> Asker:
        """The way to ask directly: a judge without batches, and with --rest-batch-rest=now."""
        if self._direct is None:
            self._direct = self._run.new_asker()
        return self._direct

    def _budgets(self) -> Budgets | None:
        """What is left of the run's budgets, at the price of batches."""
        run, most = self._run, self._run.settings.limits.budgets
        store = run.folder.store
        if store is None or not any(most.values()):
            return None
        price = self._price(run.price, self._endpoint)
        spent = used((answer for _, answer in store.all()), price)
        return Budgets(most, price, run.model.name, spent)

    def _price(self, price: Price | None, endpoint: BatchEndpoint) -> Price | None:
        """Of a token in a batch; a server of one's own costs what is said that it costs."""
        if price is None or price.batch is not None:
            return price and price.batch
        settings, is_model = self._run.settings, endpoint is self._endpoint
        base = settings.api_base if is_model else settings.judge_api_base
        share = endpoint.price_share if base is None else 1.0
        cached = None if price.cached is None else price.cached * share
        return Price(price.input * share, price.output * share, cached)

    def _named(self, case: Case) -> str:
        """What a case is known by in the run's folder, with all that its prompts depend on."""
        return f"{key(case)}/{short_digest(case[1].digest + self._asked)}"

    @cached_property
    def _asked(self) -> str:
        """A digest of how each item is asked, and in which words."""
        run = self._run
        return short_digest(f"{run.settings.scheme!r} {run.protocol!r}")


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it, and leave the event loops of others alone; Ctrl-C cancels it between two steps."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)


def _connected(run: Run) -> BatchEndpoint:
    """Where the model's batches go."""
    settings = run.settings
    if batch_settings.is_by_file(settings.given):
        folder = settings.run_dir / batch_settings.FOLDER
        return connect_file(settings.model, folder, overrides=run.overrides)
    sweep = settings.scheme.sweep
    return connect(
        settings.model,
        api_base=settings.api_base,
        timeout=settings.timeout,
        budgets=sweep.budgets if sweep else (),
        overrides=run.overrides,
    )


def _connected_judge(run: Run) -> BatchEndpoint | None:
    """Where the judge's batches go; None where it has none, and is asked directly."""
    settings = run.settings
    if not isinstance(run.model, JudgedModel):
        return None
    base, overrides = settings.judge_api_base, run.judge_overrides
    try:
        return connect(settings.judge, api_base=base, timeout=settings.timeout, overrides=overrides)
    except ModelError:
        return None


def _told(batch: Batch) -> dict[str, object]:
    """A batch as the report has it."""
    names = ("id", "status", "rows", "done", "failed")
    return {name: getattr(batch, name) for name in names}
