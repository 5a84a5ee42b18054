"""Digests that were seen: none is forgotten, and few seem to be that were not."""

from pytest_rest.dispatch.seen_digests import SeenDigests
from pytest_rest.terms.content import short_digest


def test_none_is_forgotten_and_few_others_seem_to_be() -> None:
    """By a bit each of 33 million: of others as many as there are digests in a million, or so."""
    seen = SeenDigests()
    digests, others = ([short_digest(f"{kind} {n}") for n in range(20_000)] for kind in "ab")
    assert sum(map(seen.add, digests)) < 40
    assert all(map(seen.__contains__, digests))
    assert all(map(seen.add, digests))
    assert sum(map(seen.__contains__, others)) < 60
