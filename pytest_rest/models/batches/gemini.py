"""Speaks Gemini's batch protocol: a file that is uploaded, a batch of it, a file of responses."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pytest_rest.models import usage
from pytest_rest.models.batches.client import (
    CANCELLED,
    PAGES,
    RemoteModel,
    checked_id,
    count,
    file_size,
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
from pytest_rest.models.contents import refuse_error
from pytest_rest.models.failures import MalformedError, finish_reason
from pytest_rest.models.overrides import sent
from pytest_rest.terms import Completion, File, Image, Prompt

# The parameters that have the same meaning here.
PARAMETERS = (
    *("temperature", "top_p", "top_k", "seed", "stop"),
    *("presence_penalty", "frequency_penalty"),
)

_STATUSES: Mapping[str, Status] = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "ended",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
}
# Google's numbers of errors, in its words.
_CODES = {
    **{1: "CANCELLED", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND"},
    **{7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 13: "INTERNAL", 14: "UNAVAILABLE"},
    16: "UNAUTHENTICATED",
}


class GeminiBatches(RemoteModel):
    """A model behind `:batchGenerateContent`; the client's address is without a version."""

    # the provider has no limit of rows; what a batch may cost in tokens is the account's
    limits: ClassVar[BatchLimits] = BatchLimits(rows=50_000, file_bytes=2 * 10**9)

    def row(self, prompt: Prompt, row_id: str) -> bytes:
        """A request as a line."""
        config = sent(self.parameters)
        stop = config.pop("stop", None)
        if stop is not None:
            config["stop_sequences"] = [stop] if isinstance(stop, str) else stop
        for limit in self.overrides.limit("max_tokens", prompt).values():
            config["max_output_tokens"] = limit
        request: dict[str, object] = {
            "contents": [{"role": "user", "parts": [_part(part) for part in prompt.parts]}],
            "generationConfig": config,
        }
        for name, value in self.overrides.body.items():  # as LiteLLM merges them
            usual = request.get(name)
            is_merged = isinstance(usual, dict) and isinstance(value, dict)
            request[name] = {**mapping(usual), **mapping(value)} if is_merged else value
        return json.dumps({"key": row_id, "request": request}).encode("ascii") + b"\n"

    async def upload(self, rows: Path, label: str) -> str:
        """The name of the file, `files/...`."""
        size = file_size(rows)
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": "application/jsonl",
        }
        start = {"file": {"display_name": label}}
        answered, _ = await self.client.ask_with_headers(
            "POST", "/upload/v1beta/files", start, headers=headers
        )
        # of the address that is told only the query counts: the key goes to no other host
        query = _query(answered.get("x-goog-upload-url", ""))
        headers = {
            "X-Goog-Upload-Offset": "0",
            "X-Goog-Upload-Command": "upload, finalize",
            "Content-Type": "application/jsonl",
        }
        with rows.open("rb") as file:
            reply = await self.client.ask(
                "POST", f"/upload/v1beta/files?{query}", data=file, size=size, headers=headers
            )
        return checked_id(mapping(reply.get("file")).get("name"), "files/")

    async def create(self, rows: Path, source: str, label: str) -> str:
        """The name of the batch, `batches/...`."""
        batch = {"display_name": label, "input_config": {"file_name": source}}
        path = f"/v1beta/models/{quote(self.model, safe='')}:batchGenerateContent"
        reply = await self.client.ask("POST", path, {"batch": batch})
        return checked_id(reply.get("name"), "batches/")

    async def state(self, batch: str) -> BatchState:
        """How far it is."""
        return _state(await self._get(batch))

    async def results(self, batch: str) -> AsyncIterator[BatchRow]:
        """The rows of the file of responses."""
        reply = await self._get(batch)
        outputs = (mapping(reply.get("response")), mapping(_metadata(reply).get("output")))
        file = next(filter(None, (output.get("responsesFile") for output in outputs)), None)
        if file is not None:
            path = f"/download/v1beta/{checked_id(file, 'files/')}:download?alt=media"
            async for line in self.client.lines(path):
                yield read_row(line, "key", read_row_of_results)

    async def find(self, label: str, rows: int, since: float) -> Sequence[Candidate]:
        """The batches whose display name is the label."""
        candidates: list[Candidate] = []
        after = ""
        for _ in range(PAGES):
            reply = await self.client.ask("GET", f"/v1beta/batches?pageSize=100{after}")
            for each in mappings(reply.get("operations")):
                if _metadata(each).get("displayName") == label:
                    batch = checked_id(each.get("name"), "batches/")
                    candidates.append(Candidate(batch, is_certain=True))
            if not reply.get("nextPageToken"):
                return candidates
            after = f"&pageToken={quote(str(reply['nextPageToken'])[:2000], safe='')}"
        raise BatchError("error: too many batches are listed to find one by its name")

    async def cancel(self, batch: str) -> None:
        """Ask for no more rows."""
        await self.client.ask("POST", f"/v1beta/{checked_id(batch, 'batches/')}:cancel")

    async def _get(self, batch: str) -> dict[str, Any]:
        return await self.client.ask("GET", f"/v1beta/{checked_id(batch, 'batches/')}")


def _part(part: str | Image | File) -> dict[str, Any]:
    if isinstance(part, str):
        return {"text": part}
    data = base64.b64encode(part.content).decode("ascii")
    return {"inline_data": {"data": data, "mime_type": part.media_type}}


def _query(url: str) -> str:
    try:
        query = urlsplit(url).query
    except ValueError:
        query = ""
    if not query or len(query) > 4000 or not query.isascii() or not query.isprintable():
        raise BatchError("malformed response: it does not say where to upload the file")
    return query


def _metadata(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(reply.get("metadata"))


def _state(reply: Mapping[str, Any]) -> BatchState:
    metadata = _metadata(reply)
    word = said(metadata.get("state")).rpartition("_STATE_")[2]  # after BATCH, or after JOB
    stats = mapping(metadata.get("batchStats"))
    reason = said(mapping(reply.get("error")).get("message"))
    return BatchState(
        status=_STATUSES.get(word, "ended" if reply.get("done") is True else "running"),
        done=count(stats.get("successfulRequestCount")),
        failed=count(stats.get("failedRequestCount")),
        total=count(stats.get("requestCount")),
        detail="; ".join(filter(None, (word.lower(), reason))),
    )


def read_row_of_results(row: Mapping[str, Any]) -> Completion:
    """The answer, or the error, in a line of the responses."""
    response = row.get("response")
    if not isinstance(response, dict):
        return _failure(mapping(row.get("error")) or mapping(row.get("status")))
    refuse_error(response, {}, ", in a batch")
    text, end = _answer(response)
    return Completion(
        text=text,
        finish_reason=finish_reason(end),
        **usage.read(response.get("usageMetadata")),
        model=str(response.get("modelVersion") or ""),
    )


def _answer(response: Mapping[str, Any]) -> tuple[str, str]:
    """The text of the first candidate, and how it ended; a prompt that was blocked is a refusal."""
    if mapping(response.get("promptFeedback")).get("blockReason"):
        return "", "refusal"
    if not response.get("candidates"):
        raise MalformedError("it holds no candidates")
    candidate = response["candidates"][0]
    end = str(candidate.get("finishReason") or "STOP")
    if finish_reason(end) == "refusal":
        return "", end
    parts = mapping(candidate.get("content")).get("parts") or []
    return "".join(
        part["text"] for part in parts if "text" in part and not part.get("thought")
    ), end


def _failure(error: Mapping[str, Any]) -> Completion:
    """What a row without a response means; raises for an error that is not the batch's own."""
    status = error.get("status") or _CODES.get(error.get("code", 0), "")
    if status == "CANCELLED":
        return CANCELLED
    refuse_error({"error": {**error, "status": status}}, {}, ", in a batch")
    raise MalformedError("a row without an answer")
