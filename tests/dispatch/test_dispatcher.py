"""The dispatcher, against a real server: limits, retries, and the same prompt asked once."""

import gc
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
from endpoint import Endpoint, Reply, Request
from hypothesis import given
from strategies import items

from pytest_rest import prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.prefetch import LookAhead
from pytest_rest.dispatch.prompt_json import from_builtins, prompt_to_builtins
from pytest_rest.dispatch.rpc import Client, Server, _frame
from pytest_rest.errors import DispatcherError
from pytest_rest.models.providers.openai_compatible import connect
from pytest_rest.terms import DataTable, Form, Image, Item, Prompt, Style

PROTOCOL = prompts.load_protocol()


def asked(n: int) -> list[Prompt]:
    """Prompts that differ, as text."""
    return [
        prompts.build(item, Form("text"), "solve", PROTOCOL) for item in soebench.generate(n, 0)
    ]


@contextmanager
def dispatching(
    reply: Callable[[Request], Reply], concurrency: int = 32, retries: int = 5
) -> Iterator[tuple[Endpoint, Dispatcher]]:
    """A server with a plan, and a dispatcher that asks it."""
    with Endpoint(reply) as endpoint:
        model = connect("tested", endpoint.openai_base, timeout=5, environ={})
        dispatcher = Dispatcher(model, Limits(concurrency, retries=retries))
        try:
            yield endpoint, dispatcher
        finally:
            dispatcher.close()


def first(n: int, fault: Reply) -> Callable[[Request], Reply]:
    """A plan whose first n answers are a fault."""
    return lambda request: fault if request.number <= n else Reply(text="Answer: 1")


def test_request_numbers_begin_with_one() -> None:
    """What the plans of this file build on."""
    with dispatching(lambda r: Reply(text=str(r.number))) as (_, dispatcher):
        assert "1" == dispatcher.ask(asked(1))[0].text


def test_completions_come_in_the_order_of_the_prompts() -> None:
    """However long each takes."""
    given_prompts = asked(12)
    texts = [str(prompt.parts[0]) for prompt in given_prompts]

    def reply(request: Request) -> Reply:
        number = texts.index(request.texts[0])
        return Reply(text=str(number), delay=0.05 * (12 - number) / 12)

    with dispatching(reply) as (_, dispatcher):
        assert [str(n) for n in range(12)] == [c.text for c in dispatcher.ask(given_prompts)]


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_the_limit_is_reached_and_never_passed(concurrency: int) -> None:
    """As many in flight as allowed, no more, whatever is handed over."""
    with dispatching(lambda _: Reply(text="x", delay=0.05), concurrency) as (endpoint, dispatcher):
        dispatcher.ask(asked(24))
    assert concurrency == endpoint.peak


def test_the_same_prompt_is_asked_once() -> None:
    """By one caller twice, by many threads at once, and again after its answer."""
    (prompt,) = asked(1)
    with dispatching(lambda _: Reply(text="x", delay=0.1)) as (endpoint, dispatcher):
        threads = [threading.Thread(target=dispatcher.ask, args=([prompt],)) for _ in range(8)]
        for thread in threads:
            thread.start()
        dispatcher.ask([prompt, prompt])
        for thread in threads:
            thread.join()
        dispatcher.ask([prompt])
    assert 1 == len(endpoint.requests)


def test_a_failed_call_is_forgotten() -> None:
    """What failed is asked again by the next test that needs it."""
    with dispatching(first(1, Reply(status=400, text="bad"))) as (endpoint, dispatcher):
        assert dispatcher.ask(asked(1))[0].error is not None
        assert dispatcher.ask(asked(1))[0].error is None
    assert 2 == len(endpoint.requests)


@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=429, text="slow down"),
        Reply(status=500, text="oops"),
        Reply(status=503, text="overloaded"),
        Reply(fault="reset"),
        Reply(fault="malformed"),
        Reply(fault="empty-choices"),
    ],
    ids=lambda fault: fault.fault or str(fault.status),
)
def test_what_may_pass_is_asked_again(fault: Reply) -> None:
    """Two failures, then the answer."""
    with dispatching(first(2, fault)) as (endpoint, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert (None, "Answer: 1") == (completion.error, completion.text)
    assert (3, 2) == (len(endpoint.requests), dispatcher.retries)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Reply(status=400, text="bad"), "bad request"),
        (Reply(status=404, text="no such model"), "bad request"),
        (Reply(status=401, text="who?"), "asking ended: authentication"),
    ],
)
def test_an_answer_is_not_asked_again(fault: Reply, word: str) -> None:
    """What will not pass is told at once."""
    with dispatching(first(1, fault)) as (endpoint, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert str(completion.error).startswith(f"{word}:")
    assert 1 == len(endpoint.requests)


def test_a_content_filter_is_an_answer() -> None:
    """A veto is the model's answer, not a failure."""
    veto = Reply(status=400, text="filtered", code="content_filter")
    with dispatching(first(9, veto)) as (endpoint, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert (None, "refusal") == (completion.error, completion.finish_reason)
    assert 1 == len(endpoint.requests)


def test_the_same_failure_three_times_is_final() -> None:
    """A deterministic failure is not asked for ever, whatever the retries allow."""
    with dispatching(first(99, Reply(status=500, text="bug")), retries=50) as (endpoint, d):
        (completion,) = d.ask(asked(1))
    assert "server error: HTTP 500: bug" == completion.error
    assert 3 == len(endpoint.requests)


def test_retries_are_bounded() -> None:
    """Failures that differ each time end too."""
    with dispatching(lambda r: Reply(status=500, text=str(r.number)), retries=2) as (endpoint, d):
        (completion,) = d.ask(asked(1))
    assert completion.error is not None
    assert 3 == len(endpoint.requests)


def test_the_servers_own_patience_is_kept() -> None:
    """Retry-After says when; not a second earlier, and not for ever later."""
    busy = Reply(status=429, text="slow down", retry_after=0.7)
    with dispatching(first(1, busy)) as (_, dispatcher):
        start = time.monotonic()
        dispatcher.ask(asked(1))
        assert 0.7 <= time.monotonic() - start < 3


def test_a_refused_key_ends_all_asking() -> None:
    """The first refusal is told for every other prompt, which is not sent."""
    with dispatching(lambda _: Reply(status=401, text="who?"), concurrency=2) as (endpoint, d):
        completions = d.ask(asked(20))
    assert {"asking ended: authentication: HTTP 401: who?"} == {each.error for each in completions}
    assert len(endpoint.requests) <= 2


def test_closing_while_calls_are_in_flight() -> None:
    """Nothing hangs, and nothing is left behind."""
    with dispatching(lambda _: Reply(fault="hang")) as (_, dispatcher):
        futures = dispatcher.submit(asked(3))
        time.sleep(0.2)
        dispatcher.close()
    assert all(future.cancelled() for future in futures)


# From a worker's process


@contextmanager
def leaving_nothing_open() -> Iterator[None]:
    """Fail where a connection is left to the collector of garbage."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [] == [str(each.message) for each in warned if each.category is ResourceWarning]


def test_a_worker_gets_what_the_main_process_gets() -> None:
    """The same completions, and one request for each prompt, through the loopback."""
    given_prompts = asked(5)
    with dispatching(lambda r: Reply(text=f"\ud83d\ude00 {len(r.texts[0])}")) as (endpoint, d):
        server = Server(d, LookAhead(d, 64, 64))
        client = Client(server.port, server.token)
        assert d.ask(given_prompts) == client.ask(given_prompts)
        client.close()
        server.close()
    assert 5 == len(endpoint.requests)


def test_a_stranger_is_cut_off() -> None:
    """Without the run's token nothing is asked."""
    with dispatching(lambda _: Reply(text="x")) as (endpoint, dispatcher):
        server = Server(dispatcher, LookAhead(dispatcher, 64, 64))
        with closing(Client(server.port, "0" * 32)) as guess, pytest.raises(DispatcherError):
            guess.ask(asked(1))
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert b"" == stranger.recv(100)
        with closing(Client(server.port, server.token)) as client:
            assert "x" == client.ask(asked(1))[0].text
        server.close()
    assert 1 == len(endpoint.requests)


def test_a_worker_that_reads_nothing_leaves_no_connection() -> None:
    """What was written to it, and not read, is let go of when the session ends."""
    long = Reply("x" * (12 << 20))
    with Endpoint(lambda _: long) as endpoint:
        dispatcher = Dispatcher(connect("m", endpoint.openai_base, environ={}), Limits())
        server = Server(dispatcher, LookAhead(dispatcher, 64, 64))
        client = socket.create_connection(("127.0.0.1", server.port))
        with closing(client):
            client.sendall(_frame(server.token))
            client.sendall(_frame({"ask": [prompt_to_builtins(prompt) for prompt in asked(1)]}))
            client.recv(1)  # the answer is on its way, and is left there
            with leaving_nothing_open():
                server.close()
                dispatcher.close()
                del dispatcher, server


class HeldUp:
    """Holds up the loop in which it is called, until its server is closing."""

    def __init__(self) -> None:
        self.is_reached, self._released = threading.Event(), threading.Event()

    def __call__(self, *_: Request) -> Reply:
        """What the tests' server answers, once it may."""
        self.is_reached.set()
        assert self._released.wait(20)
        return Reply()

    async def wait(self) -> None:
        """The same on the dispatcher's loop."""
        self()

    def connect_and_release_soon(self, port: int) -> socket.socket:
        """A connection that the loop takes on in the round in which it hears of the end."""
        assert self.is_reached.wait(20)
        threading.Timer(0.1, self._released.set).start()
        return socket.create_connection(("127.0.0.1", port))


def test_a_worker_that_connects_as_the_run_ends_is_hung_up_on() -> None:
    """Nothing is left open of what was accepted in the round that closes the server."""
    held_up = HeldUp()
    with leaving_nothing_open(), dispatching(held_up) as (_, dispatcher):
        server = Server(dispatcher, LookAhead(dispatcher, 64, 64))
        threading.Thread(target=dispatcher.run, args=[held_up.wait()]).start()
        with closing(held_up.connect_and_release_soon(server.port)):
            server.close()


def test_the_server_of_these_tests_hangs_up_on_whoever_connects_as_it_closes() -> None:
    """Else a later test, which collects garbage, would be blamed for it."""
    held_up = HeldUp()
    body = '{"model": "m", "messages": []}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
    with leaving_nothing_open(), ExitStack() as opened, Endpoint(held_up) as endpoint:
        port = int(endpoint.url.rpartition(":")[2])
        asking = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        asking.sendall(f"{head}\r\n\r\n{body}".encode())
        opened.enter_context(held_up.connect_and_release_soon(port))


def test_a_main_process_that_is_gone_is_one_clear_line() -> None:
    """A worker's test is told, and does not hang."""
    with dispatching(lambda _: Reply(fault="hang")) as (_, dispatcher):
        server = Server(dispatcher, LookAhead(dispatcher, 64, 64))
        client = Client(server.port, server.token)

        def die() -> None:
            server.close()
            dispatcher.close()

        gone = threading.Timer(0.3, die)
        gone.start()
        with pytest.raises(DispatcherError, match="main process no longer answers"):
            client.ask(asked(1))
        gone.join()
        client.close()


@given(items())
def test_prompts_survive_the_wire(item: Item) -> None:
    """A prompt that was sent is the prompt that arrives, pictures and all."""
    image = Image(b"\xff\xd8\xff\x00", "d1", item.question, "image/jpeg", (40, 30))
    table = DataTable(("a", "b"), (("1", ""),), "scan.png", "d2")
    item = replace(item, table=table if item.context else None)
    drawn = Form("mixed", Style(font="courier", dpi=50, format="html"), "html")
    for form in (Form("text"), Form("text", format="html"), drawn):
        prompt = Prompt(item, form, "solve", ("text", image, item.context), 1024)
        assert prompt == from_builtins(prompt_to_builtins(prompt))
