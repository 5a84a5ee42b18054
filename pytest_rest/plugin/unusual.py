"""Warns of what is asked for and is not likely to be meant."""

import pytest

from pytest_rest.errors import OptionError
from pytest_rest.gate import thresholds
from pytest_rest.plugin.settings import Settings


def warn(config: pytest.Config, settings: Settings) -> None:
    """Warn of what is not likely to be meant; `OptionError` where warnings are errors.

    Thresholds that point the unusual way, and a judge that is the model itself.
    """
    unusual = [*filter(None, map(thresholds.unusual, settings.thresholds))]
    is_at_home = settings.api_base == settings.judge_api_base
    if settings.scheme.has_judge and is_at_home and settings.judge == settings.model:
        unusual.append(
            f"--rest-judge={settings.judge} is the model itself, which may take its own mistakes "
            "for the same; name another model"
        )
    for said in unusual:
        try:
            warning = pytest.PytestWarning(f"REST: {said}")
            config.issue_config_time_warning(warning, stacklevel=2)
        except pytest.PytestWarning:
            raise OptionError(said) from None
