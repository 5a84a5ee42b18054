"""Builds what a case asks, in whichever process draws it."""

from dataclasses import dataclass

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.evaluate import forms
from pytest_rest.plugin.run_folder import Pictures
from pytest_rest.prompts import Protocol
from pytest_rest.terms import Prompt, Scheme


@dataclass(frozen=True)
class CaseBuilder:
    """Builds a case's prompts, and keeps their pictures; picklable."""

    protocol: Protocol
    scheme: Scheme
    pictures: Pictures

    def __call__(self, case: Case) -> list[Prompt]:
        """The prompts; errors as `evaluate.forms`."""
        asked = forms(*case, self.protocol, self.scheme)
        self.pictures.keep(asked)
        return asked
