"""The gate and the account pages, run by AppTest from app.py on the real stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from auth.limits import SIGN_IN
from tests.support.auth_cast import PASSWORD, mail_count, mailed_code, new_email
from tests.support.stack import Stack, running_stack
from tests.support.tab import APP, everything, field, go_to, labels, press, sign_in, sign_up, tab_on
from ui.elements.markdown import as_text
from ui.shell.navigation import PAGES

PERSONAL_PAGES = ("chat.py", "memories.py", "account.py")


@pytest.fixture
def app(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """A tab that shows the sign-in page."""
    yield from tab_on(stack, monkeypatch)


def test_whoever_is_signed_out_sees_the_sign_in_page(app: AppTest) -> None:
    assert [one.label for one in app.text_input] == ["Email", "Password"]
    assert "Sign in" in labels(app)
    assert "Sign out" not in labels(app)
    assert "user_id" not in app.session_state


@pytest.mark.parametrize("page", PERSONAL_PAGES)
def test_no_page_is_reached_without_a_session(app: AppTest, page: str) -> None:
    go_to(app, page)
    assert "Sign in" in labels(app)
    assert "Sign out" not in labels(app)
    assert not app.exception


@pytest.mark.parametrize("page", PERSONAL_PAGES)
def test_a_page_run_by_itself_hands_over_to_the_gate(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    for _ in tab_on(stack, monkeypatch):
        alone = AppTest.from_file(str(PAGES / page), default_timeout=90).run()
        assert not alone.exception
        assert "Sign in" in labels(alone)
        assert [title.value for title in alone.title] == ["Keepsake"]


def test_creating_an_account_signs_in_and_shows_the_chat(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    assert not app.error
    assert app.chat_input[0].placeholder == "Message Keepsake"
    assert "Sign out" in labels(app)
    assert email in everything(app)
    assert len(app.session_state["user_id"]) == 36


def test_signing_out_forgets_everything(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    user_id = app.session_state["user_id"]
    go_to(app, "account.py")
    field(app, "Current password").set_value("a draft that nobody else may see")
    app.run()
    press(app, "Sign out")
    assert "Sign in" in labels(app)
    assert "user_id" not in app.session_state
    for trace in (email, user_id, "a draft"):
        assert trace not in everything(app)


def test_the_second_person_in_the_same_tab_finds_nothing_of_the_first(app: AppTest) -> None:
    alice, bob = new_email("alice"), new_email("bob")
    sign_up(app, bob)
    press(app, "Sign out")
    sign_up(app, alice)
    alices_id = app.session_state["user_id"]
    press(app, "Sign out")
    sign_in(app, bob)
    assert app.session_state["user_id"] != alices_id
    for page in PERSONAL_PAGES:
        go_to(app, page)
        assert bob in everything(app)
        assert alice not in everything(app)
        assert alices_id not in everything(app)


def test_a_wrong_password_says_so_and_keeps_what_was_typed(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    press(app, "Sign out")
    sign_in(app, email, "wrong horse")
    assert [error.value for error in app.error] == ["The email or the password is not right."]
    assert field(app, "Email").value == email
    assert "user_id" not in app.session_state
    sign_in(app, new_email("nobody"))
    assert [error.value for error in app.error] == ["The email or the password is not right."]


def test_guessing_is_stopped(app: AppTest) -> None:
    email = new_email("alice")
    for _ in range(SIGN_IN.per_email):
        sign_in(app, email, "wrong horse")
    sign_in(app, email)
    assert "Too many attempts. Please try again in 10 minutes." in [e.value for e in app.error]


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("", PASSWORD, "Please enter your email address."),
        ("alice", PASSWORD, "This does not look like an email address."),
        ("alice@example.com", "short", "This password is too short. Use at least 8 characters."),
        ("alice@example.com", "x" * 100, "This password is too long."),
        ("a\x00b@example.com", PASSWORD, "This does not look like an email address."),
    ],
)
def test_creating_an_account_refuses_what_cannot_work(
    app: AppTest, email: str, password: str, sentence: str
) -> None:
    sign_up(app, email, password)
    assert app.error[0].value.startswith(sentence)
    assert "user_id" not in app.session_state


def test_an_address_that_is_taken_is_named_as_such(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    press(app, "Sign out")
    sign_up(app, email, "another horse")
    assert app.error[0].value == "There is already an account with this email. Sign in instead."


def test_a_forgotten_password_is_replaced_with_a_code_from_the_mail(
    app: AppTest, stack: Stack
) -> None:
    email = new_email("alice")
    sign_up(app, email)
    user_id = app.session_state["user_id"]
    press(app, "Sign out")
    go_to(app, "sign_in.py")
    press(app, "Forgot password?")
    field(app, "Email").set_value(email)
    press(app, "Mail me a code")
    # Its name is random: what markdown would read as its own is escaped.
    mailbox = as_text(stack.environ["LOCAL_MAILBOX"])
    assert any(mailbox in caption.value for caption in app.caption)
    field(app, "Code from the mail").set_value("12")
    field(app, "New password").set_value("a new horse")
    press(app, "Set password and sign in")
    assert app.error[0].value == "Please enter the code from the mail: six digits."
    field(app, "Code from the mail").set_value(mailed_code(stack, email))
    press(app, "Set password and sign in")
    assert app.session_state["user_id"] == user_id
    press(app, "Sign out")
    sign_in(app, email, "a new horse")
    assert app.session_state["user_id"] == user_id


def test_forgot_password_says_the_same_to_an_unknown_address(app: AppTest, stack: Stack) -> None:
    email = new_email("nobody")
    press(app, "Forgot password?")
    field(app, "Email").set_value(email)
    press(app, "Mail me a code")
    assert app.info[0].value.startswith("If there is an account with this email")
    assert mail_count(stack, email) == 0
    press(app, "Back to sign-in")
    assert "Sign in" in labels(app)


@pytest.mark.stack
def test_a_new_address_is_confirmed_by_a_mailed_code(monkeypatch: pytest.MonkeyPatch) -> None:
    email = new_email("alice")
    with running_stack("--confirm") as confirming:
        for app in tab_on(confirming, monkeypatch):
            sign_up(app, email)
            assert "user_id" not in app.session_state
            code = mailed_code(confirming, email)
            field(app, "Code from the mail").set_value("000000" if code != "000000" else "1111")
            press(app, "Confirm")
            assert app.error[0].value == "This code is wrong or has expired. Ask for a new one."
            later = sign_in(AppTest.from_file(str(APP), default_timeout=90).run(), email)
            field(later, "Code from the mail").set_value(code)
            press(later, "Confirm")
            assert email in everything(later)
            assert "user_id" in later.session_state


def test_changing_the_password_asks_for_the_current_one(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    go_to(app, "account.py")
    field(app, "Current password").set_value("wrong horse")
    field(app, "New password").set_value("a new horse")
    press(app, "Change password")
    assert app.error[0].value == "The current password is not right."
    field(app, "Current password").set_value(PASSWORD)
    press(app, "Change password")
    assert app.success
    press(app, "Sign out")
    sign_in(app, email)
    assert app.error
    sign_in(app, email, "a new horse")
    assert "Sign out" in labels(app)


def test_ending_all_sessions_ends_the_one_in_another_tab_at_its_next_run(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    other = sign_in(AppTest.from_file(str(APP), default_timeout=90).run(), email)
    assert "Sign out" in labels(other)
    go_to(app, "account.py")
    press(app, "End all sessions")
    assert "Sign in" in labels(app)
    other.run()
    assert "Sign in" in labels(other)
    assert [one.value for one in other.info] == ["You have been signed out. Please sign in again."]
    assert email not in everything(other)


def test_the_page_that_was_asked_for_is_shown_after_signing_in(app: AppTest) -> None:
    email = new_email("alice")
    sign_up(app, email)
    press(app, "Sign out")
    go_to(app, "account.py")
    assert "Sign in" in labels(app)
    sign_in(app, email)
    assert app.title[0].value == "Account"
    press(app, "Sign out")
    sign_in(app, email)
    assert app.title[0].value != "Account", "the next person begins at the beginning"
