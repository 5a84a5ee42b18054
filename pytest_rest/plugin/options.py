"""The table of options: the parser, the ini file, workers, the docs and "again" are made of it.

Every pytest run of the environment loads this, so it imports nothing heavy.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_rest.credentials import masked
from pytest_rest.errors import OptionError
from pytest_rest.plugin import option_values as values

STYLES = ("rest_styles", "rest_plus")
LATEST = "latest"  # the run that --rest-resume goes on with, where none is named
MEASURE = "measure"  # what --rest-eyechart does, where no file is named
Raw = str | bool | list[str]  # as it was written; what a run keeps, and workers get


_EMPTY: dict[Callable[[str], Any], Any] = {values.text: "", values.names: ()}  # else None


@dataclass(frozen=True)
class Option:
    """One option of the command line and its twin in the ini file.

    `usage` is its name, and a word for its value; without one it is a switch. `parse` turns its
    text into a value; its `ValueError` says what is wrong and the mend. `ini` is set where the
    option may be given several times, `alone` is the word that it stands for without a value.
    """

    usage: str
    help: str
    parse: Callable[[str], Any] = values.text
    default: str = ""
    ini: str = ""
    alone: str = ""

    @property
    def name(self) -> str:
        """As it is written: `--rest-model`."""
        return self.usage.partition(" ")[0]

    @property
    def metavar(self) -> str:
        """The word for its value."""
        return self.usage.partition(" ")[2]

    @property
    def key(self) -> str:
        """Its name in the ini file, and in pytest's own options."""
        return self.ini or self.name[2:].replace("-", "_")

    @property
    def unset(self) -> Raw:
        """What it is where nobody gave it."""
        if self.ini:
            return []
        return self.default if self.metavar else False

    @property
    def text(self) -> str:
        """Its help, with the default."""
        return f"{self.help} (default: {self.default})" if self.default else self.help

    def declare(self, group: pytest.OptionGroup, parser: pytest.Parser) -> None:
        """Make it known to pytest; `None` is what was not given."""
        if self.ini:
            how: dict[str, Any] = {"action": "append", "metavar": self.metavar}
        elif not self.metavar:
            how = {"action": "store_const", "const": True}
        elif self.alone:
            how = {"nargs": "?", "const": self.alone, "metavar": self.metavar}
        else:
            how = {"metavar": self.metavar}
        group.addoption(self.name, dest=self.key, default=None, help=self.text, **how)
        kind = "linelist" if self.ini else "string" if self.metavar else "bool"
        parser.addini(self.key, self.text, type=kind, default=None)  # type: ignore[arg-type]

    def raw(self, config: pytest.Config, kept: Mapping[str, Any]) -> Raw:
        """As the command line has it, or else the run that is gone on with, or the ini file.

        A path is told from here on the command line, and from the root in the ini file.
        """
        chosen, name = config.getoption(self.key), self.name
        start = config.invocation_params.dir
        if chosen is None and self.key in kept:
            stored = kept[self.key]
            return stored if isinstance(stored, (bool, list)) else str(stored)
        if chosen is None:
            chosen, name = config.getini(self.key), f"{self.key}, in the ini file,"
            start = config.rootpath
        if chosen is None:
            return self.unset
        if isinstance(chosen, bool):
            return chosen
        texts = [str(text).strip() for text in (chosen if self.ini else [chosen])]
        if not texts or not all(texts):
            raise OptionError(f"{name} is given and empty; give {self.metavar}, or drop it")
        if self.ini:
            return texts
        is_path = self.parse is values.path and texts[0] != self.alone
        return str(start / Path(texts[0]).expanduser()) if is_path else texts[0]

    def words(self, value: Any) -> Iterator[str]:
        """What a command line says for this value, without secrets."""
        if isinstance(value, bool):
            yield from [self.name] * value
            return
        texts = value if isinstance(value, list) else [value]
        yield from (masked(f"{self.name}={text}") for text in texts)

    def value(self, raw: Raw) -> Any:
        """What was written, as a value; `OptionError` says what is wrong with it, and the mend."""
        if not isinstance(raw, str):
            return raw
        if not raw:
            return _EMPTY.get(self.parse)
        try:
            return self.parse(raw)
        except ValueError as error:
            raise OptionError(f"{self.name} {raw!r} {error}") from None


ASKED = (
    Option(
        "--rest-model SPEC",
        "the model to ask: embedded, simulated[:PROFILE], python:MODULE:FACTORY, or a name that "
        "LiteLLM knows, such as claude-haiku-4.5; without it REST tests are skipped",
    ),
    Option(
        "--rest-api-base URL",
        "an OpenAI-compatible server (vLLM, llama.cpp, a proxy) to ask for --rest-model",
        values.url,
    ),
    Option(
        "--rest-parameter NAME=VALUE",
        "ask with this parameter, temperature=0.7, or leave it out, temperature=none, where the "
        "endpoint refuses it; through LiteLLM a keyword of its own; repeatable",
        ini="rest_parameters",
    ),
    Option(
        "--rest-body KEY=JSON",
        "add a key of the server's own to the body of each request, as it stands; repeatable",
        ini="rest_body",
    ),
    Option(
        "--rest-header NAME=ENVVAR",
        "send a header whose value is in an environment variable, and is shown and kept nowhere; "
        "repeatable",
        ini="rest_headers",
    ),
    Option(
        "--rest-max-side N",
        "the pixels a side to which the endpoint shrinks pictures, where nobody publishes it: the "
        "report says at which DPI the model saw them",
        values.count(1),
    ),
    Option(
        "--rest-max-pixels N",
        "the pixels in all to which the endpoint shrinks a picture, likewise",
        values.count(1),
    ),
    Option(
        "--rest-data DIR",
        "a folder with local copies of the data sets, which are otherwise downloaded",
        values.path,
    ),
    Option(
        "--rest-style NAME",
        "draw in this style, such as courier-50dpi-red or dejavu-200dpi-black-on-yellow, or in "
        "those of a file, my.yaml; repeatable, or with commas between (default: REST's, "
        "dejavu-200dpi-black)",
        ini="rest_styles",
    ),
    Option(
        "--rest-plus",
        "draw each item in REST+'s ten styles: three fonts at 50, 100 and 200 DPI, and one in a "
        "colour that is drawn for each item",
    ),
    Option(
        "--rest-table-formats FORMATS",
        "ask each table in these formats: ruled (Markdown as text, a ruled table as a picture), "
        "markdown, html, csv, latex, json (written so as text, and a picture of that source); with "
        "two or more the report says what a format does beside the modality (default: ruled alone)",
        values.some_of("ruled", "markdown", "html", "csv", "latex", "json"),
    ),
    Option(
        "--rest-modes MODES",
        "the forms to compare; also file, which shows a document as a file, ocr-first, which "
        "transcribes and answers in one call, and ocr-then-solve, which answers its own "
        "transcription in a second one",
        default="text,image,mixed",
    ),
    Option(
        "--rest-repeats K",
        "ask each form K times: the noise floor, and what the forms disagree beyond it",
        values.count(1, 100),
        default="1",
    ),
    Option(
        "--rest-ocr RULE",
        "which pictures are transcribed: image (REST's one), each that is shown, or off",
        values.one_of("image", "each", "off"),
        default="image",
    ),
    Option(
        "--rest-prompts FILE",
        "a protocol file with prompts of your own, made from a copy of protocol.yaml",
        values.path,
    ),
    Option(
        "--rest-reasoning-budgets BUDGETS",
        "ask each form under these budgets of thinking, in tokens: 0,100,300,600,1200",
    ),
    Option(
        "--rest-reasoning-control HOW",
        "forced: the thinking is a call of its own, cut at the budget; native: the endpoint is "
        "told, through LiteLLM, a budget or an effort, low,medium,high",
        values.one_of("forced", "native"),
        default="forced",
    ),
    Option(
        "--rest-judge SPEC",
        "the model that rates the open answers of rh-bench, and says whether two answers mean the "
        "same where an item has equivalence: judge; named as --rest-model is",
    ),
    Option(
        "--rest-judge-api-base URL",
        "an OpenAI-compatible server to ask for --rest-judge",
        values.url,
    ),
    Option(
        "--rest-seed N",
        "draws the items, so that two releases get the same ones; 'fresh' draws a new seed and "
        "prints it",
        values.seed,
        default="0",
    ),
)

DRAWN = (
    Option(
        "--rest-suite NAME[:N]",
        "ask N items, drawn by the seed, of soebench, mmlu, arc, gsm-symbolic, gsm8k, mgsm, "
        "mgsm-LANG or rh-bench; of each of REST's four data sets (rest); or of a benchmark file or "
        "folder; repeatable, or with commas between (default without paths: soebench:50)",
        ini="rest_suites",
    ),
    Option(
        "--rest-skip-unaskable",
        "leave out, and count, items that cannot be asked, for a character that a style's font "
        "lacks, a picture that is too large, or nothing to draw; without it they are wrong usage",
    ),
    Option(
        "--rest-shard I/N",
        "ask only the I-th of N parts of the items; `pytest-rest merge` judges all parts together",
    ),
)

GATE = (
    Option("--rest-min-rer RATE", "fail when RER is below this share, such as 0.9"),
    Option("--rest-max-cfr RATE", "fail when CFR is above this share, such as 0.05"),
    Option(
        "--rest-require THRESHOLD",
        "fail when a threshold METRIC[@SUBSET][@PART]>=VALUE is missed: rer, cfr, mmc, "
        "all_correct, ocr_correct_rate, cer, accuracy.text, accuracy.image, accuracy.mixed, "
        "format_floor, modality_excess, rh_auc.raw or rh_auc.normalised, on all items, the "
        "ocr_correct ones, a suite, a style, tag.NAME or "
        "field.NAME; repeatable",
        ini="rest_require",
    ),
    Option(
        "--rest-confidence SHARE",
        "a threshold passes, or fails, only when the data are that sure, such as 0.95",
        values.confidence,
    ),
    Option(
        "--rest-early-stop", "ask nothing more once every threshold is decided at --rest-confidence"
    ),
    Option(
        "--rest-max-lost N",
        "items lost to failed calls that a gate tolerates",
        values.count(),
        default="0",
    ),
    Option(
        "--rest-baseline REPORT",
        "compare with an earlier run's report.json, or what `pytest-rest baseline` made of it, "
        "paired by item; fail when it got worse",
        values.path,
    ),
    Option(
        "--rest-max-rer-drop SHARE", "by how much RER may be below the baseline's", values.share
    ),
    Option(
        "--rest-max-cfr-rise SHARE", "by how much CFR may be above the baseline's", values.share
    ),
    Option(
        "--rest-max-drop METRIC=SHARE",
        "by how much a metric may be below the baseline's: rer, mmc, all_correct, accuracy (of "
        "every form) or accuracy.text, accuracy.image, accuracy.mixed; repeatable",
        ini="rest_max_drop",
    ),
    Option(
        "--rest-baseline-undecided RULE",
        "pass or fail: what becomes of a comparison that cannot tell (default: fail with "
        "--rest-confidence, otherwise pass)",
        values.one_of("pass", "fail"),
    ),
    Option(
        "--rest-allow-models NAMES",
        "models that may answer for each other, by the ids that the endpoint reports, with commas "
        "between; an item that any two other ones answered is lost",
        values.names,
    ),
    Option(
        "--rest-allow-cached",
        "judge answers of a gateway's cache, too; without it a gate that met one is not passed",
    ),
    Option("--rest-strict", "each inconsistent item fails the run, thresholds or not"),
)

CALLS = (
    Option(
        "--rest-plan",
        "how many calls, tokens and dollars the run would take, and how long; asks nothing, needs "
        "no key",
    ),
    Option(
        "--rest-eyechart FILE",
        "take for known what `pytest-rest eyechart` has measured of this endpoint, in the place of "
        "--rest-max-side and --rest-max-pixels; without FILE it is measured before the run, in 100 "
        f"calls at most (in the ini file: {MEASURE})",
        values.path,
        alone=MEASURE,
    ),
    Option(
        "--rest-concurrency N",
        "calls in flight in the whole run, however many workers",
        values.count(1),
        default="32",
    ),
    Option("--rest-timeout SECONDS", "how long one call may take", values.seconds, default="120"),
    Option(
        "--rest-retries N",
        "how often a failure that may pass is tried again: a rate limit, a server error, a "
        "timeout, a broken connection",
        values.count(),
        default="5",
    ),
    Option(
        "--rest-patience SECONDS",
        "how long the endpoint may answer nobody: asking pauses, and is tried again now and then; "
        "and, above 300, how long one call waits for a rate limit that says so",
        values.seconds,
        default="60",
    ),
    Option("--rest-rpm N", "calls in any minute, in the whole run", values.count(1)),
    Option("--rest-tpm N", "tokens in any minute, in the whole run", values.count(1)),
    Option(
        "--rest-max-calls N",
        "ask nothing more once that many calls were sent, in the whole run, tries again included; "
        "the run is incomplete, and a gate not passed",
        values.count(1),
    ),
    Option(
        "--rest-max-tokens N",
        "ask nothing more when the next call might take more tokens, in and out, than are left",
        values.count(1),
    ),
    Option(
        "--rest-max-cost DOLLARS",
        "ask nothing more when the next call might cost more than is left",
        values.dollars,
    ),
)

PRICES = (
    Option(
        "--rest-price IN/OUT[/CACHED]",
        "what the model costs, in US dollars for a million tokens in, out and, of those in, from "
        "the provider's cache: 0.25/2/0.025; where no table knows it, or in the table's place",
        values.price,
    ),
    Option(
        "--rest-judge-price IN/OUT[/CACHED]",
        "what the model of --rest-judge costs, likewise",
        values.price,
    ),
)

BATCHES = (
    Option(
        "--rest-batch WHAT",
        "ask by the provider's batch interface, at a lower price, and wait for the answers; "
        "submit: end once all is handed over, and go on with --rest-resume; file: write files for "
        "`vllm run-batch`; cancel: have a run's batches asked no more, with --rest-resume",
        values.one_of("wait", "submit", "file", "cancel"),
        alone="wait",
    ),
    Option(
        "--rest-batch-poll SECONDS",
        "between two looks at batches that are waited for; the first ones come sooner",
        values.seconds,
        default="60",
    ),
    Option(
        "--rest-batch-rest WHEN",
        "what a batch has no answer for, though it may have one: asked in a batch `later`, in "
        "three at most, or directly, `now`, when its test comes",
        values.one_of("later", "now"),
        default="later",
    ),
)

RUNS = (
    Option(
        "--rest-run-dir DIR", "where the run is kept (default: .rest/runs/TIME-MODEL)", values.path
    ),
    Option(
        "--rest-resume RUN",
        "go on with a run, asking only what is missing; its gate is the run's too, but for what is "
        "given anew (default: this model's latest)",
        alone=LATEST,
    ),
    Option(
        "--rest-replay RUN",
        "judge a run again from its stored answers, asking nothing",
        values.path,
    ),
    Option("--rest-json PATH", "write report.json there too", values.path),
    Option("--rest-html PATH", "write report.html there too, with its pictures in it", values.path),
    Option(
        "--rest-markdown PATH", "write the summary there, as Markdown for a comment", values.path
    ),
    Option(
        "--rest-published WHEN",
        "REST's published rows beside a run of its data sets, of 20 items at least: `on` or `off`",
        values.one_of("on", "off"),
        default="on",
    ),
)

STORED = (
    Option(
        "--rest-answers FILE",
        "judge the stored answers of a file, or of a harness's log, in place of a model; "
        "text=FILE, or image:html=FILE, says which form, and format, all of it is of; repeatable",
        ini="rest_answers",
    ),
    Option(
        "--rest-answers-mapping FILE",
        "a YAML file that says what the columns of --rest-answers are called",
        values.path,
    ),
)

FUZZ = (
    Option(
        "--rest-fuzz N",
        "hunt the smallest visual change that flips an answer, in N examples",
        values.count(1),
    ),
    Option(
        "--rest-fuzz-calls N",
        "calls of all the hunts together (default: ten an example, a hundred a hunt)",
        values.count(),
    ),
    Option(
        "--rest-fuzz-profile PROFILE",
        "hunt: fresh examples, after those that failed before; repeatable: the seed's alone",
        values.one_of("hunt", "repeatable"),
        default="hunt",
    ),
    Option(
        "--rest-fuzz-ocr-correct",
        "count only flips whose pictures were all transcribed fully right",
    ),
    Option(
        "--rest-fuzz-replay RUN[:N]", "ask the flips that a run has found again, or its Nth one"
    ),
    Option(
        "--rest-fuzz-save FILE",
        "write what was found as a benchmark file, NAME.rest.yaml",
        values.path,
    ),
)

GROUPS: Mapping[str, tuple[Option, ...]] = {
    "What is asked": ASKED,
    "Which items": DRAWN,
    "The gate": GATE,
    "How it is asked": (*CALLS, *PRICES, *BATCHES),
    "Runs and reports": RUNS,
    "Stored answers": STORED,
    "Fuzzing": FUZZ,
}
# What is kept with the run: workers get it, and a resumed run has it still. Of the gate so is what
# was given, and no more: an ini file's value counts where the run had none.
KEPT = (*ASKED, *DRAWN, *PRICES, FUZZ[0])
OPTIONS = {option.key: option for group in GROUPS.values() for option in group}


class Chosen:
    """What each option is in this run; by its key its value, and in `raw` what was written."""

    def __init__(self, config: pytest.Config, kept: Mapping[str, Any]) -> None:
        self._config, self._kept = config, kept
        self.raw = {key: option.raw(config, kept) for key, option in OPTIONS.items()}

    def __getitem__(self, key: str) -> Any:
        return OPTIONS[key].value(self.raw[key])

    def is_named(self, *keys: str) -> bool:
        """Whether the command line has any of these."""
        return any(self._config.getoption(key) is not None for key in keys)

    def is_kept(self, key: str) -> bool:
        """Whether it is as the run that is gone on with has it."""
        return key in self._kept and not self.is_named(key)

    def is_given(self, key: str) -> bool:
        """Whether it is said anywhere, be it what it is without that."""
        said = (self.is_named(key), key in self._kept, self._config.getini(key) is not None)
        return any(said)


def check_given(config: pytest.Config) -> None:
    """Raise `OptionError` for what the command line has, and is empty: a variable nobody set."""
    for option in OPTIONS.values():
        if config.getoption(option.key) is not None:
            option.raw(config, {})


def words(given: Mapping[str, Any]) -> Iterator[str]:
    """The command that asks the same again, but for the words that name the items.

    Styles that only the ini file or a benchmark file names are left to it.
    """
    yield "pytest"
    for option in (*ASKED, *STORED):
        value = given.get(option.key, option.unset)
        is_left_out = option.key in STYLES and not given["styles_named"]
        if is_left_out or str(value) == str(option.unset):
            continue
        yield from option.words(value)
