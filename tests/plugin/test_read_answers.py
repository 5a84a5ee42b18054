"""What a model wrote over the wire, and how it is read, judged and told: a run of all kinds."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from endpoint import Endpoint, Reply, Request
from runs import RunRest

CHOICES = {"A": "Rome", "B": "Paris", "C": "Oslo"}
LENGTHS = {"1": "2.5 m", "2": "1.5 m"}
# What every form is answered with: the kind of the item and its answer, then the value and status.
CASES: list[tuple[str, object, str, str | None, str]] = [
    ("number", "$7 million", "Answer: $7 million", "7000000", "parsed"),
    ("number", "$7 million", "Answer: 7 thousand", "7000", "parsed"),
    ("number", "7", "Answer: 7 half", None, "unparseable"),
    ("number", "7", "Answer: 5 out of ten", None, "unparseable"),
    ("number", "2.5 kg", "Answer: 2.5 g", None, "unparseable"),
    ("number", "7", "Answer: 0,125", "0.125", "parsed"),
    ("number", "7", "Answer: 1.234,56 EUR", "1234.56", "parsed"),
    ("number", "7", "Answer: 1 234", None, "unparseable"),
    ("number", "3", "Answer: 3\nConfidence in answer: 95%", "3", "parsed"),
    ("number", "8", "A common wrong answer: 8", None, "unparseable"),
    ("number", "460", "Answer: \\boxed{\\$460}", "460", "parsed"),
    ("number", "7", "Answer: 7\n" + "So it is. " * 500, "7", "parsed"),
    ("text", "X", 'Answer:\n```json\n{"a": 1}\n```', '{"a": 1}', "parsed"),
    ("text", "X", "Answer: the following", None, "unparseable"),
    ("text", "X", "Answer: X<|im_end|>", "X", "parsed"),
    ("text", "X", "ECHO", None, "unparseable"),
    ("text", "X", "Answer: I don't know", None, "abstained"),
    ("number", "7", "Answer: N/A", None, "abstained"),
    ("choice", "B", "Answer: B\nSecond-best answer: C", "B", "parsed"),
    ("choice", "B", "Answer: A: wrong. B: right", None, "unparseable"),
    ("choice", "B", "Answer: \\boxed{B}. Paris", "B", "parsed"),
    ("choice", "1", "Answer: 1.5", None, "unparseable"),
]


def benchmark() -> str:
    """An item for each case, whose number stands in text and in mixed."""
    items = []
    for number, (kind, key, *_) in enumerate(CASES):
        item = {"id": f"case-{number}", "question": f"Case {number}?", "answer": key, "kind": kind}
        items.append(item | {"context": "Look at this."})
        if kind == "choice":
            listed = LENGTHS if key == "1" else CHOICES
            items[-1] |= {"choices": listed | {"9": f"Case {number}?"}}
    return json.dumps({"items": items})


def reply(request: Request) -> Reply:
    """The text of the case that is asked."""
    shown = "\n".join(request.texts)
    number = re.search(r"Case (\d+)\?", shown)
    text = CASES[int(number[1])][2] if number else ""
    return Reply(shown if text == "ECHO" else text)


def test_answers_over_the_wire(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Read for sure or not at all; what says that there is no answer has a count of its own."""
    Path("read.rest.yaml").write_text(benchmark(), "utf-8")
    with Endpoint(reply) as endpoint:
        run = run_rest(
            *("--rest-model=m", f"--rest-api-base={endpoint.openai_base}", "read.rest.yaml"),
            *("--rest-modes=text,mixed", "--rest-ocr=off", "--rest-min-rer=0.9"),
            *("--junitxml=junit.xml", *mode),
        )
    items = {item["id"]: item for item in run.report["items"]}
    for number, (_, key, _, value, status) in enumerate(CASES):
        item = items[f"case-{number}"]
        right = value is not None and value in (key, "7000000")
        expected = (value, status, right)
        for answer in item["answers"].values():
            assert expected == (answer["value"], answer["status"], answer["correct"]), number
        assert ("consistent" if value else "inconsistent") == item["verdict"]
        assert (status == "abstained") == (item["failed_at"] == "abstained")
    counted = {"answers": len(CASES), "abstained": 2}
    assert {"text": counted, "mixed": counted} == run.report["abstained"]
    n = len(CASES)
    assert f'abstained ("I don\'t know"): text 2 of {n}, mixed 2 of {n}' in run.out
    assert ": 2 abstained, " in run.out
    assert "no answer (abstained)" in run.out
    page = Path("run/report.html").read_text("utf-8")
    assert f"text 2 of {n}, mixed 2 of {n}" in re.sub(r"\s+", " ", page)
    suite = ElementTree.parse("junit.xml").getroot()[0]  # noqa: S314 (our own)
    found = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert ["2", "2"] == [found["rest.abstained.text"], found["rest.abstained.mixed"]]
