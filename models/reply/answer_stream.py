"""An answer that is being streamed, which can be ended from another thread than reads it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Protocol, runtime_checkable

import httpx2

from errors import ModelError


@runtime_checkable
class Stoppable(Protocol):
    """An answer that its model need not go on with."""

    def stop(self) -> None: ...


def end_stream(pieces: object) -> None:
    """Have the model stop that gives these pieces, where it can be told."""
    if isinstance(pieces, Stoppable):
        pieces.stop()


class OpenConnection:
    """The connection that an answer comes by, once it is there. Thread-safe."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._response: httpx2.Response | None = None
        self._lock = threading.Lock()

    def hold(self, response: httpx2.Response) -> None:
        with self._lock:
            self._response = response
        if self.stopped.is_set():
            self._shut()

    def let_go(self) -> None:
        """The answer has ended: its connection may serve another one."""
        with self._lock:
            self._response = None

    def stop(self) -> None:
        self.stopped.set()
        self._shut()

    def _shut(self) -> None:
        """End the connection below whoever reads from it: only so does a waiting read end, and the
        server sees that nobody listens.
        """
        with self._lock:
            stream = self._response and self._response.extensions.get("network_stream")
            used = stream and stream.get_extra_info("socket")
            if isinstance(used, socket.socket):
                with suppress(OSError):
                    used.shutdown(socket.SHUT_RDWR)


class AnswerStream(Iterator[str]):
    """The pieces of an answer; after `stop` there are no more."""

    def __init__(self, pieces: Generator[str], connection: OpenConnection) -> None:
        self._pieces = pieces
        self._connection = connection

    def __next__(self) -> str:
        try:
            piece = next(self._pieces)
        except ModelError:
            if self._connection.stopped.is_set():
                raise StopIteration from None
            raise
        if self._connection.stopped.is_set():
            self._pieces.close()
            raise StopIteration
        return piece

    def stop(self) -> None:
        """End it, from any thread; a request that has no response yet ends with its first byte."""
        self._connection.stop()
