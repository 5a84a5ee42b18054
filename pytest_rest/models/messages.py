"""Turns a prompt into a chat message of OpenAI's protocol."""

import base64
from typing import Any

from pytest_rest.terms import File, Prompt

_FILE_NAME = "document.pdf"  # its own would be something more that this form alone shows


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The one message of a chat, pictures and files as data URLs.

    A text alone is plain content: not every server takes a list of parts.
    """
    if len(prompt.parts) == 1 and isinstance(prompt.parts[0], str):
        return [{"role": "user", "content": prompt.parts[0]}]
    content: list[dict[str, Any]] = []
    for part in prompt.parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
        elif isinstance(part, File):
            encoded = base64.b64encode(part.content).decode("ascii")
            data = f"data:{part.media_type};base64,{encoded}"
            content.append({"type": "file", "file": {"filename": _FILE_NAME, "file_data": data}})
        else:
            encoded = base64.b64encode(part.content).decode("ascii")
            url = f"data:{part.media_type};base64,{encoded}"
            content.append({"type": "image_url", "image_url": {"url": url}})
    return [{"role": "user", "content": content}]
