"""Turns items, in an order that was fixed in advance, into the moment to stop asking.

Every threshold is looked at after each item by bounds that hold at all looks (see
`statistics.sequential`), and its first decision stands. Asking may end once each has one. The order
is drawn from the seed and the items alone, one item of each suite in turn, so that neither a file's
order nor how long answers take determines which items are counted.

The items of a cluster, which are not independent, come together and count as one item at most: the
largest cluster as one, another by its size, so that the rate is that of the items. A value y of
weight w at most 1 (y of its w items right) multiplies the ratio of `sequential` by the power w of
what y / w would; as g^w is at most 1 + w (g - 1), and the weighted sum of g - 1 is 0 on average,
that is a martingale's share still. Weights are over the mean size in their suite, so that each
suite counts the same in a round.
"""

import hashlib
import itertools
import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pytest_rest import metrics
from pytest_rest.errors import OptionError
from pytest_rest.gate import Look
from pytest_rest.gate.evidence import NOT_SHARES
from pytest_rest.gate.thresholds import FIELD, TAG, Threshold, covers, parts_of
from pytest_rest.metrics import OF_FORMATS, by_field
from pytest_rest.statistics.bounds import decide
from pytest_rest.statistics.sequential import Seen
from pytest_rest.terms import Item, Record

T = TypeVar("T")

Origin = str  # the test function that asked
AskedItem = Mapping[Origin, Sequence[Record]]  # one item, in each of its styles
_Counted = tuple[float, float]  # an item's value times its weight, and the weight


def in_rounds(cases: Iterable[T], seed: int, items: Iterable[Item]) -> list[T]:
    """The cases with one item of each suite in turn, in an order drawn from the seed.

    `items` are the cases' own, in the same order; the cases of an item stay together, and those of
    a cluster, which has its turn as one item has.
    """
    by_item: dict[tuple[str, str], list[T]] = defaultdict(list)
    digests: dict[tuple[str, str], bytes] = {}
    units: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for case, item in zip(cases, items, strict=True):
        key = item.suite, item.id
        if key not in by_item:
            drawn = f"{seed}/{item.suite}/{item.id}/{item.digest}"
            digests[key] = hashlib.sha256(drawn.encode()).digest()
            units[item.suite, item.cluster, "" if item.cluster else item.id].append(key)
        by_item[key].append(case)
    suites: dict[str, list[list[tuple[str, str]]]] = defaultdict(list)
    ordered = (sorted(keys, key=digests.__getitem__) for keys in units.values())
    for keys in sorted(ordered, key=lambda keys: digests[keys[0]]):
        suites[keys[0][0]].append(keys)
    rounds = itertools.zip_longest(*(suites[name] for name in sorted(suites)))
    return [case for turn in rounds for keys in turn if keys for k in keys for case in by_item[k]]


@dataclass(frozen=True, slots=True)
class Turn:
    """How much an item counts beside others, and whether it is the last one of its cluster."""

    weight: float = 1.0
    is_last: bool = True


def turns(items: Sequence[tuple[str, str]]) -> list[Turn]:
    """Each item's turn, from suite and cluster of all that are selected, in their order."""
    sizes = Counter((suite, cluster) for suite, cluster in items if cluster)
    number = Counter(suite for suite, _ in items)
    alone = Counter(suite for suite, cluster in items if not cluster)
    units = alone + Counter(suite for suite, _ in sizes)
    scale = {suite: units[suite] / number[suite] for suite in number}  # 1 over the mean size
    largest = max(
        (max(sizes.get((suite, cluster), 1), 1) * scale[suite] for suite, cluster in items),
        default=1.0,
    )
    in_order = []
    for suite, cluster in items:
        sizes[suite, cluster] -= 1
        is_last = not cluster or sizes[suite, cluster] == 0
        in_order.append(Turn(scale[suite] / largest, is_last))
    return in_order


def check(thresholds: Iterable[Threshold], suites: int, styles: Sequence[str]) -> None:
    """Raise `OptionError` for a threshold that no bound can decide before the last item."""
    for each in thresholds:
        why = ""
        if each.metric in NOT_SHARES:  # no bound holds at every look
            why = f"{each.metric} is not a share of the items"
        elif suites > 1 and each.metric in OF_FORMATS and not each.part:
            why = "not all suites may have tables; name one, or ask it alone"
        elif suites > 1 and (each.part in styles or each.part.startswith((TAG, FIELD))):
            of = "style" if each.part in styles else each.part.partition(".")[0]
            why = f"a {of}'s rate is over all suites, whose items are asked in turn"
        if why:
            raise OptionError(
                f"--rest-early-stop cannot decide {each.id!r} before the last item: {why}; leave "
                "one of them out"
            )


@dataclass
class _Sequence:
    """One threshold's looks: what was counted in whole rounds, and what waits for its round."""

    threshold: Threshold
    waiting: dict[str, deque[list[_Counted]]]  # by suite: items, or clusters of them
    look: Look = field(default_factory=Look)
    begun: dict[str, list[_Counted]] = field(default_factory=lambda: defaultdict(list))  # clusters

    def add(self, suite: str, asked: AskedItem, turn: Turn, after: int, confidence: float) -> None:
        """Look again if every suite has had another item, or another whole cluster."""
        if self.look.decision != "undecided" or suite not in self.waiting:
            return
        if (value := _value(self.threshold, suite, asked)) is not None:
            self.begun[suite].append((value * turn.weight, turn.weight))
        if turn.is_last and (unit := self.begun.pop(suite, None)):
            self.waiting[suite].append(unit)
        if not all(self.waiting.values()):
            return
        counted = [each for units in self.waiting.values() for each in units.popleft()]
        count, weight = (math.fsum(each) for each in zip(*counted, strict=True))
        before = self.look.seen
        seen = Seen(before.count + count, before.items + weight)
        bounds = seen.limits(confidence)
        self.look = Look(seen, decide(bounds, self.threshold.op, self.threshold.bound), after)


class Stopping:
    """The looks at every threshold; `suites` of the selected items are by the test that asks them.

    A folder's thresholds arrive with its first record, so nothing stops before every test function
    has sent one: the thresholds of a test that was skipped are not known.
    """

    def __init__(self, confidence: float, suites: Mapping[Origin, Iterable[str]]) -> None:
        self._confidence = confidence
        self._suites = {origin: sorted(set(names)) for origin, names in suites.items()}
        self._unheard = set(self._suites)
        self._seen: list[tuple[str, AskedItem, Turn]] = []
        self._sequences: dict[Threshold, _Sequence] = {}

    @property
    def looks(self) -> dict[Threshold, Look]:
        """The last look at each threshold: the one that decided it, if one did."""
        return {threshold: each.look for threshold, each in self._sequences.items()}

    @property
    def is_over(self) -> bool:
        """Whether there are thresholds, and each is decided."""
        decided = [each.look.decision != "undecided" for each in self._sequences.values()]
        return bool(decided) and all(decided) and not self._unheard

    def add(
        self,
        suite: str,
        asked: AskedItem,
        thresholds: Iterable[Threshold],
        turn: Turn = Turn(),
    ) -> None:
        """Take the next item, in every style it was asked in; a lost one has no records."""
        for threshold in thresholds:
            if threshold not in self._sequences:
                self._sequences[threshold] = self._begin(threshold)
        self._seen.append((suite, asked, turn))
        self._unheard -= {origin for origin, records in asked.items() if records}
        for each in self._sequences.values():
            each.add(suite, asked, turn, len(self._seen), self._confidence)

    def _begin(self, threshold: Threshold) -> _Sequence:
        """A threshold's sequence, brought to where the others are."""
        names = {
            suite
            for origin, suites in self._suites.items()
            if covers(threshold.scope, origin)
            for suite in suites
        }
        parts = {threshold.part} if threshold.part in names else names
        begun = _Sequence(threshold, {name: deque() for name in parts})
        for after, (suite, asked, turn) in enumerate(self._seen, start=1):
            begun.add(suite, asked, turn, after, self._confidence)
        return begun


def _value(threshold: Threshold, suite: str, asked: AskedItem) -> float | None:
    """What an item counts for a threshold, from 0 to 1; None if it does not count."""
    if threshold.metric in NOT_SHARES:
        return None
    here = {r.key: r for o, listed in asked.items() if covers(threshold.scope, o) for r in listed}
    if threshold.part.startswith(FIELD):
        records = by_field.of_field(here.values(), threshold.part.removeprefix(FIELD))
    else:
        records = [r for r in here.values() if not threshold.part or threshold.part in parts_of(r)]
    if any(record.verdict.lost for record in records):
        return None
    rate = metrics.compute(metrics.within(records, threshold.subset)).rate(threshold.metric)
    return rate.value if rate else None
