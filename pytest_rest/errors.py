"""The errors a user can cause, each saying what is wrong, where, and how to fix it.

All are a `RestError`, and carry text only. A model call that fails is not an error but a
`Completion` with `error` set.
"""

from collections.abc import Iterable, Sequence

from pytest_rest.credentials import masked


class RestError(Exception):
    """Something the user can fix; the text is one line, has no secret and needs no traceback."""

    def __str__(self) -> str:
        return masked(super().__str__())


class OptionError(RestError):
    """An option, a threshold or a marker that cannot be understood."""


class ModelError(RestError):
    """A model that is unknown, lacks a key, or cannot see images."""


class BenchmarkError(RestError):
    """A suite or an item that cannot be asked."""


class AnswersError(RestError):
    """Stored answers that are not one whole set: a line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(" ".join(fault.split()) for fault in faults))


class RenderingError(RestError):
    """A style, a font or a text that cannot be drawn."""


class DispatcherError(RestError):
    """The process that asks the model for the whole run is gone."""


class StoreError(RestError):
    """A run's stored answers that cannot be read or written, or are those of another run."""


class BaselineError(RestError):
    """A stored run that cannot be read, or that cannot be compared with this one."""


class ShardError(RestError):
    """Parts of a run that cannot be merged: one is missing, or of another run."""


class MetricError(RestError):
    """A metric of another package that fails, or gives something else than a share."""


def one_line(error: BaseException) -> str:
    """Another package's error on one line: its class and its text, without secrets."""
    return " ".join(masked(f"{type(error).__name__}: {error}").split())


def nearest(name: str, known: Iterable[str], n: int = 3) -> str:
    """The known names like this one: `"; did you mean 'a' or 'b'?"`, or nothing."""
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=n, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
