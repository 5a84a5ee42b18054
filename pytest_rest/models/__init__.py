"""Turns a model's name, as a user writes it, into something that can be asked."""

import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.errors import ModelError
from pytest_rest.terms import Budget, Completion, Model, Prompt


def load_model(
    spec: str,
    *,
    seed: int = 0,
    api_base: str | None = None,
    timeout: float = 120.0,
    is_asked: bool = True,
    budgets: Sequence[Budget] = (),
) -> Model:
    """The model that `spec` names; `ModelError` says what is wrong, before anything is asked.

    `embedded`, `simulated[:PROFILE]`, `python:module:factory` (a callable without arguments that
    returns a `Model`), a name that another package declares (see `extensions`), or any that LiteLLM
    knows. `api_base` is an OpenAI-compatible server
    that is asked for the name as it stands; `timeout` is in seconds for one call. A model
    that is not asked, but only planned for, needs no key. Native `budgets` must be some that it
    takes.
    """
    native = [budget for budget in budgets if budget.control == "native"]
    kind, _, rest = spec.partition(":")
    _check(spec, kind, api_base, native)
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

        return openai_compatible.connect(spec, api_base, timeout=timeout)
    from pytest_rest.models import subprocess
    from pytest_rest.models.providers import litellm

    model = litellm.connect(spec, timeout=timeout, is_asked=is_asked, budgets=native)
    return subprocess.ModelProcess(model)


async def ask(model: Model, prompt: Prompt) -> Completion:
    """One completion; whatever a model of the user's own raises becomes its `error`."""
    try:
        (completion,) = await model.ask([prompt])
    except Exception as error:
        return failed(model, error)
    return completion


def failed(model: Model, error: Exception) -> Completion:
    """The completion of a call that raised."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return Completion(error=f"error: {line[:300]}", model=model.name)


def _check(spec: str, kind: str, api_base: str | None, native: Sequence[Budget]) -> None:
    """Raise `ModelError` for what this kind of model has no use for."""
    is_own = kind in ("embedded", "simulated", "python")
    if is_own and api_base:
        raise ModelError(
            f"model {spec!r} is no endpoint, so an API base has no meaning; leave it out"
        )
    if native and (is_own or api_base is not None):
        raise ModelError(
            f"model {spec!r} is not asked through LiteLLM, whose matter native budgets are; "
            "leave --rest-reasoning-control out"
        )


def _factory(spec: str, path: str) -> Callable[[], object]:
    """The factory of `python:module:factory`."""
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
        line = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(f"model {spec!r} cannot be made: {line}") from error
    if not isinstance(model, Model):
        lacking = [name for name in _members() if not hasattr(model, name)]
        raise ModelError(
            f"model {spec!r}: {type(model).__name__!r} is no pytest_rest.Model; "
            f"it lacks {', '.join(lacking)}"
        )
    return model


def _members() -> list[str]:
    return [name for name in dir(Model) if not name.startswith("_")]
