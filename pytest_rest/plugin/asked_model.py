"""Turns a run's settings into the model that it asks, with its judge."""

from typing import Any

from pytest_rest.models import load_model
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.with_judge import JudgedModel
from pytest_rest.models.with_price import with_price
from pytest_rest.plugin import batch_settings
from pytest_rest.plugin.settings import Settings
from pytest_rest.terms import Model


def load(settings: Settings, overrides: Overrides, judge_overrides: Overrides) -> Model:
    """The model; `ModelError` if it cannot be asked. `overrides` are added to each request."""
    sweep = settings.scheme.sweep
    how: dict[str, Any] = {
        "seed": settings.seed,
        "timeout": settings.timeout,
        "is_asked": not settings.plan,
    }
    if batch_settings.is_by_file(settings.given):
        model = _by_file(settings, overrides)
    else:
        model = load_model(
            settings.model,
            api_base=settings.api_base,
            budgets=sweep.budgets if sweep else (),
            overrides=overrides,
            **how,
        )
    model = with_price(model, settings.price)
    if not (settings.scheme.has_judge or (sweep and sweep.has_judge)):
        return model
    how["overrides"] = judge_overrides
    judge = load_model(settings.judge, api_base=settings.judge_api_base, **how)
    return JudgedModel(model, with_price(judge, settings.judge_price))


def _by_file(settings: Settings, overrides: Overrides) -> Model:
    """A model that is asked by files alone."""
    from pytest_rest.models.batches import connect_file, unasked  # aiohttp, for these runs alone

    folder = settings.run_dir / batch_settings.FOLDER
    return unasked.UnaskedModel(connect_file(settings.model, folder, overrides=overrides))
