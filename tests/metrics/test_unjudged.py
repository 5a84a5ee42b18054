"""Items of which nobody says what is right: they agree or not, and change no other figure."""

import asyncio
from dataclasses import replace

from pytest_rest import metrics
from pytest_rest.benchmark.suites import soebench
from pytest_rest.evaluate import evaluate
from pytest_rest.metrics import advice, failure_causes, style_effects, vision_tokens
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.reporting.report import Lost, Report
from pytest_rest.terms import Item, Record, Style

STYLES = (Style(), Style(dpi=50))
KNOWN = {style.id: style for style in STYLES}


def records(items: list[Item], profile: str = "wrong.image=0.4") -> list[Record]:
    """The records of items in two styles."""
    return asyncio.run(evaluate(items, SimulatedModel(profile), styles=STYLES))


def without(items: list[Item]) -> list[Item]:
    """Others, of which nobody says what is right."""
    return [replace(i, id=f"n{i.id}", question=f"{i.question} ", answer="") for i in items]


def test_they_count_for_agreement_alone() -> None:
    """Rates of what is right, tokens by right answers, effects, advice: those of the others."""
    items = soebench.generate(20, 0)
    judged, more = records(items), records(without(items))
    assert {None} == {a.correct for r in more for a in r.verdict.answers.values()}
    both = [*judged, *more]
    alone, mixed = metrics.compute(judged), metrics.compute(both)
    for name in ("cfr", "mmc", "all_correct", "agreed_wrong", "agree_not_right"):
        assert alone.rate(name) == mixed.rate(name)
    assert alone.accuracy == mixed.accuracy
    assert alone.tokens and mixed.tokens
    for mode, used in alone.tokens.items():
        other = mixed.tokens[mode]
        assert used and other
        assert used.accuracy_per_1000_input == other.accuracy_per_1000_input
    assert alone.rer and mixed.rer
    assert (20, 40) == (alone.rer.n, mixed.rer.n)
    consistent = {r.item for r in both} - {r.item for r in both if not r.verdict.consistent}
    assert len(consistent) / 40 == mixed.rer.value
    effects = [style_effects.table(each, KNOWN) for each in (judged, both)]
    assert [e.accuracy for e in effects[0]] == [e.accuracy for e in effects[1]]
    given = [advice.give(r, KNOWN, e) for r, e in zip((judged, both), effects, strict=True)]
    assert given[0] == given[1]
    told = [vision_tokens.measure(each, KNOWN, "openai/gpt-4o") for each in (judged, both)]
    assert told[0] == told[1] is not None


def test_nothing_is_known_of_them_alone() -> None:
    """No rate of what is right, no advice, no break-even; where they failed is counted."""
    found = records(without(soebench.generate(10, 0)))
    rates = metrics.compute(found)
    assert rates.rer and rates.rer.value < 1
    for name in ("cfr", "mmc", "all_correct", "accuracy.text"):
        assert rates.rate(name) is None
    assert rates.tokens and rates.tokens["text"]
    assert rates.tokens["text"].accuracy_per_1000_input is None
    assert () == advice.give(found, KNOWN, style_effects.table(found, KNOWN)).given
    assert vision_tokens.measure(found, KNOWN, "openai/gpt-4o") is None
    assert failure_causes.count(found)["pooled"]["misreasoned"]


def test_a_lost_one_counts_against_agreement_alone() -> None:
    """The rates at their worst are told of those that could have been right."""
    items = soebench.generate(6, 0)
    found = [*records(items[:4], ""), *records(without(items[4:]), "failed=1")]
    lost = [Lost(*r.key, r.verdict.reason) for r in found if r.verdict.lost]
    report = Report({}, found, metrics.table(found), None, lost, 1.0)
    expected = {"rer": 4 / 6, "cfr": 0.0, "mmc": 1.0, "all_correct": 1.0}
    assert expected == report.worst("soebench") == report.worst("mean")
