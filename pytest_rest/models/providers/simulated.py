"""Answers prompts with planted faults: a seeded stand-in for demos and for tests of statistics.

It reads the right answer from the item, so it is never to be mistaken for a model. Of an item
without one it says the same in each form, something of the item's kind, unless a fault strikes.
"""

import asyncio
import hashlib
import json
import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from pytest_rest import safe_files, safe_yaml
from pytest_rest.errors import ModelError, nearest
from pytest_rest.terms import COMPARED, OCR_MODES, RULED, Completion, Home, Item, Prompt, Style

_MODES = (*COMPARED, *OCR_MODES)
KINDS = ("wrong", "unparseable", "refused", "truncated", "failed", "misread")
_COMPARISONS = {"<": operator.lt, ">": operator.gt}
_FIELDS = frozenset(field.name for field in fields(Style))
_INLINE = re.compile(r"(?P<kind>[a-z]+)(?:\.(?P<mode>[a-z-]+))?=(?P<value>\d*\.?\d+)")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a share `rate` of the prompts that it applies to."""

    kind: str
    rate: float
    modes: tuple[str, ...] = _MODES
    when: Mapping[str, object] | None = None

    def applies(self, prompt: Prompt) -> bool:
        """Whether the fault can strike this prompt at all."""
        if prompt.task == "think" or (prompt.task == "transcribe") != (self.kind == "misread"):
            return self.kind == "failed" and self.modes == _MODES and not self.when
        return prompt.form.mode in self.modes and _fits(self.when or {}, prompt)


_WRONG = Fault("wrong", 1.0)


@dataclass(frozen=True)
class PlantedEffect:
    """By how much a style's characteristic changes the share of right answers."""

    change: float
    when: Mapping[str, object]


@dataclass(frozen=True)
class Profile:
    """What is planted: faults, and where none strikes, a share of right answers.

    The share is `accuracy` plus the change of every effect whose `when` fits, from 0 to 1.
    """

    faults: tuple[Fault, ...] = ()
    seconds: float = 0.0
    accuracy: float = 1.0
    effects: tuple[PlantedEffect, ...] = ()

    def share(self, prompt: Prompt) -> float:
        """The share of right answers to such prompts."""
        changes = (effect.change for effect in self.effects if _fits(effect.when, prompt))
        return math.fsum([self.accuracy, *changes])


class SimulatedModel:
    """A seeded model whose faults are known; equal seeds give equal answers in every process."""

    home: Home = "cpu"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self, profile: str = "", seed: int = 0) -> None:
        self.name = f"simulated:{profile}" if profile else "simulated"
        self.description = f"{self.name}, SIMULATED: planted answers, not a model"
        self._seed = seed
        self._profile = _load(profile or "steady")

    async def open(self) -> None:
        """Nothing to get ready."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Answer each prompt with the truth, or with the first fault that strikes."""
        if self._profile.seconds:
            await asyncio.sleep(self._profile.seconds)
        return [self._complete(prompt) for prompt in prompts]

    async def close(self) -> None:
        """Nothing to let go of."""

    def _complete(self, prompt: Prompt) -> Completion:
        struck = next((f for f in self._profile.faults if self._strikes(f, prompt)), None)
        if struck is None and self._errs(prompt):
            struck = _WRONG
        text = _truth(prompt) if struck is None else self._faulty(struck.kind, prompt)
        if prompt.task == "think":  # as long as it may be, and cut off
            text = ("Let me think. " * prompt.max_tokens)[: 4 * prompt.max_tokens - 4]
        sizes = (len(part) // 4 if isinstance(part, str) else 200 for part in prompt.parts)
        tokens = (sum(sizes), len(text) // 4 + 1)
        if struck and struck.kind == "failed":
            return Completion(error="server error: planted failure", model=self.name)
        ended = {"refused": "refusal", "truncated": "length"}
        reason = ended.get(struck.kind, "stop") if struck else "stop"
        reason = "length" if prompt.task == "think" else reason
        seconds = self._profile.seconds
        return Completion(text, reason, *tokens, cost=0.0, seconds=seconds, model=self.name)

    def _strikes(self, fault: Fault, prompt: Prompt) -> bool:
        if not fault.applies(prompt):
            return False
        place = f"{fault.kind}/{self._profile.faults.index(fault)}"
        return self._draw(prompt, place) < fault.rate

    def _errs(self, prompt: Prompt) -> bool:
        share = self._profile.share(prompt) if prompt.task == "solve" else 1.0
        return share < 1 and self._draw(prompt, "accuracy") >= share

    def _faulty(self, kind: str, prompt: Prompt) -> str:
        if kind == "misread":
            return "(illegible) " + _truth(prompt)[1:]
        if kind == "wrong":
            return f"Answer: {self._wrong(prompt)}"
        return {"refused": "I cannot help with that.", "truncated": "Let me think. First"}.get(
            kind, "It depends."
        )

    def _wrong(self, prompt: Prompt) -> str:
        item, draw, right = prompt.item, self._draw(prompt, "which"), _answer(prompt.item)
        if item.answer_kind == "choice":
            others = [c.label for c in item.choices if c.label != right.strip()]
            return others[int(draw * len(others))]
        if item.answer_kind in ("integer", "number"):
            return str(Fraction(right.replace(",", "")) + 1 + int(draw * 9))
        return f"not {right}"

    def _draw(self, prompt: Prompt, place: str) -> float:
        """A number in [0, 1) that depends on the seed, the item, the form, the task, the repeat."""
        style = prompt.form.style.id if prompt.form.style else _written(prompt)
        named = [self._seed, place, prompt.item.digest, prompt.form.mode, style, prompt.task]
        named += [prompt.repeat] if prompt.repeat else []
        hashed = hashlib.sha256("/".join(map(str, named)).encode()).digest()
        return int.from_bytes(hashed[:7]) / 2**56


def _truth(prompt: Prompt) -> str:
    if prompt.task == "transcribe":
        return "\n".join(image.text for image in prompt.images)
    if prompt.task == "rate":
        asked = next(part for part in prompt.parts if isinstance(part, str))
        return f"Rating: {1 if json.dumps(f'Answer: not {prompt.item.answer}') in asked else 5}"
    if prompt.compared is not None:
        first, second = (text.casefold() for text in prompt.compared)
        return "same" if first == second else "different"
    return f"Answer: {_answer(prompt.item)}"


def _answer(item: Item) -> str:
    """The item's own answer; where it has none a number of its own, in the words of its kind."""
    number = int(item.digest[:4], 16)
    if item.answer or item.answer_kind in ("integer", "number"):
        return item.answer or str(number)
    if item.choices:
        return item.choices[number % len(item.choices)].label
    return f"x + {number}" if item.answer_kind == "expression" else f"planted {number}"


def _written(prompt: Prompt) -> str:
    """The format of a text prompt; what is drawn with rules is Markdown as text."""
    return "markdown" if prompt.form.format == RULED else prompt.form.format


def _fits(when: Mapping[str, object], prompt: Prompt) -> bool:
    """Whether the prompt's item, budget and style are as wanted; text has but a format."""
    style = prompt.form.style or Style(format=prompt.form.format)
    texts = {"item": prompt.item.id, "context": prompt.item.context}
    for name, wanted in when.items():
        if name in texts:
            if not re.search(str(wanted), texts[name]):
                return False
        elif name == "budget":
            if prompt.budget is None or not _equals(prompt.budget.amount, wanted):
                return False
        elif (
            name not in _FIELDS
            or (prompt.form.style is None and name != "format")
            or not _equals(getattr(style, name), wanted)
        ):
            return False
    return True


def _equals(value: object, wanted: object) -> bool:
    if isinstance(wanted, str) and wanted[:1] == "!":
        return str(value) != wanted[1:]
    if isinstance(wanted, str) and wanted[:1] in _COMPARISONS:
        return bool(_COMPARISONS[wanted[0]](float(str(value)), float(wanted[1:])))
    return value == wanted


def _load(profile: str) -> Profile:
    """What is planted by a named profile, a YAML file, or `KIND[.MODE]=RATE,...`."""
    try:
        return _profile(_inline(profile) if "=" in profile else _read(profile))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"simulated profile {profile!r}: {error}") from None


def _read(profile: str) -> Any:
    if profile.endswith((".yaml", ".yml")):
        try:
            return safe_yaml.load(safe_files.read(Path(profile)).decode())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            line = " ".join(str(error).split())
            raise ModelError(f"simulated profile {profile!r} cannot be read: {line}") from None
    own = Path(__file__).with_name("simulated.yaml").read_text("utf-8")
    profiles = safe_yaml.load(own)["profiles"]
    if profile not in profiles:
        raise ModelError(
            f"unknown simulated profile {profile!r}{nearest(profile, profiles)}; known are "
            f"{', '.join(profiles)}, a YAML file, or faults such as 'wrong.image=0.2'"
        )
    return profiles[profile]


def _profile(data: Mapping[str, Any]) -> Profile:
    effects = tuple(
        PlantedEffect(float(effect["change"]), dict(effect["when"]))
        for effect in data.get("effects", ())
    )
    accuracy, changes = float(data.get("accuracy", 1.0)), [effect.change for effect in effects]
    lowest = math.fsum([accuracy, *(change for change in changes if change < 0)])
    highest = math.fsum([accuracy, *(change for change in changes if change > 0)])
    if not 0 <= lowest <= highest <= 1:
        raise ValueError(
            f"accuracy and effects add up to {lowest:g} to {highest:g}, which is not within 0 to 1"
        )
    faults = tuple(_fault(**fault) for fault in data.get("faults", ()))
    return Profile(faults, float(data.get("seconds", 0.0)), accuracy, effects)


def _inline(text: str) -> dict[str, Any]:
    data: dict[str, Any] = {"faults": []}
    for part in text.split(","):
        match = _INLINE.fullmatch(part.strip())
        if not match:
            raise ModelError(f"simulated fault {part!r} cannot be read; write KIND[.MODE]=RATE")
        kind, mode, value = match["kind"], match["mode"], float(match["value"])
        if kind == "seconds":
            data["seconds"] = value
        else:
            modes = [mode] if mode else _MODES
            data["faults"].append({"kind": kind, "rate": value, "modes": modes})
    return data


def _fault(
    kind: str, rate: float, modes: Sequence[str] = _MODES, when: Mapping[str, object] | None = None
) -> Fault:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}{nearest(kind, KINDS)}; kinds: {', '.join(KINDS)}")
    if not 0 <= rate <= 1:
        raise ValueError(f"the rate {rate} is not between 0 and 1")
    if unknown := set(modes) - set(_MODES):
        raise ValueError(f"unknown mode {sorted(unknown)[0]!r}; modes: {', '.join(_MODES)}")
    return Fault(kind, rate, tuple(modes), when)
