"""Speaks OpenAI's batch protocol: a file of rows, a batch of it, files of results and errors."""

import json
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import aiohttp

from pytest_rest.models.batches.client import (
    CANCELLED,
    EXPIRED,
    PAGES,
    SKEW,
    RemoteModel,
    checked_id,
    count,
    mapping,
    mappings,
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
from pytest_rest.models.chat_protocol import read_response, request_body
from pytest_rest.models.contents import refuse_error
from pytest_rest.models.failures import MalformedError
from pytest_rest.models.overrides import Overrides
from pytest_rest.terms import Completion, Prompt

_ENDPOINT = "/v1/chat/completions"
_LABEL = "pytest_rest"  # of the metadata
_STATUSES: Mapping[str, Status] = {
    "validating": "waiting",
    "in_progress": "running",
    "finalizing": "running",
    "cancelling": "running",
    "completed": "ended",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "cancelled",
}


class OpenAIBatches(RemoteModel):
    """A model behind `/v1/files` and `/v1/batches`."""

    limits: ClassVar[BatchLimits] = BatchLimits(rows=50_000, file_bytes=200 * 10**6)

    def row(self, prompt: Prompt, row_id: str) -> bytes:
        """A request as a line."""
        return chat_row(self.model, prompt, row_id, self.parameters, self.overrides)

    async def upload(self, rows: Path, label: str) -> str:
        """The id of the file."""
        with rows.open("rb") as file:
            form = aiohttp.FormData({"purpose": "batch"})
            name, kind = f"{label}.jsonl", "application/jsonl"
            form.add_field("file", file, filename=name, content_type=kind)
            size = os.fstat(file.fileno()).st_size
            try:
                reply = await self.client.ask("POST", "/files", data=form, size=size)
            except BatchError as error:
                if re.match("bad request: HTTP (404|405|501)", error.message):
                    mend = "; a server without /v1/files has no batches: give --rest-batch=file"
                    raise BatchError(f"{error.message}{mend}") from error
                raise
        return checked_id(reply.get("id"))

    async def create(self, rows: Path, source: str, label: str) -> str:
        """The id of the batch."""
        body = {
            "input_file_id": source,
            "endpoint": _ENDPOINT,
            "completion_window": "24h",
            "metadata": {_LABEL: label},
        }
        reply = await self.client.ask("POST", "/batches", body)
        return checked_id(reply.get("id"))

    async def state(self, batch: str) -> BatchState:
        """How far it is."""
        return _state(await self._get(batch))

    async def results(self, batch: str) -> AsyncIterator[BatchRow]:
        """The rows of the file of results, then those of the file of errors."""
        reply = await self._get(batch)
        for name in ("output_file_id", "error_file_id"):
            if reply.get(name):
                file = checked_id(reply[name])
                async for line in self.client.lines(f"/files/{file}/content"):
                    yield read_row(line, "custom_id", read_chat_row)

    async def find(self, label: str, rows: int, since: float) -> Sequence[Candidate]:
        """The batches whose metadata have the label; the newest are listed first."""
        batches: list[Candidate] = []
        after = ""
        for _ in range(PAGES):
            reply = await self.client.ask("GET", f"/batches?limit=100{after}")
            listed = mappings(reply.get("data"))
            for each in listed:
                if mapping(each.get("metadata")).get(_LABEL) == label:
                    batches.append(Candidate(checked_id(each.get("id")), is_certain=True))
            last = listed[-1] if listed else {}
            if reply.get("has_more") is not True or count(last.get("created_at")) < since - SKEW:
                return batches
            after = f"&after={checked_id(last.get('id'))}"
        raise BatchError("error: too many batches are listed to find one by its label")

    async def cancel(self, batch: str) -> None:
        """Ask for no more rows."""
        await self.client.ask("POST", f"/batches/{checked_id(batch)}/cancel")

    async def _get(self, batch: str) -> dict[str, Any]:
        return await self.client.ask("GET", f"/batches/{checked_id(batch)}")


def chat_row(
    model: str,
    prompt: Prompt,
    row_id: str,
    parameters: Mapping[str, object],
    overrides: Overrides,
) -> bytes:
    """A request of a chat as a line of OpenAI's batch file."""
    budget = prompt.budget
    is_native = budget is not None and budget.control == "native"
    more = {"reasoning_effort": budget.amount} if budget is not None and is_native else {}
    body = request_body(model, prompt, parameters, overrides, more)
    row = {"custom_id": row_id, "method": "POST", "url": _ENDPOINT, "body": body}
    return json.dumps(row).encode("ascii") + b"\n"


def read_chat_row(row: Mapping[str, Any]) -> Completion:
    """The answer, or the error, in a line of OpenAI's results."""
    response = row.get("response")
    if isinstance(response, dict) and response.get("body") is not None:
        status = response.get("status_code", 200)
        return read_response(status, {}, json.dumps(response["body"]))
    error = mapping(row.get("error"))
    if error.get("code") == "batch_expired":
        return EXPIRED
    if error.get("code") == "batch_cancelled":
        return CANCELLED
    error = mapping(error.get("error")) or error  # vLLM's
    refuse_error({"error": error}, {}, ", in a batch")
    raise MalformedError("a row without an answer")


def _state(reply: Mapping[str, Any]) -> BatchState:
    word = said(reply.get("status"))
    counts = mapping(reply.get("request_counts"))
    errors = mappings(mapping(reply.get("errors")).get("data"))[:3]
    ends = count(reply.get("expires_at"))
    return BatchState(
        status=_STATUSES.get(word, "running"),
        done=count(counts.get("completed")),
        failed=count(counts.get("failed")),
        total=count(counts.get("total")),
        detail="; ".join([word, *(said(each.get("message")) for each in errors)]),
        ends=datetime.fromtimestamp(ends, UTC).isoformat() if ends else None,
    )
