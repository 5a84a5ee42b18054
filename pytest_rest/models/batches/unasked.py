"""Stands in for a model that is asked by files alone, which no call of a run reaches."""

from collections.abc import Mapping, Sequence

from pytest_rest.models.batches.endpoint import BatchEndpoint
from pytest_rest.terms import Completion, Home, Prompt


class UnaskedModel:
    """Known by the name, and the parameters, that the rows of its files have."""

    home: Home = "endpoint"
    batch_size = 1
    is_own_server = True  # what it makes of pictures is not said by the name of its weights

    def __init__(self, endpoint: BatchEndpoint) -> None:
        self.name, self.description = endpoint.name, endpoint.description
        self.parameters: Mapping[str, object] = endpoint.parameters

    async def open(self) -> None:
        """Nothing to do."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """A failure for each prompt."""
        return [Completion(error="batch: the model is asked by files alone")] * len(prompts)

    async def close(self) -> None:
        """Nothing to do."""
