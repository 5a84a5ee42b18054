"""The plugin as a user meets it: silent without a model, and one test for each item and style."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from runs import RunRest, without_times

OWN_TEST = """
    import pytest

    @pytest.mark.rest("soebench:3")
    def test_systems(rest):
        verdict = rest()
        assert verdict.consistent
"""


def test_without_a_model_nothing_is_collected(run_rest: RunRest, mode: Sequence[str]) -> None:
    """An empty folder has no tests, and the summary has no REST in it."""
    run = run_rest(*mode)
    assert pytest.ExitCode.NO_TESTS_COLLECTED == run.status
    assert "REST" not in run.out


def test_without_a_model_rest_tests_are_skipped(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """A REST test that is met without a model is skipped, and says what it needs."""
    pytester.makepyfile(OWN_TEST)
    run = run_rest("-rs", *mode)
    assert {"skipped": 1} == run.outcomes
    assert "REST needs a model: give --rest-model" in run.out
    assert pytest.ExitCode.OK == run.status


def test_without_a_model_nothing_heavy_is_imported(pytester: pytest.Pytester) -> None:
    """Every pytest run of the environment loads the plugin; it must cost next to nothing."""
    pytester.makepyfile("def test_nothing(): pass")
    (pytester.path / "own.rest.yaml").write_text("items: []")
    idle, asked = _imported(), _imported("--rest-model=simulated", "--rest-suite=soebench:1")
    names = ("options", "option_values", "batch_settings")
    table = {f"pytest_rest.plugin.{name}" for name in names}
    loaded = {name for name in idle if name.startswith("pytest_rest")}
    light = {f"pytest_rest.{name}" for name in ("credentials", "errors", "plugin")}
    assert {"pytest_rest", *light, *table} == loaded
    assert set() == _HEAVY & idle
    assert {"PIL", "jinja2", "yaml", "fontTools"} == _HEAVY & asked


def test_a_benchmark_run_has_a_test_for_each_item(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Without paths the suites are the run; a steady model passes all of it."""
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:4", "-v", *mode)
    assert {"passed": 4} == run.outcomes
    assert "soebench::test_answers_agree[soebench-0003-dejavu-200dpi-black]" in run.out
    assert pytest.ExitCode.OK == run.status
    rer = run.report["metrics"]["soebench"]["all"]["rer"]
    assert (1.0, 4) == (rer["value"], rer["n"])


def test_the_default_suite_is_fifty_systems(run_rest: RunRest) -> None:
    """`pytest --rest-model=...` alone asks soebench:50."""
    run = run_rest("--rest-model=simulated")
    assert {"passed": 50} == run.outcomes


def test_styles_multiply_the_tests(run_rest: RunRest) -> None:
    """Each item is one test in each style, and counts once in the suite's figures."""
    styles = ("--rest-style=cursive-50dpi", "--rest-style=dejavu-100dpi-red")
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:3", *styles)
    assert {"passed": 6} == run.outcomes
    assert ["cursive-50dpi-black", "dejavu-100dpi-red"] == run.report["provenance"]["styles"]
    assert 3 == run.report["metrics"]["soebench"]["all"]["items"]
    assert {3} == {each["items"] for each in run.report["styles"].values()}


def test_a_test_of_ones_own(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """The marker gives a test its items; with a path on the command line no suite joins."""
    pytester.makepyfile(OWN_TEST)
    run = run_rest("--rest-model=simulated", "test_a_test_of_ones_own.py", *mode)
    assert {"passed": 3} == run.outcomes
    assert 3 == run.report["metrics"]["soebench"]["all"]["items"]


def test_a_run_without_rest_tests_leaves_no_trace(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """With a model in the ini file, an ordinary test run writes nothing and says nothing."""
    pytester.makeini("[pytest]\nrest_model = simulated")
    pytester.makepyfile("def test_nothing(): pass")
    run = run_rest("test_a_run_without_rest_tests_leaves_no_trace.py", *mode)
    assert {"passed": 1} == run.outcomes
    assert not (pytester.path / "run").exists()
    assert "RER" not in run.out


def test_suites_join_paths(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """With paths, the suites that are named are asked beside them."""
    pytester.makepyfile("def test_nothing(): pass")
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", "test_suites_join_paths.py")
    assert {"passed": 3} == run.outcomes


def test_items_of_ones_own(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """The marker takes items made in Python, with choices, a style, and text of any kind."""
    pytester.makepyfile(
        """
        import pytest
        from pytest_rest import Choice, Item

        PRICE = Item("price", "What is due?", "114.50",
                     context="Total: $114.50", answer_kind="number")
        ANIMAL = Item("animal", "Which one barks?", "2", answer_kind="choice",
                      choices=(Choice("1", "cat"), Choice("2", "dog")))

        @pytest.mark.rest(PRICE, ANIMAL, styles=["courier-100dpi"])
        def test_own(rest):
            verdict = rest()
            assert verdict.consistent
            assert verdict.answers["mixed"].correct
            assert verdict.transcription.correct
        """
    )
    run = run_rest("--rest-model=simulated", "test_items_of_ones_own.py", "-v")
    assert {"passed": 2} == run.outcomes
    assert "test_own[price-courier-100dpi-black]" in run.out


def test_an_answer_that_nothing_can_equal_is_told_before_asking(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """An item whose own answer is not of its kind stops collection: no test, no call."""
    pytester.makepyfile(
        """
        import pytest
        from pytest_rest import Item

        @pytest.mark.rest(Item("odd", "How many?", "seven", context="x", answer_kind="integer"))
        def test_own(rest):
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", ".")
    assert "item 'odd' of 'own': its answer 'seven' is not a valid integer" in run.out
    assert {"errors": 1} == run.outcomes
    assert pytest.ExitCode.INTERRUPTED == run.status


@pytest.mark.some(3)
@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("'soebench:3', pluss=True", "unknown keyword 'pluss'; did you mean 'plus'?"),
        ("'soebench:3', plus='no'", "plus is 'no'; give True or False"),
        ("'soebench:3', plus=True, styles=['courier']", "leave styles out"),
        ("'sobench:3'", "unknown suite 'sobench'; did you mean 'soebench' or "),
        ("'soebench:0'", "N is 0"),
        ("7", "7 is not a benchmark"),
        ("styles=['papyrus']", "unknown style 'papyrus'"),
    ],
)
def test_a_wrong_marker_is_named(
    pytester: pytest.Pytester, run_rest: RunRest, marker: str, message: str
) -> None:
    """A marker that cannot be understood stops collection with one line, and no traceback."""
    pytester.makepyfile(OWN_TEST.replace("'soebench:3'", marker).replace('"soebench:3"', marker))
    run = run_rest("--rest-model=simulated", "test_a_wrong_marker_is_named.py")
    assert message in run.out
    assert "Traceback" not in run.out
    assert pytest.ExitCode.INTERRUPTED == run.status


def test_a_failure_shows_answers_pictures_and_misreading(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """What a person needs is in the failure: answers, right one, pictures, how to ask again."""
    run = run_rest(
        "--rest-model=simulated:wrong.image=1,misread=1", "--rest-suite=soebench:1", *mode
    )
    answer = run.report["items"][0]
    image = answer["answers"]["image"]
    assert f"inconsistent: text {answer['answer']}, image {image['value']}" in run.out
    assert (pytester.path / "run" / "images" / f"{image['image']}.png").is_file()
    assert f"{image['image']}.png" in run.out
    assert "transcribed wrongly (CER" in run.out
    assert "again: pytest --rest-model=simulated:wrong.image=1,misread=1" in run.out
    assert "Traceback" not in run.out
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_a_failure_of_ones_own_test_has_the_section(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """A test of the user's own keeps its traceback, and gets the explanation beside it."""
    pytester.makepyfile(OWN_TEST)
    run = run_rest("--rest-model=simulated:wrong.mixed=1", "--rest-suite=soebench:1", ".", *mode)
    assert "assert verdict.consistent" in run.out
    assert "inconsistent: text" in run.out
    assert {"failed": 4} == run.outcomes


def test_last_failed_finds_suites_beside_files(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """--lf asks a suite's failed items again even when a file has failures too."""
    pytester.makepyfile(OWN_TEST)
    args = ("--rest-model=simulated:wrong.mixed=1", "--rest-suite=soebench:2", ".")
    assert {"failed": 5} == run_rest(*args).outcomes
    assert {"failed": 5} == run_rest(*args, "--lf").outcomes


def test_selection_and_reruns_are_pytests_own(run_rest: RunRest, mode: Sequence[str]) -> None:
    """-k, --lf and -x work as with any test; -k's choice is what the figures stand on."""
    args = ("--rest-model=simulated:wrong.image=0.5", "--rest-suite=soebench:12", *mode)
    first = run_rest(*args)
    assert 0 < first.outcomes["failed"] < 12
    again = run_rest(*args, "--lf")
    assert {"failed": first.outcomes["failed"]} == _only(again.outcomes, "failed", "passed")
    one = run_rest(*args, "-k", "0003 or 0004")
    assert 2 == one.report["metrics"]["soebench"]["all"]["items"]
    stopped = run_rest(*args, "-x")
    assert sum(stopped.outcomes.values()) < 12
    assert pytest.ExitCode.OK != stopped.status


def test_reruns_count_once(run_rest: RunRest) -> None:
    """A plugin that runs a failed test again sends extra reports; the last one counts."""
    pytest.importorskip("pytest_rerunfailures")
    run = run_rest(
        "--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:2", "--reruns=2", "-n0"
    )
    assert 2 == run.report["metrics"]["soebench"]["all"]["items"]
    assert 2 == len(run.report["items"])


def test_collect_only_asks_nothing(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """--collect-only lists the tests and leaves no run folder."""
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", "--collect-only", "-q")
    assert "soebench::test_answers_agree[soebench-0001-dejavu-200dpi-black]" in run.out
    assert not (pytester.path / "run").exists()


def test_ini_twins(pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]) -> None:
    """Every option may stand in the ini file; the command line wins."""
    pytester.makeini(
        """
        [pytest]
        rest_model = simulated:wrong.image=1
        rest_suites = soebench:3
        rest_styles =
            courier-50dpi
            cursive-100dpi
        rest_max_cfr = 0.5
        rest_seed = 7
        """
    )
    run = run_rest(*mode)
    assert {"inconsistent": 6, "passed": 1, "failed": 1} == run.outcomes
    assert 7 == run.report["provenance"]["seed"]
    other = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", *mode)
    assert {"passed": 6} == other.outcomes


def test_every_option_has_an_ini_twin(pytester: pytest.Pytester) -> None:
    """The promise of one group, and an ini key for each of its options."""
    out = pytester.runpytest_inprocess("--help").stdout.str()
    options = {word.split("=")[0] for word in out.split() if word.startswith("--rest-")}
    ini = {word for word in out.split() if word.startswith("rest_")}
    plural = {f"rest_{name}": f"rest_{name}s" for name in ("suite", "style", "header", "parameter")}
    for option in options:
        key = option.strip(",.;:()'")[2:].replace("-", "_")
        assert plural.get(key, key) in ini, option


@pytest.mark.slow
def test_a_fresh_seed_is_printed_and_used_by_every_worker(run_rest: RunRest) -> None:
    """`fresh` draws one seed for the whole run, and the header tells it."""
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:4", "--rest-seed=fresh", "-n2")
    seed = run.report["provenance"]["seed"]
    assert f"seed {seed};" in run.out
    assert seed > 0
    same = run_rest("--rest-model=simulated", "--rest-suite=soebench:4", f"--rest-seed={seed}")
    assert without_times(same.report) == without_times(run.report)


def test_prompts_of_ones_own(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """--rest-prompts replaces the protocol, and the report names its version."""
    from pytest_rest import prompts

    own = prompts._OWN.read_text("utf-8").replace("version: rest-1", "version: mine-3")
    pytester.path.joinpath("mine.yaml").write_text(own, "utf-8")
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:1", "--rest-prompts=mine.yaml")
    assert run.report["provenance"]["protocol"].startswith("mine-3 (")


def test_a_model_of_ones_own(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """`python:module:factory` is asked, and what it raises loses the item with a reason."""
    pytester.makepyfile(
        mine="""
        from pytest_rest import Completion

        class Mine:
            name = description = "mine"
            home, batch_size, parameters = "cpu", 1, {"temperature": 0.5}

            async def open(self):
                pass

            async def ask(self, prompts):
                if prompts[0].item.id == "soebench-0001":
                    raise RuntimeError("no more memory")
                return [Completion(f"Answer: {p.item.answer}", model="mine-7") for p in prompts]

            async def close(self):
                pass
        """
    )
    run = run_rest("--rest-model=python:mine:Mine", "--rest-suite=soebench:2", *mode)
    assert {"passed": 1, "failed": 2} == run.outcomes
    assert ["mine-7"] == run.report["provenance"]["resolved_model"][-1:]
    assert {"temperature": 0.5} == run.report["provenance"]["parameters"]
    assert "RuntimeError: no more memory" in run.report["lost"][0]["reason"]


_HEAVY = {
    *("PIL", "fontTools", "hypothesis", "jinja2", "jiwer", "litellm", "pint", "rapidocr", "scipy"),
    "sympy",
    "yaml",
}


def _imported(*args: str) -> set[str]:
    """The modules that a run of pytest has imported, by -X importtime and by sys.modules."""
    code = "import pytest, sys; pytest.main(sys.argv[1:]); print('modules', *sys.modules)"
    without = ("-p", "no:hypothesispytest")  # which imports hypothesis for everyone
    command = [sys.executable, "-X", "importtime", "-c", code, *without, *args]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    timed = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    loaded = ran.stdout.rpartition("modules ")[2].split()
    return timed | set(loaded)


def _only(outcomes: dict[str, int], *names: str) -> dict[str, int]:
    return {name: outcomes[name] for name in names if name in outcomes}
