"""What becomes of them when the password changes."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.support.auth_cast import PASSWORD, mailed_code
from tests.support.passkey_auth import PasskeyAuth
from tests.support.second_factor import events
from tests.support.stack import Stack
from tests.support.tab import field, go_to, press
from tests.ui.passkeys.keys import BUTTON, NOT_RIGHT, Holding, add, another_tab, names, signed_up


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
    email, user_id = signed_up(tab)
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
    bobs = another_tab()
    _, bob = signed_up(bobs)
    add(bobs, holding)
    _, user_id = signed_up(tab)
    go_to(tab, "account.py")
    assert not [one for one in tab.checkbox if one.key == "remove-passkeys"], "there are none"
    add(tab, holding)
    add(tab, holding, "Old phone")
    change_password(tab, PASSWORD, "another horse", removing=True)
    assert "Your passkeys are removed." in [one.value for one in tab.success]
    assert auth._own(user_id) == []
    assert len(auth._own(bob)) == 1
    assert events(user_id)[-2:] == ["passkey_removed"] * 2
    press(tab, "Sign out")
    press(go_to(tab, "sign_in.py"), BUTTON)
    assert [error.value for error in tab.error] == [NOT_RIGHT]
