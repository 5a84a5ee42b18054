"""Makes objects of frozen classes nearly as fast as others, for a run makes dozens in each test."""

import copyreg
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import update_wrapper
from typing import Any, TypeVar

T = TypeVar("T")


def quick(noun: type[T]) -> type[T]:
    """A frozen dataclass with slots that sets its fields by their slots, and is pickled by them.

    By itself it sets each by its name, through `object.__setattr__`, which takes twice as long:
    a replay makes twenty in a test, and takes a tenth longer. It is pickled and read by a loop over
    its fields, which takes twice as long, too: prompts go from one process to another.

    All its fields are parameters, in their order; `TypeError` where the dataclass asks for more.
    """
    names = tuple(each.name for each in fields(noun))  # type: ignore[arg-type] # a dataclass
    if names != getattr(noun, "__match_args__", ()) or hasattr(noun, "__post_init__"):
        raise TypeError(
            f"{noun.__name__} has a __post_init__, or a field with init=False, kw_only or InitVar"
        )
    known: dict[str, Any] = {"noun": noun, "new": copyreg.__newobj__}  # type: ignore[attr-defined]
    parameters, steps = [], []
    for each in fields(noun):  # type: ignore[arg-type] # a dataclass
        name = parameter = value = each.name
        known[f"set_{name}"] = getattr(noun, name).__set__
        if each.default_factory is not MISSING:
            known[f"default_{name}"] = each.default_factory
            value = f"{name}() if {name} is default_{name} else {name}"
        elif each.default is not MISSING:
            known[f"default_{name}"] = each.default
        if f"default_{name}" in known:
            parameter = f"{name}=default_{name}"
        parameters.append(parameter)
        steps.append(f"set_{name}(self, {value})")
    init = f"def init(self, {', '.join(parameters)}):\n {'; '.join(steps)}\n"
    values = " ".join(f"self.{name}," for name in names)
    reduce = f"def reduce(self):\n if type(self) is noun: return noun, ({values})\n"
    reduce += " return new, (type(self),), self.__getstate__()\n"  # it may have more fields
    exec(init + reduce, known)  # noqa: S102 (own names alone, as `dataclass` itself does)
    own: Callable[..., None] = noun.__init__
    noun.__init__ = update_wrapper(known["init"], own)  # type: ignore[method-assign]
    noun.__reduce__ = known["reduce"]  # type: ignore[method-assign]
    return noun
