"""What providers publish of pictures: their documented examples, and laws for any picture."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import safe_yaml
from pytest_rest.models import vision_rules

HAIKU, OPUS = "anthropic/claude-haiku-4-5", "anthropic/claude-opus-5-5"
GPT_5_6 = "openai/gpt-5.6"
QWEN_2, QWEN_3 = "Qwen/Qwen2.5-VL-7B-Instruct", "novita/qwen/qwen3-vl-8b-instruct"
INTERNVL = "fireworks_ai/accounts/fireworks/models/internvl3-8b"
GEMINI_2, GEMINI_3 = "gemini/gemini-2.5-flash", "gemini/gemini-3.8-flash"
NAMES = (HAIKU, OPUS, "openai/gpt-4o", "openai/gpt-5-mini", GPT_5_6, QWEN_2, QWEN_3, INTERNVL)
SAME = None  # not resized

# The providers' documented examples: the source in vision_rules.yaml, which has the link and the
# date, then model, size, what the model sees of it (0: the provider does not say), and tokens.
EXAMPLES = [
    *[
        ("anthropic", m, (s, s), SAME, n)
        for m in (HAIKU, OPUS)
        for s, n in ((200, 64), (1000, 1296))
    ],
    *[("anthropic", model, (1092, 1092), SAME, 1521) for model in (HAIKU, OPUS)],
    ("anthropic", HAIKU, (1920, 1080), (1456, 819), 1560),
    ("anthropic", OPUS, (1920, 1080), SAME, 2691),
    ("anthropic", HAIKU, (2000, 1500), (1270, 952), 1564),  # by its code; its table has 1269
    ("anthropic", OPUS, (2000, 1500), SAME, 3888),
    ("anthropic", HAIKU, (3840, 2160), (1456, 819), 1560),
    ("anthropic", "anthropic/claude-opus-4-6", (3840, 2160), (1456, 819), 1560),
    ("anthropic", OPUS, (3840, 2160), (2576, 1449), 4784),
    ("anthropic-coordinates", HAIKU, (1075, 1520), (924, 1307), 33 * 47),
    # Where its page says no multiplier, tokens are the patches' after the model's own.
    ("openai", "openai/gpt-4.1-nano", (1024, 1024), SAME, 2520),
    ("openai", "openai/gpt-4.1-nano", (1800, 2400), (1056, 1408), 3572),
    ("openai", "openai/o4-mini", (1800, 2400), (1056, 1408), 2498),
    ("openai", "openai/gpt-4o", (1024, 1024), (768, 768), 765),
    ("openai", "openai/gpt-4o", (2048, 4096), (768, 1536), 1105),
    ("openai", GPT_5_6, (4000, 3000), SAME, 14100),  # 125 x 94 patches, and a fifth
    ("openai-billed", "openai/gpt-5.5", (1920, 1080), SAME, 2448),
    ("openai-billed", "openai/gpt-6-astra", (4032, 3024), SAME, 14364),
    ("google", GEMINI_2, (384, 384), 0, 258),
    ("google", GEMINI_2, (960, 540), 0, 6 * 258),
    ("google", GEMINI_3, (4000, 3000), 0, 1120),
    ("gemma", "gemini/gemma-3-27b-it", (896, 896), 0, 256),
    ("qwen", QWEN_2, (1024, 1024), (37 * 28, 37 * 28), 37 * 37 + 2),
    ("qwen", QWEN_2, (3584, 3584), SAME, 16386),
    ("qwen", QWEN_3, (1024, 1024), SAME, 32 * 32 + 2),
    ("qwen", QWEN_3, (8000, 4000), (181 * 32, 90 * 32), 181 * 90 + 2),
    ("internvl", INTERNVL, (448, 448), SAME, 256),
    ("internvl", INTERNVL, (1792, 1344), SAME, 13 * 256),
]

# A picture that is refused, and one that is just not.
REFUSED = [
    (HAIKU, (8001, 100), {}, (8000, 100), {}, "more than 8,000 pixels a side"),
    (HAIKU, (2001, 9), {"pictures": 21}, (2001, 9), {"pictures": 20}, "2,000 pixels a side"),
    (HAIKU, (9, 9), {"size": 7864323}, (9, 9), {"size": 7864320}, "more than 10 MB in base64"),
    (
        *("bedrock/us.anthropic.claude-haiku-4-5", (9, 9), {"size": 3932163}),
        *((9, 9), {"size": 3932160}, "more than 5 MB in base64"),
    ),
    (HAIKU, (9, 9), {"pictures": 101}, (9, 9), {"pictures": 100}, "more than 100 pictures a call"),
    (OPUS, (9, 9), {"pictures": 601}, (9, 9), {"pictures": 600}, "more than 600 pictures a call"),
    ("openai/gpt-5", (9, 9), {"pictures": 1501}, (9, 9), {"pictures": 1500}, "1,500 pictures"),
    (GPT_5_6, (4801, 6400), {}, (4800, 6400), {}, "more than 30,000 patches"),
    (GEMINI_3, (9, 9), {"pictures": 3601}, (9, 9), {"pictures": 3600}, "3,600 pictures"),
    ("vertex_ai/gemini-2.5-pro", (9, 9), {"size": 7340033}, (9, 9), {"size": 7340032}, "than 7 MB"),
    (QWEN_3, (2001, 10), {}, (2000, 10), {}, "a ratio of sides above 200"),
    ("dashscope/qwen3-vl-plus", (9, 10), {}, (10, 10), {}, "less than 10 pixels a side"),
]

sides = st.integers(1, 20_000)


@pytest.mark.parametrize(("source", "model", "size", "seen", "tokens"), EXAMPLES)
def test_documented_examples_are_met(
    source: str, model: str, size: tuple[int, int], seen: tuple[int, int] | int | None, tokens: int
) -> None:
    """Each provider's own examples come out as its page has them, which the data names."""
    rule = vision_rules.find(model)
    expected = size if seen is SAME else seen or None
    assert (expected, tokens) == (rule.seen(*size), rule.tokens(*size))
    assert {"title", "link", "date"} == set(vision_rules.sources()[source])


def test_every_rule_has_its_source_with_a_link_and_a_date() -> None:
    """And the words of its formula, and limits that exist; the last pattern takes any name."""
    data = safe_yaml.load(vision_rules.DATA.read_text("utf-8"))
    for rule in data["rules"]:
        source = data["sources"][rule["source"]]
        assert bool(rule["source"]) == source["link"].startswith("https://") == bool(source["date"])
        assert rule["formula"] in data["formulas"]
        assert rule.get("limits") is None or rule["limits"] in data["limits"]
        assert re.search(rule["name"], "") is None or rule is data["rules"][-1]


def test_a_long_context_reaches_claude_at_a_sixth() -> None:
    """A hundred lines at 200 DPI, whose long side is what counts."""
    assert (215, 1568) == vision_rules.find(HAIKU).seen(1292, 9436)


@given(st.sampled_from(NAMES), sides, sides)
def test_what_is_seen_takes_the_same_tokens(model: str, width: int, height: int) -> None:
    """Scaling what was scaled changes nothing: a picture costs what the model sees of it."""
    rule = vision_rules.find(model)
    seen = rule.seen(width, height)
    assert seen is not None
    assert (seen, rule.tokens(width, height)) == (rule.seen(*seen), rule.tokens(*seen))


@given(st.sampled_from(["", QWEN_2]), sides, sides, sides, st.integers(1, 10**8))
def test_a_user_says_what_an_endpoint_leaves(
    model: str, width: int, height: int, max_side: int, max_pixels: int
) -> None:
    """Within both limits, in shape, and whole where it fits, whatever weights are behind it."""
    rule = vision_rules.find(model, max_side, max_pixels, is_own=True)
    seen = rule.seen(width, height)
    assert seen is not None
    shrink = max(seen) / max(width, height)
    assert max(seen) <= max_side
    assert seen[0] * seen[1] <= max_pixels + sum(seen)  # each side is rounded
    assert abs(min(seen) - max(min(width, height) * shrink, 1)) <= 1
    if max(width, height) <= max_side and width * height <= max_pixels:
        assert (width, height) == seen
    assert rule.tokens(width, height) == vision_rules.find(model).tokens(*seen)


def test_a_provider_shrinks_what_is_left_to_it() -> None:
    """What a user says of a gateway comes before the rule of the provider behind it."""
    assert (196, 1428) == vision_rules.find(HAIKU, max_side=1428).seen(1292, 9436)
    assert (215, 1568) == vision_rules.find(HAIKU, max_side=4000).seen(1292, 9436)


@pytest.mark.parametrize(
    ("model", "is_own"),
    [
        ("somebody/new-vision-1", False),
        (GEMINI_3, False),
        (QWEN_2, True),
        ("ollama/qwen3-vl", False),
    ],
)
def test_what_nobody_publishes_is_not_known(model: str, is_own: bool) -> None:
    """Nor what a server of one's own does with open weights, until its user says."""
    assert vision_rules.find(model, is_own=is_own).seen(300, 200) is None
    assert (150, 100) == vision_rules.find(model, max_side=150, is_own=is_own).seen(300, 200)
    assert (HAIKU, (300, 200)) == (HAIKU, vision_rules.find(HAIKU, is_own=True).seen(300, 200))


@pytest.mark.parametrize(("model", "size", "more", "fits", "fewer", "why"), REFUSED)
def test_what_a_provider_refuses_is_said(
    model: str,
    size: tuple[int, int],
    more: dict[str, int],
    fits: tuple[int, int],
    fewer: dict[str, int],
    why: str,
) -> None:
    """In words, from the first pixel, byte or picture that is too much."""
    rule = vision_rules.find(model)
    assert why in rule.refusal(*size, **more)
    assert "" == rule.refusal(*fits, **fewer)


def test_limits_of_a_call_are_told() -> None:
    """What a request may hold, and None where nobody says."""
    rules = [vision_rules.find(name) for name in (HAIKU, OPUS, GPT_5_6, GEMINI_3, "unknown")]
    assert [100, 600, 1500, 3600, None] == [rule.pictures for rule in rules]
    assert [32, 32, 512, 100, 0] == [(rule.request_bytes or 0) // 2**20 for rule in rules]
