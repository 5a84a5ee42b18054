"""The house: rooms on floors, what each may import, and whose a foreign package is."""

import ast
import functools
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pytest_rest"
GROUND = frozenset({"credentials", "terms", "errors", "extensions", "safe_files", "safe_text"})
GROUND |= {"line_file", "safe_yaml", "wording"}

# From the roof to the ground: a room, and the rooms that it may import beside the ground's modules,
# type-only imports included. A folder is a room; `evaluate` and `strategies` are one module each.
ROOMS: dict[str, set[str]] = {
    "plugin": {"reporting", "gate", "fuzzing", "evaluate", "benchmark", "prompts", "dispatch"}
    | {"eyechart", "metrics", "rendering", "scoring", "models", "statistics"},
    "commands": {"reporting", "representations", "gate", "eyechart", "benchmark", "dispatch"}
    | {"evaluate", "metrics", "rendering", "models", "statistics"},
    "strategies": {"fuzzing"},
    "reporting": {"benchmark", "dispatch", "fuzzing", "gate", "metrics", "models", "rendering"}
    | {"eyechart", "representations", "scoring", "statistics"},
    "representations": {"gate", "prompts", "rendering", "statistics"},
    "gate": {"metrics", "scoring", "statistics"},
    "fuzzing": {"benchmark", "dispatch", "prompts", "rendering", "scoring"},
    "eyechart": {"rendering", "scoring", "statistics"},
    "evaluate": {"benchmark", "models", "prompts", "scoring"},
    "benchmark": {"rendering", "scoring"},
    "prompts": {"rendering"},
    "dispatch": {"models"},
    "metrics": {"scoring", "statistics", "models"},
    "rendering": set(),
    "scoring": set(),
    "models": set(),
    "statistics": set(),
}

# Who may import what is heavy or belongs to one side, wherever in a function it is imported.
DOORS: dict[str, tuple[str, ...]] = {
    "pytest": ("plugin",),
    "_pytest": (),
    "PIL": ("rendering",),
    "pypdfium2": ("rendering.document",),
    "fontTools": ("rendering.font",),
    "litellm": ("models.providers.litellm",),
    "aiohttp": ("models.providers.openai_compatible", "models.batches"),
    "rapidocr": ("models.providers.embedded",),
    "hypothesis": ("fuzzing",),
    "scipy": ("statistics",),
    "jinja2": ("reporting.page",),
    "jiwer": ("scoring",),
    "pint": ("scoring.quantities",),
    "pygments": ("rendering.highlighting",),
    "sympy": ("scoring.normal_form",),
    "mpmath": ("scoring.expressions",),
    "numpy": ("representations", "statistics"),
    "torch": ("representations.encoder",),
    "transformers": ("representations.encoder",),
    "pyarrow": ("benchmark.suites.hub", "commands.export"),
    "huggingface_hub": ("benchmark.suites.hub",),
}


def _modules() -> dict[str, Path]:
    """Each module's file by its dotted name without the package's, which is empty itself."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = _modules()


@functools.cache
def _tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


@functools.cache
def _imports(name: str) -> frozenset[str]:
    """Every module that a module names, wherever in the file: dotted, this package's without it."""
    named: set[str] = set()
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            for alias in node.names:
                dotted = f"{node.module}.{alias.name}"
                is_module = dotted.removeprefix("pytest_rest.") in MODULES
                named.add(dotted if is_module else str(node.module))
    return frozenset(named)


def _own(name: str) -> set[str]:
    """The modules of this package that a module names."""
    named = {each for each in _imports(name) if f"{each}.".startswith("pytest_rest.")}
    return {each.removeprefix("pytest_rest").removeprefix(".") for each in named}


def _room(name: str) -> str:
    return name.partition(".")[0]


def wrong_imports(room: str, named: set[str]) -> set[str]:
    """What a module of that room must not import."""
    allowed = GROUND if room in GROUND else GROUND | ROOMS[room] | {room, ""}
    return {each for each in named if _room(each) not in allowed}


def test_every_module_is_in_a_room() -> None:
    """A new folder or module at the top has no place until the table gives it one."""
    assert GROUND | set(ROOMS) == {_room(name) for name in MODULES} - {""}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_only_point_down(name: str) -> None:
    """From room to room as the table has it, and no other way."""
    if name:  # the front door resolves what it names when it is first used
        assert set() == wrong_imports(_room(name), _own(name))


def test_an_import_against_the_table_is_found() -> None:
    """Rendering knows nothing of a benchmark's files, and the ground nothing of a room."""
    assert {"benchmark.styles"} == wrong_imports("rendering", {"benchmark.styles", "terms"})
    assert {"metrics"} == wrong_imports("terms", {"metrics", "errors"})


def test_the_table_points_down() -> None:
    """No two rooms may import each other, over however many others; the longest way has six."""
    assert 6 >= max(map(_height, ROOMS))


def _height(room: str, above: tuple[str, ...] = ()) -> int:
    """How many rooms the longest way down passes, this one included and the ground not."""
    assert room not in above, f"a circle: {' -> '.join((*above, room))}"
    return 1 + max((_height(each, (*above, room)) for each in ROOMS[room]), default=0)


def test_there_is_no_circle_inside_a_room() -> None:
    """A module imports none that imports it; a package stands for what its own file imports."""
    below: dict[str, set[str]] = {
        name: {each for each in _own(name) if each in MODULES and each != name}
        for name in MODULES
        if name
    }
    while leaves := {name for name, others in below.items() if not others & set(below)}:
        for name in leaves:
            del below[name]
    assert [] == sorted(below)


def test_the_front_door_opens_nothing() -> None:
    """The package itself imports nothing of its own outside type checking."""
    top = [node for node in _tree("").body if isinstance(node, ast.ImportFrom)]
    assert {"importlib", "typing"} == {node.module for node in top}


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_package_has_one_door(package: str) -> None:
    """Pillow is rendering's, LiteLLM its model's, pytest the plugin's; nobody else's."""
    users = {
        name
        for name in MODULES
        if any(each.partition(".")[0] == package for each in _imports(name))
    }
    doors = tuple(f"{door}." for door in DOORS[package])
    assert set() == {user for user in users if not f"{user}.".startswith(doors)}


def test_the_nouns_are_standard_library() -> None:
    """Terms and errors import nothing that has to be installed."""
    for name in MODULES:
        if _room(name) not in ("credentials", "terms", "errors", "safe_text"):
            continue
        outside = {each.partition(".")[0] for each in _imports(name)}
        assert set() == outside - set(sys.stdlib_module_names) - {"pytest_rest"}
