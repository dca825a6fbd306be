"""A relay between whoever asks and the model server that reads what the server says it cost.

Every chat request passes unchanged; what came of it is noted: for what it was asked (the name of
its JSON schema, "json" for any other JSON, "answer", "prepared" where nothing was to be generated),
its tokens as the server counted them, and how long it took. Raises nothing: a server that fails is
passed on as it is.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 900.0
_USAGE = re.compile(rb'"(prompt|completion)_tokens"\s*:\s*(\d+)')
_TO_ITSELF = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")


@dataclass(frozen=True, slots=True)
class Call:
    """One chat request and what it cost."""

    kind: str
    status: int
    prompt_tokens: int
    completion_tokens: int
    took_s: float

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Counter:
    """`url` leads through it to the model server; `calls` are all that passed, in order."""

    def __init__(self, url: str) -> None:
        self.there = urlsplit(url)
        self.calls: list[Call] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.there.path.rstrip('/')}"
        threading.Thread(target=self._server.serve_forever, name="counter", daemon=True).start()

    def since(self, number: int) -> list[Call]:
        """What passed after the first so many, but for what was only prepared."""
        return [call for call in self.calls[number:] if call.kind != "prepared"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def counted(url: str) -> Iterator[Counter]:
    """A counter before the model server at this address, for as long as the block takes."""
    counter = Counter(url)
    try:
        yield counter
    finally:
        counter.close()


def _handler(counter: Counter) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass(b"")

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, *_: object) -> None:
            """Nothing of what people say goes to a log."""

        def _pass(self, body: bytes) -> None:
            began = time.monotonic()
            there = HTTPConnection(str(counter.there.netloc), timeout=PATIENCE_S)
            kept = {k: v for k, v in self.headers.items() if k.lower() not in _TO_ITSELF}
            self.close_connection = True
            try:
                there.request(self.command, self.path, body or None, kept)
                response = there.getresponse()
                tail = self._hand_on(response)
            except OSError:
                # Either side has gone: closing the other tells it.
                return
            finally:
                there.close()
            if self.path.endswith("/chat/completions"):
                took_s = time.monotonic() - began
                counter.calls.append(_call(body, response.status, tail, took_s))

        def _hand_on(self, response: HTTPResponse) -> bytes:
            """Pass the response on as it comes; its end, where the usage stands."""
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in _TO_ITSELF:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            tail = b""
            while piece := response.read1(1 << 16):
                self.wfile.write(piece)
                self.wfile.flush()
                tail = (tail + piece)[-4096:]
            return tail

    return Handler


def _call(body: bytes, status: int, tail: bytes, took_s: float) -> Call:
    counted = {name: int(number) for name, number in _USAGE.findall(tail)}
    tokens = counted.get(b"prompt", 0), counted.get(b"completion", 0)
    return Call(_kind(json.loads(body)), status, *tokens, took_s)


def _kind(asked: Mapping[str, Any]) -> str:
    if asked.get("max_tokens") == 0:
        return "prepared"
    form = asked.get("response_format") or {}
    if form.get("type") == "json_schema":
        return str(form["json_schema"].get("name", "json"))
    return "json" if form.get("type") == "json_object" else "answer"
