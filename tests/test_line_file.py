"""Lines that lie on the disk are read again as they were."""

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import line_file
from pytest_rest.line_file import LineFile

LINES = st.text("a \r\x0b\x1c", max_size=9)  # at some of which str.splitlines ends a line


@given(st.lists(LINES, max_size=20), st.integers(0, 100), st.integers(1, 5))
def test_lines_are_read_as_they_were_added(lines: Sequence[str], at_once: int, read: int) -> None:
    """By number and in order, while some are written and others wait."""
    with patch.multiple(line_file, _AT_ONCE=at_once, _READ=read):
        file = LineFile()
        assert [*range(len(lines))] == [file.add(line) for line in lines]
        assert lines == [*file] == [file[number] for number in range(len(file))]


@pytest.mark.parametrize("moment", range(1, 30))
def test_an_interrupt_leaves_the_lines_as_they_were(moment: int) -> None:
    """Whenever it comes while they are written: no line is taken for another."""
    left = moment

    def interrupt(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != line_file.__file__:
            return None
        left -= event == "line"
        if not left:
            raise KeyboardInterrupt
        return interrupt

    lines, before = ["first, which is written", "second", "", "fourth"], sys.gettrace()
    with patch.object(line_file, "_AT_ONCE", 20):
        file = LineFile()
        numbers = [file.add(line) for line in lines]
        try:
            sys.settrace(interrupt)
            file.add("the fifth")
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
    assert lines == [file[number] for number in numbers]
