"""Turns a prompt into a chat message of OpenAI's protocol."""

import base64
from collections.abc import Callable
from typing import Any

from pytest_rest.terms import File, Image, Prompt

Url = Callable[[Image | File], str]

_FILE_NAME = "document.pdf"  # its own would be something more that this form alone shows


def data_url(part: Image | File) -> str:
    """A picture or a file as a data URL."""
    return f"data:{part.media_type};base64,{base64.b64encode(part.content).decode('ascii')}"


def messages(prompt: Prompt, url: Url = data_url) -> list[dict[str, Any]]:
    """The one message of a chat, pictures and files as what `url` makes of them.

    A text alone is plain content: not every server takes a list of parts.
    """
    if len(prompt.parts) == 1 and isinstance(prompt.parts[0], str):
        return [{"role": "user", "content": prompt.parts[0]}]
    content: list[dict[str, Any]] = []
    for part in prompt.parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
        elif isinstance(part, File):
            file = {"filename": _FILE_NAME, "file_data": url(part)}
            content.append({"type": "file", "file": file})
        else:
            content.append({"type": "image_url", "image_url": {"url": url(part)}})
    return [{"role": "user", "content": content}]
