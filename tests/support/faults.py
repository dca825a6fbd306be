"""Asks the stack's test model to fail."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.stack import Stack


class ModelFaults:
    """The test model's switchboard."""

    def __init__(self, stack: Stack) -> None:
        self._base = stack.environ["OPENAI_BASE_URL"].removesuffix("/v1")

    @contextmanager
    def armed(self, kind: str, *, on: str, times: int = 1, **more: float) -> Iterator[None]:
        """The next `times` requests of this sort fail; what is left is cleared at the end."""
        self._call("POST", "/faults", {"kind": kind, "on": on, "times": times, **more})
        try:
            yield
        finally:
            self.clear()

    @contextmanager
    def behaving(self, name: str) -> Iterator[None]:
        """Inside, the model server is of this kind: see tests/support/model/behaviour.py."""
        self.behave(name)
        try:
            yield
        finally:
            self._call("DELETE", "/behaviour")

    def behave(self, name: str) -> None:
        self._call("POST", "/behaviour", {"name": name})

    def hung_up(self) -> int:
        """How many streams their clients ended."""
        count: int = json.loads(self._call("GET", "/requests"))["hung_up"]
        return count

    def clear(self) -> None:
        self._call("DELETE", "/faults")

    def requests(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the last requests of this sort, oldest first."""
        reply = json.loads(self._call("GET", "/requests"))
        return [r["body"] for r in reply["requests"] if r["kind"] == kind]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - our own server, on loopback
            self._base + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            reply: bytes = response.read()
        return reply
