"""What is published: a wheel that has everything in it, fonts and data included."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_what_is_in_the_wheel(wheel: Path) -> None:
    """Fonts with their licences, the data files, the type marker; no tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    fonts = {f"pytest_rest/fonts/{path.name}" for path in (ROOT / "fonts").iterdir()}
    data = {"prompts/protocol.yaml", "prompts/reasoning.yaml", "py.typed", "models/models.yaml"}
    data |= {"models/vision_rules.yaml", "models/providers/simulated.yaml"}
    data |= {"benchmark/benchmark.schema.json"}
    templates = "reporting/page/templates"
    data |= {f"{templates}/{path.name}" for path in (ROOT / "pytest_rest" / templates).iterdir()}
    assert {f"{templates}/{name}" for name in ("page.html", "page.css", "page.js")} <= data
    assert fonts | {f"pytest_rest/{name}" for name in data} <= names
    assert not [name for name in names if name.startswith(("tests/", "examples/"))]


@pytest.mark.costly
def test_it_runs_away_from_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere and run in an empty folder, it draws with its own fonts and judges."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True, capture_output=True)
    environ = os.environ | {"PYTHONPATH": str(site)}
    code = (
        "from pytest_rest import rendering; "
        "print(rendering.__file__, *(rendering.load_font(f).path for f in rendering.fonts())); "
        "assert rendering.draw('3A = 6').png"
    )
    drawn = _run(["-c", code], empty, environ)
    assert [True] * 4 == [path.startswith(str(site)) for path in drawn.split()]
    args = ["--rest-model=simulated", "--rest-suite=soebench:3", "-p", "no:cacheprovider"]
    ran = _run(["-m", "pytest", *args], empty, environ)
    assert "3 passed" in ran
    assert "RER" in ran
    assert [".rest"] == [path.name for path in empty.iterdir()]


def _run(args: list[str], cwd: Path, environ: dict[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, *args], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
