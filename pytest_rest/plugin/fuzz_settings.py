"""Turns the options of fuzzing into what the hunts of a run may do."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_rest import safe_files
from pytest_rest.benchmark.file import ENDINGS
from pytest_rest.errors import OptionError
from pytest_rest.fuzzing import flip
from pytest_rest.fuzzing.flip import Flip
from pytest_rest.plugin.options import OPTIONS, Chosen

_CALLS_AN_EXAMPLE, _CALLS_A_HUNT = 10, 100
_LEAST_CALLS = flip.HELD + 10  # of one hunt: a flip is found, and asked again


@dataclass(frozen=True)
class Fuzz:
    """What the hunts of a run may do, all of them together; `replayed` is asked again instead."""

    examples: int
    calls: int
    hunts: int
    seed: int
    is_ocr_correct: bool
    is_repeatable: bool
    replayed: tuple[Flip, ...]
    save: Path | None

    def share(self, whole: int, hunt: int) -> int:
        """One hunt's share of a number that all of them have."""
        return whole // self.hunts + (hunt < whole % self.hunts)


def choose(chosen: Chosen, given: dict[str, Any], *, is_replay: bool) -> None:
    """A hunt alone has one seed; a run that only judges again leaves out the hunt that it had."""
    is_alone = not (given["rest_suites"] or given["paths"])
    if given["rest_fuzz"] and is_replay:
        if chosen.is_named("rest_fuzz"):
            raise OptionError("--rest-fuzz searches, and --rest-replay does not; give one of them")
        given["rest_fuzz"] = ""
        if is_alone:
            raise OptionError(
                "--rest-replay: the run was a hunt alone, and holds nothing else to judge; "
                "--rest-fuzz-replay asks its flips again"
            )
    if is_alone and (given["rest_fuzz"] or chosen["rest_fuzz_replay"]):
        given["rest_seed"] = given["rest_fuzz_seed"]


def seed(chosen: Chosen, given: Mapping[str, Any], kept: Mapping[str, Any]) -> int:
    """A fresh one, unless it is told, or the run goes on with another, or is to be repeatable."""
    is_told = chosen.is_named("rest_seed") or given["rest_seed"] != 0
    if is_told or chosen["rest_fuzz_profile"] == "repeatable":
        return int(given["rest_seed"])
    return int(kept.get("rest_fuzz_seed", secrets.randbelow(2**32)))


def read(
    config: pytest.Config, chosen: Chosen, given: Mapping[str, Any], workers: int
) -> Fuzz | None:
    """What the run's hunts may do; None where none is asked for. `OptionError` says the mend."""
    replayed = _flips(config, chosen["rest_fuzz_replay"])
    examples = OPTIONS["rest_fuzz"].value(given["rest_fuzz"]) or len(replayed)
    if not examples:
        return None
    if given["rest_fuzz"] and replayed:
        raise OptionError("--rest-fuzz searches, and --rest-fuzz-replay does not; give one of them")
    hunts = 1 if replayed else min(workers, examples)
    usual = examples * (_LEAST_CALLS if replayed else _CALLS_AN_EXAMPLE) + _CALLS_A_HUNT * hunts
    calls = usual if chosen["rest_fuzz_calls"] is None else chosen["rest_fuzz_calls"]
    if calls < _LEAST_CALLS:
        raise OptionError(
            f"--rest-fuzz-calls {calls} is too few to find a flip and to ask it again; give at "
            f"least {_LEAST_CALLS}"
        )
    return Fuzz(
        examples=examples,
        calls=calls,
        hunts=min(hunts, calls // _LEAST_CALLS),
        seed=given["rest_fuzz_seed"],
        is_ocr_correct=chosen["rest_fuzz_ocr_correct"],
        is_repeatable=chosen["rest_fuzz_profile"] == "repeatable",
        replayed=replayed,
        save=_saved(chosen["rest_fuzz_save"]),
    )


def _flips(config: pytest.Config, text: str) -> tuple[Flip, ...]:
    """What another run has found, or the one of it that is named."""
    if not text:
        return ()
    match = re.fullmatch(r"(.*?)(?::(\d{1,9}))?", text)
    name, number = match.groups() if match else (text, None)
    place = config.invocation_params.dir / name
    place = place / "report.json" if place.is_dir() else place
    try:
        findings = json.loads(safe_files.read(place))["fuzz"]["findings"]
        known = tuple(Flip.from_builtins(finding) for finding in findings)
    except (OSError, RecursionError, ValueError, KeyError, TypeError):
        raise OptionError(
            f"--rest-fuzz-replay {name!r}: no flips are stored in {str(place)!r}; name a run"
        ) from None
    if not known:
        raise OptionError(
            f"--rest-fuzz-replay: {name!r} has found no flip; there is nothing to ask"
        )
    if number and not 0 < int(number) <= len(known):
        raise OptionError(f"--rest-fuzz-replay: {name!r} has flips 1 to {len(known)}, not {number}")
    return known[int(number) - 1 : int(number)] if number else known


def _saved(save: Path | None) -> Path | None:
    if save is not None and not save.name.endswith(ENDINGS[0]):
        raise OptionError(f"--rest-fuzz-save {save.name!r}: name a file that ends in {ENDINGS[0]}")
    if save is not None and save.exists():
        raise OptionError(f"--rest-fuzz-save {str(save)!r} is there already; name another file")
    return save
