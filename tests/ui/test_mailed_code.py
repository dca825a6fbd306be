"""Signing in with a code by mail, on the real Auth server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from auth.limits import CODE, MAIL
from tests.support.auth_cast import mail_count, mailed_code, new_email
from tests.support.stack import Stack
from tests.support.tab import APP, field, labels, press, sign_up, tab_on
from tests.support.waiting import wait_until
from ui.resources import resources

WRONG = "This code is wrong or has expired. Ask for a new one."
UNDER_WAY = "If there is an account with this email, a code is on its way to it."


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(stack, monkeypatch)


def fresh() -> AppTest:
    """A new tab, which shows the sign-in page."""
    return AppTest.from_file(str(APP), default_timeout=30).run()


def account(tab: AppTest, name: str = "alice") -> tuple[str, str]:
    """Address and id of a new account that is signed out again."""
    email = new_email(name)
    sign_up(tab, email)
    user_id: str = tab.session_state["user_id"]
    press(tab, "Sign out")
    return email, user_id


def ask(tab: AppTest, email: str) -> AppTest:
    press(tab, "Mail me a code instead")
    field(tab, "Email").set_value(email)
    return press(tab, "Mail me a code")


def use(tab: AppTest, code: str) -> AppTest:
    field(tab, "Code from the mail").set_value(code)
    return press(tab, "Use this code")


def test_a_code_lets_in_once(tab: AppTest, stack: Stack) -> None:
    email, user_id = account(tab)
    tab = ask(fresh(), f"  {email.upper()} ")
    assert [one.value for one in tab.info] == [UNDER_WAY]
    code = mailed_code(stack, email)
    use(tab, f"{code[:3]} {code[3:]}")
    assert tab.session_state["user_id"] == user_id
    again = ask(fresh(), email)
    wait_until(lambda: mail_count(stack, email) == 2)
    use(again, code)
    assert [one.value for one in again.error] == [WRONG]
    assert "user_id" not in again.session_state


def test_an_address_without_an_account_is_told_the_same_and_gets_none(
    tab: AppTest, stack: Stack
) -> None:
    known, _ = account(tab)
    email = new_email("nobody")
    shown = [[one.value for one in ask(fresh(), address).info] for address in (known, email)]
    assert shown == [[UNDER_WAY], [UNDER_WAY]]
    wait_until(lambda: all(thread.name != "mail" for thread in threading.enumerate()))
    assert (mail_count(stack, known), mail_count(stack, email)) == (1, 0)
    assert not stack.execute("postgres", "select id from auth.users where email = %s", email)


def test_bobs_code_does_not_let_alice_in(tab: AppTest, stack: Stack) -> None:
    alice, _ = account(tab)
    bob, bobs_id = account(fresh(), "bob")
    hers, his = ask(fresh(), alice), ask(fresh(), bob)
    code = mailed_code(stack, bob)
    use(hers, code)
    assert [one.value for one in hers.error] == [WRONG]
    assert "user_id" not in hers.session_state
    use(his, code)
    assert his.session_state["user_id"] == bobs_id


@pytest.mark.parametrize("code", ["", "12", "abcdef", "0" * 300, "١٢٣"])
def test_what_is_no_code_is_not_sent(tab: AppTest, code: str) -> None:
    email, _ = account(tab)
    tab = ask(fresh(), email)
    field(tab, "Code from the mail").set_value(code[:200])
    press(tab, "Use this code")
    assert tab.error[0].value == "Please enter the code from the mail: six digits."


def test_an_expired_code_is_refused(tab: AppTest, stack: Stack) -> None:
    email, _ = account(tab)
    tab = ask(fresh(), email)
    code = mailed_code(stack, email)
    stack.execute(
        "postgres",
        "update auth.users set recovery_sent_at = now() - interval '2 days' where email = %s",
        email,
    )
    use(tab, code)
    assert [one.value for one in tab.error] == [WRONG]


def test_guessing_and_mailing_are_limited_whatever_the_address(tab: AppTest) -> None:
    known, _ = account(tab)
    for email in (known, new_email("nobody")):
        tab = ask(fresh(), email)
        for number in range(CODE.per_email):
            use(tab, f"{number}23456")
            assert tab.error[0].value == WRONG
        use(tab, "000000")
        assert tab.error[0].value == "Too many attempts. Please try again in 10 minutes."
        for _ in range(MAIL.per_email - 1):
            press(tab, "Mail it again")
            assert [one.value for one in tab.success] == [UNDER_WAY]
        press(tab, "Mail it again")
        assert tab.error[0].value == "Too many attempts. Please try again in 10 minutes."


@pytest.mark.parametrize("local", ["Anna+Notes", "o'brien", "jürgen", "ünal+ç"])
def test_addresses_with_capitals_plus_signs_and_other_letters(
    tab: AppTest, stack: Stack, local: str
) -> None:
    email = f"{local}.{new_email('x')}"
    sign_up(tab, email)
    if "user_id" not in tab.session_state:
        pytest.skip(f"this Auth server takes no such address: {tab.error[0].value}")
    user_id = tab.session_state["user_id"]
    press(tab, "Sign out")
    tab = ask(fresh(), email.upper())
    use(tab, mailed_code(stack, email.lower()))
    assert tab.session_state["user_id"] == user_id


def test_the_reply_does_not_wait_for_what_becomes_of_the_mail(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So its time tells nothing: Auth mails to addresses with an account only."""
    email, may_go_on, mailed = new_email("alice"), Event(), []

    def slow(address: str) -> None:
        assert may_go_on.wait(60)
        mailed.append(address)

    monkeypatch.setattr(resources().auth, "send_sign_in_code", slow)
    tab = ask(fresh(), email)
    assert [one.value for one in tab.info] == [UNDER_WAY]
    assert mailed == []
    may_go_on.set()
    wait_until(lambda: mailed == [email])


def test_the_way_back(tab: AppTest) -> None:
    press(tab, "Mail me a code instead")
    press(tab, "Back to sign-in")
    assert {"Sign in", "Create account"} <= set(labels(tab))
