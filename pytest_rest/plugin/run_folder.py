"""Turns a run's folder into what it holds: pictures, answers, the word that all is decided."""

import contextlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_rest.dispatch.drawings import Drawings
from pytest_rest.dispatch.store import FileStore
from pytest_rest.dispatch.store_file import LOCK
from pytest_rest.dispatch.store_file import NAME as STORE
from pytest_rest.errors import OptionError
from pytest_rest.reporting import stored_pictures
from pytest_rest.terms import Image, Prompt

_IMAGES = "images"
_DECIDED = "decided"  # the file that says so to all processes of the run


@dataclass(frozen=True)
class Pictures:
    """Where a run's pictures are kept; a replay has those of the run in `earlier`."""

    folder: Path
    earlier: Path | None = None

    def keep(self, prompts: Iterable[Prompt]) -> bool:
        """Write the prompts' pictures; whether those without bytes are there, or could be had."""
        images = {image.digest: image for prompt in prompts for image in prompt.images}
        for image in images.values():
            if image.is_whole:
                with contextlib.suppress(OSError):  # a picture less must not lose a paid answer
                    self._write(self.folder / image.file_name, image.content)
            elif not self._has(image):
                return False
        return True

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file, unless it is there as a whole: a process may end while it writes one."""
        how = os.O_WRONLY | os.O_CREAT
        try:  # os.open takes a third of open()'s time
            file = os.open(place, how | os.O_EXCL, 0o644)
        except FileExistsError:
            if place.stat().st_size == len(content):
                return
            file = os.open(place, how | os.O_TRUNC, 0o644)
        try:
            os.write(file, content)
        finally:
            os.close(file)

    def _has(self, image: Image) -> bool:
        """Whether a whole picture is there, in the run's folder or that of the earlier one."""
        name = image.file_name  # Path takes as long as the system call
        place = f"{self.earlier or self.folder}/{name}"
        try:
            size = os.stat(place).st_size  # noqa: PTH116
            is_whole = image.source is not None and size == image.source.size
            if is_whole and self.earlier is not None:
                self._take_over(place, f"{self.folder}/{name}")
        except OSError:
            return False
        return is_whole

    def _take_over(self, place: str, own: str) -> None:
        """Let a file be in two folders, or copy it where the disk does not have that."""
        try:
            os.link(place, own)
        except FileExistsError:
            return
        except OSError:
            shutil.copyfile(place, own)


class RunFolder:
    """One process's side of the run's folder; `store` is open where this process keeps answers."""

    def __init__(
        self, path: Path, *, is_resumed: bool = False, replayed: Path | None = None
    ) -> None:
        self.path = path
        self.store: FileStore | None = None
        folder, earlier = path.absolute(), replayed and replayed.absolute()
        self.pictures = Pictures(folder / _IMAGES, earlier and earlier / _IMAGES)
        self.drawings: Drawings | None = None
        if earlier or is_resumed:
            self.drawings = Drawings(earlier or folder, is_asked=is_resumed)

    def make(self) -> None:
        """Make it, in the main process; `OptionError` says why that cannot be."""
        path = self.path
        try:
            self.pictures.folder.mkdir(parents=True, exist_ok=True)
            probe = path / ".writable"
            probe.touch()
            probe.unlink()
            if path.parent.name == "runs" and path.parent.parent.name == ".rest":
                (path.parent.parent / ".gitignore").write_text("*\n")
        except OSError as error:
            reason = error.strerror or str(error)
            raise OptionError(
                f"run folder {str(path)!r} cannot be written: {reason}; choose another with "
                "--rest-run-dir"
            ) from None
        (path / _DECIDED).unlink(missing_ok=True)  # of the session that is gone on with

    def make_far(self) -> None:
        """Make it on another machine, where a worker asks by itself."""
        self.pictures.folder.mkdir(parents=True, exist_ok=True)

    def picture(self, digest: str) -> Path:
        """Where the picture of that digest is kept."""
        return stored_pictures.find(self.pictures.folder, digest)

    def decide(self) -> None:
        """Let the tests that are left know that they need not ask; in the main process."""
        (self.path / _DECIDED).touch()

    @property
    def is_decided(self) -> bool:
        """Whether the tests that are left need not ask."""
        return (self.path / _DECIDED).exists()

    @property
    def is_empty(self) -> bool:
        """Whether no answer is stored."""
        return self.store is None or self.store.is_empty

    def close(self) -> None:
        """Close the store, and what reads in it."""
        if self.drawings is not None:
            self.drawings.close()
        if self.store is not None:
            self.store.close()
        self.store = None

    def discard(self) -> None:
        """Leave no trace of a run that met no REST test; what holds something else stays."""
        is_new = self.store is not None and self.store.is_empty
        self.close()
        with contextlib.suppress(OSError):  # what is not empty was there before
            self.pictures.folder.rmdir()
            if is_new:
                (self.path / STORE).unlink(missing_ok=True)
                (self.path / LOCK).unlink(missing_ok=True)
            self.path.rmdir()
