"""Turns pytest's command line and ini file into the checked settings of a run."""

import contextlib
import json
import os
import platform
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from pytest_rest import benchmark, gate
from pytest_rest.benchmark import Drawn, Library, shard
from pytest_rest.benchmark.file import ENDINGS
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.shard import Shard
from pytest_rest.benchmark.style_file import ENDINGS as STYLE_FILES
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.dispatch.store_file import NAME as STORE
from pytest_rest.dispatch.stored_run import read_run
from pytest_rest.errors import BaselineError, OptionError, StoreError, nearest
from pytest_rest.gate import Threshold, baseline
from pytest_rest.gate import early_stop as stopping
from pytest_rest.gate.regression import Tolerance
from pytest_rest.plugin import benchmark_files, fuzz_settings
from pytest_rest.plugin.fuzz_settings import Fuzz
from pytest_rest.plugin.option_values import count as _count
from pytest_rest.plugin.option_values import path as _path
from pytest_rest.plugin.option_values import value as _value
from pytest_rest.prompts import thinking_budgets
from pytest_rest.terms import MODES, OCR_MODES, OCRS, TWO_PASSES, Item, Mode, Scheme, Style, Sweep

_MOST_REPEATS = 100
LATEST = "latest"  # the run that --rest-resume goes on with, where none is named
Place = Literal["main", "worker", "remote"]  # a remote worker asks the model by itself

# What draws the tests: ini name, and the command line's.
_DRAWN = {
    "rest_model": "rest_model",
    "rest_api_base": "rest_api_base",
    "rest_suites": "rest_suite",
    "rest_data": "rest_data",
    "rest_styles": "rest_style",
    "rest_plus": "rest_plus",
    "rest_modes": "rest_modes",
    "rest_repeats": "rest_repeats",
    "rest_ocr": "rest_ocr",
    "rest_reasoning_budgets": "rest_reasoning_budgets",
    "rest_reasoning_control": "rest_reasoning_control",
    "rest_judge": "rest_judge",
    "rest_judge_api_base": "rest_judge_api_base",
    "rest_seed": "rest_seed",
    "rest_shard": "rest_shard",
    "rest_fuzz": "rest_fuzz",
}


@dataclass(frozen=True)
class Settings:
    """What a run was asked for, checked: nothing here can fail any more once it is built."""

    model: str
    library: Library
    suites: tuple[str, ...]
    is_benchmark: bool
    root: Path
    paths: tuple[str, ...]  # what is collected: from the root, or whole
    styles: tuple[Style, ...]  # without REST+
    styles_named: bool  # on the command line: then a file's own do not count
    file_styles: Mapping[str, tuple[Style, ...]]  # of suites that are files, by their names
    plus: bool  # REST+: ten styles, of which one differs by item
    scheme: Scheme  # what is asked of each item in each style
    seed: int
    shard: Shard | None  # the part of the items that is asked, of those that were selected
    thresholds: tuple[Threshold, ...]
    is_compared: bool  # with an earlier run, which only the main process reads
    baseline: Mapping[str, Any] | None
    tolerance: Tolerance
    confidence: float | None  # that a threshold's verdict must have
    early_stop: bool  # once every threshold has its verdict
    max_lost: int
    strict: bool
    api_base: str | None
    judge: str  # of open answers; empty: none
    judge_api_base: str | None
    timeout: float
    limits: Limits
    may_stop: bool  # before the last test: then nothing is asked far ahead
    prompts: Path | None
    run_dir: Path
    plan: bool
    resume: bool
    replay: Path | None
    json_path: Path | None
    html_path: Path | None
    place: Place
    has_far_workers: bool  # on other machines, where each asks the model by itself
    dispatcher: tuple[int, str] | None  # port and token, where the main process asks the model
    run_id: str  # of the run, not of the session: a resumed run keeps it
    given: Mapping[str, Any]  # what draws the same tests again
    fuzz: Fuzz | None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes that each item is asked in."""
        return self.scheme.modes

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """What was drawn of each suite of the run."""
        return tuple(self.library.load(suite) for suite in self.suites)

    @property
    def files(self) -> tuple[str, ...]:
        """The benchmark files that are named."""
        return _files(self.paths)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the run's suites."""
        return tuple(item for drawn in self.drawn for item in drawn.items)

    @property
    def cases(self) -> Iterator[Case]:
        """Every item of the suites in every style, in the order of their tests."""
        for item in self.items:
            yield from ((item, style) for style in self.styles_of(item))

    @property
    def asked(self) -> Iterator[Case]:
        """Those of the cases that are of this shard."""
        held = self.shard.holds(self.items) if self.shard else None
        return (c for c in self.cases if held is None or (c[0].suite, c[0].id) in held)

    def styles_of(self, item: Item) -> tuple[Style, ...]:
        """What an item is drawn in where its test does not say."""
        if own := self.file_styles.get(item.suite):
            return own
        return rest_plus(item.digest, self.seed) if self.plus else self.styles


def read(config: pytest.Config, sent: str | None = None) -> Settings:
    """The settings of this run; `RestError` names the option, what is wrong, and the mend.

    `sent` is what the controller's `to_wire` gave, in a worker.
    """
    resolved = json.loads(sent) if sent else _resolve(config)
    given, seed, is_benchmark = resolved["given"], resolved["seed"], resolved["is_benchmark"]
    suites = tuple(given["rest_suites"])
    fuzz = fuzz_settings.read(config, given, resolved["workers"])
    if is_benchmark and not suites and fuzz is None:
        suites = (benchmark.DEFAULT,)
    run_dir = Path(resolved["run_dir"])
    place: Place = resolved["place"]
    data = Path(given["rest_data"]) if given["rest_data"] else None
    library = Library(seed, data, resolved["library"], config.rootpath)
    names = [library.load(suite).name for suite in suites]
    if twice := {name for name in names if names.count(name) > 1}:
        raise OptionError(f"--rest-suite names {sorted(twice)[0]!r} twice; name it once")
    is_early_stop = _is_early_stop(config)
    settings = Settings(
        model=given["rest_model"],
        library=library,
        suites=suites,
        is_benchmark=is_benchmark,
        root=config.rootpath,
        paths=tuple(given["paths"]),
        styles=_styles(resolved),
        styles_named=given["styles_named"],
        file_styles=_file_styles(library, suites, given["styles_named"]),
        plus=given["rest_plus"],
        scheme=_scheme(given, seed),
        seed=seed,
        shard=shard.parse(given["rest_shard"]) if given["rest_shard"] else None,
        thresholds=_thresholds(config),
        is_compared=bool(_value(config, "rest_baseline")),
        tolerance=_tolerance(config),
        baseline=None if sent else _baseline(config),
        confidence=_confidence(config),
        early_stop=is_early_stop,
        max_lost=_count(config, "rest_max_lost"),
        strict=bool(config.getoption("rest_strict") or config.getini("rest_strict")),
        api_base=given["rest_api_base"] or None,
        judge=given["rest_judge"],
        judge_api_base=given["rest_judge_api_base"] or None,
        timeout=_seconds(config, "rest_timeout"),
        limits=_limits(config).share(_askers(config)),
        may_stop=is_early_stop or bool(config.getvalue("maxfail")),
        prompts=_path(config, "rest_prompts"),
        run_dir=config.rootpath / run_dir.name if place == "remote" else run_dir,
        plan=is_plan(config),
        resume=bool(_value(config, "rest_resume")),
        replay=_replayed(config),
        json_path=_path(config, "rest_json"),
        html_path=_path(config, "rest_html"),
        place=place,
        has_far_workers=resolved["has_far_workers"],
        dispatcher=resolved["dispatcher"] and tuple(resolved["dispatcher"]),
        run_id=resolved["run_id"],
        given=given,
        fuzz=fuzz,
    )
    _check_reasoning(config, settings)
    for drawn in settings.drawn:
        if drawn.path:
            benchmark_files.check(drawn.items, settings.scheme, f"{drawn.path}: ")
    if is_benchmark:  # else it is known only after the run, and then nothing passes
        parts = {name for item, style in settings.cases for name in (item.suite, style.id)}
        gate.check_suites(settings.thresholds, names)
        gate.check_parts(settings.thresholds, sorted(parts))
    if is_early_stop:
        ids = [style.id for _, style in settings.cases]
        stopping.check(settings.thresholds, len(suites), ids)
    return settings


def _check_reasoning(config: pytest.Config, settings: Settings) -> None:
    """Raise for what cannot be asked, or judged, under budgets or without them."""
    sweep = settings.scheme.sweep
    if config.getoption("rest_judge") and sweep is None:
        raise OptionError(
            "--rest-judge rates answers that are given under budgets; give --rest-reasoning-budgets"
        )
    if settings.early_stop and sweep is not None:
        raise OptionError(
            "--rest-early-stop has no bounds for --rest-reasoning-budgets; leave one out"
        )
    for item in settings.items:
        thinking_budgets.check(item, settings.scheme)
        if item.only and settings.is_compared:
            raise OptionError(
                f"--rest-baseline compares how forms agree, and items of {item.suite} have one "
                "form; leave one of them out"
            )


def is_plan(config: pytest.Config) -> bool:
    """Whether the run is only to be planned."""
    return bool(config.getoption("rest_plan") or config.getini("rest_plan"))


def to_wire(settings: Settings, dispatcher: tuple[int, str] | None, place: Place) -> str:
    """What a worker cannot find out by itself, as one ASCII string."""
    return json.dumps(
        {
            "given": dict(settings.given),
            "run_id": settings.run_id,
            "styles": [style.digest for style in settings.styles],
            "seed": settings.seed,
            "is_benchmark": settings.is_benchmark,
            "library": settings.library.manifest,
            "run_dir": str(settings.run_dir),
            "dispatcher": dispatcher,
            "place": place,
            "has_far_workers": settings.has_far_workers,
            "workers": settings.fuzz.hunts if settings.fuzz else 1,
        }
    )


def _resolve(config: pytest.Config) -> dict[str, Any]:
    kept, run_id = _kept(config)
    given = {name: _chosen(config, name, kept) for name in _DRAWN}
    given["rest_styles"] = _named_styles(config, given["rest_styles"])
    _choose_styles(config, given)
    if kept and given["rest_seed"] == "fresh":
        given["rest_seed"] = kept["rest_seed"]
    given["rest_seed"] = _seed(str(given["rest_seed"]))
    given["rest_fuzz_seed"] = fuzz_settings.seed(config, given, kept)
    given["rest_suites"] = _suites(config, given["rest_suites"])
    given["paths"] = _paths(config) or kept.get("paths", [])
    hunts = [config.getoption(name) for name in ("rest_fuzz", "rest_fuzz_replay")]
    if config.getoption("rest_suite") is None and (_files(given["paths"]) or any(hunts)):
        given["rest_suites"] = []  # the files or the hunt alone, whatever the ini file has
    fuzz_settings.choose(config, given, is_replay=_replayed(config) is not None)
    given["styles_named"] = _names_styles(config) or kept.get("styles_named", False)
    given["rest_data"] = _data(config, given["rest_data"])
    if not given["rest_model"].strip():
        raise OptionError("no model is named; give --rest-model")
    return {
        "given": given,
        "run_id": run_id,
        "seed": given["rest_seed"],
        "is_benchmark": not given["paths"],
        "run_dir": str(_run_dir(config, given["rest_model"])),
        "library": None,
        "dispatcher": None,
        "place": "main",
        "has_far_workers": _workers(config)[1] > 0,
        "workers": max(sum(_workers(config)), 1),
    }


def _askers(config: pytest.Config) -> int:
    """How many processes ask the model by themselves: this one, and each worker elsewhere."""
    here, far = _workers(config)
    askers = far + bool(here or not far)
    concurrency = _count(config, "rest_concurrency", least=1)
    if askers > concurrency:
        raise OptionError(
            f"--rest-concurrency {concurrency} cannot be shared by {askers} processes that ask by "
            "themselves; give at least one call to each"
        )
    return askers


def _workers(config: pytest.Config) -> tuple[int, int]:
    """How many of xdist's workers are on this machine, and how many on others."""
    here = far = 0
    for spec in getattr(config.option, "tx", None) or ():
        count, star, kind = spec.rpartition("*")
        workers = int(count) if star and count.isdigit() else 1
        if kind.startswith("popen"):
            here += workers
        else:
            far += workers
    return here, far


def _kept(config: pytest.Config) -> tuple[Mapping[str, Any], str]:
    """What draws the tests of the run that is resumed or replayed, and its id; or a new id."""
    resumed, replayed = _value(config, "rest_resume"), _replayed(config)
    if resumed and replayed:
        raise OptionError("--rest-resume asks and --rest-replay does not; give one of them")
    if not (resumed or replayed):
        return {}, secrets.token_hex(8)
    run = replayed or _resumed(config)
    about = read_run(run)
    kept: Mapping[str, Any] = about["options"]
    model = config.getoption("rest_model")
    if model and model.strip() != kept["rest_model"]:
        raise OptionError(
            f"run {str(run)!r} was asked of {kept['rest_model']!r}; leave --rest-model out, or "
            "start a new run"
        )
    return kept, str(about.get("run"))


def _chosen(config: pytest.Config, name: str, kept: Mapping[str, Any]) -> Any:
    """An option: as the command line has it, or else the stored run, or else the ini file."""
    given = config.getoption(_DRAWN[name])
    if given is None:
        given = kept.get(name, config.getini(name))
    if isinstance(given, bool):
        return given
    return [*given] if isinstance(given, list) else str(given).strip()


def _choose_styles(config: pytest.Config, given: dict[str, Any]) -> None:
    """Have either REST+ or named styles; the command line wins over the ini file."""
    if not (given["rest_plus"] and given["rest_styles"]):
        return
    named, plus = (config.getoption(name) is not None for name in ("rest_style", "rest_plus"))
    if named == plus:
        raise OptionError("--rest-plus has ten styles of its own; leave --rest-style out")
    given["rest_plus"] = plus
    given["rest_styles"] = given["rest_styles"] if named else []


def _paths(config: pytest.Config) -> list[str]:
    """The arguments, as they are found again from the root, whence a run is gone on with."""
    if config.args_source != pytest.Config.ArgsSource.ARGS:
        return []
    found = []
    for arg in config.args:
        name, colons, test = arg.partition("::")
        path = Path(os.path.abspath(config.invocation_params.dir / name))  # noqa: PTH100
        near = path.relative_to(config.rootpath) if path.is_relative_to(config.rootpath) else path
        found.append(f"{near}{colons}{test}" if path.exists() else arg)  # a module, with --pyargs
    return found


def _files(paths: Sequence[str]) -> tuple[str, ...]:
    """The benchmark files among the paths, without the tests that are chosen in them."""
    names = [path.partition("::")[0] for path in paths]
    return tuple(dict.fromkeys(name for name in names if name.lower().endswith(ENDINGS)))


def _names_styles(config: pytest.Config) -> bool:
    """Whether the command line says in which styles to draw."""
    return any(config.getoption(name) is not None for name in ("rest_style", "rest_plus"))


def _suites(config: pytest.Config, given: Sequence[str]) -> list[str]:
    """Each suite by itself, also of those in one word with commas between them.

    Files are those found from here on the command line, from the root elsewhere; from the root
    they are found again, whence a run is gone on with.
    """
    root = config.rootpath
    start = root if config.getoption("rest_suite") is None else config.invocation_params.dir
    names = [name.strip() for each in given for name in each.split(",")]
    return [suite for name in names for suite in benchmark.expand(name, start, root)]


def _file_styles(
    library: Library, suites: Sequence[str], styles_named: bool
) -> dict[str, tuple[Style, ...]]:
    """The styles of the suites that are files and ask for some, unless the command line does."""
    drawn = [] if styles_named else [library.load(suite) for suite in suites]
    return {each.name: benchmark_files.styles(each.styles) for each in drawn if each.styles}


def _data(config: pytest.Config, folder: str) -> str:
    """The folder's whole path: from here on the command line, from the root in the ini file."""
    is_here = config.getoption("rest_data") is not None
    start = config.invocation_params.dir if is_here else config.rootpath
    return str(start / Path(folder).expanduser()) if folder else ""


def _replayed(config: pytest.Config) -> Path | None:
    path = _path(config, "rest_replay")
    if path is not None and path.name == "report.json":
        path = path.parent
    return path


def _resumed(config: pytest.Config) -> Path:
    """The folder of the run to go on with: the named one, or else the latest of this model's."""
    named, run_dir = _value(config, "rest_resume"), _path(config, "rest_run_dir")
    if named != LATEST:
        path: Path = config.invocation_params.dir / named
        if run_dir is not None and path.resolve() != run_dir.resolve():
            raise OptionError("--rest-resume and --rest-run-dir name two folders; give one")
        return path
    if run_dir is not None:
        return run_dir
    model = config.getoption("rest_model") or config.getini("rest_model")
    folder = config.rootpath / ".rest" / "runs"
    for path in sorted(folder.glob(f"*/{STORE}"), reverse=True):
        with contextlib.suppress(StoreError):  # of another version, or damaged: not this one
            kept = read_run(path.parent)["options"]
            if not model or kept["rest_model"] == model.strip():
                return path.parent
    of = f" of {model!r}" if model else ""
    raise OptionError(f"no run{of} to resume in {str(folder)!r}; name one: --rest-resume=RUN")


def _run_dir(config: pytest.Config, model: str) -> Path:
    if _value(config, "rest_resume"):
        return _resumed(config)
    if given := _path(config, "rest_run_dir"):
        return given
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "-", model).strip("-")[:60]
    return config.rootpath / ".rest" / "runs" / f"{now}-{name}-{os.getpid()}"


def _seed(text: str) -> int:
    if text == "fresh":
        return secrets.randbelow(2**32)
    if not re.fullmatch(r"\d{1,18}", text):
        raise OptionError(
            f"--rest-seed {text!r} is no seed; give a whole number from 0, or 'fresh'"
        )
    return int(text)


def _styles(resolved: dict[str, Any]) -> tuple[Style, ...]:
    """The styles that were named; where a worker sees other files than the main process, none."""
    styles = named_styles(resolved["given"]["rest_styles"] or [Style().id])
    digests = [style.digest for style in styles]
    if resolved.get("styles", digests) != digests:
        raise OptionError(
            f"--rest-style: a worker at {platform.node()!r} reads other style files or fonts than "
            "the main process; let all of them read the same"
        )
    return styles


def _named_styles(config: pytest.Config, given: Sequence[str]) -> list[str]:
    """Each style's name, or the whole path of its file, so that every process finds it."""
    names = [name.strip() for each in given for name in each.split(",")]
    folder = config.invocation_params.dir
    return [str(folder / name) if name.endswith(STYLE_FILES) else name for name in names]


def _sweep(given: Mapping[str, Any], seed: int) -> Sweep | None:
    """The budgets of thinking, and whether open answers are rated."""
    judge, text = given["rest_judge"], given["rest_reasoning_budgets"]
    if given["rest_judge_api_base"] and not judge:
        raise OptionError("--rest-judge-api-base is a judge's; name the judge: --rest-judge=SPEC")
    thinking_budgets.check_control(given["rest_reasoning_control"])
    if not text:
        return None
    return Sweep(thinking_budgets.parse(text, given["rest_reasoning_control"]), bool(judge), seed)


def _scheme(given: Mapping[str, Any], seed: int) -> Scheme:
    modes, repeats, ocr = _modes(given["rest_modes"]), given["rest_repeats"], given["rest_ocr"]
    if not re.fullmatch(r"\d{1,3}", repeats) or not 1 <= int(repeats) <= _MOST_REPEATS:
        mend = f"give a whole number from 1 to {_MOST_REPEATS}"
        raise OptionError(f"--rest-repeats {repeats!r} is no count; {mend}")
    if ocr not in OCRS:
        raise OptionError(
            f"--rest-ocr {ocr!r} is unknown; give one of {', '.join(OCRS)}{nearest(ocr, OCRS)}"
        )
    if ocr == "off" and TWO_PASSES in modes:
        raise OptionError(
            f"--rest-modes={TWO_PASSES} solves what was transcribed; leave --rest-ocr=off out"
        )
    scheme = Scheme(modes, int(repeats), ocr, _sweep(given, seed))
    thinking_budgets.check_scheme(scheme)
    return scheme


def _modes(text: str) -> tuple[Mode, ...]:
    named = [word.strip() for word in text.split(",")]
    known = (*MODES, *OCR_MODES)
    if unknown := [name for name in named if name not in known]:
        mend = f"modes are {', '.join(known)}{nearest(unknown[0], known)}"
        raise OptionError(f"--rest-modes: unknown mode {unknown[0]!r}; {mend}")
    if len({*named} & {*MODES}) < 2:
        raise OptionError(
            f"--rest-modes {text!r}: agreement needs at least two modes of {', '.join(MODES)}"
        )
    return tuple(mode for mode in known if mode in named)


def _thresholds(config: pytest.Config) -> tuple[Threshold, ...]:
    given: list[str] | None = config.getoption("rest_require")
    required = config.getini("rest_require") if given is None else given
    found = [gate.parse_threshold(text) for text in required]
    for name, metric, op in (("rest_min_rer", "rer", ">="), ("rest_max_cfr", "cfr", "<=")):
        if bound := _value(config, name):
            found.append(gate.threshold(metric, op, bound))
    return tuple(dict.fromkeys(found))


def _limits(config: pytest.Config) -> Limits:
    limit = {
        name: _count(config, f"rest_{name}", least=1) if _value(config, f"rest_{name}") else None
        for name in ("rpm", "tpm")
    }
    return Limits(
        concurrency=_count(config, "rest_concurrency", least=1),
        max_cost=_dollars(config, "rest_max_cost"),
        retries=_count(config, "rest_retries"),
        **limit,
    )


def _baseline(config: pytest.Config) -> Mapping[str, Any] | None:
    """An earlier run's report, or the baseline made of it; `OptionError` if it is none."""
    path = _path(config, "rest_baseline")
    if path is None:
        return None
    try:
        return baseline.load(path)
    except BaselineError as error:
        raise OptionError(f"--rest-baseline {error}") from None


def _tolerance(config: pytest.Config) -> Tolerance:
    found = {}
    for name, field in (("rest_max_rer_drop", "rer_drop"), ("rest_max_cfr_rise", "cfr_rise")):
        if text := _value(config, name):
            option = "--" + name.replace("_", "-")
            if not re.fullmatch(r"\d{0,3}(\.\d{1,6})?", text) or not 0 <= float(text) <= 1:
                raise OptionError(f"{option} {text!r} is no share; give one from 0 to 1, as 0.02")
            if not _value(config, "rest_baseline"):
                raise OptionError(f"{option} needs a run to compare with; give --rest-baseline")
            found[field] = float(text)
    tolerance = Tolerance() if not found else replace(Tolerance(None, None), **found)
    return replace(tolerance, confidence=_confidence(config) or tolerance.confidence)


def _confidence(config: pytest.Config) -> float | None:
    text = _value(config, "rest_confidence")
    if text and not (re.fullmatch(r"0?\.\d{1,6}", text) and 0.5 <= float(text) < 1):
        raise OptionError(
            f"--rest-confidence {text!r} is none; give a share from 0.5 to below 1, such as 0.95"
        )
    return float(text) if text else None


def _is_early_stop(config: pytest.Config) -> bool:
    if not (config.getoption("rest_early_stop") or config.getini("rest_early_stop")):
        return False
    if _confidence(config) is None:
        raise OptionError(
            "--rest-early-stop ends when the verdict is sure; say how sure: --rest-confidence=0.95"
        )
    if _value(config, "rest_baseline"):
        raise OptionError("--rest-baseline compares all items; leave it or --rest-early-stop out")
    if _value(config, "rest_shard"):
        raise OptionError("--rest-shard asks a part; only a whole run can have --rest-early-stop")
    return True


def _dollars(config: pytest.Config, name: str) -> float | None:
    text = _value(config, name)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or not float(text):
        raise OptionError(f"--rest-max-cost {text!r} is no amount; give dollars, such as 2.50")
    return float(text)


def _seconds(config: pytest.Config, name: str) -> float:
    text = _value(config, name)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text) or not float(text):
        option = "--" + name.replace("_", "-")
        raise OptionError(f"{option} {text!r} is no time; give a number of seconds above 0")
    return float(text)
