"""Turns pytest's command line and ini file into the checked settings of a run."""

import contextlib
import json
import os
import platform
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from pytest_rest import benchmark, credentials
from pytest_rest.benchmark import Drawn, Library, shard
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.shard import Shard
from pytest_rest.benchmark.stored import StoredAnswers
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError, RestError
from pytest_rest.gate import early_stop as stopping
from pytest_rest.gate import regression, thresholds
from pytest_rest.gate.regression import Tolerance
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.models.request_options import RequestOptions
from pytest_rest.plugin import (
    batch_settings,
    benchmark_files,
    earlier_run,
    fuzz_settings,
    gate_settings,
    judge_settings,
    selection,
    stored_settings,
    table_formats,
)
from pytest_rest.plugin.fuzz_settings import Fuzz
from pytest_rest.plugin.options import GATE, OPTIONS, Chosen, words
from pytest_rest.terms import Item, Mode, Price, Scheme, Style

Place = Literal["main", "worker", "remote"]  # a remote worker asks the model by itself


@dataclass(frozen=True)
class Settings:
    """What a run was asked for, checked: nothing here can fail any more once it is built.

    A field that is named as an option is, and is not among those that `read` works out, is that
    option's value.
    """

    model: str
    api_base: str | None
    request: RequestOptions  # what is added to each
    max_side: int | None  # of a picture, to which the endpoint shrinks it
    max_pixels: int | None
    judge: str  # of open answers; empty: none
    judge_api_base: str | None
    price: Price | None  # by hand
    judge_price: Price | None
    prompts: Path | None
    table_formats: tuple[str, ...] | None  # in which an item with a table is asked
    plus: bool  # REST+: ten styles, of which one differs by item
    confidence: float | None  # that a threshold's verdict must have
    early_stop: bool  # once every threshold has its verdict
    max_lost: int
    strict: bool
    allow_models: tuple[str, ...]  # the ids of those that may answer for each other
    allow_cached: bool  # answers of a gateway's cache
    plan: bool
    timeout: float
    json: Path | None
    html: Path | None
    markdown: Path | None
    published: str  # whether REST's published rows are shown: on, off
    library: Library
    suites: tuple[str, ...]
    is_benchmark: bool
    root: Path
    paths: tuple[str, ...]  # what is collected: from the root, or whole
    styles: tuple[Style, ...]  # without REST+
    styles_named: bool  # on the command line: then a file's own do not count
    file_styles: Mapping[str, tuple[Style, ...]]  # of suites that are files, by their names
    scheme: Scheme  # what is asked of each item in each style
    seed: int
    skip_unaskable: bool  # items that cannot be asked are left out, and counted
    shard: Shard | None  # the part of the items that is asked, of those that were selected
    thresholds: tuple[Threshold, ...]
    is_compared: bool  # with an earlier run, which only the main process reads
    baseline: Mapping[str, Any] | None
    tolerance: Tolerance
    limits: Limits
    batch: batch_settings.Mode  # how a run by batches goes about them; empty: none
    batch_poll: float
    batch_rest: str  # when what a batch has not answered is asked: later, now
    may_stop: bool  # before the last test: then nothing is asked far ahead
    run_dir: Path
    resume: bool
    replay: Path | None
    place: Place
    has_far_workers: bool  # on other machines, where each asks the model by itself
    dispatcher: tuple[int, str] | None  # port and token, where the main process asks the model
    resolved_name: str  # of the model, where the main process has it; else empty
    run_id: str  # of the run, not of the session: a resumed run keeps it
    given: Mapping[str, Any]  # what draws the same tests again
    kept_gate: tuple[str, ...]  # the gate's options that only the run that is gone on with has
    stored: StoredAnswers | None  # that are judged in place of a model's
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
        return selection.files(self.paths)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the run's suites."""
        if self.stored is not None:
            return stored_settings.items(self.stored)
        return tuple(item for drawn in self.drawn for item in drawn.items)

    @property
    def known(self) -> tuple[Item, ...]:
        """The items known before collection: of the suites, and of the benchmark files named."""
        items = [*self.items]
        for name in self.files:
            with contextlib.suppress(RestError):  # the collection tells it
                items += self.library.read(self.root / name).items
        return tuple(items)

    @property
    def cases(self) -> Iterator[Case]:
        """Every item of the suites in every style, in the order of their tests."""
        if self.stored is not None:
            return stored_settings.cases(self.stored)
        return table_formats.cases(self.items, self.styles_of, self.table_formats)

    @property
    def again(self) -> dict[str, Any]:
        """The report's `provenance.again`: the command that asks the same, without its item."""
        names = self.stored.suites if self.stored else [drawn.name for drawn in self.drawn]
        return {"words": [*words(self.given)], "suites": [*self.suites], "names": [*names]}

    def styles_of(self, item: Item) -> tuple[Style, ...]:
        """What an item is drawn in where its test does not say."""
        if own := self.file_styles.get(item.suite):
            return own
        return rest_plus(item.digest, self.seed) if self.plus else self.styles


def read(config: pytest.Config, sent: str | None = None) -> Settings:
    """The settings of this run; `RestError` names the option, what is wrong, and the mend.

    `sent` is what the controller's `to_wire` gave, in a worker.
    """
    credentials.learn(os.environ)
    resolved = json.loads(sent) if sent else _resolve(config)
    given: dict[str, Any] = resolved["given"]
    chosen = Chosen(config, given)
    kept_gate = tuple(resolved.get("kept_gate", ()))
    fuzz = fuzz_settings.read(config, chosen, given, resolved["workers"])
    answers = stored_settings.read(given, resolved.get("stored"))
    is_benchmark, suites = not given["paths"], tuple(given["rest_suites"])
    if is_benchmark and not suites and fuzz is None and answers is None:
        suites = (benchmark.DEFAULT,)
    run_dir, place = Path(resolved["run_dir"]), resolved["place"]
    library = _library(config, given, suites, resolved["library"])
    values = {key: OPTIONS[key].value(given.get(key, raw)) for key, raw in chosen.raw.items()}
    values |= stored_settings.UNASKED if answers else {}
    named = {key.removeprefix("rest_"): value for key, value in values.items()}
    gate_settings.check_early_stop(values)
    worked_out = {
        "request": RequestOptions.read(values),
        "library": library,
        "suites": suites,
        "is_benchmark": is_benchmark,
        "root": config.rootpath,
        "paths": tuple(given["paths"]),
        "styles": _styles(resolved),
        "styles_named": given["styles_named"],
        "file_styles": _file_styles(library, suites, given["styles_named"]),
        "scheme": selection.scheme(values),
        "shard": shard.parse(values["rest_shard"]) if values["rest_shard"] else None,
        **gate_settings.read(values, kept_gate, in_main=not sent),
        "limits": _limits(values).share(_askers(config, values["rest_concurrency"])),
        "batch": batch_settings.mode(chosen, given),
        "may_stop": values["rest_early_stop"] or bool(config.getvalue("maxfail")),
        "run_dir": config.rootpath / run_dir.name if place == "remote" else run_dir,
        "resume": bool(values["rest_resume"]),
        "replay": earlier_run.replay(config),
        "place": place,
        **{name: resolved[name] for name in ("has_far_workers", "resolved_name", "run_id")},
        "dispatcher": resolved["dispatcher"] and tuple(resolved["dispatcher"]),
        "given": given,
        "kept_gate": kept_gate,
        "stored": answers,
        "fuzz": fuzz,
        **(stored_settings.decided(answers) if answers else {}),
    }
    simple = {field.name: named[field.name] for field in fields(Settings) if field.name in named}
    settings = _with_judge(Settings(**{**simple, **worked_out}))
    _check(settings)
    return settings


def _with_judge(settings: Settings) -> Settings:
    """The settings with a scheme that has a judge, where one is named and asked."""
    if not settings.judge or settings.stored is not None:
        return settings
    named = {"is_named": settings.given["judge_named"], "is_benchmark": settings.is_benchmark}
    scheme = judge_settings.compared(settings.scheme, settings.known, **named)
    return replace(settings, scheme=scheme)


def to_wire(
    settings: Settings, resolved_name: str, dispatcher: tuple[int, str] | None, place: Place
) -> str:
    """What a worker cannot find out by itself, as one ASCII string."""
    return json.dumps(
        {
            "given": dict(settings.given),
            "resolved_name": resolved_name,
            "run_id": settings.run_id,
            "styles": [style.digest for style in settings.styles],
            "library": settings.library.manifest,
            "stored": settings.stored and settings.stored.fingerprint,
            "run_dir": str(settings.run_dir),
            "dispatcher": dispatcher,
            "place": place,
            "has_far_workers": settings.has_far_workers,
            "workers": settings.fuzz.hunts if settings.fuzz else 1,
        }
    )


def _resolve(config: pytest.Config) -> dict[str, Any]:
    """What the main process finds out, for itself and for all workers."""
    if stored_settings.is_chosen(chosen := Chosen(config, {})):
        given, run_id = stored_settings.select(config, chosen), secrets.token_hex(8)
    else:
        kept, run_id = earlier_run.options(config)
        chosen = Chosen(config, kept)
        is_replay = chosen["rest_replay"] is not None
        given = selection.select(config, chosen, kept, is_replay=is_replay)
        batch_settings.choose(chosen, given, kept)
    here, far = selection.workers(config)
    return {
        "given": given,
        "kept_gate": [option.key for option in GATE if chosen.is_kept(option.key)],
        "resolved_name": "",
        "run_id": run_id,
        "run_dir": str(_run_dir(config, chosen, str(given["rest_model"]))),
        "library": None,
        "dispatcher": None,
        "place": "main",
        "has_far_workers": far > 0,
        "workers": max(here + far, 1),
    }


def _library(
    config: pytest.Config, given: Mapping[str, Any], suites: tuple[str, ...], manifest: Any
) -> Library:
    data = OPTIONS["rest_data"].value(given["rest_data"])
    library = Library(given["rest_seed"], data, manifest, config.rootpath)
    names = [library.load(suite).name for suite in suites]
    if twice := {name for name in names if names.count(name) > 1}:
        raise OptionError(f"--rest-suite names {sorted(twice)[0]!r} twice; name it once")
    return library


def _check(settings: Settings) -> None:
    """Raise for what cannot be asked, or judged, together."""
    judge_settings.check(settings.items, settings.scheme, is_compared=settings.is_compared)
    formats = settings.stored.formats if settings.stored else settings.table_formats or ()
    for drawn in settings.drawn:
        if drawn.path:
            benchmark_files.check(drawn.items, settings.scheme, f"{drawn.path}: ")
    if settings.is_benchmark:  # else it is known only after the run, and then nothing passes
        table_formats.check(settings.table_formats, (style for _, style in settings.cases))
        parts = {name for item, style in settings.cases for name in (item.suite, style.id)}
        parts |= {*formats, *thresholds.tags_of(settings.items)}
        told = settings.stored.fields if settings.stored else ()
        parts |= thresholds.fields_of(settings.items, told)
        thresholds.check(settings.thresholds, {item.suite for item in settings.items}, parts)
    stored_settings.check(settings.stored, settings.thresholds)
    table_formats.check_thresholds(settings.thresholds, formats, settings.modes, settings.stored)
    regression.check(settings.tolerance, settings.modes)
    if settings.early_stop:
        ids = [*formats, *(style.id for _, style in settings.cases)]
        stopping.check(settings.thresholds, len(settings.suites), ids)


def _askers(config: pytest.Config, concurrency: int) -> int:
    """How many processes ask the model by themselves: this one, and each worker elsewhere."""
    here, far = selection.workers(config)
    askers = far + bool(here or not far)
    if askers > concurrency:
        raise OptionError(
            f"--rest-concurrency {concurrency} cannot be shared by {askers} processes that ask by "
            "themselves; give at least one call to each"
        )
    return askers


def _file_styles(
    library: Library, suites: tuple[str, ...], styles_named: bool
) -> dict[str, tuple[Style, ...]]:
    """The styles of the suites that are files and ask for some, unless the command line does."""
    drawn = [] if styles_named else [library.load(suite) for suite in suites]
    return {each.name: benchmark_files.styles(each.styles) for each in drawn if each.styles}


def _run_dir(config: pytest.Config, chosen: Chosen, model: str) -> Path:
    if chosen["rest_resume"] and model:  # without one it is of stored answers
        return earlier_run.resumed(config)
    if path := chosen["rest_run_dir"]:
        return Path(path)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "-", model or "answers").strip("-")[:60]
    return config.rootpath / ".rest" / "runs" / f"{now}-{name}-{os.getpid()}"


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


def _limits(values: Mapping[str, Any]) -> Limits:
    names = [field.name for field in fields(Limits)]
    return Limits(**{name: values[f"rest_{name}"] for name in names})
