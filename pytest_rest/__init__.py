"""pytest-rest: does a multimodal model give the same answer to the same content in every form?

This package is imported by every pytest run of its environment, so nothing is loaded here:
the public names below are resolved when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_rest.benchmark import load
    from pytest_rest.errors import RestError
    from pytest_rest.models import load_model
    from pytest_rest.plugin.runtest import Rest
    from pytest_rest.terms import (
        Answer,
        Choice,
        Completion,
        Form,
        Image,
        Item,
        Model,
        Prompt,
        Rate,
        Record,
        Style,
        Transcription,
        Verdict,
    )

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Choice",
    "Completion",
    "Form",
    "Image",
    "Item",
    "Model",
    "Prompt",
    "Rate",
    "Record",
    "Rest",
    "RestError",
    "Style",
    "Transcription",
    "Verdict",
    "load",
    "load_model",
]

_HOMES = {
    "Rest": "plugin.runtest",
    "RestError": "errors",
    "load": "benchmark",
    "load_model": "models",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'terms')}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
