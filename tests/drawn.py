"""A `build` for a process that draws: picklable, with faults by an item's id."""

import os
import sys
from dataclasses import dataclass

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import RenderingError
from pytest_rest.terms import Form, Image, Prompt


@dataclass(frozen=True)
class Build:
    """Two prompts a case, which say in which process they were built."""

    home: int = 0  # the process in which nothing goes wrong

    def __call__(self, case: Case) -> list[Prompt]:
        """The prompts; `prints`, `fails` and `dies` do so in another process, `never` in each."""
        item, style = case
        if item.id == "never" or (item.id == "fails" and os.getpid() != self.home):
            raise RenderingError(f"{item.id} cannot be drawn; change it")
        if item.id == "prints":
            print("what a package prints", flush=True)
            sys.stdout.buffer.write(b"\0" * 100)
            sys.stdout.flush()
        if item.id == "dies" and os.getpid() != self.home:
            os._exit(1)
        image = Image(item.question.encode(), f"digest of {item.id}", str(os.getpid()))
        return [
            Prompt(item, Form("text"), "solve", (f"{item.id} text",), 16),
            Prompt(item, Form("image", style), "solve", (f"{item.id} image", image), 16),
        ]
