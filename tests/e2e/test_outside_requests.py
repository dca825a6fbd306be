"""No page asks any other host for anything: fonts, pictures, scripts and sockets included."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Request, WebSocket, expect

from tests.support.served import App, Visitor

Visit = Callable[..., Visitor]
# Letters that our own fonts lack, mathematics, emoji, a picture and a link elsewhere.
TEXT = (
    "Καλημέρα, привет 🎉 :tada: $\\frac{a}{b} \\mathbb{R}$ "
    "![p](https://elsewhere.example/p.png) [l](https://elsewhere.example/) <img src=//x.example/y>"
)
PAGES = ("Memories", "Graph", "Compare", "Isolation", "Account", "Chat")


def test_every_page_asks_our_own_server_alone(visit: Visit, app: App) -> None:
    alice = visit(dark=True)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    def note_socket(socket: WebSocket) -> None:
        asked.append(socket.url)

    alice.context.on("request", note)
    alice.page.on("websocket", note_socket)
    for path in ("/sign_in", "/sign_up"):
        alice.open(path)
        expect(alice.page.get_by_label("Email")).to_be_visible()
    alice.create_account()
    alice.say(TEXT)
    for name in PAGES:
        alice.go_to(name)
        alice.expect_rest()
    alice.context.remove_listener("request", note)
    own = (app.url, app.url.replace("http", "ws", 1), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    fonts = [url for url in asked if url.endswith(".woff2")]
    assert any("SourceSans" in url for url in fonts), "Streamlit's own font, from our own server"
