"""Made-up rows in RH-Bench's layout, for the tests that ask them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

Row = dict[str, Any]


def reasoning(number: int) -> Row:
    """A row of the reasoning half: a choice, a number or a word."""
    row = {"id": number, "image": f"reason_images/{number}.png", "question_type": "free_form"}
    if number % 3 == 0:
        text = f"Which is it, {number}?\nChoices:\nA. a cat\nB. a dog\nC. a cow"
        return row | {"question": text, "answer": "B", "question_type": "multi_choice"}
    answer = number if number % 3 == 1 else "red"
    return row | {"question": f"What is it, {number}?", "answer": answer}


def perception(number: int) -> Row:
    """A row of the perception half: a choice, or an open answer under either spelling."""
    row = {"id": number, "image": f"per_images/{number}.png"}
    if number % 2 == 0:
        text = f"Is it so, {number}? Choices: (A) yes (B) no"
        return row | {"question": text, "answer": "Yes", "question_type": "multi_choice"}
    kind = "free_from" if number % 4 == 1 else "free_form"
    text, answer = f"What is shown, {number}?", f"A picture of {number}."
    return row | {"question": text, "answer": answer, "question_type": kind}


def write(folder: Path, n: int, change: Callable[[Row], Row] = lambda row: row) -> Path:
    """A copy of RH-Bench with `n` rows in each half, each row changed."""
    for stem, make in (("reason_data", reasoning), ("halu_data", perception)):
        rows = [change(make(number)) for number in range(n)]
        for number in range(n):
            path = folder / make(number)["image"]
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6), (number % 256, 0, len(stem))).save(path)
        (folder / f"{stem}.json").write_text(json.dumps(rows), "utf-8")
    return folder
