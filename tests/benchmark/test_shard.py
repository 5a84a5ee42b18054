"""Which items a shard holds: every one once, alike in number, whatever their order."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.benchmark import shard
from pytest_rest.benchmark.shard import Shard
from pytest_rest.errors import OptionError
from pytest_rest.terms import Item

ITEMS = [Item(f"i{n}", f"What is {n}?", str(n), suite=s) for s in ("a", "b") for n in range(40)]


@given(st.integers(1, 7), st.integers(0, 80), st.randoms(use_true_random=False))
def test_every_item_is_in_one_shard(of: int, n: int, rng: random.Random) -> None:
    """Equal parts but for what reads alike, and the same ones in any order."""
    items = [replace(each, question=f"{each.suite} {each.question}") for each in ITEMS[:n]]
    held = [Shard(number, of).holds(items) for number in range(1, of + 1)]
    assert {(each.suite, each.id) for each in items} == set().union(*held)
    assert n == sum(map(len, held))
    for suite in ("a", "b"):
        sizes = [sum(key[0] == suite for key in keys) for keys in held]
        assert 1 >= max(sizes) - min(sizes)
    shuffled = rng.sample(items, n)
    assert held == [Shard(number, of).holds(shuffled) for number in range(1, of + 1)]


def test_what_reads_alike_is_asked_once() -> None:
    """Under two names, in two suites: in one shard, for its prompts are the same."""
    for number in range(1, 4):
        held = Shard(number, 3).holds(ITEMS)
        assert {name for suite, name in held if suite == "a"} == {
            name for suite, name in held if suite == "b"
        }


def test_two_contents_of_one_name_are_one_item() -> None:
    """Reports count by name: two shards must not both have it."""
    items = [Item("i", "x", "1"), Item("i", "y", "1"), Item("j", "z", "1")]
    held = [Shard(number, 2).holds(items) for number in (1, 2)]
    assert [{("own", "i")}, {("own", "j")}] == held or 2 == sum(map(len, held))


@pytest.mark.parametrize("text", ["1", "0/3", "4/3", "1/0", "a/b", "-1/3", "1/3/5", "1/99999", ""])
def test_what_is_not_a_shard_is_refused(text: str) -> None:
    """Refused with the form that it has."""
    with pytest.raises(OptionError, match="give i/n with i from 1 to n, such as 1/3"):
        shard.parse(text)
    assert Shard(3, 3) == shard.parse("3/3")
