"""Asking ahead, over a real server: each prompt once, bounded, and behind what is waited for."""

import gc
import itertools
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from endpoint import Endpoint, Reply, Request

from pytest_rest.dispatch import Dispatcher, prefetch
from pytest_rest.dispatch.client import Asker, LocalAsker, RemoteAsker
from pytest_rest.dispatch.interruptible import Event
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.prefetch import Asked, Case, LookAhead, key
from pytest_rest.dispatch.rpc import Client
from pytest_rest.dispatch.walker import Walker
from pytest_rest.errors import DispatcherError, RenderingError
from pytest_rest.models.providers.openai_compatible import connect
from pytest_rest.terms import Choice, Form, Image, Item, Prompt, Style

PICTURE = 1000  # bytes


class Plan:
    """Answers with what it was asked, once it is open; a prompt in `faults` gets its fault once."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.faults: dict[str, Reply] = {}

    def __call__(self, request: Request) -> Reply:
        """What the server answers; it answers nobody as long as the plan is closed."""
        assert self.open.wait(20)
        return self.faults.pop(request.texts[0], Reply(text=request.texts[0]))


@contextmanager
def dispatching(concurrency: int = 32) -> Iterator[tuple[Plan, Endpoint, Dispatcher]]:
    """A server with a plan, and a dispatcher that asks it."""
    plan = Plan()
    with Endpoint(plan) as endpoint:
        model = connect("tested", endpoint.openai_base, timeout=60, environ={})
        dispatcher = Dispatcher(model, Limits(concurrency, retries=0))
        try:
            yield plan, endpoint, dispatcher
        finally:
            plan.open.set()
            dispatcher.close()


def case(number: int) -> Case:
    """A case that is told by its number."""
    return Item(f"i{number}", f"q{number}", "a"), Style()


def cases(n: int) -> list[Case]:
    """The first n cases."""
    return [case(number) for number in range(n)]


def build(of: Case) -> list[Prompt]:
    """Two prompts, one of them with a picture."""
    item, style = of
    image = Image(b"P" * PICTURE, f"digest of {item.id}", item.question)
    return [
        Prompt(item, Form("text"), "solve", (f"{item.id} text",), 16),
        Prompt(item, Form("image", style), "solve", (f"{item.id} image", image), 16),
    ]


def texts(of: Case) -> list[str]:
    """What its prompts are answered with, in their order."""
    return [f"{of[0].id} text", f"{of[0].id} image"]


def answers(asked: Asked) -> list[str]:
    """What came back, in order."""
    return [completion.text for _, completion in asked]


def seen(endpoint: Endpoint) -> list[str]:
    """The text of each request, in the order in which they came."""
    return [request.texts[0] for request in endpoint.requests]


def place(ahead: LookAhead, *placed: Case) -> None:
    """Hand cases over, whether there is room or not."""
    for each in placed:
        assert ahead.place(key(each), build(each))


def claim(ahead: LookAhead, of: Case) -> list[str] | None:
    """What a test gets that claims a case, once it is answered."""
    if (claimed := ahead.claim(key(of))) is None:
        return None
    return [future.result(20).text for future in claimed.futures]


def until(condition: Callable[[], bool]) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def flush(dispatcher: Dispatcher) -> None:
    """Wait until the loop has seen what was handed over."""

    async def nothing() -> None:
        pass

    dispatcher.run(nothing())


class Waiting:
    """A thread that waits for room, or for anything else."""

    def __init__(self, wait: Callable[[], object]) -> None:
        self.results: list[object] = []
        self._thread = threading.Thread(target=lambda: self.results.append(wait()), daemon=True)
        self._thread.start()

    def is_blocked(self) -> bool:
        """Whether it still waits after a moment."""
        self._thread.join(0.1)
        return self._thread.is_alive()

    def result(self) -> object:
        """What it has waited for."""
        self._thread.join(20)
        assert 1 == len(self.results)
        return self.results[0]


def soon(call: Callable[[], object]) -> object:
    """What a call gives that need not wait; fails when it does for ever."""
    return Waiting(call).result()


class Build:
    """A `build` that counts, can be held up, and fails for some cases."""

    def __init__(self, *failing: Case) -> None:
        self.built: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self._failing = failing

    def __call__(self, of: Case) -> list[Prompt]:
        """The case's prompts."""
        self.built.append(of[0].id)
        assert self.open.wait(20)
        if of in self._failing:
            raise RenderingError(f"{of[0].id} cannot be drawn; change it")
        return build(of)


# What is handed over


def test_a_case_is_known_by_what_it_shows() -> None:
    """Suite, id, content and style: each of them makes another case, nothing else does."""
    item, style = case(1)
    others = [
        (replace(item, suite="other"), style),
        (replace(item, id="other"), style),
        (replace(item, question="other"), style),
        (replace(item, choices=(Choice("A", "a"),)), style),
        (item, Style(dpi=50)),
    ]
    assert 6 == len({key(each) for each in [(item, style), *others]})
    assert key((item, style)) == key((replace(item), Style()))


def test_a_claimed_case_has_its_answers() -> None:
    """In the order of its prompts, and nothing is asked twice."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        place(ahead, *cases(5))
        for each in reversed(cases(5)):
            assert texts(each) == claim(ahead, each)
        assert dispatcher.ask(build(case(0)))[0].text == "i0 text"
    assert sorted(text for each in cases(5) for text in texts(each)) == sorted(seen(endpoint))


def test_a_case_of_no_prompts_is_answered_at_once() -> None:
    """Nobody waits for what will not come."""
    with dispatching() as (_, _, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        assert ahead.place("nothing", [])
        claimed = ahead.claim("nothing")
        assert claimed is not None
        assert [] == claimed.wait()


def test_a_claimed_case_has_its_prompts() -> None:
    """As they were, but for the bytes of their pictures; the server has seen these."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        place(ahead, case(1))
        claimed = ahead.claim(key(case(1)))
        assert claimed is not None
        prompts, futures = claimed.prompts, claimed.futures
        for future in futures:
            future.result(20)
    expected = build(case(1))
    assert [each.digest for each in expected] == [each.digest for each in prompts]
    assert [(), (Image(b"P" * 24, "digest of i1", "q1"),)] == [each.images for each in prompts]
    assert [each.parts[0] for each in expected] == [each.parts[0] for each in prompts]
    assert [b"P" * PICTURE] == [png for request in endpoint.requests for png in request.images]


def test_a_case_is_claimed_once() -> None:
    """A test that is run again asks by itself; so does one whose case was not handed over."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        place(ahead, case(1))
        assert texts(case(1)) == claim(ahead, case(1))
        assert claim(ahead, case(1)) is None
        assert claim(ahead, case(2)) is None
        assert texts(case(1)) == [each.text for each in dispatcher.ask(build(case(1)))]
    assert 2 == len(endpoint.requests)


def test_a_case_is_placed_once() -> None:
    """Whoever comes second with it need not: not before it is claimed, and not after."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        assert not ahead.has(key(case(1)))
        assert soon(lambda: ahead.wait(key(case(1))))
        for _ in range(2):
            place(ahead, case(1))
            assert ahead.has(key(case(1)))
            assert not soon(lambda: ahead.wait(key(case(1))))
        assert texts(case(1)) == claim(ahead, case(1))
        place(ahead, case(1))
        assert claim(ahead, case(1)) is None
    assert 2 == len(endpoint.requests)


def test_a_case_that_was_claimed_is_not_placed() -> None:
    """Its test has come first, and asks by itself."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        assert claim(ahead, case(1)) is None
        assert ahead.has(key(case(1)))
        assert not soon(lambda: ahead.wait(key(case(1))))
        place(ahead, case(1))
        flush(dispatcher)
        assert claim(ahead, case(1)) is None
    assert () == endpoint.requests


def test_cases_that_show_the_same() -> None:
    """Two items with the same prompts are asked once, and both are answered."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 2, 64)
        for name in "abc":
            assert soon(lambda: ahead.wait("new"))
            assert ahead.place(name, build(case(1)))
            claimed = ahead.claim(name)
            assert claimed is not None
            assert texts(case(1)) == [future.result(20).text for future in claimed.futures]
    assert 2 == len(endpoint.requests)


# Bounds


def test_prompts_without_an_answer_are_bounded() -> None:
    """Who wants to hand over more waits for the answers."""
    with dispatching() as (plan, _, dispatcher):
        ahead = LookAhead(dispatcher, 4, 64)
        plan.open.clear()
        place(ahead, case(1))
        assert ahead.has_room()
        place(ahead, case(2))
        assert not ahead.has_room()
        waiting = Waiting(lambda: ahead.wait("new"))
        assert waiting.is_blocked()
        ahead.claim(key(case(1)))  # that a test has come answers nothing
        assert waiting.is_blocked()
        plan.open.set()
        assert waiting.result() is True
        assert claim(ahead, case(2)) is not None
        assert ahead.has_room()


def test_prompts_without_a_test_are_bounded() -> None:
    """Who wants to hand over more waits for the tests, though all is answered."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 4)
        place(ahead, case(1))
        assert ahead.has_room()
        place(ahead, case(2))
        dispatcher.ask([*build(case(1)), *build(case(2))])
        assert not ahead.has_room()
        waiting = Waiting(lambda: ahead.wait("new"))
        assert waiting.is_blocked()
        claim(ahead, case(1))
        assert waiting.result() is True
        assert ahead.has_room()
    assert 4 == len(endpoint.requests)


def test_pictures_without_an_answer_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their bytes count until every prompt of their case is answered."""
    monkeypatch.setattr(prefetch, "_LARGEST", PICTURE + 1)
    with dispatching() as (plan, _, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.open.clear()
        place(ahead, case(1))
        assert ahead.has_room()
        place(ahead, case(2))
        waiting = Waiting(lambda: ahead.wait("new"))
        assert waiting.is_blocked()
        ahead.claim(key(case(1)))
        assert waiting.is_blocked()
        plan.open.set()
        assert waiting.result() is True
        claim(ahead, case(2))
        assert ahead.has_room()
        plan.open.clear()
        place(ahead, case(3), case(4))
        assert not ahead.has_room()


def test_a_case_that_is_half_answered_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives it back once, with the last of its answers."""
    monkeypatch.setattr(prefetch, "_LARGEST", PICTURE)
    with dispatching() as (plan, _, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        text, image = build(case(1))
        dispatcher.ask([text])
        plan.open.clear()
        place(ahead, case(1))
        assert not ahead.has_room()
        plan.open.set()
        dispatcher.ask([image])
        until(ahead.has_room)
        plan.open.clear()
        place(ahead, case(2))
        assert not ahead.has_room()


def test_what_is_answered_already_takes_no_room() -> None:
    """Neither as a prompt without an answer, nor with its pictures."""
    with dispatching() as (_, endpoint, dispatcher):
        dispatcher.ask(build(case(1)))
        ahead = LookAhead(dispatcher, 1, 64)
        place(ahead, case(1))
        assert ahead.has_room()
        assert texts(case(1)) == claim(ahead, case(1))
    assert 2 == len(endpoint.requests)


def test_who_waits_for_room_is_freed_by_a_claim_of_the_same_case() -> None:
    """Its test has come: there is nothing to hand over any more."""
    with dispatching() as (plan, _, dispatcher):
        ahead = LookAhead(dispatcher, 1, 64)
        plan.open.clear()
        place(ahead, case(1))
        waiting = Waiting(lambda: ahead.wait(key(case(2))))
        assert waiting.is_blocked()
        assert claim(ahead, case(2)) is None
        assert waiting.result() is False


def test_who_waits_for_room_is_freed_by_the_end() -> None:
    """Then nothing more is taken, and nothing is asked."""
    with dispatching() as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 1, 64)
        plan.open.clear()
        place(ahead, case(1))
        waiting = Waiting(lambda: ahead.wait(key(case(2))))
        assert waiting.is_blocked()
        ahead.close()
        assert waiting.result() is True
        assert not ahead.place(key(case(2)), build(case(2)))
        assert not ahead.place(key(case(1)), build(case(1)))
        plan.open.set()
        assert texts(case(1)) == claim(ahead, case(1))
    assert 2 == len(endpoint.requests)


def test_what_fails_makes_room_too() -> None:
    """A failure is an answer to whoever waits; so is a dispatcher that is closed."""
    with dispatching() as (plan, _, dispatcher):
        ahead = LookAhead(dispatcher, 1, 64)
        plan.faults = {text: Reply(status=400, text="bad") for text in texts(case(1))}
        place(ahead, case(1))
        assert soon(lambda: ahead.wait("new"))
        plan.open.clear()
        place(ahead, case(2))
        waiting = Waiting(lambda: ahead.wait("new"))
        assert waiting.is_blocked()
        dispatcher.close()
        assert waiting.result() is True


# What is waited for


def test_what_a_test_waits_for_is_next() -> None:
    """However much was handed over ahead of it."""
    with dispatching(concurrency=1) as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.open.clear()
        place(ahead, *cases(10))
        flush(dispatcher)
        futures = dispatcher.submit(build(case(99)))
        flush(dispatcher)
        plan.open.set()
        assert texts(case(99)) == [future.result(20).text for future in futures]
        assert ["i0 text", "i99 text", "i99 image"] == seen(endpoint)[:3]
        for each in cases(10):
            assert texts(each) == claim(ahead, each)
    assert 22 == len(endpoint.requests)


def test_what_is_claimed_is_next() -> None:
    """It need not wait for the rest that was handed over with it."""
    with dispatching(concurrency=1) as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.open.clear()
        place(ahead, *cases(10))
        flush(dispatcher)
        waiting = Waiting(lambda: claim(ahead, case(7)))
        until(lambda: ahead.claim(key(case(7))) is None)
        flush(dispatcher)
        plan.open.set()
        assert texts(case(7)) == waiting.result()
        assert ["i0 text", "i7 text", "i7 image"] == seen(endpoint)[:3]
        for number in (0, 1, 2, 3, 4, 5, 6, 8, 9):
            assert texts(case(number)) == claim(ahead, case(number))
    assert 20 == len(endpoint.requests)


def test_what_was_handed_over_goes_in_its_order() -> None:
    """As the tests will come."""
    with dispatching(concurrency=1) as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.open.clear()
        place(ahead, *cases(5))
        flush(dispatcher)
        plan.open.set()
        claim(ahead, case(4))
        for each in cases(4):
            claim(ahead, each)
    assert ["i0 text", "i0 image", "i1 text", "i1 image"] == [
        text for text in seen(endpoint) if text[:2] in ("i0", "i1")
    ]


def test_a_failed_prompt_is_told_once() -> None:
    """The test that claims it meets the failure; when it is run again, it is asked anew."""
    with dispatching() as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.faults["i1 image"] = Reply(status=400, text="bad")
        place(ahead, case(1))
        claimed = ahead.claim(key(case(1)))
        assert claimed is not None
        completions = [future.result(20) for future in claimed.futures]
        assert [None, "bad request: HTTP 400: bad"] == [each.error for each in completions]
        assert texts(case(1)) == [each.text for each in dispatcher.ask(build(case(1)))]
    assert sorted(["i1 text", "i1 image", "i1 image"]) == sorted(seen(endpoint))


def test_pictures_are_let_go_of() -> None:
    """When all is answered nothing holds a picture, though no test has come yet."""

    class Watched(Image):
        """Can be watched, as it has no slots."""

    def watched(of: Case) -> list[Prompt]:
        text, image = build(of)
        picture = Watched(b"P", "digest", "text")
        references.append(weakref.ref(picture))
        return [text, replace(image, parts=(image.parts[0], picture))]

    references: list[weakref.ref[Watched]] = []
    with dispatching() as (plan, endpoint, dispatcher):
        ahead = LookAhead(dispatcher, 64, 64)
        plan.open.clear()
        for each in cases(4):
            assert ahead.place(key(each), watched(each))
        assert all(reference() is not None for reference in references)
        plan.open.set()
        until(lambda: 8 == len(endpoint.requests))
        until(lambda: gc.collect() >= 0 and all(each() is None for each in references))
        for each in cases(4):
            assert texts(each) == claim(ahead, each)


# Who walks ahead


def test_a_walker_goes_on() -> None:
    """After one walk comes the next, be the first over or not; no thread is left behind."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead, built = LookAhead(dispatcher, 64, 64), Build()
        walker = Walker(ahead, built)
        built.open.clear()
        before = {thread for thread in threading.enumerate() if thread.name == "rest-ahead"}
        walker.walk(iter(cases(2)))
        walker.walk([case(3)])
        walker.walk(cases(5))
        built.open.set()
        until(lambda: ahead.has(key(case(4))))
        until(lambda: before == {t for t in threading.enumerate() if t.name == "rest-ahead"})
        walker.walk([case(5)])
        until(lambda: ahead.has(key(case(5))))
        assert ["i0", "i1", "i3", "i2", "i4", "i5"] == built.built
        for each in cases(6):
            assert texts(each) == claim(ahead, each)
    assert 12 == len(endpoint.requests)


def test_a_walker_builds_only_what_is_wanted() -> None:
    """Not what was handed over by another, nor what was claimed; each case once."""
    with dispatching() as (_, _, dispatcher):
        ahead, built = LookAhead(dispatcher, 64, 64), Build()
        place(ahead, case(0))
        claim(ahead, case(1))
        walker = Walker(ahead, built)
        walker.walk([*cases(4), *cases(4)])
        walker.walk(cases(5))
        until(lambda: ahead.has(key(case(4))))
    assert ["i2", "i3", "i4"] == built.built


def test_a_walker_stays_within_bounds() -> None:
    """It goes on as the tests come."""
    with dispatching() as (_, endpoint, dispatcher):
        ahead, built = LookAhead(dispatcher, 64, 4), Build()
        Walker(ahead, built).walk(cases(20))
        for number in range(20):
            until(lambda: min(number + 2, 20) == len(built.built))  # noqa: B023 (called here)
            assert texts(case(number)) == claim(ahead, case(number))
    assert 40 == len(endpoint.requests)


def test_a_walker_stops_when_nothing_more_is_taken() -> None:
    """However many cases there are, and whatever is given to it then."""
    with dispatching() as (_, _, dispatcher):
        ahead, built = LookAhead(dispatcher, 64, 10**6), Build()
        walker = Walker(ahead, built)
        walker.walk(case(number) for number in itertools.count())
        until(lambda: len(built.built) > 10)
        thread = walker._thread
        assert thread is not None
        ahead.close()
        thread.join(20)
        assert not thread.is_alive()
        count = len(built.built)
        walker.walk([case(-1)])
        assert "i-1" not in built.built
        assert count == len(built.built)


def test_a_walker_stops_when_the_main_process_is_gone() -> None:
    """The tests meet the same, and say so."""

    class Gone:
        """A board that nobody holds up any more."""

        def wait(self, name: str) -> bool:
            """Always."""
            return True

        def place(self, name: str, prompts: Sequence[Prompt]) -> bool:
            """Never."""
            raise DispatcherError("the run's main process no longer answers")

    built = Build()
    walker = Walker(Gone(), built)
    walker.walk(cases(5))
    thread = walker._thread
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()
    assert soon(lambda: walker.finish(key(case(0)))) is None
    assert ["i0"] == built.built


def test_a_case_that_cannot_be_built_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """The others are handed over, and its test meets the same error by itself."""
    with dispatching() as (_, endpoint, dispatcher):
        built = Build(case(1))
        asker = LocalAsker(dispatcher, built)
        with caplog.at_level(logging.DEBUG, logger="pytest_rest"):
            asker.walk(cases(3))
            until(lambda: 4 == len(endpoint.requests))
        with pytest.raises(RenderingError, match="i1 cannot be drawn; change it"):
            asker.ask(case(1))
        for number in (0, 2):
            assert texts(case(number)) == answers(asker.ask(case(number)))
        asker.close()
    assert ["i0", "i1", "i2", "i1"] == built.built
    told = f"{key(case(1))} is not asked ahead: i1 cannot be drawn; change it"
    assert [told] == [each.getMessage() for each in caplog.records if each.levelname == "DEBUG"]


def test_who_needs_a_case_that_is_being_built_waits_for_it() -> None:
    """And for no other."""
    with dispatching() as (_, _, dispatcher):
        ahead, built = LookAhead(dispatcher, 64, 64), Build()
        walker = Walker(ahead, built)
        assert soon(lambda: walker.finish(key(case(1)))) is None
        built.open.clear()
        walker.walk([case(1)])
        until(lambda: ["i1"] == built.built)
        assert soon(lambda: walker.finish(key(case(2)))) is None
        waiting = Waiting(lambda: walker.finish(key(case(1))))
        assert waiting.is_blocked()
        built.open.set()
        assert waiting.result() is None
        assert texts(case(1)) == claim(ahead, case(1))
        assert soon(lambda: walker.finish(key(case(1)))) is None


def test_who_waits_for_a_case_that_fails_is_freed() -> None:
    """Whatever the failure is."""
    with dispatching() as (_, _, dispatcher):
        built = Build(case(1))
        walker = Walker(LookAhead(dispatcher, 64, 64), built)
        built.open.clear()
        walker.walk([case(1)])
        until(lambda: ["i1"] == built.built)
        waiting = Waiting(lambda: walker.finish(key(case(1))))
        assert waiting.is_blocked()
        built.open.set()
        assert waiting.result() is None


# Who asks, in this process


def test_a_local_asker_asks_what_nobody_handed_over() -> None:
    """And what was: the same answers, each picture drawn once."""
    with dispatching() as (_, endpoint, dispatcher):
        built = Build()
        asker = LocalAsker(dispatcher, built)
        for each in cases(3):
            asked = asker.ask(each)
            assert build(each) == [prompt for prompt, _ in asked]
            assert texts(each) == answers(asked)
        asker.walk(cases(6))
        until(lambda: 12 == len(endpoint.requests))
        for number in (5, 3, 4):
            asked = asker.ask(case(number))
            assert [each.digest for each in build(case(number))] == [p.digest for p, _ in asked]
            assert texts(case(number)) == answers(asked)
        asker.close()
    assert [f"i{number}" for number in range(6)] == built.built


def test_a_local_asker_draws_nothing_twice() -> None:
    """A test that comes while its case is being built waits for that."""
    with dispatching() as (_, endpoint, dispatcher):
        built = Build()
        asker = LocalAsker(dispatcher, built)
        built.open.clear()
        asker.walk(cases(2))
        until(lambda: ["i0"] == built.built)
        waiting = Waiting(lambda: answers(asker.ask(case(0))))
        assert waiting.is_blocked()
        built.open.set()
        assert texts(case(0)) == waiting.result()
        assert texts(case(1)) == answers(asker.ask(case(1)))
        asker.close()
    assert sorted(built.built) == ["i0", "i1"]
    assert 4 == len(endpoint.requests)


@pytest.mark.parametrize(("is_careful", "expected"), [(True, 4), (False, 40)])
def test_a_careful_asker_keeps_near_the_tests(is_careful: bool, expected: int) -> None:
    """Twice as many prompts as may be in flight; any other asks all that it was given."""
    with dispatching(concurrency=2) as (_, endpoint, dispatcher):
        asker = LocalAsker(dispatcher, build, is_careful=is_careful)
        asker.walk(cases(20))
        until(lambda: expected == len(endpoint.requests))
        time.sleep(0.1)
        assert expected == len(endpoint.requests)
        asker.close()


@pytest.mark.parametrize(("serves", "expected"), [(False, 4), (True, 8)])
def test_who_serves_workers_asks_further_ahead(
    monkeypatch: pytest.MonkeyPatch, serves: bool, expected: int
) -> None:
    """Their tests begin at several places, of which only the first is near."""
    monkeypatch.setattr("pytest_rest.dispatch.client._UNCLAIMED", 4)
    monkeypatch.setattr("pytest_rest.dispatch.client._BY_WORKERS", 8)
    with dispatching(concurrency=1) as (_, endpoint, dispatcher):
        asker = LocalAsker(dispatcher, build)
        if serves:
            asker.serve()
        asker.walk(cases(20))
        until(lambda: expected == len(endpoint.requests))
        time.sleep(0.1)
        assert expected == len(endpoint.requests)
        asker.close()


def test_an_asker_whose_walk_is_under_way_can_be_closed() -> None:
    """Whoever waits for an answer is let go, and nothing more is asked."""
    with dispatching(concurrency=1) as (plan, endpoint, dispatcher):
        plan.open.clear()
        asker = LocalAsker(dispatcher, build)
        asker.walk(case(number) for number in itertools.count())
        until(lambda: not asker._ahead.has_room())
        claimed = asker._ahead.claim(key(case(0)))
        assert claimed is not None
        threading.Timer(0.3, plan.open.set).start()
        asker.close()
        asker.close()
        assert all(future.done() for future in claimed.futures)
    assert len(endpoint.requests) <= 1


# Who asks, in other processes


@contextmanager
def remote(
    n: int = 2, concurrency: int = 32, is_careful: bool = False
) -> Iterator[tuple[Plan, Endpoint, LocalAsker, list[tuple[RemoteAsker, Build]]]]:
    """A main process with n workers, which all have a `build` of their own."""
    with dispatching(concurrency) as (plan, endpoint, dispatcher):
        main = LocalAsker(dispatcher, Build(), is_careful=is_careful)
        builds = [Build() for _ in range(n)]
        workers = [(RemoteAsker(*main.serve(), each), each) for each in builds]
        try:
            yield plan, endpoint, main, workers
        finally:
            plan.open.set()
            for worker, _ in workers:
                worker.close()
            main.close()


@pytest.mark.parametrize("is_remote", [False, True])
def test_nothing_stays_of_what_was_asked(is_remote: bool) -> None:
    """Nothing leads back to itself: such circles are seldom searched for, and a run asks much."""
    gc.collect()
    gc.disable()
    try:
        with remote(1) as (_, endpoint, main, [(worker, _)]):
            before = len(of_asking())
            asker: Asker = worker if is_remote else main
            asker.walk(cases(30))
            until(lambda: 60 == len(endpoint.requests))
            assert [texts(each) for each in cases(30)] == [
                answers(asker.ask(each)) for each in cases(30)
            ]
            until(lambda: before == len(of_asking()))
    finally:
        gc.enable()


def of_asking() -> list[object]:
    """What is made of each prompt and each wait, as far as it is still in memory."""
    return [each for each in gc.get_objects() if isinstance(each, Future | Prompt | Event)]


def test_what_one_worker_hands_over_another_claims() -> None:
    """Each picture is drawn once, by whoever it was; each prompt is asked once."""
    with remote() as (_, endpoint, _, [(one, of_one), (two, of_two)]):
        one.walk(cases(10)[0::2])
        two.walk(cases(10)[1::2])
        until(lambda: 20 == len(endpoint.requests))
        for number in range(10):
            asker: Asker = two if number % 2 == 0 else one
            asked = asker.ask(case(number))
            assert texts(case(number)) == answers(asked)
            assert [each.digest for each in build(case(number))] == [p.digest for p, _ in asked]
    assert ["i0", "i2", "i4", "i6", "i8"] == of_one.built
    assert ["i1", "i3", "i5", "i7", "i9"] == of_two.built
    assert 20 == len(endpoint.requests)


def test_workers_and_main_process_share_what_was_handed_over() -> None:
    """Whoever it was that did, and whoever runs the test."""
    with remote(1) as (_, endpoint, main, [(worker, built)]):
        main.walk(cases(3))
        until(lambda: 6 == len(endpoint.requests))
        worker.walk(cases(6))
        until(lambda: 12 == len(endpoint.requests))
        assert ["i3", "i4", "i5"] == built.built
        for each in cases(3):
            assert texts(each) == answers(worker.ask(each))
        for number in (3, 4, 5):
            assert texts(case(number)) == answers(main.ask(case(number)))
    assert 12 == len(endpoint.requests)


def test_a_worker_draws_nothing_twice() -> None:
    """A test that comes while its worker builds its case waits for that."""
    with remote(1) as (_, endpoint, _, [(worker, built)]):
        built.open.clear()
        worker.walk(cases(2))
        until(lambda: ["i0"] == built.built)
        waiting = Waiting(lambda: answers(worker.ask(case(0))))
        assert waiting.is_blocked()
        built.open.set()
        assert texts(case(0)) == waiting.result()
        until(lambda: ["i0", "i1"] == built.built)
        assert texts(case(1)) == answers(worker.ask(case(1)))
    assert ["i0", "i1"] == built.built
    assert 4 == len(endpoint.requests)


def test_a_worker_asks_what_nobody_handed_over() -> None:
    """And asks again when its test is run again, which costs nothing."""
    with remote(1) as (_, endpoint, _, [(worker, built)]):
        for _ in range(2):
            asked = worker.ask(case(1))
            assert build(case(1)) == [prompt for prompt, _ in asked]
            assert texts(case(1)) == answers(asked)
    assert ["i1", "i1"] == built.built
    assert 2 == len(endpoint.requests)


def test_many_walk_over_the_same_cases_while_their_tests_run() -> None:
    """Every test is answered and every prompt is asked once, within tight bounds."""
    with remote(3, concurrency=2, is_careful=True) as (_, endpoint, main, workers):
        askers: list[Asker] = [main, *(worker for worker, _ in workers)]
        wrong: list[Case] = []

        def run(asker: Asker, own: Sequence[Case]) -> None:
            for each in own:
                if texts(each) != answers(asker.ask(each)):
                    wrong.append(each)

        threads = []
        for number, asker in enumerate(askers):
            asker.walk(cases(40))
            threads.append(threading.Thread(target=run, args=(asker, cases(40)[number::4])))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        assert [] == wrong
        assert main._ahead.has_room()
        assert (0, 0, 0) == (main._ahead._open, main._ahead._waiting, main._ahead._size)
    assert 80 == len(endpoint.requests) == len(set(seen(endpoint)))


def test_a_worker_waits_for_room() -> None:
    """As much is handed over as the main process takes, and more as the tests come."""
    with remote(1, concurrency=1, is_careful=True) as (_, endpoint, main, [(worker, built)]):
        worker.walk(cases(3))
        until(lambda: 2 == len(endpoint.requests))
        time.sleep(0.1)
        assert ["i0"] == built.built
        assert texts(case(0)) == answers(main.ask(case(0)))
        until(lambda: 4 == len(endpoint.requests))
        time.sleep(0.1)
        assert ["i0", "i1"] == built.built
        assert texts(case(2)) == answers(worker.ask(case(2)))
        assert ["i0", "i1", "i2"] == built.built


def test_a_worker_meets_the_error_of_its_case() -> None:
    """Its walker passes the case over, and the test says what is wrong."""
    with dispatching() as (_, endpoint, dispatcher):
        main = LocalAsker(dispatcher, build)
        worker = RemoteAsker(*main.serve(), Build(case(0)))
        worker.walk(cases(2))
        until(lambda: 2 == len(endpoint.requests))
        with pytest.raises(RenderingError, match="i0 cannot be drawn"):
            worker.ask(case(0))
        assert texts(case(1)) == answers(worker.ask(case(1)))
        worker.close()
        main.close()


def test_a_worker_can_leave_while_it_walks() -> None:
    """Its walker ends, and the others go on."""
    with remote(2, concurrency=1, is_careful=True) as (_, _, _, [(one, _), (two, _)]):
        one.walk(cases(9))
        until(lambda: one._walker._thread is not None)
        thread = one._walker._thread
        assert thread is not None
        one.close()
        thread.join(20)
        assert not thread.is_alive()
        assert texts(case(8)) == answers(two.ask(case(8)))


def test_a_worker_whose_main_process_ends() -> None:
    """Is told in one line, and its walker ends."""
    with remote(1, concurrency=1) as (plan, _, main, [(worker, _)]):
        plan.open.clear()
        worker.walk(case(number) for number in itertools.count())
        until(lambda: not main._ahead.has_room())

        def ask() -> str:
            with pytest.raises(DispatcherError) as caught:
                worker.ask(case(0))
            return str(caught.value)

        waiting = Waiting(ask)
        assert waiting.is_blocked()
        thread = worker._walker._thread
        threading.Timer(0.3, plan.open.set).start()
        main.close()
        assert "the run's main process no longer answers" == waiting.result()
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()


def test_a_loop_that_was_held_up_leaves_no_connection_open() -> None:
    """It stops before the session's end was told to those that it serves."""
    with dispatching() as (_, _, dispatcher):
        main = LocalAsker(dispatcher, build)
        client = Client(*main.serve())
        client.ask(build(case(0)))
        assert main._server is not None
        main._server.close()
        dispatcher._loop.call_soon_threadsafe(dispatcher._loop.stop)
        dispatcher._thread.join(20)
        assert not dispatcher._thread.is_alive()
        client._socket.settimeout(5)
        assert b"" == client._socket.recv(1)
        client.close()
        dispatcher._loop.close()


def test_nobody_to_ask() -> None:
    """Where the main process cannot be reached."""
    with dispatching() as (_, _, dispatcher):
        main = LocalAsker(dispatcher, build)
        port, token = main.serve()
        assert (port, token) == main.serve()
        main.close()
    with pytest.raises(OSError), closing(RemoteAsker(port, token, build)):
        pass
