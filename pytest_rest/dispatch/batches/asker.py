"""Gives tests the answers that their batches brought, and asks what has none only if told to."""

from collections.abc import Callable, Iterable, Sequence

from pytest_rest.dispatch import Pace
from pytest_rest.dispatch.batches.ledger import Ledger
from pytest_rest.dispatch.batches.rounds import Work
from pytest_rest.dispatch.client import Asker, with_following
from pytest_rest.dispatch.prefetch import Asked, Case
from pytest_rest.dispatch.store import Store
from pytest_rest.terms import Completion, Prompt

_UNASKED = "batch: it was in no batch of this run"


class BatchAsker:
    """Answers from the store, without drawing again; a prompt that has no answer is a failed call.

    `direct` makes a way to the model, which asks what has no answer. Without a ledger there was
    nothing to be asked by batch.
    """

    def __init__(
        self,
        work: Work,
        ledger: Ledger | None,
        store: Store,
        direct: Callable[[], Asker] | None = None,
    ) -> None:
        self._work, self._ledger, self._store = work, ledger, store
        self._new_direct = direct
        self._direct: Asker | None = None

    def ask(self, case: Case) -> Asked:
        """A case's prompts and their answers; raises what building the prompts raises."""
        work = self._work
        known = self._ledger.case(work.name(case)) if self._ledger else []
        prompts = known or work.build(case)
        asked = list(zip(prompts, self._stored(prompts), strict=True))
        asked = with_following(asked, work.follow, work.compare, self._stored)
        if self._new_direct and any(answer.error is not None for _, answer in asked):
            return self._model().ask(case)
        return asked

    def ask_prompts(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """The answers of prompts of no case."""
        answers = self._stored(prompts)
        if self._new_direct and any(answer.error is not None for answer in answers):
            return self._model().ask_prompts(prompts)
        return answers

    def walk(self, cases: Iterable[Case]) -> None:
        """Have those of the cases that are not answered asked ahead, where anything is."""
        if self._new_direct:
            self._model().walk(cases)

    @property
    def pace(self) -> Pace:
        """How far the asking is."""
        return self._direct.pace if self._direct else Pace()

    @property
    def changes(self) -> Sequence[str]:
        """Each change of how many calls may be in flight, with its reason."""
        return self._direct.changes if self._direct else ()

    def serve(self) -> None:
        """Nobody: a run by batches has no workers."""

    def stop(self) -> None:
        """Ask nothing more for tests that do not wait for it."""
        if self._direct:
            self._direct.stop()

    def close(self) -> None:
        """Let go of everything."""
        if self._ledger:
            self._ledger.close()
        if self._direct:
            self._direct.close()

    def _model(self) -> Asker:
        if self._direct is None:
            assert self._new_direct is not None  # noqa: S101 (asked for by who has one)
            self._direct = self._new_direct()
        return self._direct

    def _stored(self, prompts: Sequence[Prompt]) -> list[Completion]:
        return [self._store.get(each.digest) or self._failure(each) for each in prompts]

    def _failure(self, prompt: Prompt) -> Completion:
        tries, error = self._ledger.failure(prompt.digest) if self._ledger else (0, "")
        again = f"; it was in {tries} batches" if tries > 1 else ""
        return Completion(error=f"{error or _UNASKED}{again}")
