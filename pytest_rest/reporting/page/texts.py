"""Turns the texts that the page's script shows into numbers, and into JSON, within bounds."""

import hashlib
import json
from array import array
from collections.abc import Iterator, Sequence

from pytest_rest.line_file import LineFile
from pytest_rest.safe_text import lines

Text = str | list[str | int]  # or its head, its tail, and how many characters are left out

_TEXTS = 14_000_000  # bytes of all texts together
_LIMITS = (20_000, 8_000, 4_000, 2_000, 1_000, 500, 200)  # characters of one text
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().raw_decode


class Texts:
    """Every text once, by number, in a file; those added before the mark are cut last."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}  # by digest
        self._written = LineFile()  # as JSON
        self._lengths, self._sizes = array("Q"), array("Q")  # characters, and bytes of JSON
        self._first = 0

    def add(self, text: str) -> int:
        """The number of a text."""
        content = text.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(content, digest_size=16).digest()
        number = self._numbers.get(digest)
        if number is None:
            line = _encode(text)
            number = self._numbers[digest] = self._written.add(line)
            self._lengths.append(len(text))
            self._sizes.append(len(line))
        return number

    def mark(self) -> None:
        """Cut what was added so far last: it is what the page is for."""
        self._first = len(self._numbers)

    def bounded(self) -> Iterator[Text]:
        """All of them in order, each cut to the longest limit by which they fit together."""
        lengths, sizes = self._lengths, self._sizes
        longest, *shorter = _LIMITS
        pairs = [(longest, limit) for limit in _LIMITS]
        pairs += [(limit, _LIMITS[-1]) for limit in shorter]
        halves = (slice(self._first), slice(self._first, None))
        for pair in pairs:
            fitting = zip(halves, pair, strict=True)
            if sum(_size(lengths[h], sizes[h], limit) for h, limit in fitting) <= _TEXTS:
                break
        for number, line in enumerate(self._written):
            yield _cut(_decode(line)[0], pair[number >= self._first])


def as_json(content: object) -> str:
    """JSON that ends no script and is no markup, whatever its strings hold; in ASCII."""
    text = _encode(content)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _size(lengths: Sequence[int], sizes: Sequence[int], limit: int) -> float:
    """The bytes of texts, given their characters and bytes, once they are cut."""
    cut = ((size, limit / (n or 1)) for n, size in zip(lengths, sizes, strict=True))
    return sum(size * min(1.0, share) for size, share in cut)


def _cut(text: str, limit: int) -> Text:
    if len(text) <= limit:
        return lines(text)
    head, tail = limit * 2 // 3, limit // 3
    return [lines(text[:head]), lines(text[-tail:]), len(text) - head - tail]
