"""Turns addresses, and the environment's proxies and certificates, into how a server is reached."""

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from pytest_rest.errors import ModelError
from pytest_rest.safe_text import address

_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SECRET = re.compile(r"(?i)key|token|secret|sig|code|auth|pass|cred|sas|jwt")
_LONGEST_VALUE = 40  # in a query: what is longer may be a secret by any name


def chat_url(api_base: str) -> str:
    """Where a server at that address is asked: its query stays behind the path that is added.

    `ModelError` for what is not a URL, or may hold a secret: reports quote it.
    """
    parts = _parts(api_base)
    if parts is None:
        raise ModelError(
            f"API base {address(api_base)!r}: write http://HOST:PORT/v1, without a user or a "
            "secret in its query; for a secret, set OPENAI_API_KEY, or give --rest-header"
        )
    path = f"{parts.path.rstrip('/')}/chat/completions"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def proxy_for(url: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The proxy that http_proxy and its like, in either case, name for that URL; None without one.

    `ModelError` for one that is not HTTP's, of which the text shows no password.
    """
    parts = urlsplit(url)
    if _is_direct(parts, _variable("no_proxy", environ)):
        return None
    name = f"{parts.scheme}_proxy"
    # a CGI script's HTTP_PROXY is a header of whoever calls it
    of_scheme = environ.get(name, "") if "REQUEST_METHOD" in environ else _variable(name, environ)
    proxy = of_scheme.strip() or _variable("all_proxy", environ)
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        found = urlsplit(proxy)
        if found.scheme in ("http", "https") and found.hostname and found.port != 0:
            return proxy
    except ValueError:
        pass
    raise ModelError(
        f"the proxy {address(proxy)!r} of the environment cannot be used: give {name} as "
        f"http://HOST:PORT, or name {parts.hostname} in no_proxy"
    )


def certificates(url: str, environ: Mapping[str, str] = os.environ) -> ssl.SSLContext | None:
    """The system's authorities, and those that the environment names; None without TLS.

    `ModelError` for a file of the environment that has none.
    """
    if urlsplit(url).scheme != "https":
        return None
    context = ssl.create_default_context()
    for name in _AUTHORITIES:
        path = Path(environ.get(name, "").strip())
        if path == Path():
            continue
        try:
            if path.is_dir():
                context.load_verify_locations(capath=path)
            elif path.is_file():
                context.load_verify_locations(cafile=path)
            else:
                raise FileNotFoundError("there is no such file")
        except (OSError, ssl.SSLError) as error:
            why = error.reason if isinstance(error, ssl.SSLError) else error
            raise ModelError(
                f"{name} names {str(path)!r}, of which no certificates can be read ({why}); "
                "name a file of certificates in PEM, or unset it"
            ) from None
    return context


def _parts(api_base: str) -> SplitResult | None:
    if any(char in "@#" or char.isspace() for char in api_base):  # reports quote it: no secrets
        return None
    try:
        parts = urlsplit(api_base)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return None
    is_shown = not any(_SECRET.search(n) or len(n + v) > _LONGEST_VALUE for n, v in query)
    return parts if is_url and is_shown and bool(query) == bool(parts.query) else None


def _variable(name: str, environ: Mapping[str, str]) -> str:
    return (environ.get(name, "") or environ.get(name.upper(), "")).strip()


def _is_direct(url: SplitResult, no_proxy: str) -> bool:
    """Whether a host is named in no_proxy: by its name, its domain, its port, or its network."""
    host, port = (url.hostname or "").rstrip("."), url.port or {"https": 443}.get(url.scheme, 80)
    names = [name.strip().lower() for name in re.split(r"[,\s]", no_proxy) if name.strip()]
    return any(_fits(host, port, name) for name in names[:1000])


def _fits(host: str, port: int, name: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        ip = None
    if ip is not None:
        try:
            return ip in ipaddress.ip_network(name.strip("[]"), strict=False)
        except ValueError:
            pass
    name, _, own = name.rpartition(":") if re.search(r"[^:]:\d{1,5}$", name) else (name, "", "")
    if own and int(own) != port:
        return False
    name = name.strip("[]").removeprefix("*").lstrip(".")
    if not name:
        return True
    if ip is not None:
        return name == str(ip) or (name == "localhost" and ip.is_loopback)
    return host == name or host.endswith(f".{name}")
