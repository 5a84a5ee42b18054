"""What a model is shown, and what comes back."""

import functools
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_rest.terms.content import short_digest, to_builtins
from pytest_rest.terms.item import Item
from pytest_rest.terms.quick import quick
from pytest_rest.terms.scheme import Budget, Form
from pytest_rest.terms.words import Pair, Task

# The ending of a picture in a run's folder, by its media type.
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
PNG_HEADER = 24  # bytes of a PNG that tell its size
_PNG = b"\x89PNG\r\n\x1a\n"


class Source(NamedTuple):
    """A digest of all that a picture was drawn from, and which of so many pages, of `size` bytes.

    Equal ones have equal pixels.
    """

    digest: str
    number: int
    pages: int
    size: int


@quick
@dataclass(frozen=True, slots=True)
class Image:
    """A picture file, the text that was drawn, and a digest of its pixels (not of its bytes).

    What is drawn is a PNG. A user's own picture is what it was, as `media_type` says: `image/png`,
    `image/jpeg` or `image/webp`; its `sides` are in pixels. `source` says what it was drawn from.
    """

    content: bytes = field(repr=False)
    digest: str
    text: str = ""
    media_type: str = field(default="image/png", repr=False)
    sides: tuple[int, int] | None = field(default=None, repr=False)
    source: "Source | None" = field(default=None, repr=False, compare=False)

    @property
    def is_whole(self) -> bool:
        """Whether its `content` is the file, and not only the head that tells the size."""
        return len(self.content) > PNG_HEADER

    @property
    def png(self) -> bytes:
        """The file's bytes, of whatever kind: `content` by its older name."""
        return self.content

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, of a PNG from its header; `ValueError` if it has none."""
        if self.sides is not None:
            return self.sides
        if not self.content.startswith(_PNG) or len(self.content) < PNG_HEADER:
            raise ValueError("not a PNG file")
        width, height = struct.unpack(">II", self.content[16:PNG_HEADER])
        return width, height

    @property
    def file_name(self) -> str:
        """Its name in a run's folder: its digest, with the ending of its kind."""
        return f"{self.digest}{ENDINGS[self.media_type]}"


# Pictures that were drawn before, without their bytes, by the digest of what they were drawn from.
KnownPictures = Callable[[str], tuple[Image, ...] | None]


@dataclass(frozen=True, slots=True)
class File:
    """A PDF file as a model is shown it, the text in it, and a digest of what it is made of."""

    content: bytes = field(repr=False)
    digest: str
    text: str = field(default="", repr=False)
    media_type: str = field(default="application/pdf", repr=False)


@dataclass(frozen=True)
class Prompt:
    """One request: what a model is shown, in order, and for which item, form and task.

    `compared` are the two answers that a judge compares.
    """

    item: Item
    form: Form
    task: Task
    parts: tuple[str | Image | File, ...]
    max_tokens: int
    repeat: int = 0  # which time it is asked
    budget: Budget | None = None  # under which it is asked, in a sweep
    compared: Pair | None = None

    @functools.cached_property
    def digest(self) -> str:
        """Sixteen hex digits of what the model sees, which time, and how much it may think."""
        seen = [*map(part_digest, self.parts)]
        again: list[object] = [self.repeat] if self.repeat else []
        again += [to_builtins(self.budget)] if self.budget else []
        return short_digest(json.dumps([seen, self.max_tokens, *again]))

    @functools.cached_property
    def images(self) -> tuple[Image, ...]:
        """The pictures among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Image))


@quick
@dataclass(frozen=True, slots=True)
class Completion:
    """What came back for one prompt. With `error` set there is no answer at all.

    `finish_reason` is `stop`, `length`, `refusal` or the endpoint's own word; `cost` is in US
    dollars and None where the price is not known; `model` is the id that the endpoint reports;
    `from_cache` is whether a gateway says that it gave an old answer, and asked no model.
    `cached_tokens` are those of the input that the provider had in its cache, and `cache_saved` the
    dollars that they were cheaper for it; None where that is not reported, or no price is known.
    """

    text: str = ""
    finish_reason: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    error: str | None = None
    from_cache: bool = False
    cached_tokens: int | None = None
    cache_saved: float | None = None


def part_digest(part: str | Image | File) -> str | dict[str, str]:
    """What of a prompt's part is digested and stored: a text, or a picture's or a file's digest."""
    if isinstance(part, str):
        return part
    return {"file" if isinstance(part, File) else "image": part.digest}
