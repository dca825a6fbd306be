"""The project's Auth as an OAuth server, where MCP_OAUTH lets programs in that it knows.

Looks where programs look: RFC 8414's address of the metadata, then OpenID Connect's two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from doctor.finding import Finding, note, ok, wrong

PART = "oauth"
# A program that finds one of these missing goes no further.
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def examine_oauth(http: httpx.Client, issuer: str) -> Iterator[Finding]:
    """`issuer` is what /mcp tells programs, and what their tokens must name."""
    metadata = _metadata(http, issuer)
    if metadata is None:
        yield wrong(
            PART,
            f"MCP_OAUTH is set, but {issuer} tells nothing of itself as an OAuth server.",
            "Switch on the project's OAuth Server (Authentication, OAuth Server), or take MCP_OAUTH"
            " out of the settings; access tokens work without it.",
        )
        return
    if metadata.get("issuer") != issuer:
        yield wrong(
            PART,
            f"The OAuth server calls itself {metadata.get('issuer')}, not {issuer}: programs"
            " refuse that, and their tokens are refused here.",
            "Set SUPABASE_URL to the address that Auth itself uses (where you run Auth yourself:"
            " API_EXTERNAL_URL), without /auth/v1.",
        )
        return
    missing = [name for name in NEEDED if not _is_text(metadata.get(name))]
    if "S256" not in _listed(metadata.get("code_challenge_methods_supported")):
        missing.append("S256 (PKCE)")
    if missing:
        yield wrong(
            PART,
            f"The OAuth server does not name {', '.join(missing)}: programs cannot sign in there.",
            "Update Supabase Auth, and see whether a proxy before it answers in its place.",
        )
        return
    yield _of_keys(http, metadata["jwks_uri"])
    if not metadata.get("registration_endpoint"):
        yield note(
            PART,
            "The OAuth server lets no program register itself.",
            "Switch on dynamic client registration there, or register each program by hand.",
        )


def _of_keys(http: httpx.Client, address: str) -> Finding:
    """Tokens that are signed with a secret alone can be verified by nobody else."""
    found = _json_at(http, address)
    keys = found.get("keys") if found is not None else None
    if not isinstance(keys, list):
        return wrong(
            PART,
            f"The keys that tokens are verified with cannot be read at {address}.",
            "See whether a proxy or API gateway before Auth lets this address through.",
        )
    if not keys:
        return wrong(
            PART,
            "The project has no public key to verify tokens with: programs that ask who signed in"
            " (openid) are refused.",
            "Make an asymmetric signing key (ES256) and rotate to it: Project Settings, JWT Keys.",
        )
    return ok(PART, f"Auth is an OAuth server; {len(keys)} of its keys can be read.")


def _metadata(http: httpx.Client, issuer: str) -> Mapping[str, Any] | None:
    where, path = urlsplit(issuer), urlsplit(issuer).path
    origin = f"{where.scheme}://{where.netloc}"
    for address in (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{issuer}/.well-known/openid-configuration",
    ):
        found = _json_at(http, address)
        # Auth tells its issuer and keys to OpenID Connect's address without being such a server.
        if found is not None and "authorization_endpoint" in found:
            return found
    return None


def _is_text(told: object) -> bool:
    return isinstance(told, str) and bool(told)


def _listed(told: object) -> list[object]:
    return told if isinstance(told, list) else []


def _json_at(http: httpx.Client, address: str) -> Mapping[str, Any] | None:
    """What is there as an object; None where something else or nothing is."""
    try:
        reply = http.get(address)
        found = reply.json() if reply.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return found if isinstance(found, dict) else None
