"""Response headers: what each kind of content carries, over HTTP and over HTTPS."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.server.client_network import ClientNetwork
from ui.server.headers import SecurityHeaders

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def served(
    kind: str = "text/html", *, client: tuple[str, int] = ("203.0.113.7", 4711)
) -> TestClient:
    async def answer(_: Request) -> Response:
        return Response(SVG, media_type=kind)

    app = SecurityHeaders(Starlette(routes=[Route("/", answer)]), public_origins=frozenset[str])
    within = ClientNetwork(app, trusted=lambda: [ip_network("10.0.0.5/32")])
    return TestClient(within, client=client)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "image/svg+xml"])
def test_whatever_is_served_is_kept_to_our_own_pages(kind: str) -> None:
    headers = served(kind).get("http://keepsake.test/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_a_picture_that_is_opened_by_itself_runs_no_script() -> None:
    policy = served("image/svg+xml").get("http://keepsake.test/").headers["content-security-policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@pytest.mark.parametrize(
    ("url", "client", "forwarded", "secure"),
    [
        ("https://keepsake.test/", ("203.0.113.7", 4711), "", True),
        ("http://keepsake.test/", ("203.0.113.7", 4711), "", False),
        # Whoever says so itself is not believed, a proxy that is named is.
        ("http://keepsake.test/", ("203.0.113.7", 4711), "https", False),
        ("http://keepsake.test/", ("10.0.0.5", 4711), "https", True),
        ("http://keepsake.test/", ("10.0.0.5", 4711), "nonsense", False),
        ("https://keepsake.test/", ("10.0.0.5", 4711), "http", False),
    ],
)
def test_https_makes_the_cookie_secure_and_the_browser_come_back_by_it(
    url: str, client: tuple[str, int], forwarded: str, secure: bool
) -> None:
    sent = {"X-Forwarded-Proto": forwarded} if forwarded else {}
    headers = served(client=client).get(url, headers=sent).headers
    assert headers["set-cookie"].endswith("; Secure") is secure
    assert headers.get("strict-transport-security") == ("max-age=31536000" if secure else None)


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_other_programs_of_this_machine_are_not_held_to_https(host: str) -> None:
    headers = served().get("https://keepsake.test/", headers={"Host": host}).headers
    assert "strict-transport-security" not in headers
    assert headers["set-cookie"].endswith("; Secure")
