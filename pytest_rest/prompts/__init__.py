"""Builds the prompt that shows an item in a form, by the templates of a protocol file.

What each form shows:

- text: the whole item as text;
- image: the whole item drawn as one picture;
- mixed: the context drawn, the question as text; with choices, the stem drawn, the choices as text;
- ocr-first: the image form's picture, to be transcribed before it is answered;
- ocr-then-solve: as text, what the model itself transcribed in a call before;
- file: a document as a file, the question as text.

A document is its text layer in place of a context, or its pages as pictures, and what else is drawn
is a picture after them.

An item's own picture, a chart or a scan, comes before the text; where text is drawn, it comes above
it in the same picture, with a line between; of several, above it stands the last one. Its pixels
are the same in every form, so that only the form of the text differs. An item with such a picture
but neither context nor choices has no mixed form: it would be the text form again.

A text that takes several pages is several pictures, in order, and each is transcribed in a call of
its own.

The picture of the image form, or of the mixed form, is transcribed; an item's own picture is not,
because no reference says what it shows.

Under a budget of thinking each form shows the same, but in two calls: the first asks to think, and
is cut at the budget; the second shows that thinking and asks to answer without more of it. This is
budget forcing that works at any endpoint: the thinking comes back as text, because not every
endpoint lets a request continue a message of the model's. A native budget takes one call.
"""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from pytest_rest import safe_files, safe_yaml
from pytest_rest.errors import BenchmarkError, OptionError
from pytest_rest.prompts import page_pictures, templates
from pytest_rest.prompts.templates import PLACEHOLDER, PLACEHOLDERS, Reasoning, checked, limits
from pytest_rest.prompts.texts import fill, written
from pytest_rest.prompts.texts import table_in_picture as table_in_picture
from pytest_rest.prompts.texts import whole as whole
from pytest_rest.rendering import document
from pytest_rest.terms import (
    ANSWER_KINDS,
    FILE,
    RULED,
    Budget,
    File,
    Form,
    Image,
    Item,
    KnownPictures,
    Mode,
    Prompt,
    Style,
    Task,
)

Part = tuple[Literal["text", "image"], str]

_OWN = Path(__file__).with_name("protocol.yaml")
_DOCUMENTS = Path(__file__).with_name("documents.yaml")
_READ = "ocr-then-solve"
_PROMPTS = (
    *("transcribe", "transcribe-picture"),
    *("text", "image", "mixed", "mixed-choice", "ocr-first", _READ),
)
_LONGEST_QUOTED = 20_000  # characters of what a model wrote that another prompt shows


@dataclass(frozen=True)
class Protocol:
    """A protocol file's prompts, its `version`, and a digest of all that prompts are made of."""

    version: str
    digest: str
    max_tokens: Mapping[str, int]
    parts: Mapping[str, tuple[Part, ...]]
    answer_format: Mapping[str, str]
    reasoning: Reasoning

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def id(self) -> str:
        """`rest-1 (a3f2c1d0)`: the version, and a digest, by which an edited file differs."""
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
    known: KnownPictures | None = None,
) -> Prompt:
    """The prompt for one call; drawing its picture may raise `RenderingError`.

    What is `known` is not drawn, and has no bytes.

    `transcription` is what the form ocr-then-solve shows, `thinking` what the model thought under
    the budget before it answers. Raises `BenchmarkError` for a mixed form of an item with neither
    context nor choices, and for an item's own picture that can no longer be read.
    """
    quoted = transcription[:_LONGEST_QUOTED], thinking[:_LONGEST_QUOTED]
    shown, texts = _texts(item, form.mode, form.format, task, protocol, budget, quoted)
    parts: tuple[str | Image | File, ...] = ()
    if form.mode == FILE and item.document:
        parts = (document.as_file(item.document),)
    for kind, text in texts:
        if kind == "text":
            parts += (text,)
        else:
            parts += page_pictures.draw(text, form.style or Style(), shown, known)
    if not any(isinstance(part, Image) for part in parts):
        parts = (*page_pictures.own(shown), *parts)
    limit = protocol.max_tokens.get(item.suite, protocol.max_tokens["default"])
    if budget is not None:
        limit = protocol.reasoning.limit(task, budget, limit)
    return Prompt(item, form, task, parts, limit, repeat, budget)


def transcriptions(
    item: Item, form: Form, protocol: Protocol, known: KnownPictures | None = None
) -> list[Prompt]:
    """The prompts that transcribe a form, one for each picture with text; errors as `build`.

    Only the first page stands below an item's own picture.
    """
    whole = build(item, form, "transcribe", protocol, known=known)
    if len(whole.images) == 1 and not item.document:
        return [whole]
    asks = [part for part in whole.parts if isinstance(part, str)]
    alone = [fill(t, item) for kind, t in protocol.parts["transcribe"] if kind == "text"]
    return [
        replace(whole, parts=(image, *(alone if number else asks)))
        for number, image in enumerate(image for image in whole.images if image.text.strip())
    ]


def rating(solved: Prompt, answer: str, protocol: Protocol, repeat: int = 0) -> Prompt:
    """What a judge is asked about an open answer: the picture, the question, both answers.

    The answer is quoted as a JSON string, so that it cannot end the quotation.
    """
    item = solved.item
    shown = {
        "question": item.question,
        "reference": item.answer,
        "answer": json.dumps(answer[:_LONGEST_QUOTED], ensure_ascii=False),
    }
    text = PLACEHOLDER.sub(lambda match: shown[match[1]], protocol.reasoning.parts["rate"])
    picture = page_pictures.own(item)
    limit = protocol.reasoning.rating_tokens
    budget = solved.budget and Budget(solved.budget.amount)  # under which the answer was given
    return Prompt(item, solved.form, "rate", (*picture, text), limit, repeat, budget)


def drawn(item: Item, form: Form, task: Task, protocol: Protocol) -> list[str]:
    """The texts that a prompt's pictures show; `BenchmarkError` as `build`."""
    templates = _templates(item, form, task, protocol)
    return [_pictured(template, item, form) for kind, template in templates if kind == "image"]


def as_shown(item: Item, form: Form) -> Item:
    """The item as a form shows it: beside the picture of its table, where one is given."""
    table = item.table
    if table is None or not table.picture or form.mode == "text" or form.format not in ("", RULED):
        return item
    return replace(item, table=None, image=table.picture, image_digest=table.picture_digest)


def load_protocol(path: Path | None = None) -> Protocol:
    """Read a protocol file, the project's own by default; `OptionError` says what is wrong."""
    path = path or _OWN
    try:
        text = safe_files.read(path).decode()
        data = safe_yaml.load(text)
    except (OSError, RecursionError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())
        raise OptionError(f"protocol file {str(path)!r} cannot be read: {line}") from None
    try:
        late = templates.late_words(_OWN, "answer_format")
        seen = data | {"answer_format": templates.in_digest(data["answer_format"], late)}
        return Protocol(
            version=str(data["version"]),
            digest=hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:16],
            max_tokens=limits(data["max_tokens"]),
            parts=_all_parts(data["prompts"]),
            answer_format=templates.by_kind(data["answer_format"], ANSWER_KINDS, late),
            reasoning=templates.load(data),
        )
    except KeyError as error:
        raise OptionError(f"protocol file {str(path)!r} lacks the key {error}") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise OptionError(f"protocol file {str(path)!r}: {error}") from None


@functools.lru_cache(maxsize=32)  # an item's texts are the same in every style
def _texts(
    item: Item,
    mode: Mode,
    format: str,
    task: Task,
    protocol: Protocol,
    budget: Budget | None,
    quoted: tuple[str, str],
) -> tuple[Item, list[Part]]:
    """The item as a form of any style shows it, and each text that it has, or draws."""
    form = Form(mode, format=format)
    asking, block = protocol.answer_format.get(item.answer_kind, ""), written(item, form.format)
    if budget is not None:
        asking = protocol.reasoning.asking(task, budget, item.answer_kind)
    return as_shown(item, form), [
        (kind, fill(template, item, asking, block, quoted))
        if kind == "text"
        else (kind, _pictured(template, item, form))
        for kind, template in _templates(item, form, task, protocol)
    ]


def _templates(item: Item, form: Form, task: Task, protocol: Protocol) -> Sequence[Part]:
    """The parts of a prompt; to transcribe the mixed form is to transcribe that form's picture."""
    parts = protocol.parts[_prompt_name(item, form, task)]
    if task == "solve" or form.mode != "mixed":
        return parts
    shown = protocol.parts[_prompt_name(item, form, "solve")]
    picture = next(template for kind, template in shown if kind == "image")
    return [(kind, picture if kind == "image" else template) for kind, template in parts]


def _prompt_name(item: Item, form: Form, task: Task) -> str:
    if task == "transcribe":
        return "transcribe-picture" if as_shown(item, form).image else "transcribe"
    if form.mode not in ("mixed", FILE):
        return form.mode
    if item.choices:
        return f"{form.mode}-choice"
    if item.context or item.block or item.document:
        return form.mode
    reason = "there is nothing to show as a picture beside its question"
    if item.image:
        reason = "its mixed form would be its text form"
    raise BenchmarkError(
        f"item {item.id!r} of {item.suite!r} has neither context nor choices, so {reason}; "
        "give it a context, or ask --rest-modes=text,image"
    )


def _pictured(template: str, item: Item, form: Form) -> str:
    """The text that a picture shows."""
    return fill(template, as_shown(item, form), block=table_in_picture(item, form.format))


def _all_parts(prompts: Mapping[str, Any]) -> dict[str, tuple[Part, ...]]:
    """A protocol file's prompts; it need not have those of documents."""
    documents = safe_yaml.load(_DOCUMENTS.read_text("utf-8"))
    named = {name: prompts[name] for name in _PROMPTS}
    named |= {name: prompts.get(name, own) for name, own in documents.items()}
    return {name: _parts(name, listed) for name, listed in named.items()}


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
    wanted = "text" if name in ("text", _READ) or name.startswith(FILE) else "image"
    if wanted not in [kind for kind, _ in parts]:
        raise ValueError(f"prompt {name!r} has no {wanted} part")
    if name == _READ and not any("{transcription}" in template for _, template in parts):
        raise ValueError(f"prompt {name!r} does not show the {{transcription}}")
    return tuple(parts)
