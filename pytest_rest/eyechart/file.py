"""Turns what was measured of endpoints into JSON, and that into what a run takes as known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_rest import safe_files
from pytest_rest.errors import OptionError
from pytest_rest.eyechart import Eyes, charts
from pytest_rest.safe_text import shown
from pytest_rest.statistics.legibility import CONFIDENCE

SCHEMA = "pytest-rest/eyechart/1"
_MOST = 999_999_999  # pixels


@dataclass(frozen=True)
class Measured:
    """An endpoint as the user named it, its address without secrets, and its eyes."""

    model: str
    resolved_name: str
    api_base: str | None
    fonts: tuple[str, ...]
    eyes: Eyes

    @property
    def name(self) -> str:
        """What it is called beside another one."""
        return f"{self.model} at {self.api_base}" if self.api_base else self.model


@dataclass(frozen=True)
class Limit:
    """What a run takes as known: the most pixels a side, and in all; 0 where there is no limit.

    Where none was found, `whole` are the longest side and the most pixels of the pages that were
    read, above which nothing was measured.
    """

    side: int = 0
    pixels: int = 0
    whole: tuple[int, int] | None = None


def limit(eyes: Eyes) -> Limit | None:
    """The limit as a run takes it; None where none was found for sure that a run can take."""
    conclusion = eyes.conclusion
    if conclusion is None or conclusion.rule in (None, "short side") or conclusion.is_below:
        return None
    side, pixels = conclusion.side, conclusion.pixels
    if conclusion.rule == "none":
        return Limit(whole=eyes.largest)
    return Limit(round(side.value) if side else 0, round(pixels.value) if pixels else 0)


def to_builtins(measured: Sequence[Measured], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """All that was measured."""
    return {
        "schema": SCHEMA,
        "provenance": dict(provenance),
        "confidence": CONFIDENCE,
        "chart": {"letters": charts.LETTERS, "length": charts.LENGTH, "asked": charts.ASKED},
        "endpoints": [_endpoint(each) for each in measured],
    }


def read(path: Path, model: str, api_base: str | None = None) -> Limit:
    """The limit that was measured of a model, as it is named, at an address without secrets.

    `OptionError` where the file cannot be read, is of others, or names no limit.
    """
    try:
        content = json.loads(safe_files.read(path))
        if content["schema"] != SCHEMA:
            raise ValueError("it is not written by pytest-rest eyechart")
        endpoints = {_named(endpoint): endpoint for endpoint in content["endpoints"]}
        if not endpoints:
            raise ValueError("it has no endpoints")
        asked = model, _place(api_base)
        if asked not in endpoints:
            names = " and ".join(_name(*named) for named in endpoints)
            raise OptionError(
                f"{str(path)!r} has the eyes of {shown(names)}, and {_name(*asked)} is "
                "asked; measure that with pytest-rest eyechart"
            )
        if endpoints[asked]["limit"] is None:
            raise OptionError(
                f"{str(path)!r} names no limit of {_name(*asked)} that is sure; give "
                "--rest-max-side or --rest-max-pixels instead"
            )
        return _limit(endpoints[asked])
    except (OSError, RecursionError, UnicodeDecodeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__} {error}"
    raise OptionError(f"{str(path)!r} cannot be read as eyes that were measured: {reason}")


def _named(endpoint: Mapping[str, Any]) -> tuple[str, str | None]:
    model, base = endpoint["model"], endpoint["api_base"]
    if not (isinstance(model, str) and isinstance(base, str | None)):
        raise ValueError("model and api_base of an endpoint are texts, or api_base is null")
    return model, _place(base)


def _place(api_base: str | None) -> str | None:
    return api_base and api_base.rstrip("/")


def _limit(endpoint: Mapping[str, Any]) -> Limit:
    limit = endpoint["limit"]
    side, pixels, whole = limit["side"], limit["pixels"], limit.get("whole")
    sizes = [side, pixels, *(whole or ())]
    if not all(type(size) is int and 0 <= size <= _MOST for size in sizes):
        raise ValueError(f"side, pixels and whole of a limit are whole numbers up to {_MOST:,}")
    is_whole = isinstance(whole, list) and len(whole) == 2 and min(whole) > 0
    if bool(side or pixels) == is_whole or (whole is not None and not is_whole):
        raise ValueError("a limit has a side or pixels, or the side and pixels that are whole")
    if endpoint["sees"] is not True:
        raise ValueError("it names a limit where pictures are not seen")
    return Limit(side, pixels, (whole[0], whole[1]) if is_whole else None)


def _name(model: str, api_base: str | None) -> str:
    return f"{model!r} at {api_base}" if api_base else repr(model)


def _endpoint(measured: Measured) -> dict[str, Any]:
    eyes = measured.eyes
    known = limit(eyes)
    return {
        "model": measured.model,
        "resolved_name": measured.resolved_name,
        "api_base": measured.api_base,
        "answered_by": list(eyes.answered_by),
        "calls": eyes.calls,
        "sees": eyes.sees,
        "tokens": dict(zip(("without_picture", "most"), eyes.tokens, strict=True)),
        "limit": known and asdict(known),
        "fonts": list(measured.fonts),
        "conclusion": eyes.conclusion and asdict(eyes.conclusion),
        "pages": [asdict(cell) for cell in eyes.cells],
        "refused": [
            {"width": width, "height": height, "error": error}
            for (width, height), error in eyes.refused.items()
        ],
    }
