"""Redirects, and bodies without bounds: what hostile endpoints send, over both clients."""

import gzip
import sys
import zlib

import pytest
from endpoint import Endpoint, Reply
from test_protocols import CLIENTS, KEY, SHOWN, answer, ask, ended, python, serving

# Redirects


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(client: str, status: int) -> None:
    """The second host sees nothing; the error names it, without its path, user or query."""
    with Endpoint(lambda _: Reply("3")) as second:
        place = f"{second.url}/v1/chat/completions".replace("//", "//user:word@") + f"?key={KEY}"
        reply = Reply(status=status, headers={"location": place})
        with serving(client, reply) as (first, model):
            (completion,) = ask(model, SHOWN)
    host = second.url.partition("//")[2]
    assert (1, 0) == (len(first.log), len(second.log))
    assert (
        f"bad request: HTTP {status}: the endpoint redirects to {host}, which is not followed; if "
        "that is the one to ask, give its address"
    ) == completion.error


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/v1/messages", "elsewhere on the same host"),
        ("chat/completions", "elsewhere on the same host"),
        ("", "elsewhere on the same host"),
        ("//elsewhere.invalid/v1", "to elsewhere.invalid"),
        ("ftp://elsewhere.invalid/x", "to elsewhere.invalid"),
        ("http://[::1/v1", "to an address that cannot be read"),
    ],
)
def test_no_redirect_is_followed_whatever_it_points_to(client: str, place: str, said: str) -> None:
    """To a path of the same host, to no place at all, or to one that is no address."""
    with serving(client, Reply(status=307, headers={"location": place})) as (endpoint, model):
        (completion,) = ask(model, SHOWN)
    assert 1 == len(endpoint.log)
    assert f"bad request: HTTP 307: the endpoint redirects {said}, which" in str(completion.error)


# Bodies

MEMORY = """
import os, resource
from endpoint import Reply
from test_protocols import CLIENTS, SHOWN, answer, ask, connected

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for client in CLIENTS:
    answer(client, Reply("3"), SHOWN)
before = peak()  # the hostile servers are in the parent's process
for client in CLIENTS:
    for fault in ("BOMB", "ENDLESS"):
        with connected(client, os.environ[fault], timeout=60.0) as model:
            (completion,) = ask(model, SHOWN)
        assert completion.error == "malformed response: it is longer than 16 MB", completion
        assert peak() - before < 150, (client, fault, before, peak())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured by getrusage")
def test_a_body_without_bound_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither 300 MB, packed, nor a body that never ends: measured in a process."""
    packed = Reply(fault="bomb", bomb_megabytes=300)
    with Endpoint(lambda _: packed) as bomb, Endpoint(lambda _: Reply(fault="endless")) as endless:
        monkeypatch.setenv("BOMB", bomb.url)
        monkeypatch.setenv("ENDLESS", endless.url)
        assert (0, "") == ended(python(MEMORY))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "malformed response: it is longer than 16 MB"),
        (400, "bad request: HTTP 400: "),
        (503, "server error: HTTP 503: "),
    ],
)
def test_a_long_body(client: str, status: int, said: str) -> None:
    """An error keeps its status; only its beginning is read."""
    error = answer(client, Reply(raw=b"9" * (17 << 20), status=status)).error
    assert said == (error or "")[: len(said)]
    assert len(error or "") <= 300


BODY = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"3"},"finish_reason":"stop"}]}'
)


@pytest.mark.parametrize("client", ["litellm-openai", "served"])
@pytest.mark.parametrize(
    ("encoding", "packed", "text", "error"),
    [
        ("identity", BODY, "3", None),
        ("gzip", gzip.compress(BODY), "3", None),
        ("deflate", zlib.compress(BODY), "3", None),
        ("br", b"\x0b\x02\x80", "", "it is encoded as 'br', which was not asked for"),
        ("zstd", b"\x28\xb5\x2f\xfd", "", "it is encoded as 'zstd', which was not asked for"),
        ("gzip, gzip", b"", "", "it is encoded as 'gzip, gzip', which was not asked for"),
        ("gzip", BODY, "", "it cannot be unpacked: Error -3 while decompressing data: "),
        ("gzip", gzip.compress(BODY)[:-12], "", "it is packed, and its end is missing"),
    ],
)
def test_packed_bodies(
    client: str, encoding: str, packed: bytes, text: str, error: str | None
) -> None:
    """Only what was asked for is unpacked, and half of it is not an answer."""
    reply = Reply(raw=packed, headers={"content-encoding": encoding})
    with serving(client, reply) as (endpoint, model):
        (completion,) = ask(model, SHOWN)
    assert text == completion.text
    assert (completion.error or "").startswith(f"malformed response: {error}" if error else "")
    assert "gzip, deflate" == endpoint.requests[0].headers["accept-encoding"]
