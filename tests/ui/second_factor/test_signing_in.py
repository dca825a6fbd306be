"""Signing in with a second factor, a recovery code or a wrong one, in a tab and a terminal."""

from __future__ import annotations

import io

import pytest
from streamlit.testing.v1 import AppTest

from auth.client import AuthClient
from auth.limits import FACTOR
from errors import InvalidFactorCode, SecondFactorNeeded
from terminal import login
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.mfa_auth import MfaAuth
from tests.support.second_factor import (
    WRONG,
    another_tab,
    continue_with,
    events,
    set_up,
    signed_in_half,
)
from tests.support.tab import field, go_to, labels, press, sign_in, sign_up
from ui.resources import resources


def test_its_code_is_asked_for_before_any_page_opens(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    set_up(tab, mfa, email)
    press(tab, "Sign out")
    signed_in_half(tab, email)
    for page in ("chat.py", "memories.py", "account.py"):
        go_to(tab, page)
        assert "Sign out" not in labels(tab)
        assert "user_id" not in tab.session_state
    go_to(tab, "sign_in.py")
    secret = mfa.secret_of(email)
    continue_with(tab, mfa.wrong_code(secret))
    assert [error.value for error in tab.error] == [WRONG]
    continue_with(tab, "12")
    assert [e.value for e in tab.error] == ["Please enter the code from your app: six digits."]
    continue_with(tab, mfa.next_code(secret))
    assert tab.session_state["user_id"] == user_id
    assert events(user_id)[-4:] == ["signed_out", "factor_failed", "factor_failed", "signed_in"]


def test_a_code_counts_once(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    press(tab, "Sign out")
    code = mfa.next_code(mfa.secret_of(email))
    continue_with(signed_in_half(tab, email), code)
    assert "user_id" in tab.session_state
    other = signed_in_half(another_tab(), email)
    continue_with(other, code)
    assert [error.value for error in other.error] == [WRONG]
    assert "user_id" not in other.session_state
    continue_with(other, mfa.next_code(mfa.secret_of(email)))
    assert "user_id" in other.session_state


def test_bobs_code_does_not_let_alice_in(tab: AppTest, mfa: MfaAuth) -> None:
    alice, bob = new_email("alice"), new_email("bob")
    for email in (alice, bob):
        sign_up(tab, email)
        codes = set_up(tab, mfa, email)
        press(tab, "Sign out")
    signed_in_half(tab, alice)
    continue_with(tab, mfa.next_code(mfa.secret_of(bob)))
    assert [error.value for error in tab.error] == [WRONG]
    field(tab, "Recovery code").set_value(codes[0])
    press(tab, "Use recovery code")
    assert [e.value for e in tab.error] == ["This recovery code is not right, or was used already."]
    assert "user_id" not in tab.session_state


def test_guessing_the_second_factor_is_stopped(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    press(tab, "Sign out")
    signed_in_half(tab, email)
    for number in range(FACTOR.per_email):
        continue_with(tab, f"{number}0000{number}")
    continue_with(tab, mfa.next_code(mfa.secret_of(email)))
    assert tab.error[0].value == "Too many attempts. Please try again in 10 minutes."
    assert "user_id" not in tab.session_state


def test_a_recovery_code_lets_in_once_and_takes_the_factor_off(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    codes = set_up(tab, mfa, email)
    press(tab, "Sign out")
    signed_in_half(tab, email)
    waiting = signed_in_half(another_tab(), email)
    field(tab, "Recovery code").set_value(f" {codes[3].upper()} ")
    press(tab, "Use recovery code")
    assert tab.session_state["user_id"] == user_id
    assert mfa.factors_of(user_id) == []
    assert events(user_id)[-2:] == ["recovery_code_used", "signed_in"]
    for code in (codes[3], codes[4]):
        field(waiting, "Recovery code").set_value(code)
        press(waiting, "Use recovery code")
        assert "user_id" not in waiting.session_state
    press(tab, "Sign out")
    sign_in(tab, email)
    assert tab.session_state["user_id"] == user_id, "the password is enough again"


def test_the_terminal_asks_for_it_too(
    tab: AppTest, mfa: MfaAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    set_up(tab, mfa, email)
    settings, database = mfa.stack.settings, resources().database
    auth = AuthClient(settings.supabase_url, settings.supabase_key)
    monkeypatch.setenv("KEEPSAKE_EMAIL", email)
    monkeypatch.setenv("KEEPSAKE_PASSWORD", PASSWORD)

    def typed(code: str, *, terminal: bool) -> str:
        stdin = io.StringIO(f"{code}\n")
        monkeypatch.setattr(stdin, "isatty", lambda: terminal)
        monkeypatch.setattr("sys.stdin", stdin)
        return str(login.sign_in(auth, database, resources().second_factors).person())

    secret = mfa.secret_of(email)
    with pytest.raises(InvalidFactorCode):
        typed(mfa.wrong_code(secret), terminal=True)
    with pytest.raises(SecondFactorNeeded, match="sign in on a terminal"):
        typed(mfa.next_code(secret), terminal=False)
    assert typed(mfa.next_code(secret), terminal=True) == user_id
