"""Turns many kinds of run, made by two checkouts, into whether they report the same to the byte.

    python benchmarks/same_reports.py --before PATH [--after PATH] [--only KIND ...] [--keep FOLDER]

PATH is a checkout of the code before; the one after is this file's own unless it is named. Each
kind is run by both, in folders with the same files, against the same endpoint, whose answers
depend on what it is asked alone; then each run is replayed, and what the code before has stored is
replayed by the code after. Compared are report.json without its times, which prompts are stored
and what they show, and which pictures are in the run's folder. With `--screen` what was printed
is compared as well, without its times. The exit status is 1 where anything differs.
"""

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).resolve().parents[1]
sys.path.append(str(HERE / "tests"))

from endpoint import Endpoint, Reply, Request  # noqa: E402
from run_kinds import KINDS, Kind, prepare  # noqa: E402

TIMES = {"seconds", "created", "git_commit"}
LATE = {"history"}  # of the runs beside it, which older code does not look at
_VAGUE = {"early", "fuzz"}  # asked ahead of a verdict; after constants of the code by Hypothesis
_GATE = ("--rest-min", "--rest-confidence", "--rest-early")  # which a replay is judged by as well
_VARYING = re.compile(
    r"\d[\d,.:]*(?= ?(s|ms|min|h|seconds|minutes)\b)|0x[0-9a-f]+|seconds=[\d.e-]+"
    r"|\S*/(before|after)/|replay-of-[a-z-]+|replayed|\[gw\d\]"
)
_COMMAND = "import sys; from pytest_rest.commands import main; sys.exit(main())"
_DOTS = re.compile(r"[.siFEx]+ +\[|.*rest-gate \.")  # workers' tests end in any order


class Answers:
    """What the endpoint answers: a function of texts and pixels, so that bytes may differ."""

    def __init__(self) -> None:
        self.is_faulty = False

    def reply(self, request: Request) -> Reply:
        """The same number mostly, now and then another one or a refusal of the call."""
        shown = [request.model, *request.texts, *map(_pixels, request.images)]
        shown += ["a file" for _ in request.files]  # PDFium writes other bytes each time
        lot = hashlib.sha256(json.dumps(shown).encode()).digest()
        if lot[0] < (60 if self.is_faulty else 8):
            return Reply(status=400 + lot[1] % 2 * 22, text=f"bad picture {lot[2]}")
        if request.model == "judge":
            is_rating = "Rating" in " ".join(request.texts)
            return Reply(
                f"Rating: {lot[1] % 6}" if is_rating else ("same", "different")[lot[1] % 2]
            )
        said = lot[1] % 4 if lot[0] < 60 else 3
        text = f"It reads so.\nAnswer: {said}"
        return Reply(text, input_tokens=100 + lot[2], output_tokens=5 + lot[3])


def _pixels(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        seen = picture.convert("RGB")
    return hashlib.sha256(repr(seen.size).encode() + seen.tobytes()).hexdigest()


class Side:
    """One checkout, and the folder in which it runs."""

    def __init__(self, name: str, checkout: Path, folder: Path) -> None:
        self.name, self.checkout, self.folder = name, checkout, folder / name
        self.folder.mkdir()
        where = self.python("-c", "import pytest_rest as p; print(p.__file__)", cwd=folder)
        if str(checkout) not in where:
            raise SystemExit(f"{name}: {where.strip()} is not in {checkout}")

    def python(self, *args: str, cwd: str | Path) -> str:
        """What an interpreter with this checkout prints."""
        left_out = ("PYTEST_ADDOPTS", "GITHUB_STEP_SUMMARY", "CI")
        environ = {name: value for name, value in os.environ.items() if name not in left_out}
        environ |= {"PYTHONPATH": str(self.checkout), "COLUMNS": "100"}
        command = [sys.executable, *args]
        done = subprocess.run(
            command, cwd=cwd, env=environ, text=True, capture_output=True, check=False
        )
        if done.returncode > 1:
            raise SystemExit(f"{self.name}: {' '.join(args)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def run(self, kind: Kind, answers: Answers, url: str, begun: Path | None = None) -> list[str]:
        """Each step of a kind, in a new folder, after what is `begun`; what was printed last."""
        folder = self.folder / kind.name
        prepare(folder)
        if begun is not None:
            shutil.copytree(begun, folder / "run")
        for number, step in enumerate(kind.steps):
            if number or begun is None:
                answers.is_faulty = number + 1 < len(kind.steps)
                args = [arg.format(url=url) for arg in step]
                out = self._pytest(folder, *args)
            if not number and kind.is_old:
                shutil.copytree(folder / "run", folder / "begun")
        return [out]

    def replay(self, kind: Kind, stored: Path, into: str) -> str:
        """The run in a folder again, from its answers; what was printed."""
        folder = self.folder / kind.name
        shutil.rmtree(folder / "stored", ignore_errors=True)
        shutil.copytree(stored, folder / "stored")
        where = "--rest-replay=stored", f"--rest-run-dir={into}"
        paths = [arg for step in kind.steps[-1:] for arg in step if not arg.startswith("-")]
        gate = [arg for arg in kind.steps[-1] if arg.startswith(_GATE)]
        return self._pytest(folder, *where, *paths, *gate, *(kind.replay or ()))

    def _pytest(self, folder: Path, *args: str) -> str:
        if args[0] == "pytest-rest":
            return self.python("-c", _COMMAND, *args[1:], cwd=folder)
        left_out = [f"-pno:{name}" for name in ("cacheprovider", "randomly", "rerunfailures")]
        where = [] if any("--rest-run-dir" in arg for arg in args) else ["--rest-run-dir=run"]
        return self.python("-mpytest", *left_out, *where, *args, cwd=folder)


def content(folder: Path) -> dict[str, Any]:
    """What of a run is compared: report, store and pictures."""
    text = (folder / "report.json").read_text("ascii")
    report = json.loads(re.sub(r'[^"= ]*/(before|after)/', "", text))
    pictures = sorted(path.name for path in folder.glob("images/*"))
    store, rows = folder / "completions.sqlite", []
    if store.exists():
        with closing(sqlite3.connect(store)) as connection:
            wanted = "SELECT digest, suite, item, mode, task, parts FROM completions ORDER BY 1"
            rows = connection.execute(wanted).fetchall()
    known = {} if folder.parent.name in _VAGUE else {"prompts": rows, "pictures": pictures}
    return {"report": _without_times(report), **known}


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        left = {name: each for name, each in value.items() if name not in TIMES | LATE}
        return {name: _without_times(each) for name, each in left.items()}
    return [*map(_without_times, value)] if isinstance(value, list) else value


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two contents differ, their keys' order included."""
    if isinstance(one, dict) and isinstance(other, dict) and [*one] == [*other]:
        for name in one:
            yield from differences(one[name], other[name], f"{place}.{name}")
    elif isinstance(one, list) and isinstance(other, list):
        for number, pair in enumerate(zip_longest(one, other)):
            yield from differences(*pair, f"{place}[{number}]")
    elif json.dumps(one) != json.dumps(other):
        if isinstance(one, dict) and isinstance(other, dict):
            one, other = ([*each] for each in (one, other))
        yield f"{place}: {str(one)[:300]} became {str(other)[:300]}"


def screen(out: str) -> list[str]:
    """The lines that were printed, without times; sorted, as workers end in any order."""
    lines = [_VARYING.sub("#", line).strip(" =") for line in out.splitlines()]
    return sorted(line for line in lines if not _DOTS.match(line))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, compare and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=HERE, help="another one; default: this")
    parser.add_argument("--only", nargs="+", choices=[kind.name for kind in KINDS], default=())
    parser.add_argument("--keep", type=Path, help="a new folder for the runs, which then stay")
    parser.add_argument("--screen", action="store_true", help="compare what was printed, too")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as own:
        folder = chosen.keep or Path(own)
        folder.mkdir(exist_ok=True)
        before = Side("before", chosen.before.resolve(), folder)
        after = Side("after", chosen.after.resolve(), folder)
        kinds = [kind for kind in KINDS if not chosen.only or kind.name in chosen.only]
        answers, differing = Answers(), 0
        with Endpoint(answers.reply) as endpoint:
            for kind in kinds:
                complaints = compare(kind, before, after, answers, endpoint.openai_base)
                if not chosen.screen:
                    complaints = [each for each in complaints if ": screen" not in each]
                differing += bool(complaints)
                print(f"{kind.name}: {'DIFFERS' if complaints else 'the same'}", flush=True)
                for complaint in complaints[:20]:
                    print(f"  {complaint}", flush=True)
    print(f"{differing} of {len(kinds)} kinds of run differ")
    return bool(differing)


def compare(kind: Kind, before: Side, after: Side, answers: Answers, url: str) -> list[str]:
    """What differs in one kind of run, and in its replays."""
    printed_before = before.run(kind, answers, url)
    begun = before.folder / kind.name / "begun" if kind.is_old else None
    outs = [(printed_before, after.run(kind, answers, url, begun))]
    old, new = (side.folder / kind.name / kind.made for side in (before, after))
    pairs = [("run", old, new)]
    if kind.replay is not None:
        replayed = before.replay(kind, old, "replayed")
        place = before.folder / kind.name / "replayed"
        for name, stored in (("replay of an old store", old), ("replay of its own store", new)):
            into = name.replace(" ", "-")
            outs.append(([replayed], [after.replay(kind, stored, into)]))
            pairs.append((name, place, after.folder / kind.name / into))
    said = []
    for (name, one, other), (out, changed) in zip(pairs, outs, strict=True):
        said += [f"{name}: {each}" for each in differences(content(one), content(other))]
        printed = [[line for each in lines for line in screen(each)] for lines in (out, changed)]
        said += [f"{name}: screen{each}" for each in differences(printed[0], printed[1])]
    return said


if __name__ == "__main__":
    sys.exit(main())
