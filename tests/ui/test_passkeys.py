"""Passkeys on the pages, against replies as hosted Auth gives them, with a passkey in software in
the place of the browser's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from auth.limits import PASSKEY
from tests.support.auth_cast import PASSWORD, mailed_code, new_email
from tests.support.authenticator import Authenticator
from tests.support.passkey_auth import PasskeyAuth, with_passkeys
from tests.support.second_factor import coded, continue_with, events, set_up
from tests.support.stack import Stack
from tests.support.tab import APP, field, go_to, labels, press, sign_in, sign_up, tab_on
from ui.account.certificate import CERTIFICATE
from ui.account.passkeys.held import PASSKEYS
from ui.elements.passkey import Answer

ORIGIN = "http://localhost:8501"
BUTTON = "Sign in with a passkey"
NOT_RIGHT = "That passkey did not work. Please try again, or sign in another way."


@pytest.fixture
def auth(stack: Stack) -> Iterator[PasskeyAuth]:
    with with_passkeys(stack) as fake:
        fake.origins = {ORIGIN}
        yield fake


Holding = Callable[[Authenticator | None], None]


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> Holding:
    """What the browser holds from now on; None: whoever is asked says no."""
    monkeypatch.setattr("ui.session.page_origin", lambda: ORIGIN)
    held: list[Authenticator | None] = [None]

    def ask(kind: str, options: object, ceremony: str, *, key: str) -> Answer:
        if held[0] is None:
            return Answer(trouble="No passkey was used.")
        return Answer(getattr(held[0], kind)(options))

    for place in ("sign_in", "section"):
        monkeypatch.setattr(f"ui.account.passkeys.{place}.ask_passkey", ask)

    def hold(holder: Authenticator | None) -> None:
        held[0] = holder

    return hold


@pytest.fixture
def tab(auth: PasskeyAuth, holding: Holding, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(auth.stack, monkeypatch)


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def add(tab: AppTest, holding: Holding, name: str = "My phone") -> Authenticator:
    holder = Authenticator(ORIGIN)
    holding(holder)
    go_to(tab, "account.py")
    field(tab, "Name of the passkey").set_value(name)
    field(tab, "Password to add it").set_value(PASSWORD)
    press(tab, "Add a passkey")
    assert not tab.error
    return holder


def names(tab: AppTest) -> list[str]:
    del tab.session_state[PASSKEYS.name]
    go_to(tab, "account.py")
    return [one.value for one in tab.text if "@" not in one.value]


def test_one_is_added_by_password_and_lets_in_without(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    go_to(tab, "account.py")
    field(tab, "Password to add it").set_value("a wrong horse")
    press(tab, "Add a passkey")
    assert [error.value for error in tab.error] == ["The password is not right."]
    add(tab, holding)
    assert "My phone" in names(tab)
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert tab.session_state["user_id"] == user_id
    assert events(user_id) == [
        *("signed_up", "password_wrong", "passkey_added", "signed_out", "signed_in")
    ]
    sessions = "select count(*) from auth.sessions where user_id = %s"
    assert auth._sql(sessions, user_id) == [(1,)], "those of the proof are given back"


def test_it_is_renamed_and_removed_with_the_password(tab: AppTest, holding: Holding) -> None:
    sign_up(tab, new_email("alice"))
    user_id = tab.session_state["user_id"]
    add(tab, holding)
    field(tab, "Name of the passkey").set_value("Old phone")
    press(tab, "Rename")
    assert "Old phone" in names(tab)
    field(tab, "Password to remove it").set_value("a wrong horse")
    press(tab, "Remove")
    assert [error.value for error in tab.error] == ["The password is not right."]
    assert "Old phone" in names(tab)
    field(tab, "Password to remove it").set_value(PASSWORD)
    press(tab, "Remove")
    assert not tab.error
    assert "Old phone" not in names(tab)
    assert events(user_id)[-2:] == ["password_wrong", "passkey_removed"]
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert [error.value for error in tab.error] == [NOT_RIGHT]
    assert "user_id" not in tab.session_state


def test_the_second_factor_is_asked_for_all_the_same(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    add(tab, holding)
    set_up(tab, auth, email)
    secret = auth.secret_of(email)
    field(tab, "Password to remove it").set_value(PASSWORD)
    press(tab, "Remove")
    assert tab.error[0].value.startswith("This account has a second factor")
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert "user_id" not in tab.session_state
    continue_with(tab, auth.next_code(secret))
    assert tab.session_state["user_id"] == user_id
    go_to(tab, "account.py")
    field(tab, "Password to add it").set_value(PASSWORD)
    coded(tab, "add-passkey-code").set_value(auth.next_code(secret))
    holding(Authenticator(ORIGIN))
    press(tab, "Add a passkey")
    assert not tab.error
    assert names(tab).count("My phone") == 1
    assert "Passkey" in names(tab), "without a name Auth gives it one"


def test_all_other_browsers_are_told(tab: AppTest, holding: Holding) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    other = sign_in(another_tab(), email)
    add(tab, holding)
    other.session_state["_unread"] = None
    other.run()
    assert [one.value for one in other.text if one.value.startswith("A passkey was added")]


def test_whoever_says_no_is_asked_again_or_goes_back(tab: AppTest, holding: Holding) -> None:
    holding(None)
    go_to(tab, "sign_in.py")
    press(tab, BUTTON)
    assert [one.value for one in tab.info] == ["No passkey was used."]
    press(tab, "Back to sign-in")
    assert BUTTON in labels(tab)


def test_beginning_again_and_again_is_stopped(
    tab: AppTest, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.session.browser", lambda: "one browser")
    holding(None)
    go_to(tab, "sign_in.py")
    for _ in range(PASSKEY.per_browser):
        press(tab, BUTTON)
        press(tab, "Back to sign-in")
    press(tab, BUTTON)
    assert tab.error[0].value == "Too many attempts. Please try again in 10 minutes."


def test_where_there_are_none_nothing_is_shown(
    tab: AppTest, auth: PasskeyAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(tab, new_email("alice"))
    monkeypatch.setattr("ui.session.page_origin", lambda: "http://192.168.1.5:8501")
    go_to(tab, "account.py")
    assert "Add a passkey" not in labels(tab)
    assert any("cannot be added at this address" in one.value for one in tab.caption)
    press(tab, "Sign out")
    assert BUTTON not in labels(go_to(tab, "sign_in.py"))
    monkeypatch.setattr("ui.session.page_origin", lambda: ORIGIN)
    assert BUTTON in labels(tab.run())
    auth.enabled = False
    press(tab, BUTTON)
    assert [error.value for error in tab.error] == ["Passkeys are switched off here."]
    assert BUTTON not in labels(tab.run())


def change_password(tab: AppTest, former: str, new: str, *, removing: bool = False) -> None:
    go_to(tab, "account.py")
    field(tab, "Current password").set_value(former)
    field(tab, "New password").set_value(new)
    [box] = [one for one in tab.checkbox if one.key == "remove-passkeys"]
    box.set_value(removing)
    press(tab, "Change password")
    assert not tab.error


def test_a_new_password_leaves_them_and_says_so(
    tab: AppTest, holding: Holding, stack: Stack
) -> None:
    email = new_email("alice")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    add(tab, holding)
    change_password(tab, PASSWORD, "another horse")
    said = "1 passkey of this account still works without the password."
    assert [one.value for one in tab.info if one.value.startswith(said)]
    assert "My phone" in names(tab)
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert tab.session_state["user_id"] == user_id
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), "Forgot password?")
    field(tab, "Email").set_value(email)
    press(tab, "Mail me a code")
    field(tab, "Code from the mail").set_value(mailed_code(stack, email))
    field(tab, "New password").set_value("a third horse")
    press(tab, "Set password and sign in")
    assert tab.session_state["user_id"] == user_id
    assert [one.value for one in tab.warning if one.value.startswith(said)]


def test_a_new_password_removes_them_where_that_is_ticked(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    bobs = sign_up(another_tab(), new_email("bob"))
    add(bobs, holding)
    sign_up(tab, new_email("alice"))
    user_id = tab.session_state["user_id"]
    go_to(tab, "account.py")
    assert not [one for one in tab.checkbox if one.key == "remove-passkeys"], "there are none"
    add(tab, holding)
    add(tab, holding, "Old phone")
    change_password(tab, PASSWORD, "another horse", removing=True)
    assert "Your passkeys are removed." in [one.value for one in tab.success]
    assert auth._own(user_id) == []
    assert len(auth._own(bobs.session_state["user_id"])) == 1
    assert events(user_id)[-2:] == ["passkey_removed"] * 2
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert [error.value for error in tab.error] == [NOT_RIGHT]


def test_it_goes_with_the_account_and_the_certificate_names_it(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    sign_up(tab, new_email("alice"))
    user_id = tab.session_state["user_id"]
    add(tab, holding)
    field(tab, "Password").set_value(PASSWORD)
    field(tab, "Type DELETE to confirm").set_value("DELETE")
    press(tab, "Delete everything")
    held = tab.session_state[CERTIFICATE.name]
    counted = {one.table: (one.was, one.left) for one in held.places if one.file_kind is None}
    assert counted["auth.webauthn_credentials"] == (1, 0)
    assert auth._own(user_id) == []
