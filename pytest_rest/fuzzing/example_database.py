"""Keeps Hypothesis's examples of flips in the user's own database, for each model apart."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase


class ModelExamples(ExampleDatabase):
    """A model's part of a database, as one hunt sees it: other models' examples say nothing of it.

    What a round has found is kept, and not tried again: Hypothesis tries what is stored first, and
    deletes what no longer fails, which in a later round would be every flip of earlier ones.
    """

    def __init__(self, database: ExampleDatabase, model: str) -> None:
        super().__init__()
        self._database, self._prefix = database, sha256(model.encode()).hexdigest()[:16].encode()
        self._saved: set[tuple[bytes, bytes]] = set()  # in this round
        self._found: set[tuple[bytes, bytes]] = set()  # in earlier rounds

    def end_round(self) -> None:
        """Note that what this round has saved, and not deleted since, is found."""
        self._found |= self._saved
        self._saved = set()

    def save(self, key: bytes, value: bytes) -> None:
        """Store an example that flips."""
        self._saved.add((key, value))
        self._database.save(self._prefix + key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """What is stored and was not found before."""
        stored = self._database.fetch(self._prefix + key)
        return [value for value in stored if (key, value) not in self._found]

    def delete(self, key: bytes, value: bytes) -> None:
        """Delete what does not flip."""
        self._saved.discard((key, value))
        if (key, value) not in self._found:
            self._database.delete(self._prefix + key, value)


def model_examples(root: Path, model: str) -> ModelExamples:
    """A model's examples in the database of the user's Hypothesis profile.

    Where the profile has none, as under CI, the folder `.rest/examples` is the database.
    """
    own = settings().database or DirectoryBasedExampleDatabase(root / ".rest" / "examples")
    return ModelExamples(own, model)
