"""Turns the items and styles of a suite into tests that are lighter than those of a function."""

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import pytest

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.plugin import foreign_hooks
from pytest_rest.plugin.cases import case_id
from pytest_rest.plugin.runtest import THRESHOLDS, Rest

_HOOKS = (  # that may change a test, or see its fixtures
    *("pytest_itemcollected", "pytest_collection_modifyitems", "pytest_pyfunc_call"),
    *("pytest_fixture_setup", "pytest_fixture_post_finalizer"),
)
_EMPTY: dict[str, Callable[[], Any]] = {  # what pytest gives every test, and few fill
    "own_markers": list,
    "user_properties": list,
    "extra_keyword_matches": set,
    "_report_sections": list,
    "stash": pytest.Stash,
}
_SHOWING = ("setupshow", "show_fixtures_per_test", "trace")  # fixtures, or the function's call


class SuiteTest(pytest.Item):
    """A test of a suite's function, called without pytest's fixtures.

    `like` is the test that pytest has made of the suite's first item: hooks see this one as that.
    What all such tests have alike is made when somebody looks at it, for pytest keeps every test.
    """

    __slots__ = ("_like", "_location", "_rest", "rest_case")

    def __init__(self, *, parent: pytest.Module, like: pytest.Function, case: Case) -> None:
        name = f"{like.originalname}[{case_id(case)}]"
        super().__init__(name, parent, nodeid=f"{parent.nodeid}::{name}")
        self._like = like
        self._rest: Rest | None = None
        self._location: tuple[str, int | None, str] | None = None
        self.rest_case = case
        for attribute in (*_EMPTY, "keywords", "_store"):
            delattr(self, attribute)

    def __repr__(self) -> str:
        return f"<Function {self.name}>"

    @property
    def originalname(self) -> str:
        """The function's name."""
        return self._like.originalname

    @property
    def fixturenames(self) -> list[str]:
        """What the function asks for."""
        return self._like.fixturenames

    @property
    def function(self) -> Callable[[Rest], None]:
        """What is called."""
        function: Callable[[Rest], None] = self._like.function
        return function

    obj = function

    @property
    def module(self) -> Any:
        """The suite's, in which the function is."""
        return self._like.module

    @property
    def cls(self) -> None:
        """The function is in no class."""
        return None

    instance = cls

    @property
    def funcargs(self) -> dict[str, Any]:
        """What the function is called with, while the test runs."""
        return {} if self._rest is None else {"rest": self._rest}

    def setup(self) -> None:
        """Begin as the fixture does, which skips what need not be asked."""
        run: Any = self.config.pluginmanager.getplugin("rest-run")
        self._rest = Rest(self, run)

    def runtest(self) -> None:
        """Ask, and fail where the forms disagree."""
        self.function(self.funcargs["rest"])

    def teardown(self) -> None:
        """Keep nothing that the next test does not need."""
        self._rest = None

    def run_alone(self) -> None:
        """The whole test, where pytest does nothing for it."""
        self.setup()
        try:
            self.runtest()
        finally:
            self.teardown()

    def shed(self) -> None:
        """Let go of what is as it was made."""
        for name in (*_EMPTY, "keywords"):
            try:
                value = object.__getattribute__(self, name)
            except AttributeError:  # nobody has looked at it
                continue
            if not value or (name == "keywords" and dict(value) == dict(self._new_keywords())):
                delattr(self, name)

    def __getattr__(self, name: str) -> Any:
        """What was not made yet, or was let go of."""
        if name == "_store":  # what older plugins know the stash by
            return self.stash
        if name not in (*_EMPTY, "keywords"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        setattr(self, name, _EMPTY[name]() if name in _EMPTY else self._new_keywords())
        return getattr(self, name)

    def _new_keywords(self) -> MutableMapping[str, Any]:
        """What pytest finds it by, as it is at first."""
        like: Any = self._like
        keywords: MutableMapping[str, Any] = type(like.keywords)(self)
        keywords.update({**self.function.__dict__, case_id(self.rest_case): True})
        return keywords

    @property
    def location(self) -> tuple[str, int | None, str]:
        """That of the function, and what this test is called; or what somebody says it is."""
        path, line, _ = self._like.location
        return self._location or (path, line, self.name)

    @location.setter
    def location(self, location: tuple[str, int | None, str]) -> None:
        self._location = location

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the function is, and what this test is called."""
        path, line, _ = self._like.reportinfo()
        return path, line, self.name

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> Any:
        """What failed, told from the function on."""
        return self._like.repr_failure(excinfo)


def are_enough(first: Sequence[object], cases: Sequence[Case]) -> bool:
    """Whether a suite's tests may be such, by what pytest has made of the first of its cases.

    They may where no fixture of anybody else's applies, and no hook has made more of it.
    """
    test = first[0] if len(first) == 1 else None
    if type(test) is not pytest.Function:
        return False
    return _asks_only(test, cases[0]) and _is_unseen(test.config) and _are_plain(cases)


def _asks_only(test: pytest.Function, case: Case) -> bool:
    """Whether a test has this plugin's fixtures alone, as they are, and nothing that is added."""
    fixtures: Any = test.config.pluginmanager.getplugin("funcmanage")
    return (
        {*test.fixturenames} == {"rest", "request"}
        and all(len(fixtures.getfixturedefs(name, test)) == 1 for name in ("rest", *THRESHOLDS))
        and test.name == f"{test.originalname}[{case_id(case)}]"
        and not test.own_markers
    )


def _is_unseen(config: pytest.Config) -> bool:
    """Whether nobody looks at fixtures, or at how a function is called."""
    return not (
        foreign_hooks.has_any(config, *_HOOKS)
        or any(config.getoption(name, False) for name in _SHOWING)
    )


def _are_plain(cases: Sequence[Case]) -> bool:
    """Whether pytest would call each test as its case is called: once, and without an escape."""
    ids = [case_id(case) for case in cases]
    return len({*ids}) == len(ids) and all(id.encode("unicode_escape") == id.encode() for id in ids)
