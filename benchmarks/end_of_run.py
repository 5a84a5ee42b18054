"""Measures what a run does after its last answer: `python benchmarks/end_of_run.py [ITEMS...]`.

The records are made here, of items in text, image and mixed with a transcription, a few of them
inconsistent. Reading them once is the measure of all else: figures and gate, report.json, and the
page. Each number of items is a process of its own, so that its memory is its own.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting import page
from pytest_rest.reporting.results import Rules, Spent, Tally
from pytest_rest.scoring import judge
from pytest_rest.statistics import bounds
from pytest_rest.terms import Answer, Mode, Record, Style, Transcription, fingerprint
from pytest_rest.terms.record import Seen

try:
    from pytest_rest.reporting.collector import paused
except ImportError:  # an earlier checkout, which looked for garbage at the end, too
    from contextlib import nullcontext as paused  # type: ignore[assignment]

ITEMS = (10_000, 40_000)
_WORDS = ("the", "farmer", "has", "twelve", "crates", "of", "red", "apples", "and", "sells")
_STYLE = Style()
T = TypeVar("T")


def write(path: Path, items: int) -> None:
    """A line for each item's record, as it comes from a worker."""
    draw = random.Random(0)  # noqa: S311 (no secret)
    with path.open("w", encoding="ascii") as file:
        for number in range(items):
            file.write(f"{_record(number, draw).to_json()}\n")


def _record(number: int, draw: random.Random) -> Record:
    suite, name = _named(number)
    right, question = str(draw.randrange(100_000)), " ".join(draw.choices(_WORDS, k=40))

    def answer(mode: Mode) -> Answer:
        is_right = draw.random() < 0.95
        value = right if is_right else str(draw.randrange(100_000))
        text = f"{' '.join(draw.choices(_WORDS, k=60))}\nAnswer: {value}"
        about = _called(f"{number:08x}{mode:>8}", mode != "text")
        sizes: dict[str, Any] = {"width": 1300, "height": 340} if mode != "text" else {}
        return Answer(mode, "parsed", text, value, is_right, text_tokens=90, **about, **sizes)

    is_read = draw.random() < 0.97
    read = question if is_read else question.replace("a", "e")
    cer = 0.0 if is_read else draw.random() / 10
    transcribed = Transcription(
        *("parsed", read, question, cer, is_read), cer_raw=cer, **_called(f"{number:08x}read", True)
    )
    modes: tuple[Mode, ...] = ("text", "image", "mixed")
    verdict = judge([*map(answer, modes)], transcribed)
    return Record(suite, name, _STYLE.id, f"{number:016x}", right, verdict)


def _read(lines: Iterable[str], tally: Any) -> None:
    for number, line in enumerate(lines):
        test = "", (*_named(number), _STYLE.id)
        if hasattr(tally, "selected"):  # in an earlier checkout
            tally.selected[test] = f"{number:016x}"
        if hasattr(tally, "add"):
            tally.add(test, line.rstrip("\n"))
        else:  # in one that is older still
            tally.records[test] = Record.from_json(line)
        tally.of = number + 1


def _named(number: int) -> tuple[str, str]:
    suite = ("soebench", "gsm-symbolic")[number % 2]
    return suite, f"{suite}-{number:06d}"


def _called(prompt: str, has_picture: bool) -> dict[str, Any]:
    seen: Seen = {"width": 1300, "height": 340, "dpi": 200.0}
    picture: dict[str, Any] = {"image": fingerprint([prompt]), "seen": seen} if has_picture else {}
    numbers: dict[str, Any] = {
        "input_tokens": 600,
        "output_tokens": 80,
        "cost": 0.0004,
        "seconds": 0.7,
    }
    return {"prompt": prompt, "model": "a-model-2026-01-01", **numbers, **picture}


def finish(records: Path, folder: Path) -> dict[str, float]:
    """The seconds of the processor that each part of the end takes, and the most memory, in MB."""
    taken: dict[str, float] = {}

    def timed(name: str, part: Callable[[], T]) -> T:
        begun = time.process_time()
        made = part()
        taken[name] = time.process_time() - begun
        return made

    bounds.prepare()  # as a run does while it waits for its first answers
    tally = Tally(Rules((Threshold("rer", ">=", 0.5),)), styles={_STYLE.id: _STYLE})
    with records.open(encoding="ascii") as file:
        timed("read", lambda: _read(file, tally))
    about = {
        **{"model": "a-model", "resolved_name": "a-model", "seed": 0, "created": "2026-01-01"},
        **{"ocr": "image", "modes": ["text", "image", "mixed"], "protocol": "1", "again": {}},
        **{"git_commit": None, "api_base": None, "version": "", "replay_of": None, "stored": None},
    }
    with paused():
        report = timed("figures", lambda: tally.report(about, Spent(1.0, 0, 0, ())))
        timed("report.json", lambda: report.write(folder / "report.json"))
        timed("page", lambda: page.write(report.content(), {}, folder, folder / page.NAME))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**taken, "memory": memory}


def main(*numbers: int) -> None:
    """Print what each number of items takes, and how often that is reading the records once."""
    print("items    read  figures  report.json  page   in all  / read  MB")
    with tempfile.TemporaryDirectory() as folder:
        for items in numbers or ITEMS:
            records = Path(folder, f"{items}.jsonl")
            write(records, items)
            command = [sys.executable, __file__, "--one", str(records), folder]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            taken = json.loads(said)
            read, figures, written, shown = (
                taken[name] for name in ("read", "figures", "report.json", "page")
            )
            whole = figures + written + shown
            print(
                f"{items:<7,} {read:5.2f} {figures:8.2f} {written:12.2f} {shown:5.2f} {whole:8.2f}"
                f" {whole / read:7.2f} {taken['memory']:4.0f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(finish(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main(*map(int, sys.argv[1:]))
