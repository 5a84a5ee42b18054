"""Turns --rest-answers into the answers that are judged, and into what they decide of the run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from pytest_rest.benchmark import stored
from pytest_rest.benchmark.stored import StoredAnswers
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError
from pytest_rest.gate import thresholds
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.plugin import selection
from pytest_rest.plugin.options import GATE, KEPT, OPTIONS, STORED, Chosen
from pytest_rest.terms import Item, Scheme, StoredStyle, Style

# whatever the ini file has
UNASKED = {"rest_early_stop": False, "rest_plan": False, "rest_table_formats": None}
_MODELS = ("rest_model", "rest_resume", "rest_replay")
_JUDGING = {option.key for option in (*GATE, *STORED)} - {"rest_early_stop"}
_JUDGING |= {"rest_run_dir", "rest_json", "rest_html", "rest_markdown"}


def is_chosen(chosen: Chosen) -> bool:
    """Whether stored answers are judged: a model on the command line wins over an ini file's."""
    is_named = chosen.is_named("rest_answers") or not chosen.is_named(*_MODELS)
    return bool(chosen.raw["rest_answers"]) and is_named


def select(config: pytest.Config, chosen: Chosen) -> dict[str, Any]:
    """What the run keeps of its options: nothing that says how to ask.

    `OptionError` where the command line has such an option, or names a path.
    """
    for option in OPTIONS.values():
        if option.key not in _JUDGING and chosen.is_named(option.key):
            raise OptionError(f"--rest-answers asks nothing; leave {option.name} out")
    if paths := selection.paths(config):
        raise OptionError(
            f"--rest-answers judges what is stored, and collects no tests; leave {paths[0]!r} out"
        )
    start = config.invocation_params.dir if chosen.is_named("rest_answers") else config.rootpath
    raw = chosen.raw["rest_answers"]
    told = map(stored.split, raw if isinstance(raw, list) else [])
    given: dict[str, Any] = {option.key: option.unset for option in KEPT}
    return given | {
        "rest_answers": [f"{words}{start / path}" for words, path in told],
        "rest_answers_mapping": chosen.raw["rest_answers_mapping"],
        "rest_allow_models": chosen.raw["rest_allow_models"],
        **{"rest_seed": 0, "rest_fuzz_seed": 0, "styles_named": False, "paths": []},
        **{"eyechart": None, "eyes_whole": None, "measures_eyes": False},
    }


def read(given: Mapping[str, Any], expected: str | None) -> StoredAnswers | None:
    """The answers, the same as the main process has; None where a model is asked."""
    if not given.get("rest_answers"):
        return None
    mapping, alike = (
        OPTIONS[key].value(given[key]) for key in ("rest_answers_mapping", "rest_allow_models")
    )
    answers = stored.load(given["rest_answers"], mapping, alike)
    if expected not in (None, answers.fingerprint):
        raise OptionError(
            "--rest-answers: a worker reads other answers than the main process; let all of them "
            "read the same file"
        )
    return answers


def decided(answers: StoredAnswers) -> dict[str, Any]:
    """The settings that stored answers decide, whatever the ini file says of asking."""
    return {
        "model": answers.model,
        "scheme": Scheme(answers.modes, answers.repeats, "off"),
        "may_stop": False,
        "resume": False,
        "replay": None,
    }


def items(answers: StoredAnswers) -> tuple[Item, ...]:
    """Each item once."""
    by_name = {(case.item.suite, case.item.id): case.item for case in answers.cases}
    return tuple(by_name.values())


def cases(answers: StoredAnswers) -> Iterator[Case]:
    """What each test is of."""
    styles = {name: StoredStyle(name=name) for name in answers.styles} | answers.known_styles
    for case in answers.cases:
        yield case.item, styles[case.style]


def is_known(style: Style) -> bool:
    """Whether more is known of a style than its name."""
    return not isinstance(style, StoredStyle)


def check(answers: StoredAnswers | None, asked: Sequence[Threshold]) -> None:
    """Raise `OptionError` for a threshold on what the answers do not tell."""
    if answers is not None:
        modes, repeats = answers.modes, answers.repeats
        known = {"is_judged": answers.is_judged, "is_read": answers.is_read}
        thresholds.check_stored(asked, modes, repeats, **known)
