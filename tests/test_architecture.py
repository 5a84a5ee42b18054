"""The table of floors: imports only point down, type-only ones included."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pytest_rest"

# From the roof to the ground. A module imports from the rows below its own, and nothing beside it.
FLOORS = (
    {"pytest_rest", "plugin", "cli"},
    {"plugin.session"}
    | {f"commands.{name}" for name in ("baseline", "compare", "list", "merge")}
    | {f"commands.{name}" for name in ("render", "report", "representations", "show")},
    {"plugin.terminal", "reporting.page"},
    {"plugin.collection", "plugin.runtest", "plugin.sharding", "plugin.workers"}
    | {"plugin.early", "plugin.foresight", "plugin.planning", "plugin.progress", "plugin.hunts"}
    | {"reporting.costs", "reporting.hunted", "reporting.markdown", "reporting.side_by_side"}
    | {"reporting.summary", "reporting.thinking"},
    {"plugin.run", "reporting.findings", "reporting.progress", "shards"}
    | {"reporting.curve", "reporting.vision"}
    | {"plugin.fuzz", "reporting.kept", "reporting.plots"},
    {"plugin.options", "evaluate", "reporting.text", "asker", "tally"}
    | {
        "inquiry",
        "strategies",
        "reporting.flips",
        "reporting.frame",
        "reporting.items",
        "reporting.layers",
    },
    {"report", "plan", "dispatcher_remote", "models", "plugin.fuzz_options"},
    {"lookahead", "stopping", "plugin.files", "plugin.given"},
    {"benchmark", "dispatcher", "gate", "sweep", "representations", "advice"},
    {
        "benchmark_file",
        "comparisons",
        "effects",
        "evidence",
        "regression",
        "runs",
        "prompts",
        "steps",
        "published",
        "vision",
        "limits",
        "reporting.svg",
    }
    | {"models.litellm", "models.embedded", "models.served", "models.simulated"}
    | {"models.replayed", "models.process", "models.panel", "hidden_states"},
    {"suites.soebench", "suites.mmlu", "suites.arc", "suites.gsm_symbolic", "suites.rh_bench"}
    | {"rendering", "scoring", "metrics", "display", "store", "wording"}
    | {"models.catalogue", "models.failures", "models.messages"},
    {
        "expressions",
        "lengths",
        "tokens",
        "causes",
        "changes",
        "suites.rows",
        "rendering.style_file",
        "rendering.lines",
    },
    {"normal_form", "suites.hub", "rendering.shaping", "rendering.naming"}
    | {"comparison", "sequential"},
    {
        "extensions",
        "formula",
        "quantities",
        "written",
        "pictures",
        "paired",
        "groups",
        "rates",
        "plus",
        "noise",
    }
    | {"aside", "bounds", "baseline", "power", "shard", "flips", "again", "budgets", "rh_auc"}
    | {"alignment", "vectors"}
    | {"rendering.font", "rendering.distortion", "rendering.breaks"},
    {"terms", "errors", "safe_yaml"},
    {"suites", "reporting", "commands"},  # packages that hold a docstring only
)

# Who may import what is heavy or belongs to one side, at any depth of a function.
DOORS: dict[str, tuple[str, ...]] = {
    "pytest": ("plugin",),
    "_pytest": (),
    "PIL": ("rendering", "pictures"),
    "fontTools": ("rendering.font",),
    "litellm": ("models.litellm",),
    "aiohttp": ("models.served",),
    "rapidocr": ("models.embedded",),
    "hypothesis": ("strategies", "plugin.fuzz"),
    "scipy": ("metrics", "paired", "bounds", "comparison", "power", "rh_auc"),
    "jiwer": ("scoring",),
    "sympy": ("normal_form",),
    "mpmath": ("expressions",),
    "numpy": ("alignment", "vectors", "hidden_states"),
    "torch": ("hidden_states",),
    "transformers": ("hidden_states",),
    "pyarrow": ("suites.hub",),
    "huggingface_hub": ("suites.hub",),
}


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__") or "pytest_rest"] = path
    return found


MODULES = _modules()


@functools.cache
def _tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def _imports(name: str) -> Iterator[str]:
    """Every module that a module names, wherever in the file: dotted, this package's without it."""
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            for alias in node.names:
                dotted = f"{node.module}.{alias.name}"
                own = dotted.removeprefix("pytest_rest.")
                yield dotted if own in MODULES or node.module == "pytest_rest" else str(node.module)


def _own(name: str) -> set[str]:
    found = {each for each in _imports(name) if each.startswith("pytest_rest")}
    own = {each.removeprefix("pytest_rest.") for each in found}
    return {each if each in MODULES else "pytest_rest" for each in own}


def _floor(name: str) -> int:
    return next(row for row, names in enumerate(FLOORS) if name in names)


def test_every_module_has_a_floor() -> None:
    """The table names each module once, and no other."""
    listed = [name for names in FLOORS for name in names]
    assert sorted(MODULES) == sorted(listed)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_only_point_down(name: str) -> None:
    """A module imports from the floors below its own."""
    if name == "pytest_rest":
        return  # the front door: everything it names is resolved when it is first used
    wrong = {each for each in _own(name) - {"pytest_rest"} if _floor(each) <= _floor(name)}
    assert set() == wrong


def test_the_front_door_opens_nothing() -> None:
    """The package itself imports nothing of its own outside type checking."""
    top = [node for node in _tree("pytest_rest").body if isinstance(node, ast.ImportFrom)]
    assert {"importlib", "typing"} == {node.module for node in top}


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_package_has_one_door(package: str) -> None:
    """Pillow is rendering's, LiteLLM its model's, pytest the plugin's; nobody else's."""
    users = {
        name
        for name in MODULES
        if any(each.partition(".")[0] == package for each in _imports(name))
    }
    assert set() == {user for user in users if not user.startswith(DOORS[package])}


def test_only_terms_of_the_ground_floor_are_standard_library() -> None:
    """Terms and errors import the standard library alone."""
    import sys

    for name in ("terms", "errors", "display", "gate"):
        outside = {each.partition(".")[0] for each in _imports(name)}
        assert set() == outside - set(sys.stdlib_module_names) - {"pytest_rest"}
