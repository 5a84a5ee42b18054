"""What is stored of several tests is judged in a row, and nobody can tell."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.evaluate import lost
from pytest_rest.plugin.judged_ahead import JudgedAhead
from pytest_rest.terms import Item, Record, Style

STYLES = Style(), Style(name="mine"), Style(dpi=50)  # the first two are equal but for the name
CASES = [(Item(str(number), "What?", "3"), style) for number in range(30) for style in STYLES]


class Judge:
    """Judges, and remembers what; an item of `broken` it cannot."""

    def __init__(self, broken: str = "") -> None:
        self.broken, self.judged = broken, list[Case]()

    def __call__(self, item: Item, style: Style) -> Record:
        """A record, or an error."""
        self.judged.append((item, style))
        if item.id == self.broken:
            raise ZeroDivisionError
        return lost(item, style, "why")


def expecting(judge: Judge) -> JudgedAhead:
    """With all cases to come, among tests that ask nothing."""
    ahead = JudgedAhead(judge)
    tests = [SimpleNamespace(rest_case=case) for case in CASES]
    session: Any = SimpleNamespace(items=[SimpleNamespace(), *tests])
    ahead.pytest_collection_finish(session)
    return ahead


@given(st.lists(st.sampled_from(CASES)) | st.sets(st.integers(0, 89)).map(sorted))
def test_each_test_has_its_own_record(come: list[Any]) -> None:
    """Whichever are skipped, run again, or in another order."""
    ahead = expecting(Judge())
    for each in come:
        item, style = CASES[each] if isinstance(each, int) else each
        assert lost(item, style, "why") == ahead.record(item, style)


def test_tests_are_judged_once_and_in_rows() -> None:
    """Also those after one that was skipped."""
    judge = Judge()
    ahead = expecting(judge)
    assert ahead.record(*CASES[1]) and 1 < len(judge.judged) < len(CASES) - 1
    for case in CASES[2:]:
        ahead.record(*case)
    assert CASES[1:] == judge.judged


def test_what_cannot_be_judged_is_told_by_its_own_test() -> None:
    """The others of its row have their records."""
    judge = Judge(broken="1")
    ahead = expecting(judge)
    for item, style in CASES:
        if item.id == "1":
            with pytest.raises(ZeroDivisionError):
                ahead.record(item, style)
        else:
            assert ahead.record(item, style).item == item.id
    assert len(CASES) + 3 == len(judge.judged)


def test_a_fork_judges_its_own_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends after it."""
    judge = Judge()
    ahead = expecting(judge)
    monkeypatch.setattr("os.getpid", lambda: -1)
    ahead.record(*CASES[0])
    assert CASES[:1] == judge.judged
