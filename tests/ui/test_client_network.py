"""The header that pages and routes learn a client's network by, behind the server that we use."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import Any

import pytest
import uvicorn

from auth.network import HEADER, Network
from tests.support.stack import free_port
from tests.support.waiting import wait_until
from ui.server.client_network import UNTRUSTED, ClientNetwork
from ui.troubles import troubles


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the header's values."""
    said = [value for name, value in scope["headers"] if name == HEADER.encode()]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"|".join(said)})


class Served:
    """The middleware under uvicorn; `trusted` may change."""

    def __init__(self, port: int) -> None:
        self.trusted: list[Network] = []
        self.port = port
        app = ClientNetwork(echo, trusted=lambda: self.trusted)
        self.server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="error")
        )

    def told(self, *headers: tuple[str, str]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest("GET", "/")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        said = connection.getresponse().read().decode()
        connection.close()
        return said


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served(free_port())
    thread = threading.Thread(target=served.server.run)
    thread.start()
    wait_until(lambda: served.server.started)
    yield served
    served.server.should_exit = True
    thread.join()


def test_the_proxy_of_this_machine_is_believed_and_what_came_before_it_is_not(
    served: Served,
) -> None:
    assert served.told() == ""
    assert served.told((HEADER, "192.0.2.1")) == "", "nobody names it but we"
    assert served.told(("X-Forwarded-For", "198.51.100.1, 203.0.113.7")) == "203.0.113.7"
    assert (
        served.told(("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.7"))
        == "203.0.113.7"
    )
    assert served.told((HEADER, "192.0.2.1"), ("X-Forwarded-For", "203.0.113.7")) == "203.0.113.7"


def test_a_second_proxy_is_believed_if_it_is_named(served: Served) -> None:
    forwarded = ("X-Forwarded-For", "203.0.113.7, 10.0.0.5")
    assert served.told(forwarded) == "10.0.0.5"
    served.trusted = [ip_network("10.0.0.0/8")]
    assert served.told(forwarded) == "203.0.113.7"


def test_who_runs_this_place_learns_of_a_proxy_that_is_not_named() -> None:
    troubles.forget("proxy")
    scope = {"type": "http", "client": ("10.0.0.5", 4711)}
    middleware = ClientNetwork(echo, trusted=lambda: [])

    async def nothing(*_: Any) -> Any:
        return None

    for headers, is_told in (
        ([], False),
        ([(b"x-forwarded-for", b"203.0.113.7")], True),
    ):
        asked = middleware({**scope, "headers": headers}, nothing, nothing)
        # Elsewhere in this process a browser may be driven, by a loop of its own in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, asked).result()
        assert (troubles.told().get("proxy") == UNTRUSTED) is is_told
    troubles.forget("proxy")
