"""Reads when an endpoint wants to be asked again, from headers and from an error's text."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"\d{1,15}(?:\.\d{1,12})?"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_NUMBER}(?:ms|s|m|h|d)){{1,5}}")
_IN_BODY = (
    re.compile(r'"retryDelay"\s{0,9}:\s{0,9}"(?P<time>[\d.]{1,20}s)"'),  # Gemini's RetryInfo
    re.compile(
        rf"(?i)\b(?:retry|try again) (?:in|after) (?P<time>{_DURATION.pattern}|{_NUMBER})"
        r"\s{0,3}(?P<unit>milliseconds?|ms|seconds?|minutes?|hours?)?\b"
    ),
)
_RESETS = ("requests", "tokens", "input-tokens", "output-tokens")
_EPOCH = 1_000_000_000.0  # a number above it is a date, in seconds; a thousand times it, in ms


def seconds_to_wait(headers: Mapping[str, str], text: str) -> float | None:
    """Seconds until the endpoint may be asked again, by its own word; None where it says nothing.

    Retry-After counts first, then the text of the error, then when its limits are reset.
    """
    told = [_seconds(headers.get("retry-after-ms", "") + "ms")]
    told += [_seconds(headers.get(f"{who}retry-after", "")) for who in ("", "llm_provider-")]
    for pattern in _IN_BODY:
        if match := pattern.search(text[:20_000]):
            unit = (match.groupdict().get("unit") or "").lower()
            unit = "ms" if unit.startswith(("ms", "milli")) else unit[:1]
            told.append(_seconds(match["time"] + (unit if match["time"][-1].isdigit() else "")))
    if (waits := [wait for wait in told if wait is not None]) or not headers:
        return waits[0] if waits else None
    return _until_reset(headers)


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Until the limit that is used up is reset, or where none is said to be, the first one."""
    resets, used_up = [], []
    for who in ("", "llm_provider-"):
        for family in ("x-ratelimit", "anthropic-ratelimit"):
            for part in ("", *(f"-{name}" for name in _RESETS)):
                names = (f"{who}{family}-reset{part}", f"{who}{family}{part}-reset")
                for wait in filter(None, (_seconds(headers.get(name, "")) for name in names)):
                    resets.append(wait)
                    left = f"{who}{family}-remaining{part}", f"{who}{family}{part}-remaining"
                    if any(headers.get(name, "").strip() == "0" for name in left):
                        used_up.append(wait)
    return max(used_up) if used_up else min(resets, default=None)


def _seconds(written: str) -> float | None:
    """A number of seconds, `1m30s`, an epoch or a date, as seconds from now."""
    written = written.strip()
    if _DURATION.fullmatch(written):
        return math.fsum(float(n) * _UNITS[unit] for n, unit in _PART.findall(written))
    if _PLAIN.fullmatch(written):
        number = float(written)
        if number >= _EPOCH * 1000:
            number /= 1000
        return max(number - time.time(), 0.0) if number >= _EPOCH else number
    try:
        wait = parsedate_to_datetime(written).timestamp() - time.time()
        return wait if wait > 0 else None  # a clock that goes wrong
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
