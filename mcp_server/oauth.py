"""OAuth as MCP's specification asks of a resource: it names its authorization server (RFC 9728).

Who a token is for is looked up by what the app gives. Knows nothing of Supabase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from account.access_tokens import READ, WRITE, Holder
from errors import KeepsakeError

METADATA = "/.well-known/oauth-protected-resource"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class OAuth:
    """An authorization server whose tokens are taken, and what they allow."""

    issuer: str
    user_of: Callable[[str], UUID | None]
    may_write: bool

    def holder_of(self, token: str) -> Holder | None:
        """Who a token of its is for. Raises AuthUnavailable."""
        user_id = self.user_of(token)
        scopes = (READ, WRITE) if self.may_write else (READ,)
        return Holder(user_id, scopes) if user_id else None


def challenge(connection: HTTPConnection, path: str, public: frozenset[str]) -> str:
    """Where a program that is refused finds the metadata; empty at an address that is not ours."""
    origin = _origin(connection, public)
    return f'resource_metadata="{origin}{METADATA}{path}"' if origin else ""


def metadata_routes(
    path: str, oauth: Callable[[], OAuth | None], public: Callable[[], frozenset[str]]
) -> list[Route]:
    """The metadata of the resource at `path`, at both places where programs look."""

    def answer(request: Request) -> Response:
        try:
            found = oauth()
        except KeepsakeError as exc:
            return JSONResponse({"error": exc.user_message}, 503)
        origin = _origin(request, public())
        if found is None or not origin:
            return JSONResponse({"error": "No OAuth here: an access token is needed."}, 404)
        return JSONResponse(
            {
                "resource": f"{origin}{path}",
                "authorization_servers": [found.issuer],
                "bearer_methods_supported": ["header"],
                "resource_name": "Keepsake",
            }
        )

    return [Route(METADATA + where, answer, methods=["GET"]) for where in ("", path)]


def _origin(connection: HTTPConnection, public: frozenset[str]) -> str:
    """The address that was asked for, if it is one of ours: the public one, or this machine."""
    for origin in public:
        if connection.headers.get("host", "").lower() == origin.partition("://")[2]:
            return origin
    if connection.url.hostname in _LOOPBACK:
        return f"{connection.url.scheme}://{connection.url.netloc}"
    return next(iter(public), "")
