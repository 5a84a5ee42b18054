"""Measure how alike an open-weight model's hidden states are for a picture and its text.

Each item is shown as a picture and as text. Cosines of both, and how many find each other, go to
FILE, and as a plot to an SVG file beside it; after an interrupt the same command goes on. With
--correlate, over several models: how closely these measures follow RER.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pytest_rest import __version__, benchmark, representations
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.commands import GOOD, whole_number, writing
from pytest_rest.errors import OptionError, RestError
from pytest_rest.reporting import runs
from pytest_rest.reporting.page import layers
from pytest_rest.reporting.terminal import layers as layer_lines
from pytest_rest.representations import Encoder
from pytest_rest.representations import encoder as hidden_states
from pytest_rest.representations.alignment import align
from pytest_rest.representations.vectors import Vectors
from pytest_rest.safe_text import shown
from pytest_rest.terms import Item, Style, fingerprint

_CORRELATION = "pytest-rest/representations-correlation/1"


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="a model's name on the hub, or NAME@REVISION, or its folder",
    )
    parser.add_argument(
        "--suite",
        default="soebench:100",
        metavar="NAME[:N]",
        help="the items (default: %(default)s)",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="local copies of the data sets")
    whole, positive = partial(whole_number, least=0), partial(whole_number, least=1)
    parser.add_argument("--seed", type=whole, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "-s",
        "--style",
        default=Style().id,
        metavar="NAME",
        help="the style to draw in (default: %(default)s, REST's)",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--dtype",
        choices=("auto", "bf16", "fp32"),
        default="auto",
        help="default: bf16 on CUDA, fp32 on the CPU",
    )
    parser.add_argument(
        "--batch", type=positive, default=4, metavar="N", help="items at once (default: 4)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write JSON")
    parser.add_argument(
        "--correlate",
        nargs="+",
        type=Path,
        metavar=("FILE", "REPORT"),
        help="for each model such a FILE, and the REPORT or the folder of its run",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: Namespace) -> int:
    """Measure a model, or correlate what was measured of several."""
    if (arguments.model is None) == (arguments.correlate is None):
        raise OptionError("give a MODEL to measure, or --correlate FILE REPORT ...; one of them")
    return _correlate(arguments) if arguments.correlate else _measure(arguments)


def _measure(arguments: Namespace) -> int:
    if arguments.output is None:
        raise OptionError("-o FILE is missing: where to write what is measured")
    if arguments.output.suffix != ".json":  # the plot and the vectors are named after it
        raise OptionError(f"-o {str(arguments.output)!r}: give a FILE that ends in .json")
    items = benchmark.load(arguments.suite, arguments.seed, arguments.data)
    representations.check(items)
    (style, *others) = named_styles([arguments.style])
    if others:
        raise OptionError(f"--style {arguments.style!r} has several styles; name one")
    encoder = hidden_states.load(arguments.model, arguments.device, arguments.dtype)
    settings = _settings(arguments, encoder, items, style)
    vectors = Vectors(arguments.output.with_suffix(".vectors"), settings)
    told = _Told(len(items))
    try:
        representations.pool(encoder, items, style, vectors, arguments.batch, told)
    except KeyboardInterrupt:
        raise RestError(
            f"interrupted with {told.done} of {len(items)} items; the same command goes on"
        ) from None
    alignment = align(vectors.layers(len(items)), seed=arguments.seed)
    provenance = {
        **settings,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": encoder.device,
        "packages": hidden_states.packages(),
    }
    content = representations.to_builtins(alignment, provenance)
    text = json.dumps(content, indent=1, allow_nan=False)
    title = f"{shown(encoder.name)}: {arguments.suite}, {style.id}, n = {alignment.n}"
    _write(arguments.output, text + "\n")
    _write(arguments.output.with_suffix(".svg"), layers.plot(alignment, title))
    lines = [title, *layer_lines.table(alignment), arguments.output]
    for line in [text] if arguments.json else lines:
        print(line)
    return GOOD


def _settings(
    arguments: Namespace, encoder: Encoder, items: list[Item], style: Style
) -> dict[str, Any]:
    """What vectors depend on: none of it may change during a measurement."""
    return {
        "model": encoder.name,
        "revision": encoder.revision,
        "dtype": encoder.dtype,
        "suite": arguments.suite,
        "seed": arguments.seed,
        "items": fingerprint(f"{item.id} {item.digest}" for item in items),
        "style": style.id,
        "style_digest": style.digest,
    }


def _correlate(arguments: Namespace) -> int:
    paths = arguments.correlate
    if len(paths) % 2:
        raise OptionError(f"--correlate has {len(paths)} paths; give a FILE and a REPORT each")
    pairs = [
        (representations.read(file), representations.judged(runs.report(report), str(report)))
        for file, report in zip(paths[::2], paths[1::2], strict=True)
    ]
    names = [file.model for file, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(f"--correlate has the model {twice[0]!r} twice; name each model once")
    with_rer = representations.correlate(pairs)
    content = {
        "schema": _CORRELATION,
        "models": [{**asdict(file), "run": asdict(run)} for file, run in pairs],
        "with_rer": {name: fit and asdict(fit) for name, fit in with_rer.items()},
    }
    text = json.dumps(content, indent=1, allow_nan=False)
    if arguments.output:
        _write(arguments.output, text + "\n")
    for line in [text] if arguments.json else layer_lines.correlations(pairs, with_rer):
        print(line)
    return GOOD


class _Told:
    """Tells whoever watches a terminal how far it is."""

    def __init__(self, items: int) -> None:
        self._items, self.done = items, 0

    def __call__(self, done: int) -> None:
        self.done = done
        if sys.stderr.isatty():
            end = "\n" if done == self._items else ""
            print(f"\r{done} of {self._items} items", end=end, file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
