"""A second factor, from setting it up to losing it, against replies as hosted Auth gives them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from account.recovery_codes import RecoveryCodes
from auth.audit import Audit
from auth.client import AuthClient
from auth.limits import FACTOR
from errors import InvalidFactorCode, SecondFactorNeeded, SessionExpired
from terminal import login
from tests.support.auth_cast import PASSWORD, mailed_code, new_email
from tests.support.mfa_auth import MfaAuth, with_second_factors
from tests.support.stack import Stack
from tests.support.tab import APP, everything, field, go_to, labels, press, sign_in, sign_up, tab_on
from ui.account.data import GONE
from ui.resources import resources

CODE = "Code from your app"
WRONG = "This code is not right, or was used already. Wait for the next one in your app."


@pytest.fixture
def mfa(stack: Stack) -> Iterator[MfaAuth]:
    with with_second_factors(stack) as fake:
        yield fake


@pytest.fixture
def tab(mfa: MfaAuth, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(mfa.stack, monkeypatch)


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def coded(tab: AppTest, key: str) -> Any:
    """The field with this key, of several with the same label."""
    return next(one for one in tab.text_input if one.key == key)


def set_up(tab: AppTest, mfa: MfaAuth, email: str) -> list[str]:
    """Turn a second factor on; the recovery codes that are shown."""
    go_to(tab, "account.py")
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    coded(tab, "first-factor-code").set_value(mfa.next_code(mfa.secret_of(email)))
    press(tab, "Turn on")
    assert not tab.error
    return shown_codes(tab)


def shown_codes(tab: AppTest) -> list[str]:
    found = [code.value.split("\n") for code in tab.code if re.match(r"\w{4}-\w{4}-", code.value)]
    return found[0] if found else []


def events(user_id: str) -> list[str]:
    lines = Audit(resources().database, user_id).page(1, 50)
    return [line.event for line in reversed(lines)]


def signed_in_half(tab: AppTest, email: str) -> AppTest:
    """The first factor given, the second one asked for."""
    sign_in(tab, email)
    assert "Continue" in labels(tab)
    assert "user_id" not in tab.session_state
    return tab


def continue_with(tab: AppTest, code: str) -> AppTest:
    field(tab, CODE).set_value(code)
    return press(tab, "Continue")


def test_lite_has_none_so_the_page_shows_none(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tab in tab_on(stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        go_to(tab, "account.py")
        assert "Second factor" not in [one.value for one in tab.subheader]
        assert "Set up a second factor" not in labels(tab)
        assert not tab.error


def test_it_is_set_up_with_a_picture_and_the_secret_as_text(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    go_to(tab, "account.py")
    field(tab, "Your password").set_value("wrong horse")
    press(tab, "Set up a second factor")
    assert [error.value for error in tab.error] == ["The password is not right."]
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    secret = mfa.secret_of(email)
    assert secret in [code.value for code in tab.code]
    assert len(tab.image) == 1
    coded(tab, "first-factor-code").set_value(mfa.wrong_code(secret))
    press(tab, "Turn on")
    assert [error.value for error in tab.error] == [WRONG]
    coded(tab, "first-factor-code").set_value(mfa.next_code(secret))
    press(tab, "Turn on")
    codes = shown_codes(tab)
    assert (len(codes), len(set(codes))) == (10, 10)
    assert secret not in everything(tab)
    tab.run()
    assert shown_codes(tab) == [], "they are shown once"
    assert codes[0] not in everything(tab)
    assert events(user_id) == [
        *("signed_up", "password_wrong", "factor_failed"),
        *("factor_enrolled", "recovery_codes_made"),
    ]


def test_where_auth_draws_no_picture_we_do(tab: AppTest, mfa: MfaAuth) -> None:
    mfa.gives_picture = False
    sign_up(tab, new_email("alice"))
    go_to(tab, "account.py")
    field(tab, "Your password").set_value(PASSWORD)
    press(tab, "Set up a second factor")
    assert len(tab.image) == 1
    assert not tab.error


def test_one_that_was_begun_and_left_is_begun_anew(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    for _ in range(2):
        go_to(tab, "account.py")
        field(tab, "Your password").set_value(PASSWORD)
        press(tab, "Set up a second factor")
        assert not tab.error
        press(tab, "Not now")
    assert len(mfa.factors_of(tab.session_state["user_id"])) == 1
    assert len(set_up(tab, mfa, email)) == 10


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


def test_it_is_removed_with_a_code_of_it(tab: AppTest, mfa: MfaAuth, stack: Stack) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    codes = set_up(tab, mfa, email)
    secret = mfa.secret_of(email)
    press(tab, "Remove the second factor")
    assert tab.error[0].value.startswith("This account has a second factor")
    coded(tab, "manage-factor-code").set_value(mfa.next_code(secret))
    press(tab, "New recovery codes")
    fresh = shown_codes(tab)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    coded(tab, "manage-factor-code").set_value(mfa.next_code(secret))
    press(tab, "Remove the second factor")
    assert not tab.error
    assert mfa.factors_of(user_id) == []
    assert RecoveryCodes(resources().database).count(tab.session_state["user_id"]) == 0
    assert "Set up a second factor" in labels(tab)
    here = "select distinct aal from private.browser_sessions where user_id = %s"
    assert stack.execute("postgres", here, user_id) == [("aal1",)]
    assert events(user_id)[-2:] == ["recovery_codes_made", "factor_removed"]
    press(tab, "Sign out")
    sign_in(tab, email)
    assert tab.session_state["user_id"] == user_id


def test_turning_it_on_ends_all_other_sessions(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    other = sign_in(another_tab(), email)
    assert "user_id" in other.session_state
    set_up(tab, mfa, email)
    other.run()
    assert "user_id" not in other.session_state
    tab.run()
    assert "user_id" in tab.session_state


def test_a_session_of_one_factor_is_not_restored_once_there_are_two(
    tab: AppTest, mfa: MfaAuth, stack: Stack
) -> None:
    """Whatever brings the factor: another program of the project, say."""
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    session = tab.session_state["_session"]
    found = resources()
    assert found.sessions.find(session.secret) == session
    stack.execute(
        "postgres",
        "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status) values"
        " (gen_random_uuid(), %s, 'elsewhere', 'totp', 'verified')",
        user_id,
    )
    assert found.sessions.find(session.secret) is None
    tab.run()
    assert "user_id" not in tab.session_state
    assert "Sign out" not in labels(tab)


def test_tokens_of_one_factor_neither_open_nor_refresh_a_session(
    tab: AppTest, mfa: MfaAuth
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    session = tab.session_state["_session"]
    auth = AuthClient(mfa.stack.settings.supabase_url, mfa.stack.settings.supabase_key)
    tokens = auth.sign_in_with_password(email, PASSWORD)
    assert (tokens.assurance, tokens.needs_second_factor) == ("aal1", True)
    with pytest.raises(SecondFactorNeeded):
        resources().sessions.open(tokens)
    with pytest.raises(SecondFactorNeeded):
        resources().sessions.replace_tokens(session, tokens)
    with pytest.raises(SessionExpired):
        auth.refresh(tokens.refresh_token)


def test_deleting_the_account_asks_for_it_again(tab: AppTest, mfa: MfaAuth) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    set_up(tab, mfa, email)
    secret = mfa.secret_of(email)

    def delete_with(code: str) -> None:
        field(tab, "Password").set_value(PASSWORD)
        coded(tab, "delete-account-code").set_value(code)
        field(tab, "Type DELETE to confirm").set_value("DELETE")
        press(tab, "Delete everything")

    for code, sentence in (
        ("", "This account has a second factor"),
        (mfa.wrong_code(secret), WRONG),
    ):
        delete_with(code)
        assert tab.error[0].value.startswith(sentence)
        assert tab.session_state["user_id"] == user_id
    delete_with(mfa.next_code(secret))
    assert GONE in [one.value for one in tab.success]
    assert mfa.factors_of(user_id) == []


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


def test_a_new_password_needs_it_too(tab: AppTest, mfa: MfaAuth, stack: Stack) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    set_up(tab, mfa, email)
    secret = mfa.secret_of(email)
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("a new horse")
    press(tab, "Change password")
    assert tab.error[0].value.startswith("This account has a second factor")
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("a new horse")
    coded(tab, "change-password-code").set_value(mfa.next_code(secret))
    press(tab, "Change password")
    assert not tab.error
    tab.run()
    assert "user_id" in tab.session_state
    press(tab, "Sign out")
    sign_in(tab, email)
    assert "Continue" not in labels(tab), "the former password is of no use"
    press(tab, "Forgot password?")
    field(tab, "Email").set_value(email)
    press(tab, "Mail me a code")
    field(tab, "Code from the mail").set_value(mailed_code(stack, email))
    field(tab, "New password").set_value("a third horse")
    press(tab, "Set password and sign in")
    assert "user_id" not in tab.session_state
    continue_with(tab, mfa.next_code(secret))
    assert "user_id" in tab.session_state
    press(tab, "Sign out")
    sign_in(tab, email, "a third horse")
    assert "Continue" in labels(tab)
