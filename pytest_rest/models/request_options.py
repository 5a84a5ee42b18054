"""Turns --rest-parameter, --rest-body and --rest-header into what is added to each request."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from pytest_rest.errors import OptionError, nearest
from pytest_rest.models.overrides import LIMITS, PARAMETERS, Overrides

_LEFT_OUT = "none"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_OWN_HEADERS = (  # which the clients set, or HTTP itself needs
    *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
    *("host", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
)
_OWN_KEYS = {
    "messages": "the prompt is its own",
    "model": "name the model with --rest-model",
    "stream": "streams are not read",
    "n": "to ask several times, give --rest-repeats",
}
T = TypeVar("T")


@dataclass(frozen=True)
class RequestOptions:
    """What is added to each request; of a header the variable that holds its value."""

    parameters: Mapping[str, object]  # None of those that are left out
    body: Mapping[str, object]
    variables: Mapping[str, str]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """What the options say; `OptionError` where it is malformed, or does not go together.

        A header's secret may have been written in its variable's place, so that is not quoted.
        """
        read = cls(
            _by_name("--rest-parameter", values["rest_parameters"], _parameter),
            _by_name("--rest-body", values["rest_body"], _body),
            _by_name("--rest-header", values["rest_headers"], _header),
        )
        if len({name.lower() for name in read.variables}) < len(read.variables):
            raise OptionError("--rest-header names a header twice; name it once")
        has_budgets = bool(values["rest_reasoning_budgets"])
        is_native = has_budgets and values["rest_reasoning_control"] == "native"
        if is_native and (twice := {"thinking", "reasoning_effort"} & read.parameters.keys()):
            raise OptionError(
                f"--rest-parameter {min(twice)} and --rest-reasoning-budgets both say how much to "
                "think; leave one of them out"
            )
        for key in ("rest_max_cost", "rest_max_tokens", "rest_tpm"):
            if values[key] and read.limits and read.limit is None:
                option = f"--{key.replace('_', '-')}"
                raise OptionError(
                    f"{option} cannot be held without a limit of tokens for each answer; give "
                    f"--rest-parameter {min(read.limits)}=N, or leave {option} out"
                )
        return read

    @property
    def limits(self) -> dict[str, object]:
        """The limits of an answer's tokens among the parameters."""
        return {name: self.parameters[name] for name in LIMITS if name in self.parameters}

    @property
    def limit(self) -> int | None:
        """The limit of an answer's tokens; None where none is given, or it is left out."""
        return max((n for n in self.limits.values() if isinstance(n, int)), default=None)

    def overrides(self, environ: Mapping[str, str]) -> Overrides:
        """All of it with the headers' values; `OptionError` for a variable that holds none."""
        secrets = {n: _secret(n, variable, environ) for n, variable in self.variables.items()}
        return Overrides(self.parameters, self.body, secrets)


def _by_name(option: str, texts: Sequence[str], parse: Callable[[str, str], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for text in texts:
        name, equals, written = (part.strip() for part in text.partition("="))
        if not (name and equals and written):
            form = "NAME=ENVVAR" if option == "--rest-header" else "NAME=VALUE"
            raise OptionError(f"{option} is written {option} {form}; one of them is not")
        if name in found:
            raise OptionError(f"{option} names {name!r} twice; name it once")
        found[name] = parse(name, written)
    return found


def _parameter(name: str, written: str) -> object:
    if name in _OWN_KEYS:
        raise OptionError(f"--rest-parameter {name!r} cannot be changed: {_OWN_KEYS[name]}")
    if name not in PARAMETERS:
        raise OptionError(
            f"--rest-parameter {name!r} is not known{nearest(name, PARAMETERS)}; a key of the "
            f"server's own is added by --rest-body {name}=JSON"
        )
    if written == _LEFT_OUT:
        return None
    try:
        value = _json(written)
    except ValueError:
        value = written
    if name in LIMITS and (not isinstance(value, int) or value < 1 or isinstance(value, bool)):
        raise OptionError(
            f"--rest-parameter {name}={written[:60]!r}: give a whole number from 1, or none"
        )
    return value


def _body(name: str, written: str) -> object:
    if name in _OWN_KEYS:
        raise OptionError(f"--rest-body {name!r} cannot be changed: {_OWN_KEYS[name]}")
    if name in LIMITS:
        raise OptionError(f"--rest-body {name!r}: give the limit as --rest-parameter {name}=N")
    try:
        return _json(written)
    except ValueError:
        raise OptionError(
            f"--rest-body {name}={written[:60]!r} is not JSON; give a number, true, false, null, "
            f"an object, or a text in double quotes: --rest-body '{name}=\"text\"'"
        ) from None


def _json(written: str) -> object:
    def refuse(word: str) -> object:
        raise ValueError(f"{word} is not JSON")

    try:
        value: object = json.loads(written, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is too large a number")
    return value


def _header(name: str, written: str) -> str:
    if not _HEADER.fullmatch(name):
        raise OptionError("--rest-header: the name of a header is letters, digits and hyphens")
    if name.lower() in _OWN_HEADERS:
        raise OptionError(f"--rest-header {name!r} is set for every request; leave it out")
    if not _VARIABLE.fullmatch(written):
        raise OptionError(
            f"--rest-header {name} takes the name of an environment variable, which holds the "
            f"value: --rest-header {name}=MY_SECRET"
        )
    return written


def _secret(name: str, variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "").strip()
    shown = variable if variable.isupper() else "its variable"
    if not value:
        raise OptionError(f"--rest-header {name}: {shown} is not set, or empty; set it")
    if not (value.isascii() and value.isprintable()):
        raise OptionError(
            f"--rest-header {name}: what {shown} holds has a line break, or another character that "
            "no header can have; set it again, on one line"
        )
    return value
