"""ASGI middleware: tells pages and routes from which network a request comes, by a header of ours,
and whether it came over HTTPS to a proxy that is trusted.

Streamlit hands a page the headers of its websocket, and not who connected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from auth.network import HEADER, Network, client_network, is_trusted
from ui.troubles import troubles

UNTRUSTED = (
    "Requests come with X-Forwarded-For from a machine that is not named in TRUSTED_PROXIES. If it"
    " is your proxy, name it there: until then all people behind it are counted as one."
)
_NAME = HEADER.encode()


class ClientNetwork:
    """`trusted` are the proxies that are believed."""

    def __init__(self, app: ASGIApp, trusted: Callable[[], Sequence[Network]]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = [(name, value) for name, value in scope["headers"] if name != _NAME]
            if network := self._network(scope):
                headers.append((_NAME, network.encode()))
            scope = {**scope, "headers": headers, "scheme": self._scheme(scope)}
        await self._app(scope, receive, send)

    def _scheme(self, scope: Scope) -> str:
        """As it was asked for; uvicorn knows it already of a proxy on this machine."""
        said = next((v for n, v in scope["headers"] if n == b"x-forwarded-proto"), b"")
        client = scope.get("client")
        if said in (b"http", b"https") and client and is_trusted(client[0], self._trusted()):
            scheme = said.decode()
            return scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
        return str(scope.get("scheme", "http"))

    def _network(self, scope: Scope) -> str | None:
        client = scope.get("client")
        if not client:
            return None
        sent = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        forwarded = b",".join(sent).decode("latin-1")
        network = client_network(client[0], forwarded, self._trusted())
        if forwarded and network and network == client_network(client[0], "", ()):
            _note_untrusted(client[0], forwarded)
        return network


def _note_untrusted(peer: str, forwarded: str) -> None:
    """Where uvicorn has believed a proxy on this machine, its last entry is who `peer` is."""
    if forwarded.rpartition(",")[2].strip() != peer:
        troubles.note("proxy", UNTRUSTED)
