"""A relay between the app and its database that counts trips: something said, then an answer.

What the wire carries, whatever the program counts: each change of direction towards the server is a
trip. `delay_s` is added to each, as a server that is not next door would.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url


class Relay:
    """Listens on loopback; `trips` counts those of all connections, `url` leads through it."""

    def __init__(self, url: str, *, delay_s: float = 0.0) -> None:
        there = make_url(url)
        port = int(there.port or there.query.get("port") or 5432)  # type: ignore[arg-type]
        folder = there.query.get("host")
        self._there = f"{folder}/.s.PGSQL.{port}" if folder else (str(there.host), port)
        self._delay_s = delay_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.trips = 0
        here = there.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        # Looking for TLS and the like would be trips of the driver's.
        here = here.set(query={"sslmode": "disable", "gssencmode": "disable"})
        self.url = here.render_as_string(hide_password=False)
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self._there, str) else socket.AF_INET
        with client, socket.socket(family) as server, contextlib.suppress(OSError):
            server.connect(self._there)
            answered = threading.Event()
            answered.set()
            back = threading.Thread(target=_answers, args=(server, client, answered), daemon=True)
            back.start()
            while said := client.recv(1 << 16):
                if answered.is_set():
                    answered.clear()
                    self.trips += 1
                    time.sleep(self._delay_s)
                server.sendall(said)
            server.shutdown(socket.SHUT_RDWR)
            back.join()


def _answers(server: socket.socket, client: socket.socket, answered: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while said := server.recv(1 << 16):
            answered.set()
            client.sendall(said)


@contextmanager
def relayed(url: str, *, delay_s: float = 0.0) -> Iterator[Relay]:
    """A relay to the database of this url, for as long as the block takes."""
    relay = Relay(url, delay_s=delay_s)
    try:
        yield relay
    finally:
        relay.close()
