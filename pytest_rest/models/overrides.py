"""What a user adds to each request: parameters, keys of the body, and headers with secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_rest.terms import Prompt

# What the chat protocol, or LiteLLM by a keyword of its own, knows as a parameter.
LIMITS = ("max_tokens", "max_completion_tokens")
PARAMETERS = (
    *(*LIMITS, "temperature", "top_p", "top_k", "seed", "stop", "reasoning_effort", "verbosity"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "response_format", "service_tier"),
    *("thinking", "user", "safety_identifier", "store", "metadata", "prompt_cache_key"),
)


@dataclass(frozen=True)
class Overrides:
    """Parameters, of which None is left out; keys of the body; and headers, which are secrets."""

    parameters: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may be shown nowhere; of `Bearer KEY` the key by itself, too."""
        words = [word for value in self.headers.values() for word in (value, *value.split()[1:])]
        return tuple(sorted({*words}, key=len, reverse=True))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is added."""
        return not (self.parameters or self.body or self.headers)

    def reported(self, usual: Mapping[str, object]) -> dict[str, object]:
        """What a model says that it is asked with: None is left out, `extra_body` are its keys."""
        extra = {"extra_body": dict(self.body)} if self.body else {}
        return {**usual, **self.parameters, **extra}

    def limit(self, usual: str, prompt: Prompt) -> dict[str, object]:
        """The limit of tokens, by the name and value that the user gave it, or the usual one.

        A budget that is forced is the limit of its call, whatever the user gave.
        """
        named = {name: self.parameters[name] for name in LIMITS if name in self.parameters}
        if not named:
            return {usual: prompt.max_tokens}
        is_forced = prompt.budget is not None and prompt.budget.control == "forced"
        return {
            name: prompt.max_tokens if is_forced else value
            for name, value in named.items()
            if value is not None
        }


def sent(parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters that go out, without the limit and the keys of the body."""
    left_out = (*LIMITS, "extra_body")
    return {n: value for n, value in parameters.items() if value is not None and n not in left_out}
