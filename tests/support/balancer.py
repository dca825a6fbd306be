"""A balancer in front of several app processes: each new connection goes where the test says, or to
the next process where that one takes none.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.support.served import App


class Balancer:
    """Passes on bytes; `url` is its own address, for browsers."""

    def __init__(self, apps: Sequence[App], listener: socket.socket) -> None:
        self._apps = list(apps)
        self._listener = listener
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def prefer(self, app: App) -> None:
        """New connections go to this one from now on; those that rest there may stay elsewhere."""
        self._apps.sort(key=lambda one: one is not app)

    def run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def close(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), self._reached() as server:
            self._ends += [client, server]
            back = threading.Thread(target=_pass_on, args=(server, client))
            back.start()
            _pass_on(client, server)
            back.join()

    def _reached(self) -> socket.socket:
        for app in list(self._apps):
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", int(app.url.rpartition(":")[2])))
        raise ConnectionRefusedError


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Until one side has ended, which ends the other."""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def balanced(apps: Sequence[App]) -> Iterator[Balancer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        balancer = Balancer(apps, listener)
        accepting = threading.Thread(target=balancer.run)
        accepting.start()
        try:
            yield balancer
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            balancer.close()
