"""A second factor in real browsers, against replies as hosted Auth gives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.looks import in_each_look
from tests.support.mfa_auth import MfaAuth, with_second_factors
from tests.support.served import PASSWORD, App, Visitor, served
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def mfa(stack: Stack) -> Iterator[MfaAuth]:
    with with_second_factors(stack) as fake:
        fake.gives_picture = False
        yield fake


@pytest.fixture(scope="module")
def place(mfa: MfaAuth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with served(mfa.stack, tmp_path_factory.mktemp("app") / "app.log") as running:
        yield running


def turn_on(person: Visitor, mfa: MfaAuth, name: str = "") -> str:
    """On the Account page; one of the recovery codes."""
    person.go_to("Account")
    page = person.page
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up a second factor").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    if name:
        page.get_by_text("Or type this secret").scroll_into_view_if_needed()
        person.picture(f"{name}-setting-up")
    page.get_by_label("Code from your app").first.fill(mfa.next_code(mfa.secret_of(person.email)))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("They are not shown again.")).to_be_visible()
    if name:
        page.get_by_text("They are not shown again.").scroll_into_view_if_needed()
        person.picture(f"{name}-recovery-codes")
    return page.get_by_test_id("stCode").filter(has_text="-").last.inner_text().split()[0]


@in_each_look
def test_it_is_set_up_and_then_asked_for(
    place: App, mfa: MfaAuth, browser: Browser, look: str
) -> None:
    alice = Visitor(browser, place, dark=look == "dark", phone=look == "phone")
    elsewhere = Visitor(browser, place)
    try:
        alice.sign_up()
        elsewhere.email = alice.email
        elsewhere.sign_in()
        elsewhere.expect_chat()
        code = turn_on(alice, mfa, f"second-factor-{look}")
        # The other browser is signed out, and its cookie restores nothing.
        elsewhere.open("/account")
        expect(elsewhere.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        elsewhere.fill_sign_in()
        expect(elsewhere.page.get_by_role("button", name="Continue")).to_be_visible()
        elsewhere.page.reload()
        expect(elsewhere.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        alice.sign_out()
        alice.fill_sign_in()
        expect(alice.page.get_by_role("button", name="Continue")).to_be_visible()
        alice.picture(f"second-factor-{look}-asked")
        alice.page.get_by_label("Code from your app").fill(
            mfa.next_code(mfa.secret_of(alice.email))
        )
        alice.page.get_by_role("button", name="Continue").click()
        alice.expect_chat()
        alice.page.reload()
        alice.expect_chat()
        elsewhere.fill_sign_in()
        elsewhere.page.get_by_text("No app at hand?").click()
        elsewhere.page.get_by_label("Recovery code").fill(code)
        elsewhere.page.get_by_role("button", name="Use recovery code").click()
        elsewhere.expect_chat()
        expect(elsewhere.page.get_by_text("your second factor is off now")).to_be_visible()
        assert alice.complaints == []
    finally:
        alice.close()
        elsewhere.close()
