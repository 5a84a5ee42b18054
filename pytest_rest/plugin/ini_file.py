"""Finds what an ini file says to this plugin and nobody understands: a mistyped threshold."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from iniconfig import IniConfig

from pytest_rest.errors import OptionError, nearest
from pytest_rest.plugin.options import OPTIONS

_SECTIONS = ("pytest", "tool:pytest")


def check(config: pytest.Config) -> None:
    """Raise `OptionError` for a key that begins as ours do, and that no plugin has declared."""
    overrides = getattr(config.option, "override_ini", None) or ()
    keys = [*(text.partition("=")[0] for text in overrides), *_keys(config.inipath)]
    for key in keys:
        meant = key.strip("- ").lower().replace("-", "_")
        if meant.startswith("rest_") and not _is_known(config, key):
            known = nearest(meant, OPTIONS)
            raise OptionError(f"the ini file's {key!r} is not a known option{known}")


def _is_known(config: pytest.Config, key: str) -> bool:
    try:
        config.getini(key)
    except ValueError:
        return False
    return True


def _keys(path: Path | None) -> Iterable[str]:
    """The keys that pytest takes from its configuration file, which it has read without a fault."""
    if path is None:
        return []
    if path.suffix == ".toml":
        content = tomllib.loads(path.read_text("utf-8"))
        tables = [content, content.get("tool", {})]
        tables = [table.get("pytest", {}) for table in tables]
        return [key for table in tables for key in {**table, **_table(table, "ini_options")}]
    sections = IniConfig(str(path)).sections
    return [key for section in _SECTIONS for key in sections.get(section, ())]


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = table.get(name, {})
    return inner if isinstance(inner, dict) else {}
