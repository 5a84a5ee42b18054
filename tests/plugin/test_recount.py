"""A model that writes its own log: every figure of report.json, recounted from what it said."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from runs import RunRest

STYLES = ("dejavu-200dpi-black", "dejavu-50dpi-black")
MODES = ("text", "image", "mixed")
TWO_PASSES = "ocr-then-solve"
QUIZ = "items:\n" + "".join(
    f"- {{id: q{n}, question: Which is {n}?, choices: [one, two, three, four], answer: {label}}}\n"
    for n, label in enumerate("ABCDDCBA" * 4)
)
SUMS = "items:\n" + "".join(
    f"- {{id: s{n}, context: {n} apples and 2 pears, question: How many?, answer: {n + 2}}}\n"
    for n in range(24)
)
MODEL = """
    import json, random
    from pytest_rest import Completion

    class Model:
        name = description = "logging"
        home, batch_size, parameters = "endpoint", 1, {}

        async def open(self):
            pass

        async def ask(self, prompts):
            return [self.answer(prompt) for prompt in prompts]

        def answer(self, prompt):
            item, draws = prompt.item, random.Random(prompt.digest)
            if prompt.task == "transcribe":
                reference = prompt.images[0].text
                mark = str(prompt.form.style.dpi)[0]  # so that no two prompts of an item are one
                said = mark * draws.choice([0, 0, 0, 0, 3, 9])
                text = reference + said
            else:
                text = said = self.value(item, draws)
                text = f"Answer: {said}" if said else "I can't say."
            call = {
                "suite": item.suite, "item": item.id, "truth": item.answer, "task": prompt.task,
                "mode": prompt.form.mode, "style": prompt.form.style and prompt.form.style.id,
                "said": said, "reference": prompt.images[0].text if prompt.images else "",
            }
            with open("log.jsonl", "a") as log:
                log.write(json.dumps(call) + "\\n")
            return Completion(text=text)

        def value(self, item, draws):
            lot, hard = draws.random(), random.Random(item.id).random() < 0.6
            if not hard or lot < 0.6:
                known = random.Random(item.id + "?").random() < 0.8
                return item.answer if known else "B" if item.choices else "77"
            return "" if lot > 0.97 else draws.choice("ABCD" if item.choices else "3579")

        async def close(self):
            pass
"""
Said = Mapping[tuple[str, str], str]  # of one item, by mode and style


def logged() -> tuple[dict[str, dict[str, Said]], dict[tuple[str, str], dict[str, float]]]:
    """Answers by suite and item, the truth among them; and each item's error rates by style."""
    answers: dict[str, dict[str, dict[tuple[str, str], str]]] = {}
    errors: dict[tuple[str, str], dict[str, float]] = {}
    for line in Path("log.jsonl").read_text("utf-8").splitlines():
        call = json.loads(line)
        if call["task"] == "transcribe":
            length = len(" ".join(call["reference"].split()))
            rates = errors.setdefault((call["suite"], call["item"]), {})
            rates[call["style"]] = len(call["said"]) / length
        else:
            said = answers.setdefault(call["suite"], {}).setdefault(call["item"], {})
            said["truth", ""] = call["truth"]
            said[call["mode"], call["style"] or ""] = call["said"]
    for items in answers.values():
        for said in items.values():
            for style in STYLES:  # what is read right is the text form's prompt, and asked once
                said.setdefault((TWO_PASSES, style), said["text", ""])
    return {suite: dict(items) for suite, items in answers.items()}, errors


def forms(said: Said) -> list[str]:
    """The answers that must agree: text, and two forms in each style."""
    return [said["text", ""], *(said[m, style] for m in MODES[1:] for style in STYLES)]


def agree(values: Iterable[str]) -> bool:
    """All were answered, and alike."""
    return len(set(values)) == 1 and "" not in set(values)


def share(flags: Sequence[float]) -> tuple[float, int] | None:
    """The mean, and of how many."""
    return (fmean(flags), len(flags)) if flags else None


def recounted(items: Sequence[Said], errors: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Every rate and its n, from the definitions."""
    right = [[value == said["truth", ""] for value in forms(said)] for said in items]
    alike = [agree(forms(said)) for said in items]
    rates: dict[str, Any] = {
        "rer": share(alike),
        "all_correct": share([all(each) for each in right]),
        "agreed_wrong": share([a and not all(r) for a, r in zip(alike, right, strict=True)]),
        "agree_not_right": share(
            [float(a) for a, r in zip(alike, right, strict=True) if not all(r)]
        ),
        "cfr": share([not all(each) for each in right if any(each)]),
        "mmc": share([any(each) for each in right]),
        "ocr_correct_rate": share([not any(each.values()) for each in errors]),
        "cer": share([fmean(each.values()) for each in errors]),
        "rer_beyond_chance": beyond(items, alike),
    }
    for mode in (*MODES, TWO_PASSES):
        styles = STYLES if mode != "text" else ("",)
        rates[f"accuracy.{mode}"] = share(
            [fmean(said[mode, style] == said["truth", ""] for style in styles) for said in items]
        )
    return rates


def beyond(items: Sequence[Said], alike: Sequence[bool]) -> tuple[float, int] | None:
    """Agreement beyond that of labels drawn as often as each form gave them; of labels alone."""
    if not items or any(said["truth", ""] not in "ABCD" for said in items):
        return None
    chance = 0.0
    for label in "ABCD":
        text, image, mixed = (
            fmean(v == label for said in items for (m, _), v in said.items() if m == mode)
            for mode in MODES
        )
        chance += text * image ** len(STYLES) * mixed ** len(STYLES)
    return (fmean(alike) - chance) / (1 - chance), len(items)


def reading(items: Sequence[Said]) -> tuple[float, int] | None:
    """The share of what differs between text and image that the transcription's text does not."""
    before, after = (
        math.fsum(
            fmean(not agree((said[mode, style or ""], said["image", s])) for s, style in pairs)
            for said in items
        )
        for mode, pairs in (
            ("text", [(s, "") for s in STYLES]),
            (TWO_PASSES, [(s, s) for s in STYLES]),
        )
    )
    return (max(1 - after / before, 0), len(items)) if before else None


def causes(items: Sequence[Said], errors: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """The inconsistent items by what went wrong first; nobody refuses but in words."""
    counts: Counter[str] = Counter()
    for said, rates in zip(items, errors, strict=True):
        if not agree(forms(said)):
            counts["inconsistent"] += 1
            unread = any(rates.values())
            counts["misread" if unread else "refused" if "" in forms(said) else "misreasoned"] += 1
    names = ["misread", "refused", "abstained", "no answer", "misreasoned", "unknown"]
    return {"items": len(items), **{name: counts[name] for name in ("inconsistent", *names)}}


def told(metrics: Mapping[str, Any]) -> dict[str, tuple[float, int]]:
    """The report's rates and n."""
    flat = {**metrics, **{f"accuracy.{m}": rate for m, rate in metrics["accuracy"].items()}}
    rates = {name: rate for name, rate in flat.items() if isinstance(rate, dict) and "n" in rate}
    return {name: (rate["value"], rate["n"]) for name, rate in rates.items()}


def same(expected: Mapping[str, Any], metrics: Mapping[str, Any]) -> None:
    """Each rate and its n, and none that is undefined."""
    known = {name: rate for name, rate in expected.items() if rate is not None}
    assert set(known) == set(told(metrics)) & set(expected)
    for name, rate in known.items():
        assert rate == pytest.approx(told(metrics)[name]), name


def test_every_figure_is_the_logs(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """Two suites, one of choices, in two styles: each suite's, their mean's, and pooled."""
    pytester.makepyfile(logging_model=MODEL)
    pytester.syspathinsert()
    Path("quiz.rest.yaml").write_text(QUIZ, "utf-8")
    Path("sums.rest.yaml").write_text(SUMS, "utf-8")
    run = run_rest(
        *("--rest-model=python:logging_model:Model", "quiz.rest.yaml", "sums.rest.yaml"),
        *(f"--rest-style={style}" for style in STYLES),
        *(f"--rest-modes={','.join((*MODES, TWO_PASSES))}", "--rest-min-rer=0.1", "-pno:xdist"),
    )
    said, errors = logged()
    scopes = {suite: [(suite, item) for item in items] for suite, items in said.items()}
    scopes["pooled"] = [key for keys in scopes.values() for key in keys]
    assert {"quiz": 32, "sums": 24, "pooled": 56} == {name: len(k) for name, k in scopes.items()}
    report, by_scope = run.report, {}
    for scope, keys in scopes.items():
        for subset in ("all", "ocr_correct"):
            kept = [k for k in keys if subset == "all" or not any(errors[k].values())]
            items, read = [said[s][i] for s, i in kept], [errors[k] for k in kept]
            by_scope[scope, subset] = recounted(items, read)
            same(by_scope[scope, subset], report["metrics"][scope][subset])
            if subset == "all":
                assert causes(items, read) == report["failed_at"][scope]
                explained = report["reading"][scope]
                assert reading(items) == pytest.approx((explained["value"], explained["n"]))
    for subset in ("all", "ocr_correct"):
        both = by_scope["quiz", subset], by_scope["sums", subset]
        mean = {
            name: (fmean(each[name][0] for each in both), sum(each[name][1] for each in both))
            if all(each[name] for each in both)
            else None
            for name in both[0]
        }
        same(mean, report["metrics"]["mean"][subset])
    quiz = told(report["metrics"]["quiz"]["all"])
    assert all(
        0 < quiz[name][0] < 1 for name in ("rer", "agreed_wrong", "rer_beyond_chance", "cer")
    )
