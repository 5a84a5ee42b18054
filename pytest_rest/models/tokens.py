"""Estimates the tokens of a prompt before any model is asked.

A picture's tokens follow the provider's published formula, for the detail that is the default when
a request names none; `rule` says in words which formula that is.
"""

import functools
import math
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from pytest_rest.terms import Prompt

_MESSAGE = 8  # tokens of the chat template around the one message: roles and delimiters
_PIECE = re.compile(
    r"[A-Za-z\u00c0-\u024f]{1,7}"  # Latin script: words, long ones in pieces
    r"|[0-9]{1,3}"
    r"|[\u0300-\u1fff]{1,2}"  # the other alphabets, Greek to Thai
    r"|\n+| {2,}"  # one space belongs to the word after it
    r"|\S"  # operators, punctuation, Chinese, Japanese, Korean, emoji: each its own token
)


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """The estimated tokens of a prompt's text and of its pictures."""

    text: int
    vision: int

    @property
    def total(self) -> int:
        """Everything that is billed as input."""
        return self.text + self.vision


def estimate(prompt: Prompt, model: str = "") -> PromptTokens:
    """The tokens of a prompt's text, message included, and of its pictures, for one model.

    Without a tokenizer, text is cut into pieces of one token each: up to 7 Latin letters (with
    the space before them: about 4 characters a token in English), up to 3 digits, up to 2 letters
    of another alphabet, and one of anything else, so that an equation costs a token for 1.5
    characters. OpenAI's o200k_base counts the same within a fifth for English, German, equations,
    Chinese and Korean, and about two thirds of it for Russian, Arabic, Hindi and program code.
    """
    return PromptTokens(
        text=of_text(prompt),
        vision=sum(vision_tokens(*image.size, model) for image in prompt.images),
    )


def of_text(prompt: Prompt) -> int:
    """The tokens of a prompt's text alone, message included, as `estimate` counts them."""
    texts = [part for part in prompt.parts if isinstance(part, str)]
    return _MESSAGE + sum(len(_PIECE.findall(text)) for text in texts)


def vision_tokens(width: int, height: int, model: str = "") -> int:
    """The tokens of one picture, its sides in pixels, for a model by its resolved name."""
    _, count, numbers = _find(model)
    return count(*numbers, width, height)


def rule(model: str) -> str:
    """One line that says how the pictures of that model are counted."""
    words, _, numbers = _find(model)
    return words.format(*numbers)


def is_published(model: str) -> bool:
    """Whether that model's provider says how its pictures are counted."""
    return _find(model)[1] is not _area


def _cells(width: float, height: float, side: int) -> int:
    """How many squares of that side cover the picture."""
    return math.ceil(width / side) * math.ceil(height / side)


def _area(width: int, height: int) -> int:
    # Anthropic's rule of thumb until 2026, in the middle of what the others take.
    return math.ceil(width * height / 750)


def _flat(tokens: int, width: int, height: int) -> int:
    return tokens


def _claude(edge: int, most: int, width: int, height: int) -> int:
    # Anthropic, "Vision" (Resolution and token cost) and "Coordinates and bounding boxes" (How
    # Claude resizes and pads images), 2026-08: the largest size of that shape within both limits.
    long, short = max(width, height), min(width, height)

    def cost(side: int) -> int:
        return _cells(side, max(round(side * short / long), 1), 28)

    whole = cost(min(long, edge))
    if whole <= most:
        return whole
    sides = range(1, min(long, edge) + 1)
    return cost(bisect_left(sides, True, key=lambda side: cost(side) > most))


def _patches(edge: int, most: int, percent: int, width: int, height: int) -> int:
    # OpenAI, "Images and vision" (Patch-based image tokenization), 2026-09: first to the longest
    # side in whole pixels, then to the budget in whole patches.
    shrink = min(1, edge / max(width, height))
    width, height = max(round(width * shrink), 1), max(round(height * shrink), 1)
    if _cells(width, height, 32) > most:
        shrink = math.sqrt(32 * 32 * most / (width * height))
        across, down = width * shrink / 32, height * shrink / 32
        shrink *= min(math.floor(across) / across, math.floor(down) / down)
        width, height = math.floor(width * shrink), math.floor(height * shrink)
    return math.ceil(_cells(width, height, 32) * percent / 100)


def _tiles(base: int, tile: int, width: int, height: int) -> int:
    # OpenAI, "Images and vision" (Tile-based image tokenization), 2026-09.
    shrink = min(1, 2048 / max(width, height))
    long, short = round(max(width, height) * shrink), round(min(width, height) * shrink)
    if short > 768:
        long, short = long * 768 // short, 768
    return base + tile * _cells(long, max(short, 1), 512)


def _gemini_2(width: int, height: int) -> int:
    # Google, "Image understanding" (Token calculation), 2026: tiles of two thirds of the short
    # side; and "Media resolution" (Token counts), 2026-09: a picture takes about 2048 at most.
    if max(width, height) <= 384:
        return 258
    return 258 * min(_cells(width, height, max(int(min(width, height) / 1.5), 1)), 8)


def _qwen(side: int, least: int, most: int, width: int, height: int) -> int:
    # Alibaba, "Visual understanding (Qwen-VL)" (image tokens: cells and two delimiters), 2025; the
    # limits are those of preprocessor_config.json of Qwen2.5-VL and Qwen3-VL, 2025.
    across, down = max(round(width / side), 1), max(round(height / side), 1)
    if across * down > most:
        scale = math.sqrt(most / (width * height))
        across, down = max(math.floor(width * scale), 1), max(math.floor(height * scale), 1)
    elif across * down < least:
        scale = math.sqrt(least / (width * height))
        across, down = math.ceil(width * scale), math.ceil(height * scale)
    return across * down + 2


def _internvl(width: int, height: int) -> int:
    # OpenGVLab, "InternVL3" (model card and config.json), 2025: 1 to 12 tiles of 448 px, as near
    # to the picture's shape as they can be; of equal shapes, the largest not over twice its area.
    grids = [(i, j) for i in range(1, 13) for j in range(1, 12 // i + 1)]
    off = {(i, j): abs(width / height - i / j) for i, j in grids}
    near = sorted(i * j for i, j in grids if off[i, j] == min(off.values()))
    tiles = max((n for n in near if width * height > n * 448 * 448 / 2), default=near[0])
    return 256 * (tiles + (tiles > 1))  # and a thumbnail, if there is more than one


_CLAUDE = "Anthropic: 28 x 28 px a token, at most {1} tokens and {0} px a side"
_PATCHES = "OpenAI: {2} tokens for 100 patches of 32 x 32 px, at most {1} patches and {0} px a side"
_TILES = "OpenAI: {0} tokens and {1} for each tile of 512 x 512 px"
_FLAT = "Google: {0} tokens for every picture"
_GEMINI_2 = "Google: 258 tokens a tile of 2/3 of the short side, at most 8 tiles"
_QWEN = "Alibaba: {0} x {0} px a token, from {1} to {2} tokens"
_INTERNVL = "OpenGVLab: 256 tokens a tile of 448 x 448 px, at most 12 tiles and a thumbnail"
_AREA = "no published formula known: width x height / 750"

# What a model's name contains, how its pictures are counted, and with which numbers; the first
# pattern that matches counts. OpenAI's are for the detail "auto" ("Images and vision", Model sizing
# behavior, 2026-09); the 1,536 patches of models that the page has dropped are from its edition of
# early 2026, and more than 30,000 are not resized but refused. Google's 1120 and 256 are those of
# "Media resolution" (Token counts), 2026-09, and of Gemma's "Vision understanding", 2026 (Gemma 4:
# the largest of its budgets). Anthropic calls its larger limits those of "Claude 4.7 and later".
_RULES: tuple[tuple[str, str, Callable[..., int], tuple[int, ...]], ...] = (
    (r"claude-(fable|mythos)", _CLAUDE, _claude, (2576, 4784)),
    (r"claude-[a-z]+-(4[-.][7-9]|[5-9]|\d\d)", _CLAUDE, _claude, (2576, 4784)),
    (r"claude", _CLAUDE, _claude, (1568, 1568)),
    (r"gpt-(5\.([6-9]|\d\d)|[6-9])", _PATCHES, _patches, (65535, 30000, 120)),
    (r"gpt-5\.5", _PATCHES, _patches, (6000, 10000, 120)),
    (r"gpt-5\.4", _PATCHES, _patches, (2048, 2500, 120)),
    (r"gpt-5\.[23]", _PATCHES, _patches, (2048, 6144, 120)),
    (r"gpt-5-mini", _PATCHES, _patches, (2048, 1536, 120)),
    (r"gpt-5-nano", _PATCHES, _patches, (2048, 1536, 150)),
    (r"gpt-5", _TILES, _tiles, (70, 140)),
    (r"gpt-4\.1-mini", _PATCHES, _patches, (2048, 6144, 162)),
    (r"gpt-4\.1-nano", _PATCHES, _patches, (2048, 1536, 246)),
    (r"gpt-4o-mini", _TILES, _tiles, (2833, 5667)),
    (r"gpt-4", _TILES, _tiles, (85, 170)),
    (r"\bo4-mini", _PATCHES, _patches, (2048, 1536, 172)),
    (r"\bo[13]\b", _TILES, _tiles, (75, 150)),
    (r"gemma-?4", _FLAT, _flat, (1120,)),
    (r"gemma", _FLAT, _flat, (256,)),
    (r"gemini-([3-9]|(flash|pro)[a-z-]*latest)", _FLAT, _flat, (1120,)),
    (r"gemini-[12]", _GEMINI_2, _gemini_2, ()),
    (r"qwen-?3([.p]\d)?-?vl|qwen-?3[.p][5-9]", _QWEN, _qwen, (32, 64, 16384)),
    (r"qwen-?(2([.p]5)?-?)?vl|qvq", _QWEN, _qwen, (28, 4, 16384)),
    (r"internvl", _INTERNVL, _internvl, ()),
    (r"", _AREA, _area, ()),
)


@functools.lru_cache(maxsize=64)
def _find(model: str) -> tuple[str, Callable[..., int], tuple[int, ...]]:
    name = model.lower()
    return next(entry[1:] for entry in _RULES if re.search(entry[0], name))
