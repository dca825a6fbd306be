"""The second factor of an account, as Supabase Auth keeps it: an app that makes a new code every
half minute (TOTP).

Whether this Auth server has second factors at all is learnt by asking it. A code counts once, also
where Auth would take it again. Raises InvalidFactorCode and the other errors of auth.client.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from uuid import UUID

import segno
from pydantic import BaseModel
from sqlalchemy import text
from supabase_auth.types import AuthMFAChallengeResponse, User
from supabase_auth.types import Session as SupabaseSession

from auth.client import TIMEOUT_S
from auth.failures import translate
from auth.form import clean_code
from auth.project.endpoint import Endpoint
from auth.tokens import Tokens, tokens_of
from database.transactions import Database
from errors import AuthError, InvalidCode, InvalidFactorCode

# What a person's app shows it under.
ISSUER = "Keepsake"
# Longer than Auth takes a code for, clocks that differ included.
CODE_LIFE_S = 300
ASK_AGAIN_S = 600


class _Totp(BaseModel):
    secret: str
    uri: str
    qr_code: str = ""


class _Enrolled(BaseModel):
    id: str
    totp: _Totp


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A factor that its first code will turn on. `picture` is the QR code of it, as SVG."""

    factor_id: str
    secret: str = field(repr=False)
    picture: str = field(repr=False)


class SecondFactors:
    """Second factors at one Auth server; used codes are remembered in the database."""

    def __init__(
        self, url: str, key: str, database: Database, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._endpoint = Endpoint(url, key, timeout_s=timeout_s)
        self._database = database
        self._offered = False
        self._asked_at = float("-inf")

    def offered(self, access_token: str) -> bool:
        """Whether this Auth server has second factors; one that has none is asked again later."""
        if not self._offered and time.monotonic() - self._asked_at > ASK_AGAIN_S:
            with translate():
                # No such kind of factor: a server that knows factors says so, others know no page.
                asked = {"factor_type": "none"}
                reply = self._endpoint.reply("POST", "factors", access_token, asked)
            self._offered = reply.status_code in (400, 422)
            if reply.status_code in (400, 404, 405, 422):
                self._asked_at = time.monotonic()
        return self._offered

    def of(self, access_token: str) -> str | None:
        """The id of the person's verified factor, None if they have none."""
        factors = self._user(access_token).factors or []
        verified = (one.id for one in factors if one.status == "verified")
        return next(verified, None)

    def enroll(self, tokens: Tokens) -> Enrolment:
        """Begin a new one, in the place of what was begun and never finished."""
        for one in self._user(tokens.access_token).factors or []:
            if one.status != "verified" and one.factor_type == "totp":
                self.remove(tokens, one.id)
        body = {"factor_type": "totp", "friendly_name": ISSUER, "issuer": ISSUER}
        with translate():
            made = _Enrolled.model_validate_json(
                self._endpoint.ask("POST", "factors", tokens.access_token, body)
            )
        return Enrolment(made.id, made.totp.secret, made.totp.qr_code or drawn(made.totp.uri))

    def verify(self, tokens: Tokens, code: str, *, factor_id: str | None = None) -> Tokens:
        """Prove the second factor with a code of the app; the first time this turns it on.

        Returns tokens that say so and take the place of those given, which end.
        """
        wanted = factor_id or tokens.totp_id
        if wanted is None:
            raise AuthError(
                "This account has a second factor of a kind that Keepsake cannot ask for."
            )
        code = _clean(code)
        self._take(tokens.user_id, code)
        path = f"factors/{UUID(wanted)}"
        with translate():
            challenge = AuthMFAChallengeResponse.model_validate_json(
                self._endpoint.ask("POST", f"{path}/challenge", tokens.access_token, {})
            )
            body = {"challenge_id": challenge.id, "code": code}
            session = SupabaseSession.model_validate_json(
                self._endpoint.ask("POST", f"{path}/verify", tokens.access_token, body)
            )
        proved = tokens_of(session)
        if proved.user_id != tokens.user_id or proved.assurance != "aal2":
            raise InvalidFactorCode
        return proved

    def remove(self, tokens: Tokens, factor_id: str) -> None:
        """Auth wants it proved before; one that never was verified is simply gone."""
        with translate():
            self._endpoint.ask("DELETE", f"factors/{UUID(factor_id)}", tokens.access_token)

    def _take(self, user_id: UUID, code: str) -> None:
        """A code is used up by being tried, so no two tries at once can both get in with it."""
        mark = hashlib.sha256(f"factor code {user_id} {code}".encode()).digest()
        with self._database.as_server(single=True) as connection:
            fresh = connection.execute(
                text("select private.use_once(:mark, :seconds)"),
                {"mark": mark, "seconds": CODE_LIFE_S},
            ).scalar_one()
        if not fresh:
            raise InvalidFactorCode

    def _user(self, access_token: str) -> User:
        with translate():
            return User.model_validate_json(self._endpoint.ask("GET", "user", access_token))


def drawn(uri: str) -> str:
    """The QR code of an address, as SVG, for a server that draws none."""
    return segno.make(uri, micro=False).svg_inline(scale=4, dark="#000", light="#fff")


def _clean(code: str) -> str:
    try:
        return clean_code(code)
    except InvalidCode as exc:
        raise InvalidFactorCode("Please enter the code from your app: six digits.") from exc
