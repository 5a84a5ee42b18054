"""The kinds of run that `same_reports.py` compares, and the files that they ask."""

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import pdf
import rh_bench

_OWN = """\
name: own
items:
  - {id: plain, context: "3 lamps at $2", question: What is the sum?, answer: 6}
  - {id: chart, image: chart.png, question: Which is best?, choices: [a, b, c], answer: a}
  - {id: photo, images: [chart.png, photo.jpg], context: Two, question: How many?, answer: 3}
  - {id: table, table: prices.csv, question: What is it?, answer: 3}
  - {id: code, code: "def f():\\n    return 3", language: python, question: What?, answer: 3}
  - {id: paper, document: paper.pdf, question: What is it?, answer: 3}
  - {id: free, equivalence: judge, context: Sent to an old place, question: Why?, answer: Old}
"""
_PAPERS = """\
items:
  - {id: both, document: paper.pdf, question: What is it?, answer: 3}
  - {id: page, document: paper.pdf, pages: 2, question: What is more?, answer: no}
"""
_TABLES = """\
name: prices
items:
  - {id: csv, table: prices.csv, question: What is the lamp?, answer: 2, tags: [money]}
  - id: fields
    table: prices.csv
    context: "All of them, in $:"
    question: Which and how much?
    fields: {what: lamp, price: 2}
"""
_ANSWERS = """\
item,form,style,answer,expected
one,text,,Ankara,Ankara
one,image,a,Ankara.,Ankara
one,image,b,Istanbul,Ankara
two,text,,3,3
two,image,a,3,3
two,image,b,,3
"""
_TEST = """\
import pytest

@pytest.mark.rest("soebench:6", styles=["courier-50dpi-red", "dejavu-100dpi-black"])
def test_it(rest):
    assert rest().consistent
"""
_HTTP = ("--rest-model=m", "--rest-api-base={url}")
_JUDGE = ("--rest-judge=judge", "--rest-judge-api-base={url}")
_SHAKY = "--rest-model=simulated:shaky"
_SERIAL = "-pno:xdist"
_CODE = ("--rest-style=dejavu-60dpi-gray-highlight=monokai",)


@dataclass(frozen=True)
class Kind:
    """One kind of run: the arguments of its steps, one after the other, in one folder.

    While the first of several steps runs, the endpoint fails more often. That step is the code
    before's alone where the kind `is_old`. A step may be a command of `pytest-rest`. The folder of
    the run that is compared is `made`; with `replay` None it is not replayed.
    """

    name: str
    steps: tuple[tuple[str, ...], ...]
    replay: tuple[str, ...] | None = (_SERIAL,)
    is_old: bool = False
    made: str = "run"


_RESUMED = (
    (*_HTTP, "--rest-suite=soebench:12", "--rest-seed=3", _SERIAL),
    (*_HTTP, "--rest-suite=soebench:12", "--rest-seed=3", "--rest-resume", "-n2"),
)

_OWN_RUN = (*_HTTP, *_JUDGE, "own.rest.yaml", "--rest-style=a4.yaml", _SERIAL)
_SHARDED = (*_HTTP, "--rest-suite=soebench:8", "--rest-plus", "--rest-min-rer=0.2", _SERIAL)
_COLORED = ("--rest-style=courier-50dpi-red", "--rest-style=dejavu-50dpi-blue-on-yellow", *_CODE)

KINDS = (
    Kind("rest", ((_SHAKY, "--rest-suite=soebench:12", "--rest-min-rer=0.5", _SERIAL),)),
    Kind("plus", ((*_HTTP, "--rest-suite=soebench:3", "--rest-plus", _SERIAL),), ("-n2",)),
    Kind("repeats", ((*_HTTP, "--rest-suite=soebench:6", "--rest-repeats=3", _SERIAL),)),
    Kind(
        "ocr-then-solve",
        (
            (
                *(*_HTTP, "--rest-suite=soebench:6", "--rest-ocr=each", "--rest-repeats=2"),
                *("--rest-modes=text,image,ocr-first,ocr-then-solve", _SERIAL),
            ),
        ),
    ),
    Kind(
        "budgets",
        (
            (
                *(*_HTTP, *_JUDGE, "--rest-suite=rh-bench:8", "--rest-data=rh"),
                *("--rest-reasoning-budgets=0,50", _SERIAL),
            ),
        ),
    ),
    Kind("own", ((*_HTTP, *_JUDGE, "own.rest.yaml", "--rest-style=a4.yaml", _SERIAL),)),
    Kind("test", ((*_HTTP, "test_own.py", _SERIAL),)),
    Kind("gated-test", ((*_HTTP, "test_own.py", "--rest-min-rer=0.1", "-n2"),)),
    Kind("lost", ((*_HTTP, "--rest-suite=soebench:16", "--rest-seed=7", _SERIAL),)),
    Kind(
        "early",
        (
            (
                *("--rest-model=simulated:wrong.image=0.6", "--rest-suite=soebench:200"),
                *("--rest-early-stop", "--rest-min-rer=0.9", "--rest-confidence=0.95", _SERIAL),
            ),
        ),
    ),
    Kind(
        "baseline",
        (
            ("--rest-model=simulated", "--rest-suite=soebench:20", "--rest-json=a.json", _SERIAL),
            (
                *(_SHAKY, "--rest-suite=soebench:20", "--rest-baseline=a.json"),
                *("--rest-max-rer-drop=0.2", "--rest-run-dir=second", _SERIAL),
            ),
        ),
        made="second",
    ),
    Kind("n2", ((*_HTTP, "--rest-suite=soebench:12", "--rest-min-rer=0.2", "-n2"),), ("-n2",)),
    Kind("resumed", _RESUMED),
    Kind("resumed-old", _RESUMED, is_old=True),
    Kind(
        "documents",
        (
            (
                *(*_HTTP, "papers.rest.yaml", "--rest-style=a4.yaml", "--rest-ocr=each"),
                *("--rest-modes=text,image,file", "--rest-repeats=2", _SERIAL),
            ),
        ),
    ),
    Kind(
        "formats",
        ((*_HTTP, "tables.rest.yaml", "--rest-table-formats=ruled,html,csv,json", "-n2"),),
    ),
    Kind(
        "coloured",
        ((*_HTTP, "--rest-suite=soebench:3", "own.rest.yaml", *_JUDGE, *_COLORED, _SERIAL),),
        ("-n2",),
    ),
    Kind("resumed-own", (_OWN_RUN, (*_OWN_RUN, "--rest-resume"))),
    Kind("resumed-own-old", (_OWN_RUN, (*_OWN_RUN, "--rest-resume")), is_old=True),
    Kind(
        "merged",
        (
            (*_SHARDED, "--rest-shard=1/2", "--rest-run-dir=a"),
            (*_SHARDED, "--rest-shard=2/2", "--rest-run-dir=b"),
            ("pytest-rest", "merge", "a", "b", "-o", "run"),
        ),
        None,
    ),
    Kind("answers", (("--rest-answers=answers.csv", "--rest-min-rer=0.5", _SERIAL),), None),
    Kind(
        "fuzz",
        (
            (
                *("--rest-model=simulated:low-resolution", "--rest-suite=soebench:3"),
                *("--rest-fuzz=20", "--rest-seed=5", _SERIAL),
            ),
        ),
        None,
    ),
)


def prepare(folder: Path) -> None:
    """The files that the kinds of run ask."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "own.rest.yaml").write_text(_OWN)
    (folder / "papers.rest.yaml").write_text(_PAPERS)
    (folder / "tables.rest.yaml").write_text(_TABLES)
    (folder / "answers.csv").write_text(_ANSWERS)
    (folder / "test_own.py").write_text(_TEST)
    (folder / "a4.yaml").write_text(
        "styles:\n- {name: pages, dpi: 50, page: 200x150}\n"
        "- {name: old, dpi: 60, rotation: 1, noise: 0.1, jpeg_quality: 40, color: red}\n"
    )
    (folder / "prices.csv").write_text("what,price\nlamp,2\nchair,3\n")
    Image.new("RGB", (80, 60), "blue").save(folder / "chart.png")
    Image.new("RGB", (90, 50), "green").save(folder / "photo.jpg")
    pdf.write(folder / "paper.pdf", ["It says 3.", "And no more."], (300, 200))
    rh_bench.write(folder / "rh" / "rh-bench", 8)
