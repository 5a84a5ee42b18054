"""Looks at the pictures and documents that a benchmark file names, each of them once."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, quoted, text_of
from pytest_rest.errors import RestError
from pytest_rest.terms import Document, Item

if TYPE_CHECKING:
    from pytest_rest.rendering.pictures import Facts

_PAGES = re.compile(r"(\d{1,6})(?:\s{0,3}[-–]\s{0,3}(\d{1,6}))?", re.ASCII)
_IN_PLACE = ("context", "table", "code", "image", "images")  # of which a document stands


@dataclass(frozen=True)
class OwnPicture:
    """A picture that a file names: the line, the first item there that has it, and what it is."""

    line: int
    item: str
    name: str
    facts: "Facts"


class OwnFiles:
    """The pictures and documents below a benchmark file's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._facts: dict[str, Facts] = {}  # of each picture
        self._documents: dict[tuple[str, str], Document] = {}
        self.pictures: dict[tuple[int, str], OwnPicture] = {}  # by the line that names it

    def illustrated(self, item: Item, keys: dict[str, Node]) -> Item:
        """The item with its pictures, or its document; `PlaceError` for what is not one."""
        if text_of(keys, "document"):
            own = self._document(keys)
            return replace(item, document=own, answer_page=_answer_page(keys, own))
        for key in ("pages", "answer_page"):
            if key in keys and not keys[key].is_nothing:
                raise PlaceError(keys[key].line, f"{key} is of a document; write document:")
        nodes = self._image_nodes(keys)
        if not nodes:
            return item
        pictures = [self.picture("image", node, item.id) for node in nodes]
        *before, (place, digest) = pictures
        return replace(
            item,
            image=place,
            image_digest=digest,
            images=tuple(place for place, _ in before),
            image_digests=tuple(digest for _, digest in before),
        )

    def _image_nodes(self, keys: dict[str, Node]) -> Sequence[Node]:
        several = keys.get("images")
        if several is None or several.is_nothing:
            return [keys["image"]] if text_of(keys, "image") else []
        if text_of(keys, "image"):
            raise PlaceError(several.line, "the item has image and images; write one of them")
        if not isinstance(several.value, tuple) or not several.value:
            raise PlaceError(several.line, "images is a list, such as [one.png, two.jpg]")
        return several.value

    def picture(self, key: str, node: Node, item: str) -> tuple[str, str]:
        """The whole path of a picture, and its digest, empty for one that is too large."""
        name = text_of({key: node}, key)
        path = self.below(key, name, node.line)
        from pytest_rest.rendering import picture_file, pictures  # which load Pillow

        place = str((self._folder / path).absolute())
        try:
            if path not in self._facts:
                self._facts[path] = pictures.look(self._folder / path)
        except picture_file.TooLargeError:
            return place, ""  # which cannot be asked, but may be left out
        except RestError as error:
            raise PlaceError(node.line, str(error)) from None
        facts = self._facts[path]
        self.pictures.setdefault((node.line, path), OwnPicture(node.line, item, name, facts))
        return place, facts.digest

    def _document(self, keys: dict[str, Node]) -> Document:
        node, name = keys["document"], text_of(keys, "document")
        for key in _IN_PLACE:
            if key in keys and not keys[key].is_nothing:
                fault = f"a document stands in place of {key}; write one of them"
                raise PlaceError(keys[key].line, fault)
        path = self.below("document", name, node.line)
        if Path(path).suffix.lower() != ".pdf":
            raise PlaceError(node.line, f"document {quoted(name)} is not a .pdf; print it to one")
        wanted = text_of(keys, "pages").strip()
        if (path, wanted) not in self._documents:
            from pytest_rest.rendering import document  # which loads Pillow

            try:
                self._documents[path, wanted] = document.read(
                    self._folder / path,
                    (lambda of: _numbers(wanted, of, keys["pages"].line)) if wanted else None,
                )
            except PlaceError:
                raise
            except RestError as error:
                raise PlaceError(node.line, str(error)) from None
        return self._documents[path, wanted]

    def below(self, key: str, name: str, line: int) -> str:
        """A path from the file's folder; `PlaceError` for one that leads out of it."""
        path = os.path.normpath(name)
        if "://" in name or PureWindowsPath(name).drive or path.startswith(("/", "..", "~")):
            raise PlaceError(line, f"{key} {quoted(name)}: give a path below the file's folder")
        folder, target = (Path(os.path.realpath(p)) for p in (self._folder, self._folder / path))
        if not target.is_relative_to(folder):
            raise PlaceError(
                line, f"{key} {quoted(name)}: a link leaves the file's folder; copy it"
            )
        return path


def _answer_page(keys: dict[str, Node], own: Document) -> int:
    """The page on which the answer stands, which must be among those that are shown."""
    text = text_of(keys, "answer_page").strip()
    if text and text not in map(str, own.pages):
        fault = f"answer_page {quoted(text)} is not one of the item's pages"
        raise PlaceError(keys["answer_page"].line, fault)
    return int(text or 0)


def _numbers(text: str, of: int, line: int) -> list[int]:
    """The pages that `1-2, 5` means, in that order, of a document with so many."""
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = _PAGES.fullmatch(part.strip())
        if not match:
            fault = f"pages {quoted(text)} cannot be read; write 3, 2-5 or 1-2, 5"
            raise PlaceError(line, fault)
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= of:
            has = f"the document has pages 1 to {of}" if of > 1 else "the document has one page"
            raise PlaceError(line, f"pages {quoted(text)}: {has}")
        numbers |= dict.fromkeys(range(first, last + 1))
    return [*numbers]
