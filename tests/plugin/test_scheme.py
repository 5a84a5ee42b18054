"""What is asked of an item: five modes, repeats, and which pictures are transcribed."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest, settled

from pytest_rest import metrics, prompts, scoring
from pytest_rest.benchmark.suites import soebench
from pytest_rest.errors import OptionError
from pytest_rest.evaluate import evaluate, follow_ups, forms
from pytest_rest.metrics import noise_floor
from pytest_rest.models import load_model
from pytest_rest.terms import (
    MODES,
    OCR_MODES,
    Answer,
    Choice,
    Completion,
    Form,
    Item,
    Mode,
    Ocr,
    Record,
    Scheme,
    Style,
    Verdict,
)

PROTOCOL = prompts.load_protocol()
ITEM = soebench.generate(1, 0)[0]
ALL = (*MODES, *OCR_MODES)
RUNS = pytest.mark.parametrize("workers", [("-pno:xdist",), ("-n0",), ("-n2",)], ids=" ".join)
N = 4


def asked(scheme: Scheme, item: Item = ITEM) -> list[tuple[str, str, int]]:
    """Task, mode and repeat of each prompt of the first pass."""
    found = forms(item, Style(), PROTOCOL, scheme)
    return [(prompt.task, prompt.form.mode, prompt.repeat) for prompt in found]


# What is asked


@pytest.mark.parametrize(
    ("modes", "ocr", "expected"),
    [
        (MODES, "image", ("image",)),
        (MODES, "each", ("image", "mixed")),
        (MODES, "off", ()),
        (("text", "image"), "each", ("image",)),
        (("text", "mixed"), "each", ("image", "mixed")),
        (ALL, "off", ("image",)),  # two passes need the first
    ],
)
def test_what_is_transcribed(modes: tuple[Mode, ...], ocr: Ocr, expected: Sequence[str]) -> None:
    """REST's one picture, each that is shown, or none."""
    scheme = Scheme(modes, ocr=ocr)
    assert expected == scheme.transcribed
    read = [mode for task, mode, _ in asked(scheme) if task == "transcribe"]
    assert list(expected) == read


def test_repeats_are_prompts_of_their_own() -> None:
    """The same words and pictures, and another digest each; transcribed once."""
    found = forms(ITEM, Style(), PROTOCOL, Scheme(repeats=3))
    once = forms(ITEM, Style(), PROTOCOL)
    assert 3 * 3 + 1 == len(found) == len({prompt.digest for prompt in found})
    assert {prompt.digest for prompt in once} < {prompt.digest for prompt in found}
    for prompt in found:
        (first,) = (p for p in once if (p.form, p.task) == (prompt.form, prompt.task))
        assert first.parts == prompt.parts


def test_the_mixed_picture_is_transcribed_as_it_is_shown() -> None:
    """Its own pixels, and its own words."""
    choices = (Choice("A", "one"), Choice("B", "two"))
    item = Item("1", "Which?", "A", "A story.", choices, "choice")
    for each in (ITEM, item):
        found = forms(each, Style(), PROTOCOL, Scheme(ocr="each"))
        pictures = {(p.task, p.form.mode): p.images[0] for p in found if p.images}
        assert pictures["transcribe", "mixed"] == pictures["solve", "mixed"]
        assert pictures["transcribe", "image"] == pictures["solve", "image"]
        assert pictures["transcribe", "mixed"].text != pictures["transcribe", "image"].text


def test_the_second_pass_shows_what_was_transcribed() -> None:
    """As text, with no picture; braces and placeholders in it stay what they are."""
    scheme = Scheme(ALL)
    first = next(p for p in forms(ITEM, Style(), PROTOCOL, scheme) if p.task == "transcribe")
    read = "2{question} + B = 7\n{answer_format}"
    (prompt,) = follow_ups(first, Completion(read), PROTOCOL, scheme)
    (text,) = prompt.parts
    assert isinstance(text, str)
    assert text.startswith(read)
    assert "Answer: N" in text
    assert Form("ocr-then-solve", Style()) == prompt.form
    (long,) = follow_ups(first, Completion("x" * 10**6), PROTOCOL, scheme)
    assert 30_000 > len(str(long.parts[0]))


def test_what_is_transcribed_right_is_the_text_form() -> None:
    """Letter by letter: then the two are one prompt, and asked once."""
    scheme = Scheme(ALL)
    found = forms(ITEM, Style(), PROTOCOL, scheme)
    (first,) = (prompt for prompt in found if prompt.task == "transcribe")
    (second,) = follow_ups(first, Completion(first.images[0].text), PROTOCOL, scheme)
    assert found[0].digest == second.digest


@pytest.mark.parametrize("repeats", [1, 3])
def test_what_follows(repeats: int) -> None:
    """Only from the image form's transcription, where it is there and two passes are asked."""
    scheme = Scheme(ALL, repeats, "each")
    for prompt in forms(ITEM, Style(), PROTOCOL, scheme):
        is_first = (prompt.task, prompt.form.mode) == ("transcribe", "image")
        found = follow_ups(prompt, Completion("2A = 4"), PROTOCOL, scheme)
        assert repeats * is_first == len(found) == len({each.digest for each in found})
        assert [] == follow_ups(prompt, Completion(error="timeout: "), PROTOCOL, scheme)
        assert [] == follow_ups(prompt, Completion("2A = 4"), PROTOCOL, Scheme())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ocr-then-solve:\n    - text: solve it", "does not show the {transcription}"),
        ("ocr-first:\n    - text: solve it", "'ocr-first' has no image part"),
        ("text:\n    - text: '{transcription}'", "unknown placeholder {transcription}"),
    ],
)
def test_prompts_of_ones_own(tmp_path: Path, change: str, said: str) -> None:
    """What would leave a form without its content is told."""
    own = Path(prompts.__file__).with_name("protocol.yaml").read_text("utf-8")
    name = change.partition(":")[0]
    start = own.index(f"\n  {name}:") + 3
    ends = [own.find(end, start) for end in ("\n  mixed", "\n  image", "\n  ocr", "\nanswer")]
    end = min(each for each in ends if each > 0)
    path = tmp_path / "own.yaml"
    path.write_text(own[:start] + change + own[end:], "utf-8")
    with pytest.raises(OptionError, match=said.replace("{", r"\{")):
        prompts.load_protocol(path)


# What is made of it


def test_a_verdict_is_of_rests_three_modes() -> None:
    """The OCR modes stand beside it: they change no outcome and no figure of REST's."""
    items = soebench.generate(40, 0)
    faults = "wrong.image=0.3,wrong.ocr-first=0.5,refused.ocr-then-solve=0.5"
    model = load_model(f"simulated:{faults}")
    records = asyncio.run(evaluate(items, model, scheme=Scheme(ALL)))
    alone = asyncio.run(evaluate(items, model))
    assert [r.verdict.outcome for r in alone] == [r.verdict.outcome for r in records]
    found, before = (metrics.table(each)["pooled"]["all"] for each in (records, alone))
    for name in ("rer", "cfr", "mmc", "all_correct"):
        assert before.rate(name) == found.rate(name)
    assert list(ALL) == list(found.accuracy)
    assert all(rate and 0.3 < rate.value < 0.7 for m in OCR_MODES if (rate := found.accuracy[m]))


@pytest.mark.parametrize("fault", ["failed.ocr-first=1", "failed.ocr-then-solve=1"])
def test_a_failed_call_of_any_mode_loses_the_item(fault: str) -> None:
    """It was asked for, and nothing can be said."""
    scheme = Scheme(ALL)
    (record,) = asyncio.run(evaluate([ITEM], load_model(f"simulated:{fault}"), scheme=scheme))
    assert record.verdict.lost
    assert "planted failure" in record.verdict.reason


def test_a_failed_repeat_loses_the_item() -> None:
    """Of three times, two were answered."""
    answers = [Answer("text", "parsed", "", "3"), Answer("text", "failed", "timeout: 5 s")]
    assert scoring.judge([*answers, Answer("image", "parsed", "", "3")]).lost


@pytest.mark.slow
@pytest.mark.parametrize("ocr", ["each", "off"])
def test_read_right_means_every_picture_that_is_transcribed(ocr: Ocr) -> None:
    """The embedded control, which errs only where it misreads, agrees wherever it read right."""
    style = Style(font="cursive", dpi=50)
    items = soebench.generate(4, 0)
    model = load_model("embedded")
    records = asyncio.run(evaluate(items, model, styles=[style], scheme=Scheme(ocr=ocr)))
    found = metrics.table(records)["pooled"]
    if ocr == "off":
        assert (0, None, None) == (
            found["ocr_correct"].items,
            found["all"].cer,
            found["all"].ocr_correct_rate,
        )
        return
    assert any(not record.verdict.ocr_correct for record in records)
    right = [record for record in records if record.verdict.ocr_correct]
    assert all(record.verdict.consistent for record in right)
    assert len(right) == found["ocr_correct"].items


@pytest.mark.slow
def test_embedded_in_two_passes_answers_as_it_does_in_one() -> None:
    """It reads a picture once, and solves what it read."""
    records = asyncio.run(
        evaluate(
            soebench.generate(8, 0),
            load_model("embedded"),
            styles=[Style(font="cursive", dpi=50)],
            scheme=Scheme(ALL),
        )
    )
    for record in records:
        said = {mode: answer.value for mode, answer in record.verdict.answers.items()}
        assert said["image"] == said["ocr-first"] == said["ocr-then-solve"]


def test_a_record_of_everything_survives_the_wire() -> None:
    """Repeats and both transcriptions."""
    scheme = Scheme(ALL, 3, "each")
    model = load_model("simulated:wrong=0.3,misread=0.5")
    for record in asyncio.run(evaluate(soebench.generate(5, 0), model, scheme=scheme)):
        assert record == Record.from_json(record.to_json())
        assert dict.fromkeys(ALL, 2) == {m: len(a) for m, a in record.verdict.repeats.items()}
        assert 2 == len(record.verdict.transcriptions)


# The noise floor

VALUES = st.sampled_from(["1", "2", None])
ANSWERED = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(VALUES, min_size=k, max_size=k), min_size=2, max_size=3)
)


def answered(values: Sequence[Sequence[str | None]]) -> Verdict:
    """An item whose forms were answered so, each several times."""
    return scoring.judge(
        Answer(mode, "parsed" if value else "unparseable", "", value)
        for mode, listed in zip(MODES, values, strict=False)
        for value in listed
    )


def record(verdict: Verdict, item: str = "1", style: str = "s") -> Record:
    """A record of that verdict."""
    return Record("suite", item, style, "digest", "1", verdict)


@given(ANSWERED)
def test_agreement_by_counting(values: list[list[str | None]]) -> None:
    """Over all pairs, by fractions."""
    found = noise_floor.agreement([record(answered(values))])
    assert found is not None

    def equal(pairs: Sequence[tuple[str | None, str | None]]) -> Fraction:
        return Fraction(sum(a == b and a is not None for a, b in pairs), len(pairs))

    within = [equal(list(itertools.combinations(each, 2))) for each in values]
    between = [
        equal([(a, b) for a in values[i] for b in values[j]])
        for i in range(len(values))
        for j in range(i)
    ]
    assert pytest.approx(float(sum(within) / len(within))) == found.within
    assert pytest.approx(float(sum(between) / len(between))) == found.between
    assert pytest.approx(found.within - found.between) == found.excess


@given(ANSWERED)
def test_the_order_of_forms_and_repeats_plays_no_part(values: list[list[str | None]]) -> None:
    """Neither which form is which, nor which answer came first."""
    turned = [list(reversed(each)) for each in reversed(values)]
    one, other = (noise_floor.agreement([record(answered(each))]) for each in (values, turned))
    assert one is not None
    assert other is not None
    assert pytest.approx((one.within, one.between)) == (other.within, other.between)


def test_by_hand() -> None:
    """Two of three pairs of the text form agree, all of the image form's, 6 of 9 between them."""
    found = noise_floor.agreement([record(answered([["1", "1", "2"], ["1", "1", "1"]]))])
    assert found is not None
    assert pytest.approx((2 / 3, 1 / 3 + 1)) == (found.between, 2 * found.within)
    assert None is noise_floor.agreement([record(answered([["1"], ["1"]]))])
    assert None is noise_floor.agreement([])


def test_styles_are_averaged_within_an_item() -> None:
    """So that n is a number of items."""
    same, apart = answered([["1", "1"], ["1", "1"]]), answered([["1", "1"], ["2", "2"]])
    records = [record(same, style="a"), record(apart, style="b"), record(same, "2", "a")]
    found = metrics.table(records)["pooled"]["all"]
    assert found.excess_inconsistency is not None
    assert (0.25, 2) == (found.excess_inconsistency.value, found.excess_inconsistency.n)
    assert found.noise_floor is not None
    assert (1.0, 2) == (found.noise_floor.value, found.noise_floor.n)


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("faults", "excess"), [("wrong=0.4", 0.0), ("wrong.image=0.4", (0.4 + 0.4 + 0.0) / 3)]
)
@pytest.mark.costly
def test_unsteadiness_is_told_from_inconsistency(faults: str, excess: float) -> None:
    """Planted by call: a coin for every form is no excess, a worse form is."""
    scheme = Scheme(repeats=5)
    model = load_model(f"simulated:{faults}", seed=1)
    records = asyncio.run(evaluate(soebench.generate(200, 0), model, scheme=scheme))
    found = metrics.table(records)["pooled"]["all"]
    assert found.noise_floor is not None
    assert found.noise_floor.value < 0.9
    rate = found.excess_inconsistency
    assert rate is not None
    assert rate.low is not None
    assert rate.high is not None
    if not excess:
        assert rate.low <= 0 <= rate.high
    else:  # agreement with the others is 0.6, with itself 0.36 and a little by chance
        expected = (1 + 1 + 0.6**2) / 3 - (1 + 0.6 + 0.6) / 3
        assert rate.low < expected + 0.4**2 / 9 / 3 + 0.01
        assert rate.high > expected
        assert rate.low > 0


# Runs


class Scribe:
    """Answers by what it sees: transcriptions of its own wording, solutions right."""

    def __init__(self) -> None:
        scheme = Scheme(ALL, 2, "each")
        self.items = {each.id: each for each in soebench.generate(N, 0)}
        self.seen = {
            (tuple(p for p in prompt.parts if isinstance(p, str)), prompt.images[:1]): prompt
            for each in self.items.values()
            for prompt in forms(each, Style(), PROTOCOL, scheme)
        }

    def reply(self, request: Request) -> Reply:
        """A transcription names its item, so that the second pass is known by it."""
        for name, item in self.items.items():
            if f"I read {name}." in request.texts[0]:
                return Reply(f"Answer: {item.answer}")
        prompt = next(
            prompt
            for (texts, images), prompt in self.seen.items()
            if texts == request.texts and tuple(i.png for i in images) == request.images
        )
        if prompt.task == "transcribe":
            return Reply(f"I read {prompt.item.id}.")
        return Reply(f"Answer: {prompt.item.answer}")


@RUNS
def test_every_form_is_asked_as_often_as_it_should(
    run_rest: RunRest, workers: Sequence[str]
) -> None:
    """Five modes twice, two pictures once; the second pass after the first; resumed for nothing."""
    scribe = Scribe()
    options = ["--rest-modes=text,image,mixed,ocr-first,ocr-then-solve", "--rest-ocr=each"]
    options += ["--rest-repeats=2", f"--rest-suite=soebench:{N}", "--rest-run-dir=run"]
    with Endpoint(scribe.reply) as endpoint:
        options += ["--rest-model=m", f"--rest-api-base={endpoint.url}/v1"]
        done = run_rest(*options, *workers, keep=True)
        assert 0 == done.status, done.out
        times = Counter((request.texts, request.images) for request in endpoint.requests)
        assert (5 * 2 + 2) * N == len(endpoint.requests)
        assert {1: 2 * N, 2: 5 * N} == Counter(times.values())
        second = [r for r in endpoint.requests if r.texts[0].startswith("I read ")]
        assert 2 * N == len(second)
        assert not any(request.images for request in second)
        again = run_rest(*options, "--rest-resume=run", *workers, keep=True)
        assert (5 * 2 + 2) * N == len(endpoint.requests)
    assert settled(done.report) == settled(again.report)
    assert (2, "each") == tuple(done.report["provenance"][name] for name in ("repeats", "ocr"))
    pooled = done.report["metrics"]["pooled"]["all"]
    assert list(ALL) == list(pooled["accuracy"])
    assert (1.0, N) == (pooled["noise_floor"]["value"], pooled["noise_floor"]["n"])
    assert (5 * 2 + 2) * N == done.report["usage"]["calls"]
    assert "each 2 times; each picture transcribed" in done.out
    assert "OCR first" in done.out
    assert "with itself" in done.out


def test_a_plan_counts_the_second_pass(run_rest: RunRest) -> None:
    """Which nobody has seen yet."""
    options = ["--rest-modes=text,image,mixed,ocr-then-solve", f"--rest-suite=soebench:{N}"]
    done = run_rest("--rest-model=gpt-4o-mini", "--rest-plan", *options)
    assert f"calls       {5 * N}:" in done.out


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--rest-modes=text,ocr-first", "agreement needs at least two modes of text, image, mixed"),
        ("--rest-modes=text,image,ocr-fist", "did you mean 'ocr-first'?"),
        (
            "--rest-repeats=0",
            "--rest-repeats '0' is not a valid count; give a whole number from 1 to 100",
        ),
        ("--rest-repeats=101", "from 1 to 100"),
        ("--rest-repeats=x", "is not a valid count"),
        ("--rest-ocr=eahc", "--rest-ocr 'eahc' is unknown; give one of image, each, off"),
    ],
)
def test_wrong_usage(run_rest: RunRest, option: str, said: str) -> None:
    """One line, before anything is asked."""
    done = run_rest("--rest-model=simulated", option)
    assert 4 == done.status
    assert said in done.out


def test_two_passes_without_a_transcription(run_rest: RunRest) -> None:
    """They contradict each other."""
    modes = "--rest-modes=text,image,ocr-then-solve"
    done = run_rest("--rest-model=simulated", modes, "--rest-ocr=off")
    assert 4 == done.status
    assert "leave --rest-ocr=off out" in done.out
