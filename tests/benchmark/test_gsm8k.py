"""GSM8K and MGSM: rows as items, in every language, cut in story and question."""

import json
from pathlib import Path

import pytest
from runs import shared_data

from pytest_rest import benchmark, scoring
from pytest_rest.benchmark.suites import gsm8k, mgsm
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Item

ROW = {
    "question": "Jo has 45 apples and gets 2 a day.  How many is that after 3 days?",
    "answer": "It is 3 * 2 = <<3*2=6>>6 more.\n#### 1,051",
}
EXPECTED = Item(
    "gsm8k-0000",
    "How many is that after 3 days?",
    "1,051",
    context="Jo has 45 apples and gets 2 a day.",
    answer_kind="number",
    suite="gsm8k",
)
FILTERS = ["rows", "readable", "short", "without_latex", "with_story"]


def written(path: Path, text: str) -> Path:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "gsm8k/test.jsonl",
        "gsm8k/main/test.jsonl",
        "grade-school-math/data/test.jsonl",
        "test.first300.jsonl",
    ],
)
def test_a_row_of_gsm8k_is_an_item(tmp_path: Path, name: str) -> None:
    """The authors' layout and the hub's; one whose solution has no number is left out, by name."""
    bad = {**ROW, "answer": "It is 7."}
    written(tmp_path / name, f"{json.dumps(ROW)}\n{json.dumps(bad)}\n{json.dumps(ROW)}\n")
    loaded = gsm8k.load(tmp_path)
    assert ("gsm8k-0000", "gsm8k-0002") == tuple(item.id for item in loaded.items)
    assert EXPECTED == loaded.items[0]
    assert "line 2: its answer does not end in ####" in loaded.left_out[0]
    assert FILTERS == [*loaded.counts]


def test_the_socratic_part_is_another(tmp_path: Path) -> None:
    """The hub's second configuration has other solutions."""
    written(tmp_path / "gsm8k/socratic/test.jsonl", json.dumps(ROW))
    with pytest.raises(BenchmarkError, match="has no test rows of GSM8K; give a copy of https"):
        gsm8k.load(tmp_path)


LINES = {
    "en": "Jo has 45 apples. How many is that?\t1,051\n",
    "zh": "乔有 45 个苹果。一共有多少？\t1,051\n",
    "th": "โจมีแอปเปิ้ล 45 ผล เขามีทั้งหมดกี่ผล ทั้งหมดกี่ผล\t1,051\n",
}


def test_a_problem_in_every_language_is_a_cluster(tmp_path: Path) -> None:
    """Row i is the same problem; in one language each stands alone."""
    for language, line in LINES.items():
        written(tmp_path / "mgsm" / f"mgsm_{language}.tsv", line * 2)
    everywhere = mgsm.load("", tmp_path).items
    names = [f"mgsm-{language}-{n:04d}" for language in ("en", "th", "zh") for n in (0, 1)]
    assert names == [item.id for item in everywhere]
    assert ["0000", "0001"] * 3 == [item.cluster for item in everywhere]
    assert {"mgsm"} == {item.suite for item in everywhere}
    assert [("en",), ("en",), ("th",)] == [item.tags for item in everywhere[:3]]
    (one, _) = mgsm.load("zh", tmp_path).items
    assert ("mgsm-zh-0000", "mgsm-zh", "", "1051") == (
        *(one.id, one.suite, one.cluster),
        scoring.truth(one),
    )
    assert ("乔有 45 个苹果。", "一共有多少？") == (one.context, one.question)


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("de", "Sie hat 3 Enten. Wie viele Eier?", "Wie viele Eier?"),
        ("es", "La Sra. Paz tiene 3. ¿Y el Sr. García?", "¿Y el Sr. García?"),
        ("ja", "3個あります。全部で何個ですか？", "全部で何個ですか？"),
        ("bn", "তার 3টি আছে। মোট কত?", "মোট কত?"),
        ("th", "เขามี 3 ผล เขามีกี่ผล", "เขามีกี่ผล"),
        ("ru", "У неё 2.5 кг. Сколько это в граммах?", "Сколько это в граммах?"),
        ("ru", "Сколько будет 2 и 2?", "Сколько будет 2 и 2?"),
    ],
)
def test_a_row_is_cut_before_its_last_sentence(language: str, text: str, question: str) -> None:
    """By the signs of its script; one that cannot be cut has no story."""
    story, last = mgsm.split(text, language)
    assert question == last
    assert text.replace(" ", "") == (story + last).replace(" ", "")
    assert bool(story) == (text != question)


def test_a_file_of_another_language_is_told(tmp_path: Path) -> None:
    """Its rows are none of the suite's."""
    path = written(tmp_path / "mgsm_en.tsv", LINES["en"])
    with pytest.raises(BenchmarkError, match="it is of the language en, and not zh"):
        mgsm.load("zh", path)
    other = written(tmp_path / "rows.tsv", LINES["en"])
    with pytest.raises(BenchmarkError, match="its file does not say a language"):
        mgsm.load("", other)


def test_without_a_copy_mgsm_says_where_to_get_it() -> None:
    """There is no pinned download."""
    with pytest.raises(BenchmarkError, match="is not downloaded; give a copy of https://github"):
        benchmark.load("mgsm-zh:2")


@pytest.mark.shared_data
def test_real_rows_are_items() -> None:
    """All of GSM8K's, and nearly all of MGSM's, which has few problems of one sentence."""
    data = shared_data("gsm8k", "SOURCE.md").parents[1]
    assert [300] * 5 == [*gsm8k.load(data).counts.values()]
    counts = {language: mgsm.load(language, data).counts for language in ("zh", "th", "te", "en")}
    assert {250} == {count["readable"] for count in counts.values()}
    assert {"zh": 249, "th": 245, "te": 247, "en": 250} == {
        language: count["with_story"] for language, count in counts.items()
    }
    first = {mgsm.load(language, data).items[0].answer for language in counts}
    assert {"18"} == first
