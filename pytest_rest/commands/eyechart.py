"""Measure what of a picture reaches a model: eye charts of random strings, which it transcribes.

What is found is the smallest legible print of each font, and a hidden limit of pixels to which
larger pictures are shrunk. It goes to FILE, a page and a chart that was shown to files beside it;
after an interrupt the same command goes on. --rest-eyechart takes FILE in a run. The exit status is
1 where pictures are not seen, or where two endpoints surely differ.
"""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_rest import credentials, eyechart, rendering
from pytest_rest.commands import GOOD, MISSED, whole_number, writing
from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.interruptible import run_interruptibly
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.store import FileStore
from pytest_rest.dispatch.store_file import NAME as STORE
from pytest_rest.errors import ModelError, OptionError, RestError
from pytest_rest.eyechart.file import Measured
from pytest_rest.models import load_model
from pytest_rest.models.request_options import RequestOptions
from pytest_rest.reporting import eyechart_files
from pytest_rest.reporting.terminal import eyechart as words
from pytest_rest.safe_text import address, shown
from pytest_rest.terms import Completion, Model, Prompt

_ADDED = (
    ("parameter", "NAME=VALUE", "ask with this parameter, or without it, temperature=none"),
    ("body", "KEY=JSON", "add a key of the server's own to each request"),
    ("header", "NAME=ENVVAR", "send a header whose value is in an environment variable"),
)


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("model", metavar="MODEL", help="as --rest-model names it")
    parser.add_argument("--api-base", metavar="URL", help="an OpenAI-compatible server to ask")
    for name, form, what in _ADDED:
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar=form, help=f"{what}; repeatable"
        )
    parser.add_argument(
        "--against", metavar="MODEL", help="measure this one too, and exit 1 if they surely differ"
    )
    parser.add_argument("--against-api-base", metavar="URL", help="the server to ask for that one")
    parser.add_argument(
        "--font",
        action="append",
        metavar="NAME",
        help=f"a bundled font, or a font's file; repeatable (default: {', '.join(_FONTS)})",
    )
    parser.add_argument(
        "--calls",
        type=partial(whole_number, least=eyechart.LEAST_CALLS),
        default=eyechart.MOST_CALLS,
        metavar="N",
        help="calls to an endpoint at most (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=partial(whole_number, least=1),
        default=120,
        metavar="SECONDS",
        help="how long one call may take (default: %(default)s)",
    )
    whole = partial(whole_number, least=0)
    parser.add_argument("--seed", type=whole, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("eyechart.json"),
        metavar="FILE",
        help="where to write JSON (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: Namespace) -> int:
    """Measure one endpoint, or two, and write what was found."""
    output: Path = arguments.output
    if output.suffix != ".json":  # the page, the picture and the answers are named after it
        raise OptionError(f"-o {str(output)!r}: give a FILE that ends in .json")
    if arguments.against_api_base and not arguments.against:
        raise OptionError("--against-api-base needs --against MODEL: name the second model")
    fonts = tuple(dict.fromkeys(arguments.font or _FONTS))
    for font in fonts:
        rendering.load_font(font)
    credentials.learn(os.environ)
    named = [(arguments.model, arguments.api_base, "answers")]
    if arguments.against:
        named.append((arguments.against, arguments.against_api_base, "answers-against"))
    models = [_load(*each[:2], arguments) for each in named]
    measured = [
        _measure(model, *each, fonts, arguments) for model, each in zip(models, named, strict=True)
    ]
    with writing(output):
        content = eyechart_files.write(measured, arguments.seed, output)
    differences = [*words.differences(*measured)] if len(measured) > 1 else []
    for line in [content] if arguments.json else _lines(measured, differences, output):
        print(line)
    is_good = all(each.eyes.sees for each in measured) and not any(sure for _, sure in differences)
    return GOOD if is_good else MISSED


_FONTS = rendering.fonts()


def _load(spec: str, api_base: str | None, arguments: Namespace) -> Model:
    texts = {"rest_parameters": "parameter", "rest_body": "body", "rest_headers": "header"}
    values = {key: getattr(arguments, name) for key, name in texts.items()}
    others = ("rest_reasoning_budgets", "rest_max_cost", "rest_max_tokens", "rest_tpm")
    try:
        added = RequestOptions.read({**dict.fromkeys(others), **values}).overrides(os.environ)
        if api_base != arguments.api_base:  # a secret is for the first one's server alone
            added = replace(added, headers={})
        return load_model(
            spec,
            seed=arguments.seed,
            api_base=api_base,
            timeout=arguments.timeout,
            overrides=added,
        )
    except RestError as error:  # its mends are options of a run
        raise type(error)(str(error).replace("--rest-", "--")) from None


def _measure(
    model: Model,
    spec: str,
    api_base: str | None,
    place: str,
    fonts: Sequence[str],
    arguments: Namespace,
) -> Measured:
    """Ask an endpoint, keeping each answer beside FILE."""
    about = {
        "model": model.name,
        "parameters": dict(model.parameters),
        "API base": api_base and address(api_base),
        "seed": arguments.seed,
        "fonts": list(fonts),
    }
    store = _store(arguments.output.with_suffix(f".{place}"), about)
    dispatcher = Dispatcher(model, Limits(), store)
    progress = words.Progress(model.name, arguments.calls)

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        return run_interruptibly(lambda: dispatcher.ask(prompts))

    try:
        eyes = eyechart.measure(ask, fonts, arguments.seed, arguments.calls, progress)
    except ModelError as error:
        mend = "" if store.is_empty else "; what was answered is kept, the same command goes on"
        raise ModelError(f"{error}{mend}") from None
    except KeyboardInterrupt:
        done = f"interrupted after {progress.done} calls"
        raise RestError(f"{done}; the same command goes on") from None
    finally:
        dispatcher.close()
        store.close()
        progress.end()
    return Measured(spec, model.name, api_base and address(api_base), tuple(fonts), eyes)


def _store(folder: Path, about: dict[str, Any]) -> FileStore:
    """The answers there are of the same measurement, or a new store."""
    if (folder / STORE).exists():
        return FileStore.resume(folder, about)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return FileStore.create(folder, about)


def _lines(
    measured: Sequence[Measured], differences: Sequence[tuple[str, bool]], output: Path
) -> Iterator[str]:
    for each in measured:
        yield from words.lines(each)
        yield ""
    for line, is_sure in differences:
        yield from words.wrapped(f"{'DIFFERS' if is_sure else 'no sure difference'}: {line}")
    for suffix in eyechart_files.SUFFIXES:
        yield shown(str(output.with_suffix(suffix)), 500)
