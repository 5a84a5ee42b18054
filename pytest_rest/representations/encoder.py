"""Turns pictures and texts into an open-weight model's hidden states, one vector a layer.

A picture and a text are each shown alone, as a user's message in the model's own chat template.
The vector of a layer is the mean of its hidden states over the picture's tokens, or over those of
the text itself, without the template's. Layer 0 is the input of the first layer: the embeddings.

Which tokens are the picture's is read from the model's configuration, as the model replaces those
by the picture's features, otherwise from the processor. Nothing is guessed.

Phi-4 multimodal sees with an adapter of its own, which is on for pictures and off for texts, as in
the code it was released with.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pytest_rest.errors import ModelError, OptionError
from pytest_rest.rendering import pictures
from pytest_rest.representations.vectors import Pooled
from pytest_rest.terms import Image

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "bf16", "fp32"]

_PADDING = "right"  # no token sees what comes after it
_EXTRA = "pip install 'pytest-rest[representations]'"
_ADAPTERS = {"phi4_multimodal": "vision-lora"}  # the folder of a model's vision adapter


class TransformersEncoder:
    """A loaded model: `pool` gives the vectors; the rest says which model it is, and where."""

    def __init__(
        self, name: str, revision: str, model: Any, processor: Any, device: str, dtype: str
    ) -> None:
        """`ModelError` for a processor that lacks what is needed."""
        self.name, self.revision, self.device, self.dtype = name, revision, device, dtype
        self._whole = model.eval()
        self._model = model.base_model  # without the head, whose logits would fill memory
        self._processor = processor
        self._image_id = _image_token(name, model.config, processor)
        self._tokenizer = _tokenizer(name, processor)
        self._frame = self._render_frame()

    def pool(self, shown: Sequence[Image], texts: Sequence[str]) -> list[Pooled]:
        """The vectors of each picture and its text: (2, layers, width).

        `ModelError` if the model fails, or gives values that are not finite.
        """
        import torch

        try:
            with torch.inference_mode():
                pooled = [self._pool_pictures(shown), self._pool_texts(texts)]
        except torch.OutOfMemoryError:
            raise ModelError(
                f"model {self.name!r}: {len(texts)} items at once do not fit into the memory of "
                f"{self.device}; use a smaller --batch"
            ) from None
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError) as error:
            raise ModelError(f"model {self.name!r} fails: {_line(error)}") from error
        both = np.stack(pooled, axis=1)
        if not np.isfinite(both).all():
            raise ModelError(
                f"model {self.name!r} gives values that are not finite in {self.dtype}; use "
                "--dtype fp32"
            )
        return list(both)

    def _pool_pictures(self, shown: Sequence[Image]) -> Pooled:
        prompts = [self._render({"type": "image"})] * len(shown)
        self._adapt(True)
        inputs = self._processor(
            text=prompts,
            images=[[pictures.decode(image)] for image in shown],
            return_tensors="pt",
            padding=True,
            padding_side=_PADDING,
            add_special_tokens=self._adds_special(prompts[0]),
        )
        return self._pool(inputs, inputs["input_ids"] == self._image_id, "image")

    def _pool_texts(self, texts: Sequence[str]) -> Pooled:
        prompts = [self._render({"type": "text", "text": text}) for text in texts]
        self._adapt(False)
        inputs = self._tokenizer(
            prompts,
            return_tensors="pt",
            padding=True,
            padding_side=_PADDING,
            return_offsets_mapping=True,
            add_special_tokens=self._adds_special(prompts[0]),
        )
        spans = inputs.pop("offset_mapping")
        before, after = self._frame
        ends = inputs["input_ids"].new_tensor([[len(prompt) - after] for prompt in prompts])
        inside = (spans[..., 1] > before) & (spans[..., 0] < ends)
        return self._pool(inputs, inside & (spans[..., 1] > spans[..., 0]), "text")

    def _pool(self, inputs: Any, chosen: Any, what: str) -> Pooled:
        """The mean over the chosen tokens of each layer; (n, layers, width) in single precision."""
        import torch

        if not chosen.any(dim=1).all():
            raise ModelError(f"model {self.name!r}: its processor gives no {what} token")
        inputs = {
            key: value.to(self.device, self._model.dtype if value.is_floating_point() else None)
            for key, value in inputs.items()
            if isinstance(value, torch.Tensor)
        }
        states = self._model(**inputs, output_hidden_states=True, use_cache=False).hidden_states
        shares = chosen.to(self.device, torch.float32)
        shares /= shares.sum(dim=1, keepdim=True)
        pooled = [torch.einsum("btd,bt->bd", layer.float(), shares) for layer in states]
        vectors: Pooled = torch.stack(pooled, dim=1).cpu().numpy()
        return vectors

    def _adapt(self, seeing: bool) -> None:
        if self._whole.config.model_type in _ADAPTERS:
            switch = self._whole.enable_adapters if seeing else self._whole.disable_adapters
            switch()

    def _render(self, part: dict[str, str]) -> str:
        messages = [{"role": "user", "content": [part]}]
        # a processor may have left its template to the tokenizer, as Phi-4's does
        template = None if self._processor.chat_template else self._tokenizer.chat_template
        rendered: str = self._processor.apply_chat_template(
            messages, chat_template=template, tokenize=False
        )
        return rendered

    def _render_frame(self) -> tuple[int, int]:
        """How many characters the template puts before a text, and after it."""
        try:
            both = [self._render({"type": "text", "text": text}) for text in ("a", "b")]
        except Exception as error:  # a template is a program of its own
            raise ModelError(
                f"model {self.name!r}: its chat template cannot be used: {_line(error)}; choose "
                "the instruction-tuned model, whose processor has one"
            ) from None
        differ = [one != other for one, other in zip(*both, strict=False)]
        if not any(differ):
            raise ModelError(f"model {self.name!r}: its chat template leaves out a user's text")
        return differ.index(True), len(both[0]) - differ.index(True) - 1

    def _adds_special(self, prompt: str) -> bool:
        """Whether the template leaves the token of the beginning to the tokenizer."""
        beginning = self._tokenizer.bos_token
        return not (beginning and prompt.startswith(beginning))


def load(name: str, device: Device = "auto", precision: Precision = "auto") -> TransformersEncoder:
    """Load a model of the hub, NAME or NAME@REVISION, or of a folder, and its processor.

    `auto` is CUDA in bf16 if there is a GPU, otherwise the CPU in fp32. No code of the model's
    repository is run; weights are safetensors only. `OptionError` for a device that is not there,
    `ModelError` for a model that cannot be loaded.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise OptionError(
            f"hidden states need torch and transformers: {_EXTRA} ({error})"
        ) from None
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise OptionError("--device cuda: torch finds no CUDA device here; use --device cpu")
    place = ("cuda" if there else "cpu") if device == "auto" else device
    dtype = ("bf16" if place == "cuda" else "fp32") if precision == "auto" else precision
    try:
        source, revision = _pin(name)
        processor = transformers.AutoProcessor.from_pretrained(
            source, revision=revision, trust_remote_code=False
        )
        model = transformers.AutoModelForMultimodalLM.from_pretrained(
            source,
            revision=revision,
            dtype={"bf16": torch.bfloat16, "fp32": torch.float32}[dtype],
            trust_remote_code=False,
            use_safetensors=True,
        )
        if folder := _ADAPTERS.get(model.config.model_type):
            _load_adapter(model, source, revision, folder)
        model.to(place)
    except Exception as error:  # each family has its own
        raise ModelError(f"model {name!r} cannot be loaded: {_line(error)}") from error
    return TransformersEncoder(name, revision, model, processor, place, dtype)


def _pin(name: str) -> tuple[str, str]:
    """What to load, and its commit; for a folder a digest of its weights' names, sizes, times."""
    if Path(name).is_dir():
        files = sorted(Path(name).rglob("*.safetensors"))
        facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return name, hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    from transformers.utils import cached_file

    source, _, revision = name.partition("@")
    config = cached_file(source, "config.json", revision=revision or "main")
    return source, Path(config).parent.name  # the hub's cache has a folder per commit


def _load_adapter(model: Any, source: str, revision: str, folder: str) -> None:
    """Load it completely, from safetensors: a missing weight would be random."""
    from transformers.utils import cached_file

    files = ("adapter_config.json", "adapter_model.safetensors")
    _, weights = (
        Path(cached_file(source, file, subfolder=folder, revision=revision)) for file in files
    )
    missing = model.load_adapter(str(weights.parent)).missing_keys
    if missing:
        raise ValueError(f"{weights} leaves out {len(missing)} weights, as {min(missing)}")


def packages() -> dict[str, str]:
    """The versions of packages that figures depend on."""
    names = ("torch", "torchvision", "transformers", "peft")
    return {name: version(name) for name in names if find_spec(name)}


def _image_token(name: str, config: Any, processor: Any) -> int:
    """The token that stands for a picture's features.

    The configuration comes first: in Gemma 3's processor the name is that of the token before them.
    """
    for place in (config, getattr(config, "vision_config", None), processor):
        token = getattr(place, "image_token_id", None)
        if isinstance(token, int):
            return token
    raise ModelError(
        f"model {name!r}: neither its configuration nor its processor says which token stands for "
        "an image (image_token_id); choose a model that transformers knows as image-text-to-text"
    )


def _tokenizer(name: str, processor: Any) -> Any:
    """The processor's tokenizer, which can pad, and say which characters a token stands for."""
    tokenizer: Any = getattr(processor, "tokenizer", None)
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"model {name!r}: its tokenizer does not say where in the text a token is; "
            "choose a model with a tokenizer.json"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:400]
