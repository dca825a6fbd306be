"""A proxy in front of the app that passes on another Host than the browser sent, as nginx may, and
tells whom it has let through.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def changing_host(url: str, host: str, *, client: str = "") -> Iterator[str]:
    """A proxy to the app at `url`; its own address, for browsers, whose own is `client`."""
    told = f"{host}\r\nX-Forwarded-For: {client}" if client else host
    there = ("127.0.0.1", int(url.rpartition(":")[2]))
    connections: list[threading.Thread] = []
    ends: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    one, _ = listener.accept()
                    ends.append(one)
                    thread = threading.Thread(target=_serve, args=(one, there, told))
                    connections.append(thread)
                    thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.join()


def _serve(client: socket.socket, there: tuple[str, int], host: str) -> None:
    with client, socket.create_connection(there) as server:
        back = threading.Thread(target=_pass_on, args=(server, client, None))
        back.start()
        _pass_on(client, server, host)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket, host: str | None) -> None:
    """Until one side has ended; with `host`, requests are passed on as for that one."""
    with suppress(OSError):
        while data := source.recv(1 << 20):
            if host is not None:
                data = re.sub(rb"\r\nHost: [^\r]*", b"\r\nHost: " + host.encode(), data)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
