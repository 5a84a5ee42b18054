"""One name, two models: what is known to have changed since the baseline, and what is not."""

from collections.abc import Sequence
from typing import Any

import pytest
from stored import RIGHT, item, report

from pytest_rest.gate import baseline, regression
from pytest_rest.gate.model_change import warning
from pytest_rest.gate.regression import Tolerance

OLD, NEW = "claude-haiku-4-5-20251001", "claude-haiku-4-5-20260301"
NAMES = ("claude-haiku-4.5", "anthropic/claude-haiku-4-5")


def ran(ids: Sequence[str], names: tuple[str, str] = NAMES) -> Any:
    """A report in which those ids answered to those names."""
    made = report([item(f"i{n}", RIGHT) for n in range(9)])
    about = {"model": names[0], "resolved_name": names[1], "resolved_model": [*ids]}
    made["provenance"] |= about
    return made


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ([OLD], [OLD], ""),
        ([OLD], [NEW], f"answered by {OLD} in the baseline, and by {NEW} now"),
        ([OLD], [NEW, OLD], f"answered by {OLD} in the baseline, and by {OLD}, {NEW} now"),
        ([OLD], [f"anthropic/{OLD}"], ""),
        ([f"Anthropic/{OLD}"], [OLD.upper()], ""),
        ([f"a/{OLD}"], [f"b/{OLD}"], f"answered by a/{OLD} in the baseline, and by b/{OLD} now"),
        ([OLD], [], ""),
        ([OLD], ["claude-haiku-4-5"], ""),  # which is what was asked
        (["anthropic/claude-haiku-4-5"], [NEW], ""),
        (["/weights/claude-haiku-4.5", OLD], [OLD], ""),
    ],
)
def test_another_id_is_another_model(then: list[str], now: list[str], expected: str) -> None:
    """But for another spelling of it, and for an endpoint that repeats what it was asked for."""
    said = warning(ran(then), ran(now))
    assert (f"claude-haiku-4.5 may be another model: {expected}" if expected else "") == said
    assert said == warning(baseline.to_baseline(ran(then)), ran(now))
    assert "" == warning(ran(then), ran(now), alike=(*then, *now))


def test_another_name_is_asked_for_another_model() -> None:
    """Which is no surprise; another spelling of a name is the same one."""
    assert "" == warning(ran([OLD], ("claude-haiku-4.4", "anthropic/claude-haiku-4-4")), ran([NEW]))
    full = ran([OLD], (NAMES[1], NAMES[1]))
    assert warning(full, ran([NEW])).startswith("claude-haiku-4.5 may be another model")


def test_a_baseline_that_lacks_the_full_name() -> None:
    """As older ones do: the name that was given is compared."""
    old = baseline.to_baseline(ran([OLD]))
    del old["resolved_name"]
    assert NEW in warning(baseline.to_baseline(old), ran([NEW]))


def test_a_warning_is_with_the_checks() -> None:
    """Whether they pass, or cannot be judged for what is lost."""
    compared = regression.judge(ran([OLD]), ran([NEW]), Tolerance(0.5, None))
    assert compared.warning == warning(ran([OLD]), ran([NEW]))
    lost = report([item(f"i{n}", RIGHT) for n in range(8)], [("a", "i8")])
    lost["provenance"] |= ran([NEW])["provenance"] | {"suites": lost["provenance"]["suites"]}
    refused = regression.judge(ran([OLD]), lost, Tolerance(0.5, None))
    assert ("refused", compared.warning) == (refused.checks[0].outcome, refused.warning)


def test_what_an_endpoint_reports_is_shown_as_text() -> None:
    """It may hold what a terminal obeys."""
    assert "\x1b" not in warning(ran([OLD]), ran(["\x1b[2Jmodel"]))
