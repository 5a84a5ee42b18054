"""GSM-Symbolic's rows as items: made-up ones in its layout, cut as real ones of GSM8K are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import shared_data

from pytest_rest import prompts, scoring
from pytest_rest.benchmark.suites import gsm_symbolic
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Item

MADE_UP: dict[str, Any] = {
    "id": 3,
    "instance": 12,
    "question": "Jo has ₺45 and earns $2 a day.  How much is that\nafter 3 days?",
    "answer": "It is 3 * 2 = <<3*2=6>>6 more.\n#### 51",
    "original_id": 1_071,
    "original_question": "Who?",
    "original_answer": "#### 1",
    "canary": "no training",
}
EXPECTED = Item(
    "gsm-symbolic-0003-12",
    "How much is that\nafter 3 days?",
    "51",
    context="Jo has ₺45 and earns $2 a day.",
    answer_kind="number",
    suite="gsm-symbolic",
    cluster="0003",
)


def written(folder: Path, name: str, *rows: Any) -> Path:
    """A folder that holds one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def folded(*parts: str) -> str:
    """The texts as one, white space folded."""
    return " ".join(" ".join(parts).split())


@pytest.mark.parametrize(
    "name",
    [
        "main/test.jsonl",
        "GSM-Symbolic/main/test.jsonl",
        "generated_data/GSM_symbolic.jsonl",
        "test.json",
    ],
)
def test_rows_become_items(tmp_path: Path, name: str) -> None:
    """The hub's layout and the authors': named by template and instance, the story as context."""
    loaded = gsm_symbolic.load(written(tmp_path, name, MADE_UP))
    assert (EXPECTED,) == loaded.items
    assert ["rows", "readable", "short", "without_latex", "with_story"] == [*loaded.counts]


def test_a_table_gives_the_same_item(tmp_path: Path) -> None:
    """CSV has numbers as text."""
    table = 'id,instance,question,answer\n3,12,"{question}","{answer}"\n'.format(**MADE_UP)
    (tmp_path / "test.csv").write_text(table, "utf-8")
    assert (EXPECTED,) == gsm_symbolic.load(tmp_path).items


def test_the_key_is_template_and_instance(tmp_path: Path) -> None:
    """Fifty instances of a template are fifty items; the same one twice is one, and named."""
    rows = [MADE_UP | {"instance": index} for index in range(50)]
    loaded = gsm_symbolic.load(written(tmp_path, "test.jsonl", *rows, MADE_UP))
    assert [f"gsm-symbolic-0003-{index:02d}" for index in range(50)] == [
        item.id for item in loaded.items
    ]
    assert (
        "'test.jsonl', line 51: there is already an item 'gsm-symbolic-0003-12'",
    ) == loaded.left_out


@pytest.mark.parametrize(
    ("answer", "expected", "truth"),
    [
        ("#### 45.0", "45.0", "45"),
        ("so 7.5\n####7.5 ", "7.5", "7.5"),
        ("#### 114,200", "114,200", "114200"),
        ("#### 1 no\n#### -3", "-3", "-3"),
        ("#### $12", "$12", "12"),
        ("#### ₺1,000.50", "₺1,000.50", "1000.5"),
    ],
)
def test_answers_are_numbers(tmp_path: Path, answer: str, expected: str, truth: str) -> None:
    """What follows the last ####, as it stands; it reads as that number."""
    folder = written(tmp_path, "test.jsonl", MADE_UP | {"answer": answer})
    item = gsm_symbolic.load(folder).items[0]
    assert (expected, truth) == (item.answer, scoring.truth(item))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A. B. How many?", ("A. B.", "How many?")),
        ("He has 5. how many?", ("He has 5.", "how many?")),
        (
            "It is 3 p.m. in St. Ives. How far is Mr. Smith?",
            ("It is 3 p.m. in St. Ives.", "How far is Mr. Smith?"),
        ),
        (
            "It cost $2.50 then. How much? Round to 1.",
            ("It cost $2.50 then.", "How much? Round to 1."),
        ),
        ("What now? He has 5. How many?", ("What now? He has 5.", "How many?")),
        ("She said “Go!” How far?", ("She said “Go!”", "How far?")),
        ("He has 5. Calculate the rest.", ("He has 5.", "Calculate the rest.")),
        (
            "If he has 5 and eats 2, how many are left?",
            ("If he has 5 and eats 2,", "how many are left?"),
        ),
        ("With 5, or 6, and, how, what is left?", ("With 5, or 6, and, how,", "what is left?")),
        ("How many?", ("", "How many?")),
        ("How many? Say 5.", ("", "How many? Say 5.")),
        ("", ("", "")),
    ],
)
def test_texts_are_cut_before_the_question(text: str, expected: tuple[str, str]) -> None:
    """At a sentence's end, or at the comma of a single sentence."""
    assert expected == gsm_symbolic.split(text)


@given(st.text("aB1.?!, \n\"'", max_size=60), st.text(max_size=60))
def test_nothing_is_lost_in_the_cut(one: str, other: str) -> None:
    """Story and question are the text, but for white space between them."""
    for text in (one, other):
        assert folded(text) == folded(*gsm_symbolic.split(text))


@pytest.mark.shared_data
def test_real_questions_are_cut() -> None:
    """All 300 of GSM8K have a story; nearly all questions end in a question mark."""
    lines = shared_data("gsm8k", "test.first300.jsonl").read_text("utf-8").split("\n")
    texts = [json.loads(line)["question"].strip() for line in lines if line]
    parts = [gsm_symbolic.split(text) for text in texts]
    assert [folded(text) for text in texts] == [folded(*each) for each in parts]
    assert 300 == sum(bool(story) for story, _ in parts)
    assert 297 == sum(story.endswith((".", "?", "!", '"', "”")) for story, _ in parts)
    assert 286 == sum(question.endswith("?") and question.count("?") == 1 for _, question in parts)


def test_items_without_a_story_are_left_out(tmp_path: Path) -> None:
    """They have no mixed form; the counts say how many."""
    rows = [
        MADE_UP | {"instance": 1, "question": "How many?"},
        MADE_UP | {"instance": 2, "question": f"{'x' * 790}. How many?"},
        MADE_UP | {"instance": 3, "question": "It is $x^2$. How many?"},
        MADE_UP,
    ]
    loaded = gsm_symbolic.load(written(tmp_path, "test.jsonl", *rows))
    assert (EXPECTED,) == loaded.items
    assert [4, 4, 3, 2, 1] == [*loaded.counts.values()]
    assert prompts.whole(EXPECTED).startswith(EXPECTED.context)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": None}, "its id is not a number"),
        ({"id": True}, "its id is not a number"),
        ({"id": -1}, "its id is not a number"),
        ({"instance": "1e3"}, "its instance is not a number"),
        ({"instance": "9" * 5_000}, "its instance is not a number"),
        ({"question": ""}, "the question is empty"),
        ({"answer": "51"}, "its answer does not end in #### and a number"),
        ({"answer": "#### 5 or 6"}, "its answer does not end in #### and a number"),
        ({"answer": "#### 1,00"}, "its answer does not end in #### and a number"),
        ({"answer": "#### " + "1" * 31}, "its answer does not end in #### and a number"),
        ({"answer": "####"}, "its answer does not end in #### and a number"),
        ({"answer": 51}, "the answer is not text but int"),
    ],
)
def test_broken_rows_are_left_out(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    """And named with what is wrong; the rows around them are items."""
    folder = written(tmp_path, "test.jsonl", MADE_UP | {"instance": 1} | change, MADE_UP)
    loaded = gsm_symbolic.load(folder)
    assert (f"'test.jsonl', line 1: {expected}",) == loaded.left_out
    assert (EXPECTED,) == loaded.items


@pytest.mark.shared_data
def test_gsm8k_is_refused() -> None:
    """Its rows have no template, so they are never taken for GSM-Symbolic's."""
    with pytest.raises(
        BenchmarkError, match="none of 300 rows is a row of GSM-Symbolic; the first"
    ):
        gsm_symbolic.load(shared_data("gsm8k", "test.first300.jsonl"))
