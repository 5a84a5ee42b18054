"""Reads what a rejected request is about: content that is refused, a parameter, or streaming.

A refusal of content is an answer of a kind. Any other rejection is a failed call, with its mend.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_rest.models.overrides import LIMITS, PARAMETERS

# Codes and types of an error that mean a veto on what is asked or answered, whatever the status.
_VETOES = (
    *(
        "content_filter",
        "content_policy_violation",
        "responsibleaipolicyviolation",
    ),  # OpenAI, Azure
    *("guardrail_intervened", "content_filtered"),  # Bedrock
    *("data_inspection_failed", "datainspectionfailed"),  # Alibaba
    *("content_blocked", "moderation_blocked", "hook_failed"),  # Portkey's last
    *("2016", "2017"),  # Cloudflare: the prompt, the answer
)
_FLAGGED = ("invalid_prompt", "usage policy")  # another code, which is a veto with these words
# The same in words, for errors whose code is the status, by who says so.
_VETO_WORDS = re.compile(
    "(?i)"
    + "|".join(
        (
            # LiteLLM's proxy and its guardrails
            r"\bviolated .{0,40}(?:guardrail|moderation|safety|jailbreak|policy)",
            r"\bblocked by .{0,60}(?:guardrail|defender|polic)",
            r"\bguardrail\b.{0,60}(?:block|interven)",
            r"\bguardrail raised an exception|\bblocked entity detected|\bcrossed severity",
            r"\bprompt injection attack|\bcontent blocked|ContentPolicyViolation",
            # Azure, Anthropic, Bedrock, xAI
            r"\bcontent management policy|\bcontent filtering policy",
            r"\bviolates .{0,40}(?:usage|content|safety) (?:guidelines|polic)",
            # Cloudflare, Portkey, Moonshot, Alibaba
            r"\b(?:prompt|response) blocked due to|\bguardrail checks\b.{0,60}\bfailed\b",
            r"\bconsidered high risk|\binappropriate content",
        )
    )
)
_VETO_STATUSES = (400, 403, 406, 422, 424, 446, 451)
_FORBIDDEN_WORDS = re.compile(
    r"(?i)\bflagged\b|\bmoderation\b|\bcontent (?:policy|filter)|\bguardrail"
)
# Words that say that it is about the key after all, or that nobody could look at the content.
_NO_VETO = re.compile(
    r"(?i)\bpermissions?\b|\bapi[ -]key\b|\bscopes?\b|\bnot allowed to\b"
    r"|\bunreachable\b|\bunavailable\b|\bcould not\b|\bfailed to\b|\btimed out\b|\bmisconfigured\b"
    r"|\berror in\b|\bnot found\b"
)

_NAMES = "|".join(sorted(PARAMETERS, key=len, reverse=True))
_PARAMETER = re.compile(rf"(?i)(?<![\w-])({_NAMES})(?![\w-])")
_REFUSED = re.compile(
    r"(?i)unsupported|not support|unrecogni[sz]ed|unexpected|unknown|not permitted|not allowed"
    r"|deprecated|extra input|invalid|cannot|must|too (?:large|high|long|many|small)|at most"
    r"|maximum|exceed"
)
_STREAMS = re.compile(
    r"(?i)\bonly supports? stream|\bstream(?:ing)? (?:is required|must be)|\bnon-stream"
    r"|\bmust (?:be streamed|have stream|use stream)"
    r"|\b(?:enable|requires?|set) (?:the )?[`'\"]?stream"
)


def is_filtered(status: int, text: str) -> bool:
    """Whether the body of an error says that a content filter stepped in: a refusal then."""
    error = error_in(text)
    message = str(error.get("message"))[:1000]
    inner = error.get("innererror")
    codes = [
        error.get("code"),
        error.get("type"),
        inner.get("code") if isinstance(inner, dict) else 0,
    ]
    if any(is_filter(code, message) for code in codes):
        return True
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and metadata.get("reasons"):  # OpenRouter
        return True
    if status not in _VETO_STATUSES or _NO_VETO.search(message):
        return False
    is_flagged = status == 403 and _FORBIDDEN_WORDS.search(message)
    return bool(is_flagged or _VETO_WORDS.search(message))


def is_filter(code: object, message: str) -> bool:
    """Whether an error's code, or its type, means a veto on content."""
    flagged, words = _FLAGGED
    return str(code).lower() in _VETOES or (code == flagged and words in message)


def mend(message: str, parameter: object = None) -> str:
    """What to change where a parameter is refused, or streams alone are answered; or nothing.

    `parameter` is what the error itself names.
    """
    message = message[:1000]
    at = _PARAMETER.search(message) if _REFUSED.search(message) else None
    name = parameter if parameter in PARAMETERS else at and at[1].lower()
    if name in LIMITS:
        other = next(limit for limit in LIMITS if limit != name)
        return (
            f"{name} is refused: give another value, --rest-parameter {name}=N, or the limit by "
            f"its other name, --rest-parameter {other}=N"
        )
    if name:
        return f"{name} is refused: leave it out with --rest-parameter {name}=none"
    if _STREAMS.search(message):
        return (
            "this endpoint answers only in streams, which are not read: ask one, or a proxy before "
            "it, that gives whole answers"
        )
    return ""


def error_in(text: str) -> Mapping[str, Any]:
    """The error object of a body, in any of its shapes; empty where there is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(data, list) and data:  # Gemini's, at times
        data = data[0]
    if not isinstance(data, dict):
        return {}
    error = data.get("error", data)
    if isinstance(error, list) and error:  # Cloudflare's
        error = error[0]
    return error if isinstance(error, dict) else {**data, "message": str(error)}
