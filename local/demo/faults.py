"""Faults on request, and what the model was shown: only for tests, only with `--faults`.

A fault is armed by POST /faults, e.g. {"kind": "429", "on": "memory", "times": 2}, and met by
that many of the next matching requests. "memory" are chat requests that ask for JSON, "chat"
the others.
"""

import asyncio
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.demo.wire import ApiError, Json, read_json, respond

KINDS = frozenset(
    {"429", "401", "500", "slow", "hang", "cut_off", "malformed", "empty", "nonsense"}
)
TARGETS = frozenset({"chat", "memory", "embeddings", "any"})
REQUESTS_KEPT = 200


@dataclass
class Fault:
    """One armed fault: `times` requests still get it; `seconds` is the delay of slow and hang."""

    kind: str
    on: str = "any"
    times: int = 1
    seconds: float = 1.0

    @classmethod
    def from_json(cls, body: Json) -> "Fault":
        """Raises ApiError 400 for an unknown field, kind or target."""
        try:
            fault = cls(**body)
        except TypeError as exc:
            raise ApiError(400, f"A fault is kind, on, times and seconds: {exc}") from exc
        if fault.kind not in KINDS or fault.on not in TARGETS:
            raise ApiError(400, f"'kind' is one of {sorted(KINDS)}, 'on' one of {sorted(TARGETS)}.")
        if "seconds" not in body and fault.kind == "hang":
            fault.seconds = 3600.0
        return fault


class Faults:
    """The armed faults and the last requests; it lives on the server's event loop alone."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._counts: Counter[str] = Counter()
        self._requests: deque[Json] = deque(maxlen=REQUESTS_KEPT)
        self._released = asyncio.Event()

    def routes(self) -> list[Route]:
        """POST and DELETE /faults, GET /requests."""
        return [
            Route("/faults", self._arm, methods=["POST"]),
            Route("/faults", self._clear, methods=["DELETE"]),
            Route("/requests", self._report),
        ]

    async def meet(self, kind: str, body: Json) -> Fault | None:
        """Record a request of `kind` and take the fault that it gets, after that one's delay."""
        fault = next((f for f in self._armed if f.on in {kind, "any"}), None)
        self._counts[kind] += 1
        self._requests.append({"kind": kind, "fault": fault and fault.kind, "body": body})
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            self._armed.remove(fault)
        if fault.kind in {"slow", "hang"}:
            await self._wait(fault.seconds)
        return fault

    async def _wait(self, seconds: float) -> None:
        """Until the time is over or DELETE /faults lets go of those that wait."""
        released = asyncio.ensure_future(self._released.wait())
        await asyncio.wait([released], timeout=seconds)
        released.cancel()

    async def _arm(self, request: Request) -> Response:
        self._armed.append(Fault.from_json(await read_json(request)))
        return await self._report(request)

    async def _clear(self, request: Request) -> Response:
        self._armed.clear()
        self._counts.clear()
        self._requests.clear()
        self._released.set()
        self._released = asyncio.Event()
        return await self._report(request)

    async def _report(self, _request: Request) -> Response:
        report: dict[str, Any] = {
            "counts": {kind: self._counts[kind] for kind in ("chat", "memory", "embeddings")},
            "armed": [asdict(fault) for fault in self._armed],
            "requests": list(self._requests),
        }
        return respond(report)
