"""Has Python import this package's modules from their installed bytecode, as it does any other's.

pytest rewrites the assertions of whatever a plugin's distribution holds. Where it may not write
what it makes of that, in a container that sets PYTHONDONTWRITEBYTECODE or as a user who may not
write in site-packages, each process compiles every module anew, each of xdist's workers too: that
takes as long as all else until the first test.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_PACKAGE = "pytest_rest."


class PlainImports:
    """Stands before pytest's importer; of other packages it finds nothing."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python's own importer."""
        return PathFinder.find_spec(name, path, target) if name.startswith(_PACKAGE) else None


def begin() -> None:
    """Import so from now on, in this process."""
    if not any(isinstance(each, PlainImports) for each in sys.meta_path):
        sys.meta_path.insert(0, PlainImports())
