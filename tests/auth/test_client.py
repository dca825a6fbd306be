"""Accounts at the real Auth server, and what becomes of its errors."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from auth.client import AuthClient
from errors import (
    AuthError,
    AuthMisconfigured,
    AuthUnavailable,
    ConfigError,
    EmailInvalid,
    EmailNotConfirmed,
    EmailTaken,
    InputError,
    InvalidCode,
    InvalidCredentials,
    KeepsakeError,
    SessionExpired,
    TooManyAttempts,
    WeakPassword,
)
from tests.support.auth_cast import PASSWORD, mail_count, mailed_code, new_email
from tests.support.stack import Stack, free_port, running_stack


@pytest.fixture(scope="module")
def auth(stack: Stack) -> AuthClient:
    return AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)


@pytest.fixture(scope="module")
def confirming() -> Iterator[Stack]:
    """A stack that wants new addresses confirmed."""
    with running_stack("--confirm") as running:
        yield running


def test_a_new_account_is_signed_in_at_once(auth: AuthClient) -> None:
    email = new_email("alice")
    tokens = auth.sign_up(f"  {email.upper()} ", PASSWORD)
    assert tokens is not None
    assert tokens.email == email
    assert timedelta(0) < tokens.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    assert auth.sign_in_with_password(email, PASSWORD).user_id == tokens.user_id


def test_tokens_stay_out_of_repr(auth: AuthClient) -> None:
    tokens = auth.sign_up(new_email("alice"), PASSWORD)
    assert tokens is not None
    assert tokens.access_token not in repr(tokens)
    assert tokens.refresh_token not in repr(tokens)


def test_unknown_address_and_wrong_password_get_the_same_reply(auth: AuthClient) -> None:
    email = new_email("alice")
    auth.sign_up(email, PASSWORD)
    with pytest.raises(InvalidCredentials) as wrong:
        auth.sign_in_with_password(email, "wrong horse")
    with pytest.raises(InvalidCredentials) as unknown:
        auth.sign_in_with_password(new_email("nobody"), PASSWORD)
    assert wrong.value.user_message == unknown.value.user_message


def test_a_taken_address_is_named_as_such(auth: AuthClient) -> None:
    email = new_email("alice")
    auth.sign_up(email, PASSWORD)
    with pytest.raises(EmailTaken):
        auth.sign_up(email, "another horse")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "alice",
        "alice@",
        "a b@example.com",
        "a\x00@example.com",
        "a\ud800@example.com",
        "a" * 300 + "@example.com",
        "a@b",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(email: str) -> None:
    nowhere = AuthClient("http://127.0.0.1:9", "key")
    with pytest.raises(EmailInvalid):
        nowhere.sign_up(email, PASSWORD)
    with pytest.raises(EmailInvalid):
        nowhere.sign_in_with_password(email, PASSWORD)


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("seven77", WeakPassword),
        ("", WeakPassword),
        ("x" * 73, WeakPassword),
        ("é" * 40, WeakPassword),
        ("pass\x00word", InputError),
        ("pass\ud800word", InputError),
    ],
)
def test_an_impossible_password_is_refused_before_anything_is_sent(
    password: str, error: type[KeepsakeError]
) -> None:
    with pytest.raises(error):
        AuthClient("http://127.0.0.1:9", "key").sign_up(new_email("alice"), password)


def test_a_refresh_token_works_once_and_nonsense_never(auth: AuthClient) -> None:
    tokens = auth.sign_up(new_email("alice"), PASSWORD)
    assert tokens is not None
    fresh = auth.refresh(tokens.refresh_token)
    assert fresh.user_id == tokens.user_id
    assert fresh.refresh_token != tokens.refresh_token
    with pytest.raises(SessionExpired):
        auth.refresh("nonsense")


def test_signing_out_ends_the_session_at_auth(auth: AuthClient) -> None:
    tokens = auth.sign_up(new_email("alice"), PASSWORD)
    assert tokens is not None
    auth.sign_out(tokens.access_token, "local")
    with pytest.raises(SessionExpired):
        auth.refresh(tokens.refresh_token)
    auth.sign_out(tokens.access_token, "local")


def test_changing_the_password_asks_for_the_current_one_and_ends_other_sessions(
    auth: AuthClient,
) -> None:
    email = new_email("alice")
    former = auth.sign_up(email, PASSWORD)
    assert former is not None
    with pytest.raises(InvalidCredentials):
        auth.change_password(email, "wrong horse", "a new horse")
    with pytest.raises(WeakPassword, match="same as the current"):
        auth.change_password(email, PASSWORD, PASSWORD)
    tokens = auth.change_password(email, PASSWORD, "a new horse")
    with pytest.raises(SessionExpired):
        auth.refresh(former.refresh_token)
    assert auth.refresh(tokens.refresh_token).user_id == former.user_id
    with pytest.raises(InvalidCredentials):
        auth.sign_in_with_password(email, PASSWORD)


def test_a_forgotten_password_is_replaced_with_a_mailed_code(
    auth: AuthClient, stack: Stack
) -> None:
    email = new_email("alice")
    former = auth.sign_up(email, PASSWORD)
    assert former is not None
    auth.reset_password_for_email(email)
    code = mailed_code(stack, email)
    with pytest.raises(InvalidCode):
        auth.reset_password(email, "000000" if code != "000000" else "111111", "a new horse")
    tokens = auth.reset_password(email, f" {code[:3]} {code[3:]} ", "a new horse")
    assert tokens.user_id == former.user_id
    with pytest.raises(SessionExpired):
        auth.refresh(former.refresh_token)
    with pytest.raises(InvalidCode):
        auth.reset_password(email, code, "another new horse")


def test_asking_for_a_code_tells_nobody_whether_there_is_an_account(
    auth: AuthClient, stack: Stack
) -> None:
    email = new_email("nobody")
    auth.reset_password_for_email(email)
    assert mail_count(stack, email) == 0


def test_an_account_waits_for_its_mailed_code(confirming: Stack) -> None:
    auth = AuthClient(confirming.settings.supabase_url, confirming.settings.supabase_key)
    email = new_email("alice")
    assert auth.sign_up(email, PASSWORD) is None
    with pytest.raises(EmailNotConfirmed):
        auth.sign_in_with_password(email, PASSWORD)
    tokens = auth.confirm_sign_up(email, mailed_code(confirming, email))
    assert tokens.email == email
    assert auth.sign_in_with_password(email, PASSWORD).user_id == tokens.user_id


def test_a_refused_key_is_a_setting(stack: Stack) -> None:
    with pytest.raises(ConfigError, match="SUPABASE_KEY"):
        AuthClient(stack.settings.supabase_url, "sb_publishable_wrong").sign_in_with_password(
            new_email("alice"), PASSWORD
        )


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that gives every request the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b'{"code":500,"error_code":"unexpected_failure","msg":"boom"}', AuthUnavailable),
        (503, b"<html>down</html>", AuthUnavailable),
        (502, b"{}", AuthUnavailable),
        (200, b"<html>a proxy's page</html>", AuthUnavailable),
        (200, b"{}", AuthUnavailable),
        (429, b'{"code":429,"error_code":"over_request_rate_limit","msg":"slow"}', TooManyAttempts),
        (429, b'{"message":"slow"}', TooManyAttempts),
        (400, b'{"code":400,"error_code":"invalid_credentials","msg":"no"}', InvalidCredentials),
        (400, b'{"code":"invalid_credentials","msg":"no"}', InvalidCredentials),
        (504, b'{"code":"request_timeout","msg":"slow"}', AuthUnavailable),
        (401, b'{"message":"Invalid API key"}', ConfigError),
        (
            422,
            b'{"code":422,"error_code":"weak_password","msg":"Known from leaks",'
            b'"weak_password":{"reasons":["pwned"]}}',
            WeakPassword,
        ),
    ],
)
def test_every_answer_of_auth_becomes_an_error_of_ours(
    status: int, body: bytes, error: type[KeepsakeError]
) -> None:
    with answering(status, body) as url, pytest.raises(error):
        AuthClient(url, "key").sign_in_with_password("alice@example.com", PASSWORD)


MAIL = "could not be sent. Please tell whoever runs"
CAPTCHA = "CAPTCHA protection is switched on"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (500, {"code": "unexpected_failure", "msg": "Error sending confirmation email"}, MAIL),
        (500, {"code": 500, "msg": "Error sending recovery email"}, MAIL),
        (500, {"error_code": "unexpected_failure", "msg": "Error sending confirmation mail"}, MAIL),
        (500, {"code": 500, "msg": "gomail: could not send email 1: 535 no"}, MAIL),
        (400, {"code": "email_address_not_authorized", "msg": "no"}, "cannot send mail to this"),
        (400, {"code": "captcha_failed", "msg": "captcha protection: disallowed"}, CAPTCHA),
        (400, {"msg": "captcha protection: request disallowed (no captcha_token)"}, CAPTCHA),
        (500, {"code": 500, "msg": "captcha verification process failed"}, CAPTCHA),
        (500, {"code": 500, "msg": "Database error saving new user"}, "Auth log has the reason"),
    ],
)
def test_what_only_a_setting_of_the_project_changes_is_told_as_such(
    status: int, body: dict[str, object], sentence: str
) -> None:
    with answering(status, json.dumps(body).encode()) as url:
        auth = AuthClient(url, "key")
        with pytest.raises(AuthMisconfigured, match=sentence):
            auth.sign_up("alice@example.com", PASSWORD)
        with pytest.raises(AuthMisconfigured, match=sentence):
            auth.sign_in_with_password("alice@example.com", PASSWORD)
        with pytest.raises(AuthMisconfigured, match=sentence):
            auth.reset_password_for_email("alice@example.com")
        with pytest.raises(AuthMisconfigured):
            auth.refresh("token")  # which is no reason to end a session


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("user_banned", "blocked"),
        ("user_sso_managed", "single sign-on"),
        ("insufficient_aal", "second factor"),
        ("reauthentication_needed", "sign out, sign in again"),
        ("conflict", "at the same moment"),
        ("signup_disabled", "switched off here"),
        ("email_provider_disabled", "switched off here"),
    ],
)
def test_what_is_so_for_one_account_has_a_sentence(code: str, sentence: str) -> None:
    body = json.dumps({"code": 422, "error_code": code, "msg": "no"}).encode()
    with answering(422, body) as url, pytest.raises(AuthError, match=sentence) as told:
        AuthClient(url, "key").sign_in_with_password("alice@example.com", PASSWORD)
    assert not isinstance(told.value, AuthMisconfigured)


def test_hosted_auths_made_up_user_means_that_the_address_is_taken() -> None:
    now = "2026-01-01T00:00:00Z"
    user = {
        "id": "00000000-0000-4000-8000-000000000000",
        "aud": "authenticated",
        "email": "alice@example.com",
        "app_metadata": {},
        "user_metadata": {},
        "identities": [],
        "created_at": now,
        "confirmation_sent_at": now,
    }
    with answering(200, json.dumps(user).encode()) as url, pytest.raises(EmailTaken):
        AuthClient(url, "key").sign_up("alice@example.com", PASSWORD)


def test_a_server_that_hangs_or_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AuthUnavailable):
            AuthClient(url, "key", timeout_s=0.3).refresh("token")
    with pytest.raises(AuthUnavailable):
        AuthClient(f"http://127.0.0.1:{free_port()}", "key").refresh("token")
    with pytest.raises(AuthUnavailable):
        AuthClient(f"http://127.0.0.1:{free_port()}", "key").ping(1.0)
