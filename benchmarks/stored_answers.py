"""Measures `pytest-rest import` of a large table: `python benchmarks/stored_answers.py [ROWS]`.

The table is made here: short answers to items in text and image, nine in ten of them right. What is
measured is a process of its own: its time, and the most memory that it held.
"""

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 100_000
COLUMNS = ("item", "suite", "form", "format", "answer", "expected", "model", "tokens")
_WORDS = ("the", "farmer", "has", "twelve", "crates", "of", "red", "apples", "and", "sells")


def write(path: Path, rows: int, words: int = 0) -> None:
    """A table of so many answers, two of each item, with so many words of reasoning before each."""
    draw = random.Random(0)  # noqa: S311 (no secret)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows // 2):
            right = f"the answer to question {number} is some {draw.randrange(1_000_000):,}"
            for form in ("text", "image"):
                said = right if draw.random() < 0.9 else f"{right} or more"
                if words:
                    said = f"{' '.join(draw.choices(_WORDS, k=words))}\nAnswer: {said}"
                item = f"item-{number:06d}"
                tokens = words + 20 if words else None
                writer.writerow([item, "large", form, "html", said, right, "a-model", tokens])


def main(rows: int = ROWS) -> None:
    """Write the table, import it, and print what that took."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "answers.csv")
        write(table, rows)
        program = "import sys; from pytest_rest.commands import main; sys.exit(main())"
        command = [sys.executable, "-c", program, "import", str(table), "-o", f"{folder}/run"]
        begun = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        size, processor = table.stat().st_size / 1e6, used.ru_utime + used.ru_stime
        print(f"{rows:,} rows, {size:.0f} MB: {seconds:.1f} s, {processor:.1f} s of the processor,")
        print(f"at most {used.ru_maxrss / 1024:.0f} MB of memory")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
