"""The simulated model: planted faults, where and as often as they were planted."""

import asyncio
from pathlib import Path

import pytest

from pytest_rest import metrics, prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.errors import ModelError
from pytest_rest.evaluate import evaluate
from pytest_rest.models import load_model
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.terms import Choice, Form, Item, Record, Style

N = 300


def records(profile: str, n: int = N, seed: int = 0, style: Style | None = None) -> list[Record]:
    """The records of n systems."""
    model = SimulatedModel(profile, seed)
    return asyncio.run(evaluate(soebench.generate(n, 0), model, styles=[style or Style()]))


def share(found: list[Record], mode: str) -> float:
    """How many of a mode's answers are right."""
    return sum(r.verdict.answers[mode].is_right for r in found) / len(found)  # type: ignore[index]


@pytest.mark.costly
def test_without_a_profile_it_is_steady_and_right() -> None:
    """No fault at all: every figure is at its best."""
    table = metrics.table(records(""))["soebench"]["all"]
    assert table.rer is not None
    assert table.cfr is not None
    assert (1.0, 0.0, N) == (table.rer.value, table.cfr.value, table.rer.n)


def test_equal_seeds_give_equal_answers() -> None:
    """In every process, and in any order; another seed gives others."""
    first, again, other = (records("wrong=0.3", 40, seed) for seed in (1, 1, 2))
    assert [r.verdict.outcome for r in first] == [r.verdict.outcome for r in again]
    assert [r.verdict.outcome for r in first] != [r.verdict.outcome for r in other]


@pytest.mark.some(1)
@pytest.mark.parametrize("mode", ["text", "image", "mixed"])
@pytest.mark.costly
def test_a_fault_strikes_its_mode_as_often_as_planted(mode: str) -> None:
    """Three standard deviations of a share of 0.3 among 300; the other modes stay right."""
    found = records(f"wrong.{mode}=0.3")
    assert 0.7 == pytest.approx(share(found, mode), abs=3 * (0.21 / N) ** 0.5)
    assert {1.0} == {share(found, other) for other in {"text", "image", "mixed"} - {mode}}


@pytest.mark.slow
def test_the_modes_fail_independently() -> None:
    """Faults of two modes strike together as often as chance has it."""
    found = records("wrong.text=0.5,wrong.image=0.5")
    both = sum(
        not r.verdict.answers["text"].correct and not r.verdict.answers["image"].correct
        for r in found
    )
    assert 0.25 == pytest.approx(both / N, abs=3 * (0.1875 / N) ** 0.5)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("wrong", "parsed"),
        ("unparseable", "unparseable"),
        ("refused", "refused"),
        ("truncated", "truncated"),
        ("failed", "failed"),
    ],
)
def test_every_kind_gives_its_status(kind: str, status: str) -> None:
    """What was planted is what scoring sees."""
    (record,) = records(f"{kind}.image=1", 1)
    assert status == record.verdict.answers["image"].status
    assert (kind == "failed") == record.verdict.lost


def test_misreading_spoils_the_transcription_alone() -> None:
    """OCR-correct falls, agreement stays."""
    (record,) = records("misread=1", 1)
    assert record.verdict.transcription is not None
    assert not record.verdict.transcription.correct
    assert record.verdict.consistent


@pytest.mark.parametrize(("dpi", "outcome"), [(50, "inconsistent"), (100, "consistent")])
def test_a_fault_may_depend_on_the_style(dpi: int, outcome: str) -> None:
    """`low-resolution` cannot read below 80 DPI, and reads everything above."""
    found = records("low-resolution", 5, style=Style(dpi=dpi))
    assert {outcome} == {record.verdict.outcome for record in found}


def test_a_profile_file_plants_its_faults(tmp_path: Path) -> None:
    """A YAML file: by colour, by font and by the item's id."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "faults:\n"
        "  - {kind: wrong, rate: 1, modes: [image], when: {color: red, font: cursive}}\n"
        "  - {kind: refused, rate: 1, modes: [text], when: {item: '0002$'}}\n"
    )
    plain = records(str(path), 3)
    assert ["consistent", "consistent", "inconsistent"] == [r.verdict.outcome for r in plain]
    red = records(str(path), 3, style=Style(color="red", font="cursive"))
    assert {"inconsistent"} == {r.verdict.outcome for r in red}
    assert {"consistent"} == {
        r.verdict.outcome for r in records(str(path), 2, style=Style(color="red"))
    }


def test_a_wrong_choice_is_another_label() -> None:
    """A planted wrong answer is one that could have been given."""
    item = Item("c", "q", "B", "", (Choice("A", "x"), Choice("B", "y")), "choice")
    (record,) = asyncio.run(evaluate([item], SimulatedModel("wrong.text=1")))
    assert ("A", False) == (
        record.verdict.answers["text"].value,
        record.verdict.answers["text"].correct,
    )


def test_it_says_what_it_is() -> None:
    """Nobody is to take it for a model."""
    assert "SIMULATED" in load_model("simulated:shaky").description
    (completion,) = asyncio.run(
        load_model("simulated").ask(
            [prompts.build(soebench.item(0, 0), Form("text"), "solve", prompts.load_protocol())]
        )
    )
    assert "simulated" == completion.model


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("shakey", "unknown simulated profile 'shakey'; did you mean 'shaky'?"),
        ("wrng=0.1", "unknown kind 'wrng'; did you mean 'wrong'?"),
        ("wrong=1.5", "the rate 1.5 is not between 0 and 1"),
        ("wrong.picture=0.1", "unknown mode 'picture'"),
        ("wrong=often", "cannot be read; write KIND[.MODE]=RATE"),
        ("nowhere.yaml", "cannot be read"),
    ],
)
def test_an_invalid_profile_is_refused(profile: str, message: str) -> None:
    """One line: what is wrong, and what would do."""
    with pytest.raises(ModelError) as caught:
        load_model(f"simulated:{profile}")
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["[1]", "faults: 3", "faults: [{kind: wrong}]", "a: [", "faults:"])
def test_an_invalid_profile_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is not a profile is one line too, or plants nothing."""
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"odd\.yaml"):
        load_model(f"simulated:{path}")


@pytest.mark.slow
def test_planted_effects_are_shares_of_right_answers() -> None:
    """0.7 in text and in the default; 0.75 in red; 0.6 at 50 DPI: within three deviations."""
    for style, expected in ((Style(), 0.7), (Style(color="red"), 0.75), (Style(dpi=50), 0.6)):
        found = records("effects", 250, style=style)
        assert 0.7 == pytest.approx(share(found, "text"), abs=3 * (0.21 / 250) ** 0.5)
        both = (share(found, "image") + share(found, "mixed")) / 2
        assert expected == pytest.approx(both, abs=3 * (0.21 / 500) ** 0.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("accuracy: 1.2", "add up to 1.2 to 1.2"),
        ("accuracy: 0.9\neffects: [{change: 0.2, when: {dpi: 50}}]", "add up to 0.9 to 1.1"),
        ("accuracy: .nan", "add up to nan"),
        ("effects: [{change: 0.2}]", "when"),
        ("effects: [3]", "subscriptable"),
    ],
)
def test_effects_beyond_zero_to_one_are_refused(content: str, message: str, tmp_path: Path) -> None:
    """A share beyond 0 to 1 would not be what was planted."""
    path = tmp_path / "profile.yaml"
    path.write_text(content)
    with pytest.raises(ModelError, match=message):
        SimulatedModel(str(path))
