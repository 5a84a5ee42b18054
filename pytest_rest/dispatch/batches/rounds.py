"""Has all prompts of a run's cases answered by batches, round after round.

What follows from an answer, and what failed and may pass, is asked in the batches of a next round.
What is to be asked is worked out anew from the stored answers each time, so a process may go on
wherever another one has ended.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pytest_rest.dispatch import ENDED, RETRIED
from pytest_rest.dispatch.batches.courier import Couriers, NotYetError
from pytest_rest.dispatch.batches.ledger import Batch, Ledger
from pytest_rest.dispatch.batches.row_files import RowFiles, is_too_large
from pytest_rest.dispatch.budgets import Budgets, Used
from pytest_rest.dispatch.prefetch import Case, Compare, Follow
from pytest_rest.dispatch.store import Store
from pytest_rest.errors import BenchmarkError, OptionError, RenderingError, StoreError
from pytest_rest.models.batches import BatchError
from pytest_rest.terms import JUDGES_TASKS, Completion, Prompt
from pytest_rest.wording import count, money

LOG = logging.getLogger("pytest_rest")

Mode = Literal["wait", "submit", "collect"]
Outcome = Literal["done", "handed over", "not yet"]
_FIRST_PAUSE, _GROWTH = 1.0, 1.5
_FAILED_LOOKS = 10  # in a row, of who waits
_IDLE = 3  # rounds without any answer, after which no more is asked
_AT_ONCE = 64  # prompts that a judge without batches is asked


@dataclass(frozen=True)
class Work:
    """What the cases ask: `name` is what each is known by, and says all that its prompts are of."""

    cases: Sequence[Case]
    name: Callable[[Case], str]
    build: Callable[[Case], list[Prompt]]
    follow: Follow
    compare: Compare


class Rounds:
    """The rounds of one session; `tell` is called with the batches whenever one has changed.

    A row is in at most `tries` batches that failed to answer it. `budgets` makes what says what
    may be spent, if anything limits it; `poll` are seconds between two looks at most.
    """

    def __init__(
        self,
        work: Work,
        couriers: Couriers,
        ledger: Ledger,
        store: Store,
        folder: Path,
        *,
        run_id: str,
        budgets: Callable[[], Budgets | None] = lambda: None,
        tries: int = 3,
        poll: float = 60.0,
        tell: Callable[[Sequence[Batch]], None] = lambda _: None,
    ) -> None:
        self._work, self._couriers = work, couriers
        self._ledger, self._store, self._folder = ledger, store, folder
        self._new_budgets = budgets
        self._budgets: Budgets | None = None
        self._taken, self._exceeded = Used(), ""  # by the rows of one round
        self._tries, self._poll, self._tell = tries, poll, tell
        self._complete: set[str] = set()  # names of cases of which all is answered
        self._files = RowFiles(ledger, couriers, run_id)
        self._unaffordable: list[str] = []

    async def run(self, mode: Mode) -> Outcome:
        """Go on as far as the mode has it; `BatchError` where the interface fails for good.

        `StoreError` where nothing can be written any more.
        """
        async with AsyncExitStack() as stack:
            try:
                self._folder.mkdir(exist_ok=True)
                self._files.tidy()
                for courier in filter(None, (self._couriers.model, self._couriers.judge)):
                    await courier.endpoint.open()
                    stack.push_async_callback(courier.endpoint.close)
                return await self._go(mode)
            except OSError as error:
                raise StoreError(
                    f"the files of rows in {str(self._folder)!r} cannot be written: "
                    f"{error.strerror or error}; check its permissions and free space, and go on "
                    "with --rest-resume"
                ) from None

    @property
    def unanswered(self) -> list[Case]:
        """The cases of which something has no answer, as far as is known."""
        name = self._work.name
        return [case for case in self._work.cases if name(case) not in self._complete]

    async def cancel(self) -> None:
        """Have nothing more asked; what was asked by then is fetched by another session."""
        self._ledger.note("cancelled", 1)
        async with AsyncExitStack() as stack:
            for courier in filter(None, (self._couriers.model, self._couriers.judge)):
                await courier.endpoint.open()
                stack.push_async_callback(courier.endpoint.close)
            for batch in self._ledger.open:
                try:
                    await self._couriers.of(batch.is_judges).cancel(batch)
                except NotYetError as why:
                    self._ledger.write(replace(batch, detail=str(why)))

    async def _go(self, mode: Mode) -> Outcome:
        has_sent = False
        while True:
            has_sent |= await self._submit()
            if not self._ledger.noted("walked") or not self._ledger.open:
                await self._walk()
                has_sent |= await self._submit()
                if not self._ledger.open:
                    return "done"
            if mode == "submit" and has_sent:
                if self._couriers.model.keeps_files:  # the state has the command that answers them
                    await self._look(is_patient=False)
                return "handed over"
            await self._look(is_patient=mode == "wait")
            if self._ledger.open:
                return "handed over" if mode == "submit" else "not yet"
            self._count_answers()

    # Handing over, and looking

    async def _submit(self) -> bool:
        """Hand over every batch that is not yet; whether one was."""
        todo = [b for b in self._ledger.open if b.stage in ("prepared", "uploaded", "creating")]
        has_sent = False
        while todo:
            batch, courier = todo[0], self._couriers.of(todo[0].is_judges)
            try:
                todo[:1] = []
                has_sent |= (await courier.submit(batch)).stage == "created"
            except NotYetError as why:
                self._ledger.write(replace(self._ledger.batch(batch.label), detail=str(why)))
            except BatchError as error:
                if not is_too_large(error, batch.rows):
                    raise
                todo[:0] = self._files.split(batch, error)
            self._tell(self._ledger.batches)
        return has_sent

    async def _look(self, *, is_patient: bool) -> None:
        """See how far the batches are, once, or until all are over."""
        pause, failures = min(_FIRST_PAUSE, self._poll), 0
        while True:
            try:
                await self._look_once()
                failures = 0
            except BatchError as error:
                failures += 1
                most = _FAILED_LOOKS if is_patient and f"{error.kind}:" in RETRIED else 1
                if failures >= most:
                    raise
            if not (is_patient and self._ledger.open):
                return
            await asyncio.sleep(pause)
            pause = min(pause * _GROWTH, self._poll)

    async def _look_once(self) -> None:
        for batch in self._ledger.open:
            if batch.stage in ("created", "ended"):
                await self._couriers.of(batch.is_judges).look(batch)
            else:
                await self._submit()
            self._tell(self._ledger.batches)

    def _count_answers(self) -> None:
        """Note whether the rounds still bring answers."""
        answers = sum(batch.done for batch in self._ledger.batches)
        is_idle = answers <= self._ledger.noted("answers")
        self._ledger.note("idle", self._ledger.noted("idle") + 1 if is_idle else 0)
        self._ledger.note("answers", answers)

    # What is to be asked

    async def _walk(self) -> None:
        """Write what is to be asked now into files of rows."""
        if self._ledger.noted("cancelled") or self._ledger.noted("idle") >= _IDLE:
            return
        self._ledger.note("walked", 0)
        self._budgets, self._taken, self._exceeded = self._new_budgets(), Used(), ""
        judged: list[Prompt] = []
        for case in self._work.cases:
            await asyncio.sleep(0)  # an interrupt is noticed here
            for prompt in self._wanted(case):
                if prompt.task in JUDGES_TASKS and self._couriers.judge is None:
                    judged.append(prompt)
                elif self._affords(prompt):
                    self._files.add(prompt)
                else:
                    self._unaffordable.append(prompt.digest)
            if len(judged) >= _AT_ONCE:
                await self._ask_judge(judged)
        await self._ask_judge(judged)
        self._check_budget()
        self._files.finish()
        self._ledger.note("walked", 1)

    def _wanted(self, case: Case) -> list[Prompt]:
        """The prompts of a case that are to be asked now, whole."""
        name = self._work.name(case)
        if name in self._complete:
            return []
        try:
            known = self._ledger.case(name)
            first = known or self._work.build(case)
            asked = self._expand(first)
            wanted = [prompt for prompt, answer in asked if not answer and self._wants(prompt)]
            if known and wanted:  # which are without their pictures' bytes
                asked = self._expand(self._work.build(case))
                wanted = [prompt for prompt, answer in asked if not answer and self._wants(prompt)]
        except (BenchmarkError, RenderingError) as error:  # its test meets the same, and says so
            LOG.debug("%s is not asked: %s", name, error)
            return []
        if not known:
            self._ledger.keep_case(name, first)
        self._ledger.keep_prompts(wanted)
        if all(answer for _, answer in asked):
            self._complete.add(name)
        return wanted

    def _expand(self, prompts: list[Prompt]) -> list[tuple[Prompt, Completion | None]]:
        """A case's prompts, and what follows from their answers, each with its own, if there is."""
        asked = latest = [(prompt, self._store.get(prompt.digest)) for prompt in prompts]
        follow, compare = self._work.follow, self._work.compare
        while more := [p for call in latest if call[1] for p in follow(call[0], call[1])]:
            latest = [(prompt, self._store.get(prompt.digest)) for prompt in more]
            asked = asked + latest
        answered = [(prompt, answer) for prompt, answer in asked if answer]
        if len(answered) < len(asked):
            return asked
        return asked + [(each, self._store.get(each.digest)) for each in compare(answered)]

    def _wants(self, prompt: Prompt) -> bool:
        """Whether a prompt without an answer is to be asked, in a batch that is not made yet."""
        digest = prompt.digest
        if digest in self._files or self._ledger.is_waiting(digest):
            return False
        tries, error = self._ledger.failure(digest)
        may_pass = not error or error.startswith((*RETRIED, ENDED))
        return may_pass and tries < self._tries

    async def _ask_judge(self, prompts: list[Prompt]) -> None:
        """Ask a judge that has no batches; whoever answers stores it."""
        asked, prompts[:] = [*prompts], []
        if not asked:
            return
        answers = await asyncio.to_thread(self._couriers.ask_judge, asked)
        for prompt, answer in zip(asked, answers, strict=True):
            if answer.error is not None:
                self._ledger.fail([prompt.digest], answer.error)

    # What may be spent

    def _affords(self, prompt: Prompt) -> bool:
        if self._budgets is None:
            return True
        most = self._budgets.most(prompt)
        self._exceeded = self._exceeded or self._budgets.exceeded(most) or ""
        self._budgets.begin(most)
        self._taken.add(most)
        return not self._exceeded

    def _check_budget(self) -> None:
        """Send nothing of a run's first batches where they may go over; else leave out what may."""
        if not self._unaffordable:
            return
        name = self._exceeded
        amounts = {
            "calls": count(self._taken.calls, "call"),
            "tokens": f"{self._taken.tokens:,} tokens",
            "cost": money(self._taken.cost),
        }
        said = f"the batches may take {amounts[name]}, more than --rest-max-{name} leaves"
        if all(batch.stage == "prepared" for batch in self._ledger.batches):
            self._files.discard()
            raise OptionError(
                f"{said}, and a batch cannot be stopped in time; give more, or ask fewer items: "
                "nothing was sent"
            )
        self._ledger.fail(self._unaffordable, f"{ENDED}budget: {said}")
        self._unaffordable.clear()
