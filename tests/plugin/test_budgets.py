"""Runs with budgets and a price given by hand: where they end, and that this is said first."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Oracle, RunRest

from pytest_rest.plugin import option_values

SERIAL = ("-p", "no:xdist")
SUITE = "--rest-suite=soebench:8"
GATE = "--rest-min-rer=0.5"


def served(endpoint: Endpoint) -> tuple[str, str]:
    """The options that name a server which no table knows."""
    return "--rest-model=tested", f"--rest-api-base={endpoint.openai_base}"


@pytest.mark.parametrize("workers", [SERIAL, pytest.param(("-n2",), marks=pytest.mark.slow)])
def test_a_budget_that_is_spent_is_the_reason(
    run_rest: RunRest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    workers: Sequence[str],
) -> None:
    """First in the terminal, JUnit, GitHub's summary, the page and the comment; and no call more.

    Gone on with, a run has the same price, and its stored answers count.
    """
    names = ("j.xml", "summary.md", "comment.md", "page.html")
    junit, summary, comment, page = (tmp_path / name for name in names)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    with Endpoint(Oracle(8).reply) as endpoint:
        run = run_rest(
            *(*served(endpoint), SUITE, GATE, *workers, "--rest-max-calls=13"),
            *("--rest-price=1/2", f"--junitxml={junit}", f"--rest-markdown={comment}"),
            f"--rest-html={page}",
        )
        assert 13 == len(endpoint.requests)
        again = run_rest("--rest-resume", "--rest-max-calls=20", *SERIAL, keep=True)
        assert 20 == len(endpoint.requests)
    answered = sum(item["verdict"] != "lost" for item in run.report["items"])
    assert 0 < answered < 8
    why = f"the budget of 13 calls was spent after {answered} of 8 items (--rest-max-calls)"
    assert run.report["decision"]["why"].startswith(f"{why}; {8 - answered} items were lost")
    lines = run.out.splitlines()
    (title,) = (number for number, line in enumerate(lines) if line.strip("=") == " REST ")
    assert lines[title + 1].startswith("Cannot tell: the budget of 13 calls was spent after")
    assert any(line.startswith(f"gate FAILED: {why}") for line in lines)
    cases = ElementTree.parse(junit).iter("testcase")  # noqa: S314 (our own file)
    failures = [case.find("failure") for case in cases]
    (first, *_) = [each for each in failures if each is not None]
    assert str(first.get("message")).startswith(why)
    for path in (summary, comment, page):
        assert why[4:].partition(" (")[0] in path.read_text("utf-8")
    assert [13, 20] == [each.report["usage"]["calls"] for each in (run, again)]
    assert pytest.approx(13 * (120 * 1e-6 + 7 * 2e-6)) == run.report["usage"]["cost"]
    assert pytest.approx(20 * (120 * 1e-6 + 7 * 2e-6)) == again.report["usage"]["cost"]
    assert "less than $0.01 by the given price" in run.out
    assert "given" == run.report["provenance"]["prices"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--rest-max-cost=1",), "the price of 'tested' is not known; give --rest-price=IN/OUT"),
        (("--rest-price=cheap",), "--rest-price 'cheap' is not a valid price; give US dollars"),
        (("--rest-judge-price=1/2",), "--rest-judge-price is a judge's; name the judge"),
        (
            ("--rest-max-tokens=99", "--rest-parameter=max_tokens=none"),
            "--rest-max-tokens cannot be held without a limit of tokens for each answer",
        ),
    ],
)
def test_what_cannot_be_held_is_wrong_usage(
    run_rest: RunRest, args: Sequence[str], message: str
) -> None:
    """Told before a call is paid."""
    with Endpoint(lambda _: Reply("3")) as endpoint:
        run = run_rest(*served(endpoint), SUITE, *SERIAL, *args)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert message in run.out
    assert () == endpoint.requests


def test_a_judge_has_a_price_of_its_own(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """Without it no budget of dollars is held; with it each call costs what it costs."""
    item = "{context: A cat., question: What is it?, answer: a cat, equivalence: judge}"
    (pytester.path / "own.rest.yaml").write_text(f"items:\n  - {item}\n")

    def reply(request: Request) -> Reply:
        if request.model == "judge":
            return Reply("Verdict: same", input_tokens=1_000, output_tokens=0)
        return Reply(f"Answer: a {'black ' * bool(request.images)}cat", input_tokens=100)

    with Endpoint(reply) as endpoint:
        args = (*served(endpoint), "own.rest.yaml", "--rest-price=1/0", "--rest-max-cost=5")
        judge = ("--rest-judge=judge", f"--rest-judge-api-base={endpoint.openai_base}")
        refused = run_rest(*args, *judge, *SERIAL)
        asked_for = len(endpoint.requests)
        run = run_rest(*args, *judge, "--rest-judge-price=8/0", *SERIAL)
        models = [request.model for request in endpoint.requests]
    assert (pytest.ExitCode.USAGE_ERROR, 0) == (refused.status, asked_for)
    assert "the price of 'judge' is not known; give --rest-judge-price=IN/OUT" in refused.out
    judged = models.count("judge")
    assert 0 < judged < len(models)
    cost = (len(models) - judged) * 100e-6 + judged * 8_000e-6
    assert pytest.approx(cost) == run.report["usage"]["cost"]


@pytest.mark.parametrize(
    ("written", "dollars"),
    [
        ("0.25/2", (0.25, 2, None)),
        ("0.25/2/0.025", (0.25, 2, 0.025)),
        ("0/0", (0, 0, None)),
        ("3/15/0", (3, 15, 0)),
    ],
)
def test_a_price_is_of_a_million_tokens(
    written: str, dollars: tuple[float, float, float | None]
) -> None:
    """In, out, and from the cache."""
    price = option_values.price(written)
    expected = [each if each is None else pytest.approx(each / 1e6) for each in dollars]
    assert expected == [price.input, price.output, price.cached]


@pytest.mark.parametrize(
    "written",
    [
        "1",
        "1/",
        "/1",
        "1/2/3/4",
        "-1/2",
        "1/nan",
        "1e-6/2",
        "0.00000025/0.000002",
        "1 / 2",
        "1/1/2",
    ],
)
def test_what_is_not_a_price(written: str) -> None:
    """Nothing is guessed: of one number, of dollars a token, of cached ones that cost more."""
    with pytest.raises(ValueError, match="price"):
        option_values.price(written)


def test_what_the_provider_had_in_its_cache_is_told(run_rest: RunRest) -> None:
    """How many tokens, and the dollars that it saved; the cost is that much lower."""
    oracle = Oracle(1)

    def reply(request: Request) -> Reply:
        message = {"role": "assistant", "content": oracle.reply(request).text}
        usage = {"prompt_tokens": 2_000, "completion_tokens": 0}
        if request.images:
            usage["prompt_cache_hit_tokens"] = 1_000
        return Reply(body={"choices": [{"message": message}], "model": "m", "usage": usage})

    with Endpoint(reply) as endpoint:
        price = "--rest-price=1000/0/100"
        run = run_rest(*served(endpoint), "--rest-suite=soebench:1", price, *SERIAL)
        resumed = run_rest("--rest-resume", *SERIAL, keep=True)
    used = run.report["usage"]
    assert (8_000, 3_000, 2.7) == (used["input_tokens"], used["cached_tokens"], used["cache_saved"])
    assert pytest.approx(8 - 2.7) == used["cost"]
    assert "8,000 tokens in (3,000 cached), 0 out, $5.30 by the given price" in run.out
    assert "$2.70 saved by caching" in run.out
    assert 2.7 == resumed.report["usage"]["cache_saved"]
