"""Describes a failed call on one line that starts with a stable word."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.credentials import masked
from pytest_rest.models.rejections import error_in, is_filter, mend
from pytest_rest.models.rejections import is_filtered as is_filtered
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
    ("connection", ("ClientHttpProxyError",)),
    ("malformed response", ("JSONDecodeError", "APIResponseValidationError")),
    ("malformed response", ("ClientResponseError", "RecursionError")),
    ("malformed response", ("ValidationError", "LookupError", "TypeError", "AttributeError")),
    ("server error", ("InternalServerError", "ServiceUnavailableError")),
    ("server error", ("BadGatewayError",)),
)
_CALLERS = (400, 422)  # statuses of a request that is wrong in itself
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
    word, parameter = _status_word(status, text), error_in(text).get("param")
    # a web page, or an error of another format, is quoted whole
    with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
        cut = _MESSAGE.search(text) if len(text) >= _LONG else None
        text = json.loads(f'"{cut[1]}"') if cut else json.loads(text)["error"]["message"]
    if status in _CALLERS:
        text = _with_mend(str(text), parameter)
    return f"{word}: HTTP {status}{after}{where}: {text}"


def wait_in_words(headers: Mapping[str, str], text: str) -> str:
    """`, retry after 7 s`, or nothing where the endpoint does not say when to ask again."""
    wait = seconds_to_wait(headers, text)
    return "" if wait is None else f", retry after {round(wait, 3):.12g} s"


def finish_reason(word: str) -> str:
    """`stop`, `length` or `refusal`; `BreakdownError` for a word that means none of these."""
    if (meant := _MEANT.get(word)) is None:
        raise BreakdownError(f"the provider ended its answer with {word[:60]!r}")
    return meant


def _with_mend(text: str, parameter: object = None) -> str:
    """What an endpoint refuses, with what to change first: its text may be long, and is cut."""
    said = mend(text, parameter)
    return f"{said}; it says: {text}" if said else text


def _status_word(status: int, text: str) -> str:
    error = error_in(text)
    names = {str(error.get(name)).lower() for name in ("code", "type", "status")}
    if status == 402 or names & {*USED_UP}:
        return "quota"
    if status >= 400 and USED_UP_WORDS.search(str(error.get("message"))[:1000]):
        return "quota"
    if status == 403 and not error:  # a firewall's page, which says nothing of the key
        return "bad request"
    return _STATUS_WORDS.get(status, "server error" if status >= 500 else "bad request")


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
    return is_veto or is_filter(code, str(error))


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
        if _is(error, "SSLCertVerificationError"):
            return f"bad request: {_certificate(chain)}"
    if response is not None:
        return _describe_status(response, chain[0])
    for word, names in _WORDS:
        for error in chain:
            if _is(error, *names):
                if word == "timeout":
                    return f"timeout: no answer within {timeout:g} s"
                text = _text(error)
                return f"{word}: {_with_mend(text) if word == 'bad request' else text}"
    return f"error: {_text(chain[0])}"


def _certificate(chain: Sequence[BaseException]) -> str:
    told = (getattr(error, "verify_message", "") for error in chain)
    why = next(filter(None, told), "it cannot be verified").rstrip(".")
    return (
        f"the certificate is not trusted: {why}; if it is of a private authority, name the file "
        "with its certificates in SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
    )


def _describe_status(response: Any, error: BaseException) -> str:
    text = str(response.text)
    body = text if '"message"' in text else _text(error)
    return describe_status(int(response.status_code), response.headers, body)


def _text(error: BaseException) -> str:
    message = str(error).partition("Traceback (most recent call last)")[0]
    return f"{type(error).__name__}: {message}"
