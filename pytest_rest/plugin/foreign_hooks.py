"""Tells whether others than pytest, and plugins known to leave tests as they are, have a hook."""

import pytest

_IN_WORKER = "__channelexec__."  # xdist's own, by which a worker tells the main process
_KNOWN = ("_pytest.", "xdist.", _IN_WORKER, "_hypothesis_pytestplugin", "anyio.", "pytest_rest.")


def has_any(config: pytest.Config, *names: str) -> bool:
    """Whether one of the hooks of these names is implemented by somebody else."""
    hooks = [each for name in names for each in getattr(config.hook, name).get_hookimpls()]
    return any(not f"{hook.function.__module__}.".startswith(_KNOWN) for hook in hooks)
