"""What a prompt is expected to cost: the providers' own examples, and laws for any picture."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture
from strategies import texts

from pytest_rest import rendering
from pytest_rest.models import tokens
from pytest_rest.terms import Form, Image, Item, Prompt, Style

HAIKU, OPUS = "anthropic/claude-haiku-4-5", "anthropic/claude-opus-5-5"
GEMINI_2, GEMINI_3 = "gemini/gemini-2.5-flash-lite", "gemini/gemini-3-flash-preview"
QWEN_2, QWEN_3 = "deepinfra/Qwen/Qwen2.5-VL-32B-Instruct", "Qwen/Qwen3-VL-4B-Instruct"
INTERNVL = "OpenGVLab/InternVL3-9B"
UNKNOWN = "no published formula known: width x height / 750"

# The most that a picture of any size can cost, by model.
MOST = {
    HAIKU: 1568,
    OPUS: 4784,
    "openai/gpt-4o": 85 + 170 * 8,
    "openai/gpt-4o-mini": 2833 + 5667 * 8,
    "openai/gpt-5": 70 + 140 * 8,
    "openai/o3": 75 + 150 * 8,
    "openai/gpt-4.1-mini": 6636,  # 64 x 64 patches, the longest side squared, times 1.62
    "openai/gpt-4.1-nano": 3779,  # 1536 patches times 2.46
    "openai/gpt-5-mini": 1844,
    "openai/gpt-5-nano": 2304,
    "openai/gpt-5.2": 4916,
    "openai/gpt-5.4": 3000,
    "openai/gpt-5.5": 12000,
    "openai/gpt-5.6": 36000,
    "openai/o4-mini": 2642,
    GEMINI_2: 258 * 8,
    GEMINI_3: 1120,
    "novita/google/gemma-3-12b-it": 256,
    QWEN_2: 16386,
    QWEN_3: 16386,
    INTERNVL: 256 * 13,
}
SHAPELESS = {INTERNVL, GEMINI_2}  # by shape: a larger picture may take fewer tiles

# Providers' documented examples; what each formula is taken from stands beside it.
EXAMPLES = [
    # Anthropic, "Vision": the table of both tiers
    *[(HAIKU, side, side, n) for side, n in ((200, 64), (1000, 1296), (1092, 1521))],
    *[(OPUS, side, side, n) for side, n in ((200, 64), (1000, 1296), (1092, 1521))],
    (HAIKU, 1920, 1080, 1560),
    (OPUS, 1920, 1080, 2691),
    (HAIKU, 2000, 1500, 1564),
    (OPUS, 2000, 1500, 3888),
    (HAIKU, 3840, 2160, 1560),
    (OPUS, 3840, 2160, 4784),
    (HAIKU, 1075, 1520, 33 * 47),  # "Coordinates and bounding boxes": seen as 924 x 1307
    (HAIKU, 6000, 100, 56),  # the longest side counts before the budget: 1568 x 26
    (OPUS, 100, 6000, 2 * 92),
    # OpenAI, "Images and vision": patches
    ("openai/gpt-5.4", 1024, 1024, 1229),
    ("openai/gpt-5.4", 2048, 2048, 3000),
    ("openai/gpt-4.1-nano", 1024, 1024, 2520),  # 1024 patches times 2.46
    ("openai/gpt-4.1-nano", 1800, 2400, 3572),  # 1452 patches, seen as 1056 x 1408
    ("openai/gpt-5-mini", 1800, 2400, 1743),
    ("openai/gpt-5-nano", 1800, 2400, 2178),
    ("openai/o4-mini", 1800, 2400, 2498),
    # what the API billed at the detail "auto": Hugging Face, JOHNISKING/image-token-cost, 2026
    ("openai/gpt-5.5", 1920, 1080, 2448),
    ("openai/gpt-5.5", 4032, 3024, 11868),
    ("openai/gpt-6-astra", 4032, 3024, 14364),
    # OpenAI, "Images and vision": tiles
    ("openai/gpt-4o", 1024, 1024, 765),
    ("openai/gpt-4o", 2048, 4096, 1105),
    ("openai/gpt-4o-mini", 1024, 1024, 25501),
    ("openai/gpt-5", 1024, 1024, 630),
    ("openai/o1", 1024, 1024, 675),
    # smaller pictures are not enlarged: a tile each
    ("openai/gpt-4.1", 512, 512, 255),
    ("openai/gpt-5.1", 100, 20, 210),
    # Google, "Image understanding", "Media resolution", and "Vision understanding" of Gemma
    (GEMINI_2, 384, 384, 258),
    (GEMINI_2, 960, 540, 6 * 258),
    (GEMINI_2, 640, 450, 6 * 258),
    (GEMINI_2, 600, 450, 4 * 258),
    (GEMINI_2, 1300, 200, 8 * 258),
    (GEMINI_3, 100, 100, 1120),
    (GEMINI_3, 4000, 3000, 1120),
    ("gemini/gemma-3-27b-it", 896, 896, 256),
    ("gemini/gemma-4-31b-it", 896, 896, 1120),
    # Alibaba, "Visual understanding (Qwen-VL)": 16386 is the most, the two delimiters included
    (QWEN_2, 1024, 1024, 37 * 37 + 2),
    (QWEN_2, 3584, 3584, 16386),
    (QWEN_2, 1, 1, 6),
    (QWEN_2, 8000, 4000, 181 * 90 + 2),
    (QWEN_3, 1024, 1024, 32 * 32 + 2),
    (QWEN_3, 4096, 4096, 16386),
    (QWEN_3, 10, 10, 66),
    # OpenGVLab, "InternVL3"
    (INTERNVL, 448, 448, 256),
    (INTERNVL, 896, 448, 3 * 256),
    (INTERNVL, 896, 896, 5 * 256),
    (INTERNVL, 1792, 1344, 13 * 256),
    (INTERNVL, 20, 10, 3 * 256),
    # and without a formula
    ("mistral/pixtral-large-latest", 1000, 750, 1000),
    ("", 1, 1, 1),
]

# Names as they are resolved, and the words of the rule that counts for them.
NAMES = {
    HAIKU: "at most 1568 tokens",
    "anthropic/claude-3-7-sonnet-20250219": "at most 1568 tokens",
    "anthropic/claude-opus-4-20250514": "at most 1568 tokens",
    "anthropic/claude-opus-4-6": "at most 1568 tokens",
    "anthropic/claude-opus-4-7": "at most 4784 tokens",
    "openrouter/anthropic/claude-opus-4.8": "at most 4784 tokens",
    "vertex_ai/claude-sonnet-5@20260701": "at most 4784 tokens",
    "bedrock/us.anthropic.claude-fable-5-v1:0": "at most 4784 tokens",
    "bedrock/anthropic.claude-3-haiku-20240307-v1:0": "at most 1568 tokens",
    "openai/gpt-4o-mini-2024-07-18": "OpenAI: 2833 tokens and 5667 for each tile",
    "openai/chatgpt-4o-latest": "OpenAI: 85 tokens and 170 for each tile",
    "openai/gpt-4.1": "OpenAI: 85 tokens and 170 for each tile",
    "openai/gpt-4.1-mini": "OpenAI: 162 tokens for 100 patches",
    "openai/gpt-5-chat-latest": "OpenAI: 70 tokens and 140 for each tile",
    "azure/gpt-5.1": "OpenAI: 70 tokens and 140 for each tile",
    "openai/gpt-5-mini": "at most 1536 patches",
    "openai/gpt-5.2-chat-latest": "at most 6144 patches",
    "openai/gpt-5.4-nano": "120 tokens for 100 patches of 32 x 32 px, at most 2500 patches",
    "openrouter/openai/gpt-5.5": "at most 10000 patches",
    "bedrock/us.openai.gpt-5.6-sol": "at most 30000 patches",
    "openai/gpt-6.1-sol": "at most 30000 patches",
    "openai/gpt-5.10": "at most 30000 patches",
    "openai/o1-2024-12-17": "OpenAI: 75 tokens and 150 for each tile",
    "o3": "OpenAI: 75 tokens and 150 for each tile",
    "openai/o4-mini": "172 tokens for 100 patches",
    "vertex_ai/gemini-2.5-pro": "258 tokens a tile",
    "openrouter/google/gemini-3.8-flash": "1120 tokens for every picture",
    "gemini/gemini-flash-lite-latest": "1120 tokens for every picture",
    "gemini/gemini-1.5-pro-latest": "258 tokens a tile",
    "gemini/gemma-3-27b-it": "256 tokens for every picture",
    "ollama/gemma3:4b": "256 tokens for every picture",
    "gemini/gemma-4-26b-a4b-it": "1120 tokens for every picture",
    "Qwen/Qwen2.5-VL-7B-Instruct": "Alibaba: 28 x 28 px",
    "fireworks_ai/accounts/fireworks/models/qwen2p5-vl-7b-instruct": "Alibaba: 28 x 28 px",
    "Qwen/Qwen2-VL-2B-Instruct": "Alibaba: 28 x 28 px",
    "ollama/qwen2.5vl:7b": "Alibaba: 28 x 28 px",
    "dashscope/qwen3-vl-plus": "Alibaba: 32 x 32 px",
    "Qwen/Qwen3.5-27B": "Alibaba: 32 x 32 px",
    "fireworks_ai/accounts/fireworks/models/internvl3-8b": "OpenGVLab: 256 tokens a tile",
    "azure_ai/Phi-4-multimodal-instruct": UNKNOWN,
    "novita/deepseek/deepseek-ocr": UNKNOWN,
    "groq/qwen-qwq-32b": UNKNOWN,
    "azure/my-deployment": UNKNOWN,
    "embedded": UNKNOWN,
    "foo1/bar-o12": UNKNOWN,
    "": UNKNOWN,
}

# What OpenAI's o200k_base (tiktoken 0.14) counts.
COUNTED = {
    "-3A - 3B = -15\n-2A - B = -9\nWhat is the value of A?": 27,
    "-3A - 2B + 2C + 2D = -10\n-3A - 3B - C = 0\nA + 3B - 3C + D = 49\n-3A - 3B + 3C + 3D = -21\n"
    "What is the value of C?": 73,
    "A train leaves the station at noon and travels sixty miles an hour towards a town that lies "
    "three hundred miles to the east. How long does it take, and when does it arrive there?": 38,
    "Ein Zug verlässt den Bahnhof um zwölf Uhr und fährt mit sechzig Kilometern in der Stunde "
    "nach Osten. Wie lange braucht er für dreihundert Kilometer?": 33,
    "一列火车中午离开车站,以每小时六十公里的速度向东行驶。行驶三百公里需要多长时间?": 34,
    "기차는 정오에 역을 떠나 시속 육십 킬로미터로 동쪽으로 간다. "
    "삼백 킬로미터를 가는 데 얼마나 걸리는가?": 42,
    "3141592653589793238462643383279502884197": 14,
}

sides = st.integers(1, 20_000)
models = st.sampled_from(sorted(MOST))


def prompt(*parts: str | Image) -> Prompt:
    """A prompt of these parts, of no item in particular."""
    return Prompt(Item("1", "?", "1"), Form("mixed", Style()), "solve", parts, 100)


def text_tokens(*parts: str) -> int:
    """The estimate for a text alone."""
    return tokens.estimate(prompt(*parts)).text


# Pictures


@pytest.mark.parametrize(("model", "width", "height", "expected"), EXAMPLES)
def test_documented_examples_are_met(model: str, width: int, height: int, expected: int) -> None:
    """Each provider's own examples come out as they are documented."""
    assert expected == tokens.vision_tokens(width, height, model)


@pytest.mark.parametrize(("model", "words"), NAMES.items())
def test_a_rule_is_found_by_the_family_in_the_name(model: str, words: str) -> None:
    """Whatever stands before and after it; a name of no known family gets the default."""
    assert words in tokens.rule(model)


def test_case_does_not_matter() -> None:
    """Served models keep the capitals of their weights' name, providers write it small."""
    for model in NAMES:
        assert tokens.rule(model) == tokens.rule(model.upper())


@given(models, sides, sides)
def test_a_picture_costs_something_and_no_more_than_the_cap(
    model: str, width: int, height: int
) -> None:
    """A picture of any size: at least one token, at most what the provider scales it down to."""
    assert 1 <= tokens.vision_tokens(width, height, model) <= MOST[model]


@pytest.mark.parametrize("model", sorted(MOST))
def test_the_cap_can_be_reached(model: str) -> None:
    """The caps of this file are the formulas' own: some shape comes within a hundredth of it."""
    shapes = [(n * across, n * down) for n in (1024, 4096) for across in (1, 4) for down in (1, 3)]
    shapes += [(4096, 2048), (5472, 5472), (2576, 1449), (1456, 819), (1600, 1600), (4800, 6400)]
    reached = max(tokens.vision_tokens(*shape, model) for shape in shapes)
    assert MOST[model] * 0.99 <= reached


@given(models.filter(lambda model: model != INTERNVL), sides, sides)
def test_a_turned_picture_costs_the_same(model: str, width: int, height: int) -> None:
    """Upright or across plays no part, except where tiles are fitted to a ratio."""
    assert tokens.vision_tokens(width, height, model) == tokens.vision_tokens(height, width, model)


@given(
    models.filter(lambda model: model not in SHAPELESS) | st.just("unknown"),
    *[st.integers(256, 768)] * 2,
    *[st.integers(0, 512)] * 2,
)
def test_a_larger_picture_costs_no_less(
    model: str, width: int, height: int, wider: int, higher: int
) -> None:
    """As long as nothing is scaled, up or down, more pixels are never fewer tokens."""
    large = min(width + wider, 768), min(height + higher, 768)
    assert tokens.vision_tokens(width, height, model) <= tokens.vision_tokens(*large, model)


@given(
    st.sampled_from([HAIKU, OPUS, "openai/gpt-5-mini", "openai/gpt-5.4", QWEN_2]),
    *[st.integers(4000, 7000)] * 2,
)
def test_scaling_down_uses_the_budget(model: str, width: int, height: int) -> None:
    """A page that is too large, and not a strip, is scaled to the cap, and not far below it."""
    assert MOST[model] * 0.9 <= tokens.vision_tokens(width, height, model)


@given(sides, sides)
def test_the_default_is_a_token_for_750_pixels(width: int, height: int) -> None:
    """Rounded up, and without a cap, for a model that nothing is known of."""
    found = tokens.vision_tokens(width, height, "somebody/new-vision-1")
    assert 750 * (found - 1) < width * height <= 750 * found


# PNG headers


@given(
    st.text("ab \n", max_size=200),
    st.sampled_from([Style(), Style(dpi=50), Style(font="courier", dpi=100, color="red")]),
)
def test_size_is_that_of_the_drawn_picture(text: str, style: Style) -> None:
    """The header says what Pillow reads, in grey and in colour."""
    image = rendering.draw(text, style)
    assert Picture.open(io.BytesIO(image.png)).size == image.size


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(40)])
def test_bytes_that_are_not_a_png_have_no_size(data: bytes) -> None:
    """Nothing, a header cut short, and a JPEG."""
    with pytest.raises(ValueError, match=re.escape("not a PNG file")):
        Image(data, "0" * 16).size  # noqa: B018 (it raises)


# Texts and prompts


@pytest.mark.parametrize(("text", "counted"), COUNTED.items())
def test_text_is_near_a_real_tokenizers_count(text: str, counted: int) -> None:
    """Equations, prose, and scripts without spaces: within a fifth, but for the message's own."""
    found = text_tokens(text) - text_tokens("")
    assert counted * 0.8 <= found <= counted * 1.2


@given(texts(), texts())
def test_text_is_never_free(one: str, other: str) -> None:
    """Any text costs something, and more text no less."""
    assert 1 <= text_tokens(one) <= text_tokens(one + other)


@given(texts(), texts())
def test_parts_of_text_add_up(one: str, other: str) -> None:
    """Two parts cost what each costs, and the message around them once."""
    alone = text_tokens(one) + text_tokens(other) - text_tokens()
    assert alone == text_tokens(one, other)


@pytest.mark.parametrize("model", ["", HAIKU, "openai/gpt-5.4", QWEN_2])
def test_a_prompt_costs_its_texts_and_its_pictures(model: str) -> None:
    """Each picture by its own size; the text as without them; the total is both."""
    small, large = rendering.draw("1 + 1"), rendering.draw("word " * 200)
    found = tokens.estimate(prompt(small, "What is it?", large), model)
    pictures = sum(tokens.vision_tokens(*each.size, model) for each in (small, large))
    assert (text_tokens("What is it?"), pictures) == (found.text, found.vision)
    assert found.text + found.vision == found.total


def test_a_prompt_without_a_picture_has_no_vision_tokens() -> None:
    """The text form costs text alone."""
    assert 0 == tokens.estimate(prompt("What is it?"), HAIKU).vision
