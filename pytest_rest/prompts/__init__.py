"""Turns an item and a form into the prompt that a model is shown, after a protocol file.

What each form shows:

- text: the whole item as text;
- image: the whole item drawn as one picture;
- mixed: the context drawn, and the question as text; with choices the stem drawn, and they as text.

An item's own picture, a chart or a scan, comes before the text, and where text is drawn, above it
in the same picture, with a line between. Its pixels are the same in every form, so that nothing but
the form of the text differs. An item with such a picture but neither context nor choices has no
mixed form, which would be its text form again.

- ocr-first: the image form's picture, to be transcribed before it is answered;
- ocr-then-solve: as text what the model itself transcribed, in a call before.

The transcription is of the image form's picture, or of the mixed form's; of an item's own one
nothing is transcribed, for nobody says what stands there.

Under a budget of thinking each form shows the same, and asks otherwise: to think, in a call that is
cut at the budget; then to answer, with what was thought before it and nothing more to think. That
is budget forcing, as any endpoint allows it: the thinking comes back as text, since a request
cannot go on with a message of the model's own everywhere. A native budget is one call.
"""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from pytest_rest import rendering, safe_yaml
from pytest_rest.errors import BenchmarkError, OptionError
from pytest_rest.prompts import templates as wording
from pytest_rest.prompts.templates import PLACEHOLDER, PLACEHOLDERS, Reasoning, checked, limits
from pytest_rest.rendering import pictures
from pytest_rest.terms import ANSWER_KINDS, Budget, Form, Image, Item, Mode, Prompt, Style, Task

Part = tuple[Literal["text", "image"], str]

_OWN = Path(__file__).with_name("protocol.yaml")
_READ = "ocr-then-solve"
_PROMPTS = (
    *("transcribe", "transcribe-picture"),
    *("text", "image", "mixed", "mixed-choice", "ocr-first", _READ),
)
_LONGEST_QUOTED = 20_000  # characters of what a model wrote that another prompt shows


@dataclass(frozen=True)
class Protocol:
    """The prompts of a protocol file: `version`, and a digest of everything a prompt is made of."""

    version: str
    digest: str
    max_tokens: Mapping[str, int]
    parts: Mapping[str, tuple[Part, ...]]
    answer_format: Mapping[str, str]
    reasoning: Reasoning

    @property
    def id(self) -> str:
        """`rest-1 (a3f2c1d0)`: the version, and the digest that tells an edited file."""
        return f"{self.version} ({self.digest[:8]})"


def build(
    item: Item,
    form: Form,
    task: Task,
    protocol: Protocol,
    *,
    repeat: int = 0,
    transcription: str = "",
    budget: Budget | None = None,
    thinking: str = "",
) -> Prompt:
    """The prompt for one call; drawing its picture may raise `RenderingError`.

    `transcription` is what the form ocr-then-solve shows, `thinking` what was thought under the
    budget before this is answered. Raises `BenchmarkError` for a mixed form of an item with neither
    context nor choices, and for a picture of its own that cannot be read any more.
    """
    asking = protocol.answer_format.get(item.answer_kind, "")
    if budget is not None:
        asking = protocol.reasoning.asking(task, budget, item.answer_kind)
    quoted = {"transcription": transcription, "thinking": thinking}
    parts = tuple(
        _fill(template, item, protocol, asking, quoted)
        if kind == "text"
        else _draw(_fill(template, item, protocol), form.style or Style(), item)
        for kind, template in _templates(item, form, task, protocol)
    )
    if item.image and not any(isinstance(part, Image) for part in parts):
        parts = (pictures.read(item.image, item.image_digest), *parts)
    limit = protocol.max_tokens.get(item.suite, protocol.max_tokens["default"])
    if budget is not None:
        limit = protocol.reasoning.limit(task, budget, limit)
    return Prompt(item, form, task, parts, limit, repeat, budget)


def rating(solved: Prompt, answer: str, protocol: Protocol, repeat: int = 0) -> Prompt:
    """What a judge is asked of an open answer: the picture, the question, both answers.

    The answer is a JSON string, so that nothing in it can end it.
    """
    item = solved.item
    shown = {
        "question": item.question,
        "reference": item.answer,
        "answer": json.dumps(answer[:_LONGEST_QUOTED], ensure_ascii=False),
    }
    text = PLACEHOLDER.sub(lambda match: shown[match[1]], protocol.reasoning.parts["rate"])
    picture = (pictures.read(item.image, item.image_digest),) if item.image else ()
    limit = protocol.reasoning.rating_tokens
    of = solved.budget and Budget(solved.budget.amount)  # the answer's: the judge is told none
    return Prompt(item, solved.form, "rate", (*picture, text), limit, repeat, of)


def check(item: Item, modes: Sequence[Mode]) -> None:
    """Raise `BenchmarkError` for an item that has not all of these forms."""
    for mode in modes:
        _prompt_name(item, Form(mode), "solve")


def load_protocol(path: Path | None = None) -> Protocol:
    """Read a protocol file, the project's own by default; `OptionError` says what is wrong."""
    path = path or _OWN
    try:
        text = path.read_text("utf-8")
        data = safe_yaml.load(text)
    except (OSError, RecursionError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())
        raise OptionError(f"protocol file {str(path)!r} cannot be read: {line}") from None
    try:
        return Protocol(
            version=str(data["version"]),
            digest=hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()[:16],
            max_tokens=limits(data["max_tokens"]),
            parts={name: _parts(name, data["prompts"][name]) for name in _PROMPTS},
            answer_format={
                kind: checked(data["answer_format"][kind], PLACEHOLDERS[:-1])
                for kind in ANSWER_KINDS
            },
            reasoning=wording.load(data),
        )
    except KeyError as error:
        raise OptionError(f"protocol file {str(path)!r} lacks the key {error}") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise OptionError(f"protocol file {str(path)!r}: {error}") from None


def whole(item: Item) -> str:
    """The item as one text: context, question and choices; what the image form shows."""
    return "\n".join(filter(None, (item.context, item.question, _choices(item))))


def _templates(item: Item, form: Form, task: Task, protocol: Protocol) -> Sequence[Part]:
    """The parts of a prompt; what is transcribed of the mixed form is that form's picture."""
    templates = protocol.parts[_prompt_name(item, form, task)]
    if task == "solve" or form.mode != "mixed":
        return templates
    shown = protocol.parts[_prompt_name(item, form, "solve")]
    picture = next(template for kind, template in shown if kind == "image")
    return [(kind, picture if kind == "image" else template) for kind, template in templates]


def _prompt_name(item: Item, form: Form, task: Task) -> str:
    if task == "transcribe":
        return "transcribe-picture" if item.image else "transcribe"
    if form.mode != "mixed":
        return form.mode
    if item.choices:
        return "mixed-choice"
    if item.context:
        return "mixed"
    so = (
        "its mixed form would be its text form"
        if item.image
        else "there is nothing to show as a picture beside its question"
    )
    raise BenchmarkError(
        f"item {item.id!r} of {item.suite!r} has neither context nor choices, so {so}; "
        "give it a context, or ask --rest-modes=text,image"
    )


def _fill(
    template: str,
    item: Item,
    protocol: Protocol,
    asking: str = "",
    quoted: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The template with the item's own texts in it; what a model wrote is `quoted`, as it is."""
    values = {
        "whole": whole(item),
        "context": item.context,
        "question": item.question,
        "stem": "\n".join(filter(None, (item.context, item.question))),
        "choices": _choices(item),
        "labels": ", ".join(choice.label for choice in item.choices),
        **{name: text[:_LONGEST_QUOTED] for name, text in quoted.items()},
    }
    template = template.replace("{answer_format}", asking)
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _choices(item: Item) -> str:
    return "\n".join(f"{choice.label}. {choice.text}" for choice in item.choices)


def _parts(name: str, listed: list[dict[str, Any]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    known = (*PLACEHOLDERS, "transcription") if name == _READ else PLACEHOLDERS
    for part in listed:
        ((kind, template),) = part.items()
        if kind == "text":
            parts.append(("text", checked(template, known)))
        elif kind == "image":
            parts.append(("image", checked(template)))
        else:
            raise ValueError(f"a part is 'text' or 'image', not {kind!r}")
    wanted = "text" if name in ("text", _READ) else "image"
    if wanted not in [kind for kind, _ in parts]:
        raise ValueError(f"prompt {name!r} has no {wanted} part")
    if name == _READ and not any("{transcription}" in template for _, template in parts):
        raise ValueError(f"prompt {name!r} does not show the {{transcription}}")
    return tuple(parts)


def _draw(text: str, style: Style, item: Item) -> Image:
    if item.image:
        return _draw_under(item.image, item.image_digest, text, style)
    return _draw_alone(text, style)


# Both are remembered, for the transcription shows the image form's picture again.


@functools.lru_cache(maxsize=16)
def _draw_alone(text: str, style: Style) -> Image:
    return rendering.draw(text, style)


@functools.lru_cache(maxsize=4)
def _draw_under(path: str, digest: str, text: str, style: Style) -> Image:
    return pictures.place_under(pictures.read(path, digest), rendering.draw(text, style), style)
