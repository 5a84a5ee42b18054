"""Turns pytest's command line and ini file into the checked settings of a run."""

import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_rest import benchmark, gate, rendering
from pytest_rest.errors import OptionError, nearest
from pytest_rest.gate import Threshold
from pytest_rest.terms import MODES, Item, Mode, Style


@dataclass(frozen=True)
class Settings:
    """What a run was asked for, checked: nothing here can fail any more once it is built."""

    model: str
    items: tuple[Item, ...]
    suites: tuple[str, ...]
    is_benchmark: bool
    styles: tuple[Style, ...]
    modes: tuple[Mode, ...]
    seed: int
    thresholds: tuple[Threshold, ...]
    max_lost: int
    strict: bool
    api_base: str | None
    timeout: float
    concurrency: int
    retries: int
    prompts: Path | None
    run_dir: Path
    json_path: Path | None
    dispatcher: tuple[int, str] | None  # port and token, where the main process asks the model


def read(config: pytest.Config, sent: str | None = None) -> Settings:
    """The settings of this run; `RestError` names the option, what is wrong, and the mend.

    `sent` is what the controller's `to_wire` gave, in a worker.
    """
    resolved = json.loads(sent) if sent else _resolve(config)
    seed, is_benchmark = resolved["seed"], resolved["is_benchmark"]
    suites = tuple(_listed(config, "rest_suites", "rest_suite"))
    if is_benchmark and not suites:
        suites = (benchmark.DEFAULT,)
    names = [suite.partition(":")[0] for suite in suites]
    if twice := {name for name in names if names.count(name) > 1}:
        raise OptionError(f"--rest-suite names {sorted(twice)[0]!r} twice; name it once")
    return Settings(
        model=model(config),
        items=tuple(item for suite in suites for item in benchmark.load(suite, seed)),
        suites=suites,
        is_benchmark=is_benchmark,
        styles=_styles(config),
        modes=_modes(_value(config, "rest_modes")),
        seed=seed,
        thresholds=_thresholds(config),
        max_lost=_count(config, "rest_max_lost"),
        strict=bool(config.getoption("rest_strict") or config.getini("rest_strict")),
        api_base=_value(config, "rest_api_base") or None,
        timeout=_seconds(config, "rest_timeout"),
        concurrency=_count(config, "rest_concurrency", least=1),
        retries=_count(config, "rest_retries"),
        prompts=_path(config, "rest_prompts"),
        run_dir=Path(resolved["run_dir"]),
        json_path=_path(config, "rest_json"),
        dispatcher=resolved["dispatcher"] and tuple(resolved["dispatcher"]),
    )


def model(config: pytest.Config) -> str:
    """The model that was asked for, or an empty string: then the plugin stays silent."""
    return _value(config, "rest_model").strip()


def to_wire(settings: Settings, dispatcher: tuple[int, str] | None) -> str:
    """What a worker cannot find out by itself, as one ASCII string."""
    return json.dumps(
        {
            "seed": settings.seed,
            "is_benchmark": settings.is_benchmark,
            "run_dir": str(settings.run_dir),
            "dispatcher": dispatcher,
        }
    )


def _resolve(config: pytest.Config) -> dict[str, Any]:
    return {
        "seed": _seed(_value(config, "rest_seed")),
        "is_benchmark": config.args_source != pytest.Config.ArgsSource.ARGS,
        "run_dir": str(_run_dir(config)),
        "dispatcher": None,
    }


def _value(config: pytest.Config, name: str) -> str:
    given = config.getoption(name)
    return str(config.getini(name) if given is None else given)


def _listed(config: pytest.Config, ini: str, option: str) -> list[str]:
    given: list[str] | None = config.getoption(option)
    return list(config.getini(ini)) if given is None else given


def _path(config: pytest.Config, name: str) -> Path | None:
    value = _value(config, name)
    return config.invocation_params.dir / value if value else None


def _run_dir(config: pytest.Config) -> Path:
    if given := _path(config, "rest_run_dir"):
        return given
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "-", model(config)).strip("-")[:60]
    return config.rootpath / ".rest" / "runs" / f"{now}-{name}-{os.getpid()}"


def _seed(text: str) -> int:
    if text == "fresh":
        return secrets.randbelow(2**32)
    if not re.fullmatch(r"\d{1,18}", text):
        raise OptionError(
            f"--rest-seed {text!r} is no seed; give a whole number from 0, or 'fresh'"
        )
    return int(text)


def _styles(config: pytest.Config) -> tuple[Style, ...]:
    names = _listed(config, "rest_styles", "rest_style") or [Style().id]
    styles = [rendering.parse_style(name) for name in names]
    for style in styles:
        rendering.load_font(style.font)
    return tuple(dict.fromkeys(styles))


def _modes(text: str) -> tuple[Mode, ...]:
    named = [word.strip() for word in text.split(",")]
    if unknown := [name for name in named if name not in MODES]:
        mend = f"modes are {', '.join(MODES)}{nearest(unknown[0], MODES)}"
        raise OptionError(f"--rest-modes: unknown mode {unknown[0]!r}; {mend}")
    if len(set(named)) < 2:
        raise OptionError(f"--rest-modes {text!r}: agreement needs at least two modes")
    return tuple(mode for mode in MODES if mode in named)


def _thresholds(config: pytest.Config) -> tuple[Threshold, ...]:
    found = [gate.parse_threshold(text) for text in _listed(config, "rest_require", "rest_require")]
    for name, metric, op in (("rest_min_rer", "rer", ">="), ("rest_max_cfr", "cfr", "<=")):
        if bound := _value(config, name):
            found.append(gate.threshold(metric, op, bound))
    return tuple(dict.fromkeys(found))


def _count(config: pytest.Config, name: str, least: int = 0) -> int:
    text = _value(config, name)
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        option = "--" + name.replace("_", "-")
        raise OptionError(f"{option} {text!r} is no count; give a whole number from {least}")
    return int(text)


def _seconds(config: pytest.Config, name: str) -> float:
    text = _value(config, name)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text) or not float(text):
        option = "--" + name.replace("_", "-")
        raise OptionError(f"{option} {text!r} is no time; give a number of seconds above 0")
    return float(text)
