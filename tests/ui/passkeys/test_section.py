"""Added, renamed and removed on the Account page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import PASSWORD
from tests.support.passkey_auth import PasskeyAuth
from tests.support.second_factor import events
from tests.support.tab import field, go_to, press, sign_in
from tests.ui.passkeys.keys import BUTTON, NOT_RIGHT, Holding, add, another_tab, names, signed_up
from ui.account.certificate import CERTIFICATE


def test_one_is_added_by_password_and_lets_in_without(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    _, user_id = signed_up(tab)
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
    _, user_id = signed_up(tab)
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


def test_all_other_browsers_are_told(tab: AppTest, holding: Holding) -> None:
    email, _ = signed_up(tab)
    other = sign_in(another_tab(), email)
    add(tab, holding)
    other.session_state["_unread"] = None
    other.run()
    assert [one.value for one in other.text if one.value.startswith("A passkey was added")]


def test_it_goes_with_the_account_and_the_certificate_names_it(
    tab: AppTest, holding: Holding, auth: PasskeyAuth
) -> None:
    _, user_id = signed_up(tab)
    add(tab, holding)
    field(tab, "Password").set_value(PASSWORD)
    field(tab, "Type DELETE to confirm").set_value("DELETE")
    press(tab, "Delete everything")
    held = tab.session_state[CERTIFICATE.name]
    counted = {one.table: (one.was, one.left) for one in held.places if one.file_kind is None}
    assert counted["auth.webauthn_credentials"] == (1, 0)
    assert auth._own(user_id) == []
