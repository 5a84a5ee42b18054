"""Estimates the tokens of a prompt before any model is asked.

A picture's tokens follow the provider's published formula, for the detail that is the default when
a request names none (see `vision_rules`); `rule` says in words which formula that is.
"""

import functools
import re
from dataclasses import dataclass

from pytest_rest.models import vision_rules
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.terms import File, Prompt

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


def estimate(prompt: Prompt, model: str = "", rule: VisionRule | None = None) -> PromptTokens:
    """The tokens of a prompt's text, message included, and of its pictures, for a model or a rule.

    Without a tokenizer, text is cut into pieces of one token each: up to 7 Latin letters (with
    the space before them: about 4 characters a token in English), up to 3 digits, up to 2 letters
    of another alphabet, and one of anything else, so that an equation costs a token for 1.5
    characters. OpenAI's o200k_base counts the same within a fifth for English, German, equations,
    Chinese and Korean, and about two thirds of it for Russian, Arabic, Hindi and program code.
    """
    rule = rule or vision_rules.find(model)
    return PromptTokens(
        text=of_text(prompt), vision=sum(rule.tokens(*image.size) for image in prompt.images)
    )


def of_text(prompt: Prompt) -> int:
    """The tokens of a prompt's text alone, message included, as `estimate` counts them."""
    texts = (
        part if isinstance(part, str) else part.text
        for part in prompt.parts
        if isinstance(part, str | File)
    )
    return _MESSAGE + sum(map(_pieces, texts))


@functools.lru_cache(maxsize=64)  # an item's texts are the same in every style
def _pieces(text: str) -> int:
    return len(_PIECE.findall(text))


def vision_tokens(width: int, height: int, model: str = "") -> int:
    """The tokens of one picture, its sides in pixels, for a model by its resolved name."""
    return vision_rules.find(model).tokens(width, height)


def rule(model: str) -> str:
    """One line that says how the pictures of that model are counted."""
    return vision_rules.find(model).words
