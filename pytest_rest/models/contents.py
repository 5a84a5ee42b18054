"""Takes a response with HTTP 200 and no answer for what it is: an error, a page or a stream."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_rest.models import failures
from pytest_rest.models.failures import EndpointError, MalformedError, VetoError

STREAM_ONLY = "bad request: HTTP 200: the server answers as a stream only"

_EXCERPT = 100
_ANSWERS = ("choices", "candidates", "content", "output")
_MARKS = (("type", "error"), ("object", "error"), ("status", "error"))

# The status that an error has elsewhere, by its code, its type, or Google's word for its status.
_STATUSES: Mapping[int, tuple[str, ...]] = {
    400: ("invalid_request_error", "invalid_argument", "bad_request", "context_length_exceeded"),
    401: ("authentication_error", "invalid_api_key", "unauthenticated", "unauthorized"),
    402: (*failures.USED_UP, "billing_error", "payment_required"),
    403: ("permission_error", "permission_denied", "forbidden"),
    404: ("not_found_error", "not_found", "model_not_found"),
    408: ("timeout_error", "request_timeout", "timeout"),
    413: ("request_too_large", "payload_too_large"),
    429: (
        *("rate_limit_error", "rate_limit_exceeded", "rate_limit_reached_error"),
        *("resource_exhausted", "too_many_requests", "throttlingexception", "throttling"),
    ),
    500: ("api_error", "server_error", "internal_server_error", "internal_error", "internal"),
    503: ("unavailable", "service_unavailable", "engine_overloaded_error", "model_overloaded"),
    504: ("deadline_exceeded", "gateway_timeout"),
    529: ("overloaded_error", "overloaded"),
}
_BY_NAME = {name: status for status, names in _STATUSES.items() for name in names}
# The same in words, where an error has no code that is known.
_BY_WORDS = (
    (402, failures.USED_UP_WORDS),
    (429, re.compile(r"(?i)\brate.?limit|\btoo many requests|\bthrottl")),
    (503, re.compile(r"(?i)\boverloaded\b|\bat capacity\b|\btemporarily unavailable\b")),
    (400, re.compile(r"(?i)\bcontext (?:length|window)|\bprompt is too long|\bmaximum context")),
    (401, re.compile(r"(?i)\b(?:invalid|incorrect|missing|no) (?:x-)?api[ -]?key")),
)
_PAGE = re.compile(r"(?i)\s{0,999}<(?:!doctype html|html|head|body|title)\b")
_TITLE = re.compile(r"(?i)<title[^>]{0,200}>([^<]{1,200})")
_EVENT = re.compile(r"\s{0,99}(?:(?:data|event|id|retry):|: ?[\w-]{1,99}\n)")
_FIRST_EVENTS = 20


def parsed(content: str, headers: Mapping[str, str]) -> Any:
    """The JSON of a response with HTTP 200; ValueError for what is not JSON.

    An error is raised as under its own status: `EndpointError`, or `VetoError` of a content filter,
    or `MalformedError` of a kind that is not known. So are a page, as a gateway's that is out of
    order, and a stream.
    """
    try:
        data = json.loads(content)
    except ValueError:
        _refuse_stream(content, headers)
        _refuse_page(content, headers)
        raise
    refuse_error(data, headers)
    return data


def refuse_error(data: Any, headers: Mapping[str, str], where: str = ", inside HTTP 200") -> None:
    """Raise as `parsed` does where that is an error and no answer; `where` is added to its line."""
    error = _error_in(data)
    if error is None:
        return
    status = _status(error)
    text = json.dumps({"error": error})
    if failures.is_filtered(status or 400, text):
        raise VetoError(str(error["message"]))
    if status is None:
        raise MalformedError(f"it holds an error and no answer: {_excerpt(error['message'])}")
    raise EndpointError(failures.describe_status(status, headers, text, where))


def _error_in(data: Any) -> dict[str, Any] | None:
    """The error object of a body that has no answer, with a `message`; None where there is none."""
    data = data[0] if isinstance(data, list) and data else data
    if not isinstance(data, dict):
        return None
    choices = data.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        data = {**data, "error": choices[0].get("error")}  # OpenRouter's, of a call that broke down
    elif any(data.get(name) for name in _ANSWERS):
        return None
    error = data.get("error")
    if not error:
        is_error = any(data.get(name) == word for name, word in _MARKS) or _number(data)
        if not is_error or choices:
            return None
        error = data
    if not isinstance(error, dict):
        error = {**data, "message": error}
    return {**error, "message": error.get("message") or json.dumps(error)[:1000]}


def _status(error: Mapping[str, Any]) -> int | None:
    if number := _number(error):
        return number
    for name in ("code", "type", "status", "__type"):
        word = str(error.get(name)).rpartition("#")[2].lower()
        if word in _BY_NAME:
            return _BY_NAME[word]
    words = str(error["message"])[:1000]
    return next((status for status, pattern in _BY_WORDS if pattern.search(words)), None)


def _number(error: Mapping[str, Any]) -> int | None:
    """The HTTP status that an error says it has."""
    for name in ("code", "status", "status_code", "statusCode"):
        if name in error and re.fullmatch(r"[45]\d\d", str(error[name])):
            return int(error[name])
    return None


def _refuse_stream(content: str, headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").lower()
    if not ("event-stream" in kind or "ndjson" in kind or _EVENT.match(content)):
        return
    for event in _events(content):
        refuse_error(event, headers)
    raise EndpointError(
        f"{STREAM_ONLY}, which is not read; ask it through a proxy that joins streams, such as "
        f"LiteLLM's; it says: {_excerpt(content)}"
    )


def _events(content: str) -> Iterator[Any]:
    """The first events of a stream that are JSON."""
    for line in content[:20_000].splitlines()[:_FIRST_EVENTS]:
        try:
            yield json.loads(line.removeprefix("data:"))
        except ValueError:
            continue


def _refuse_page(content: str, headers: Mapping[str, str]) -> None:
    is_html = "html" in headers.get("content-type", "").lower() and content.lstrip()[:1] == "<"
    if is_html or _PAGE.match(content):
        title = _TITLE.search(content[:20_000])
        after = failures.wait_in_words(headers, "")
        raise EndpointError(
            f"server error: HTTP 200{after}: an HTML page and no answer: "
            f"{_excerpt(title[1] if title else content)}"
        )


def _excerpt(text: object) -> str:
    return repr(" ".join(str(text)[: 5 * _EXCERPT].split())[:_EXCERPT])
