"""One WebAuthn ceremony: what Auth wants signed, and the check of what a browser answers to it.

The signature is Auth's to verify, and so is the origin once more. Here an answer is refused that
belongs to another ceremony or to another page than the one that began it, before Auth hears of it.
https://www.w3.org/TR/webauthn-3/
"""

from __future__ import annotations

import base64
import ipaddress
import json
import time
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from errors import AuthMisconfigured, AuthUnavailable, PasskeyRefused

Kind = Literal["create", "get"]
# Attestation is not asked for; keys of the algorithms to come are some kilobytes.
_MOST_CHARS = 50_000
_Coded = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=_MOST_CHARS)]
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,20}$")]


class _Attestation(BaseModel):
    clientDataJSON: _Coded
    attestationObject: _Coded
    transports: list[_Word] = []


class _Assertion(BaseModel):
    clientDataJSON: _Coded
    authenticatorData: _Coded
    signature: _Coded
    userHandle: _Coded


class _Credential(BaseModel):
    """As WebAuthn writes one in JSON; what else a browser says stays here."""

    model_config = ConfigDict(extra="ignore")
    id: _Coded
    rawId: _Coded
    type: Literal["public-key"]
    authenticatorAttachment: _Word | None = None


class _Created(_Credential):
    response: _Attestation


class _Got(_Credential):
    response: _Assertion


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`options` go to the browser as they are; `rp_id` is the domain that the passkey is for."""

    kind: Kind
    challenge_id: str
    challenge: str = field(repr=False)
    rp_id: str
    options: dict[str, Any] = field(repr=False)
    begun_at: float = field(default_factory=time.monotonic)


def begun(kind: Kind, challenge_id: str, options: dict[str, Any], origin: str) -> Ceremony:
    """Raises AuthMisconfigured where a page of `origin` cannot use passkeys of this project."""
    challenge = options.get("challenge")
    relying = options.get("rp")
    named = relying.get("id") if isinstance(relying, dict) else options.get("rpId")
    if not isinstance(challenge, str) or not isinstance(named, str):
        raise AuthUnavailable
    host = urlsplit(origin).hostname or ""
    if host != named and not host.endswith(f".{named}"):
        raise AuthMisconfigured(
            f"Passkeys do not work at this address: the Supabase project has them for {named}."
            " Please tell whoever runs this place."
        )
    return Ceremony(kind, challenge_id, challenge.rstrip("="), named, options)


def checked_answer(ceremony: Ceremony, origin: str, answer: object) -> dict[str, Any]:
    """The credential as Auth takes it. Raises PasskeyRefused."""
    form = _Created if ceremony.kind == "create" else _Got
    try:
        credential: _Created | _Got = form.model_validate(answer)
        signed = json.loads(_decoded(credential.response.clientDataJSON))
    except (ValidationError, ValueError) as exc:
        raise PasskeyRefused from exc
    expected = {
        "type": f"webauthn.{ceremony.kind}",
        "challenge": ceremony.challenge,
        "origin": origin,
    }
    if not isinstance(signed, dict) or signed.get("crossOrigin") is True:
        raise PasskeyRefused
    if any(signed.get(name) != value for name, value in expected.items()):
        raise PasskeyRefused
    return {**credential.model_dump(exclude_none=True), "clientExtensionResults": {}}


def may_have_passkeys(origin: str | None) -> bool:
    """Whether browsers let a page of this origin use passkeys: a domain, over https or at home."""
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    at_home = host == "localhost" or host.endswith(".localhost")
    return bool(host) and not _is_number(host) and (parts.scheme == "https" or at_home)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _decoded(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
