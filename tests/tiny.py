"""Tiny models of real architectures, with random weights and real processors: nothing to download.

Imported only where the extra representations is installed.
"""

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
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


def _stand_in() -> None:
    """For torchvision's own operators, where it was built for another torch than this one.

    There is no build of it for every CPU build of torch. Two it must find to be imported at all;
    no processor calls them.
    """
    found = find_spec("torchvision")
    if found is None or found.origin is None or find_spec("peft") is None:
        pytest.skip("needs the extra representations", allow_module_level=True)
    try:
        torch.ops.load_library(str(Path(found.origin).with_name("_C.so")))
    except OSError:
        for name in ("nms", "qnms"):
            signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            torch.library.define(f"torchvision::{name}", signature)


_stand_in()


def build(family: str) -> tuple[Any, Any]:
    """A model of that family and its processor, the same ones each time."""
    torch.manual_seed(0)
    model, processor = _MAKERS[family]()
    return model.eval(), processor


def save(family: str, folder: Path) -> Path:
    """Write them to a folder, as the hub has them; Phi-4's with the adapter that it sees with."""
    model, processor = build(family)
    processor.save_pretrained(folder)
    if family == "phi":
        adapted(model).save_pretrained(folder / "vision-lora")
        model, _ = build(family)
    model.save_pretrained(folder)
    return folder


def adapted(model: Any) -> Any:
    """The model with an adapter of random weights in each of its layers."""
    import peft  # it imports torchvision, which then has what stands in

    torch.manual_seed(1)
    places = r"model\.layers.*(qkv_proj|o_proj|gate_up_proj|down_proj)"
    settings = peft.LoraConfig(r=4, target_modules=places, init_lora_weights=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft's, of transformers
        return peft.get_peft_model(model, settings).eval()


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
    processor = hf.Qwen2_5_VLProcessor(
        hf.Qwen2VLImageProcessor(**pixels),
        tokens,
        hf.Qwen2VLVideoProcessor(**pixels),
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
        hf.CLIPImageProcessor(size=size, crop_size=size, do_center_crop=False),
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
        hf.Gemma3ImageProcessor(size={"height": _SIDE, "width": _SIDE}),
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
    processor = hf.InternVLProcessor(
        hf.GotOcr2ImageProcessor(size=size, crop_to_patches=True, max_patches=4),
        tokens,
        hf.InternVLVideoProcessor(size=size),
        image_seq_length=4,
        chat_template=_TEMPLATE.format(image="<IMG_CONTEXT>"),
    )
    return hf.InternVLForConditionalGeneration(config), processor


def _phi() -> tuple[Any, Any]:
    """Phi-4 multimodal: it hears too; its template is the tokenizer's once it is loaded."""
    names = {"image_token": "<|image|>", "audio_token": "<|audio|>"}
    tokens = _tokenizer(*names.values(), extra_special_tokens=names)
    image, audio = (tokens.convert_tokens_to_ids(name) for name in names.values())
    wide = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 2}
    heard = {
        "num_blocks": 1,
        "ext_pw_out_channel": 32,
        "depthwise_separable_out_channel": 32,
        "nemo_conv_channels": 8,
        "audio_token_id": audio,
    }
    config = hf.Phi4MultimodalConfig(
        **_TEXT,
        vision_config={**wide, "num_hidden_layers": 2, "image_token_id": image},
        audio_config={**wide, **heard},
    )
    processor = hf.Phi4MultimodalProcessor(
        hf.Phi4MultimodalImageProcessor(),
        hf.Phi4MultimodalFeatureExtractor(),
        tokens,
        chat_template=_TEMPLATE.format(image="<|image|>"),
    )
    return hf.Phi4MultimodalForCausalLM(config), processor


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


_MAKERS = {
    "qwen": _qwen,
    "llava": _llava,
    "gemma": _gemma,
    "internvl": _internvl,
    "phi": _phi,
}
FAMILIES = tuple(_MAKERS)
