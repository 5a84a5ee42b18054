"""Tiny models of real architectures, with random weights and real processors: nothing to download.

Imported only where torch and transformers are installed.
"""

from pathlib import Path
from typing import Any

import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

_PATCH, _SIDE = 14, 56
_TEXT = {
    "vocab_size": 400,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
LAYERS = _TEXT["num_hidden_layers"] + 1
WIDTH = _TEXT["hidden_size"]
_TEMPLATE = (
    "{{% for message in messages %}}<s>user:\n{{% for part in message.content %}}"
    "{{% if part.type == 'image' %}}{image}{{% else %}}{{{{ part.text }}}}{{% endif %}}"
    "{{% endfor %}}</s>\n{{% endfor %}}"
)


def build(family: str) -> tuple[Any, Any]:
    """A model of that family and its processor, the same ones each time."""
    torch.manual_seed(0)
    makers = {"qwen": _qwen, "llava": _llava, "gemma": _gemma, "internvl": _internvl}
    model, processor = makers[family]()
    return model, processor


def save(family: str, folder: Path) -> Path:
    """Write them to a folder, as the hub has them."""
    for each in build(family):
        each.save_pretrained(folder)
    return folder


class _Stills:
    """A processor of pictures alone: the part for videos needs torchvision."""

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        if argument_name != "video_processor":
            return super().check_argument_for_proper_class(  # type: ignore[misc]
                argument_name, argument
            )
        return None


class _QwenStills(_Stills, hf.Qwen2_5_VLProcessor):  # type: ignore[misc]
    """Qwen2.5-VL's own."""


class _InternStills(_Stills, hf.InternVLProcessor):  # type: ignore[misc]
    """InternVL's own."""


def _qwen() -> tuple[Any, Any]:
    """Qwen2.5-VL: as many image tokens as the picture's size asks for."""
    tokens = _tokenizer("<|vision_start|>", "<|image_pad|>", "<|vision_end|>", "<|video_pad|>")
    ids = {
        "vision_start_token_id": "<|vision_start|>",
        "image_token_id": "<|image_pad|>",
        "vision_end_token_id": "<|vision_end|>",
        "video_token_id": "<|video_pad|>",
    }
    config = hf.Qwen2_5_VLConfig(
        text_config={
            **_TEXT,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2]},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "patch_size": _PATCH,
            "window_size": 4 * _PATCH,
            "fullatt_block_indexes": [1],
        },
        **{key: tokens.convert_tokens_to_ids(token) for key, token in ids.items()},
    )
    pixels = {"min_pixels": 56 * 56, "max_pixels": 112 * 112, "patch_size": _PATCH}
    processor = _QwenStills(
        hf.Qwen2VLImageProcessorPil(**pixels),
        tokens,
        None,
        chat_template=_TEMPLATE.format(image="<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return hf.Qwen2_5_VLForConditionalGeneration(config), processor


def _llava() -> tuple[Any, Any]:
    """LLaVA: CLIP before Llama; every picture has the same number of tokens."""
    tokens = _tokenizer("<image>")
    config = hf.LlavaConfig(
        text_config=hf.LlamaConfig(**_TEXT),
        vision_config=hf.CLIPVisionConfig(**_clip(), projection_dim=32),
        image_token_index=tokens.convert_tokens_to_ids("<image>"),
    )
    size = {"height": _SIDE, "width": _SIDE}
    processor = hf.LlavaProcessor(
        hf.CLIPImageProcessorPil(size=size, crop_size=size, do_center_crop=False),
        tokens,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_TEMPLATE.format(image="<image>"),
    )
    return hf.LlavaForConditionalGeneration(config), processor


def _gemma() -> tuple[Any, Any]:
    """Gemma 3: its processor's image token is not the one that features take the place of."""
    names = {
        "boi_token": "<start_of_image>",
        "image_token": "<image_soft_token>",
        "eoi_token": "<end_of_image>",
    }
    tokens = _tokenizer(*names.values(), extra_special_tokens=names)
    config = hf.Gemma3Config(
        text_config={**_TEXT, "head_dim": 8, "sliding_window": 64},
        vision_config=hf.SiglipVisionConfig(**_clip()),
        mm_tokens_per_image=4,
        image_token_index=tokens.convert_tokens_to_ids("<image_soft_token>"),
        boi_token_index=tokens.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokens.convert_tokens_to_ids("<end_of_image>"),
    )
    processor = hf.Gemma3Processor(
        hf.Gemma3ImageProcessorPil(size={"height": _SIDE, "width": _SIDE}),
        tokens,
        image_seq_length=4,
        chat_template=_TEMPLATE.format(image="<start_of_image>"),
    )
    model = hf.Gemma3ForConditionalGeneration(config)
    projector = model.model.multi_modal_projector.mm_input_projection_weight
    torch.nn.init.normal_(projector, std=0.2)  # it begins as zeros: every picture would be the same
    return model, processor


def _internvl() -> tuple[Any, Any]:
    """InternVL: a picture in tiles, as many as its shape asks for; its processor pads left."""
    names = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokens = _tokenizer(*names.values(), extra_special_tokens=names)
    config = hf.InternVLConfig(
        text_config=hf.Qwen2Config(**_TEXT),
        vision_config={**_clip(), "image_size": [_SIDE] * 2, "patch_size": [_PATCH] * 2},
        image_token_id=tokens.convert_tokens_to_ids("<IMG_CONTEXT>"),
    )
    size = {"height": _SIDE, "width": _SIDE}
    processor = _InternStills(
        hf.GotOcr2ImageProcessorPil(size=size, crop_to_patches=True, max_patches=4),
        tokens,
        None,
        image_seq_length=4,
        chat_template=_TEMPLATE.format(image="<IMG_CONTEXT>"),
    )
    return hf.InternVLForConditionalGeneration(config), processor


def _clip() -> dict[str, int]:
    return {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": _SIDE,
        "patch_size": _PATCH,
    }


def _tokenizer(*special: str, **known: Any) -> Any:
    """Byte pairs of a few words, and the family's own tokens."""
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "</s>", *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(["Find the value of A. 3A + 2B = 7"], trainer)
    ends = {"bos_token": "<s>", "eos_token": "</s>"}
    return hf.PreTrainedTokenizerFast(tokenizer_object=words, **ends, **known)
