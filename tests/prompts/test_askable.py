"""Which items cannot be asked, and why, without drawing anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image as Picture

from pytest_rest import prompts, rendering
from pytest_rest.errors import RenderingError
from pytest_rest.evaluate import forms
from pytest_rest.models import vision_rules
from pytest_rest.prompts import page_pictures
from pytest_rest.prompts.askable import Check
from pytest_rest.rendering import pictures
from pytest_rest.terms import Form, Item, Mode, Scheme, Style

PROTOCOL = prompts.load_protocol()
SCHEME = Scheme()
PLAIN = Item("a", "How much?", "4", context="2 + 2")


@dataclass(frozen=True)
class Limits:
    """A provider that takes so many pixels a side, and so many bytes."""

    side: int = 10**6
    bytes: int = 10**9
    pictures: int = 10**9
    provider: str = "Acme"
    request_bytes: int | None = None

    def refusal(self, width: int, height: int, size: int = 0, pictures: int = 1) -> str:
        """Why it is refused."""
        is_too_much = max(width, height) > self.side or size > self.bytes
        return "too much" if is_too_much or pictures > self.pictures else ""


def reasons(
    items: Sequence[Item], *styles: Style, rule: Limits | None = None, scheme: Scheme = SCHEME
) -> dict[str, tuple[str, str]]:
    """The style and the reason of each item that cannot be asked."""
    check = Check(scheme, PROTOCOL, rule or Limits())
    found = check.refused({item: styles or (Style(),) for item in items})
    return {each.item.id: (each.style.id, each.reason) for each in found}


def test_the_first_style_that_cannot_show_it_is_named() -> None:
    """The others are not looked at; an item that is shown in all of them is none."""
    odd = replace(PLAIN, id="odd", question="∀?")
    styles = Style(), Style(font="courier"), Style(font="cursive")
    found = reasons([PLAIN, odd], *styles)
    assert {"odd"} == {*found}
    style, why = found["odd"]
    assert ("courier-200dpi-black", True) == (style, "no glyph for '∀' (U+2200 FOR ALL)" in why)


@pytest.mark.parametrize(
    ("item", "modes", "why"),
    [
        (replace(PLAIN, context=" \t"), ("text", "mixed"), "to draw in its mixed form"),
        (replace(PLAIN, context="", question="\n"), ("text", "image"), "to draw in its image form"),
        (replace(PLAIN, context=""), ("text", "mixed"), "has neither context nor choices"),
        (replace(PLAIN, context=""), ("text", "image"), ""),
        (PLAIN, ("text", "file"), "it has no document, and of --rest-modes=text,file only text is"),
        (PLAIN, ("text", "image", "file"), ""),
    ],
)
def test_what_has_nothing_to_draw(item: Item, modes: tuple[Mode, ...], why: str) -> None:
    """A blank picture shows nothing; only the forms that are asked count."""
    found = reasons([item], scheme=Scheme(modes))
    assert bool(why) == bool(found)
    assert why in str(found)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a " * 3000, Style()),
        ("a\n" * 400, Style()),
        ("m" * 2000, Style(page_width_pt=90)),
        ("1 + 1\n" * 99, Style(rotation=45.0)),
        ("السلام عليكم\n" * 30, Style()),
    ],
)
def test_a_page_is_refused_from_its_own_size_on(text: str, style: Style) -> None:
    """To the pixel; what is drawn is not what is asked here."""
    most = max(rendering.page_size(f"{text}\nHow much?", style))
    item = replace(PLAIN, context=text)
    assert {} == reasons([item], style, rule=Limits(most))
    (found,) = reasons([item], style, rule=Limits(most - 1)).values()
    assert "pixels, which Acme refuses: too much; use a lower dpi, a smaller size or a" in found[1]


def test_the_highest_dpi_that_is_taken_is_named() -> None:
    """One more is refused."""
    item, rule = replace(PLAIN, context="a\n" * 400), Limits(8000)
    check = Check(SCHEME, PROTOCOL, rule)
    (refused,) = check.refused({item: [Style()]})
    dpi = int(check.mend(refused).partition(" ")[0])
    assert {} == reasons([item], Style(dpi=dpi), rule=rule)
    assert {"a"} == {*reasons([item], Style(dpi=dpi + 1), rule=rule)}
    (hopeless,) = Check(SCHEME, PROTOCOL, Limits(200)).refused({item: [Style()]})
    assert "" == Check(SCHEME, PROTOCOL, Limits(200)).mend(hopeless)


def test_a_font_that_has_the_characters_is_named() -> None:
    """Behind those that the style has already."""
    check, item = Check(SCHEME, PROTOCOL, Limits()), replace(PLAIN, question="∀?")
    (refused,) = check.refused({item: [Style(font="courier|cursive")]})
    expected = "dejavu has them: font: [courier, cursive, dejavu] in a style file"
    assert expected == check.mend(refused)


def test_a_picture_of_its_own(tmp_path: Path) -> None:
    """Refused by its pixels, by the bytes it goes out with, or with the text below it."""
    path = tmp_path / "a.png"
    Picture.linear_gradient("L").resize((500, 300)).save(path)
    item = pictures.beside(PLAIN, path)
    assert {} == reasons([item], rule=Limits(500))
    alone = str(reasons([item], rule=Limits(499)))
    assert "a.png' has 500 x 300 pixels in " in alone
    assert "bytes, which Acme refuses: too much; make it smaller" in alone
    bare, length = Scheme(("text",), ocr="off"), path.stat().st_size
    assert {} == reasons([item], rule=Limits(bytes=length), scheme=bare)
    assert {"a"} == {*reasons([item], rule=Limits(bytes=length - 1), scheme=bare)}
    tall = replace(item, context="a\n" * 20)
    assert "the page would have 500 x " in str(reasons([tall], Style(dpi=50), rule=Limits(500)))


def test_a_picture_with_text_below_has_bytes_of_its_own(tmp_path: Path) -> None:
    """More than its file: it is refused from these on, and no lower DPI is advised."""
    path = tmp_path / "a.jpg"
    Picture.effect_noise((300, 200), 60).save(path, quality=50)
    item, scheme = pictures.beside(PLAIN, path), Scheme(("text", "image"))
    (text,) = prompts.drawn(item, Form("image"), "solve", PROTOCOL)
    (picture,) = page_pictures.draw(text, Style(), item)
    length = len(picture.content)
    assert length > 2 * path.stat().st_size
    assert {} == reasons([item], rule=Limits(bytes=length), scheme=scheme)
    check = Check(scheme, PROTOCOL, Limits(bytes=length - 1))
    (refused,) = check.refused({item: [Style()]})
    assert f" pixels in {length:,} bytes, which Acme refuses: too much; make the pic" in str(
        refused
    )
    assert "" == check.mend(refused)


def test_a_mended_picture_has_bytes_of_its_own(tmp_path: Path) -> None:
    """As it is sent, where its file is of another kind."""
    path = tmp_path / "a.gif"
    Picture.effect_noise((60, 40), 60).quantize(4).save(path)
    item, scheme = pictures.beside(PLAIN, path), Scheme(("text",), ocr="off")
    length = len(pictures.read(item.image, item.image_digest).content)
    assert {} == reasons([item], rule=Limits(bytes=length), scheme=scheme)
    (found,) = reasons([item], rule=Limits(bytes=length - 1), scheme=scheme).values()
    assert f"has 60 x 40 pixels in {length:,} bytes, which Acme refuses" in found[1]


def test_nothing_is_drawn_that_is_sure_to_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of few pixels has few bytes, whatever it shows."""
    path = tmp_path / "a.jpg"
    Picture.linear_gradient("L").save(path)
    item = pictures.beside(PLAIN, path)
    monkeypatch.setattr(page_pictures, "draw", None)
    assert {} == reasons([item], rule=Limits(bytes=10_000_000))
    assert {} == reasons([item], rule=Limits())


def test_what_is_not_refused_can_be_asked() -> None:
    """And the other way round: of odd items, these are just those that cannot be built."""
    texts = ("2 + 2", "∀", "中", "amber " * 20_000, "é" * 500, "שלום", "x\u0007")
    items = [replace(PLAIN, id=text, context=text) for text in texts]
    style = Style(dpi=150)
    broken = set()
    for item in items:
        try:
            forms(item, style, PROTOCOL)
        except RenderingError:
            broken.add(item.id)
    assert broken == {*reasons(items, style)}
    assert {"中", "amber " * 20_000, "x\u0007"} == broken


def test_no_limits_are_made_up() -> None:
    """Of a model that nobody knows only what we cannot draw is refused."""
    item = replace(PLAIN, context="a\n" * 1000)
    check = Check(SCHEME, PROTOCOL, vision_rules.find("my-own-model"))
    assert [] == [*check.refused({item: [Style()]})]
    claude = Check(SCHEME, PROTOCOL, vision_rules.find("anthropic/claude-haiku-4-5"))
    assert 1 == len([*claude.refused({item: [Style()]})])
