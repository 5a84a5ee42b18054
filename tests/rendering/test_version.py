"""What a picture is known by stays what it was, whichever style was digested before."""

import hashlib
from dataclasses import replace

from pytest_rest.rendering import load_font, version
from pytest_rest.terms import Style


def test_a_digest_is_of_the_whole_style_with_its_name_and_of_all_parts() -> None:
    """Styles that differ in their names only are equal, and their digests are not."""
    for style in (Style(), replace(Style(), name="mine"), Style(dpi=50), Style()):
        for made_of in (("a text", style, None), ("\ud800",)):
            parts = (version._drawer(), style, load_font(style.font).digest, *made_of)
            whole = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
            assert version.digest(style, *made_of) == whole
