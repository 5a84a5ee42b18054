"""Builds what a case asks, in whichever process draws it."""

from collections.abc import Callable
from dataclasses import dataclass

from pytest_rest.dispatch.drawings import Drawings
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.evaluate import follow_ups, forms
from pytest_rest.plugin.run_folder import Pictures
from pytest_rest.prompts import Protocol
from pytest_rest.terms import Completion, KnownPictures, Prompt, Scheme


@dataclass(frozen=True)
class CaseBuilder:
    """Builds a case's prompts, and keeps their pictures; picklable.

    What an earlier run has drawn, `drawings`, is not drawn again where nobody is shown it: where
    its prompts are answered, and its pictures are there. Such pictures have no bytes.
    """

    protocol: Protocol
    scheme: Scheme
    pictures: Pictures
    drawings: Drawings | None = None

    def __call__(self, case: Case) -> list[Prompt]:
        """The prompts; errors as `evaluate.forms`."""
        return self._built(
            lambda known: forms(*case, self.protocol, self.scheme, known), self.pictures.keep
        )

    def follow(self, prompt: Prompt, completion: Completion) -> list[Prompt]:
        """What is asked once a prompt is answered; its pictures are kept already."""
        return self._built(
            lambda known: follow_ups(prompt, completion, self.protocol, self.scheme, known),
            lambda _: True,
        )

    def _built(
        self,
        make: Callable[[KnownPictures | None], list[Prompt]],
        keep: Callable[[list[Prompt]], bool],
    ) -> list[Prompt]:
        if self.drawings is not None:
            asked = make(self.drawings.known)
            if self.drawings.has_answered(asked) and keep(asked):
                return asked
        asked = make(None)
        keep(asked)
        return asked
