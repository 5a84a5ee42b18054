"""What a judge's words make of an item's answers."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import prompts
from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.prefetch import LookAhead
from pytest_rest.errors import BenchmarkError
from pytest_rest.evaluate import comparisons, evaluate, forms
from pytest_rest.scoring import equivalence
from pytest_rest.terms import (
    MODES,
    Answer,
    Completion,
    Form,
    Home,
    Item,
    Mode,
    Prompt,
    Record,
    Scheme,
    Style,
    Task,
    Verdict,
)

ITEM = Item("i", "Why?", "R", equivalence="judge")
FREE = Item("i", "Why?", "", equivalence="judge")
Words = Mapping[tuple[str, str], str]


def answer(mode: Mode, value: str | None) -> Answer:
    """A form's answer with that value."""
    return Answer(mode, "parsed" if value else "unparseable", f"Answer: {value}", value)


def verdict(words: Words, *values: str | None, item: Item = ITEM) -> Verdict:
    """The verdict on text, image and mixed; of a pair without words the judge says different."""
    answers = [answer(mode, value) for mode, value in zip(MODES, values, strict=False)]
    calls = [
        (
            Prompt(item, Form("text"), "compare", ("?",), 9, compared=each),
            Completion(words.get(each, "different")),
        )
        for pair in equivalence.pairs(item, answers)
        for each in (pair, pair[::-1])
    ]
    return equivalence.verdict(item, calls, answers, None, None)


def same(*pairs: str) -> Words:
    """The judge says of these that they mean the same, in both orders."""
    return {(each[0], each[1]): "same" for pair in pairs for each in (pair, pair[::-1])}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("same", "same"),
        ("Different.", "different"),
        ("**Same**", "same"),
        ("They agree.\n\n`same`\n", "same"),
        ("<think>different\n</think>\n\nsame", "same"),
        ("same, but different", None),
        ("not the same", None),
        ("same\nI am not sure.", None),
        ("", None),
        ("\n" * 99_999, None),
        ("same " * 99_999, None),
        (f"same{' ' * 300}as nothing", None),
    ],
)
def test_the_word_stands_alone_on_the_last_line(text: str, expected: str | None) -> None:
    """Nothing else is a verdict."""
    assert expected == equivalence.word(Completion(text))
    assert equivalence.word(Completion(text, finish_reason="length")) is None


def test_what_is_asked() -> None:
    """Each pair of different answers, and each answer with each right one that is not it."""
    two = Item("i", "Why?", "R", also_right=("S",), equivalence="judge")

    def asked(*values: str | None, item: Item = two) -> list[str]:
        answers = [answer(mode, value) for mode, value in zip(MODES, values, strict=False)]
        return ["".join(pair) for pair in equivalence.pairs(item, answers)]

    assert ["AB", "AC", "BC", "AR", "AS", "BR", "BS", "CR", "CS"] == asked("A", "B", "C")
    assert ["AB", "AR", "AS", "BR", "BS"] == asked("A", "B", "A")
    assert ["AR", "AS"] == asked("A", None, "A")
    assert ["AR", "AS"] == asked("A", "R", None)
    assert [] == asked("R", "R", "R") == asked(None, None, None)
    assert ["AB"] == asked("A", "B", "A", item=FREE)
    failed = [answer("text", "A"), Answer("image", "failed", "HTTP 500")]
    assert [] == equivalence.pairs(two, failed)


@given(
    st.fixed_dictionaries(
        {
            pair: st.sampled_from(["same", "same", "different"])
            for pair in itertools.permutations("ABCR", 2)
        }
    ),
    st.sampled_from([ITEM, FREE]),
)
def test_an_item_is_consistent_if_all_its_pairs_are_the_same(words: Words, item: Item) -> None:
    """In both orders, whatever else the judge says; right is what means the same as what is."""

    def alike(one: str, other: str) -> bool:
        return words[one, other] == words[other, one] == "same"

    found = verdict(words, "A", "B", "C", item=item)
    assert found.consistent is all(itertools.starmap(alike, ("AB", "AC", "BC")))
    for mode, value in zip(MODES, "ABC", strict=True):
        is_right = alike(value, "R") if item.answer else None
        assert is_right is found.answers[mode].correct
    assert (6 if item.answer else 3) == len(found.comparisons) == len(found.steps) / 2
    for each in found.comparisons:
        unsure = words[each.first, each.second] != words[each.second, each.first]
        assert unsure is (each.verdict == "unsure")
    record = Record("s", "i", "x", "d", "R", found)
    assert record == Record.from_json(record.to_json())


def test_an_answer_that_is_right_by_its_letters_is_so_without_a_judge() -> None:
    """A form that means it has its value; the pair is named after both."""
    found = verdict(same("AR"), "R", "A", "B")
    assert ["R", "R", "B"] == [found.answers[mode].value for mode in MODES]
    assert [True, True, False] == [found.answers[mode].correct for mode in MODES]
    assert [("text, answer", "image"), ("text, answer", "mixed"), ("image", "mixed")] == [
        (each.one, each.other) for each in found.comparisons
    ]


def test_right_answers_that_do_not_mean_the_same_do_not_agree() -> None:
    """Though both mean the right one, as a judge may say that contradicts itself."""
    found = verdict(same("AR", "BR"), "A", "B")
    assert not found.consistent
    assert [True, True] == [each.correct for each in found.answers.values()]


def test_no_answer_agrees_with_nothing() -> None:
    """As by the normal rule."""
    found = verdict(same("AR"), "A", None, "A")
    assert not found.consistent
    assert (None, False) == (found.answers["image"].value, found.answers["image"].correct)
    assert verdict({}, None, None, item=FREE).answers["text"].correct is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            Completion("It depends.\x1b[2J"),
            "judge of text and image: neither same nor different (parsed): 'It depends.",
        ),
        (Completion(error="timeout: 9 s"), "judge of text and image: timeout: 9 s"),
        (
            Completion("same", finish_reason="refusal"),
            "judge of text and image: neither same nor different (refused)",
        ),
    ],
)
def test_an_item_is_lost_where_the_judge_says_nothing(said: Completion, reason: str) -> None:
    """In one order is enough; what it wrote is said, and harmless."""
    answers = [answer("text", "A"), answer("image", "B")]
    prompt = Prompt(FREE, Form("text"), "compare", ("?",), 9, compared=("B", "A"))
    other = Prompt(FREE, Form("text"), "compare", ("?",), 9, compared=("A", "B"))
    calls = [(other, Completion("same")), (prompt, said)]
    found = equivalence.verdict(FREE, calls, answers, None)
    assert found.lost
    assert found.reason.startswith(reason.replace("'It", "It"))
    assert "\x1b" not in found.reason
    assert 2 == len(found.steps)


class Both:
    """Answers as each form, and judges: what has an R in it is the same. Notes its tasks."""

    name = description = "both"
    home: Home = "endpoint"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self) -> None:
        self.asked: list[Task] = []

    async def open(self) -> None:
        """Nothing to get ready."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One of the other."""
        self.asked += [prompt.task for prompt in prompts]
        return [
            Completion("same" if all("R" in text for text in prompt.compared) else "different")
            if prompt.compared
            else Completion(f"Answer: R as {prompt.form.mode}")
            for prompt in prompts
        ]


ASKED = Scheme(ocr="off", has_judge=True)


def test_it_works_in_a_notebook() -> None:
    """Without pytest; and not without a judge."""
    model = Both()
    item = replace(ITEM, context="C")
    (record,) = asyncio.run(evaluate([item], model, styles=[Style(dpi=50)], scheme=ASKED))
    assert record.verdict.consistent
    assert {"solve": 3, "compare": 12} == Counter(model.asked)
    assert 12 == len(record.verdict.steps)
    with pytest.raises(BenchmarkError, match="name a model for it: --rest-judge"):
        asyncio.run(evaluate([item], Both(), scheme=Scheme()))


def test_pairs_are_asked_ahead_of_the_test() -> None:
    """Once all forms of a case are answered; else each test would wait for its judge by itself."""
    model, protocol = Both(), prompts.load_protocol()
    dispatcher = Dispatcher(model)
    ahead = LookAhead(dispatcher, 9, 9, None, comparisons)
    try:
        item = replace(ITEM, context="C")
        assert ahead.place("case", forms(item, Style(dpi=50), protocol, ASKED))
        ends = time.monotonic() + 10
        while model.asked.count("compare") < 12 and time.monotonic() < ends:
            time.sleep(0.005)
    finally:
        ahead.close()
        dispatcher.close()
    assert {"solve": 3, "compare": 12} == Counter(model.asked)
