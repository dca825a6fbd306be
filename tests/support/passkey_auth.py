"""The stack's Auth server with passkeys, as a hosted project that has them switched on.

Paths, order of checks, codes and the form of replies are those of Supabase Auth's own source
(internal/api/passkey_authentication.go, passkey_registration.go, passkey_manage.go), tables those
of its migrations. Signatures, domains and origins are really checked.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.authenticator import ATTESTED, PRESENT, coded, decoded, from_cbor
from tests.support.mfa_auth import MfaAuth, Reply, claims_of, refusal, serving
from tests.support.stack import Stack

TABLES = """
create table if not exists auth.webauthn_credentials (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  credential_id bytea not null unique, public_key bytea not null,
  attestation_type text not null default '', aaguid uuid, sign_count bigint not null default 0,
  transports jsonb not null default '[]', backup_eligible boolean not null default false,
  backed_up boolean not null default false, friendly_name text not null default '',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  last_used_at timestamptz);
create table if not exists auth.webauthn_challenges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users (id) on delete cascade,
  challenge_type text not null, session_data jsonb not null,
  created_at timestamptz not null default now(), expires_at timestamptz not null);
grant all on auth.webauthn_credentials, auth.webauthn_challenges to postgres
"""
MOST = 10
_PATH = re.compile(
    r"/auth/v1/passkeys(?:/(authentication|registration)/(options|verify)|/([0-9a-f-]{36}))?/?"
)
_ALGORITHMS = (-7, -35, -36, -257, -258, -259, -37, -38, -39, -8)


class PasskeyAuth(MfaAuth):
    """For the domain `rp_id`; `origins` are the pages that it takes answers of."""

    def __init__(self, stack: Stack, rp_id: str = "localhost") -> None:
        super().__init__(stack)
        self.rp_id = rp_id
        self.origins: set[str] = set()
        self.enabled = True
        self._passwords: dict[str, str] = {}
        self._sql(TABLES)

    def close(self) -> None:
        super().close()
        self._sql("drop table auth.webauthn_credentials, auth.webauthn_challenges")

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        if path == "/auth/v1/settings":
            said = super().answer(method, path, headers, body).json()
            return httpx.Response(200, json={**said, "passkeys_enabled": self.enabled})
        if found := _PATH.fullmatch(path):
            status, told = self._about_passkeys(method, found, headers, body)
            return httpx.Response(status, json=told) if status != 204 else httpx.Response(204)
        reply = super().answer(method, path, headers, body)
        self._learn(body, reply)
        return reply

    def _learn(self, body: bytes, reply: httpx.Response) -> None:
        """Lite gives tokens for a password only; hosted Auth gives them for a passkey."""
        try:
            sent = json.loads(body or b"null")
        except ValueError:
            return
        if reply.status_code == 200 and isinstance(sent, dict) and "password" in sent:
            user = reply.json().get("user") or reply.json()
            self._passwords[user["id"]] = sent["password"]

    def _about_passkeys(
        self, method: str, found: re.Match[str], headers: dict[str, str], raw: bytes
    ) -> Reply:
        if not self.enabled:
            return refusal(404, "passkey_disabled", "Passkeys are disabled")
        ceremony, verb, passkey_id = found.groups()
        body = json.loads(raw or b"{}")
        if ceremony == "authentication":
            return self._sign_in(headers, body) if verb == "verify" else self._options()
        claims = claims_of(headers.get("authorization", "").removeprefix("Bearer "))
        if not claims:
            return refusal(401, "no_authorization", "This endpoint requires a Bearer token")
        if ceremony == "registration":
            return self._register(claims, body) if verb == "verify" else self._creation(claims)
        return self._manage(method, claims, passkey_id, body)

    def _options(self) -> Reply:
        asked = {
            "challenge": coded(secrets.token_bytes(32)),
            "timeout": 300000,
            "rpId": self.rp_id,
            "userVerification": "preferred",
        }
        return self._begun("authentication", None, asked)

    def _creation(self, claims: dict[str, Any]) -> Reply:
        if self._lacks_assurance(claims):
            return _NEEDS_AAL2
        person, own = claims["sub"], self._own(claims["sub"])
        if len(own) >= MOST:
            return refusal(422, "too_many_passkeys", "Maximum number of passkeys reached")
        asked: dict[str, Any] = {
            "rp": {"name": "Keepsake", "id": self.rp_id},
            "user": {
                "name": claims["email"],
                "displayName": claims["email"],
                "id": coded(person.encode()),
            },
            "challenge": coded(secrets.token_bytes(32)),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in _ALGORITHMS],
            "timeout": 300000,
            "authenticatorSelection": {
                "requireResidentKey": True,
                "residentKey": "required",
                "userVerification": "preferred",
            },
            "attestation": "none",
        }
        if own:
            asked["excludeCredentials"] = [
                {"type": "public-key", "id": coded(bytes(one))} for _, one in own
            ]
        return self._begun("registration", person, asked)

    def _begun(self, kind: str, person: str | None, asked: dict[str, Any]) -> Reply:
        [[made, expires_at]] = self._sql(
            "insert into auth.webauthn_challenges (user_id, challenge_type,"
            " session_data, expires_at)"
            " values (%s, %s, %s, now() + interval '5 minutes')"
            " returning id::text, extract(epoch from expires_at)::bigint",
            *(person, kind, json.dumps({"challenge": asked["challenge"]})),
        )
        return 200, {"challenge_id": made, "options": asked, "expires_at": expires_at}

    def _taken(self, kind: str, person: str | None, body: dict[str, Any]) -> str | Reply:
        """The challenge, which is used up by that."""
        for name in ("challenge_id", "credential"):
            if not body.get(name):
                return refusal(400, "validation_failed", f"{name} is required")
        rows = self._sql(
            "delete from auth.webauthn_challenges where id = %s and challenge_type = %s"
            " and user_id is not distinct from %s"
            " returning session_data ->> 'challenge', expires_at < now()",
            *(body["challenge_id"], kind, person),
        )
        if not rows:
            said = "Challenge not found or already used"
            return refusal(400, "webauthn_challenge_not_found", said)
        if rows[0][1]:
            return refusal(400, "webauthn_challenge_expired", "Challenge has expired")
        return str(rows[0][0])

    def _register(self, claims: dict[str, Any], body: dict[str, Any]) -> Reply:
        if self._lacks_assurance(claims):
            return _NEEDS_AAL2
        challenge = self._taken("registration", claims["sub"], body)
        if not isinstance(challenge, str):
            return challenge
        response = body["credential"]["response"]
        try:
            self._check_client(response, "webauthn.create", challenge)
            made = from_cbor(decoded(response["attestationObject"]))
            data: bytes = made["authData"]
            self._check_data(data, ATTESTED)
            (size,) = struct.unpack(">H", data[53:55])
            credential_id, key = data[55 : 55 + size], data[55 + size :]
            _public(key)
            if coded(credential_id) != body["credential"]["rawId"]:
                raise ValueError("another id")
        except (KeyError, ValueError, IndexError):
            return _FAILED
        if self._sql(
            "select 1 from auth.webauthn_credentials where credential_id = %s", credential_id
        ):
            said = "This credential is already registered"
            return refusal(422, "webauthn_credential_exists", said)
        [[listed]] = self._sql(
            "insert into auth.webauthn_credentials (user_id, credential_id, public_key, transports,"
            " friendly_name) values (%s, %s, %s, %s, 'Passkey') returning jsonb_build_object("
            "'id', id, 'friendly_name', friendly_name, 'created_at', created_at)",
            *(claims["sub"], credential_id, key, json.dumps(response["transports"])),
        )
        return 200, dict(listed)

    def _sign_in(self, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        challenge = self._taken("authentication", None, body)
        if not isinstance(challenge, str):
            return challenge
        credential = body["credential"]
        response = credential["response"]
        try:
            client = self._check_client(response, "webauthn.get", challenge)
            data = decoded(response["authenticatorData"])
            self._check_data(data, 0)
            person = decoded(response["userHandle"]).decode()
            [[passkey, key]] = self._sql(
                "select id, public_key from auth.webauthn_credentials"
                " where user_id::text = %s and credential_id = %s",
                *(person, decoded(credential["rawId"])),
            )
            signed = data + hashlib.sha256(client).digest()
            signature = decoded(response["signature"])
            _public(bytes(key)).verify(signature, signed, ec.ECDSA(SHA256()))
        except (KeyError, ValueError, InvalidSignature):
            return _FAILED
        self._sql(
            "update auth.webauthn_credentials set last_used_at = now(), sign_count = %s"
            " where id = %s",
            *(struct.unpack(">I", data[33:37])[0], passkey),
        )
        [[email]] = self._sql("select email from auth.users where id::text = %s", person)
        sent = json.dumps({"email": email, "password": self._passwords[person]}).encode()
        kept = {name: value for name, value in headers.items() if name != "authorization"}
        path = "/auth/v1/token?grant_type=password"
        return 200, super().answer("POST", path, kept, sent).json()

    def _check_client(self, response: dict[str, Any], kind: str, challenge: str) -> bytes:
        client = decoded(response["clientDataJSON"])
        said = json.loads(client)
        if (said["type"], said["challenge"]) != (kind, challenge):
            raise ValueError("another ceremony")
        if said["origin"] not in self.origins:
            raise ValueError("another origin")
        return client

    def _check_data(self, data: bytes, flags: int) -> None:
        if data[:32] != hashlib.sha256(self.rp_id.encode()).digest():
            raise ValueError("another domain")
        if data[32] & (flags | PRESENT) != flags | PRESENT:
            raise ValueError("nobody was there")

    def _manage(
        self, method: str, claims: dict[str, Any], passkey_id: str | None, body: dict[str, Any]
    ) -> Reply:
        own = (
            "select jsonb_strip_nulls(jsonb_build_object('id', id, 'friendly_name', friendly_name,"
            " 'created_at', created_at, 'last_used_at', last_used_at))"
            " from auth.webauthn_credentials where user_id = %s"
        )
        if passkey_id is None:
            rows = self._sql(own, claims["sub"])
            return 200, [dict(row[0]) for row in rows]  # type: ignore[return-value]
        if method == "DELETE" and self._lacks_assurance(claims):
            return _NEEDS_AAL2
        where = "where id = %s and user_id = %s returning id"
        if method == "DELETE":
            statement = f"delete from auth.webauthn_credentials {where}"  # noqa: S608
            gone = self._sql(statement, passkey_id, claims["sub"])
            return (204, {}) if gone else _NO_SUCH
        name = body.get("friendly_name", "")
        if not name or len(name.encode()) > 120:
            return refusal(400, "validation_failed", "friendly_name is required")
        statement = f"update auth.webauthn_credentials set friendly_name = %s {where}"  # noqa: S608
        if not self._sql(statement, name, passkey_id, claims["sub"]):
            return _NO_SUCH
        return 200, dict(self._sql(f"{own} and id = %s", claims["sub"], passkey_id)[0][0])

    def _own(self, person: str) -> list[tuple[Any, ...]]:
        return self._sql(
            "select id, credential_id from auth.webauthn_credentials where user_id = %s", person
        )

    def _lacks_assurance(self, claims: dict[str, Any]) -> bool:
        own = self.factors_of(claims["sub"])
        return any(one["status"] == "verified" for one in own) and not self._is_assured(claims)


_NEEDS_AAL2 = refusal(
    403,
    "insufficient_aal",
    "AAL2 session is required to manage passkeys when MFA is enabled",
)
_FAILED = refusal(400, "webauthn_verification_failed", "Credential verification failed")
_NO_SUCH = refusal(404, "validation_failed", "Passkey not found")


def _public(cose: bytes) -> ec.EllipticCurvePublicKey:
    key = from_cbor(cose)
    if (key[1], key[3], key[-1]) != (2, -7, 1):
        raise ValueError("not ES256")
    point = b"\x04" + key[-2] + key[-3]
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


@contextmanager
def with_passkeys(stack: Stack, rp_id: str = "localhost") -> Iterator[PasskeyAuth]:
    """For as long as the block takes, an Auth server that has passkeys and second factors."""
    fake = PasskeyAuth(stack, rp_id)
    with serving(fake):
        yield fake
