"""Calls that show the same picture: one after the other, where that keeps nobody waiting."""

import time

import pytest
from endpoint import Reply, Request
from test_dispatcher import PROTOCOL, dispatching

from pytest_rest.benchmark.suites import soebench
from pytest_rest.evaluate import forms
from pytest_rest.terms import Prompt, Scheme, Style

DELAY = 0.06


class Provider:
    """Keeps the picture that a call begins with, from its answer on; and counts who meets it."""

    def __init__(self) -> None:
        self._begun: dict[tuple[bytes, ...], float] = {}
        self.hits = self.again = 0

    def reply(self, request: Request) -> Reply:
        """An answer, after a while."""
        now = time.monotonic()
        if request.images:
            first = self._begun.setdefault(request.images, now)
            self.again += first != now
            self.hits += now - first >= DELAY
        return Reply("Answer: 1", delay=DELAY)


def asked(items: int, repeats: int = 1) -> list[Prompt]:
    """All that is asked of some items."""
    scheme = Scheme(repeats=repeats)
    drawn = soebench.generate(items, 0)
    return [prompt for item in drawn for prompt in forms(item, Style(), PROTOCOL, scheme)]


def test_what_is_asked_ahead_meets_its_picture_in_the_provider_s_cache() -> None:
    """As many are in flight as may be; without looking ahead a few items' would all be at once."""
    provider = Provider()
    with dispatching(provider.reply, 8) as (endpoint, dispatcher):
        prompts = asked(8, repeats=2)
        start = time.monotonic()
        for future in dispatcher.submit(prompts, ahead=True):
            assert future.result().error is None
        seconds = time.monotonic() - start
    assert 8 == endpoint.peak
    assert 8 * 3 == provider.again  # twice each, and the transcription
    assert provider.hits > 0.8 * provider.again
    assert seconds < len(prompts) * DELAY / 2  # and not one by one


@pytest.mark.parametrize("is_ahead", [False, True])
def test_nothing_waits_for_the_same_picture_alone(is_ahead: bool) -> None:
    """A test that waits has all of its calls at once; and what is ahead, where nothing else is."""
    with dispatching(lambda _: Reply("x", delay=0.2), 8) as (endpoint, dispatcher):
        for future in dispatcher.submit(asked(1, repeats=2), ahead=is_ahead):
            assert future.result().error is None
    assert 7 == endpoint.peak
