"""What a rejected request is about: a veto on content, a parameter, or streaming."""

import json
from collections.abc import Mapping

import pytest
from endpoint import Reply
from test_gateways import asked
from test_protocols import OPENAI

from pytest_rest.models.rejections import is_filtered, mend

# A status and an error's object, as each sends them.
VETOES: Mapping[str, tuple[int, object]] = {
    "OpenAI": (400, {"error": {"code": "content_policy_violation", "message": "no"}}),
    "Azure": (400, {"error": {"code": "content_filter", "message": "The response was filtered"}}),
    "Azure, inside": (
        400,
        {"error": {"code": "400", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
    ),
    "Azure through LiteLLM's proxy": (
        400,
        {
            "error": {
                "message": "litellm.ContentPolicyViolationError: AzureException - The response was "
                "filtered due to the prompt triggering Azure OpenAI's content management policy.",
                "type": None,
                "code": "400",
            }
        },
    ),
    "LiteLLM, Bedrock": (400, {"error": {"message": "Violated guardrail policy", "code": "400"}}),
    "LiteLLM, its own": (
        400,
        {"error": {"message": "Guardrail raised an exception, Guardrail: x, Message: no"}},
    ),
    "LiteLLM, Pillar": (400, {"error": {"message": "Blocked by Pillar Security Guardrail"}}),
    "LiteLLM, moderation": (400, {"error": {"message": "Violated OpenAI moderation policy"}}),
    "LiteLLM, Presidio": (
        400,
        {"error": {"message": "Blocked entity detected: EMAIL by Guardrail: p. It is not allowed"}},
    ),
    "LiteLLM, injection": (
        400,
        {"error": {"message": "Rejected message. This is a prompt injection attack."}},
    ),
    "Bedrock": (400, {"type": "guardrail_intervened", "message": "blocked"}),
    "Anthropic": (
        400,
        {"error": {"message": "Output blocked by content filtering policy", "type": "x"}},
    ),
    "Cloudflare": (
        424,
        {
            "success": False,
            "error": [{"code": 2016, "message": "Prompt blocked due to security configurations"}],
        },
    ),
    "Portkey": (
        446,
        {"error": {"message": "The guardrail checks defined in the config failed.", "code": None}},
    ),
    "Alibaba": (400, {"error": {"code": "data_inspection_failed", "message": "Input data may"}}),
    "Moonshot": (
        400,
        {"error": {"message": "rejected because it was considered high risk", "type": "x"}},
    ),
    "xAI": (403, {"error": "Content violates usage guidelines."}),
}
NO_VETOES: Mapping[str, tuple[int, object]] = {
    "a guardrail that is away": (400, {"error": {"message": "guardrail unreachable, blocked"}}),
    "a scan that failed": (
        400,
        {"error": {"message": "Guardrail raised an exception, Message: failed to call the API"}},
    ),
    "a parameter": (400, {"error": {"code": "unsupported_parameter", "message": "max_tokens"}}),
    "a key": (403, {"error": {"message": "the API key has no permission for this guardrail"}}),
    "a server error": (500, {"error": {"message": "Violated guardrail policy"}}),
    "a page": (400, "<html>blocked by policy</html>"),
}


@pytest.mark.parametrize("who", VETOES)
def test_a_veto_on_content_is_a_refusal(who: str) -> None:
    """Whatever the status, and however it is said."""
    status, error = VETOES[who]
    assert is_filtered(status, json.dumps(error))


@pytest.mark.parametrize("who", NO_VETOES)
def test_no_other_error_is_one(who: str) -> None:
    """A guardrail that could not look at the content has not refused it."""
    status, error = NO_VETOES[who]
    assert not is_filtered(status, error if isinstance(error, str) else json.dumps(error))


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("who", ["LiteLLM, Bedrock", "Portkey"])
def test_a_guardrails_veto_over_the_wire(client: str, who: str) -> None:
    """A refusal, which is not asked again, and no failed call."""
    status, error = VETOES[who]
    assert isinstance(error, dict)
    _, completion = asked(client, Reply(status=status, body=error))
    assert ("refusal", None) == (completion.finish_reason, completion.error)


PARAMETERS = [
    (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "--rest-parameter max_completion_tokens=N",
    ),
    (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1)",
        "--rest-parameter temperature=none",
    ),
    ("`temperature` is deprecated for this model.", "--rest-parameter temperature=none"),
    ("max_tokens is too large: 8192. This model supports at most", "--rest-parameter max_tokens=N"),
    ("Unrecognized request argument supplied: top_p", "--rest-parameter top_p=none"),
    ("max_tokens > 4096 must have stream=true", "--rest-parameter max_tokens=N"),
]
STREAMS = [
    "This model only support stream mode, please enable the stream parameter",
    "Stream must be set to true",
    "streaming is required for this model",
    "non-streaming requests are not supported",
]
OTHERS = [
    "The model `x` does not exist",
    "the temperature in the story is 20 degrees",
    "image_url is not valid: cannot decode",
    "upstream is not supported",
    "",
]


@pytest.mark.parametrize(("message", "named"), PARAMETERS)
def test_a_parameter_that_is_refused_is_named_with_its_option(message: str, named: str) -> None:
    """In whichever way the endpoint says it."""
    assert named in mend(message)


def test_the_parameter_that_the_error_names_goes_first() -> None:
    """Its message may speak of others."""
    said = mend("Unsupported: use max_tokens and seed", "temperature")
    assert "temperature is refused: leave it out with --rest-parameter temperature=none" == said
    assert mend("no", {"odd": []}) == mend("no", None) == ""


@pytest.mark.parametrize("message", STREAMS)
def test_a_server_that_only_streams_is_named_as_such(message: str) -> None:
    """With what to do."""
    assert "answers only in streams" in mend(message)


@pytest.mark.parametrize("message", OTHERS)
def test_no_mend_is_made_up(message: str) -> None:
    """What is about something else is quoted alone."""
    assert "" == mend(message)


@pytest.mark.parametrize("client", OPENAI)
def test_a_refused_parameter_over_the_wire(client: str) -> None:
    """By both clients, before the endpoint's own words, which may be long and are cut."""
    error = {
        "message": "x" * 900 + PARAMETERS[1][0],
        "param": "temperature",
        "code": "unsupported_value",
    }
    _, completion = asked(client, Reply(status=400, body={"error": error}))
    said = "bad request: HTTP 400: temperature is refused: leave it out with --rest-parameter "
    assert said == (completion.error or "")[: len(said)]
