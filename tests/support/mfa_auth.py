"""The stack's Auth server with second factors, which Supabase Lite lacks.

Stands before Lite and answers as a hosted project does: the paths, the states and the form of
each reply are those of Supabase Auth's own source (internal/api/mfa.go). Factors lie in
auth.mfa_factors, as there. `ahead_s` moves its clock: no test waits for the next code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx

from tests.support.stack import Stack

TABLE = """
create table if not exists auth.mfa_factors (
  id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade,
  friendly_name text, factor_type text not null, status text not null, secret text,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
grant all on auth.mfa_factors to postgres
"""
STEP_S = 30
Reply = tuple[int, dict[str, Any]]


def totp(secret: str, at: float) -> str:
    """RFC 6238: six digits, SHA-1, half a minute."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // STEP_S), hashlib.sha1).digest()
    at_byte = digest[-1] & 15
    number = struct.unpack(">I", digest[at_byte : at_byte + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def refusal(status: int, code: str, message: str) -> Reply:
    return status, {"code": status, "error_code": code, "msg": message}


class MfaAuth:
    """Lite at `stack` with second factors before it; `stack.environ` names this one's address."""

    def __init__(self, stack: Stack) -> None:
        self._lite = stack.environ["SUPABASE_URL"]
        self._database = stack
        self._key = json.loads((stack.home / "keys.json").read_text())["jwt_secret"].encode()
        self._assured: set[str] = set()
        self._challenges: dict[str, str] = {}
        self.ahead_s = 0.0
        self.gives_picture = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.stack = replace(stack, environ={**stack.environ, "SUPABASE_URL": url})
        self._sql(TABLE)

    def _sql(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        return self._database.execute("postgres", statement, *params)

    def serve(self) -> None:
        self._server.serve_forever(0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._sql("drop table auth.mfa_factors")

    @property
    def now(self) -> float:
        return time.time() + self.ahead_s

    def next_code(self, secret: str) -> str:
        """A code that was not shown before: half a minute passes."""
        self.ahead_s += STEP_S
        return totp(secret, self.now)

    def wrong_code(self, secret: str) -> str:
        """One that does not count at any time near this one."""
        near = {totp(secret, self.now + step * STEP_S) for step in range(-3, 4)}
        return next(f"{number:06d}" for number in range(9) if f"{number:06d}" not in near)

    def secret_of(self, email: str) -> str:
        """The secret of the factor that the person began last."""
        [[secret]] = self._sql(
            "select f.secret from auth.mfa_factors f join auth.users u on u.id = f.user_id"
            " where u.email = %s order by f.created_at desc limit 1",
            email,
        )
        return str(secret)

    def factors_of(self, user_id: str) -> list[dict[str, Any]]:
        rows = self._sql(
            "select jsonb_build_object('id', id, 'friendly_name', friendly_name, 'factor_type',"
            " factor_type, 'status', status, 'created_at', created_at, 'updated_at', updated_at)"
            " from auth.mfa_factors where user_id = %s order by created_at",
            user_id,
        )
        return [dict(row[0]) for row in rows]

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        """What a hosted project would say."""
        if found := re.fullmatch(r"/auth/v1/factors(?:/([^/]+))?(?:/(challenge|verify))?", path):
            status, said = self._about_factors(method, found[1], found[2], headers, body)
            return httpx.Response(status, json=said)
        if method == "PUT" and path == "/auth/v1/user" and self._below(headers):
            return httpx.Response(401, json=_NEEDS_AAL2)
        reply = httpx.request(method, self._lite + path, headers=headers, content=body)
        try:
            said = reply.json()
        except ValueError:
            return reply
        return httpx.Response(reply.status_code, json=self._told(said), headers=_kept(reply))

    def _told(self, said: Any) -> Any:
        """Lite's reply with what hosted Auth says besides."""
        if isinstance(said, dict) and "access_token" in said:
            claims = claims_of(said["access_token"])
            aal = "aal2" if claims["session_id"] in self._assured else "aal1"
            methods = ["password", "totp"] if aal == "aal2" else ["password"]
            amr = [{"method": one, "timestamp": int(self.now)} for one in methods]
            token = self._signed({**claims, "aal": aal, "amr": amr})
            return {**said, "access_token": token, "user": self._told(said["user"])}
        if isinstance(said, dict) and "identities" in said and (own := self.factors_of(said["id"])):
            return {**said, "factors": own}
        return said

    def _about_factors(
        self,
        method: str,
        factor_id: str | None,
        verb: str | None,
        headers: dict[str, str],
        raw: bytes,
    ) -> Reply:
        claims = claims_of(headers.get("authorization", "").removeprefix("Bearer "))
        if not claims:
            return refusal(401, "no_authorization", "This endpoint requires a Bearer token")
        body = json.loads(raw or b"{}")
        own = {one["id"]: one for one in self.factors_of(claims["sub"])}
        if factor_id is None:
            return self._enroll(claims, list(own.values()), body)
        if factor_id not in own:
            return refusal(404, "mfa_factor_not_found", "Factor not found")
        if method == "DELETE":
            return self._unenroll(claims, own[factor_id])
        if verb == "challenge":
            challenge_id = str(uuid4())
            self._challenges[challenge_id] = factor_id
            expires_at = int(self.now) + 300
            return 200, {"id": challenge_id, "type": "totp", "expires_at": expires_at}
        return self._verify(claims, factor_id, body)

    def _enroll(self, claims: dict[str, Any], own: list[dict[str, Any]], body: Any) -> Reply:
        if body.get("factor_type") != "totp":
            kinds = "factor_type needs to be totp, phone, or webauthn"
            return refusal(400, "validation_failed", kinds)
        name = body["friendly_name"]
        if any(one["friendly_name"] == name for one in own):
            said = f'A factor with the friendly name "{name}" for this user already exists'
            return refusal(422, "mfa_factor_name_conflict", said)
        if any(one["status"] == "verified" for one in own) and not self._is_assured(claims):
            return refusal(403, "insufficient_aal", "AAL2 required to enroll a new factor")
        made, secret = str(uuid4()), base64.b32encode(secrets.token_bytes(20)).decode()
        self._sql(
            "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret)"
            " values (%s, %s, %s, 'totp', 'unverified', %s)",
            *(made, claims["sub"], name, secret),
        )
        issuer = body["issuer"]
        uri = f"otpauth://totp/{issuer}:{claims['email']}?algorithm=SHA1&digits=6&issuer={issuer}"
        drawn = {"qr_code": PICTURE} if self.gives_picture else {}
        shown = {**drawn, "secret": secret, "uri": f"{uri}&period=30&secret={secret}"}
        return 200, {"id": made, "type": "totp", "friendly_name": name, "totp": shown}

    def _verify(self, claims: dict[str, Any], factor_id: str, body: Any) -> Reply:
        if self._challenges.get(body.get("challenge_id", "")) != factor_id:
            said = "MFA factor with the provided challenge ID not found"
            return refusal(422, "mfa_factor_not_found", said)
        [[secret]] = self._sql("select secret from auth.mfa_factors where id = %s", factor_id)
        valid = {totp(str(secret), self.now + step * STEP_S) for step in (-1, 0, 1)}
        if body["code"] not in valid:
            return refusal(422, "mfa_verification_failed", "Invalid TOTP code entered")
        del self._challenges[body["challenge_id"]]
        self._sql("update auth.mfa_factors set status = 'verified' where id = %s", factor_id)
        self._assured.add(claims["session_id"])
        self._sql(
            "delete from auth.sessions where user_id = %s and not id::text = any (%s)",
            *(claims["sub"], list(self._assured)),
        )
        self._sql(
            "delete from auth.mfa_factors where user_id = %s and status <> 'verified'",
            claims["sub"],
        )
        return 200, self._told(self._swapped(claims["session_id"]))

    def _swapped(self, session_id: str) -> Any:
        """The session's next tokens; the former ones are of no use any more."""
        [[token]] = self._sql(
            "select token from auth.refresh_tokens where session_id::text = %s and not revoked",
            session_id,
        )
        key = {"apikey": self.stack.environ["SUPABASE_KEY"]}
        url = f"{self._lite}/auth/v1/token?grant_type=refresh_token"
        reply = httpx.post(url, headers=key, json={"refresh_token": token})
        return reply.raise_for_status().json()

    def _unenroll(self, claims: dict[str, Any], factor: dict[str, Any]) -> Reply:
        if factor["status"] == "verified" and not self._is_assured(claims):
            return refusal(422, "insufficient_aal", "AAL2 required to unenroll verified factor")
        self._sql("delete from auth.mfa_factors where id = %s", factor["id"])
        self._assured.clear()
        return 200, {"id": factor["id"]}

    def _is_assured(self, claims: dict[str, Any]) -> bool:
        return claims["session_id"] in self._assured

    def _below(self, headers: dict[str, str]) -> bool:
        claims = claims_of(headers.get("authorization", "").removeprefix("Bearer "))
        own = self.factors_of(claims["sub"]) if claims else []
        return any(one["status"] == "verified" for one in own) and not self._is_assured(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        parts = [_coded(json.dumps(one).encode()) for one in (_HEADER, claims)]
        mac = hmac.new(self._key, ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join([*parts, _coded(mac)])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                sent = {name.lower(): value for name, value in self.headers.items()}
                passed = {n: v for n, v in sent.items() if n not in _NOT_PASSED}
                reply = fake.answer(self.command, self.path, passed, body)
                self.send_response(reply.status_code)
                for name, value in _kept(reply).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.content)))
                self.end_headers()
                self.wfile.write(reply.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                pass

        return Handler


_HEADER = {"alg": "HS256", "typ": "JWT"}
_NEEDS_AAL2 = refusal(
    401,
    "insufficient_aal",
    "AAL2 session is required to update email or password when MFA is enabled.",
)[1]
_NOT_PASSED = ("host", "content-length", "connection", "accept-encoding")
# As Supabase Auth draws one, with fewer dots.
PICTURE = (
    '<?xml version="1.0"?>\n<!-- Generated by SVGo -->\n'
    '<svg width="30" height="30" xmlns="http://www.w3.org/2000/svg">\n'
    '<rect x="9" y="9" width="12" height="12" style="fill:black;stroke:none"/>\n</svg>\n'
)


def _kept(reply: httpx.Response) -> dict[str, str]:
    names = ("content-type", "x-supabase-api-version", "location")
    return {name: reply.headers[name] for name in names if name in reply.headers}


def claims_of(token: str) -> dict[str, Any]:
    try:
        part = token.split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
    except (IndexError, ValueError):
        return {}


def _coded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@contextmanager
def serving(fake: MfaAuth) -> Iterator[None]:
    thread = threading.Thread(target=fake.serve)
    thread.start()
    try:
        yield
    finally:
        fake.close()
        thread.join()


@contextmanager
def with_second_factors(stack: Stack) -> Iterator[MfaAuth]:
    """For as long as the block takes, an Auth server that has second factors."""
    fake = MfaAuth(stack)
    with serving(fake):
        yield fake
