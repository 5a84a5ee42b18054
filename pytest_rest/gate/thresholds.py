"""Turns the text of a threshold into a checked one, and says which tests it judges."""

import re
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_rest import extensions
from pytest_rest.errors import OptionError, nearest
from pytest_rest.metrics import LOWER_IS_BETTER, OF_FORMATS, SUBSETS, Subset, format_floor
from pytest_rest.statistics import rh_auc
from pytest_rest.terms import COMPARED, OCR_MODES, RH_BENCH, Item, Mode, Record

METRICS = (
    *("rer", "cfr", "mmc", "all_correct", "ocr_correct_rate", "cer"),
    *("noise_floor", "between_forms", "excess_inconsistency", *OF_FORMATS),
    *(f"accuracy.{mode}" for mode in (*COMPARED, *OCR_MODES)),
)
RH_AUC = "rh_auc."
AREAS = tuple(f"{RH_AUC}{kind}" for kind in rh_auc.KINDS)  # of the whole run, in no suite's table
TAG = "tag."
FIELD = "field."
_OF_READING = ("ocr_correct_rate", "cer")
_OF_REPEATS = ("noise_floor", "between_forms", "excess_inconsistency")
_OF_RIGHT = ("cfr", "mmc", "all_correct")
_THRESHOLD = re.compile(
    r"\s*(?P<metric>[\w.-]{1,40})\s*(?P<of>(?:@\s*[^\s@<>]{1,100}\s*){0,2})(?P<op>>=|<=|>|<)"
    r"\s*(?P<bound>[^\s]{1,20})\s*"
)


@dataclass(frozen=True, order=True)
class Threshold:
    """`metric@subset@part op bound`, for the whole run or for the tests below one folder.

    `part` is a suite, a style, `tag.NAME` or `field.NAME`; without one the threshold is for the
    mean over suites.
    """

    metric: str
    op: str
    bound: float
    subset: Subset = "all"
    scope: str = ""
    part: str = ""

    @property
    def id(self) -> str:
        """`rer>=0.9`, `cfr@ocr_correct@arc<=0.1`, `rer>=0.9 [benchmarks/ocr]`."""
        subset = "" if self.subset == "all" else f"@{self.subset}"
        subset += f"@{self.part}" if self.part else ""
        scope = f" [{self.scope}]" if self.scope else ""
        return f"{self.metric}{subset}{self.op}{self.bound:.15g}{scope}"


def parse(text: str) -> Threshold:
    """Read `METRIC[@SUBSET][@PART]>=VALUE`; `OptionError` says what cannot be understood."""
    match = _THRESHOLD.fullmatch(text)
    if not match:
        raise OptionError(
            f"threshold {text!r} cannot be read; write METRIC[@SUBSET][@PART]>=VALUE, as in "
            "'rer>=0.9' or 'accuracy.image@ocr_correct>=0.8'"
        )
    metric, named = match["metric"], [word.strip() for word in match["of"].split("@")[1:]]
    known = (*METRICS, *AREAS, *(f"own.{name}" for name in extensions.METRICS))
    if metric not in known:
        raise OptionError(
            f"threshold {text!r}: unknown metric {metric!r}{nearest(metric, known)}; "
            f"metrics are {', '.join(known)}"
        )
    subsets = [word for word in named if word in SUBSETS]
    parts = [word for word in named if word not in SUBSETS]
    if len(subsets) > 1 or len(parts) > 1:
        raise OptionError(
            f"threshold {text!r} names two {'subsets' if len(subsets) > 1 else 'parts'}; "
            f"name one of {', '.join(SUBSETS)}, and one suite, style, {TAG}NAME or {FIELD}NAME"
        )
    for part in parts:
        if hint := nearest(part, SUBSETS):
            raise OptionError(f"threshold {text!r}: unknown subset {part!r}{hint}")
    if named and metric in AREAS:
        raise OptionError(f"threshold {text!r}: {metric} is for all of rh-bench; name no part")
    threshold = checked(metric, match["op"], match["bound"])
    return replace(threshold, subset=(*subsets, "all")[0], part="".join(parts))


def checked(
    metric: str, op: str, bound: object, subset: Subset = "all", scope: str = ""
) -> Threshold:
    """A threshold whose bound is checked: a share between 0 and 1 (a CER may be above 1)."""
    try:
        value = float(bound)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = float("nan")
    highest = sys.float_info.max if metric == "cer" else 1.0
    if isinstance(bound, bool) or not 0 <= value <= highest:
        hint = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise OptionError(f"threshold {metric}{op}{bound}: the value is a share from 0 to 1{hint}")
    return Threshold(metric, op, value, subset, scope)


def unusual(threshold: Threshold) -> str:
    """Which threshold may be meant, where this one is met by models that are worse; or nothing."""
    lower = threshold.metric in LOWER_IS_BETTER
    is_own = threshold.metric.startswith("own.")  # of which nobody knows what is better
    if is_own or threshold.op.startswith("<") == lower:
        return ""
    meant = replace(threshold, op=("<" if lower else ">") + threshold.op[1:])
    better = "lower" if lower else "higher"
    return (
        f"threshold {threshold.id!r} is met by worse models, for a {better} {threshold.metric} is "
        f"better; did you mean {meant.id!r}?"
    )


def check_formats(
    thresholds: Iterable[Threshold], formats: Collection[str], modes: Collection[Mode], mend: str
) -> None:
    """Raise `OptionError` for a threshold on what formats do that these formats do not tell.

    `mend` is what to do where there are fewer than two.
    """
    for each in thresholds:
        if each.metric not in OF_FORMATS:
            continue
        if why := format_floor.unmeasured(each.metric, formats, modes):
            mend = mend if why == format_floor.ONE_TEXT else "leave it out"
            raise OptionError(f"threshold {each.id!r} cannot be judged: {why}; {mend}")


def parts_of(record: Record) -> frozenset[str]:
    """The parts of a run that a record is in: its suite, its style, its format, its tags."""
    own = record.suite, record.style, *filter(None, [record.format])
    return frozenset((*own, *(f"{TAG}{tag}" for tag in record.tags)))


def tags_of(items: Iterable[Item]) -> set[str]:
    """The parts of a run that the items' tags are."""
    return {f"{TAG}{tag}" for tag in {tag for item in items for tag in item.tags}}


def fields_of(items: Iterable[Item], told: Iterable[str] = ()) -> set[str]:
    """The parts of a run that the fields of the items' answers are, and those that are `told`."""
    return {f"{FIELD}{name}" for name in (*told, *(f.name for i in items for f in i.fields))}


def check(thresholds: Sequence[Threshold], suites: Collection[str], parts: Collection[str]) -> None:
    """Raise `OptionError` for a threshold on none of the `parts`: suite, style, tag or field."""
    for each in thresholds:
        if each.metric in AREAS and RH_BENCH not in suites:
            raise OptionError(
                f"threshold {each.id!r} is for rh-bench; give --rest-suite={RH_BENCH}"
            )
        groups = {part for part in parts if part in suites or part.startswith(TAG)}
        if each.metric in OF_FORMATS and each.part in {*parts} - groups:
            raise OptionError(
                f"threshold {each.id!r}: a style has one format; name a suite or a tag, or no part"
            )
        if each.part and each.part not in parts:
            known = nearest(each.part, [*SUBSETS, *sorted(parts)])
            meant = [name for kind in (TAG, FIELD) if (name := f"{kind}{each.part}") in parts]
            hint = f"; did you mean {meant[0]!r}?" if meant else known
            raise OptionError(
                f"threshold {each.id!r}: {each.part!r} is neither a subset ({', '.join(SUBSETS)}) "
                f"nor a suite, style, {TAG}NAME or {FIELD}NAME of this run{hint}"
            )


def check_answers(thresholds: Iterable[Threshold], items: Collection[Item]) -> None:
    """Raise `OptionError` for a threshold on what is right where no item says what that is."""
    suites = {item.suite for item in items}
    for each in thresholds:
        if not (each.metric in _OF_RIGHT or each.metric.startswith("accuracy.")):
            continue
        is_of_items = each.part in suites or each.part.startswith(TAG)
        here = [i for i in items if not is_of_items or each.part in (i.suite, *tags_of([i]))]
        lacking = sorted({i.suite for i in here} - {i.suite for i in here if i.answer})
        if here and not any(i.answer for i in here):
            mend = "give items an answer where it is known, or leave the threshold out"
            of = f" of {each.part!r}" if each.part else ""
            why = f"no item{of} says what is right; {mend}"
        elif lacking and not each.part:
            known = sorted({i.suite for i in here if i.answer})[0]
            why = f"no item of suite {lacking[0]!r} says what is right; ask for another suite's: "
            why += replace(each, part=known).id
        else:
            continue
        raise OptionError(f"threshold {each.id!r} cannot be judged: {why}")


def check_stored(
    thresholds: Sequence[Threshold],
    modes: Collection[str],
    repeats: int,
    *,
    is_judged: bool,
    is_read: bool,
) -> None:
    """Raise `OptionError` for a threshold on what stored answers do not tell."""
    for each in thresholds:
        name, _, mode = each.metric.partition(".")
        why = ""
        if not is_read and (each.metric in _OF_READING or each.subset == "ocr_correct"):
            why = "what a model read in its pictures is not known of stored answers"
        elif each.metric in _OF_REPEATS and repeats < 2:
            why = "no form is answered twice"
        elif name == "accuracy" and mode not in modes:
            why = f"no answer is to the form {mode}"
        elif not is_judged and (name == "accuracy" or each.metric in _OF_RIGHT):
            why = "nobody says of every item what is right"
        if why:
            raise OptionError(f"threshold {each.id!r} cannot be judged: {why}; leave it out")


def covers(scope: str, nodeid: str) -> bool:
    """Whether a test is in a folder, file or class; an empty scope covers every test."""
    return not scope or nodeid.startswith((f"{scope}/", f"{scope}::"))
