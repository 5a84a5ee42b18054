"""Turns judged records into REST's metrics, each rate with its interval and its n.

Definitions (arXiv 2512.08923), over N items, a set of forms M and C(q, m) = 1 when right::

    RER = |{q : all forms of q agree}| / N                          render-equivalence rate
    CFR = |{q : 1 <= sum_m C(q, m) < |M|}| / N_c                    cross-modality failure rate
    MMC = N_c / N,  N_c = |{q : right in at least one form}|        max modal coverage

RER is taken apart into what is right and what agrees in being wrong, and stands beside what the
rest would let one expect (Wilson's interval on the items of each denominator)::

    RER = all_correct + agreed_wrong
    agree_not_right = agreed_wrong / (1 - all_correct)              agree when not all right
    rer_beyond_chance = (RER - Pe) / (1 - Pe)                       of choices (see `chance`)

An item asked in several styles counts once, with all its forms: it is render-equivalent when the
forms of all its styles agree. So n is always a number of items, never of pictures. M is text, image
and mixed; other modes, such as `ocr-first`, have an accuracy and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from operator import attrgetter, methodcaller
from statistics import fmean
from typing import Any, Literal

from pytest_rest.metrics import chance, output_length
from pytest_rest.metrics.agreement import (
    Counted,
    Group,
    Grouped,
    by_item,
    by_suite,
    expanded,
    mean_of,
    ordered,
)
from pytest_rest.metrics.columns import Columns
from pytest_rest.metrics.output_length import MeanTokens, Ratio
from pytest_rest.statistics import clusters, error_rates, mover
from pytest_rest.statistics.clusters import Sample
from pytest_rest.statistics.error_rates import ErrorRates
from pytest_rest.statistics.intervals import of_sample
from pytest_rest.terms import Mode, Rate, Record, to_rate

Subset = Literal["all", "ocr_correct"]
SUBSETS: tuple[Subset, ...] = ("all", "ocr_correct")

OF_FORMATS = ("format_floor", "modality_excess")
LOWER_IS_BETTER = ("cfr", "cer", "excess_inconsistency", *OF_FORMATS)
_RATES = (
    *("rer", "cfr", "mmc", "all_correct", "ocr_correct_rate", "cer"),
    *("noise_floor", "between_forms", "excess_inconsistency"),
)
_OF_ITEMS = ("errors", "samples")  # the values that items have, which a report leaves out
_APART = ("agreed_wrong", "agree_not_right", "rer_beyond_chance")  # which older reports lack


@dataclass(frozen=True)
class Metrics:
    """The metrics of one set of items; a rate is None where it is undefined.

    `noise_floor` is the agreement of a form with itself, `between_forms` that of two forms, and
    `excess_inconsistency` their difference (see `noise_floor`): None if no form was asked twice.
    `format_floor` is how often two texts of an item differ in their formats alone, and
    `modality_excess` what pictures add to that (see `format_floor`): None for under two formats.
    `samples` are the items behind the rates that are shares; a report does not have them.
    """

    items: int
    rer: Rate | None
    cfr: Rate | None
    mmc: Rate | None
    all_correct: Rate | None
    accuracy: Mapping[Mode, Rate | None]
    ocr_correct_rate: Rate | None
    cer: Rate | None
    noise_floor: Rate | None = None
    between_forms: Rate | None = None
    excess_inconsistency: Rate | None = None
    tokens: Mapping[Mode, MeanTokens | None] | None = None
    length_ratio: Ratio | None = None
    own: Mapping[str, Rate | None] = field(default_factory=dict)
    agreed_wrong: Rate | None = None
    agree_not_right: Rate | None = None
    rer_beyond_chance: Rate | None = None
    format_floor: Rate | None = None
    modality_excess: Rate | None = None
    errors: ErrorRates = field(default=ErrorRates((), 0), compare=False, repr=False)
    samples: Mapping[str, Sample] = field(default_factory=dict, compare=False, repr=False)

    def rate(self, metric: str) -> Rate | None:
        """The rate of that name; `accuracy.image` is one mode's, `own.NAME` another package's."""
        name, _, part = metric.partition(".")
        value = getattr(self, name)
        rate: Rate | None = value.get(part) if part else value
        return rate

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Metrics":
        """From a report, whatever other keys it has; KeyError or TypeError if it has no metrics."""
        late = (*_APART, *OF_FORMATS)
        known = {*cls.__dataclass_fields__} - {*_OF_ITEMS, *late}
        fields = {name: data[name] for name in known}
        fields |= {name: to_rate(data.get(name)) for name in late}
        for name in _RATES:
            fields[name] = to_rate(fields[name])
        for name in ("accuracy", "own"):
            fields[name] = {each: to_rate(rate) for each, rate in fields[name].items()}
        if (ratio := fields["length_ratio"]) is not None:
            fields["length_ratio"] = Ratio(**ratio)
        if (tokens := fields["tokens"]) is not None:
            fields["tokens"] = {
                mode: each and MeanTokens.from_builtins(each) for mode, each in tokens.items()
            }
        return cls(**fields)

    def to_builtins(self) -> dict[str, Any]:
        """As in a report, without the items' own values, and without what formats do not tell."""
        data = asdict(replace(self, errors=ErrorRates((), 0), samples={}))
        left_out = {*_OF_ITEMS, *(name for name in OF_FORMATS if data[name] is None)}
        return {name: value for name, value in data.items() if name not in left_out}


Table = dict[str, dict[Subset, Metrics]]


def table(records: Iterable[Record]) -> Table:
    """Metrics for each suite, for their unweighted mean and for all items pooled.

    An item that was lost in one of its styles is left out, for its other forms alone would say less
    than was asked. The order of the records does not matter.
    """
    judged = {
        suite: [group for group in groups if not any(r.verdict.lost for r in group)]
        for suite, groups in by_suite(records).items()
    }
    suites = {suite: Columns.of(listed) for suite, listed in judged.items() if listed}
    scopes: Table = {suite: _subsets(columns) for suite, columns in suites.items()}
    per_suite = list(scopes.values())
    scopes["mean"] = {subset: mean([each[subset] for each in per_suite]) for subset in SUBSETS}
    is_one = len(per_suite) == 1
    scopes["pooled"] = per_suite[0] if is_one else _subsets(Columns.joined(suites.values()))
    return scopes


def by_style(records: Sequence[Record], whole: Table) -> Table:
    """Metrics for each style alone, over the items that were asked in it.

    `whole` is the `table` of the same records, whose figures are those of a single style.
    """
    styles: dict[str, list[Record]] = defaultdict(list)
    for record in Grouped.of(records):
        if not record.verdict.lost:
            styles[record.style].append(record)
    judged = sum(map(len, styles.values()))
    if len(styles) == 1 and judged == whole["pooled"]["all"].items:
        return dict.fromkeys(styles, whole["pooled"])
    return {style: compute_subsets(listed) for style, listed in sorted(styles.items())}


def by_tag(records: Iterable[Record]) -> dict[str, list[Group]]:
    """The items that have each tag, over all suites; what was lost has none."""
    tagged: dict[str, list[Group]] = defaultdict(list)
    for group in by_item(Grouped.of(records)):
        judged = [record for record in group if record.tags and not record.verdict.lost]
        for tag in dict.fromkeys(tag for record in judged for tag in record.tags):
            own = [record for record in judged if tag in record.tags]
            tagged[tag].append(group if len(own) == len(group) else Group(own))
    return {tag: tagged[tag] for tag in sorted(tagged)}


def compute(records: Sequence[Record]) -> Metrics:
    """The metrics of one set of judged records."""
    return of_items(by_item(records))


def of_items(groups: Sequence[Group]) -> Metrics:
    """The same of records that are put together to items."""
    return _figures(Columns.of(groups))


def _figures(items: Columns) -> Metrics:
    transcribed = [
        (cer, counted.cluster)
        for cer, counted in zip(items.cer, items.counted, strict=True)
        if cer is not None
    ]
    errors = error_rates.of_items(
        [cer for cer, _ in transcribed], [name for _, name in transcribed]
    )
    numbers, asked = Counter(items.counted), ordered(items.answered)
    own = sorted({name for counted in numbers for name, _ in counted.own})
    samples = _samples(numbers, asked, own)
    rates = {name: of_sample(sample) for name, sample in samples.items()}
    return Metrics(
        items=len(items.groups),
        rer=rates.get("rer"),
        cfr=rates.get("cfr"),
        mmc=rates.get("mmc"),
        all_correct=rates.get("all_correct"),
        accuracy={mode: rates.get(f"accuracy.{mode}") for mode in asked},
        ocr_correct_rate=rates.get("ocr_correct_rate"),
        cer=error_rates.mean(errors),
        noise_floor=rates.get("noise_floor"),
        between_forms=rates.get("between_forms"),
        excess_inconsistency=mean_of(*expanded(numbers, _beyond_itself)),
        tokens=output_length.tokens(items.answered, asked),
        length_ratio=output_length.length_ratio(items.answered),
        own={name: rates.get(f"own.{name}") for name in own},
        agreed_wrong=rates.get("agreed_wrong"),
        agree_not_right=rates.get("agree_not_right"),
        rer_beyond_chance=chance.beyond(
            rates.get("rer"), [group for group in items.groups if group.counted.is_compared]
        ),
        format_floor=rates.get("format_floor"),
        modality_excess=mean_of(*expanded(numbers, attrgetter("excess")), corrected=True),
        errors=errors,
        samples=samples,
    )


def mean(suites: Sequence[Metrics]) -> Metrics:
    """The unweighted mean over suites, REST's headline; undefined where one suite is.

    That of what formats do is over the suites that are asked in several. Intervals are combined by
    MOVER (see `statistics.mover`).
    """

    def each(name: str) -> Rate | None:
        return mover.mean([suite.rate(name) for suite in suites])

    known = ordered({mode for suite in suites for mode in suite.accuracy})
    rates: dict[str, Any] = {name: each(name) for name in (*_RATES, *_APART)}
    for name in OF_FORMATS:
        rates[name] = mover.mean([rate for suite in suites if (rate := suite.rate(name))])
    return Metrics(
        **rates,
        items=sum(suite.items for suite in suites),
        accuracy={mode: each(f"accuracy.{mode}") for mode in known},
        tokens=output_length.mean_tokens([suite.tokens for suite in suites], known),
        length_ratio=output_length.mean_ratio([suite.length_ratio for suite in suites]),
        own={name: each(f"own.{name}") for suite in suites for name in suite.own},
    )


def worst(rate: Rate | None, metric: str, lost: int) -> float | None:
    """A set's value if each lost item counted against the model; None for `cer`.

    Against it means: not consistent, not right; for CFR, right in one form and wrong in another.
    """
    if metric == "cer" or (rate is None and not lost):
        return None
    count, n = (rate.value * rate.n, rate.n) if rate else (0.0, 0)
    return (count + (lost if metric in LOWER_IS_BETTER else 0)) / (n + lost)


def worst_mean(table: Table, metric: str, lost: Mapping[str, int]) -> float | None:
    """`worst` of the mean over suites: a lost item counts in its own suite, as any item does."""
    suites = (set(table) | set(lost)) - {"mean", "pooled"}
    values = [
        worst(table[s]["all"].rate(metric) if s in table else None, metric, lost.get(s, 0))
        for s in suites
    ]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def compute_subsets(records: Sequence[Record]) -> dict[Subset, Metrics]:
    """The metrics of all records, and of those of items whose pictures were all read right."""
    return subsets_of_items(by_item(records))


def subsets_of_items(groups: Sequence[Group]) -> dict[Subset, Metrics]:
    """The same of records that are put together to items."""
    return _subsets(Columns.of(groups))


def _subsets(items: Columns) -> dict[Subset, Metrics]:
    of_all, read = _figures(items), items.read_right
    return {"all": of_all, "ocr_correct": of_all if read is items else _figures(read)}


def within(records: Sequence[Record], subset: Subset) -> Sequence[Record]:
    """All the records, or those of items whose pictures were all read right."""
    if subset == "all":
        return records
    read = [group for group in by_item(records) if group.counted.is_read_right]
    return [record for group in read for record in group]


def _samples(
    numbers: Mapping[Counted, int], asked: Iterable[Mode], own: Iterable[str]
) -> dict[str, Sample]:
    """The items behind each rate that is a share."""
    shares: dict[str, Callable[[Counted], float | None]] = {
        "rer": lambda c: c.agrees if c.is_compared else None,
        "cfr": lambda c: not all(c.rights) if any(c.rights) else None,
        "mmc": lambda c: any(c.rights) if c.rights else None,
        "all_correct": lambda c: all(c.rights) if c.rights else None,
        "agreed_wrong": lambda c: c.agrees and not all(c.rights) if c.rights else None,
        "agree_not_right": lambda c: None if all(c.rights) else c.agrees,
        "ocr_correct_rate": lambda c: c.is_read_right if c.is_transcribed else None,
        "noise_floor": attrgetter("within"),
        "between_forms": attrgetter("between"),
        "format_floor": attrgetter("floor"),
    }
    for mode in asked:
        shares[f"accuracy.{mode}"] = methodcaller("share_right", mode)
    for name in own:
        shares[f"own.{name}"] = partial(_own, name)
    samples = {name: clusters.sample(*expanded(numbers, each)) for name, each in shares.items()}
    return {name: sample for name, sample in samples.items() if sample}


def _beyond_itself(counted: Counted) -> float | None:
    """How much an item's forms differ beyond the model's own unsteadiness, if it was repeated."""
    if counted.within is None or counted.between is None:
        return None
    return counted.within - counted.between


def _own(name: str, counted: Counted) -> float | None:
    return dict(counted.own).get(name)
