"""Accounts: sign-up, sign-in, codes by mail, passwords and tokens, through supabase-py.

Each call makes a client of its own, which keeps its session in memory and is thrown away, so no
token can pass from one person to another. Knows nothing of browsers. Every failure leaves as an
AuthError, an InputError, or a ConfigError when the project refuses the key.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

import httpx
from supabase import AuthError as SupabaseAuthError
from supabase import Client, ClientOptions, create_client
from supabase_auth.types import AuthResponse, CodeExchangeParams

from auth.failures import refused, translate
from auth.form import check_new_password, check_password, clean_code, clean_email
from auth.tokens import Tokens, assurance_of, tokens_of
from errors import (
    AuthUnavailable,
    EmailTaken,
    InvalidCredentials,
    SessionExpired,
    WeakPassword,
)

TIMEOUT_S = 10.0
# The sign-in page waits for them.
SETTINGS_S = 3.0
_log = logging.getLogger(__name__)
Scope = Literal["local", "others", "global"]


class AuthClient:
    """The Auth server of one Supabase project."""

    def __init__(self, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    def sign_up(self, email: str, password: str) -> Tokens | None:
        """Create an account. None: it waits for the code that was mailed.

        Raises EmailTaken, EmailInvalid, WeakPassword, TooManyAttempts, AuthUnavailable.
        """
        email = clean_email(email)
        check_new_password(password)
        with self._client() as client:
            reply = client.auth.sign_up({"email": email, "password": password})
        # With confirmation on, hosted Auth answers for a taken address with a made-up user who has
        # no identities.
        if reply.session is None and reply.user is not None and reply.user.identities == []:
            raise EmailTaken
        return tokens_of(reply.session) if reply.session else None

    def sign_in_with_password(self, email: str, password: str) -> Tokens:
        """Raises InvalidCredentials, EmailNotConfirmed, TooManyAttempts, AuthUnavailable."""
        email = clean_email(email)
        check_password(password)
        with self._client() as client:
            reply = client.auth.sign_in_with_password({"email": email, "password": password})
            return _signed_in(reply)

    def confirm_sign_up(self, email: str, code: str) -> Tokens:
        """Finish a sign-up with the mailed code. Raises InvalidCode."""
        return self._verify(email, code, "signup")

    def resend_sign_up_code(self, email: str) -> None:
        """Mail the sign-up code once more."""
        email = clean_email(email)
        with self._client() as client:
            client.auth.resend({"type": "signup", "email": email})

    def send_sign_in_code(self, email: str) -> None:
        """Mail a code to sign in with; for an address without an account Auth refuses."""
        email = clean_email(email)
        with self._client() as client:
            client.auth.sign_in_with_otp({"email": email, "options": {"should_create_user": False}})

    def sign_in_with_code(self, email: str, code: str) -> Tokens:
        """Raises InvalidCode."""
        return self._verify(email, code, "email")

    def exchange_code(self, code: str, verifier: str) -> Tokens:
        """Whom a provider has let in, by the code that came back and the verifier it belongs to.

        Raises AuthError for a code that is wrong, used, expired or another verifier's.
        """
        params: CodeExchangeParams = {"auth_code": code, "code_verifier": verifier}
        with self._client() as client:
            return _signed_in(client.auth.exchange_code_for_session(params))

    def settings(self) -> dict[str, Any]:
        """What Auth says that the project has switched on."""
        with translate(), self._http(min(self._timeout_s, SETTINGS_S)) as http:
            reply = http.get(f"{self._url}/auth/v1/settings", headers={"apikey": self._key})
            reply.raise_for_status()
            try:
                said = reply.json()
            except ValueError as exc:
                raise AuthUnavailable from exc
        return said if isinstance(said, dict) else {}

    def reset_password_for_email(self, email: str) -> None:
        """Mail a code for a new password; silent about whether there is such an account."""
        email = clean_email(email)
        with self._client() as client:
            client.auth.reset_password_for_email(email)

    def reset_password(self, email: str, code: str, new_password: str) -> Tokens:
        """Set a new password with the mailed code and end all other sessions at Auth.

        Of an account with a second factor nothing is set: the tokens that come back need that
        first, and go to `set_password` then. Raises InvalidCode, WeakPassword (the code is then
        used up).
        """
        email, code = clean_email(email), clean_code(code)
        check_new_password(new_password)
        with self._client() as client:
            tokens = _signed_in(
                client.auth.verify_otp({"email": email, "token": code, "type": "recovery"})
            )
            if not tokens.needs_second_factor:
                self._set_password(client, new_password, same_is_fine=True)
            return tokens

    def change_password(self, email: str, password: str, new_password: str) -> Tokens:
        """Check the current password, set the new one, end all other sessions at Auth.

        Returns the new session that takes the place of the caller's; of an account with a second
        factor nothing is set, as in `reset_password`. Raises InvalidCredentials if the current
        password is wrong, WeakPassword.
        """
        email = clean_email(email)
        check_new_password(new_password)
        check_password(password)
        with self._client() as client:
            reply = client.auth.sign_in_with_password({"email": email, "password": password})
            tokens = _signed_in(reply)
            if not tokens.needs_second_factor:
                self._set_password(client, new_password, same_is_fine=False)
            return tokens

    def set_password(self, tokens: Tokens, new_password: str, *, same_is_fine: bool) -> None:
        """Set it for whom both factors have proved, and end all other sessions at Auth."""
        check_new_password(new_password)
        with self._client() as client:
            client.auth.set_session(tokens.access_token, tokens.refresh_token)
            self._set_password(client, new_password, same_is_fine=same_is_fine)

    def ask_address_change(self, tokens: Tokens, email: str) -> None:
        """Have a code mailed to the old address and to the new one, for whom all factors proved.

        Raises EmailTaken, which the caller must keep to itself, EmailInvalid, TooManyAttempts.
        """
        email = clean_email(email)
        # Without PKCE: with it Auth would not use the first of the two codes up.
        with self._client(flow="implicit") as client:
            client.auth.set_session(tokens.access_token, tokens.refresh_token)
            client.auth.update_user({"email": email})

    def confirm_address_change(self, email: str, code: str) -> bool:
        """Give the code that was mailed to one of the two; whether the address is changed now.

        Otherwise the code of the other one is waited for. Raises InvalidCode.
        """
        email, code = clean_email(email), clean_code(code)
        with self._client() as client:
            reply = client.auth.verify_otp({"email": email, "token": code, "type": "email_change"})
            if reply.session is None:
                return reply.user is not None
            # Of this one nobody has any use.
            self.sign_out(reply.session.access_token, "local")
        return True

    def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token, which can be used once; the caller sees to that.

        Raises SessionExpired if Auth refuses it, or if the account has got a second factor that
        this session was not proved by; AuthUnavailable if Auth does not answer.
        """
        with refused(), self._client() as client:
            tokens = _signed_in(client.auth.refresh_session(refresh_token))
        if tokens.needs_second_factor:
            raise SessionExpired
        return tokens

    def sign_out(self, access_token: str, scope: Scope) -> None:
        """End sessions at Auth: this one, the person's others, or all. Ended already is fine."""
        with self._client() as client:
            try:
                client.auth.admin.sign_out(access_token, scope)
            except SupabaseAuthError as exc:
                if getattr(exc, "status", None) not in (401, 403, 404):
                    raise

    def user_of(self, access_token: str) -> UUID | None:
        """Whose access token Auth says that this is; None if it does not take it.

        Neither if the account has a second factor that the token was not proved by.
        """
        with self._client() as client:
            try:
                reply = client.auth.get_user(access_token)
            except SupabaseAuthError as exc:
                if getattr(exc, "status", None) not in (401, 403, 404):
                    raise
                return None
        if reply is None or reply.user is None:
            return None
        has_factors = any(factor.status == "verified" for factor in reply.user.factors or ())
        if has_factors and assurance_of(access_token) != "aal2":
            return None
        return UUID(reply.user.id)

    def ping(self, timeout_s: float) -> None:
        """Raise AuthUnavailable unless Auth answers."""
        try:
            with self._http(timeout_s) as http:
                reply = http.get(f"{self._url}/auth/v1/health", headers={"apikey": self._key})
                reply.raise_for_status()
        except httpx.HTTPError as exc:
            raise AuthUnavailable from exc

    def _verify(self, email: str, code: str, kind: Literal["signup", "email"]) -> Tokens:
        email, code = clean_email(email), clean_code(code)
        with self._client() as client:
            return _signed_in(client.auth.verify_otp({"email": email, "token": code, "type": kind}))

    def _set_password(self, client: Client, password: str, *, same_is_fine: bool) -> None:
        try:
            client.auth.update_user({"password": password})
        except SupabaseAuthError as exc:
            if exc.code != "same_password":
                raise
            if not same_is_fine:
                raise WeakPassword("The new password is the same as the current one.") from exc
        try:
            client.auth.sign_out({"scope": "others"})
        except (SupabaseAuthError, httpx.HTTPError) as exc:
            # The password is changed; the caller ends the other sessions on our side anyway.
            _log.warning("Auth did not end the other sessions: %s", type(exc).__name__)

    def _http(self, timeout_s: float) -> httpx.Client:
        return httpx.Client(timeout=timeout_s, verify=self._tls)

    @contextmanager
    def _client(self, *, flow: Literal["pkce", "implicit"] = "pkce") -> Iterator[Client]:
        with translate(), self._http(self._timeout_s) as http:
            yield create_client(
                self._url,
                self._key,
                ClientOptions(
                    auto_refresh_token=False,
                    persist_session=False,
                    httpx_client=http,
                    flow_type=flow,
                ),
            )


def _signed_in(reply: AuthResponse) -> Tokens:
    if reply.session is None:
        raise InvalidCredentials
    return tokens_of(reply.session)
