"""Refuses a budget of dollars that cannot be held, before anything is asked."""

from pytest_rest.errors import OptionError
from pytest_rest.models.with_judge import JudgedModel
from pytest_rest.plugin.run import Run
from pytest_rest.terms import Priced

_OPTIONS = ("--rest-price", "--rest-judge-price")


def check(run: Run) -> None:
    """Raise `OptionError` where --rest-max-cost is given and a price is not known."""
    settings, model = run.settings, run.model
    if not settings.limits.max_cost or settings.replay or settings.stored:
        return
    models = model.models if isinstance(model, JudgedModel) else (model,)
    for asked, option in zip(models, _OPTIONS, strict=False):
        if not isinstance(asked, Priced) or asked.price is None:
            raise OptionError(
                f"--rest-max-cost cannot be held: the price of {asked.name!r} is not known; give "
                f"{option}=IN/OUT, in US dollars for a million tokens"
            )
