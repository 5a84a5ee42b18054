"""Turns what a judge said of pairs of answers into how often it agrees with itself.

Each pair was asked in both orders; a pair that several forms, styles or items share counts once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import Likeness, Rate, Record


@dataclass(frozen=True)
class JudgeAgreement:
    """How many pairs mean the same, by the judge, and the share that it said alike in both orders.

    Pairs of one item belong together.
    """

    verdicts: Mapping[str, int]
    self_agreement: Rate

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        return {**self.verdicts, "self_agreement": asdict(self.self_agreement)}


def measure(records: Iterable[Record]) -> JudgeAgreement | None:
    """The agreement over all pairs; None where no judge was asked."""
    pairs: dict[tuple[str, str, str], tuple[Likeness, str]] = {}
    for record in sorted(records, key=lambda record: record.key):
        cluster = f"{record.suite}/{record.cluster or record.item}"
        for each in record.verdict.comparisons:
            first, second = sorted((each.first, each.second))
            pairs.setdefault((cluster, first, second), (each.verdict, cluster))
    verdicts = [verdict for verdict, _ in pairs.values()]
    shares = [float(verdict != "unsure") for verdict in verdicts]
    rate = mean_share(shares, [cluster for _, cluster in pairs.values()])
    if rate is None:
        return None
    counts = Counter(verdicts)
    named: tuple[Likeness, ...] = ("same", "different", "unsure")
    return JudgeAgreement({name: counts[name] for name in named}, rate)
