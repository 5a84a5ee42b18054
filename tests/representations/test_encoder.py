"""Hidden states of tiny models of real architectures, and the command on one of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import printed

pytest.importorskip("torch", reason="needs the extra representations")
pytest.importorskip("transformers", reason="needs the extra representations")

import tiny
import torch
from safetensors.torch import load_file, save_file

from pytest_rest import benchmark, rendering
from pytest_rest.errors import ModelError, OptionError
from pytest_rest.rendering import pictures
from pytest_rest.representations import encoder as hidden_states
from pytest_rest.representations.encoder import TransformersEncoder

TEXTS = ["3A + 2B = 7", "Find the value of A. " * 5, "A"]
SHOWN = [rendering.draw(text) for text in TEXTS]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module", params=tiny.FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Each in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def loaded(family: str, tmp_path_factory: pytest.TempPathFactory) -> TransformersEncoder:
    """A model of that family, read from a folder such as the hub has."""
    return hidden_states.load(str(tiny.save(family, tmp_path_factory.mktemp(family))), "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as the hub would have it."""
    return tiny.save("llava", tmp_path_factory.mktemp("llava"))


def encoder(parts: tuple[Any, Any]) -> TransformersEncoder:
    """Ready to pool, on the CPU."""
    return TransformersEncoder("tiny", "0", *parts, "cpu", "fp32")


def test_vectors_are_means_of_the_models_own_states(
    family: str, loaded: TransformersEncoder
) -> None:
    """Each layer's, over the image tokens, and over the text's without the template's."""
    model, processor = tiny.build(family)
    (found,) = loaded.pool(SHOWN[:1], TEXTS[:1])
    assert (2, tiny.LAYERS, tiny.WIDTH) == found.shape
    places = (getattr(model.config, "image_token_id", None), processor.image_token_id)
    image_id = next(place for place in places if place is not None)
    content: list[list[dict[str, Any]]] = [
        [{"type": "image", "image": pictures.decode(SHOWN[0])}],
        [{"type": "text", "text": TEXTS[0]}],
    ]
    tokens = processor.tokenizer(TEXTS[0], add_special_tokens=False)["input_ids"]
    for part, kind in zip(content, found, strict=True):
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": part}],
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        ids = inputs["input_ids"][0].tolist()
        chosen = [n for n, token in enumerate(ids) if token == image_id]
        shown = tiny.adapted(tiny.build(family)[0]) if family == "phi" and chosen else model
        with torch.inference_mode():
            states = shown(**inputs, output_hidden_states=True).hidden_states
        if not chosen:
            start = next(n for n in range(len(ids)) if ids[n : n + len(tokens)] == tokens)
            chosen = [*range(start, start + len(tokens))]
        assert 1 < len(chosen) < len(ids)
        for layer, pooled in zip(states, kind, strict=True):
            assert layer[0, chosen].mean(dim=0).numpy() == pytest.approx(pooled, abs=1e-5)


def test_batches_change_nothing(loaded: TransformersEncoder) -> None:
    """Items of other lengths beside it, and the padding that they bring, play no part."""
    together = loaded.pool(SHOWN, TEXTS)
    for n, expected in enumerate(together):
        (alone,) = loaded.pool([SHOWN[n]], [TEXTS[n]])
        assert expected == pytest.approx(alone, abs=1e-5)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_a_model_that_does_not_say_is_refused() -> None:
    """No image token, no chat template, a template without the text, states that are no numbers."""
    model, processor = tiny.build("llava")
    kept = processor.chat_template
    for template, said in ((None, "chat template cannot be used"), ("x", "leaves out")):
        processor.chat_template = template
        with pytest.raises(ModelError, match=said):
            encoder((model, processor))
    processor.chat_template = kept.replace("<image>", "")
    with pytest.raises(ModelError, match=r"model 'tiny' fails|gives no image token"):
        encoder((model, processor)).pool(SHOWN[:1], TEXTS[:1])
    processor.chat_template = kept
    with torch.no_grad():
        model.get_input_embeddings().weight.fill_(torch.inf)
    with pytest.raises(ModelError, match="not finite in fp32"):
        encoder((model, processor)).pool(SHOWN[:1], TEXTS[:1])


def test_a_configuration_without_an_image_token_is_refused() -> None:
    """Nor a processor that does not say it either, or that has no tokenizer."""
    model, processor = tiny.build("llava")
    alone = model.model.language_model
    assert "tiny" == encoder((alone, processor)).name  # for the processor says it
    del processor.image_token_id
    with pytest.raises(ModelError, match="which token stands for an image"):
        encoder((alone, processor))
    processor.tokenizer = None
    with pytest.raises(ModelError, match=r"choose a model with a tokenizer\.json"):
        encoder((model, processor))


def test_a_folder_is_loaded_in_the_precision_asked_for(folder: Path) -> None:
    """The same weights; bf16 is near fp32; what is no model, and no GPU, is one line."""
    loaded = {name: hidden_states.load(str(folder), "cpu", name) for name in ("fp32", "bf16")}
    (fp32,), (bf16,) = (each.pool(SHOWN[:1], TEXTS[:1]) for each in loaded.values())
    (expected,) = encoder(tiny.build("llava")).pool(SHOWN[:1], TEXTS[:1])
    assert expected == pytest.approx(fp32, abs=1e-5)
    assert np.abs(fp32 - bf16).max() < 0.05
    assert np.abs(fp32 - bf16).max() > 1e-5
    assert loaded["fp32"].revision == loaded["bf16"].revision
    with pytest.raises(ModelError, match="cannot be loaded"):
        hidden_states.load(str(folder / "nothing"), "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(OptionError, match="no CUDA device"):
            hidden_states.load(str(folder), "cuda")


def test_what_a_model_sees_with_is_there_in_full(tmp_path: Path) -> None:
    """Phi-4's adapter: without it, or with half of it, there would be a figure of another model."""
    found = tiny.save("phi", tmp_path) / "vision-lora" / "adapter_model.safetensors"
    weights = load_file(found)
    save_file({key: value for key, value in weights.items() if "layers.1." not in key}, found)
    with pytest.raises(ModelError, match=r"adapter_model.safetensors leaves out 8 weights"):
        hidden_states.load(str(tmp_path), "cpu")
    found.unlink()
    with pytest.raises(ModelError, match=r"cannot be loaded: .*adapter_model.safetensors"):
        hidden_states.load(str(tmp_path), "cpu")


def test_a_model_of_the_hub_in_a_revision(folder: Path, tmp_path: Path) -> None:
    """As it lies in the hub's own cache; the commit is in the JSON, and another one is an error."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "hub" / "models--someone--tiny"
    (cache / "refs" / "refs" / "pr").mkdir(parents=True)
    (cache / "refs" / "refs" / "pr" / "7").write_text(commit)
    shutil.copytree(folder, cache / "snapshots" / commit)
    environment = {
        **os.environ,
        "HF_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(tiny.__file__).parent),
    }
    program = "import sys, tiny; from pytest_rest import commands; sys.exit(commands.main())"
    words = ("--suite=soebench:2", "-o", "tiny.json")
    ran = [
        subprocess.run(
            [sys.executable, "-c", program, "representations", model, *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for model in ("someone/tiny@refs/pr/7", "someone/tiny")
    ]
    assert [0, 4] == [each.returncode for each in ran], ran[0].stderr
    provenance = json.loads((tmp_path / "tiny.json").read_text())["provenance"]
    assert ("someone/tiny@refs/pr/7", commit) == (provenance["model"], provenance["revision"])
    assert "model 'someone/tiny' cannot be loaded" in ran[1].stderr


def test_the_command_writes_a_table_json_and_a_plot(
    capsys: Capture, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table, JSON and a plot; random weights retrieve by chance; given again it asks nothing."""
    monkeypatch.chdir(tmp_path)
    words = ("representations", str(folder), "--suite=soebench:6", "-o", "out/tiny.json")
    status, out, _ = printed(capsys, *words, "--batch=4")
    assert 0 == status
    assert "chance retrieves 17 %" in out
    content = json.loads(Path("out/tiny.json").read_text())
    assert "pytest-rest/representations/1" == content["schema"]
    assert (6, tiny.LAYERS) == (content["items"], len(content["layers"]))
    assert content["maximum"]["image_to_text"]["low"] < content["chance"]
    assert "fp32" == content["provenance"]["dtype"]
    assert Path("out/tiny.svg").read_text().startswith("<svg")
    times = [path.stat().st_mtime_ns for path in sorted(Path("out/tiny.vectors").iterdir())]
    assert 0 == printed(capsys, *words)[0]
    assert times == [path.stat().st_mtime_ns for path in sorted(Path("out/tiny.vectors").iterdir())]
    again = json.loads(Path("out/tiny.json").read_text())
    assert content["layers"] == again["layers"]
    status, _, err = printed(capsys, *words, "--dtype=bf16")
    assert 4 == status
    assert "vectors of another dtype: 'fp32', not 'bf16'" in err


def test_items_of_a_suite_are_told_apart(loaded: TransformersEncoder) -> None:
    """Even by random weights: no two items have the same vectors."""
    items = benchmark.load("soebench:3")
    texts = [f"{item.context}\n{item.question}" for item in items]
    found = loaded.pool([rendering.draw(text) for text in texts], texts)
    for kind in range(2):
        assert np.abs(found[0][kind] - found[1][kind]).max() > 1e-4
