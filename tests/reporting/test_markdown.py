"""What a CI shows of a run: GitHub's summary and annotations, JUnit's properties."""

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pages
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from runs import RunRest
from test_evidence import RUNS
from test_findings import simulated

from pytest_rest.reporting import markdown
from pytest_rest.reporting.terminal import findings
from pytest_rest.reporting.terminal.figures import signed
from pytest_rest.safe_text import shown

WRONG = "--rest-model=simulated:wrong.image=0.4"
HOSTILE = "</td>|`x` [y](javascript:z) <img src=x onerror=y> @all #1 *b* _i_ ![p](q) www.evil.com"


@given(st.text(max_size=100))
@example(HOSTILE)
@example("::set-output name=x::y\n%0A::error::z")
def test_escaped_text_holds_no_markup(value: str) -> None:
    """It reads as it is, on one line, and holds nothing that Markdown or HTML take for theirs."""
    found = markdown.escape(value)
    assert shown(value, 300) == html.unescape(found)
    bare = re.sub(r"&#\d+;", "", found)
    assert not set("<>&|`*_[]@#!\\~:/\"'\n") & set(bare)
    assert "www." not in found


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_rest: RunRest) -> Path:
    """The file that GitHub shows on a run's page."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    return path


@RUNS
def test_a_missed_gate_is_in_page_annotation_and_junit(
    run_rest: RunRest, summary: Path, workers: Sequence[str]
) -> None:
    """On the page, added to what is there; as one error; and as a suite's properties in JUnit."""
    args = ("--rest-suite=soebench:10", "--rest-min-rer=0.9", "--rest-max-cfr=0.9")
    run = run_rest(WRONG, *args, "--junitxml=junit.xml", *workers)
    page = summary.read_text("utf-8")
    assert page.startswith("before\n## REST: simulated&#58;wrong&#46;image=0.4\n")
    assert "**Do not ship**: RER is 50.0 % " in page
    assert "gate failed: rer&#62;=0.9 failed" in page
    assert "| cfr&#60;=0.9 | passed |" in page
    rate = run.report["metrics"]["soebench"]["all"]["rer"]
    assert f"| soebench | 10 | {rate['value'] * 100:.1f} [" in page
    (error,) = [line for line in run.out.splitlines() if line.startswith("::")]
    assert error.startswith("::error title=REST%3A rer>=0.9::rer>=0.9 failed: ")
    suite = ElementTree.parse("junit.xml").getroot()[0]  # noqa: S314 (our own)
    found = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert str(rate["value"]) == found["rest.soebench.rer"]
    assert ["10", "gate failed"] == [found["rest.soebench.rer.n"], found["rest.gate"]]
    cases = {(each.attrib["classname"], each.attrib["name"]) for each in suite.iter("testcase")}
    assert ("soebench", "test_answers_agree[soebench-0003-dejavu-200dpi-black]") in cases
    assert ("rest-gate", "rer>=0.9") in cases


def test_advice_and_tokens_are_told() -> None:
    """The summary's own lines: six of advice at most, and one of tokens."""
    found = simulated(150, 3)
    page = markdown.page(replace(found, provenance=pages.ABOUT))
    _, *lines = findings.advice(found.advice)
    assert (
        f"| advice, of {found.advice.looked_at} differences | items | gain, points [95% together] |"
        in page
    )
    for each in found.advice.given[: findings.ADVICE_SHOWN]:
        assert f"| {markdown.escape(each.text)} | {each.n} | {signed(abs(each.value))} [" in page
    assert ("more |" in page) == any(line.endswith("more, in report.json") for line in lines)
    assert "input tokens" not in page  # which nobody knows here


def test_vision_tokens_take_one_line(run_rest: RunRest, summary: Path) -> None:
    """Where several styles were asked, as the run's own summary has it."""
    styles = "--rest-style=dejavu-50dpi,dejavu"
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", styles)
    (said,) = re.findall(r"^a picture .*$", run.out, re.MULTILINE)
    assert markdown.escape(said) in summary.read_text("utf-8")
    summary.write_text("")
    run_rest("--rest-model=simulated", "--rest-suite=soebench:2")
    assert "a picture" not in summary.read_text("utf-8")


def test_without_a_gate_the_inconsistent_are_named(run_rest: RunRest, summary: Path) -> None:
    """An error for each of the first, on the page a line for each."""
    run = run_rest(WRONG, "--rest-suite=soebench:4", "--rest-seed=1")
    found = [each["id"] for each in run.report["items"] if each["verdict"] == "inconsistent"]
    errors = [line for line in run.out.splitlines() if line.startswith("::error")]
    assert 0 < len(found) == len(errors)
    assert all(name in line for name, line in zip(found, errors, strict=True))
    assert "**Cannot tell**: no threshold was asked for" in summary.read_text("utf-8")
    assert all(name in summary.read_text("utf-8") for name in found)


def test_model_output_is_only_text(
    run_rest: RunRest, summary: Path, pytester: pytest.Pytester
) -> None:
    """An answer with markup, and a line that looks like a workflow command."""
    pytester.makepyfile(
        hostile=f"""
        from pytest_rest.terms import Completion
        class Model:
            name = description = "hostile"; home = "endpoint"; parameters = {{}}; batch_size = 1
            async def open(self): pass
            async def close(self): pass
            async def ask(self, prompts):
                return [Completion("Answer: " + {HOSTILE!r} + "\\n::error::mine") for _ in prompts]
        def make(): return Model()
        """
    )
    run = run_rest("--rest-model=python:hostile:make", "--rest-suite=soebench:2")
    page = summary.read_text("utf-8")
    assert 2 == len(run.report["items"])
    for part in ("<img", "](", "@all", "`x`", "www.evil"):
        assert part not in page
    assert not re.search(r"^::error::mine", run.out, re.MULTILINE)


def test_a_summary_that_cannot_be_written_changes_nothing(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is said, and changes nothing."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/folder/summary.md")
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", "--rest-min-rer=0.5")
    assert pytest.ExitCode.OK == run.status
    assert "'no/such/folder/summary.md' cannot be written: No such file" in run.out
