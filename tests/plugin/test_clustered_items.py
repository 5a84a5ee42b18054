"""Items that belong together, from a benchmark file to the verdict and what is shown of it."""

from pathlib import Path

import pytest
from runs import RunRest
from test_cli import printed

FEW = "-pno:xdist"
TEMPLATES, OF_EACH = 6, 5


@pytest.fixture
def prices(pytester: pytest.Pytester) -> Path:
    """A benchmark of templates, each with as many items."""
    lines = ["items:"]
    for template in range(TEMPLATES):
        for number in range(OF_EACH):
            about = f"{template} lamps cost ${number + 1} each"
            lines += [f"- id: t{template}-{number}", f"  cluster: t{template}"]
            lines += [f"  context: {about}", "  question: How much are they, in dollars?"]
            lines += [f"  answer: {template * (number + 1)}"]
    path = pytester.path / "prices.rest.yaml"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.usefixtures("prices")
def test_a_file_with_clusters_is_judged_and_shown(
    run_rest: RunRest, capsys: pytest.CaptureFixture[str], pytester: pytest.Pytester
) -> None:
    """30 right of 6 templates are worth 6, which the gate, the summary and the report say."""
    args = ("--rest-model=simulated", "prices.rest.yaml", FEW, "--rest-min-rer=0.8")
    run = run_rest(*args, "--rest-confidence=0.95", "--rest-html=page.html")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    size = "n = 30 in 6 clusters, worth 6"
    sure = f"[60.7, 100.0], {size}; each end is sure at 0.95"
    assert f"gate UNDECIDED: rer>=0.8 is undecided: 100.0 % {sure}" in run.out
    assert f"prices: {size} for RER" in run.out
    rate = run.report["metrics"]["prices"]["all"]["rer"]
    assert (30, 6, 6) == (rate["n"], rate["n_clusters"], rate["n_effective"])
    assert {f"t{n}" for n in range(TEMPLATES)} == {each["cluster"] for each in run.report["items"]}
    assert "samples" not in run.report["metrics"]["prices"]["all"]
    page = (pytester.path / "page.html").read_text("utf-8")
    assert "prices (30 items in 6 clusters)" in page
    status, out, _ = printed(capsys, "show", "t3-1", "run")
    assert 0 == status
    assert "belongs to cluster t3" in out


@pytest.mark.usefixtures("prices")
def test_a_draw_takes_each_template(run_rest: RunRest) -> None:
    """Six of thirty items are one of each; they are judged as six items that stand alone."""
    run = run_rest("--rest-model=simulated", "--rest-suite=prices.rest.yaml:6", FEW)
    assert TEMPLATES == len({each["cluster"] for each in run.report["items"]})
    assert {"value", "low", "high", "n"} == {*run.report["metrics"]["prices"]["all"]["rer"]}
    assert "clusters" not in run.out


@pytest.mark.parametrize("workers", [(FEW,), ("-n2",)], ids=" ".join)
@pytest.mark.usefixtures("prices")
def test_early_stops_count_clusters(run_rest: RunRest, workers: tuple[str, ...]) -> None:
    """A template is looked at when all its items are there, whichever process knows of it."""
    options = ("--rest-confidence=0.8", "--rest-early-stop", "--rest-min-rer=0.5")
    run = run_rest("--rest-model=simulated", "prices.rest.yaml", *options, *workers)
    assert 0 == run.status, run.out
    assert "at every look" in run.out
    stopped = run.report["gate"]["early_stop"]
    assert stopped["items"] % OF_EACH == 0
    assert (
        f"n = {stopped['items'] // OF_EACH} clusters; each end is sure at 0.8, at every look"
        in run.out
    )
