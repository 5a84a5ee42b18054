"""The hunt itself: planted edges are found and named, and whatever the model does is told."""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis.database import InMemoryExampleDatabase

from pytest_rest import prompts, scoring
from pytest_rest.fuzzing import flip as flips
from pytest_rest.fuzzing.example_database import ModelExamples
from pytest_rest.fuzzing.hunt import Hunt, HuntResult
from pytest_rest.fuzzing.oracle import Oracle, Question, Reply
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.terms import Completion, Image, Prompt, Style

Say = Callable[[Prompt], Completion]

# What makes the answer to a picture wrong, and what a finding must say then.
EDGES: dict[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "resolution": ("{dpi: '<80'}", lambda c: {*c} == {"dpi"} and 76 <= c["dpi"] < 80),
    "color": ("{color: yellow, background: white}", lambda c: c == {"color": "yellow"}),
    "font": (
        "{font: cursive, size_pt: '<12'}",
        lambda c: c == {"font": "cursive", "size_pt": 11.5},
    ),
    "system": (
        "{color: red, context: '(?s)^(?!.*E).*D'}",
        lambda c: c == {"color": "red"},
    ),
}


def planted(tmp_path: Path, *edges: str, kind: str = "wrong") -> Say:
    """A model that fails in pictures with these edges, and is right everywhere else."""
    path = tmp_path / "profile.yaml"
    path.write_text(
        "faults:\n"
        + "".join(
            f"  - {{kind: {kind}, rate: 1, modes: [image, mixed], when: {EDGES[each][0]}}}\n"
            for each in edges
        )
    )
    return SimulatedModel(str(path))._complete


def undrawn(say: Say) -> Callable[[Sequence[Question]], list[Reply]]:
    """Answers of a model that looks at the style and not at the picture: none need be drawn."""

    def answer(questions: Sequence[Question]) -> list[Reply]:
        replies: list[Reply] = []
        for item, form, task, repeat in questions:
            picture = Image(b"", form.style.id if form.style else "", prompts.whole(item))
            prompt = Prompt(item, form, task, (picture,), 100, repeat)
            score = scoring.transcription if task == "transcribe" else scoring.answer
            replies.append(score(prompt, say(prompt)))
        return replies

    return answer


def hunt(say: Say, seed: int = 0, calls: int = 2000, **keywords: Any) -> HuntResult:
    """One hunt of a hundred examples."""
    hunted = HuntResult(0, seed)
    inquiry = Oracle(undrawn(say), calls, flips.HELD)
    Hunt(hunted, inquiry, **{"examples": 100, **keywords}).run()
    assert hunted.calls <= calls
    return hunted


@pytest.mark.some(1)
@pytest.mark.parametrize(
    "edge",
    ["resolution", "color", *(pytest.param(e, marks=pytest.mark.slow) for e in ("font", "system"))],
)
def test_a_planted_edge_is_found_and_named(edge: str, tmp_path: Path) -> None:
    """The planted characteristic, at its edge, and nothing else; once."""
    found = hunt(planted(tmp_path, edge), seed=1).flips
    assert [True] == [EDGES[edge][1](flip.style.changes) for flip in found]
    assert ("steady", "misreasoned", 5, 5) == (
        found[0].steadiness,
        found[0].failing,
        found[0].times,
        found[0].of,
    )
    systems = 4 if edge == "system" else 2
    assert systems == len(found[0].item.context.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_nine_of_ten_seeds_find_it(edge: str, tmp_path: Path) -> None:
    """Each with a hundred examples; of a hundred seeds it was at least 95."""
    say = planted(tmp_path, edge)
    found = [hunt(say, seed).flips for seed in range(20)]
    named = [any(EDGES[edge][1](each.style.changes) for each in flips) for flips in found]
    assert sum(named) >= 18


def test_a_steady_model_has_no_flip(tmp_path: Path) -> None:
    """Every example is asked, in two calls at most, and nothing is found."""
    hunted = hunt(SimulatedModel()._complete, examples=40)
    assert (40, 40, 0, "") == (hunted.examples, hunted.compared, len(hunted.flips), hunted.ended)
    assert hunted.calls <= 80


def test_a_random_model_is_unsteady() -> None:
    """Hypothesis sees one answer to one question, and calls nothing flaky; no flip is steady."""
    draw = random.Random(0).randint
    hunted = hunt(lambda prompt: Completion(f"Answer: {draw(0, 5)}"), calls=200)
    assert {"unsteady"} == {flip.steadiness for flip in hunted.flips}
    assert len(hunted.flips) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, 5, 99])
def test_no_seed_calls_a_random_model_steady(most: int) -> None:
    """Whether it has two answers, six or a hundred; of two, one in sixty flips looks steady."""
    steady = 0
    for seed in range(12):
        draw = random.Random(seed).randint

        def say(prompt: Prompt, draw: Callable[[int, int], int] = draw) -> Completion:
            return Completion(f"Answer: {draw(0, most)}")

        hunted = hunt(say, seed, 200)
        assert hunted.not_repeated or hunted.flips
        steady += sum(flip.steadiness == "steady" for flip in hunted.flips)
    assert steady <= (2 if most == 1 else 0)


def test_what_does_not_come_twice_is_no_flip() -> None:
    """It is counted, and not made smaller."""

    def say(prompt: Prompt) -> Completion:
        is_first = prompt.form.style != Style() and not prompt.repeat
        return Completion(f"Answer: {prompt.item.answer}{'1' * is_first}")

    hunted = hunt(say, examples=8)
    assert ([], 8, 8) == (hunted.flips, hunted.not_repeated, hunted.compared)


def test_a_global_generator_goes_on() -> None:
    """A model that draws from `random` is as random in a hunt as anywhere."""
    said = set()

    def say(prompt: Prompt) -> Completion:
        said.add(random.random())
        return Completion("Answer: 1")

    hunted = hunt(say, examples=10)
    assert hunted.calls == len(said)


@pytest.mark.parametrize("calls", [30, 60])
def test_calls_are_never_passed(calls: int, tmp_path: Path) -> None:
    """What was found when they are used up is still asked again."""
    asked: list[Prompt] = []
    say = planted(tmp_path, "resolution")

    def counted(prompt: Prompt) -> Completion:
        asked.append(prompt)
        return say(prompt)

    hunted = hunt(counted, seed=1, calls=calls)
    assert f"its {calls} calls are used up" == hunted.ended
    assert not hunted.is_cut_short
    assert hunted.calls == len(asked) <= calls
    for flip in hunted.flips:
        assert "dpi" in flip.style.changes
        assert ("steady", 5) == (flip.steadiness, flip.of)
    assert bool(hunted.flips) == (calls > 30)


def test_an_interrupt_keeps_what_was_found(tmp_path: Path) -> None:
    """With what is known of it by then, and not a call more."""
    count, say = itertools.count(), planted(tmp_path, "resolution")
    kept: list[HuntResult] = []

    def interrupted(prompt: Prompt) -> Completion:
        if next(count) >= 50:
            raise KeyboardInterrupt
        return say(prompt)

    with pytest.raises(KeyboardInterrupt):
        hunt(interrupted, seed=1, keep=kept.append)
    (flip,) = kept[-1].flips
    assert "dpi" in flip.style.changes
    assert ("steady", 2, "interrupted") == (flip.steadiness, flip.of, kept[-1].ended)
    assert 51 == next(count)


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        ("server error: HTTP 500", ""),
        ("asking ended: the budget is spent", "asking ended: the budget"),
    ],
)
def test_failed_calls_are_no_flips(error: str, ended: str) -> None:
    """They are lost, and counted; when all asking has ended, so has the hunt."""
    hunted = hunt(lambda prompt: Completion(error=error), examples=10)
    assert ([], 0, error) == (hunted.flips, hunted.compared, hunted.failure)
    assert ended == hunted.ended[: len(ended)]
    assert hunted.is_cut_short == bool(ended)
    assert ended or hunted.lost == hunted.examples == 10


@pytest.mark.slow
def test_no_answer_is_a_flip_too(tmp_path: Path) -> None:
    """Where REST's style was answered and the other one not."""
    (flip,) = hunt(planted(tmp_path, "resolution", kind="refused"), seed=1, examples=20).flips
    assert "refused" == flip.failing
    assert {None} == {*flip.answers["style"]}


@pytest.mark.costly
def test_only_what_was_read_right(tmp_path: Path) -> None:
    """A misread flip does not count then; one that was read right does."""
    read = planted(tmp_path, "color")

    def say(prompt: Prompt) -> Completion:
        if prompt.form.style and prompt.form.style.dpi < 80:
            return Completion("?" if prompt.task == "transcribe" else "Answer: 99")
        return read(prompt)

    found = hunt(say, seed=3, examples=40, is_ocr_correct=True).flips
    assert {"misreasoned"} == {flip.failing for flip in found}


@pytest.mark.slow
def test_steering_goes_to_the_readable_edge(tmp_path: Path) -> None:
    """Where only misreasoning counts, print gets smaller than by chance, as long as it is read."""
    sizes: dict[bool, list[float]] = {True: [], False: []}

    def say(prompt: Prompt) -> Completion:
        style = prompt.form.style
        if style and prompt.task == "transcribe":
            sizes[True].append(style.size_pt * style.dpi)
        elif style and prompt.form.mode == "image":
            sizes[False].append(style.size_pt * style.dpi)
        return SimulatedModel()._complete(prompt)

    hunt(say, examples=100, is_ocr_correct=True)
    steered = min(sizes[True])
    sizes[False].clear()
    hunt(say, examples=100)
    assert steered <= min(sizes[False])


def test_equal_seeds_find_alike(tmp_path: Path) -> None:
    """Whether CI is set or not; another seed asks other systems."""
    asked: list[list[str]] = []
    for seed in (5, 5, 6):
        asked.append([])

        def say(prompt: Prompt) -> Completion:
            asked[-1].append(f"{prompt.item.digest} {prompt.form}")
            return SimulatedModel()._complete(prompt)

        hunt(say, seed, examples=5)
    assert asked[0] == asked[1]
    assert not {*asked[0]} & {*asked[2]}


@pytest.mark.slow
def test_what_failed_comes_back_first(tmp_path: Path) -> None:
    """Both flips of the last run before anything else; they stay, and what is mended goes."""
    say, database = planted(tmp_path, "resolution", "color"), InMemoryExampleDatabase()
    found = [
        flip.style.id for flip in hunt(say, 2, database=ModelExamples(database, "model")).flips
    ]
    assert ["dejavu-200dpi-yellow", "dejavu-79dpi-black"] == sorted(found)
    for seed in (8, 9):
        again = hunt(say, seed, examples=2, database=ModelExamples(database, "model"))
        assert {*found} == {flip.style.id for flip in again.flips}
    mended = planted(tmp_path, "color")
    assert 1 == len(
        hunt(mended, seed=8, examples=2, database=ModelExamples(database, "model")).flips
    )
