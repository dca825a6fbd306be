"""Which pages get a websocket, behind which proxies, and what is told of those that do not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Message

from auth.routes import BROWSER_COOKIE
from ui.server.headers import SecurityHeaders
from ui.troubles import Troubles, troubles

LAN = "https://keepsake.lan:8443"
COOKIE = {"cookie": f"{BROWSER_COOKIE}=noras-browser"}


@pytest.fixture(autouse=True)
def _nothing_met() -> Iterator[None]:
    troubles.forget("websocket")
    yield
    troubles.forget("websocket")


class Server:
    """The middleware around an app that notes which Host it saw."""

    def __init__(self, *public: str) -> None:
        self.host = ""
        self._app = SecurityHeaders(self._serve, public_origins=lambda: frozenset(public))

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        self.host = dict(scope["headers"]).get(b"host", b"").decode()
        await send({"type": "websocket.accept"})

    def _ask(self, kind: str, headers: dict[str, str]) -> list[Message]:
        sent: list[Message] = []
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": kind, "scheme": "http", "headers": raw, "method": "GET", "path": "/"}
        # Elsewhere in this process a browser may be driven, by a loop of its own in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._app(scope, receive, send)).result()
        return sent

    def opens(self, **headers: str) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return str(self._ask("websocket", named)[0]["type"]) == "websocket.accept"

    def page_asks(self, **headers: str) -> None:
        """A request that a page makes before its websocket."""
        self._ask("http", {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": LAN, "host": "keepsake.lan:8443"},
        {"origin": LAN, "host": "Keepsake.LAN:8443"},
        {"origin": LAN, "host": "127.0.0.1:8501", "x_forwarded_host": "keepsake.lan:8443"},
        {"origin": LAN, "host": "keepsake.lan", "x_forwarded_port": "8443"},
        {"origin": "https://keepsake.lan", "host": "keepsake.lan"},
        {"origin": "https://keepsake.lan", "host": "keepsake.lan:443"},
        {"origin": "http://[::1]:8501", "host": "[::1]:8501"},
        {"origin": LAN, "host": "127.0.0.1:8501", "sec_fetch_site": "same-origin"},
        {"host": "127.0.0.1:8501"},
    ],
)
def test_our_own_pages_and_programs_get_a_websocket(headers: dict[str, str]) -> None:
    server = Server()
    assert server.opens(**headers)
    assert troubles.told() == {}
    if "origin" in headers:
        assert server.host == headers["origin"].split("//")[1]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "host": "keepsake.lan"},
        {"origin": "https://keepsake.lan:9999", "host": "keepsake.lan"},
        {"origin": "https://keepsake.lan:9999", "host": "keepsake.lan:8443"},
        {"origin": "http://127.0.0.1:9999", "host": "127.0.0.1:8501"},
        {"origin": "null", "host": "keepsake.lan"},
        {"origin": "", "host": ""},
        {"origin": LAN, "host": "keepsake.lan:8443", "sec_fetch_site": "same-site"},
        {"origin": LAN, "host": "keepsake.lan:8443", "sec_fetch_site": "cross-site"},
        {"origin": "https://keepsake.lan.evil.example", "host": "keepsake.lan"},
        {"origin": "https://keepsake.lan:99999999", "host": "keepsake.lan"},
    ],
)
def test_pages_of_other_servers_get_none(headers: dict[str, str]) -> None:
    assert not Server(LAN).opens(**headers)


def test_a_public_url_lets_its_page_in_whatever_the_proxy_makes_of_host() -> None:
    assert Server(LAN).opens(origin=LAN, host="127.0.0.1:8501")
    assert Server(LAN).opens(origin=LAN, host="keepsake.lan")


@pytest.mark.parametrize("host", ["keepsake.lan", "127.0.0.1:8501", "backend"])
def test_a_browser_that_says_where_its_page_comes_from_is_believed(host: str) -> None:
    server = Server()
    assert not server.opens(origin=LAN, host=host, **COOKIE)
    server.page_asks(host=host, sec_fetch_site="same-origin", referer=f"{LAN}/memories", **COOKIE)
    assert server.opens(origin=LAN, host=host, **COOKIE)


def test_what_one_browser_says_is_believed_of_no_other() -> None:
    """Anybody can send headers, but not the cookie of somebody else's browser."""
    server = Server()
    told = {"host": "keepsake.lan", "sec_fetch_site": "same-origin"}
    server.page_asks(**told, referer="https://evil.example/", cookie=f"{BROWSER_COOKIE}=evil")
    server.page_asks(**told, referer="https://evil.example/")
    server.page_asks(**{**told, "sec_fetch_site": "same-site"}, referer=f"{LAN}/", **COOKIE)
    assert not server.opens(origin="https://evil.example", host="keepsake.lan", **COOKIE)
    assert not server.opens(origin="https://evil.example", host="keepsake.lan")
    assert not server.opens(origin=LAN, host="keepsake.lan", **COOKIE)


def test_why_a_page_was_refused_is_told_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    for _ in range(3):
        assert not server.opens(origin=LAN, host="keepsake.lan")
    sentence = troubles.told()["websocket"]
    assert (
        f"A page at {LAN} was refused, because requests come here as for keepsake.lan" in sentence
    )
    assert "proxy_set_header Host $http_host" in sentence
    assert "PUBLIC_URL" in sentence
    assert [record.message for record in caplog.records] == [f"websocket: {sentence}"]
    assert not server.opens(origin="https://a\nforged log line.example", host="x" * 500)
    assert "an odd address was refused" in troubles.told()["websocket"]


def test_what_was_met_long_ago_is_told_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    met = Troubles()
    met.note("auth", "Mail cannot be sent.")
    assert met.told() == {"auth": "Mail cannot be sent."}
    monkeypatch.setattr("ui.troubles.TOLD_S", 0.0)
    assert met.told() == {}
