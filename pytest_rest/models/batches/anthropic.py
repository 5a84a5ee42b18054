"""Speaks Anthropic's batch protocol: requests in one body, and a file of results."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pytest_rest.models import usage
from pytest_rest.models.batches.client import (
    CANCELLED,
    EXPIRED,
    PAGES,
    SKEW,
    RemoteModel,
    checked_id,
    count,
    file_size,
    mapping,
    mappings,
    read_chunks,
    read_row,
    said,
)
from pytest_rest.models.batches.endpoint import (
    BatchError,
    BatchLimits,
    BatchRow,
    BatchState,
    Candidate,
    Status,
)
from pytest_rest.models.contents import refuse_error
from pytest_rest.models.failures import MalformedError, finish_reason
from pytest_rest.models.overrides import sent
from pytest_rest.terms import Completion, File, Image, Prompt

VERSION = "2023-06-01"
PARAMETERS = ("temperature", "top_p", "top_k", "stop")  # that have the same meaning here

_PATH = "/v1/messages/batches"


class AnthropicBatches(RemoteModel):
    """A model behind `/v1/messages/batches`."""

    # of 256 MB, which are those of the whole body
    limits: ClassVar[BatchLimits] = BatchLimits(rows=100_000, file_bytes=255 * 10**6)

    def row(self, prompt: Prompt, row_id: str) -> bytes:
        """A request as a line."""
        parameters = sent(self.parameters)
        stop = parameters.pop("stop", None)
        if stop is not None:
            parameters["stop_sequences"] = [stop] if isinstance(stop, str) else stop
        params = {
            "model": self.model,
            "messages": [{"role": "user", "content": [_block(part) for part in prompt.parts]}],
            **parameters,
            "max_tokens": [*self.overrides.limit("max_tokens", prompt).values()][-1],
            **self.overrides.body,
        }
        row = {"custom_id": row_id, "params": params}
        return json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"

    async def upload(self, rows: Path, label: str) -> str:
        """Nothing: what is created takes the rows themselves."""
        return ""

    async def create(self, rows: Path, source: str, label: str) -> str:
        """The id of the batch."""
        before, after = b'{"requests":[', b"]}"
        size = len(before) + file_size(rows) - 1 + len(after)

        async def body() -> AsyncIterator[bytes]:
            yield before
            left = file_size(rows) - 1  # without the last newline
            for chunk in read_chunks(rows):
                yield chunk[:left].replace(b"\n", b",")
                left -= len(chunk)
            yield after

        headers = {"Content-Type": "application/json", "Content-Length": str(size)}
        reply = await self.client.ask("POST", _PATH, data=body(), size=size, headers=headers)
        return checked_id(reply.get("id"))

    async def state(self, batch: str) -> BatchState:
        """How far it is."""
        return _state(await self.client.ask("GET", f"{_PATH}/{checked_id(batch)}"))

    async def results(self, batch: str) -> AsyncIterator[BatchRow]:
        """The rows of the results, in any order.

        They are asked for where the batch is, whatever address its `results_url` has.
        """
        async for line in self.client.lines(f"{_PATH}/{checked_id(batch)}/results"):
            yield read_row(line, "custom_id", read_row_of_results)

    async def find(self, label: str, rows: int, since: float) -> Sequence[Candidate]:
        """The batches of that time and number of rows, without those of other labels."""
        candidates: list[Candidate] = []
        after = ""
        for _ in range(PAGES):
            reply = await self.client.ask("GET", f"{_PATH}?limit=100{after}")
            listed = mappings(reply.get("data"))
            for each in listed:
                made = _seconds(each.get("created_at"))
                if _total(each) == rows and (made is None or made >= since - SKEW):
                    batch = checked_id(each.get("id"))
                    is_over = _state(each).is_over
                    if not is_over or await self._is_of(batch, label):
                        candidates.append(Candidate(batch, is_certain=is_over))
            last = _seconds(listed[-1].get("created_at")) if listed else None
            if reply.get("has_more") is not True or (last is not None and last < since - SKEW):
                return candidates
            after = f"&after_id={checked_id(reply.get('last_id'))}"
        raise BatchError("error: too many batches are listed to find one by its rows")

    async def cancel(self, batch: str) -> None:
        """Ask for no more rows."""
        await self.client.ask("POST", f"{_PATH}/{checked_id(batch)}/cancel")

    async def _is_of(self, batch: str, label: str) -> bool:
        """Whether the rows of a batch that is over begin with the label."""
        async for row in self.results(batch):
            if row.row_id:
                return row.row_id.startswith(label)
        return False


def _block(part: str | Image | File) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    data = base64.b64encode(part.content).decode("ascii")
    source = {"type": "base64", "media_type": part.media_type, "data": data}
    return {"type": "document" if isinstance(part, File) else "image", "source": source}


def read_row_of_results(row: Mapping[str, Any]) -> Completion:
    """The answer, or the error, in a line of the results."""
    result = mapping(row.get("result"))
    kind = result.get("type")
    if kind == "expired":
        return EXPIRED
    if kind == "canceled":
        return CANCELLED
    if kind != "succeeded":
        error = mapping(result.get("error"))
        refuse_error({"error": error.get("error") or error}, {}, ", in a batch")
        raise MalformedError(f"a row of the kind {str(kind)[:60]!r} that is not known")
    message = result["message"]
    texts = [block["text"] for block in message["content"] if block["type"] == "text"]
    return Completion(
        text="".join(texts),
        finish_reason=finish_reason(str(message.get("stop_reason") or "stop")),
        **usage.read(message.get("usage")),
        model=str(message.get("model") or ""),
    )


def _total(reply: Mapping[str, Any]) -> int:
    return sum(count(value) for value in mapping(reply.get("request_counts")).values())


def _state(reply: Mapping[str, Any]) -> BatchState:
    word = said(reply.get("processing_status"))
    counts = mapping(reply.get("request_counts"))
    failed = sum(count(counts.get(name)) for name in ("errored", "expired", "canceled"))
    expired = count(counts.get("expired"))
    over: Status = "cancelled" if reply.get("cancel_initiated_at") else "ended"
    return BatchState(
        status=("expired" if expired else over) if word == "ended" else "running",
        done=count(counts.get("succeeded")),
        failed=failed,
        total=_total(reply),
        detail=word,
        ends=said(reply.get("expires_at")) or None,
    )


def _seconds(written: object) -> float | None:
    """A time in seconds since 1970, UTC; None for what is not one."""
    try:
        return datetime.fromisoformat(str(written)).timestamp()
    except (ValueError, OverflowError):
        return None
