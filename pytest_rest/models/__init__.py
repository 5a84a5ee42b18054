"""Loads the model that a user names, and asks it."""

import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.errors import ModelError, one_line
from pytest_rest.models.completions import checked
from pytest_rest.models.overrides import Overrides
from pytest_rest.terms import Budget, Completion, Model, Prompt


def load_model(
    spec: str,
    *,
    seed: int = 0,
    api_base: str | None = None,
    timeout: float = 120.0,
    is_asked: bool = True,
    budgets: Sequence[Budget] = (),
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> Model:
    """The model that `spec` names; `ModelError` says what is wrong, before anything is asked.

    `embedded`, `simulated[:PROFILE]`, `python:module:factory` (a callable without arguments that
    returns a `Model`), a name that another package declares (see `extensions`), or any that LiteLLM
    knows. `api_base` is an OpenAI-compatible server, which gets the name as it is; `timeout` is in
    seconds for one call. A model that is only planned for, and not `is_asked`, needs no key. Native
    `budgets` are checked against what the model takes. `overrides` are what is added to each
    request of an endpoint.
    """
    native = [budget for budget in budgets if budget.control == "native"]
    kind, _, rest = spec.partition(":")
    _check(spec, kind, api_base, native, overrides)
    if spec == "embedded":
        from pytest_rest.models.providers.embedded import EmbeddedModel

        return EmbeddedModel()
    if kind == "simulated":
        from pytest_rest.models.providers.simulated import SimulatedModel

        return SimulatedModel(rest, seed)
    if kind == "python":
        return _build(spec, _factory(spec, rest))
    if kind in extensions.declared("models"):
        factory = extensions.load("models", kind)
        return _build(spec, functools.partial(factory, rest) if rest else factory)
    if api_base is not None:
        from pytest_rest.models.providers import openai_compatible

        return openai_compatible.connect(spec, api_base, timeout=timeout, overrides=overrides)
    from pytest_rest.models import subprocess
    from pytest_rest.models.providers import litellm

    model = litellm.connect(
        spec, timeout=timeout, is_asked=is_asked, budgets=native, overrides=overrides
    )
    return subprocess.ModelProcess(model)


async def ask(model: Model, prompt: Prompt) -> Completion:
    """One completion; whatever the model raises becomes its `error`."""
    try:
        (completion,) = await model.ask([prompt])
        return checked(completion)
    except Exception as error:
        return failed(model, error)


def failed(model: Model, error: Exception) -> Completion:
    """The completion of a call that raised."""
    return Completion(error=f"error: {one_line(error)[:300]}", model=model.name)


def _check(
    spec: str, kind: str, api_base: str | None, native: Sequence[Budget], overrides: Overrides
) -> None:
    """Raise `ModelError` for settings that this kind of model does not take."""
    is_own = kind in ("embedded", "simulated", "python")
    if (is_own or kind in extensions.declared("models")) and not overrides.is_empty:
        raise ModelError(
            f"model {spec!r} is not an endpoint, and takes no parameters, body or headers; leave "
            " --rest-parameter, --rest-body and --rest-header out"
        )
    if is_own and api_base:
        raise ModelError(f"model {spec!r} is not an endpoint and takes no API base; leave it out")
    if native and (is_own or api_base is not None):
        raise ModelError(
            f"model {spec!r} is not asked through LiteLLM, which native budgets need; "
            "leave --rest-reasoning-control out"
        )


def _factory(spec: str, path: str) -> Callable[[], object]:
    """What makes the model of `python:module:factory`; imported when it is called."""
    module_name, _, factory_name = path.partition(":")
    if not module_name or not factory_name:
        raise ModelError(f"model {spec!r}: write python:MODULE:FACTORY")
    here = str(Path.cwd())
    if here not in sys.path:  # as `python -m` does, so that a module beside the tests is found
        sys.path.insert(0, here)
    return lambda: getattr(import_module(module_name), factory_name)()


def _build(spec: str, factory: Callable[[], object]) -> Model:
    try:
        model = factory()
    except Exception as error:
        raise ModelError(f"model {spec!r} cannot be made: {one_line(error)}") from error
    if not isinstance(model, Model):
        members = [name for name in dir(Model) if not name.startswith("_")]
        lacking = [name for name in members if not hasattr(model, name)]
        raise ModelError(
            f"model {spec!r}: {type(model).__name__!r} is not a pytest_rest.Model; "
            f"it lacks {', '.join(lacking)}"
        )
    return model
