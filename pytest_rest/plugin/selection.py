"""Turns the options into what is drawn and asked, the same in every process of a run."""

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_rest import benchmark
from pytest_rest.benchmark.file import ENDINGS
from pytest_rest.benchmark.style_file import ENDINGS as STYLE_FILES
from pytest_rest.errors import OptionError, nearest
from pytest_rest.plugin import fuzz_settings
from pytest_rest.plugin.options import GATE, KEPT, MEASURE, OPTIONS, STYLES, Chosen
from pytest_rest.prompts import thinking_budgets
from pytest_rest.safe_text import address
from pytest_rest.terms import COMPARED, OCR_MODES, TWO_PASSES, Mode, Scheme, Sweep

EYES = ("rest_max_side", "rest_max_pixels")


def select(
    config: pytest.Config, chosen: Chosen, kept: Mapping[str, Any], *, is_replay: bool
) -> dict[str, Any]:
    """What the run keeps of its options, each as a worker, or the run gone on with, reads it."""
    given: dict[str, Any] = {option.key: chosen.raw[option.key] for option in KEPT}
    given |= {option.key: chosen.raw[option.key] for option in GATE if chosen.is_given(option.key)}
    if not given["rest_model"]:
        raise OptionError("no model is named; give --rest-model")
    given["rest_styles"] = _style_names(config, given["rest_styles"])
    _have_one_kind_of_styles(chosen, given)
    given["styles_named"] = chosen.is_named(*STYLES) or kept.get("styles_named", False)
    given["judge_named"] = chosen.is_named("rest_judge") or kept.get("judge_named", False)
    if kept and given["rest_seed"] == "fresh":
        given["rest_seed"] = str(kept["rest_seed"])
    seed = OPTIONS["rest_seed"].value(given["rest_seed"])
    given["rest_seed"] = secrets.randbelow(2**32) if seed == "fresh" else seed
    given["rest_fuzz_seed"] = fuzz_settings.seed(chosen, given, kept)
    given["rest_suites"] = _suites(config, chosen, given["rest_suites"])
    given["paths"] = paths(config) or kept.get("paths", [])
    is_other = files(given["paths"]) or chosen.is_named("rest_fuzz", "rest_fuzz_replay")
    if is_other and not chosen.is_named("rest_suites"):
        given["rest_suites"] = []  # the files or the hunt alone, whatever the ini file has
    fuzz_settings.choose(chosen, given, is_replay=is_replay)
    _take_eyes(chosen, given, kept, is_replay=is_replay)
    return given


def _take_eyes(
    chosen: Chosen, given: dict[str, Any], kept: Mapping[str, Any], *, is_replay: bool
) -> None:
    """Keep the limits that an eye chart has found, as if they had been given.

    `measures_eyes` is whether that is still to be done, and `eyechart` what a run has measured;
    `eyes_whole` is up to which side and pixels a file found no limit.
    """
    asked, is_told = chosen.raw["rest_eyechart"], chosen.is_named(*EYES)
    if is_told and chosen.is_named("rest_eyechart"):
        raise OptionError(
            "--rest-eyechart says what --rest-max-side and --rest-max-pixels do; leave it or them "
            "out"
        )
    is_file = bool(asked) and asked != MEASURE
    given["eyechart"] = None if is_told or is_file else kept.get("eyechart")
    given["eyes_whole"] = None if is_told or is_file else kept.get("eyes_whole")
    is_open = not (is_replay or is_told or is_file or given["eyechart"])
    given["measures_eyes"] = is_open and (asked == MEASURE or kept.get("measures_eyes", False))
    if given["measures_eyes"] and given["rest_shard"]:
        raise OptionError(
            "--rest-eyechart measures in each shard anew; measure once, with pytest-rest eyechart, "
            "and give all of them its FILE"
        )
    if not is_file or is_told:
        return
    from pytest_rest.eyechart import file  # numpy and Pillow, for this option alone

    base = chosen["rest_api_base"]
    limit = file.read(chosen["rest_eyechart"], given["rest_model"], base and address(base))
    take_limit(given, limit.side, limit.pixels)
    given["eyes_whole"] = limit.whole and [*limit.whole]


def take_limit(given: dict[str, Any], side: int, pixels: int) -> None:
    """Keep the pixels a side, and in all, that reach the model; 0 is no limit."""
    given |= {key: str(value or "") for key, value in zip(EYES, (side, pixels), strict=True)}


def scheme(values: Mapping[str, Any]) -> Scheme:
    """What is asked of each item in each style; `OptionError` where that does not go together."""
    modes, ocr = _modes(values["rest_modes"]), values["rest_ocr"]
    if ocr == "off" and TWO_PASSES in modes:
        raise OptionError(
            f"--rest-modes={TWO_PASSES} solves what was transcribed; leave --rest-ocr=off out"
        )
    asked = Scheme(modes, values["rest_repeats"], ocr, _sweep(values))
    thinking_budgets.check_scheme(asked)
    return asked


def _sweep(values: Mapping[str, Any]) -> Sweep | None:
    """The budgets of thinking, and whether open answers are rated."""
    judge, text = values["rest_judge"], values["rest_reasoning_budgets"]
    for option in ("--rest-judge-api-base", "--rest-judge-price"):
        if values[option[2:].replace("-", "_")] and not judge:
            raise OptionError(f"{option} is a judge's; name the judge: --rest-judge=SPEC")
    if not text:
        return None
    budgets = thinking_budgets.parse(text, values["rest_reasoning_control"])
    return Sweep(budgets, bool(judge), values["rest_seed"])


def _modes(text: str) -> tuple[Mode, ...]:
    named = [word.strip() for word in text.split(",")]
    known = (*COMPARED, *OCR_MODES)
    if unknown := [name for name in named if name not in known]:
        mend = f"modes are {', '.join(known)}{nearest(unknown[0], known)}"
        raise OptionError(f"--rest-modes: unknown mode {unknown[0]!r}; {mend}")
    if len({*named} & {*COMPARED}) < 2:
        raise OptionError(
            f"--rest-modes {text!r}: agreement needs at least two modes of {', '.join(COMPARED)}"
        )
    return tuple(mode for mode in known if mode in named)


def files(paths: Sequence[str]) -> tuple[str, ...]:
    """The benchmark files among the paths, without the tests that are chosen in them."""
    names = [path.partition("::")[0] for path in paths]
    return tuple(dict.fromkeys(name for name in names if name.lower().endswith(ENDINGS)))


def workers(config: pytest.Config) -> tuple[int, int]:
    """How many of xdist's workers are on this machine, and how many on others."""
    here = far = 0
    for spec in getattr(config.option, "tx", None) or ():
        count, star, kind = spec.rpartition("*")
        number = int(count) if star and count.isdigit() else 1
        if kind.startswith("popen"):
            here += number
        else:
            far += number
    return here, far


def _have_one_kind_of_styles(chosen: Chosen, given: dict[str, Any]) -> None:
    """Have either REST+ or named styles; the command line wins over the ini file."""
    if not (given["rest_plus"] and given["rest_styles"]):
        return
    named, plus = (chosen.is_named(key) for key in STYLES)
    if named == plus:
        raise OptionError("--rest-plus has ten styles of its own; leave --rest-style out")
    given["rest_plus"] = plus
    given["rest_styles"] = given["rest_styles"] if named else []


def _style_names(config: pytest.Config, texts: Sequence[str]) -> list[str]:
    """Each style's name, or the whole path of its file, so that every process finds it."""
    names = [name.strip() for text in texts for name in text.split(",")]
    folder = config.invocation_params.dir
    return [str(folder / name) if name.endswith(STYLE_FILES) else name for name in names]


def _suites(config: pytest.Config, chosen: Chosen, texts: Sequence[str]) -> list[str]:
    """Each suite by itself, also of those in one word with commas between them.

    Files are those found from here on the command line, from the root elsewhere; from the root
    they are found again, whence a run is gone on with.
    """
    root = config.rootpath
    start = config.invocation_params.dir if chosen.is_named("rest_suites") else root
    names = [name.strip() for text in texts for name in text.split(",")]
    return [suite for name in names for suite in benchmark.expand(name, start, root)]


def paths(config: pytest.Config) -> list[str]:
    """The arguments, as they are found again from the root, whence a run is gone on with."""
    if config.args_source != pytest.Config.ArgsSource.ARGS:
        return []
    return [_from_root(config, arg) for arg in config.args]


def _from_root(config: pytest.Config, arg: str) -> str:
    name, colons, test = arg.partition("::")
    path = Path(os.path.abspath(config.invocation_params.dir / name))  # noqa: PTH100
    if not path.exists():
        return arg  # a module, with --pyargs
    near = path.relative_to(config.rootpath) if path.is_relative_to(config.rootpath) else path
    return f"{near}{colons}{test}"
