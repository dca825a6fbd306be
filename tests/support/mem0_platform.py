"""mem0's hosted platform, as far as Keepsake asks it: the API that MemoryClient 2.2.1 speaks.

Paths, parameters and the form of replies are those of the client and of mem0's API reference. Adds
are worked through beside the request, as there: an event is PENDING for `looks` looks. It believes
whoever has the key, takes any id from anybody, and `ignores_filters` where a test wants it to fail
people.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.stack import free_port
from tests.support.waiting import PATIENCE_S

KEY = "m0-key-of-the-tests"
Row = dict[str, Any]


class Mem0Platform:
    """Its memories by id; `asked` are the requests, as method and path."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.memories: dict[str, Row] = {}
        self.history: dict[str, list[Row]] = {}
        self.users: set[str] = set()
        self.asked: list[str] = []
        self.added: list[Row] = []
        self.looks = 1
        self.ignores_filters = False
        self.fails_adds = False
        self.status = 200
        self._events: dict[str, Row] = {}

    def texts_of(self, user_id: object) -> list[str]:
        return [row["memory"] for row in self.memories.values() if row["user_id"] == str(user_id)]

    def put(self, text: str, user_id: object, **more: Any) -> str:
        """A memory that is there already; its id."""
        now = datetime.now(UTC).isoformat()
        row: Row = {"id": str(uuid4()), "memory": text, "user_id": str(user_id)}
        row |= {"agent_id": None, "app_id": None, "run_id": None, "metadata": {}, "categories": []}
        row |= {"created_at": now, "updated_at": now, **more}
        self.memories[row["id"]] = row
        self.users.add(row["user_id"])
        self._note(row, "ADD", None, text)
        return str(row["id"])

    def app(self) -> Starlette:
        memory = "/v1/memories/{memory_id}/"
        routes = [
            Route("/v1/ping/", self._ping),
            Route("/v3/memories/add/", self._add, methods=["POST"]),
            Route("/v1/event/{event_id}/", self._event),
            Route("/v3/memories/search/", self._search, methods=["POST"]),
            Route("/v3/memories/", self._list, methods=["POST"]),
            Route("/v1/memories/", self._delete_all, methods=["DELETE"]),
            Route("/v2/entities/user/{name}/", self._delete_user, methods=["DELETE"]),
            Route(memory, self._one, methods=["GET", "PUT", "DELETE"]),
            Route(memory + "history/", self._history),
        ]
        return Starlette(routes=[Route(r.path, self._let_in(r), methods=r.methods) for r in routes])

    def _let_in(self, route: Route) -> Any:
        async def answer(request: Request) -> Response:
            self.asked.append(f"{request.method} {request.url.path}")
            if request.headers.get("authorization") != f"Token {KEY}":
                return JSONResponse({"detail": "Invalid API key"}, 401)
            if self.status != 200:
                return JSONResponse({"detail": "Out of order"}, self.status)
            reply: Response = await route.endpoint(request)
            return reply

        return answer

    async def _ping(self, request: Request) -> Response:
        said = {"status": "ok", "org_id": "org", "project_id": "project", "user_email": None}
        return JSONResponse(said)

    async def _add(self, request: Request) -> Response:
        body = await request.json()
        if not any(body.get(name) for name in ("user_id", "agent_id", "app_id", "run_id")):
            return JSONResponse({"detail": "At least one entity ID is required."}, 400)
        self.added.append(body)
        event = {"id": str(uuid4()), "event_type": "ADD", "looks": self.looks, "body": body}
        self._events[event["id"]] = event
        told = "Memory processing has been queued for background execution"
        return JSONResponse({"message": told, "status": "PENDING", "event_id": event["id"]})

    async def _event(self, request: Request) -> Response:
        event = self._events[request.path_params["event_id"]]
        event["looks"] -= 1
        if event["looks"] >= 0:
            return JSONResponse({"id": event["id"], "status": "PENDING", "results": None})
        if self.fails_adds:
            return JSONResponse({"id": event["id"], "status": "FAILED", "results": []})
        if "results" not in event:
            event["results"] = self._extracted(event["body"])
        return JSONResponse({"id": event["id"], "status": "SUCCEEDED", "results": event["results"]})

    def _extracted(self, body: Row) -> list[Row]:
        """With infer=false the texts as they are; else each sentence of the person's, once."""
        texts = [m["content"] for m in body["messages"] if m["role"] == "user"]
        if body.get("infer", True):
            texts = [s for text in texts for s in re.findall(r"[^.!?]+[.!?]?", text) if s.strip()]
        made = []
        for text in (text.strip() for text in texts):
            if text in self.texts_of(body["user_id"]) and body.get("infer", True):
                continue
            at = datetime.fromtimestamp(body.get("timestamp") or time.time(), UTC).isoformat()
            more = {name: body[name] for name in ("metadata", "expiration_date") if name in body}
            id_ = self.put(text, body["user_id"], created_at=at, **more)
            made.append({"id": id_, "event": "ADD", "data": {"memory": text}})
        return made

    async def _search(self, request: Request) -> Response:
        body = await request.json()
        words = set(re.findall(r"\w+", body["query"].lower()))
        found = []
        for row in self._filtered(body):
            shared = words & set(re.findall(r"\w+", row["memory"].lower()))
            found.append({**row, "score": round(len(shared) / (len(words) or 1), 4)})
        found = [row for row in found if row["score"] >= body.get("threshold", 0.1)]
        found.sort(key=lambda row: -row["score"])
        return JSONResponse({"results": found[: body.get("top_k", 10)]})

    async def _list(self, request: Request) -> Response:
        rows = self._filtered(await request.json())[::-1]
        number = int(request.query_params.get("page", 1))
        size = int(request.query_params.get("page_size", 100))
        shown = rows[(number - 1) * size : number * size]
        more = {"next": None, "previous": None}
        return JSONResponse({"count": len(rows), **more, "results": shown})

    def _filtered(self, body: Row) -> list[Row]:
        wanted = body["filters"]["user_id"]
        every = list(self.memories.values())
        return every if self.ignores_filters else [r for r in every if r["user_id"] == wanted]

    async def _one(self, request: Request) -> Response:
        row = self.memories.get(request.path_params["memory_id"])
        if row is None:
            return JSONResponse({"detail": "Memory not found!"}, 404)
        if request.method == "PUT":
            text = (await request.json())["text"]
            self._note(row, "UPDATE", row["memory"], text)
            row["memory"] = text
        elif request.method == "DELETE":
            del self.memories[row["id"]], self.history[row["id"]]
            return JSONResponse({"message": "Memory deleted successfully!"})
        return JSONResponse(row)

    async def _delete_all(self, request: Request) -> Response:
        wanted = request.query_params.get("user_id")
        for row in [r for r in self.memories.values() if wanted in (None, r["user_id"])]:
            del self.memories[row["id"]], self.history[row["id"]]
        return JSONResponse({"message": "Memories deleted successfully!"})

    async def _delete_user(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.users:
            return JSONResponse({"detail": "Entity not found"}, 404)
        self.users.remove(name)
        return JSONResponse({"message": "Entity deleted successfully!"})

    async def _history(self, request: Request) -> Response:
        return JSONResponse(self.history[request.path_params["memory_id"]])

    def _note(self, row: Row, event: str, old: str | None, new: str) -> None:
        at = datetime.now(UTC).isoformat()
        line = {"id": str(uuid4()), "memory_id": row["id"], "user_id": row["user_id"]}
        line |= {"event": event, "old_memory": old, "new_memory": new, "input": []}
        line |= {"created_at": at, "updated_at": at, "metadata": {}}
        self.history.setdefault(row["id"], []).append(line)


@contextmanager
def mem0_platform() -> Iterator[Mem0Platform]:
    """One of its own, serving; empty."""
    platform = Mem0Platform()
    port = int(platform.url.rpartition(":")[2])
    config = uvicorn.Config(platform.app(), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < give_up_at:
        time.sleep(0.01)
    try:
        yield platform
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
