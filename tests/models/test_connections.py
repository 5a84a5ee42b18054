"""How a server is reached: the query of its address, proxies, and certificates."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from endpoint import Endpoint, Reply
from test_protocols import ASKED, ask

from pytest_rest.errors import ModelError
from pytest_rest.models.connections import certificates, chat_url, proxy_for
from pytest_rest.models.providers.openai_compatible import connect
from pytest_rest.terms import Completion

# The address


@pytest.mark.parametrize(
    ("base", "asked"),
    [
        ("http://h/v1", "http://h/v1/chat/completions"),
        (
            "https://x.azure.com/openai/deployments/d/?api-version=2024-10-21",
            "https://x.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        ("http://h?a=1&b=", "http://h/chat/completions?a=1&b="),
    ],
)
def test_a_query_stays_behind_the_path(base: str, asked: str) -> None:
    """As Azure wants it."""
    assert asked == chat_url(base)


@pytest.mark.parametrize(
    "query",
    [
        *("key=1", "api-key=1", "access_token=1", "sig=1", "code=1", "subscription-key=1"),
        *(f"a={'x' * 40}", "&".join(f"a{n}=1" for n in range(11)), "a=1#b", "a b"),
    ],
)
def test_a_query_that_may_hold_a_secret_is_refused(query: str) -> None:
    """By its name, or by its length: reports quote the address."""
    with pytest.raises(ModelError, match="--rest-header") as caught:
        chat_url(f"https://host/v1?{query}")
    assert query not in str(caught.value)


def test_a_query_goes_out() -> None:
    """Over the wire; the run's header does not show it."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        model = connect("m", f"{endpoint.openai_base}?api-version=2024-10-21", environ={})
        (completion,) = ask(model, ASKED)
    (request,) = endpoint.requests
    assert ("3", "/v1/chat/completions") == (completion.text, request.path)
    assert "2024-10-21" == request.query["api-version"]
    assert f"m at {endpoint.openai_base}" == model.description


# Proxies

P, Q = "http://proxy:3128", "http://other:3128"


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("http://h/v1", {}, None),
        ("http://h/v1", {"http_proxy": P}, P),
        ("http://h/v1", {"HTTP_PROXY": P}, P),
        ("http://h/v1", {"http_proxy": P, "HTTP_PROXY": Q}, P),
        ("http://h/v1", {"https_proxy": P}, None),
        ("https://h/v1", {"https_proxy": P, "http_proxy": Q}, P),
        ("https://h/v1", {"HTTPS_PROXY": P}, P),
        ("https://h/v1", {"all_proxy": P}, P),
        ("http://h/v1", {"ALL_PROXY": P, "http_proxy": Q}, Q),
        ("http://h/v1", {"http_proxy": "proxy:3128"}, P),
        ("http://h/v1", {"http_proxy": " "}, None),
        ("http://h/v1", {"HTTP_PROXY": P, "REQUEST_METHOD": "GET"}, None),
    ],
)
def test_the_proxy_is_that_of_the_environment(
    url: str, environ: Mapping[str, str], proxy: str | None
) -> None:
    """In either case, by the address's scheme, or for all of them."""
    assert proxy == proxy_for(url, environ)


@pytest.mark.parametrize(
    ("host", "no_proxy", "is_direct"),
    [
        *(
            ("h.corp", each, True)
            for each in ("h.corp", ".corp", "corp", "*.corp", "*", "a,H.CORP")
        ),
        *(("h.corp", each, False) for each in ("", "orp", "x.h.corp", "h.corp:81", "localhost")),
        ("h.corp", "a, h.corp:80", True),
        ("h.corp:8000", "h.corp:8000", True),
        *(("localhost:8000", each, True) for each in ("localhost", "localhost,127.0.0.1", "a b *")),
        *(("127.0.0.1:8000", each, True) for each in ("127.0.0.1", "localhost", "127.0.0.0/8")),
        *(("[::1]:8000", each, True) for each in ("::1", "[::1]", "localhost", "[::1]:8000")),
        *(("127.0.0.1", each, False) for each in ("10.0.0.0/8", "127.0.0.2", "1", "0.1")),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "localhost", False),
        ("[::1]:8000", "[::1]:9000", False),
    ],
)
def test_who_is_named_in_no_proxy_is_asked_directly(
    host: str, no_proxy: str, is_direct: bool
) -> None:
    """By name, domain, port or network; `localhost` is this machine by its number, too."""
    for name in ("no_proxy", "NO_PROXY"):
        assert (None if is_direct else P) == proxy_for(
            f"http://{host}/v1", {"http_proxy": P, name: no_proxy}
        )


@pytest.mark.parametrize(
    "proxy", ["socks5://me:pw@h:1", "http://", "http://me:pw@[", "http://me:pw@h:99999"]
)
def test_a_proxy_that_cannot_be_used_is_told_before_any_call(proxy: str) -> None:
    """With the mend, and without its password."""
    with pytest.raises(ModelError, match="or name host in no_proxy") as caught:
        connect("m", "http://host/v1", environ={"all_proxy": proxy})
    assert "pw" not in str(caught.value)
    assert connect("m", "http://host/v1", environ={"all_proxy": proxy, "no_proxy": "host"})


def test_a_call_goes_through_the_proxy() -> None:
    """The address need not resolve here; without the proxy it is asked itself."""
    with Endpoint(lambda request: Reply("3")) as endpoint:  # which takes whole addresses, too
        environ = {"http_proxy": endpoint.url, "no_proxy": "127.0.0.1"}
        (through,) = ask(connect("m", "http://model.invalid/v1", environ=environ), ASKED)
        (direct,) = ask(connect("m", endpoint.openai_base, environ=environ), ASKED)
    assert ("3", "3") == (through.text, direct.text)
    hosts = [request.headers["host"] for request in endpoint.requests]
    assert ["model.invalid", endpoint.url[len("http://") :]] == hosts


def test_the_password_of_a_proxy_is_in_no_error() -> None:
    """Of one that refuses to open a tunnel."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        proxy = endpoint.url.replace("http://", "http://me:p%40ssw0rd@")
        model = connect("m", "https://model.invalid/v1", environ={"https_proxy": proxy})
        (completion,) = ask(model, ASKED)
    assert completion.error
    assert "ssw0rd" not in completion.error


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signed itself, for 127.0.0.1, and its key, both in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("authority")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", "key.pem", "-out", "ca.pem", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "ca.pem"


@contextmanager
def secured(authority: Path) -> Iterator[tuple[int, asyncio.Runner]]:
    """A server under that certificate, and the loop that it shares with who asks it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, authority.with_name("key.pem"))
    choice = {"message": {"content": "3"}, "finish_reason": "stop"}

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"model": "m", "choices": [choice]})

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return runner

    with asyncio.Runner() as loop:
        server = loop.run(start())
        try:
            yield server.addresses[0][1], loop
        finally:
            loop.run(server.cleanup())


def answered(authority: Path, environ: Mapping[str, str], host: str = "127.0.0.1") -> Completion:
    """What is made of a call to a server under that certificate."""
    with secured(authority) as (port, loop):

        async def run() -> Completion:
            model = connect("m", f"https://{host}:{port}/v1", environ=environ)
            (completion,) = await model.ask([ASKED])
            await model.close()
            return completion

        return loop.run(run())


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_private_authority_is_trusted(authority: Path, name: str) -> None:
    """Where the environment names its file."""
    assert ("3", None) == (
        (completion := answered(authority, {name: str(authority)})).text,
        completion.error,
    )


@pytest.mark.parametrize(
    ("is_named", "host", "why"),
    [(False, "127.0.0.1", "self-signed certificate"), (True, "localhost", "localhost")],
)
def test_a_certificate_that_is_not_trusted_is_named(
    authority: Path, is_named: bool, host: str, why: str
) -> None:
    """With the mend; it is no broken connection, which would be tried again."""
    environ = {"SSL_CERT_FILE": str(authority)} if is_named else {}
    error = answered(authority, environ, host).error or ""
    assert "bad request: the certificate is not trusted: " == error[:45]
    assert why in error
    assert "SSL_CERT_FILE or REQUESTS_CA_BUNDLE" in error


def test_a_file_without_certificates_is_told_before_any_call(tmp_path: Path) -> None:
    """A missing one, too; and none is read for an address without TLS."""
    (tmp_path / "odd.pem").write_text("nothing")
    for name in ("odd.pem", "missing.pem"):
        environ = {"REQUESTS_CA_BUNDLE": str(tmp_path / name)}
        with pytest.raises(ModelError, match=f"REQUESTS_CA_BUNDLE names .*{name}"):
            connect("m", "https://host/v1", environ=environ)
        assert certificates("http://host/v1", environ) is None
    assert certificates("https://host/v1", {"REQUESTS_CA_BUNDLE": str(tmp_path)})
    assert certificates("https://host/v1", {"SSL_CERT_FILE": ""})
