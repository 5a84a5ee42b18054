"""Finds the files of a data set: in a local copy, or downloaded once and kept.

What is downloaded is pinned by its commit, and kept where `huggingface_hub` keeps everything
(`HF_HOME`), so a file that any tool has fetched before is not fetched again. Files are only read as
data: no loading script, no pickle.
"""

import importlib
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pytest_rest.errors import BenchmarkError

Location = Path | Sequence[Path] | None  # a local copy, the files themselves, or the hub

MAX_BYTES = 512 * 2**20
SUFFIXES = (".jsonl", ".json", ".parquet", ".arrow", ".csv", ".tsv")  # the first is preferred
TEST = (
    r"/test(?:-[^/]*|/data-\d{5}-of-\d{5})?$"  # the end of a layout: a file, shards, a saved split
)

_UNPACKERS = {"": "io", ".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}
_MAX_FILES = 20_000
_MAX_DEPTH = 6
_LONGEST_REASON = 200
_PRIVATE = re.compile(r"(?<=//)[^/@\s]{1,500}@|\?[^\s'\"]{1,2000}")  # user and query of an address


@dataclass(frozen=True)
class DataSource:
    """Where a data set's test rows are: on the hub, and in a user's folder.

    `files` are paths in `repo` at `revision`, a full commit; without any there is nothing to
    download. `folder` is a pattern for the name of a local copy's folder. `layouts` are patterns
    for paths in that folder, in lower case, from a slash on, and without the suffixes for format
    and compression; the first that matches counts.
    """

    name: str
    repo: str
    revision: str
    files: tuple[str, ...]
    folder: str
    layouts: tuple[str, ...]
    address: str = ""  # where to get a copy, if not on the hub

    @property
    def copy(self) -> str:
        """What to give for a copy."""
        place = self.address or f"https://huggingface.co/datasets/{self.repo}"
        return f"give a copy of {place}, or one of its files"


def files(source: DataSource, folder: Location, may_download: bool = True) -> list[Path]:
    """The files with the test rows, in order: in a local copy, or from the hub where it is None.

    A local copy is a file, the data set's folder, or a folder that has it; also a snapshot, a cache
    or a `save_to_disk` of Hugging Face's. Several paths are the files themselves. Raises
    `BenchmarkError` if no file is there.
    """
    if folder is None and not source.files:
        raise BenchmarkError(f"{source.name} is not downloaded; {source.copy}: --rest-data DIR")
    if folder is None:
        return [_downloaded(source, name, may_download) for name in source.files]
    if not isinstance(folder, Path):
        return [*folder]
    try:
        paths = _local(source, folder.expanduser())
    except OSError as error:
        raise refused(folder, f"cannot be read: {error.strerror}") from None
    if not paths:
        raise refused(folder, f"has no test rows of {source.name}; {source.copy}")
    return paths


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file's bytes, unpacked as they are read; `BenchmarkError` if too large or damaged.

    The reader must bound what it unpacks to.
    """
    damage: tuple[type[Exception], ...] = (OSError, EOFError, ImportError, zlib.error)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refused(path, "is not a file")
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size:,} bytes; more than {MAX_BYTES:,} are not read"
            raise refused(path, f"has {size}")
        unpacker: Any = importlib.import_module(_UNPACKERS[packing(path)])  # may be missing
        damage += (getattr(unpacker, "LZMAError", OSError),)
        with unpacker.open(path, "rb") as file:
            yield file
    except damage as error:
        raise refused(path, f"cannot be read: {str(error)[:200]!r}") from None


def records(path: Path, file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, or of an Arrow stream as `save_to_disk` and caches have it."""
    try:
        import pyarrow  # imported when first used: it is large
        from pyarrow import ipc, parquet
    except ImportError:
        needs = "needs another package: pip install 'pytest-rest[datasets]'; or give it as JSONL"
        raise refused(path, needs) from None
    size = 0
    try:
        is_arrow = format_of(path) == ".arrow"
        if is_arrow:
            batches = ipc.open_stream(file)
        else:  # without threads: one that wants the lock of a Python that ends aborts the process
            whole = parquet.ParquetFile(file, pre_buffer=False)  # buffering ahead has a thread, too
            batches = whole.iter_batches(use_threads=False)
        for batch in batches:
            size += batch.nbytes
            if size > MAX_BYTES:
                raise refused(path, f"unpacks to more than {MAX_BYTES:,} bytes")
            yield from batch.to_pylist()
    except (pyarrow.ArrowException, ValueError) as error:
        raise refused(path, f"cannot be read: {str(error)[:200]!r}") from None


def refused(path: Path, why: str) -> BenchmarkError:
    """The error for a file or folder that cannot be used."""
    return BenchmarkError(f"{str(path)!r} {why}")


def packing(path: Path) -> str:
    """The suffix that says how the file is compressed, in lower case; empty without one."""
    suffix = path.suffix.lower()
    return suffix if suffix in _UNPACKERS else ""


def format_of(path: Path) -> str:
    """The suffix that says what the file holds, in lower case; empty without one."""
    name = path.name.lower().removesuffix(packing(path))
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def _local(source: DataSource, folder: Path) -> list[Path]:
    if folder.is_file():
        if not format_of(folder):
            raise refused(folder, f"is not one of {', '.join(SUFFIXES)}")
        return [folder]
    if not folder.is_dir():
        raise refused(folder, f"is not a folder; give one with a copy of {source.name}")
    home = _home(source, folder)
    stems: dict[str, list[Path]] = {}
    for path in _walk(source, home):
        stem = f"/{path.relative_to(home).as_posix().lower()}".removesuffix(packing(path))
        stems.setdefault(stem.removesuffix(format_of(path)), []).append(path)
    for layout in source.layouts:
        if matches := [stems[stem] for stem in sorted(stems) if re.search(layout, stem)]:
            return [min(same, key=lambda p: SUFFIXES.index(format_of(p))) for same in matches]
    return []


def _home(source: DataSource, folder: Path) -> Path:
    """The data set's own folder in a folder of several; in the hub's cache, its snapshot."""
    owner = source.repo.partition("/")[0]
    for _ in range(_MAX_DEPTH):
        if (folder / "snapshots").is_dir():
            return _snapshot(source, folder)
        names = sorted(inner.name for inner in _folders(folder))
        inside = [name for name in names if re.fullmatch(source.folder, name.lower())]
        inside += [name for name in names if name.lower() == owner]
        if not inside:
            break
        folder /= inside[0]
    return folder


def _snapshot(source: DataSource, folder: Path) -> Path:
    snapshots = {inner.name: inner for inner in _folders(folder / "snapshots")}
    if source.revision in snapshots:
        return snapshots[source.revision]
    if len(snapshots) == 1:
        return next(iter(snapshots.values()))
    pinned = f"none is {source.revision}, the pinned revision of {source.name}"
    several = f"has {len(snapshots)} snapshots and {pinned}; give the folder of one of them"
    raise refused(folder, several)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def _walk(source: DataSource, home: Path) -> Iterator[Path]:
    seen = 0
    for folder, inner, names in os.walk(home):
        depth = len(Path(folder).relative_to(home).parts)
        hidden_or_deep = [name for name in inner if name.startswith(".") or depth >= _MAX_DEPTH]
        inner[:] = sorted(set(inner) - set(hidden_or_deep))
        seen += len(names) + len(inner)
        if seen > _MAX_FILES:
            remedy = f"give the folder of {source.name} itself"
            raise refused(home, f"has more than {_MAX_FILES:,} files; {remedy}")
        yield from (path for name in names if format_of(path := Path(folder, name)))


def _downloaded(source: DataSource, name: str, may_download: bool) -> Path:
    place: dict[str, Any] = {"repo_id": source.repo, "filename": name, "repo_type": "dataset"}
    place["revision"] = source.revision
    try:
        import huggingface_hub  # imported when first used: it loads httpx

        kept = huggingface_hub.try_to_load_from_cache(**place)
        if isinstance(kept, str):
            return Path(kept)
        if not may_download:
            raise BenchmarkError(
                f"{source.name} was not downloaded before, and workers download nothing; run once "
                "without -n, or name the folder of a copy: --rest-data DIR"
            )
        url = huggingface_hub.hf_hub_url(**place)
        size = huggingface_hub.get_hf_file_metadata(url).size
        if size is None or size <= MAX_BYTES:
            return Path(huggingface_hub.hf_hub_download(**place))
        reason = f"{name} has {size:,} bytes, more than {MAX_BYTES:,}"
    except ImportError:
        reason = "it needs another package: pip install 'pytest-rest[datasets]'"
    except BenchmarkError:
        raise
    except Exception as error:  # httpx's, the client's, the disk's: they have no common base
        reason = _reason(source, name, error)
    raise BenchmarkError(
        f"{source.name} cannot be downloaded: {reason}; or get {source.repo} elsewhere and name "
        "its folder: --rest-data DIR"
    ) from None


def _reason(source: DataSource, name: str, error: Exception) -> str:
    """What went wrong, in words that have neither a token nor a line break."""
    from huggingface_hub import constants

    hub = _PRIVATE.sub("", constants.ENDPOINT)
    kinds = {type(e).__name__ for e in (error, error.__cause__)}  # not all versions have all
    if "GatedRepoError" in kinds:
        page = f"https://huggingface.co/datasets/{source.repo}"
        return f"it is gated; accept its terms at {page} and set HF_TOKEN"
    if "RepositoryNotFoundError" in kinds:
        return f"{hub} does not show {source.repo}; set HF_TOKEN if it wants one"
    if kinds & {"RevisionNotFoundError", "EntryNotFoundError", "RemoteEntryNotFoundError"}:
        return f"{hub} has no {name} of {source.repo} at revision {source.revision}"
    if "OfflineModeIsEnabled" in kinds:
        return "HF_HUB_OFFLINE forbids it, and it was not downloaded before"
    text = str(error.__cause__ or error)[:2_000].partition("For more information")[0]
    text = _PRIVATE.sub("", " ".join(text.split()))
    text = "".join(char for char in text if char.isprintable())[:_LONGEST_REASON]
    return f"{hub} did not give {name} ({text or type(error).__name__})"
