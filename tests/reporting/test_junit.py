"""JUnit's file of a run, and of shards that were merged: valid, and read right."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import junit_schema
from runs import RunRest
from test_evidence import RUNS

from pytest_rest.commands import main
from pytest_rest.reporting import junit
from pytest_rest.reporting.junit import Case

SHAKY = "--rest-model=simulated:wrong.image=0.3,failed.mixed=0.2"
GATE = ("--rest-suite=soebench:12", "--rest-min-rer=0.5", "--rest-max-lost=12")


def test_a_schema_s_faults_are_found() -> None:
    """Of an attribute, an element and an order that Jenkins does not know."""
    text = "<testcase name='a' file='b'><system-out/><skipped/><properties/></testcase>"
    case = ElementTree.fromstring(text)  # noqa: S314 (our own)
    first, second = junit_schema.faults(case)[:2]
    assert ("testcase file", True) == (first, second.startswith("testcase has"))
    case.remove(case[2])
    assert any(each.startswith("the order") for each in junit_schema.faults(case))


@RUNS
def test_what_a_gate_judges_is_no_bare_pass(run_rest: RunRest, workers: Sequence[str]) -> None:
    """An inconsistent item has its answers, a lost one is skipped; counts and status stay."""
    run = run_rest(SHAKY, *GATE, "--junitxml=junit.xml", *workers)
    suite = junit_schema.read(Path("junit.xml"))
    found = junit_schema.outcomes(suite)
    kinds = Counter(kind for kind, _ in found.values())
    assert run.outcomes["inconsistent"] == kinds["system-out"] > 0
    assert run.outcomes["lost"] == kinds["skipped"] == len(run.report["lost"]) > 0
    assert (run.status, 0) == (0, kinds["failure"])
    for item in run.report["items"]:
        kind, said = found[f"test_answers_agree[{item['id']}-{item['style']}]"]
        values = [str(answer["value"]) for answer in item["answers"].values()]
        if item["verdict"] == "inconsistent":
            assert "system-out" == kind
            assert said.startswith("inconsistent: text ")
            assert all(value in said for value in values)
        if item["verdict"] == "lost":
            assert kind == "skipped"
            assert "lost: mixed: server error: planted failure" in said
    about = junit_schema.properties(suite)
    assert str(kinds["system-out"]) == about["rest.inconsistent"]
    assert str(kinds["skipped"]) == about["rest.lost"]
    (name, *_) = [name for name, (kind, _) in found.items() if kind == "system-out"]
    key = f"rest.inconsistent.{name.partition('[')[2][:-1]}"
    assert found[name][1] == f"inconsistent: {about[key]}"


def test_merged_shards_have_the_run_s_file(run_rest: RunRest) -> None:
    """The same test cases with the same outcomes and properties."""
    run_rest(SHAKY, *GATE, "--junitxml=junit.xml")
    whole = junit_schema.read(Path("junit.xml"))
    for part in ("1", "2"):
        run_rest(SHAKY, *GATE, f"--rest-shard={part}/2", f"--rest-run-dir=part-{part}")
    words = ["merge", "part-1", "part-2", "-o", "merged", "--junit-xml=merged.xml"]
    assert 0 == main(words)
    merged = junit_schema.read(Path("merged.xml"))
    assert {n: kind for n, (kind, _) in junit_schema.outcomes(whole).items()} == {
        name: kind for name, (kind, _) in junit_schema.outcomes(merged).items()
    }
    assert junit_schema.properties(whole) == junit_schema.properties(merged)


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    """Nothing in it is markup, or a character that XML has not."""
    evil = "</testcase>]]>\x00\x1b[2J\ud800\ufffe\uffff&<b>"
    path = tmp_path / "junit.xml"
    junit.write(path, evil, [Case(evil, evil, evil), Case("", "b")], {evil: evil})
    suite = junit_schema.read(path)
    assert ["failure", "passed"] == [kind for kind, _ in junit_schema.outcomes(suite).values()]
    assert "</testcase>]]>" in suite[1][0].attrib["message"]
