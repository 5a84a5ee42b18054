"""REST+: the ten styles of an item, and runs in all of them."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest
from strategies import texts

from pytest_rest import prompts
from pytest_rest.benchmark import rest_plus as plus
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.suites import soebench
from pytest_rest.evaluate import forms
from pytest_rest.terms import Style

ROOT = Path(__file__).parents[2]
SIMULATED = ("--rest-model=simulated", "--rest-suite=soebench:3")


@given(texts(), st.integers(0, 10**18))
def test_ten_styles(item: str, seed: int) -> None:
    """Nine in black, and one coloured in DejaVu Sans at 200 DPI."""
    found = rest_plus(item, seed)
    expected = {Style(font, dpi) for font in plus.FONTS for dpi in (50, 100, 200)}
    assert (10, expected) == (len(set(found)), set(found[:9]))
    assert found[9] in {Style(color=color) for color in plus.COLORS}
    assert found == rest_plus(item, seed)


def test_every_process_draws_the_same_colours() -> None:
    """Hashing plays no part."""
    drawn = "print([rest_plus(str(n), 7)[9].color for n in range(20)])"
    code = f"from pytest_rest.benchmark.rest_plus import rest_plus; {drawn}"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert str([rest_plus(str(n), 7)[9].color for n in range(20)]) == found.stdout.strip()


def test_every_colour_is_drawn_as_often() -> None:
    """Of six thousand items about a thousand each; another seed draws other colours."""
    drawn = [rest_plus(f"soebench-{n:04}", 0)[9].color for n in range(6000)]
    assert set(plus.COLORS) == set(drawn)
    assert all(850 < count < 1150 for count in Counter(drawn).values())
    others = [rest_plus(f"soebench-{n:04}", 1)[9].color for n in range(6000)]
    assert 800 < sum(one == other for one, other in zip(drawn, others, strict=True)) < 1200


def colored(n: int, seed: int = 0) -> Counter[str]:
    """How many of the first systems are drawn in each coloured style."""
    return Counter(rest_plus(item.digest, seed)[9].id for item in soebench.generate(n, seed))


def test_a_run_in_ten_styles(run_rest: RunRest, mode: Sequence[str]) -> None:
    """A test for each item and style; the colours that were drawn have an n of their own."""
    run = run_rest(*SIMULATED, "--rest-plus", *mode)
    assert {"passed": 30} == run.outcomes
    assert "REST+, ten styles an item" in run.out
    black = {style.id for style in rest_plus("", 0)[:9]}
    assert sorted(black | set(colored(3))) == run.report["provenance"]["styles"]
    counted = {name: each["items"] for name, each in run.report["styles"].items()}
    assert {**dict.fromkeys(black, 3), **colored(3)} == counted
    assert 3 == run.report["metrics"]["soebench"]["all"]["items"]


def test_the_seed_draws_the_colours(run_rest: RunRest) -> None:
    """Another seed, other colours."""
    run = run_rest(*SIMULATED, "--rest-plus", "--rest-seed=5")
    assert set(colored(3, 5)) <= set(run.report["styles"])


def test_the_marker_asks_for_rest_plus(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """`plus=True` in one test, and REST's style in the other."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("soebench:2", plus=True)
        def test_all(rest):
            assert rest().consistent

        @pytest.mark.rest("soebench:2")
        def test_one(rest):
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", ".", *mode)
    assert {"passed": 22} == run.outcomes
    assert 10 <= len(run.report["styles"]) <= 11


def test_a_marker_may_leave_rest_plus_out(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """`plus=False`, or styles of its own, where the run has ten."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("soebench:2", plus=False)
        def test_one(rest):
            assert rest().consistent

        @pytest.mark.rest("soebench:2", styles=["courier", "cursive"])
        def test_two(rest):
            assert rest().consistent

        @pytest.mark.rest("soebench:2")
        def test_ten(rest):
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-plus", ".")
    assert {"passed": 2 + 4 + 20} == run.outcomes


@pytest.mark.costly
def test_the_command_line_wins_over_the_ini_file(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """REST+ there and a style here, or the other way round; both in one place contradict."""
    pytester.makeini("[pytest]\nrest_plus = true")
    assert {"passed": 30} == run_rest(*SIMULATED).outcomes
    assert {"passed": 3} == run_rest(*SIMULATED, "--rest-style=courier").outcomes
    pytester.makeini("[pytest]\nrest_styles = courier")
    assert {"passed": 30} == run_rest(*SIMULATED, "--rest-plus").outcomes
    pytester.makeini("[pytest]\nrest_styles = courier\nrest_plus = true")
    run = run_rest(*SIMULATED)
    assert "--rest-plus has ten styles of its own; leave --rest-style out" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_text_is_asked_once_an_item(run_rest: RunRest, workers: str) -> None:
    """Ten styles are ten pictures and one text: each answered once."""
    protocol = prompts.load_protocol()
    asked = [
        prompt
        for item in soebench.generate(2, 0)
        for style in rest_plus(item.digest, 0)
        for prompt in forms(item, style, protocol)
    ]
    known = {tuple(p for p in prompt.parts if isinstance(p, str)): prompt for prompt in asked}

    def reply(request: Request) -> Reply:
        return Reply(text=f"Answer: {known[request.texts].item.answer}")

    with Endpoint(reply) as endpoint:
        run = run_rest(
            *("--rest-model=openai/m", f"--rest-api-base={endpoint.openai_base}"),
            *("--rest-suite=soebench:2", "--rest-plus", "--rest-max-lost=0", workers),
        )
        texts = [request for request in endpoint.requests if not request.images]
        pictures = [request for request in endpoint.requests if request.images]
    assert (2, 60) == (len(texts), len(pictures))
    assert len({prompt.digest for prompt in asked}) == len(texts) + len(pictures)
    assert 62 == run.report["usage"]["calls"]


def test_a_plan_of_rest_plus(run_rest: RunRest) -> None:
    """31 calls an item, over ten tests."""
    run = run_rest(*SIMULATED, "--rest-plus", "--rest-plan")
    assert "93: 30 tests" in " ".join(run.out.split())


def test_a_failure_is_asked_again_in_rest_plus(run_rest: RunRest) -> None:
    """The command has the option, and chooses the style by its test's name."""
    run = run_rest(
        "--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:1", "--rest-plus", "-x"
    )
    assert "--rest-plus --rest-suite=soebench:1 -k soebench-0000-dejavu-50dpi-black" in run.out


@pytest.mark.costly
def test_a_resumed_run_keeps_rest_plus(run_rest: RunRest) -> None:
    """What draws the tests is kept with the run."""
    run_rest(*SIMULATED, "--rest-plus")
    again = run_rest("--rest-resume", keep=True)
    assert {"passed": 30} == again.outcomes
    assert again.report["usage"]["calls"] == again.report["usage"]["cached"]
