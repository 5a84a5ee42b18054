"""RH-Bench's rows as items: both halves, both kinds of questions, and what is odd in them."""

from pathlib import Path
from typing import Any

import pytest
import rh_bench as made_up
from test_hub import Hub, Page, fetched

from pytest_rest import benchmark, prompts, scoring
from pytest_rest.benchmark.suites import rh_bench
from pytest_rest.errors import BenchmarkError
from pytest_rest.rendering import pictures
from pytest_rest.terms import Choice, Form, Image, Item, half_of

# Draws an item, as a run's main process does, and says which and of what folder its picture is.
SCRIPT = """
import json, pathlib
from pytest_rest import benchmark

(item,) = benchmark.load("rh-bench:1")
print(json.dumps([item.id, pathlib.Path(item.image).parent.name]))
"""
YES_NO = (Choice("A", "yes"), Choice("B", "no"))


def one(folder: Path, **changes: Any) -> Item | str:
    """The item of the first row of perception, changed; or why it is left out."""

    def change(row: made_up.Row) -> made_up.Row:
        is_it = row["id"] == 0 and row["image"].startswith("per_")
        return row | changes if is_it else row

    loaded = rh_bench.load(made_up.write(folder, 2, change))
    found = [item for item in loaded.items if item.id == "rh-bench-perception-0000"]
    assert len(found) + len(loaded.left_out) == 1
    return found[0] if found else loaded.left_out[0].partition(": ")[2]


def test_both_halves_are_read(tmp_path: Path) -> None:
    """Ids start at 0 in both; the halves are told apart, and so are the kinds of answers."""
    items = rh_bench.load(made_up.write(tmp_path, 3)).items
    assert [
        ("rh-bench-reasoning-0000", "choice", "B"),
        ("rh-bench-reasoning-0001", "integer", "1"),
        ("rh-bench-reasoning-0002", "text", "red"),
        ("rh-bench-perception-0000", "choice", "A"),
        ("rh-bench-perception-0001", "open", "A picture of 1."),
        ("rh-bench-perception-0002", "choice", "A"),
    ] == [(item.id, item.answer_kind, item.answer) for item in items]
    halves = [half_of(item.id) for item in items]
    assert ["reasoning"] * 3 + ["perception"] * 3 == halves
    assert {"text"} == {item.only for item in items}
    assert ("Is it so, 0?", YES_NO) == (items[3].question, items[3].choices)


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("Choices: (A) yes (B) no", ("yes", "no")),
        ("Choices:\nA. yes\nB. no", ("yes", "no")),
        ("choices : A: yes, B: no", ("yes", "no")),
        ("Choices:\nA) yes, it is\nB) no; never", ("yes, it is", "no; never")),
        ("Choices: A. C. elegans is B. B. subtilis", ("C. elegans is", "B. subtilis")),
        ("Choices:\nyes\nno", ("yes", "no")),
        ("Choices: in this sense? Choices: (A) yes (B) no", ("yes", "no")),
    ],
)
def test_choices_stand_in_the_question(tmp_path: Path, written: str, texts: Any) -> None:
    """After the last `Choices:`, in a line or several, under labels or none."""
    found = one(tmp_path, question=f"Is it? {written}", answer="A")
    assert isinstance(found, Item)
    assert texts == tuple(choice.text for choice in found.choices)


@pytest.mark.parametrize("key", ["B", "b", "(B)", "B.", "no", " No "])
def test_a_key_is_a_label_or_a_text(tmp_path: Path, key: str) -> None:
    """Whichever it is, the item's answer is the label."""
    found = one(tmp_path, answer=key)
    assert isinstance(found, Item)
    assert ("B", "B") == (found.answer, scoring.truth(found))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"answer": "C"}, "the answer 'C' is not one of its choices"),
        ({"question": "Is it? Choices: (A) B (B) no", "answer": "B"}, "is more than one of its"),
        ({"question": "Is it?"}, "it has no 'Choices:'"),
        ({"question": "Choices: (A) yes (B) no"}, "the question before its choices is empty"),
        ({"question": "Is it? Choices: (A) yes (B) yes"}, "two choices read the same"),
        ({"question": "Is it? Choices:"}, "it has fewer than two choices"),
        ({"question_type": "essay"}, "its question_type 'essay' is unknown"),
        ({"question": None}, "the question is not text but NoneType"),
        ({"id": "a b"}, "its id is not valid"),
        ({"image": "per_images/9.png"}, "its picture 'per_images/9.png' is not there"),
        ({"image": "../secret.png"}, "is outside of the folder"),
        ({"image": "/etc/hostname"}, "is outside of the folder"),
        ({"image": None}, "the picture's name is not text"),
    ],
)
def test_odd_rows_are_named(tmp_path: Path, changes: Any, why: str) -> None:
    """They are left out and counted, never guessed."""
    found = one(tmp_path, **changes)
    assert isinstance(found, str)
    assert why in found


def test_a_copy_has_both_files(tmp_path: Path) -> None:
    """With only one there is no curve, and the error names the missing one."""
    (made_up.write(tmp_path, 1) / "halu_data.json").unlink()
    with pytest.raises(BenchmarkError, match=r"has no halu_data\.json; RH-Bench has two files"):
        rh_bench.load(tmp_path)


def test_a_draw_has_half_of_each(tmp_path: Path) -> None:
    """One more of reasoning where it is odd; a smaller draw is part of a larger one."""
    items = rh_bench.load(made_up.write(tmp_path, 5)).items
    draws = {n: [item.id for item in rh_bench.draw(items, n, 7)] for n in range(11)}
    for n, ids in draws.items():
        assert (n + 1) // 2 == sum("-reasoning-" in each for each in ids)
        assert n == len(set(ids))
        assert set(ids) <= set(draws[min(n + 1, 10)])
    assert len(items) == len(rh_bench.draw(items, None, 7))


def test_only_drawn_pictures_are_read(tmp_path: Path) -> None:
    """A picture that is damaged is told with its path, if its item is drawn."""
    made_up.write(tmp_path, 4)
    drawn = benchmark.load("rh-bench:4", 0, tmp_path)
    left = {f"{i}.png" for i in range(4)} - {Path(each.image).name for each in drawn[2:]}
    (tmp_path / "per_images" / left.pop()).write_text("no picture")
    assert drawn == benchmark.load("rh-bench:4", 0, tmp_path)
    with pytest.raises(BenchmarkError, match=r"per_images.*is not a PNG"):
        benchmark.load("rh-bench", 0, tmp_path)


def test_an_item_is_text_beside_its_picture(tmp_path: Path) -> None:
    """The picture as it is, then question and choices."""
    item = benchmark.load("rh-bench:1", 0, made_up.write(tmp_path, 1))[0]
    shown, text = prompts.build(item, Form("text"), "solve", prompts.load_protocol()).parts
    assert isinstance(shown, Image)
    assert pictures.digest(tmp_path / "reason_images" / "0.png") == shown.digest
    assert str(text).startswith("Which is it, 0?\nA. a cat\nB. a dog\nC. a cow\n")


@pytest.mark.costly
def test_drawn_pictures_are_downloaded(tmp_path: Path) -> None:
    """Both files, and the picture of the one item; after that no server is asked."""
    copy = made_up.write(tmp_path / "copy", 1)
    pages = {
        "LCZZZZ/RH-Bench/main": Page((copy / "reason_data.json").read_bytes()),  # either file
        "LCZZZZ/RH-Bench/reason_images": Page((copy / "reason_images" / "0.png").read_bytes()),
    }
    with Hub(pages) as server:
        found = [fetched(server.url, tmp_path, script=SCRIPT)]
        asked = {path for _, path, _ in server.asked if "/resolve/" in path}
        server.asked.clear()
        found.append(fetched(server.url, tmp_path, script=SCRIPT))
        assert [] == [path for _, path, _ in server.asked if "/resolve/" in path]
    assert [["rh-bench-reasoning-0000", "reason_images"]] == found[0] == found[1]
    names = sorted(path.rpartition("/")[2] for path in asked)
    assert ["0.png", "halu_data.json", "reason_data.json"] == names
