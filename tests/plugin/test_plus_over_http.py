"""REST+ over HTTP: every rate per style, per suite and over all forms, recounted from the log."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest

from pytest_rest import benchmark, prompts
from pytest_rest.benchmark import file
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.evaluate import forms
from pytest_rest.terms import Item, Prompt

OWN = """
items:
  - {context: 3 lamps at 4 dollars, question: What is due, answer: 12}
  - {context: 5 apples and 2 pears, question: How many are there, answer: 7}
  - {context: 9 birds less 4, question: How many are left, answer: 5}
"""


class Plan:
    """Answers each prompt by a seeded plan; half of the items are right wherever they are read."""

    def __init__(self, items: Iterable[Item]) -> None:
        protocol = prompts.load_protocol()
        self._prompts: dict[tuple[tuple[str, ...], tuple[bytes, ...]], Prompt] = {}
        for item in items:
            for style in rest_plus(item.digest, 0):
                for prompt in forms(item, style, protocol):
                    texts = tuple(part for part in prompt.parts if isinstance(part, str))
                    self._prompts[texts, tuple(each.png for each in prompt.images)] = prompt

    def __len__(self) -> int:
        return len(self._prompts)

    def prompt(self, request: Request) -> Prompt:
        """What a request asks."""
        return self._prompts[request.texts, request.images]

    def said(self, request: Request) -> int | bool:
        """The planned value, or for a transcription whether it is right."""
        prompt = self.prompt(request)
        draws = random.Random(prompt.digest)
        unsteady = int(prompt.item.digest, 16) % 2
        if prompt.task == "transcribe":
            return not unsteady or draws.random() < 0.9
        right = int(prompt.item.answer)
        return right if not unsteady or draws.random() < 0.7 else right + draws.choice([1, 2])

    def reply(self, request: Request) -> Reply:
        """The planned answer."""
        prompt, said = self.prompt(request), self.said(request)
        if prompt.task == "solve":
            return Reply(text=f"Answer: {said}")
        text = prompt.images[0].text
        return Reply(text=text if said else text[:-1] + "?!")


def asked(plan: Plan, endpoint: Endpoint) -> dict[str, dict[str, dict[tuple[str, str], Any]]]:
    """What was said, by suite, item and (call, style), and the truth under (`truth`, ``)."""
    found: dict[str, dict[str, dict[tuple[str, str], Any]]] = defaultdict(lambda: defaultdict(dict))
    for request in endpoint.requests:
        prompt = plan.prompt(request)
        call = "read" if prompt.task == "transcribe" else prompt.form.mode
        style = prompt.form.style.id if prompt.form.style else ""
        here = found[prompt.item.suite][prompt.item.id]
        here[call, style] = plan.said(request)
        here["truth", ""] = int(prompt.item.answer)
    return found


def rates(items: Iterable[Mapping[tuple[str, str], Any]]) -> dict[str, float | None]:
    """RER, CFR, MMC and the items, by REST's definitions over whatever forms are there."""
    agreeing = covered = failing = n = 0
    for said in items:
        values = [v for (call, _), v in said.items() if call in ("text", "image", "mixed")]
        right = [value == said["truth", ""] for value in values]
        n += 1
        agreeing += len(set(values)) == 1
        covered += any(right)
        failing += any(right) and not all(right)
    cfr = failing / covered if covered else None
    return {"items": n, "rer": agreeing / n, "cfr": cfr, "mmc": covered / n}


def same(expected: Mapping[str, float | None], found: Mapping[str, Any]) -> None:
    """The rates are the report's, and n is the number of items."""
    assert expected["items"] == found["items"] == found["rer"]["n"]
    for name in ("rer", "cfr", "mmc"):
        value = found[name] and found[name]["value"]
        assert expected[name] == pytest.approx(value), name


def only(style: str) -> Callable[[Mapping[tuple[str, str], Any]], dict[tuple[str, str], Any]]:
    """One style's forms of an item, the text among them."""
    return lambda said: {key: value for key, value in said.items() if key[1] in ("", style)}


@pytest.mark.costly
@pytest.mark.some(1)
def test_every_rate_of_rest_plus_is_the_logs(
    pytester: pytest.Pytester, run_rest: RunRest, mode: tuple[str, ...]
) -> None:
    """Per style; and over 1 text, 10 images and 10 mixed, by suite, their mean, and pooled."""
    pytester.makefile(".rest.yaml", own=OWN)
    items = [*benchmark.load("soebench:4"), *file.load(Path("own.rest.yaml")).items]
    plan = Plan(items)
    with Endpoint(plan.reply) as endpoint:
        run = run_rest(
            *("--rest-model=m", f"--rest-api-base={endpoint.openai_base}", "--rest-plus"),
            *("--rest-suite=soebench:4", "own.rest.yaml", *mode),
        )
        assert 7 * 31 == len(plan) == len(endpoint.requests)
        found = asked(plan, endpoint)
    metrics = run.report["metrics"]
    everything = [said for suite in found.values() for said in suite.values()]
    assert all(31 + 1 == len(said) for said in everything)
    by_suite = {name: rates(suite.values()) for name, suite in found.items()}
    assert {*by_suite, "mean", "pooled"} == set(metrics)
    for name, expected in [*by_suite.items(), ("pooled", rates(everything))]:
        same(expected, metrics[name]["all"])
    assert 0 < (metrics["pooled"]["all"]["rer"]["value"]) < 1
    for rate in ("rer", "cfr", "mmc"):
        values = [expected[rate] for expected in by_suite.values()]
        mean = metrics["mean"]["all"][rate]
        assert (None not in values) == (mean is not None)
        if mean is not None:
            assert fmean(v for v in values if v is not None) == pytest.approx(mean["value"])
    read = [said for said in everything if all(v for (c, _), v in said.items() if c == "read")]
    same(rates(read), metrics["pooled"]["ocr_correct"])
    styles = {style for said in everything for call, style in said if style}
    assert styles == set(run.report["styles"])
    for style in styles:
        here = [said for said in everything if ("image", style) in said]
        same(rates(map(only(style), here)), run.report["styles"][style])
    assert "effect in points [95% each]" in run.out
    assert all(len(line) <= 80 for line in run.out.partition("= REST =")[2].splitlines()[:30])
