"""Turns plans into a real HTTP server of batches: OpenAI's, Anthropic's and Gemini's protocols."""

import contextlib
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from aiohttp import web
from endpoint import Endpoint, Protocol, Reply, Request, body_of, cut_short, request_of

RowFault = Literal["", "missing", "doubled", "failed", "expired", "malformed"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Plan:
    """What the server does with batches, and with the requests that are about them.

    A batch is over after it was looked at `polls` times. `row` has a row's fault, by its id and its
    place in the batch: `missing` and `expired` ones are not asked, and not paid. `fails` ends each
    batch in its validation, with that message. `interface` is called for each request, with its
    method, its path and how often that came before: a `Reply` is sent instead; with the fault
    `reset` what was asked is done, and its answer is lost; `cut` sends half of `raw`. More than
    `file_bytes` are refused as 413 (Gemini: 400), more than `rows` as the provider refuses them.
    """

    polls: int = 1
    reordered: bool = False
    row: Callable[[str, int], RowFault] = lambda row_id, place: ""
    fails: str = ""
    interface: Callable[[str, str, int], Reply | None] = lambda method, path, before: None
    file_bytes: int = 2 << 30
    rows: int = 100_000


@dataclass
class Batch:
    """One batch, by the id that the provider gave it."""

    id: str
    protocol: Protocol
    label: str
    model: str
    source: str
    created: float
    total: int = 0
    polls: int = 0
    is_cancelled: bool = False
    lines: list[tuple[str, bytes]] = field(default_factory=list)  # (how it ended, the line)

    @property
    def counts(self) -> Counter[str]:
        """How many rows ended in each way."""
        return Counter(how for how, _ in self.lines)


class BatchServer(Endpoint):
    """An `Endpoint` that takes batches too, whose rows the same `reply` answers.

    With `is_lean` it keeps no requests of rows, which may be many, but their ids in `paid`.
    """

    def __init__(
        self,
        reply: Callable[[Request], Reply],
        plan: Plan | None = None,
        *,
        reports: str | None = None,
        is_lean: bool = False,
    ) -> None:
        super().__init__(reply, reports)
        self.plan = plan or Plan()
        self.paid: list[tuple[str, str]] = []  # (batch, row's id), in the order of their answers
        self.asked: list[tuple[str, str]] = []  # (method, path with its query)
        self.headers: list[Mapping[str, str]] = []  # of these, by names in lower case
        self.received = 0  # bytes of files and of bodies with rows
        self.batches: dict[str, Batch] = {}
        self._is_lean = is_lean
        self._folder = tempfile.TemporaryDirectory()
        self._names: dict[str, str] = {}  # of uploaded files

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._folder.cleanup()

    def _add_routes(self, app: web.Application) -> None:
        super()._add_routes(app)
        app._client_max_size = 4 << 30
        app.middlewares.append(self._interfere)
        routes: Mapping[tuple[str, str], Handler] = {
            ("POST", "/v1/files"): self._openai_upload,
            ("GET", "/v1/files/{file}/content"): self._openai_content,
            ("POST", "/v1/batches"): self._openai_create,
            ("GET", "/v1/batches"): self._openai_list,
            ("GET", "/v1/batches/{id}"): self._openai_state,
            ("POST", "/v1/batches/{id}/cancel"): self._openai_cancel,
            ("POST", "/v1/messages/batches"): self._anthropic_create,
            ("GET", "/v1/messages/batches"): self._anthropic_list,
            ("GET", "/v1/messages/batches/{id}"): self._anthropic_state,
            ("GET", "/v1/messages/batches/{id}/results"): self._anthropic_results,
            ("POST", "/v1/messages/batches/{id}/cancel"): self._anthropic_cancel,
            ("POST", "/upload/v1beta/files"): self._gemini_upload,
            ("POST", "/v1beta/models/{model}:batchGenerateContent"): self._gemini_create,
            ("GET", "/v1beta/batches"): self._gemini_list,
            ("GET", "/v1beta/batches/{id}"): self._gemini_state,
            ("POST", "/v1beta/batches/{id}:cancel"): self._gemini_cancel,
            ("GET", "/download/v1beta/files/{file}:download"): self._gemini_content,
        }
        for (method, path), handler in routes.items():
            app.router.add_route(method, path, handler)

    @web.middleware
    async def _interfere(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not re.search("/(files|batches)|batchGenerate", request.path):
            return await handler(request)
        asked = (request.method, request.path_qs)
        before = self.asked.count(asked)
        self.asked.append(asked)
        headers = request.headers
        self.headers.append({name.lower(): ", ".join(headers.getall(name)) for name in headers})
        reply = self.plan.interface(request.method, request.path, before)
        if reply is None:
            return await handler(request)
        protocol = _protocol(request.path)
        if reply.fault == "cut":
            return await cut_short(request, reply.raw or b"")
        if reply.fault == "reset":
            with contextlib.suppress(web.HTTPException):
                await handler(request)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        empty = Request(protocol, request.path, "", (), (), {}, {}, 0)
        return await self._send(request, empty, reply)

    def start_another(self, like: str, label: str) -> None:
        """Add a batch of other rows, as if another process had made it."""
        batch = self.batches[like.removeprefix("batches/")]
        lines = [(how, line.replace(b'"a-', b'"b-')) for how, line in batch.lines]
        other = replace(batch, id=f"{batch.id}-{len(self.batches)}", label=label, lines=lines)
        self.batches[other.id] = other

    # What all three have in common: files, a batch's rows, and how far it is.

    def _path(self, name: str) -> Path:
        return Path(self._folder.name, name)

    async def _keep(self, content: Any, name: str) -> int:
        """Write what is sent to a file, and say how many bytes it has."""
        size = 0
        with self._path(name).open("wb") as file:
            while chunk := await content(1 << 18):
                size += len(chunk)
                self.received += len(chunk)
                file.write(chunk)
        return size

    def _start(self, protocol: Protocol, label: str, model: str, source: str) -> Batch:
        number = len(self.batches) + 1
        prefix = {"openai": "batch_", "anthropic": "msgbatch_", "gemini": ""}[protocol]
        batch = Batch(f"{prefix}{number:04}", protocol, label, model, source, time.time())
        self.batches[batch.id] = batch
        batch.total = sum(1 for _ in self._rows(batch))
        if not self.plan.fails and batch.total <= self.plan.rows:
            for place, row in enumerate(self._rows(batch)):
                batch.lines += self._line(batch, place, row)
        if self.plan.reordered:
            batch.lines.reverse()
        return batch

    def _rows(self, batch: Batch) -> Iterator[Mapping[str, Any]]:
        with self._path(batch.source).open("rb") as file:
            if batch.protocol == "anthropic":
                yield from json.load(file)["requests"]
            else:
                yield from map(json.loads, file)

    def _line(self, batch: Batch, place: int, row: Mapping[str, Any]) -> list[tuple[str, bytes]]:
        """What a row becomes in the results: none, one or two lines."""
        key = "key" if batch.protocol == "gemini" else "custom_id"
        row_id = row[key]
        fault = self.plan.row(row_id, place)
        if fault == "missing":
            return []
        if fault == "expired":
            return [("expired", _line_of(batch.protocol, row_id, None, "expired"))]
        body = row.get("body") or row.get("params") or row["request"]
        request = request_of(batch.protocol, body, place + 1, batch.model or None)
        reply = Reply("overloaded", status=500) if fault == "failed" else self._reply(request)
        if not self._is_lean:
            with self._lock:
                self._log.append((request, reply))
        self.paid.append((batch.id, row_id))
        model = reply.model or self._reports or f"{request.model}-2026-01-01"
        answer = reply.raw or json.dumps(body_of(batch.protocol, model, reply)).encode()
        how = "succeeded" if reply.status == 200 else "errored"
        line = _line_of(batch.protocol, row_id, answer, how, reply.status)
        if fault == "malformed":
            line = line[: len(line) // 2]
        return [(how, line)] * (2 if fault == "doubled" else 1)

    def _look(self, http: web.Request) -> Batch:
        """A batch by its id, which was looked at once more."""
        batch = self._batch(http)
        batch.polls += 1
        return batch

    def _batch(self, http: web.Request) -> Batch:
        batch = self.batches.get(http.match_info["id"])
        if batch is None or batch.protocol != _protocol(http.path):
            raise web.HTTPNotFound(text=json.dumps({"error": {"message": "no such batch"}}))
        return batch

    def _is_over(self, batch: Batch) -> bool:
        return batch.is_cancelled or batch.polls > self.plan.polls

    def _cancel(self, http: web.Request) -> Batch:
        """Give back half of the rows that were asked; the others were not reached."""
        batch = self._batch(http)
        if not self._is_over(batch):
            batch.is_cancelled = True
            half = len(batch.lines) // 2
            for place, (_, line) in enumerate(batch.lines[half:], half):
                row = json.loads(line)
                row_id = row.get("custom_id") or row.get("key")
                line = _line_of(batch.protocol, row_id, None, "canceled")
                batch.lines[place] = ("canceled", line)
        return batch

    def _listed(self, http: web.Request, after: str, size: str) -> tuple[list[Batch], bool]:
        """A page of the batches, the newest first, and whether there are more."""
        protocol = _protocol(http.path)
        batches = [batch for batch in self.batches.values() if batch.protocol == protocol][::-1]
        ids = [batch.id for batch in batches]
        begin = ids.index(http.query[after]) + 1 if http.query.get(after) else 0
        end = begin + int(http.query.get(size, 20))
        return batches[begin:end], end < len(batches)

    def _written(self, http: web.Request, batch: Batch, hows: tuple[str, ...]) -> web.Response:
        lines = [line for how, line in batch.lines if how in hows]
        return web.Response(body=b"\n".join([*lines, b""]), content_type="application/x-jsonl")

    # OpenAI

    async def _openai_upload(self, http: web.Request) -> web.StreamResponse:
        form: Any = await http.multipart()
        name = f"file-{len(self._names) + 1}"
        size, purpose = 0, ""
        while (part := await form.next()) is not None:
            if part.name == "purpose":
                purpose = await part.text()
            else:
                size = await self._keep(part.read_chunk, name)
        if size > self.plan.file_bytes:
            return _error("openai", 413, "the file is too large")
        if purpose != "batch":
            return _error("openai", 400, "a file for batches has the purpose 'batch'")
        self._names[name] = name
        return web.json_response({"id": name, "object": "file", "bytes": size})

    async def _openai_create(self, http: web.Request) -> web.StreamResponse:
        body = await http.json()
        if body["endpoint"] != "/v1/chat/completions" or body["completion_window"] != "24h":
            return _error("openai", 400, "no such endpoint or window")
        if body["input_file_id"] not in self._names:
            return _error("openai", 400, "no such file")
        label = body.get("metadata", {}).get("pytest_rest", "")
        batch = self._start("openai", label, "", body["input_file_id"])
        return web.json_response(self._openai_object(batch))

    def _openai_object(self, batch: Batch) -> dict[str, Any]:
        fails = self.plan.fails
        if batch.total > self.plan.rows:
            fails = f"the file has more than {self.plan.rows} requests"
        status = "validating" if batch.polls == 0 else "in_progress"
        counts = batch.counts
        if self._is_over(batch):
            status = "expired" if counts["expired"] else "completed"
            status = "failed" if fails else "cancelled" if batch.is_cancelled else status
        is_over, bad = self._is_over(batch), ("errored", "expired", "canceled")
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "status": status,
            "errors": {"object": "list", "data": [{"message": fails, "line": 1}]}
            if is_over and fails
            else None,
            "input_file_id": batch.source,
            "output_file_id": f"{batch.id}-out" if is_over and counts["succeeded"] else None,
            "error_file_id": f"{batch.id}-bad" if is_over and any(counts[b] for b in bad) else None,
            "created_at": int(batch.created),
            "expires_at": int(batch.created) + 86_400,
            "request_counts": {
                "total": batch.total,
                "completed": counts["succeeded"] if is_over else 0,
                "failed": sum(counts[b] for b in bad) if is_over else 0,
            },
            "metadata": {"pytest_rest": batch.label},
        }

    async def _openai_state(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(self._openai_object(self._look(http)))

    async def _openai_cancel(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(self._openai_object(self._cancel(http)))

    async def _openai_list(self, http: web.Request) -> web.StreamResponse:
        batches, more = self._listed(http, "after", "limit")
        data = [self._openai_object(batch) for batch in batches]
        return web.json_response({"object": "list", "data": data, "has_more": more})

    async def _openai_content(self, http: web.Request) -> web.StreamResponse:
        name, _, kind = http.match_info["file"].rpartition("-")
        hows = ("succeeded",) if kind == "out" else ("errored", "expired", "canceled")
        return self._written(http, self.batches[name], hows)

    # Anthropic

    async def _anthropic_create(self, http: web.Request) -> web.StreamResponse:
        if http.headers.get("anthropic-version") != "2023-06-01":
            return _error("anthropic", 400, "anthropic-version: header is required")
        name = f"body-{len(self.batches) + 1}"
        size = await self._keep(http.content.read, name)
        if size > self.plan.file_bytes:
            return _error("anthropic", 413, "Request exceeds the maximum size")
        try:
            requests = json.loads(self._path(name).read_bytes())["requests"]
            ids = [request["custom_id"] for request in requests]
        except (ValueError, LookupError):
            return _error("anthropic", 400, "the body is not valid JSON")
        if not all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", each) for each in ids):
            return _error("anthropic", 400, "custom_id: does not match the pattern")
        if self.plan.fails or len(ids) > self.plan.rows or len({*ids}) < len(ids):
            return _error("anthropic", 400, self.plan.fails or "requests: too many, or not unique")
        batch = self._start("anthropic", "", "", name)
        return web.json_response(self._anthropic_object(batch))

    def _anthropic_object(self, batch: Batch) -> dict[str, Any]:
        is_over = self._is_over(batch)
        counts = batch.counts if is_over else Counter[str]()
        created = datetime.fromtimestamp(batch.created, UTC)
        kinds = ("succeeded", "errored", "canceled", "expired")
        waiting = 0 if is_over else batch.total
        results = f"https://api.anthropic.com/v1/messages/batches/{batch.id}/results"
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if is_over else "in_progress",
            "request_counts": {"processing": waiting, **{kind: counts[kind] for kind in kinds}},
            "created_at": created.isoformat().replace("+00:00", "Z"),
            "expires_at": (created + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
            "ended_at": created.isoformat() if is_over else None,
            "cancel_initiated_at": created.isoformat() if batch.is_cancelled else None,
            "results_url": results if is_over else None,
        }

    async def _anthropic_state(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(self._anthropic_object(self._look(http)))

    async def _anthropic_cancel(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(self._anthropic_object(self._cancel(http)))

    async def _anthropic_list(self, http: web.Request) -> web.StreamResponse:
        batches, more = self._listed(http, "after_id", "limit")
        data = [self._anthropic_object(batch) for batch in batches]
        last = batches[-1].id if batches else None
        return web.json_response({"data": data, "has_more": more, "last_id": last})

    async def _anthropic_results(self, http: web.Request) -> web.StreamResponse:
        batch = self._batch(http)
        if not self._is_over(batch):
            return _error("anthropic", 404, "the batch has no results yet")
        return self._written(http, batch, ("succeeded", "errored", "expired", "canceled"))

    # Gemini

    async def _gemini_upload(self, http: web.Request) -> web.StreamResponse:
        command = http.headers.get("x-goog-upload-command", "")
        if command == "start":
            size = int(http.headers["x-goog-upload-header-content-length"])
            if size > self.plan.file_bytes:
                return _error("gemini", 400, "the file is too large")
            name = f"rows-{len(self._names) + 1}"
            self._names[name] = name
            url = f"{self.url}/upload/v1beta/files?upload_id={name}&upload_protocol=resumable"
            return web.json_response({}, headers={"x-goog-upload-url": url})
        name = http.query["upload_id"]
        if command != "upload, finalize" or http.headers.get("x-goog-upload-offset") != "0":
            return _error("gemini", 400, "no such command")
        size = await self._keep(http.content.read, name)
        file = {"name": f"files/{name}", "sizeBytes": str(size), "state": "ACTIVE"}
        return web.json_response({"file": file})

    async def _gemini_create(self, http: web.Request) -> web.StreamResponse:
        body = (await http.json())["batch"]
        name = body["input_config"]["file_name"].removeprefix("files/")
        if name not in self._names:
            return _error("gemini", 400, "no such file")
        batch = self._start("gemini", body["display_name"], http.match_info["model"], name)
        return web.json_response(self._gemini_object(batch))

    def _gemini_object(self, batch: Batch) -> dict[str, Any]:
        is_over, counts = self._is_over(batch), batch.counts
        state = "PENDING" if batch.polls == 0 else "RUNNING"
        if is_over:
            state = "EXPIRED" if counts["expired"] else "SUCCEEDED"
            state = "CANCELLED" if batch.is_cancelled else state
            state = "FAILED" if self.plan.fails else state
        stats = {"requestCount": str(batch.total), "pendingRequestCount": str(batch.total)}
        failed = sum(counts[how] for how in ("errored", "expired", "canceled"))
        if is_over:
            stats = {
                "requestCount": str(batch.total),
                "successfulRequestCount": str(counts["succeeded"]),
                "failedRequestCount": str(failed),
            }
        output = {"responsesFile": f"files/batch-{batch.id}"}
        has_output = is_over and not self.plan.fails
        return {
            "name": f"batches/{batch.id}",
            "metadata": {
                "name": f"batches/{batch.id}",
                "displayName": batch.label,
                "model": f"models/{batch.model}",
                "createTime": datetime.fromtimestamp(batch.created, UTC).isoformat(),
                "batchStats": stats,
                "state": f"BATCH_STATE_{state}",
                **({"output": output} if has_output else {}),
            },
            "done": is_over,
            **({"response": output} if has_output else {}),
            **({"error": {"code": 3, "message": self.plan.fails}} if state == "FAILED" else {}),
        }

    async def _gemini_state(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(self._gemini_object(self._look(http)))

    async def _gemini_cancel(self, http: web.Request) -> web.StreamResponse:
        self._cancel(http)
        return web.json_response({})

    async def _gemini_list(self, http: web.Request) -> web.StreamResponse:
        batches, more = self._listed(http, "pageToken", "pageSize")
        body: dict[str, Any] = {"operations": [self._gemini_object(batch) for batch in batches]}
        return web.json_response({**body, **({"nextPageToken": batches[-1].id} if more else {})})

    async def _gemini_content(self, http: web.Request) -> web.StreamResponse:
        batch = self.batches[http.match_info["file"].removeprefix("batch-")]
        return self._written(http, batch, ("succeeded", "errored", "expired", "canceled"))


def _protocol(path: str) -> Protocol:
    if "v1beta" in path:
        return "gemini"
    return "anthropic" if "/messages" in path else "openai"


def _error(protocol: Protocol, status: int, message: str) -> web.Response:
    body = body_of(protocol, "", Reply(message, status=status))
    return web.json_response(body, status=status)


def _line_of(
    protocol: Protocol, row_id: str, answer: bytes | None, how: str, status: int = 200
) -> bytes:
    body = None if answer is None else json.loads(answer)
    row: dict[str, Any] = {"custom_id": row_id}
    if protocol == "openai":
        codes = {"expired": "batch_expired", "canceled": "batch_cancelled"}
        error = {"code": codes[how], "message": "not executed"} if how in codes else None
        response = None if error else {"status_code": status, "request_id": "r", "body": body}
        row = {"id": f"batch_req_{row_id}", **row, "response": response, "error": error}
    elif protocol == "anthropic":
        named = {"succeeded": {"message": body}, "errored": {"error": body}}.get(how, {})
        row["result"] = {"type": how, **named}
    elif body is not None:
        row = {"key": row_id, **(body if how == "errored" else {"response": body})}
    else:
        code = {"expired": "DEADLINE_EXCEEDED", "canceled": "CANCELLED"}[how]
        row = {"key": row_id, "error": {"message": how, "status": code}}
    return json.dumps(row).encode()
