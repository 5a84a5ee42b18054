"""Fonts that have what another one lacks."""

import os
from pathlib import Path

import pytest

from pytest_rest.rendering import fallback_fonts, lacking
from pytest_rest.rendering.fallback_fonts import fonts_with


@pytest.fixture(autouse=True)
def _alone() -> None:
    """Each test with answers of its own."""
    fallback_fonts.fonts_with.cache_clear()


def test_a_bundled_font_comes_first() -> None:
    """Whatever is installed: by its name, as a style has it."""
    assert "dejavu" == fonts_with("∀")


def test_fontconfig_is_asked_for_just_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its files the plainest one that can be drawn with; none where there is no fontconfig."""
    program = tmp_path / "fc-list"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n'
        "printf '/f/A-Bold.otf\\n/f/Serif-Regular.ttf\\n/f/Sans-Regular.ttc\\n/f/a.pcf\\n'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert "/f/Sans-Regular.ttc" == fonts_with("中国")
    assert "--format %{file}\n :charset=4e2d 56fd" == (tmp_path / "asked").read_text().strip()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "" == fonts_with("国中")


def test_what_is_lacking_is_what_is_seen() -> None:
    """Each character once; neither blanks nor marks of the writing direction."""
    assert "∀" == lacking("a ∀ b\n∀\t\u200f\u3000", "courier")
    assert "" == lacking("e\u0301", "dejavu")
