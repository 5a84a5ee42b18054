"""Keeps what a run has drawn beside its answers: pictures by what they were made of, without bytes.

So a run that is gone on with, or replayed, finds a prompt's digest, and with it the answer, without
drawing. The digest of a `Source` is of all that pixels depend on, the versions of what draws
included: what would be drawn differently now is not found, and is drawn.
"""

import contextlib
import functools
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pytest_rest.dispatch import store_file
from pytest_rest.errors import StoreError
from pytest_rest.models.completions import from_builtins
from pytest_rest.terms import PNG_HEADER, Image, Prompt, Source

_HELD = 20_000  # pages, of some 400 bytes, that are held in memory


def rows(images: Iterable[Image]) -> Iterator[tuple[str, int, str]]:
    """What the store has of pictures that were drawn."""
    for image in images:
        if (source := image.source) is not None:  # with its bytes, or without them
            head = image.content[:PNG_HEADER].hex()
            kept = (source.pages, source.size, image.digest, image.text, image.media_type)
            yield source.digest, source.number, json.dumps([*kept, image.sides, head])


class Drawings:
    """What an earlier run has drawn and was answered, read from its store; it may lack all of it.

    Picklable, and may be used from several threads. Where `is_asked` is not set, whatever is not
    answered is not asked either.
    """

    def __init__(self, folder: Path, *, is_asked: bool) -> None:
        self._folder, self._is_asked = folder, is_asked
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_missing = False

    def __reduce__(self) -> tuple[object, ...]:
        return _drawings, (self._folder, self._is_asked)

    def known(self, source: str) -> tuple[Image, ...] | None:
        """All pages that were drawn from that, without their bytes; None where one is missing."""
        pages: list[Image] = []
        many = 0
        with contextlib.suppress(TypeError, ValueError, LookupError):  # no page that can be read
            for number, text in enumerate(self._texts(source)):
                many, size, digest, shown, media_type, sides, head = json.loads(text)
                place = Source(source, number, int(many), int(size))
                sides = sides and (int(sides[0]), int(sides[1]))
                content = bytes.fromhex(head)
                pages.append(Image(content, str(digest), str(shown), str(media_type), sides, place))
        return tuple(pages) if pages and len(pages) == many else None

    def has_answered(self, prompts: Iterable[Prompt]) -> bool:
        """Whether none of the prompts without their pictures will be sent to a model."""
        return not self._is_asked or all(
            self._is_answered(prompt.digest)
            for prompt in prompts
            if not all(image.is_whole for image in prompt.images)
        )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._is_missing = True
            if self._connection is not None:
                self._connection.close()

    def _texts(self, source: str) -> Sequence[str]:
        """The pages as they are stored."""
        held, end = self._held
        if end is None or source < end:
            return held.get(source, ())
        query = "SELECT picture FROM drawings WHERE source = ? ORDER BY number"
        return [text for (text,) in self._rows(query, source)]

    @functools.cached_property
    def _held(self) -> tuple[Mapping[str, Sequence[str]], str | None]:
        """The first sources with their pages, and the source where they end; None: that is all.

        To look one up by itself takes ten times as long, for the file is locked each time.
        """
        query = "SELECT source, picture FROM drawings ORDER BY source, number LIMIT ?"
        rows = self._rows(query, _HELD)
        held: dict[str, list[str]] = {}
        for source, text in rows:
            held.setdefault(source, []).append(text)
        return held, rows[-1][0] if len(rows) == _HELD else None

    def _is_answered(self, digest: str) -> bool:
        query = "SELECT completion FROM completions WHERE digest = ?"
        with contextlib.suppress(TypeError, ValueError, RecursionError):
            for (text,) in self._rows(query, digest):
                return from_builtins(json.loads(text)) is not None
        return False

    def _rows(self, query: str, value: str | int) -> Sequence[tuple[str, ...]]:
        """None where the store has no drawings, or cannot be read: then all is drawn again."""
        with self._lock:
            if self._is_missing:
                return ()
            try:
                if self._connection is None:
                    path = self._folder / store_file.NAME
                    self._connection = store_file.connect_to_read(path)
                return self._connection.execute(query, (value,)).fetchall()
            except (OSError, StoreError, sqlite3.Error):
                self._is_missing = True
                return ()


def _drawings(folder: Path, is_asked: bool) -> Drawings:
    return Drawings(folder, is_asked=is_asked)
