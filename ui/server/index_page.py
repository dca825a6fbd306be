"""The page that everything begins with: Streamlit's own, with Keepsake's name, icon and fonts.

What it shows of Streamlit is changed as it goes out, so that name, background and letters are right
from the first moment. The files are in ui/assets/look.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.elements.assets import ASSETS, asset

LOOK = ASSETS / "look"
ICON = LOOK / "icon.svg"
WORDMARK = LOOK / "wordmark.svg"
# Fonts that every page shows at once.
_FIRST = ("figtree-latin-wght-normal.woff2", "newsreader-latin-wght-normal.woff2")
_DESCRIPTION = "A chat that remembers you from one conversation to the next, and tells nobody else."
_NO_SCRIPT = "Keepsake needs JavaScript. Please switch it on for this page and reload."


class _Look(StaticFiles):
    """Files that the browser may keep for a week."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=604800"
        return response


def look_routes() -> list[BaseRoute]:
    """GET /look/…: fonts, icon and wordmark."""
    return [Mount("/look", _Look(directory=LOOK))]


class FrontPage:
    """ASGI middleware: Streamlit's HTML page goes out as Keepsake's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        page = b""

        async def with_our_page(message: Message) -> None:
            nonlocal held, page
            if message["type"] == "http.response.start" and _is_page(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            page += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(scope=held)
            changed = _repacked(page, packed=headers.get("content-encoding") == "gzip")
            headers["Content-Length"] = str(len(changed))
            await send(held)
            await send({"type": "http.response.body", "body": changed})

        await self._app(scope, receive, with_our_page)


def _is_page(start: Message) -> bool:
    content_type = MutableHeaders(scope=start).get("content-type", "")
    return start["status"] == 200 and content_type.startswith("text/html")


def _repacked(page: bytes, *, packed: bool) -> bytes:
    """Streamlit packs what it sends to browsers, before it comes here."""
    return gzip.compress(dressed(gzip.decompress(page))) if packed else dressed(page)


@lru_cache(1)
def dressed(page: bytes) -> bytes:
    """Streamlit's page with our name, description, icon, fonts and first colours."""
    text = page.decode()
    text = text.replace("<title>Streamlit</title>", f"<title>Keepsake</title>{_head()}")
    text = re.sub(r'<link rel="shortcut icon"[^>]*>', "", text)
    # The font that would else be loaded first, and is hardly used here.
    text = re.sub(r'<link\s+rel="preload"[^>]*as="font"[^>]*>', "", text)
    text = re.sub(r"<noscript>.*?</noscript>", _no_script(), text, flags=re.DOTALL)
    return text.encode()


def _head() -> str:
    fonts = "".join(
        f'<link rel="preload" href="/look/{name}" as="font" type="font/woff2" crossorigin>'
        for name in _FIRST
    )
    return (
        f'<meta name="description" content="{_DESCRIPTION}">'
        '<meta name="theme-color" content="#f6f1ea" media="(prefers-color-scheme: light)">'
        '<meta name="theme-color" content="#13110f" media="(prefers-color-scheme: dark)">'
        '<link rel="icon" href="/look/icon.svg" type="image/svg+xml">'
        f"{fonts}<style>{asset('look/front.css')}</style>"
    )


def _no_script() -> str:
    return f"<noscript><p>{_NO_SCRIPT}</p></noscript>"
