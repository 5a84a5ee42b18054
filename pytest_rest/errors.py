"""The errors a user can cause, each saying what was wrong, where, and the mend.

    RestError
    ├── OptionError      an option, a threshold or a marker that cannot be understood
    ├── ModelError       a model that is unknown, lacks a key, or cannot see images
    ├── BenchmarkError   a suite or an item that cannot be asked
    ├── RenderingError   a style, font or text that cannot be drawn
    ├── DispatcherError  the process that asks the model is gone
    ├── StoreError       a run's stored answers that cannot be read, or are another run's
    ├── BaselineError    a stored run that cannot be read, or cannot be compared with this one
    ├── ShardError       parts of a run that cannot be merged
    └── MetricError      a metric of one's own that fails, or gives no share

They carry text only. A model call that fails is not an error but a `Completion` with `error` set.
"""

from collections.abc import Iterable


class RestError(Exception):
    """Something the user can mend; the text is one line and needs no traceback."""


class OptionError(RestError):
    """An option, a threshold or a marker that cannot be understood."""


class ModelError(RestError):
    """A model that is unknown, lacks a key, or cannot see images."""


class BenchmarkError(RestError):
    """A suite or an item that cannot be asked."""


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
    """A metric of one's own that fails, or gives what is no share."""


def nearest(name: str, known: Iterable[str], n: int = 3) -> str:
    """Say which known names are near: `"; did you mean 'a' or 'b'?"`, or nothing."""
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=n, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
