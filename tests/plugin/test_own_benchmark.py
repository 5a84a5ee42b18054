"""A benchmark of one's own as a user meets it: a file that pytest collects, or a marker names."""

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

import pytest
from endpoint import Endpoint, Reply, Request
from PIL import Image as Picture
from runs import RunRest, without_times

from pytest_rest import plugin
from pytest_rest.benchmark import file
from pytest_rest.benchmark.yaml_nodes import LARGEST_FILE

MODEL = "--rest-model=simulated"
SHAKY = "--rest-model=simulated:wrong.image=0.5"
INVOICES = """\
items:
  - id: total
    context: 3 lamps at $12.50
    question: What is due?
    answer: 37.5
  - question: Who is it?
    choices: [Ada, Ben]
    answer: Ben
"""
LINES = "".join(
    f'{{"question": "{n}+1?", "context": "{n}", "answer": {n + 1}}}\n' for n in range(8)
)


@pytest.fixture
def files(pytester: pytest.Pytester) -> pytest.Pytester:
    """Two benchmark files, one in a folder below, and an ordinary test."""
    pytester.path.joinpath("invoices.rest.yaml").write_text(INVOICES, "utf-8")
    pytester.mkdir("below").joinpath("sums.rest.jsonl").write_text(LINES, "utf-8")
    pytester.makepyfile(test_nothing="def test_nothing(): pass")
    return pytester


@pytest.mark.usefixtures("files")
def test_a_file_is_collected(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Each item in each style is a test; no suite joins, and the header names the file."""
    run = run_rest(MODEL, "invoices.rest.yaml", "-v", *mode)
    assert {"passed": 2} == run.outcomes, run.out
    for name in ("total", "invoices-0002"):
        test = f"invoices.rest.yaml::test_answers_agree[{name}-dejavu-200dpi-black]"
        assert test in run.out
    assert "rest: invoices.rest.yaml; seed 0;" in run.out
    assert {"invoices", "mean", "pooled"} == set(run.report["metrics"])
    assert {2} == {each["items"] for each in run.report["provenance"]["suites"]}


@pytest.mark.usefixtures("files")
def test_a_folder_is_searched(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Every benchmark file below it, beside the tests; a suite that is named joins."""
    run = run_rest(MODEL, ".", "--rest-suite=soebench:1", *mode)
    assert {"passed": 2 + 8 + 1 + 1} == run.outcomes, run.out
    assert {"invoices", "sums", "soebench", "mean", "pooled"} == set(run.report["metrics"])


@pytest.mark.usefixtures("files")
def test_without_paths_the_suites_are_the_run(run_rest: RunRest) -> None:
    """As DESIGN has it: the files that lie about are asked when they are named."""
    run = run_rest(MODEL, "--rest-suite=soebench:1")
    assert {"passed": 1} == run.outcomes


def test_suites_of_the_ini_file_do_not_join_files(
    files: pytest.Pytester, run_rest: RunRest
) -> None:
    """Who names a benchmark file asks it alone."""
    files.makeini("[pytest]\nrest_suites = soebench:3")
    assert {"passed": 2} == run_rest(MODEL, "invoices.rest.yaml").outcomes
    joined = run_rest(MODEL, "invoices.rest.yaml", "--rest-suite=soebench:1")
    assert {"passed": 3} == joined.outcomes


@pytest.mark.usefixtures("files")
def test_without_a_model_a_plain_run_goes_on(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Nothing fails; one line says how many files were not asked."""
    run = run_rest(*mode)
    assert {"passed": 1} == run.outcomes
    assert pytest.ExitCode.OK == run.status
    assert "REST: 2 benchmark files were not asked: give --rest-model" in run.out


@pytest.mark.parametrize("name", ["invoices.rest.yaml", "invoices.rest.yaml::x", "A.REST.YML"])
@pytest.mark.usefixtures("files")
def test_a_file_that_is_named_needs_a_model(
    run_rest: RunRest, mode: Sequence[str], name: str
) -> None:
    """Who names it wants it asked: without a model that is wrong usage, and nothing passes."""
    run = run_rest("test_nothing.py", name, *mode)
    assert f"REST: {name.partition('::')[0]!r} needs a model; give --rest-model" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


def test_the_endings_are_the_same() -> None:
    """The plugin knows them without loading what reads the files."""
    assert file.ENDINGS == plugin._ENDINGS


BROKEN: dict[str, tuple[bytes, str]] = {
    "no-yaml": (b"items: [", ":2: is not YAML"),
    "empty": (b"", "does not begin with a key"),
    "no-items": (b"name: x\n", "has no items"),
    "same-id": (
        b"kind: integer\nitems:\n- {id: a, question: q, context: c, answer: 1}\n"
        b"- {id: a, question: p, context: c, answer: 2}\n",
        ":4: id 'a' is already used in line 3",
    ),
    "no-answer": (b"items:\n- question: Who?\n", ":2: the item has no answer"),
    "no-such-choice": (b"items:\n- {question: q, choices: [a, b], answer: c}\n", ":2: "),
    "unknown-kind": (b"items:\n- {question: q, answer: 1, kind: integr}\n", "did you mean"),
    "unknown-key": (b"items:\n- {question: q, anwser: 1}\n", "unknown key 'anwser'; did you mean"),
    "unknown-style": (b"styles: papyrus\nitems: []\n", "has no items"),
    "bomb": (
        b"a: &a [x, x, x]\n"
        + b"".join(b"%c: &%c [*%c, *%c]\n" % (k, k, k - 1, k - 1) for k in range(98, 120)),
        "unknown key",
    ),
    "deep": (b"items: " + b"[" * 100_000, ": "),
    "large": (b"#" * (LARGEST_FILE + 1), "has more than 32 MB"),
    "binary": (b"\x89PNG\r\n\0\0", "is not text"),
    "utf-16": ("items: []".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "latin-1": ("items:\n- question: Größe?\n".encode("latin-1"), ":2: the byte 0xF6 is not UTF-8"),
    "a-suites-name": (
        b"name: soebench\nitems:\n- {question: q, context: c, answer: 1}\n",
        "name 'soebench' is taken by a suite",
    ),
    "no-picture": (
        b"items:\n- {question: q, context: c, answer: 1, image: gone.png}\n",
        "is not a file",
    ),
}


@pytest.mark.some(6)
@pytest.mark.parametrize(
    ("workers", "kind"),
    [
        *((["-p", "no:xdist"], kind) for kind in BROKEN),
        *((["-n2"], kind) for kind in ("no-yaml", "no-answer", "large")),
    ],
    ids=lambda each: each if isinstance(each, str) else each[0],
)
def test_a_broken_file(
    files: pytest.Pytester, run_rest: RunRest, workers: list[str], kind: str
) -> None:
    """One line, nothing asked of the other file either, no gate passed, exit status 2."""
    content, message = BROKEN[kind]
    files.path.joinpath("broken.rest.yaml").write_bytes(content)
    with Endpoint(lambda _: Reply("Answer: 1")) as server:
        model = ("--rest-model=m", f"--rest-api-base={server.openai_base}", "--rest-max-cfr=1")
        run = run_rest(*model, "invoices.rest.yaml", "broken.rest.yaml", *workers)
        assert () == server.requests
    (line,) = [each for each in run.out.splitlines() if each.startswith("broken.rest.yaml")]
    assert message in line
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    assert 1 == run.outcomes["errors"]
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert run.report["gate"]["passed"] is False
    assert "not collected: broken.rest.yaml" == run.report["gate"]["reason"]


def test_a_broken_line_of_json(files: pytest.Pytester, run_rest: RunRest) -> None:
    """The line is named."""
    files.path.joinpath("broken.rest.jsonl").write_text(LINES + '{"question": \n', "utf-8")
    run = run_rest(MODEL, "broken.rest.jsonl")
    assert "broken.rest.jsonl:9: " in run.out
    assert pytest.ExitCode.INTERRUPTED == run.status


def test_going_on_after_errors_passes_no_gate(
    files: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """The other files are asked, if pytest is told so; what was not judged did not pass."""
    files.path.joinpath("broken.rest.yaml").write_text("items: [")
    run = run_rest(MODEL, ".", "--rest-min-rer=0.5", "--continue-on-collection-errors", *mode)
    assert 10 == len(run.report["items"])
    assert (False, "not collected: broken.rest.yaml") == (
        run.report["gate"]["passed"],
        run.report["gate"]["reason"],
    )
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_two_files_of_one_name(files: pytest.Pytester, run_rest: RunRest) -> None:
    """A report counts by name, so the second is refused, and told how to mend it."""
    files.path.joinpath("below", "invoices.rest.yaml").write_text(INVOICES, "utf-8")
    run = run_rest(MODEL, "below/invoices.rest.yaml", "invoices.rest.yaml")
    assert (
        "invoices.rest.yaml: name 'invoices' is taken by below/invoices.rest.yaml; write name: and "
        "another one at the top of the file"
    ) in run.out
    assert pytest.ExitCode.INTERRUPTED == run.status


def test_only_the_modes_that_are_compared_are_needed(
    files: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Without the mixed form, an item needs neither context nor choices."""
    files.path.joinpath("bare.rest.yaml").write_text("items:\n- {question: q, answer: 1}\n")
    run = run_rest(MODEL, "bare.rest.yaml", "--rest-modes=text,image", *mode)
    assert {"passed": 1} == run.outcomes


def test_a_threshold_below_one_folder(
    files: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """A conftest's threshold judges the files of its folder, whatever its name, and no others."""
    folder = files.path.joinpath("below").rename(files.path / "be [low]")
    folder.joinpath("conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef rer_threshold(): return 0.99\n"
    )
    run = run_rest(SHAKY, ".", *mode)
    (judged,) = run.report["gate"]["thresholds"]
    assert ("be [low]", "failed", 8) == (judged["scope"], judged["outcome"], judged["n"])
    inconsistent = [each for each in run.report["items"] if each["verdict"] == "inconsistent"]
    below = [each for each in inconsistent if each["suite"] == "sums"]
    assert len(below) == run.outcomes["inconsistent"] > 0
    assert 1 + len(inconsistent) - len(below) == run.outcomes["failed"]


@pytest.mark.parametrize(
    ("options", "ini", "expected"),
    [
        ((), "", ["courier-50dpi-red", "cursive-200dpi-black"]),
        ((), "rest_styles = dejavu-100dpi", ["courier-50dpi-red", "cursive-200dpi-black"]),
        (("--rest-style=dejavu-100dpi",), "", ["dejavu-100dpi-black"]),
    ],
)
def test_styles_of_a_file(
    files: pytest.Pytester,
    run_rest: RunRest,
    options: tuple[str, ...],
    ini: str,
    expected: list[str],
) -> None:
    """They are nearer than the ini file's, and the command line's count before them."""
    files.makeini(f"[pytest]\n{ini}")
    styled = f"styles: [courier-50dpi-red, cursive, cursive-200dpi]\n{INVOICES}"
    files.path.joinpath("invoices.rest.yaml").write_text(styled, "utf-8")
    run = run_rest(MODEL, "invoices.rest.yaml", *options)
    assert expected == run.report["provenance"]["styles"]
    assert {"passed": 2 * len(expected)} == run.outcomes
    again = run_rest("--rest-resume=run", "invoices.rest.yaml", keep=True)
    assert without_times(run.report)["items"] == without_times(again.report)["items"]


MARKED = """
    import pytest

    @pytest.mark.rest({marker})
    def test_own(rest):
        assert rest().consistent
"""


@pytest.mark.parametrize(
    ("marker", "tests"),
    [
        ("'sums.rest.jsonl'", 8),  # beside the test
        ("'invoices.rest.yaml'", 2),  # in the root
        ("'../invoices.rest.yaml', 'soebench:1'", 3),
        ("__import__('pathlib').Path(__file__).with_name('sums.rest.jsonl')", 8),
        ("'sums.rest.jsonl', styles=['cursive-50dpi', 'courier']", 16),
    ],
)
def test_a_marker_names_a_file(
    files: pytest.Pytester, run_rest: RunRest, mode: Sequence[str], marker: str, tests: int
) -> None:
    """Beside the test, or else from the root."""
    code = files.makepyfile(test_marked=MARKED.format(marker=marker))
    code.rename(files.path / "below" / "test_marked.py")
    run = run_rest(MODEL, "below/test_marked.py", *mode)
    assert {"passed": tests} == run.outcomes, run.out


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("'gone.rest.yaml'", "marker rest: no benchmark file "),
        ("'broken.rest.yaml'", "broken.rest.yaml:2: is not YAML"),
        ("7", "give 'NAME:N', a file such as 'invoices.rest.yaml', or a pytest_rest.Item"),
    ],
)
def test_a_marker_that_is_wrong(
    files: pytest.Pytester, run_rest: RunRest, marker: str, message: str
) -> None:
    """One line, and no traceback."""
    files.path.joinpath("broken.rest.yaml").write_text("items: [")
    files.makepyfile(test_marked=MARKED.format(marker=marker))
    run = run_rest(MODEL, "test_marked.py")
    assert message in run.out
    assert "Traceback" not in run.out
    assert pytest.ExitCode.INTERRUPTED == run.status


@pytest.mark.usefixtures("files")
def test_a_file_and_a_marker_that_names_it(files: pytest.Pytester, run_rest: RunRest) -> None:
    """The same items: asked once, counted once."""
    files.makepyfile(test_marked=MARKED.format(marker="'invoices.rest.yaml'"))
    run = run_rest(MODEL, "test_marked.py", "invoices.rest.yaml")
    assert {"passed": 4} == run.outcomes
    assert (2, 8) == (len(run.report["items"]), run.report["usage"]["calls"])


@pytest.mark.usefixtures("files")
def test_choosing_tests(run_rest: RunRest, mode: Sequence[str]) -> None:
    """-k and whole ids, as with any test."""
    chosen = run_rest(MODEL, "invoices.rest.yaml", "-k", "total", *mode)
    assert (1, 1) == (chosen.outcomes["passed"], len(chosen.report["items"]))
    name = "invoices.rest.yaml::test_answers_agree[total-dejavu-200dpi-black]"
    assert {"passed": 1} == run_rest(MODEL, name, *mode).outcomes


@pytest.mark.usefixtures("files")
def test_what_failed_last(run_rest: RunRest, mode: Sequence[str]) -> None:
    """--lf runs the failed items of a file again, and no others."""
    first = run_rest(SHAKY, "below", *mode)
    failed = first.outcomes["failed"]
    assert 0 < failed < 8
    again = run_rest(SHAKY, "below", "--lf", *mode)
    assert failed == again.outcomes["failed"]
    assert "passed" not in again.outcomes


@pytest.mark.usefixtures("files")
def test_a_failure_says_how_to_ask_again(run_rest: RunRest) -> None:
    """By the file and the test's name, which pytest takes as it stands there."""
    run = run_rest("--rest-model=simulated:wrong.image=1", "invoices.rest.yaml")
    name = "invoices.rest.yaml::test_answers_agree[total-dejavu-200dpi-black]"
    assert f"again: pytest --rest-model=simulated:wrong.image=1 '{name}'" in run.out


@pytest.mark.usefixtures("files")
def test_planned_resumed_and_replayed(run_rest: RunRest, mode: Sequence[str]) -> None:
    """A plan asks nothing; a resumed run asks what is missing; a replay judges again."""
    planned = run_rest(MODEL, "below", "--rest-plan", *mode)
    assert "32: 8 tests" in planned.out
    first = run_rest(SHAKY, "below", *mode)
    again = run_rest(SHAKY, "below", "--rest-resume", *mode, keep=True)
    assert 32 == again.report["usage"]["cached"]
    replayed = run_rest("below", "--rest-replay=run", "--rest-run-dir=second", *mode, keep=True)
    assert first.outcomes == again.outcomes == replayed.outcomes


@pytest.mark.some(1)
@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("paths", [["below"], ["test_marked.py", "below/sums.rest.jsonl"]])
def test_a_run_is_gone_on_with_where_it_was_asked(
    files: pytest.Pytester,
    run_rest: RunRest,
    mode: Sequence[str],
    paths: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its paths are remembered, from wherever it is gone on with; no suite is asked instead."""
    files.makeini("[pytest]\nrest_suites = soebench:3")
    files.makepyfile(test_marked=MARKED.format(marker="'invoices.rest.yaml'"))
    first = run_rest(MODEL, *paths, *mode)
    run = files.path / "run"
    monkeypatch.chdir(files.path / "below")
    again = run_rest(f"--rest-resume={run}", *mode, keep=True)
    second = f"--rest-run-dir={files.path / 'second'}"
    replayed = run_rest(f"--rest-replay={run}", second, *mode, keep=True)
    assert first.outcomes == again.outcomes == replayed.outcomes
    assert without_times(first.report)["items"] == without_times(again.report)["items"]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_file_is_asked_ahead(run_rest: RunRest, workers: str) -> None:
    """More calls are on their way than the tests that run would wait for; each is made once."""
    with Endpoint(lambda _: Reply("Answer: 1", delay=0.3)) as server:
        model = ("--rest-model=m", f"--rest-api-base={server.openai_base}", "--rest-max-cfr=1")
        run = run_rest(*model, "below", workers)
        assert 32 == len(server.requests) == run.report["usage"]["calls"]
    assert 8 < server.peak


@pytest.mark.slow
@pytest.mark.usefixtures("files")
def test_workers_give_the_same_report(run_rest: RunRest) -> None:
    """Whichever process ran the test."""
    serial, parallel = run_rest(SHAKY, "."), run_rest(SHAKY, ".", "-n2")
    assert without_times(serial.report) == without_times(parallel.report)


def test_junit_names_the_file(files: pytest.Pytester, run_rest: RunRest) -> None:
    """As the class of its tests."""
    path = files.path / "junit.xml"
    run_rest(MODEL, "below", f"--junitxml={path}")
    cases = ElementTree.parse(path).getroot().iter("testcase")  # noqa: S314 (our own file)
    assert {"below.sums.rest.jsonl"} == {case.get("classname") for case in cases}


PICTURED = """\
image: pictures/chart.png
items:
  - {id: chosen, question: Which?, choices: [left, right], answer: right}
  - {id: counted, context: Each bar is a lamp., question: How many?, answer: 2}
"""


def seen(request: Request) -> list[Picture.Image]:
    """The pictures of a request, as pixels."""
    return [Picture.open(io.BytesIO(image)).convert("RGB") for image in request.images]


def test_a_picture_of_ones_own(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Beside the text as it is, and above it where the text is drawn: always one picture."""
    chart = Picture.linear_gradient("L").resize((90, 40)).convert("RGB")
    chart.save(pytester.mkdir("pictures") / "chart.png")
    pytester.path.joinpath("charts.rest.yaml").write_text(PICTURED)
    with Endpoint(lambda _: Reply("Answer: 2")) as server:
        model = ("--rest-model=m", f"--rest-api-base={server.openai_base}")
        run = run_rest(*model, "charts.rest.yaml", *mode)
        requests = server.requests
    assert 8 == len(requests) == run.report["usage"]["calls"], run.out
    assert {1} == {len(request.images) for request in requests}
    bare = [request for request in requests if seen(request)[0].size == chart.size]
    assert 2 == len(bare)
    for request in bare:
        assert seen(request)[0].tobytes() == chart.tobytes()
        whole = " ".join(request.texts)
        assert "How many?" in whole or ("Which?" in whole and "B. right" in whole)
    for request in [each for each in requests if each not in bare]:
        (picture,) = seen(request)
        assert picture.crop((0, 0, *chart.size)).tobytes() == chart.tobytes()
        assert picture.height > chart.height + 20
        assert "Each bar" not in " ".join(request.texts)
    mixed = [each for each in requests if each not in bare and "How many?" in " ".join(each.texts)]
    assert 1 == len(mixed)


def test_a_picture_alone_has_no_mixed_form(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """It would be the text form again: told while collecting, or not compared."""
    Picture.linear_gradient("L").save(pytester.path / "a.png")
    own = "items:\n- {id: bare, question: How many?, image: a.png, answer: 1}\n"
    pytester.path.joinpath("bare.rest.yaml").write_text(own)
    told = run_rest(MODEL, "bare.rest.yaml", *mode)
    assert (
        "bare.rest.yaml:2: item 'bare' of 'bare' cannot be asked in style 'dejavu-200dpi-black': "
        "it has neither context nor choices, so its mixed form would be its text form; give it "
        "a context, or ask --rest-modes=text,image"
    ) in told.out
    assert pytest.ExitCode.USAGE_ERROR == told.status
    asked = run_rest(MODEL, "bare.rest.yaml", "--rest-modes=text,image", *mode)
    assert {"passed": 1} == asked.outcomes
    assert 3 == asked.report["usage"]["calls"]
