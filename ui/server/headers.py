"""Response headers: what the page may load and from where, and a name for each browser."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.routes import BROWSER_COOKIE
from ui.server.own_pages import OwnPages

_BROWSER_COOKIE_LIFE_S = 365 * 86_400
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # No window of another site holds ours, and no page of one draws what is served here.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Over HTTPS only: from then on the browser comes back in no other way, for a year.
_HSTS = "max-age=31536000"
# A picture that is opened by itself is a page of ours, and SVG can hold a script.
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_OWN_MACHINE = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")


class SecurityHeaders:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: ASGIApp, public_origins: Callable[[], frozenset[str]]) -> None:
        self._app = app
        self._own_pages = OwnPages(public_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._open_websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._own_pages.learn(_sent(scope))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, with_headers)

    async def _open_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """For our own pages, port and all: cookies know no ports, so a page of another server on
        this machine would bring the session's. Programs send no cookies that were not theirs.
        """
        sent = _sent(scope)
        if not self._own_pages.allow(sent):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if "origin" in sent:
            # Streamlit compares them once more, and knows neither proxies nor PUBLIC_URL.
            host = urlsplit(sent["origin"]).netloc.encode("latin-1")
            headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {**scope, "headers": [*headers, (b"host", host)]}
        await self._app(scope, receive, send)


def _sent(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _add_headers(scope: Scope, headers: MutableHeaders) -> None:
    headers.update(_HEADERS)
    sent, is_https = _sent(scope), scope.get("scheme") == "https"
    # Other programs of the same machine serve their pages under that name too.
    if is_https and not _OWN_MACHINE.fullmatch(sent.get("host", "")):
        headers["Strict-Transport-Security"] = _HSTS
    content_type = headers.get("content-type", "")
    if content_type.startswith("image/"):
        headers["Content-Security-Policy"] = _PICTURE_POLICY
    if not content_type.startswith("text/html"):
        return
    headers["Content-Security-Policy"] = content_security_policy()
    # A page kept by the browser would come back with the Back button after a sign-out.
    headers["Cache-Control"] = "no-store"
    if BROWSER_COOKIE not in cookie_parser(sent.get("cookie", "")):
        headers.append(
            "Set-Cookie",
            f"{BROWSER_COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax;"
            f" Max-Age={_BROWSER_COOKIE_LIFE_S}{'; Secure' if is_https else ''}",
        )


@cache
def content_security_policy() -> str:
    """What Streamlit's page needs, and nothing from another host: so an image in a message or a
    memory cannot carry anything away.
    """
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    inline = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in inline)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            # A few signs of mathematics have their font in Streamlit's own style sheet.
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
