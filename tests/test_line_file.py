"""Lines that lie on the disk are read again as they were."""

import sys
import tracemalloc
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


@given(st.lists(LINES, max_size=20), st.integers(0, 100))
def test_lines_are_read_as_they_were_added(lines: Sequence[str], at_once: int) -> None:
    """By number and in order, while some are written and others wait."""
    with patch.object(line_file, "_AT_ONCE", at_once):
        file = LineFile()
        assert [*range(len(lines))] == [file.add(line) for line in lines]
        assert lines == [*file] == [file[number] for number in range(len(file))]


def test_long_lines_are_not_read_all_at_once() -> None:
    """A pass over a file takes the memory of some lines, however long they are."""
    file, line = LineFile(), "a" * 400_000
    for _ in range(30):
        file.add(line)
    tracemalloc.start()
    assert 30 == sum(each == line for each in file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000


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
