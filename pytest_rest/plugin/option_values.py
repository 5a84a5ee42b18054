"""Turns an option's name into what was given for it: on the command line, or in the ini file."""

import re
from pathlib import Path

import pytest

from pytest_rest.errors import OptionError


def value(config: pytest.Config, name: str) -> str:
    """An option's text; empty where it was not given."""
    given = config.getoption(name)
    return str(config.getini(name) if given is None else given)


def path(config: pytest.Config, name: str) -> Path | None:
    """An option's path, from where pytest was started; None where it was not given."""
    given = value(config, name)
    return config.invocation_params.dir / given if given else None


def count(config: pytest.Config, name: str, least: int = 0, given: str = "") -> int:
    """An option's whole number; `OptionError` for what is none, or below the least."""
    text = given or value(config, name)
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        option = "--" + name.replace("_", "-")
        raise OptionError(f"{option} {text!r} is no count; give a whole number from {least}")
    return int(text)
