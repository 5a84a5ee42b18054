"""Knows which variables and parts of addresses are secret, and takes their values out of text."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "***"
_WORDS = "API_?KEY|[A-Z]*KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?"
_VARIABLE = re.compile(rf"(?i)(?:^|_)(?:{_WORDS})(?:_|$)")
_IN_QUERY = re.compile(r"(?i)key|token|secret|sig|code|auth|pass|cred|sas|jwt")
_SHORTEST = 8  # what is shorter is what a server without keys is given
_LONGEST_WORD = 15
_SHORTEST_IN_PATH = 12  # of letters and digits together, which no name of a model has in a row
_known: frozenset[str] = frozenset()


def learn(environ: Mapping[str, str]) -> None:
    """Know the secrets among an environment's variables from now on.

    Most are not of this run, and `SORT_KEY=input_tokens` must take nothing out of a report: so a
    secret has a letter and a digit.
    """
    named = (value for name, value in environ.items() if _VARIABLE.search(name))
    remember(*filter(re.compile(r"(?s)[A-Za-z].*\d|\d.*[A-Za-z]").search, named))


def learn_address(url: str) -> None:
    """Know what is secret in an address: user, password, and what in path or query is a key."""
    remember(*_in_address(url))


def remember(*values: str) -> None:
    """Know these from now on; a short one, or a plain word or number, is not a secret."""
    global _known
    _known |= {value.strip() for value in values if _is_secret(value.strip())}


def known() -> frozenset[str]:
    """All secrets that are known in this process."""
    return _known


def masked(text: str) -> str:
    """The text with each known secret masked, as it is, or as JSON or a URL has it."""
    for form in _forms(_known):
        text = text.replace(form, MASK)
    return text


def _is_secret(value: str) -> bool:
    is_plain = len(value) <= _LONGEST_WORD and (value.isalpha() or value.isdigit())
    return len(value) >= _SHORTEST and not is_plain


@functools.lru_cache(maxsize=4)
def _forms(secrets: frozenset[str]) -> tuple[str, ...]:
    """How each may be written, with its white space folded too; the longest first."""
    folded = {" ".join(secret.split()) for secret in secrets}
    ways = (str, lambda text: json.dumps(text)[1:-1], quote, quote_plus)
    forms = {way(secret) for secret in secrets | folded for way in ways}
    forms |= {form.replace("/", "%2F") for form in forms}
    return tuple(sorted(forms, key=len, reverse=True))


def _in_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return
    yield from map(unquote, parts.netloc.rpartition("@")[0].split(":"))
    yield from (unquote(each) for each in parts.path.split("/") if _is_key(each))
    yield from (value for name, value in query if _IN_QUERY.search(name))


def _is_key(segment: str) -> bool:
    """Whether a part of a path looks like a key, as `v1` and `gpt-4o-2024-08-06` do not."""
    runs = re.split(r"[^A-Za-z0-9]+", segment)
    return any(
        len(run) >= _SHORTEST_IN_PATH and not (run.isalpha() or run.isdigit()) for run in runs
    )
