"""Styles from a file: what it may say, what it may not, and runs in its styles."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest
from strategies import styles

from pytest_rest import rendering
from pytest_rest.benchmark import style_file
from pytest_rest.benchmark.style_file import read_styles
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import style_name
from pytest_rest.terms import Style

ROOT = Path(__file__).parents[2]
SIMULATED = ("--rest-model=simulated", "--rest-suite=soebench:2")

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a style file, beside which lie two fonts."""
    shutil.copy(ROOT / "fonts/DejaVuSans.ttf", tmp_path / "Own-Sans.ttf")
    shutil.copy(ROOT / "fonts/DancingScript-Regular.otf", tmp_path / "script.otf")

    def written(text: str) -> Path:
        path = tmp_path / "my.yaml"
        path.write_text(text, "utf-8")
        return path

    return written


def read(path: Path) -> tuple[Style, ...]:
    """The styles of a file."""
    return read_styles(path)


def test_the_example_of_the_documentation_is_read(write: Write) -> None:
    """docs/styles.md says every key, and its example is one."""
    text = (ROOT / "docs/styles.md").read_text("utf-8")
    example, _ = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    rest, by_name, scan, large = read(write(example))
    assert Style() == rest
    assert rendering.parse_style("courier-50dpi") == by_name
    expected = "150dpi-#222222-on-ivory-rotation=-1.5-blur=0.3-noise=0.04-jpeg_quality=40"
    assert ("scan", rendering.parse_style(expected)) == (scan.id, scan)
    assert ("large", 18, 1.2, 360, 9) == (
        *(large.id, large.size_pt, large.line_spacing),
        *(large.page_width_pt, large.margin_pt),
    )
    assert rendering.draw("3A = 6 Ω", large).png
    table = re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE)
    assert set(style_file.KEYS) == set(re.findall(r"`(\w+)`", " ".join(table)))


@given(st.lists(styles(), min_size=1, max_size=4, unique=True))
def test_every_style_can_be_written(listed: list[Style]) -> None:
    """In its parts, or by its name."""
    fields = {field: key for key, field in style_name.NUMBERS.items()}
    parts = [
        {
            fields.get(field, field): getattr(style, field)
            for field in ("font", "dpi", "color", "background", "highlight", *fields)
        }
        for style in listed
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "styles.yaml")
        for written in (parts, [style.id for style in listed]):
            path.write_text(yaml.safe_dump({"styles": written}), "utf-8")
            assert tuple(listed) == read(path)


def test_a_font_is_found_beside_the_file(write: Write, tmp_path: Path) -> None:
    """Relative to the file; its id has the file's name, and its digest is of the content."""
    (style,) = read(write("styles: [{font: Own-Sans.ttf, dpi: 100}]"))
    sha256 = hashlib.sha256((tmp_path / "Own-Sans.ttf").read_bytes()).hexdigest()
    assert (str(tmp_path / "Own-Sans.ttf"), sha256) == (style.font, style.font_sha256)
    assert re.fullmatch(r"Own_Sans\.[0-9a-f]{8}-100dpi-black", style.id)
    assert rendering.draw("Ag 7", Style(dpi=100)).digest == rendering.draw("Ag 7", style).digest


def test_a_changed_font_is_another(write: Write, tmp_path: Path) -> None:
    """The same path with another file in it has another digest, and the same file elsewhere not."""
    path = write("styles: [{font: Own-Sans.ttf, noise: 0.1}]")
    (style,) = read(path)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("Own-Sans.ttf", "my.yaml"):
        shutil.copy(tmp_path / name, moved)
    (other,) = read(moved / "my.yaml")
    assert style.digest == other.digest
    assert rendering.draw("7", style).digest == rendering.draw("7", other).digest
    shutil.copy(tmp_path / "script.otf", tmp_path / "Own-Sans.ttf")
    rendering.load_font.cache_clear()
    (changed,) = read(path)
    assert style.font == changed.font
    assert len({style.digest, changed.digest}) == len({style.id, changed.id}) == 2


def test_fonts_stand_in_for_each_other(write: Write) -> None:
    """A character comes from the first font that has it."""
    (style,) = read(write("styles: [{font: [script.otf, dejavu]}]"))
    (alone,) = read(write("styles: [{font: script.otf}]"))
    assert rendering.draw("Ag", alone).digest == rendering.draw("Ag", style).digest
    with pytest.raises(RenderingError, match="has no glyph for 'Ж'"):
        rendering.draw("AЖ", alone)
    assert rendering.draw("AЖ", style).png
    with pytest.raises(RenderingError, match="has no glyph for '中'"):
        rendering.draw("中", style)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ":1: is not a list of styles; write styles: and one below it"),
        ("styles:", ":1: lists no styles"),
        ("styles: []", ":1: lists no styles"),
        ("style: [courier]", ":1: unknown key 'style'; did you mean 'styles'?"),
        ("styles:\n- dpi: 50\n  colour: red", ":3: unknown key 'colour'; did you mean 'color' or"),
        ("styles:\n- [courier]", ":2: a style is a name, or a mapping of keys"),
        ("styles:\n- curier", ":2: unknown style 'curier'"),
        ("styles:\n- dpi: 100\n  rotation: 200", ":3: rotation is 200.0; give degrees from -180"),
        ("styles:\n- noise: 5%", ":2: noise is '5%'; give a share from 0 to 1"),
        ("styles:\n- noise: nan", ":2: noise is 'nan'; give a share"),
        ("styles:\n- noise: .inf", ":2: noise is '.inf'; give a share"),
        ("styles:\n- jpeg_quality: 50.5", ":2: jpeg_quality is 50.5; give a whole number"),
        ("styles:\n- dpi: 0", ":2: dpi is 0; give a whole number of dots"),
        ("styles:\n- size: [12]", ":2: 'size' is a list or a mapping"),
        ("styles:\n- size:", ":2: size is ''; give points above 0"),
        ("styles:\n- color: #ff0000", ":2: color is empty; a # begins a comment"),
        ("styles:\n- color: redd", ":2: color 'redd' is not a colour; did you mean 'red'?"),
        ("styles:\n- color: rgb(1, 2, 3)", ":2: color is 'rgb(1, 2, 3)'; use a CSS name"),
        ("styles:\n- font: nowhere.ttf", "/nowhere.ttf'; check its path"),
        ("styles:\n- font: my.yaml", "is not a .ttf, .otf or .ttc file; convert it to one"),
        ("styles:\n- font: curier", ":2: unknown font 'curier'"),
        ("styles:\n- font: Own-Sans.ttf#1", ":2: font '"),
        ("styles:\n- font: broken.ttf", "cannot be read: "),
        ("styles:\n- font: a.ttf|dejavu", ":2: font 'a.ttf|dejavu': write several fonts as a list"),
        ("styles:\n- font: []", ":2: font is an empty list"),
        ("styles:\n- name: a b", ":2: name 'a b' cannot be in a test's name"),
        ("styles:\n- name: ''", ":2: name '' cannot be in a test's name"),
        ("styles:\n- dpi: 50\n  name: courier", ":3: name 'courier' already means another style"),
        (
            "styles:\n- name: a\n  dpi: 50\n- name: a\n  dpi: 60",
            ":4: style 'a' is already in line 2; rename it",
        ),
        (
            "styles:\n- courier\n- font: courier\n  name: b",
            ":3: style 'b' looks like the one in line 2; leave one out",
        ),
        ("styles:\n- dpi: 50\n  dpi: 60", ":3: key 'dpi' is given twice"),
    ],
)
def test_mistakes_are_reported_with_their_line(
    write: Write, tmp_path: Path, text: str, expected: str
) -> None:
    """One line: the file, the line, what is wrong there, and the mend."""
    (tmp_path / "broken.ttf").write_bytes(b"\0\1\0\0 no font")
    path = write(text)
    with pytest.raises(RenderingError) as caught:
        read(path)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")
    assert 1 == len(str(caught.value).splitlines())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Is named."""
    with pytest.raises(RenderingError, match=r"none\.yaml: cannot be read: "):
        read(tmp_path / "none.yaml")


def test_styles_of_several_files_are_joined(write: Write) -> None:
    """One style once; two of one id, or two ids of one look, are refused."""
    path = str(write("styles: [{name: mine, dpi: 50}]"))
    assert ["mine"] == [style.id for style in named_styles([path, path])]
    with pytest.raises(RenderingError, match="styles 'mine' and 'dejavu-50dpi-black' look alike"):
        named_styles([path, "50dpi"])
    other = Path(path).with_name("other.yml")
    other.write_text("styles: [{name: mine, dpi: 60}]", "utf-8")
    with pytest.raises(RenderingError, match="style 'mine' is given twice"):
        named_styles([path, str(other)])


# Runs

FILE = """
styles:
  - name: scan
    dpi: 100
    rotation: 2
    noise: 0.05
  - font: fonts/script.otf
    dpi: 50
"""


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The test's folder with a style file and a font below it."""
    (pytester.path / "fonts").mkdir()
    shutil.copy(ROOT / "fonts/DancingScript-Regular.otf", pytester.path / "fonts/script.otf")
    (pytester.path / "my.yaml").write_text(FILE, "utf-8")
    return pytester.path


def test_a_run_asks_in_styles_of_a_file(
    folder: Path, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Mixed with others by name; the report says what the ids stand for."""
    run = run_rest(*SIMULATED, "--rest-style=courier-50dpi,my.yaml", "-v", *mode)
    assert {"passed": 6} == run.outcomes
    assert "test_answers_agree[soebench-0001-scan]" in run.out
    sha256 = hashlib.sha256((folder / "fonts/script.otf").read_bytes()).hexdigest()
    script = next(name for name in run.report["styles"] if name.startswith("script."))
    provenance = run.report["provenance"]
    assert ["courier-50dpi-black", "scan", script] == provenance["styles"]
    assert {"scan", script} == set(provenance["own_styles"])
    scan = provenance["own_styles"]["scan"]
    assert (2.0, 0.05) == (scan["rotation"], scan["noise"])
    assert sha256 == provenance["own_styles"][script]["font_sha256"]
    assert {2} == {each["items"] for each in run.report["styles"].values()}


def test_the_marker_takes_a_file_beside_its_test(
    folder: Path, pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """From wherever pytest is started."""
    below = folder / "below"
    below.mkdir()
    (below / "own.yaml").write_text("styles: [{name: own, dpi: 50}]", "utf-8")
    (below / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.rest('soebench:2', styles=['own.yaml', 'courier'])\n"
        "def test_own(rest): assert rest().consistent\n",
        "utf-8",
    )
    run = run_rest("--rest-model=simulated", "below", *mode)
    assert {"passed": 4} == run.outcomes
    assert ["own"] == list(run.report["provenance"]["own_styles"])


def test_the_marker_takes_a_style_with_a_font_file(
    folder: Path, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Made in Python; its file's digest is found."""
    (folder / "test_it.py").write_text(
        "import pytest\n"
        "from pytest_rest import Style\n"
        f"OWN = Style(font={str(folder / 'fonts/script.otf')!r}, dpi=50)\n"
        "@pytest.mark.rest('soebench:2', styles=[OWN])\n"
        "def test_own(rest): assert rest().consistent\n",
        "utf-8",
    )
    run = run_rest("--rest-model=simulated", ".", *mode)
    assert {"passed": 2} == run.outcomes
    sha256 = hashlib.sha256((folder / "fonts/script.otf").read_bytes()).hexdigest()
    (own,) = run.report["provenance"]["own_styles"].values()
    assert sha256 == own["font_sha256"]


def test_an_id_belongs_to_one_style_in_a_run(folder: Path, run_rest: RunRest) -> None:
    """Two files with a style of one name, in two tests, stop the collection."""
    (folder / "other.yaml").write_text("styles: [{name: scan, dpi: 50}]", "utf-8")
    marker = "@pytest.mark.rest('soebench:1', styles=['{}.yaml'])\ndef test_{}(rest): rest()\n"
    tests = "".join(marker.format(name, name) for name in ("my", "other"))
    (folder / "test_it.py").write_text(f"import pytest\n{tests}", "utf-8")
    run = run_rest("--rest-model=simulated", ".")
    assert "style 'scan' is there twice; rename one of them" in run.out
    assert pytest.ExitCode.INTERRUPTED == run.status


def test_the_ini_file_names_files_too(
    folder: Path, pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """And a resumed run reads the same one, from the same place."""
    pytester.makeini("[pytest]\nrest_styles = my.yaml")
    assert {"passed": 4} == run_rest(*SIMULATED).outcomes
    again = run_rest("--rest-resume", keep=True)
    assert {"passed": 4} == again.outcomes
    assert again.report["usage"]["calls"] == again.report["usage"]["cached"]


def test_a_failure_is_asked_again_with_its_file(folder: Path, run_rest: RunRest) -> None:
    """A named style is known by its file, and -k reads what stands there."""
    args = ("--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:2")
    run = run_rest(*args, "--rest-style=my.yaml", "-x")
    assert f"--rest-style={folder / 'my.yaml'} --rest-suite=soebench:2 -k" in run.out
    run = run_rest(*args, "--rest-style=rotation=-2", "-x")
    (again,) = re.findall(r"-k '(.*)'", run.out)
    assert "soebench-0000-dejavu-200dpi-black-rotation and -2" == again
    assert {"failed": 1} == {
        key: n
        for key, n in run_rest(*args, "--rest-style=rotation=-2", "-k", again).outcomes.items()
        if key == "failed"
    }


def test_a_file_with_a_mistake_is_wrong_usage(folder: Path, run_rest: RunRest) -> None:
    """Told before anything is asked."""
    (folder / "my.yaml").write_text("styles:\n- dpi: many", "utf-8")
    run = run_rest(*SIMULATED, "--rest-style=my.yaml")
    assert f"{folder / 'my.yaml'}:2: dpi is 'many'; give a whole number" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert not (folder / "run").exists()


def test_a_worker_that_reads_another_file_stops_the_run(
    folder: Path, pytester: pytest.Pytester
) -> None:
    """What the main process sends is compared with what the worker reads."""
    from pytest_rest.errors import OptionError
    from pytest_rest.plugin import settings

    args = [*SIMULATED, f"--rest-style={folder / 'my.yaml'}", "--rest-run-dir=run"]
    config = pytester.parseconfig(*args)
    sent = settings.to_wire(settings.read(config), "simulated", None, "worker")
    assert 2 == len(settings.read(config, sent).styles)
    changed = json.dumps({**json.loads(sent), "styles": ["0" * 16] * 2})
    with pytest.raises(OptionError, match="reads other style files or fonts"):
        settings.read(config, changed)


def test_the_colours_of_code_are_named(write: Write) -> None:
    """As Pygments names them, or as a style's name does; another name is told with its line."""
    one, other = read(write("styles:\n- highlight: github-dark\n- {highlight: rainbow_dash}\n"))
    assert ("github_dark", "rainbow_dash") == (one.highlight, other.highlight)
    assert "dejavu-200dpi-black-highlight=github_dark" == one.id
    with pytest.raises(RenderingError, match=r":2: unknown highlight 'monokay'; did you mean 'mon"):
        read(write("styles:\n- highlight: monokay\n"))
