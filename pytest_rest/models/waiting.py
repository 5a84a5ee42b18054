"""Reads when an endpoint wants to be asked again, from headers and from an error's text."""

import contextlib
import math
import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,12})?"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_NUMBER}(?:ms|s|m|h|d)){{1,5}}")
_IN_BODY = (
    re.compile(r'"retryDelay"\s{0,9}:\s{0,9}"(?P<time>[0-9.]{1,20}s)"'),  # Gemini's RetryInfo
    re.compile(
        rf"(?i)\b(?:retry|try again) (?:in|after) (?P<time>{_DURATION.pattern}|{_NUMBER})"
        r"\s{0,3}(?P<unit>milliseconds?|ms|seconds?|minutes?|hours?)?\b"
    ),
)
_FAMILIES = ("x-ratelimit", "anthropic-ratelimit", "ratelimit")
_LIMITS = ("", "-requests", "-tokens", "-input-tokens", "-output-tokens")
_EPOCH = 1_000_000_000.0  # a number above it is a date, in seconds; a thousand times it, in ms


def seconds_to_wait(headers: Mapping[str, str], text: str) -> float | None:
    """Seconds until the endpoint may be asked again, by its own word; None where it says nothing.

    Retry-After counts first, then the text of the error, then when its limits are reset; the first
    that is more than none at all.
    """
    told = [_seconds(headers.get("retry-after-ms", "") + "ms")]
    told += [_seconds(headers.get(f"{who}retry-after", "")) for who in ("", "llm_provider-")]
    for pattern in _IN_BODY:
        if match := pattern.search(text[:20_000]):
            unit = (match.groupdict().get("unit") or "").lower()
            unit = "ms" if unit.startswith(("ms", "milli")) else unit[:1]
            told.append(_seconds(match["time"] + (unit if match["time"][-1].isdigit() else "")))
    waits = [wait for wait in told if wait is not None]
    if any(waits) or not headers:
        return next(filter(None, waits), None)
    reset = _until_reset(headers)
    return waits[0] if waits and reset is None else reset


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Until the limits that are used up are reset, or else the first of those that may be.

    Of a limit on requests something may be left: that one is not. Of tokens it may be too few.
    """
    used_up, others = [], []
    for name, limit in ((n, limit) for n in _FAMILIES for limit in _LIMITS):
        for who in ("", "llm_provider-"):
            left = _header(headers, f"{who}{name}", "remaining", limit)
            wait = _seconds(_header(headers, f"{who}{name}", "reset", limit))
            if wait and left == "0":
                used_up.append(wait)
            elif wait and (not left or limit.endswith("tokens")):
                others.append(wait)
    return max(used_up) if used_up else min(others, default=None)


def _header(headers: Mapping[str, str], family: str, word: str, limit: str) -> str:
    """OpenAI has the limit at the end of a header's name, Anthropic the word."""
    both = (f"{family}-{word}{limit}", f"{family}{limit}-{word}")
    return next(filter(None, (headers.get(name, "").strip() for name in both)), "")


def _seconds(written: str) -> float | None:
    """A number, `1m30s`, an epoch, or a date of HTTP or RFC 3339, as seconds from now."""
    written = written.strip()
    if _DURATION.fullmatch(written):
        return math.fsum(float(n) * _UNITS[unit] for n, unit in _PART.findall(written))
    if _PLAIN.fullmatch(written):
        number = float(written)
        if number >= _EPOCH * 1000:
            number /= 1000
        return max(number - time.time(), 0.0) if number >= _EPOCH else number
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with contextlib.suppress(TypeError, ValueError, OverflowError, IndexError):
            wait = read(written).timestamp() - time.time()
            return wait if wait > 0 else None  # a clock that goes wrong
    return None
