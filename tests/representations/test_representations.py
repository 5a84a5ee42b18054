"""Measuring, going on after an interrupt, and correlating with RER: a planted model, no torch."""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from test_cli import printed

from pytest_rest import benchmark, representations
from pytest_rest.errors import BenchmarkError, StoreError
from pytest_rest.reporting.page import layers
from pytest_rest.reporting.terminal import layers as layer_lines
from pytest_rest.representations.alignment import PEAKS, SHARES, Alignment, align
from pytest_rest.representations.vectors import Pooled, Vectors
from pytest_rest.terms import Image, Item, Style

N = 12
ITEMS = benchmark.load(f"soebench:{N}")
SETTINGS = {"model": "planted", "suite": "soebench"}
Capture = pytest.CaptureFixture[str]


class Planted:
    """At layer 0 a picture has nothing of its text, at layer 1 it is its text, and 2 is noisy."""

    name = "planted"
    revision = "0"
    device, dtype = "cpu", "fp32"

    def __init__(self, dies_after: int = N) -> None:
        self.asked: list[str] = []
        self._dies_after = dies_after

    def pool(self, shown: Sequence[Image], texts: Sequence[str]) -> list[Pooled]:
        """Vectors that only the text decides."""
        if len(self.asked) + len(texts) > self._dies_after:
            raise KeyboardInterrupt
        assert [*texts] == [image.text for image in shown]
        self.asked += texts
        return [self._vectors(text) for text in texts]

    def _vectors(self, text: str) -> Pooled:
        random = np.random.default_rng(zlib.crc32(text.encode()))
        other, same, noise = random.normal(size=(3, 16))
        return np.array([[other, same, same], [same, same, same + noise]], dtype=np.float32)


def pooled(folder: Path, encoder: Planted, items: Sequence[Item] = ITEMS) -> Vectors:
    """The folder after a measurement with it, four items at a time."""
    vectors = Vectors(folder, SETTINGS)
    representations.pool(encoder, items, Style(), vectors, 4, lambda done: None)
    return vectors


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Alignment:
    """What is measured of the planted model."""
    return align(pooled(tmp_path_factory.mktemp("found"), Planted()).layers(N))


def test_each_layer_is_what_was_planted(found: Alignment) -> None:
    """Chance where nothing is shared, and all retrieved where a picture is its text."""
    assert (N, 1 / N, 3) == (found.n, found.chance, len(found.layers))
    for name in ("matched", *SHARES):
        assert 1 == found.peaks[name].layer
        assert 1 == pytest.approx(found.peaks[name].value)
        assert found.layers[0][name].value < 0.4
    assert 0.5 < found.layers[2]["matched"].value < 0.9


def test_texts_beside_other_pictures_are_chance(tmp_path: Path) -> None:
    """The same vectors, their texts moved on by one item: nothing is retrieved."""
    paired = pooled(tmp_path, Planted()).layers(N)
    shifted = align((images, np.roll(texts, 1, axis=0)) for images, texts in paired)
    assert shifted.peaks["two_way"].value <= 3 / N
    assert shifted.layers[1]["gap"].low < 0.1


def test_it_goes_on_where_it_was_cut_short(tmp_path: Path) -> None:
    """What is stored is not asked again, a half-written file is, and the figures are the same."""
    whole = pooled(tmp_path / "whole", Planted())
    first, second = Planted(dies_after=8), Planted()
    with pytest.raises(KeyboardInterrupt):
        pooled(tmp_path / "cut", first)
    assert 8 == len(first.asked)
    broken = sorted((tmp_path / "cut").glob("*.npy"))[0]
    broken.write_bytes(broken.read_bytes()[:200])
    again = pooled(tmp_path / "cut", second)
    assert N - 8 + 1 == len(second.asked)
    expected, actual = (align(each.layers(N)) for each in (whole, again))
    assert expected == actual


def test_another_measurements_vectors_are_refused(tmp_path: Path) -> None:
    """The folder of another model, or one that is damaged, is never mixed in."""
    pooled(tmp_path, Planted())
    with pytest.raises(StoreError, match=r"another model: 'planted', not 'other'"):
        Vectors(tmp_path, {**SETTINGS, "model": "other"})
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be used"):
        Vectors(tmp_path, SETTINGS)


def test_what_cannot_be_compared_is_refused() -> None:
    """A single item, and an item whose picture is its own."""
    with pytest.raises(BenchmarkError, match="over 2 to 5,000 items, not 1"):
        representations.check(ITEMS[:1])
    with pytest.raises(BenchmarkError, match="'x' has a picture or a document of its own"):
        representations.check([ITEMS[0], Item("x", "?", "1", image="x.png")])


def test_the_table_and_the_plot(found: Alignment) -> None:
    """80 columns, and an SVG in which every line stays within its panel and nothing is markup."""
    lines = [*layer_lines.table(found)]
    assert [] == [line for line in lines if len(line) > 80]
    assert "two-way retrieval    100.0 [" == lines[5][:28]
    assert f"n {N}; chance retrieves 8.3 %" == lines[6]
    root = ElementTree.fromstring(layers.plot(found, "<b>&"))  # noqa: S314 (it is our own)
    texts = ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("text")]
    assert "<b>&" == texts[0]
    assert {"matched cosine", "two-way retrieval", "chance", "layer"} <= {*texts}
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    drawn = [each for each in root.iter() if "points" in each.attrib]
    assert 12 == len(drawn)
    for each in drawn:
        for point in each.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Alignment) -> None:
    """Files of four models whose gap goes with RER, and their reports."""
    monkeypatch.chdir(tmp_path)
    for n, rer in enumerate([0.2, 0.4, 0.5, 0.9]):
        content = representations.to_builtins(found, {"model": f"model-{n}"})
        content["maximum"]["gap"]["value"] = 0.1 + rer / 2
        Path(f"f{n}.json").write_text(json.dumps(content))
        report: dict[str, Any] = {"schema": "pytest-rest/report/1"}
        report["provenance"] = {"model": f"served-{n}\x1b"}
        report["metrics"] = {"mean": {"all": {"rer": {"value": rer}}}}
        Path(f"r{n}.json").write_text(json.dumps(report))
    Path("shard.json").write_text(json.dumps({"schema": "pytest-rest/report/1", "metrics": {}}))


def correlate(capsys: Capture, n: int, *words: str) -> tuple[int, str, str]:
    """The command over n models."""
    pairs = [name for k in range(n) for name in (f"f{k}.json", f"r{k}.json")]
    return printed(capsys, "representations", "--correlate", *pairs, *words)


@pytest.mark.usefixtures("files")
def test_correlation_with_rer(capsys: Capture) -> None:
    """R^2 with its interval and n over models; undefined, and why, below three or unvaried."""
    status, out, err = correlate(capsys, 4)
    assert (0, "") == (status, err)
    lines = out.splitlines()
    assert [] == [line for line in lines if len(line) > 80]
    assert ["gap", "of", "cosines", "1.000", "1.000", "4"] == lines[7].split()
    assert "two-way retrieval        undefined: nothing varies" == lines[-1]
    assert "served-3\\x1b" in out
    _, out, _ = correlate(capsys, 2)
    assert 5 == out.count("undefined: fewer than 3 models")
    _, out, _ = correlate(capsys, 3, "--json", "-o", "out.json")
    content = json.loads(out)
    assert content == json.loads(Path("out.json").read_text())
    assert [*PEAKS] == [*content["with_rer"]]
    gap = content["with_rer"]["gap"]
    assert [None, None, 3] == [gap["low"], gap["high"], gap["n"]]
    assert 1 == pytest.approx(gap["r2"])
    assert [0.2, 0.4, 0.5] == [each["run"]["rer"] for each in content["models"]]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give a MODEL to measure, or --correlate"),
        (("m", "--correlate", "f0.json", "r0.json"), "one of them"),
        (("m",), "-o FILE is missing"),
        (("m", "-o", "x.svg"), "'x.svg': give a FILE that ends in .json"),
        (("m", "-o", "x.json", "--batch=0"), "'0' is not valid; give a whole number from 1"),
        (("m", "-o", "x.json", "--seed=-1"), "'-1' is not valid; give a whole number from 0"),
        (("m", "-o", "x.json", "--suite=soebench:1"), "over 2 to 5,000 items, not 1"),
        (("m", "-o", "x.json", "--suite=soebanch"), "did you mean 'soebench'"),
        (("m", "-o", "x.json", "--style=nodpi"), "unknown style 'nodpi'"),
        (("--correlate", "f0.json"), "has 1 paths; give a FILE and a REPORT each"),
        (("--correlate", "r0.json", "f0.json"), "'r0.json' is not a file of schema"),
        (("--correlate", "f0.json", "f0.json"), "its schema is "),
        (("--correlate", "f0.json", "shard.json"), "'shard.json' has no RER"),
        (("--correlate", *("f0.json", "r0.json") * 2), "has the model 'model-0' twice"),
    ],
)
def test_wrong_usage(capsys: Capture, words: tuple[str, ...], said: str) -> None:
    """One line, and status 4, before a model is loaded."""
    status, out, err = printed(capsys, "representations", *words)
    assert (4, "") == (status, out)
    assert said in err
    assert 1 == len(err.splitlines())
