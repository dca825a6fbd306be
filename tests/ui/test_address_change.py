"""Changing one's email address with a code from the old and one from the new, on the real stack."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from auth.limits import CODE, MAIL
from tests.support.auth_cast import PASSWORD, mail_count, mailed_code, new_email
from tests.support.mfa_auth import MfaAuth, serving, with_second_factors
from tests.support.second_factor import coded, events, set_up
from tests.support.stack import Stack
from tests.support.tab import APP, everything, field, go_to, labels, press, sign_in, sign_up, tab_on
from tests.support.waiting import wait_until
from ui.account.address import CHANGED, ONE_RIGHT, UNDER_WAY
from ui.resources import resources

OLD, NEW = "Code from your old address", "Code from your new address"


@pytest.fixture
def tab(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield from tab_on(stack, monkeypatch)


def another_tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def ask(tab: AppTest, email: str, *, password: str = PASSWORD, code: str = "") -> AppTest:
    """For a change to `email`, and wait until Auth has been asked."""
    go_to(tab, "account.py")
    field(tab, "New email address").set_value(email)
    field(tab, "Password of your account").set_value(password)
    if code:
        coded(tab, "change-address-factor").set_value(code)
    press(tab, "Mail me the codes")
    wait_until(lambda: all(thread.name != "mail" for thread in threading.enumerate()))
    return tab


def give(tab: AppTest, old: str = "", new: str = "") -> AppTest:
    typed = {OLD: old, NEW: new}
    for one in tab.text_input:
        if one.label in typed:
            one.set_value(typed[one.label])
    return press(tab, "Change my address")


def said(tab: AppTest) -> list[str]:
    """In all boxes, without the signs that keep words text."""
    boxes = (*tab.error, *tab.success, *tab.info)
    return [re.sub(r"\\(.)", r"\1", box.value) for box in boxes]


def address_at_auth(stack: Stack, user_id: str) -> Any:
    [[email]] = stack.execute("postgres", "select email from auth.users where id = %s", user_id)
    return email


def wrong(address: str) -> str:
    return f"The code sent to {address} is wrong or has expired."


def test_both_codes_change_it_and_end_all_other_sessions(tab: AppTest, stack: Stack) -> None:
    old, new = new_email("alice"), new_email("alices.new")
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    other = sign_in(another_tab(), old)
    ask(tab, f" {new.upper()} ")
    assert said(tab) == [UNDER_WAY]
    assert (mail_count(stack, old), mail_count(stack, new)) == (1, 1)
    assert address_at_auth(stack, user_id) == old
    give(tab, mailed_code(stack, old), mailed_code(stack, new))
    assert said(tab) == [CHANGED]
    assert tab.session_state["user_id"] == user_id
    assert new in [text.value for text in tab.text]
    assert address_at_auth(stack, user_id) == new
    assert events(user_id)[-2:] == ["address_changed", "sessions_ended"]
    other.run()
    assert "user_id" not in other.session_state
    assert "user_id" not in sign_in(another_tab(), old).session_state
    assert sign_in(another_tab(), new).session_state["user_id"] == user_id


@pytest.mark.parametrize("first", [OLD, NEW])
def test_one_code_alone_changes_nothing(tab: AppTest, stack: Stack, first: str) -> None:
    old, new = new_email("alice"), new_email("alices.new")
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    ask(tab, new)
    codes = {OLD: mailed_code(stack, old), NEW: mailed_code(stack, new)}
    field(tab, first).set_value(codes[first])
    press(tab, "Change my address")
    assert said(tab) == [ONE_RIGHT, UNDER_WAY]
    assert address_at_auth(stack, user_id) == old
    [left] = [one.label for one in tab.text_input if one.label in codes]
    assert left != first
    # The same code once more is no second one.
    field(tab, left).set_value(codes[first])
    press(tab, "Change my address")
    assert said(tab) == [wrong(new if left == NEW else old), UNDER_WAY]
    assert address_at_auth(stack, user_id) == old
    field(tab, left).set_value(codes[left])
    press(tab, "Change my address")
    assert said(tab) == [CHANGED]
    assert address_at_auth(stack, user_id) == new


def test_a_used_code_of_the_old_address_is_not_taken_in_another_tab(
    tab: AppTest, stack: Stack
) -> None:
    old, new = new_email("alice"), new_email("alices.new")
    sign_up(tab, old)
    ask(tab, new)
    code = mailed_code(stack, old)
    auth = resources().auth
    assert auth.confirm_address_change(old, code) is False
    give(tab, code)
    assert said(tab) == [wrong(old), UNDER_WAY]


def test_wrong_foreign_and_expired_codes_are_refused(tab: AppTest, stack: Stack) -> None:
    bobs, bobs_new = new_email("bob"), new_email("bobs.new")
    bob = sign_up(another_tab(), bobs)
    ask(bob, bobs_new)
    old, new = new_email("alice"), new_email("alices.new")
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    ask(tab, new)
    assert said(give(tab)) == ["Please enter the code from the mail: six digits.", UNDER_WAY]
    for code in ("12", mailed_code(stack, bobs), mailed_code(stack, new)):
        assert said(give(tab, code))[0] == wrong(old)
    assert said(give(tab, new=mailed_code(stack, bobs_new)))[0] == wrong(new)
    stack.execute(
        "postgres",
        "update auth.users set email_change_sent_at = now() - interval '2 hours' where id = %s",
        user_id,
    )
    assert said(give(tab, mailed_code(stack, old)))[0] == wrong(old)
    assert address_at_auth(stack, user_id) == old
    give(bob, mailed_code(stack, bobs), mailed_code(stack, bobs_new))
    assert said(bob) == [CHANGED]


def test_an_address_of_another_account_is_told_the_same(tab: AppTest, stack: Stack) -> None:
    bobs, old, free = new_email("bob"), new_email("alice"), new_email("nobody")
    bob = sign_up(another_tab(), bobs)
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    shown = []
    for email in (free, bobs.upper()):
        ask(tab, email)
        shown.append((said(tab), labels(tab), [one.label for one in tab.text_input]))
        assert said(give(tab, new="000000"))[0] == wrong(email.lower())
        press(tab, "Not now")
    assert shown[0] == shown[1]
    assert mail_count(stack, bobs) == 0
    assert address_at_auth(stack, user_id) == old
    assert address_at_auth(stack, bob.session_state["user_id"]) == bobs


def test_the_reply_does_not_wait_for_what_auth_says_of_the_address(
    tab: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, asked = Event(), []

    def slow(_: object, email: str) -> None:
        assert may_go_on.wait(60)
        asked.append(email)

    sign_up(tab, new_email("alice"))
    monkeypatch.setattr(resources().auth, "ask_address_change", slow)
    new = new_email("alices.new")
    go_to(tab, "account.py")
    field(tab, "New email address").set_value(new)
    field(tab, "Password of your account").set_value(PASSWORD)
    press(tab, "Mail me the codes")
    assert said(tab) == [UNDER_WAY]
    assert asked == []
    may_go_on.set()
    wait_until(lambda: asked == [new])


def test_what_cannot_be_asked_for_is_said(tab: AppTest, stack: Stack) -> None:
    email = new_email("Alice+Notes")
    sign_up(tab, email)
    user_id = tab.session_state["user_id"]
    for typed, sentence in (
        ("", "Please enter your email address."),
        ("alice", "This does not look like an email address."),
        (email.upper(), "This is your address already."),
    ):
        assert said(ask(tab, typed)) == [sentence]
    assert said(ask(tab, new_email("new"), password="wrong horse")) == [
        "The password is not right."
    ]
    assert events(user_id)[-1] == "password_wrong"
    assert mail_count(stack, email.lower()) == 0


@pytest.mark.parametrize("local", ["Anna+Notes", "o'brien", "jürgen", "ünal+ç"])
def test_addresses_with_capitals_plus_signs_and_other_letters(
    tab: AppTest, stack: Stack, local: str
) -> None:
    old, new = new_email("alice"), f"{local}.{new_email('x')}"
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    ask(tab, new)
    if not mail_count(stack, new.lower()):
        pytest.skip("this Auth server takes no such address")
    give(tab, mailed_code(stack, old), mailed_code(stack, new.lower()))
    assert said(tab) == [CHANGED]
    assert address_at_auth(stack, user_id) == new.lower()


def test_a_later_change_in_another_tab_takes_the_place_of_the_first(
    tab: AppTest, stack: Stack
) -> None:
    old, first, second = new_email("alice"), new_email("first"), new_email("second")
    sign_up(tab, old)
    user_id = tab.session_state["user_id"]
    other = sign_in(another_tab(), old)
    ask(tab, first)
    codes = mailed_code(stack, old), mailed_code(stack, first)
    ask(other, second)
    assert said(give(tab, *codes))[0] == wrong(old)
    assert said(give(tab, new=codes[1]))[0] == wrong(first)
    give(other, mailed_code(stack, old), mailed_code(stack, second))
    assert address_at_auth(stack, user_id) == second


def test_a_new_password_meanwhile_leaves_the_codes_good(tab: AppTest, stack: Stack) -> None:
    """Auth is told of other changes at the same address."""
    old, new = new_email("alice"), new_email("alices.new")
    sign_up(tab, old)
    ask(tab, new)
    codes = mailed_code(stack, old), mailed_code(stack, new)
    field(tab, "Current password").set_value(PASSWORD)
    field(tab, "New password").set_value("a new horse")
    press(tab, "Change password")
    assert (mail_count(stack, old), mail_count(stack, new)) == (1, 1)
    auth = resources().auth
    assert [auth.confirm_address_change(*one) for one in zip((old, new), codes, strict=True)] == [
        *(False, True)
    ]


def test_mails_and_tries_are_limited(tab: AppTest) -> None:
    sign_up(tab, new_email("alice"))
    wait = "Too many attempts. Please try again in 10 minutes."
    for number in range(MAIL.per_email):
        assert said(ask(tab, new_email(f"new{number}"))) == [UNDER_WAY]
        if number < MAIL.per_email - 1:
            press(tab, "Not now")
    for number in range(CODE.per_email):
        assert said(give(tab, f"{number}23456"))[0].startswith("The code sent to")
    assert said(give(tab, "000000"))[0] == wait
    press(tab, "Not now")
    assert said(ask(tab, new_email("one.more"))) == [wait]


def test_it_needs_the_second_factor(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_second_factors(stack) as mfa:
        for tab in tab_on(mfa.stack, monkeypatch):
            old, new = new_email("alice"), new_email("alices.new")
            sign_up(tab, old)
            user_id = tab.session_state["user_id"]
            set_up(tab, mfa, old)
            secret = mfa.secret_of(old)
            assert said(ask(tab, new))[0].startswith("This account has a second factor")
            assert said(ask(tab, new, code=mfa.wrong_code(secret)))[0].startswith(
                "This code is not right"
            )
            assert mail_count(stack, new) == 0
            ask(tab, new, code=mfa.next_code(secret))
            give(tab, mailed_code(stack, old), mailed_code(stack, new))
            assert said(tab) == [CHANGED]
            assert address_at_auth(stack, user_id) == new
            tab.run()
            assert tab.session_state["user_id"] == user_id, "and the session is of both factors"


class OneCode(MfaAuth):
    """A project whose "Secure email change" is off: the new address's code is enough."""

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        asked = json.loads(body or b"{}")
        if path == "/auth/v1/verify" and asked.get("type") == "email_change":
            found = self._sql(
                "update auth.users set email_change_confirm_status = 2"
                " where email_change = %s returning id",
                asked["email"],
            )
            assert found
        return super().answer(method, path, headers, body)


def test_where_the_project_asks_for_one_code_it_is_enough(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = OneCode(stack)
    with serving(fake):
        for tab in tab_on(fake.stack, monkeypatch):
            old, new = new_email("alice"), new_email("alices.new")
            sign_up(tab, old)
            user_id = tab.session_state["user_id"]
            ask(tab, new)
            give(tab, new=mailed_code(stack, new))
            assert said(tab) == [CHANGED]
            assert address_at_auth(stack, user_id) == new


def test_nobody_signed_out_is_asked(tab: AppTest) -> None:
    go_to(tab, "account.py")
    assert "Mail me the codes" not in labels(tab)


def test_who_comes_after_in_the_same_tab_finds_nothing_of_it(tab: AppTest, stack: Stack) -> None:
    alice, bob, new = new_email("alice"), new_email("bob"), new_email("alices.new")
    sign_up(tab, alice)
    ask(tab, new)
    press(tab, "Sign out")
    sign_up(tab, bob)
    go_to(tab, "account.py")
    assert "Change my address" not in labels(tab)
    assert new not in everything(tab)
    assert address_at_auth(stack, tab.session_state["user_id"]) == bob
