"""Describes a failed call on one line that starts with a stable word."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.credentials import masked
from pytest_rest.models.waiting import seconds_to_wait
from pytest_rest.terms import Completion

_LENGTH = 300

# How an answer can end, in the words of each protocol, and of gateways that pass them on. Whatever
# another word means (`abort`, `cancelled`, `load`), the answer is not known to be a whole one.
_ENDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "stop": (
        ("stop",),  # OpenAI's chat, Ollama, Mistral
        ("completed",),  # OpenAI's responses
        ("end_turn", "stop_sequence"),  # Anthropic, Bedrock
        ("STOP",),  # Gemini
        ("COMPLETE", "STOP_SEQUENCE"),  # Cohere
        ("eos", "eos_token"),  # Hugging Face, Together
    ),
    "length": (
        ("length",),
        ("max_tokens", "model_context_window_exceeded"),
        ("MAX_TOKENS",),
        ("max_output_tokens", "model_length"),  # OpenAI's responses, Mistral
    ),
    "refusal": (
        ("content_filter", "refusal"),
        ("content_filtered", "guardrail_intervened"),  # Bedrock
        ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"),
        ("ERROR_TOXIC",),
        ("sensitive",),  # Zhipu
    ),
}
_MEANT = {
    word: meant for meant, protocols in _ENDS.items() for words in protocols for word in words
}
_LONG = 32 << 10  # an error's body that is longer may be cut, and has its message in the middle
_MESSAGE = re.compile(r'"message"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){1,500})')
_FILTERS = ("content_filter", "content_policy_violation")  # codes of an error
_FLAGGED = ("invalid_prompt", "usage policy")  # another code, which is a veto with these words
# Words of a gateway's veto, by status; and words that say that it is about the key after all.
_VETO = {
    400: re.compile(
        r"(?i)\bviolated .{0,40}(?:guardrail|moderation|safety)|\bguardrail\b.{0,40}block"
    ),
    403: re.compile(r"(?i)\bflagged\b|\bmoderation\b|\bcontent (?:policy|filter)|\bguardrail"),
}
_ABOUT_KEY = re.compile(r"(?i)\bpermissions?\b|\bapi[ -]key\b|\bscopes?\b|\bnot allowed to\b")

# What says that no call will be answered before somebody pays, whatever the status.
USED_UP = (
    *("insufficient_quota", "budget_exceeded", "insufficient_credits", "insufficient_balance"),
    *("billing_hard_limit_reached", "billing_not_active", "arrearage"),
)
USED_UP_WORDS = re.compile(
    r"(?i)credit balance is too low|insufficient (?:balance|credits|funds)"
    r"|budget has been exceeded|exceeded (?:your|the) (?:monthly|spending|budget) "
)

# The stable word for an error, by the classes in its chain of causes: the first line that matches.
# LiteLLM's own server errors come last, because it takes a broken connection for one.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("timeout", ("Timeout", "TimeoutException", "TimeoutError")),
    ("authentication", ("AuthenticationError", "PermissionDeniedError")),
    ("rate limit", ("RateLimitError",)),
    ("bad request", ("BadRequestError", "NotFoundError", "UnprocessableEntityError")),
    ("connection", ("TransportError", "OSError", "ClientConnectionError", "ClientPayloadError")),
    ("malformed response", ("JSONDecodeError", "APIResponseValidationError")),
    ("malformed response", ("ClientResponseError", "RecursionError")),
    ("malformed response", ("ValidationError", "LookupError", "TypeError", "AttributeError")),
    ("server error", ("InternalServerError", "ServiceUnavailableError")),
    ("server error", ("BadGatewayError",)),
)
_STATUS_WORDS = {401: "authentication", 403: "authentication", 408: "timeout", 429: "rate limit"}
_BUSY = (408, 425, 429)  # and the server errors: what may pass


class MalformedError(Exception):
    """A response that cannot be read, or that has no answer."""


class EndpointError(Exception):
    """What an endpoint did instead of answering, in a line that starts with its stable word."""


class VetoError(Exception):
    """A content filter stepped in, which is an answer."""


class BreakdownError(Exception):
    """An answer that ends in a way of which it is not known that it is whole."""


def explain(error: Exception, timeout: float) -> Completion:
    """The completion of a call that raised; a content filter's veto is a refusal, not an error.

    `LiteLLMModel.ask` lists the words that errors start with.
    """
    chain = list(_causes(error))
    response = next((_response(each) for each in chain if _is(each, "HTTPStatusError")), None)
    is_veto = response is not None and is_filtered(response.status_code, str(response.text))
    if is_veto or any(map(_is_veto, chain)):
        return Completion(finish_reason="refusal")
    return Completion(error=one_line(_describe(chain, response, timeout)))


def one_line(text: str) -> str:
    """The text on one bounded line, with its keys masked before it is folded and cut."""
    return " ".join(masked(text).split())[:_LENGTH]


def describe_status(status: int, headers: Mapping[str, str], text: str, where: str = "") -> str:
    """`rate limit: HTTP 429, retry after 7 s: ...` for an answer whose status is not 200.

    `headers` are those of the response, by their names in any case; `text` is the body, quoted
    whole unless it has a message; `where` follows the status.
    """
    after = wait_in_words(headers, text) if status in _BUSY or status >= 500 else ""
    word = _status_word(status, text)
    # a web page, or an error of another format, is quoted whole
    with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
        cut = _MESSAGE.search(text) if len(text) >= _LONG else None
        text = json.loads(f'"{cut[1]}"') if cut else json.loads(text)["error"]["message"]
    return f"{word}: HTTP {status}{after}{where}: {text}"


def wait_in_words(headers: Mapping[str, str], text: str) -> str:
    """`, retry after 7 s`, or nothing where the endpoint does not say when to ask again."""
    wait = seconds_to_wait(headers, text)
    return "" if wait is None else f", retry after {round(wait, 3):.12g} s"


def is_filtered(status: int, text: str) -> bool:
    """Whether the body of an error says that a content filter stepped in: a refusal then."""
    error = _error_in(text)
    code, message = error.get("code"), str(error.get("message"))
    if _is_filter(code, message) or _is_filter(error.get("type"), message):
        return True
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and metadata.get("reasons"):  # OpenRouter
        return True
    words = _VETO.get(status)
    return bool(words and words.search(message[:1000]) and not _ABOUT_KEY.search(message[:1000]))


def finish_reason(word: str) -> str:
    """`stop`, `length` or `refusal`; `BreakdownError` for a word that means none of these."""
    if (meant := _MEANT.get(word)) is None:
        raise BreakdownError(f"the provider ended its answer with {word[:60]!r}")
    return meant


def _status_word(status: int, text: str) -> str:
    error = _error_in(text)
    names = {str(error.get(name)).lower() for name in ("code", "type", "status")}
    if status == 402 or names & {*USED_UP}:
        return "quota"
    if status >= 400 and USED_UP_WORDS.search(str(error.get("message"))[:1000]):
        return "quota"
    if status == 403 and not error:  # a firewall's page, which says nothing of the key
        return "bad request"
    return _STATUS_WORDS.get(status, "server error" if status >= 500 else "bad request")


def _error_in(text: str) -> Mapping[str, Any]:
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
    return error if isinstance(error, dict) else {**data, "message": str(error)}


def _response(error: BaseException) -> Any:
    return getattr(error, "response", None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_veto(error: BaseException) -> bool:
    """Whether an error of the chain says that a content filter stepped in."""
    code = vars(error).get("code")  # a property may warn
    is_veto = isinstance(error, VetoError) or _is(error, "ContentPolicyViolationError")
    return is_veto or _is_filter(code, str(error))


def _is_filter(code: object, message: str) -> bool:
    flagged, words = _FLAGGED
    return code in _FILTERS or (code == flagged and words in message)


def _is(error: BaseException, *names: str) -> bool:
    """Whether its class has such a name: importing the classes would take seconds."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _describe(chain: Sequence[BaseException], response: Any, timeout: float) -> str:
    for error in chain:
        if isinstance(error, EndpointError):
            return str(error)
        if isinstance(error, MalformedError):  # which LiteLLM takes for a broken connection
            return f"malformed response: {error}"
        if isinstance(error, BreakdownError):
            return f"server error: {error}"
    if response is not None:
        return _describe_status(response, chain[0])
    for word, names in _WORDS:
        for error in chain:
            if _is(error, *names):
                if word == "timeout":
                    return f"timeout: no answer within {timeout:g} s"
                return f"{word}: {_text(error)}"
    return f"error: {_text(chain[0])}"


def _describe_status(response: Any, error: BaseException) -> str:
    text = str(response.text)
    body = text if '"message"' in text else _text(error)
    return describe_status(int(response.status_code), response.headers, body)


def _text(error: BaseException) -> str:
    message = str(error).partition("Traceback (most recent call last)")[0]
    return f"{type(error).__name__}: {message}"
