"""Evaluation without pytest: in a notebook, with any model."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pytest_rest import benchmark, metrics
from pytest_rest.benchmark.suites import soebench
from pytest_rest.errors import BenchmarkError
from pytest_rest.evaluate import evaluate, forms, record
from pytest_rest.models import load_model, tokens, vision_rules
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.prompts import load_protocol
from pytest_rest.reporting.report import Report
from pytest_rest.terms import Completion, Home, Item, Model, Prompt, Scheme, Style, fingerprint


class Counting:
    """Answers right, one call at a time or many; keeps how many were in flight."""

    name = description = "counting"
    home: Home = "endpoint"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self) -> None:
        self.calls = self.in_flight = self.peak = 0

    async def open(self) -> None:
        """Nothing to get ready."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """The truth, after a moment; item 3 breaks."""
        self.calls += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(0.01)
        self.in_flight -= 1
        (prompt,) = prompts
        if prompt.item.id.endswith("3"):
            raise RuntimeError("out of\nmemory")
        text = prompt.images[0].text if prompt.task == "transcribe" else prompt.item.answer
        return [Completion(text if prompt.task == "transcribe" else f"Answer: {text}")]

    async def close(self) -> None:
        """Nothing to let go of."""


def test_a_record_for_each_item_and_style_in_order() -> None:
    """Calls overlap, records do not move; what raises loses its item alone."""
    model: Model = Counting()
    styles = [Style(), Style(dpi=50)]
    records = asyncio.run(evaluate(soebench.generate(6, 0), model, styles=styles))
    expected = [(f"soebench-{n:04d}", style.id) for n in range(6) for style in styles]
    assert expected == [(record.item, record.style) for record in records]
    assert {"soebench-0003"} == {record.item for record in records if record.verdict.lost}
    assert "RuntimeError: out of memory" in records[6].verdict.reason


@pytest.mark.parametrize("concurrency", [1, 3])
def test_concurrency_bounds_the_items_in_flight(concurrency: int) -> None:
    """Four calls an item."""
    model = Counting()
    asyncio.run(evaluate(soebench.generate(3, 0), model, concurrency=concurrency))
    assert 4 * concurrency == model.peak


def test_a_text_form_is_judged_once_for_all_styles() -> None:
    """Its prompt and its answer are the same in each; those with pictures are each style's own."""
    styles, protocol = [Style(), Style(dpi=50)], load_protocol()
    item = Item("i", "What is the sum?", "3", context="1 and 2")
    said = Completion("Answer: 3")
    first, second = (
        record(item, style, [(prompt, said) for prompt in forms(item, style, protocol)])
        for style in styles
    )
    assert first.verdict.answers["text"] is second.verdict.answers["text"]
    assert first.verdict.answers["image"] != second.verdict.answers["image"]


def test_only_the_modes_of_the_scheme_are_asked() -> None:
    """Only what was asked for is asked."""
    model = Counting()
    (record,) = asyncio.run(
        evaluate(soebench.generate(1, 0), model, scheme=Scheme(("text", "image")))
    )
    assert {"text", "image"} == set(record.verdict.answers)
    assert 3 == model.calls


def test_an_item_that_cannot_be_asked_raises() -> None:
    """Neither context nor choices: nothing to show beside the question."""
    item = Item("bare", "What is 2 + 2?", "4", answer_kind="integer")
    with pytest.raises(BenchmarkError, match="neither context nor choices"):
        asyncio.run(evaluate([item], Counting()))


def test_an_item_that_cannot_be_asked_costs_nothing() -> None:
    """It is told before the others are asked, with its style and why."""
    odd, model = Item("odd", "∀?", "4", context="2 + 2"), Counting()
    with pytest.raises(BenchmarkError) as raised:
        asyncio.run(evaluate([*soebench.generate(2, 0), odd], model, styles=[Style("courier")]))
    start = "item 'odd' of 'own' cannot be asked in style 'courier-200dpi-black': font 'courier' "
    assert str(raised.value).startswith(start)
    assert 0 == model.calls


def test_an_evaluation_can_be_reported() -> None:
    """Every key that is promised, and nothing undefined in it."""
    records = asyncio.run(evaluate(benchmark.load("soebench:8"), load_model("simulated")))
    report = Report({"model": "simulated"}, records, metrics.table(records), None, [], 1.5)
    written = report.to_builtins()
    assert written == {**report.content(), "items": [*report.content()["items"]]}
    assert written["items"][2:4] == [*report.content()["items"][2:4]]
    promised = (
        "schema provenance metrics styles tests cautions failed_at abstained reading effects seen "
        "vision_tokens advice published decision gate lost unaskable usage fuzz items"
    )
    assert set(promised.split()) == set(written)
    assert {"soebench", "mean", "pooled"} == set(written["metrics"])
    rates = "items rer cfr mmc all_correct accuracy ocr_correct_rate cer"
    later = "noise_floor between_forms excess_inconsistency tokens length_ratio own"
    later += " agreed_wrong agree_not_right rer_beyond_chance"
    for subset in ("all", "ocr_correct"):
        found = set(written["metrics"]["soebench"][subset]) - {"worst"}
        assert set(f"{rates} {later}".split()) == found
    usage = "calls retries input_tokens output_tokens cost seconds cached from_cache"
    assert set(usage.split()) == set(written["usage"])
    assert (32, 1.5) == (written["usage"]["calls"], written["usage"]["seconds"])
    item = written["items"][0]
    assert {"id", "suite", "style", "verdict", "ocr", "answers"} <= set(item)
    assert {"text", "value", "correct", "status"} <= set(item["answers"]["image"])
    assert {"text", "cer", "correct"} <= set(item["ocr"])


def test_a_record_has_the_tokens_of_its_texts() -> None:
    """Each answer has the estimate of its own prompt's text: more, where more of it is text."""
    (record,) = asyncio.run(evaluate(soebench.generate(1, 0), load_model("simulated")))
    sizes = {mode: answer.text_tokens for mode, answer in record.verdict.answers.items()}
    (item,) = soebench.generate(1, 0)
    asked = forms(item, Style(), load_protocol(), Scheme())
    expected = {p.form.mode: tokens.of_text(p) for p in asked if p.task == "solve"}
    assert expected == sizes
    assert (sizes["text"] or 0) > (sizes["mixed"] or 0) > 0


def test_fingerprints_know_items_and_not_their_order() -> None:
    """Equal items give one fingerprint, others another."""
    one = [item.digest for item in soebench.generate(5, 0)]
    two = [item.digest for item in soebench.generate(5, 1)]
    assert fingerprint(one) == fingerprint(reversed(one))
    assert fingerprint(one) != fingerprint(two)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "sobench",
            "unknown suite 'sobench'; did you mean 'soebench' or 'rh-bench'?; known are soebench",
        ),
        ("soebench:0", "suite 'soebench:0': N is 0, but soebench has 1 to 100,000 items"),
        ("soebench:100001", "N is 100001"),
        ("soebench:x", "suite 'soebench:x' cannot be read; write NAME or NAME:N"),
        ("", "suite '' cannot be read"),
    ],
)
def test_a_suite_that_cannot_be_loaded_is_refused(spec: str, message: str) -> None:
    """What is wrong with the name or its N, and the mend."""
    with pytest.raises(BenchmarkError) as caught:
        benchmark.load(spec)
    assert message in str(caught.value)


def test_a_suite_is_loaded_by_name() -> None:
    """N items of the seed, or the suite's own number."""
    assert soebench.generate(7, 3) == benchmark.load("soebench:7", 3)
    assert 50 == len(benchmark.load("soebench"))


def test_a_record_has_what_the_model_saw_by_the_rule_of_its_name() -> None:
    """Or by what the caller says; of weights on a server of one's own it is not known."""
    item = Item("long", "How many?", "3", context="a b c\n" * 100)

    class Named(Counting):
        """A model of a provider's."""

        name = "anthropic/claude-haiku-4-5"

    def seen(model: Counting, rule: VisionRule | None = None) -> Any:
        (record,) = asyncio.run(evaluate([item], model, rule=rule))
        assert record.verdict.transcription is not None
        assert record.verdict.answers["text"].seen is None
        return record.verdict.answers["image"].seen, record.verdict.transcription.seen

    image, read = seen(Named())
    assert image == read
    assert (1568, True) == (image["height"], 60 < image["dpi"] < 70)
    told, _ = seen(Named(), vision_rules.find("served", max_side=500))
    assert (500, True) == (told["height"], image["dpi"] > told["dpi"])

    class Served(Counting):
        """Open weights."""

        name = "Qwen/Qwen3-VL-4B-Instruct"
        is_own_server = True

    assert (None, None) == seen(Served())
