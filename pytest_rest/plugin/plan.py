"""Turns the tests that were collected into a plan of what they would ask, and asks nothing."""

from collections.abc import Iterator

import pytest

from pytest_rest.dispatch import estimate
from pytest_rest.dispatch.budgets import used
from pytest_rest.dispatch.estimate import Plan
from pytest_rest.dispatch.stored_run import read_answers, read_digests
from pytest_rest.errors import RestError
from pytest_rest.evaluate import comparisons, follow_ups, forms
from pytest_rest.models.seen import SeenStyles, picture
from pytest_rest.plugin.cases import case_of
from pytest_rest.plugin.run import Run
from pytest_rest.reporting.terminal import plan, seen, tables
from pytest_rest.terms import Completion, Item, Prompt, Style

_WORDS = "word " * 80  # nearly as long as an answer that is compared may be


class Planner:
    """Runs no test; in the only process, for a plan needs no workers."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._plan: Plan | None = None
        self._seen = SeenStyles()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Plan what was selected, instead of running it; errors of the collection are pytest's."""
        if session.testsfailed:
            return None
        settings, model = self._run.settings, self._run.model
        stored = read_digests(settings.run_dir) if settings.resume else frozenset()
        prompts, price, rule = self._prompts(session), self._run.price, self._run.vision_rule
        before = used(read_answers(settings.run_dir) if settings.resume else (), price)
        self._plan = estimate.make(
            prompts, model.name, price, stored, rule, settings.limits, before
        )
        return True

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """The plan."""
        if self._plan is None:
            return
        terminalreporter.write_sep("=", "REST plan: nothing was asked")
        settings, model = self._run.settings, self._run.model
        for line in plan.lines(self._plan, settings.limits, model):
            terminalreporter.write_line(line)
        if model.home == "endpoint":
            size = settings.given["eyes_whole"]
            for line in seen.plan(self._seen.styles(), self._run.vision_rule, size):
                terminalreporter.write_line(line)
        if settings.fuzz:
            most = f"{settings.fuzz.calls:,} calls at most"
            terminalreporter.write_line(f"fuzzing comes on top: {most} (--rest-fuzz-calls)")
        if settings.given["measures_eyes"]:
            from pytest_rest import eyechart  # numpy, for this option alone

            most = f"{eyechart.MOST_CALLS} calls at most"
            terminalreporter.write_line(f"the eye chart comes on top: {most} (--rest-eyechart)")
        for line in tables.left_out([*self._run.left_out.values()]):
            terminalreporter.write_line(line, yellow=True)

    def _prompts(self, session: pytest.Session) -> Iterator[list[Prompt]]:
        for item in session.items:
            if (case := case_of(item)) is None:
                continue
            try:
                yield self._asked(*case)
            except RestError as error:  # a picture that is another one now
                raise pytest.UsageError(f"REST: {case[0].id} cannot be asked: {error}") from None

    def _asked(self, item: Item, style: Style) -> list[Prompt]:
        """What a case asks, and what follows if its answers are as they are imagined."""
        protocol, scheme = self._run.protocol, self._run.settings.scheme
        asked = latest = forms(item, style, protocol, scheme)
        while latest:
            calls = [(prompt, _imagined(prompt)) for prompt in latest]
            latest = [more for call in calls for more in follow_ups(*call, protocol, scheme)]
            asked = asked + latest
        asked = asked + comparisons([(prompt, _imagined(prompt)) for prompt in asked])
        for prompt in asked:
            if shown := picture(prompt, self._run.vision_rule):
                self._seen.add(shown)
        return asked


def _imagined(prompt: Prompt) -> Completion:
    """A transcription that is nearly right, all the thinking that there is room for, an answer.

    The second of two passes shows the text form if it is fully so, and is not asked again. Where a
    judge compares answers, all are imagined to differ, as is dearest.
    """
    if prompt.task == "transcribe":
        return Completion("".join(f"{each.text}\n" for each in prompt.images))
    if prompt.item.equivalence:
        return Completion(f"Answer: {prompt.digest} {_WORDS}")
    return Completion("think " * prompt.max_tokens if prompt.task == "think" else "an answer")
