"""Checks what models say of their answers: counts and costs are data, and may be anything."""

from typing import Any

from pytest_rest.credentials import masked
from pytest_rest.models.failures import MalformedError
from pytest_rest.terms import Completion

_MOST = 10_000_000


def token_count(value: object) -> int | None:
    """A count from 0 to 10 million; None, which is "not reported", for anything else."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST else None


def amount(value: object) -> float | None:
    """Dollars or seconds, from 0 to 10 million; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= _MOST else None


def checked(completion: Completion) -> Completion:
    """The completion with only such numbers as can be, and without the keys that are known.

    `TypeError` if a text is not a text.
    """
    for name in ("text", "finish_reason", "model"):
        if not isinstance(value := getattr(completion, name), str):
            raise TypeError(f"{name} of a completion is {type(value).__name__}, not str")
    if not isinstance(completion.error, str | None):
        raise TypeError(f"error of a completion is {type(completion.error).__name__}, not str")
    return Completion(
        text=masked(completion.text),
        finish_reason=masked(completion.finish_reason),
        model=masked(completion.model),
        error=completion.error and masked(completion.error),
        input_tokens=token_count(completion.input_tokens),
        output_tokens=token_count(completion.output_tokens),
        cost=amount(completion.cost),
        seconds=amount(completion.seconds) or 0.0,
        from_cache=completion.from_cache is True,
        cached_tokens=token_count(completion.cached_tokens),
        cache_saved=amount(completion.cache_saved),
    )


def written(content: object) -> tuple[str, str]:
    """The text of a message's content, and of a refusal in it; `MalformedError` if it is neither.

    Content is a text, or a list of parts, of which those with thoughts are not of the answer.
    """
    if isinstance(content, str | None):
        return content or "", ""
    texts: dict[str, list[str]] = {"text": [], "refusal": []}
    for part in content if isinstance(content, list) else [content]:
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise MalformedError("its content is not text")
        name = "text" if part["type"] == "output_text" else part["type"]
        if name in texts:
            if not isinstance(part.get(name), str):
                raise MalformedError("a part of its content is not text")
            texts[name].append(part[name])
    return "".join(texts["text"]), "".join(texts["refusal"])


def join_parts(data: Any) -> bool:
    """Make one text of content that is a list of parts, in OpenAI's protocol; whether it was."""
    choices = data.get("choices") if isinstance(data, dict) else None
    listed = choices if isinstance(choices, list) else []
    messages = [each.get("message") for each in listed if isinstance(each, dict)]
    in_parts = [m for m in messages if isinstance(m, dict) and isinstance(m.get("content"), list)]
    for message in in_parts:
        message["content"], refusal = written(message["content"])
        message["refusal"] = message.get("refusal") or refusal or None
    return bool(in_parts)


def from_builtins(data: Any) -> Completion | None:
    """The completion of a stored row; None where its types are not those of one."""
    try:
        return checked(Completion(**data))
    except TypeError:
        return None
