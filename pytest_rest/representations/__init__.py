"""Turns a model and items into a file that says how alike pictures and texts are, by layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from pytest_rest import prompts
from pytest_rest.errors import BaselineError, BenchmarkError
from pytest_rest.gate import strict_json
from pytest_rest.prompts import Protocol as Prompts
from pytest_rest.representations.alignment import (
    DRAWS,
    MEASURES,
    MOST_ITEMS,
    PEAKS,
    Alignment,
    Correlation,
    correlation,
)
from pytest_rest.representations.vectors import Pooled, Vectors
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.terms import Form, Image, Item, Style

SCHEMA = "pytest-rest/representations/1"


class Encoder(Protocol):
    """A loaded model that gives the vectors."""

    name: str
    revision: str
    device: str
    dtype: str

    def pool(self, shown: Sequence[Image], texts: Sequence[str]) -> Sequence[Pooled]:
        """The vectors of each picture and its text: (2, layers, width)."""


@dataclass(frozen=True)
class Measured:
    """What is read from a model's file: its name, and the maxima over layers of `PEAKS`."""

    model: str
    peaks: Mapping[str, float]


@dataclass(frozen=True)
class JudgedRun:
    """What is read from a model's run: its name and the headline's RER."""

    model: str
    rer: float


def check(items: Sequence[Item]) -> None:
    """Raise `BenchmarkError` for too few or too many items, or an item with its own picture."""
    if not 2 <= len(items) <= MOST_ITEMS:
        raise BenchmarkError(
            f"hidden states are compared over 2 to {MOST_ITEMS:,} items, not {len(items):,}; "
            "name a suite with so many, NAME:N"
        )
    for item in items:
        if item.image or item.document:
            raise BenchmarkError(
                f"item {item.id!r} has a picture or a document of its own; "
                "name a suite whose items are text"
            )


def pool(
    encoder: Encoder,
    items: Sequence[Item],
    style: Style,
    vectors: Vectors,
    batch: int,
    tell: Callable[[int], None],
) -> None:
    """Store the vectors of every item that `vectors` lacks, and `tell` how many items it has.

    The longest texts come first, so that a batch that is too large for the memory fails at once.
    """
    lacking = [n for n in range(len(items)) if n not in vectors]
    lacking.sort(key=lambda n: -len(items[n].question + items[n].context))
    protocol = prompts.load_protocol()
    for start in range(0, len(lacking), batch):
        tell(len(items) - len(lacking) + start)
        chosen = lacking[start : start + batch]
        shown = [_picture(items[n], style, protocol) for n in chosen]
        pooled = encoder.pool(shown, [image.text for image in shown])
        for n, each in zip(chosen, pooled, strict=True):
            vectors.write(n, each)
    tell(len(items))


def to_builtins(alignment: Alignment, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the file, schema `pytest-rest/representations/1`.

    `layers` has an entry for each layer, layer 0 first; a measure has value, low, high and n.
    """
    return {
        "schema": SCHEMA,
        "provenance": dict(provenance),
        "items": alignment.n,
        "chance": alignment.chance,
        "interval": {"confidence": CONFIDENCE, "draws": DRAWS},
        "maximum": {name: asdict(peak) for name, peak in alignment.peaks.items()},
        "layers": [{name: asdict(layer[name]) for name in MEASURES} for layer in alignment.layers],
    }


def read(path: Path) -> Measured:
    """Read a file of `to_builtins`; `BaselineError` names any other file."""
    try:
        content = strict_json.read(path)
        if content["schema"] != SCHEMA:
            raise ValueError("of another schema")
        peaks = {name: float(content["maximum"][name]["value"]) for name in PEAKS}
        return Measured(str(content["provenance"]["model"]), peaks)
    except (BaselineError, KeyError, TypeError, ValueError) as error:
        raise BaselineError(
            f"{str(path)!r} is not a file of schema {SCHEMA!r} ({error}); write one with "
            "`pytest-rest representations MODEL -o FILE`"
        ) from None


def judged(report: Mapping[str, Any], name: str) -> JudgedRun:
    """The RER of a report's content; `BaselineError` if it has none, as a shard's."""
    try:
        rer = float(report["metrics"]["mean"]["all"]["rer"]["value"])
        return JudgedRun(str(report["provenance"]["model"]), rer)
    except (KeyError, TypeError, ValueError):
        raise BaselineError(f"{name!r} has no RER; name the report of a whole run") from None


def correlate(pairs: Sequence[tuple[Measured, JudgedRun]]) -> dict[str, Correlation | None]:
    """The correlation of each of `PEAKS` with RER, over models; None if undefined."""
    rers = [run.rer for _, run in pairs]
    return {name: correlation([file.peaks[name] for file, _ in pairs], rers) for name in PEAKS}


def _picture(item: Item, style: Style, protocol: Prompts) -> Image:
    """The picture that the image form shows; its text is the whole item's."""
    parts = prompts.build(item, Form("image", style), "transcribe", protocol).parts
    return next(part for part in parts if isinstance(part, Image))
