"""Effects that were planted are found again: the intervals cover them as often as they say."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest

from pytest_rest import scoring
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.suites import soebench
from pytest_rest.metrics import style_effects
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.terms import Answer, Form, Item, Prompt, Record, Style, Transcription

N = 150
PLANTED = {
    ("color", "any"): 0.05,
    ("dpi", "50"): -0.10,
    ("dpi", "100"): 0.0,
    ("font", "courier"): 0.0,
    ("font", "cursive"): 0.0,
    ("style", "cursive-50dpi-black"): -0.10,
}
READ = Transcription("parsed", "", "", 0.0, True)


def asked(items: list[Item]) -> tuple[list[Prompt], Mapping[str, Style]]:
    """Both picture forms of each item in its ten styles; nothing is drawn, for nobody looks."""
    styles = {style: style for item in items for style in rest_plus(item.digest, 0)}
    prompts = [
        Prompt(item, Form(mode, styles[style]), "solve", (), 8)
        for item in items
        for style in rest_plus(item.digest, 0)
        for mode in ("image", "mixed")
    ]
    return prompts, {style.id: style for style in styles}


def records(prompts: list[Prompt], seed: int) -> list[Record]:
    """What the simulated model's answers of that seed are judged as."""
    completions = asyncio.run(SimulatedModel("effects", seed).ask(prompts))
    answers = [
        Answer(p.form.mode, "parsed", "", c.text[8:], c.text[8:] == p.item.answer)
        for p, c in zip(prompts, completions, strict=True)
    ]
    found = []
    for n in range(0, len(prompts), 2):
        item, style = prompts[n].item, prompts[n].form.style
        assert style is not None
        verdict = scoring.judge(answers[n : n + 2], READ)
        found.append(Record(item.suite, item.id, style.id, item.digest, item.answer, verdict))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("runs", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_ninety_five_in_a_hundred_intervals_hold_what_was_planted(runs: int) -> None:
    """Binomial: the intervals miss the truth as often as asserted in 1 of 200 cases or fewer."""
    least, found_least, most_false = {20: (16, 18, 8), 100: (89, 96, 22)}[runs]
    prompts, styles = asked(soebench.generate(N, 0))
    held: Counter[tuple[str, str]] = Counter()
    clear: Counter[tuple[str, str]] = Counter()
    for seed in range(runs):
        for each in style_effects.table(records(prompts, seed), styles):
            key, found = (each.characteristic, each.value), each.accuracy
            if key not in PLANTED or each.subset != "all":
                continue
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            assert N == found.n
            held[key] += found.low <= PLANTED[key] <= found.high
            clear[key] += found.p is not None and found.p < 0.05
    assert {key: held[key] for key in PLANTED if held[key] < least} == {}
    assert clear["dpi", "50"] >= found_least  # ten points are found; what is not there seldom
    assert clear["font", "courier"] + clear["font", "cursive"] <= most_false
