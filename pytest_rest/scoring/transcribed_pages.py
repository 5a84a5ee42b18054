"""Adds up the transcriptions of several pages."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pytest_rest.scoring import kept
from pytest_rest.scoring.decoration import fold
from pytest_rest.terms import Transcription


def joined(pages: Sequence[Transcription]) -> Transcription | None:
    """The transcription of several pages together, its rates those of all their errors.

    One page is itself; None without one. It is right where each page is, and failed where one is.
    """
    if len(pages) < 2:
        return pages[0] if pages else None
    failed = [page for page in pages if page.status == "failed"]
    ill = [page for page in pages if page.status != "parsed"]
    first = pages[0]
    sums = {name: _sum(pages, name) for name in ("input_tokens", "output_tokens", "cost")}
    cached = sum(page.cached_tokens or 0 for page in pages), sum(p.cache_saved or 0 for p in pages)
    return replace(
        first,
        status=(failed or ill or [first])[0].status,
        text=failed[0].text if failed else kept("\n".join(page.text for page in pages)),
        reference="\n".join(page.reference for page in pages),
        cer=_rate_of_all(pages, "cer"),
        cer_raw=_rate_of_all(pages, "cer_raw"),
        correct=all(page.correct for page in pages),
        seconds=math.fsum(page.seconds for page in pages),
        from_cache=any(page.from_cache for page in pages),
        max_tokens=next((p.max_tokens for p in pages if p.max_tokens is not None), None),
        pages=tuple(pages),
        cached_tokens=cached[0] or None,
        cache_saved=cached[1] or None,
        **sums,
    )


def _sum(pages: Sequence[Transcription], name: str) -> Any:
    """What the pages took together; None where that is not known of all."""
    taken = [getattr(page, name) for page in pages]
    return None if None in taken else sum(taken)


def _rate_of_all(pages: Sequence[Transcription], name: str) -> float | None:
    """Errors per character over all pages; None where a call failed."""
    rates = [getattr(page, name) for page in pages]
    if None in rates:
        return None
    lengths = [max(len(fold(page.reference)), 1) for page in pages]
    errors = (rate * length for rate, length in zip(rates, lengths, strict=True))
    return math.fsum(errors) / sum(lengths)
