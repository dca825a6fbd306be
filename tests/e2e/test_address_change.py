"""A new address and the notice of a new browser, in two real browsers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.auth_cast import mailed_code
from tests.support.hard import only_hard
from tests.support.looks import in_each_look
from tests.support.served import PASSWORD, App, Visitor

Visit = Callable[..., Visitor]


@in_each_look
@only_hard
def test_a_new_browser_is_told_and_a_new_address_ends_it(app: App, visit: Visit, look: str) -> None:
    alice, elsewhere = visit(dark=look == "dark", phone=look == "phone"), visit()
    alice.sign_up()
    elsewhere.email = alice.email
    elsewhere.sign_in()
    elsewhere.expect_chat()
    alice.open("/")
    told = alice.page.get_by_test_id("stText").filter(has_text="A new browser signed in")
    expect(told).to_be_visible()
    alice.expect_rest()
    # The chat scrolls to its end by itself, and must not here.
    expect(told).to_be_in_viewport()
    alice.picture(f"notice-{look}")
    if look == "phone":
        leads_back = alice.page.locator("#above")
        expect(leads_back).to_be_hidden()
        alice.page.mouse.move(200, 500)
        alice.page.mouse.wheel(0, 2_000)
        expect(leads_back).to_have_text("A new browser signed in")
        alice.picture("notice-scrolled-past")
        leads_back.click()
        expect(leads_back).to_be_hidden()
        expect(told).to_be_in_viewport()
    alice.go_to("Account")
    page, new = alice.page, f"new.{alice.email}"
    page.get_by_label("New email address").fill(new)
    page.get_by_label("Password of your account").fill(PASSWORD)
    page.get_by_role("button", name="Mail me the codes").click()
    page.get_by_label("Code from your old address").fill(mailed_code(app.stack, alice.email))
    page.get_by_role("button", name="Change my address").click()
    expect(page.get_by_text("✓ The code sent to")).to_be_visible()
    page.get_by_label("Code from your new address").scroll_into_view_if_needed()
    alice.picture(f"address-{look}")
    page.get_by_label("Code from your new address").fill(mailed_code(app.stack, new))
    page.get_by_role("button", name="Change my address").click()
    expect(page.get_by_text("Your email address is changed.")).to_be_visible()
    elsewhere.open("/account")
    expect(elsewhere.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    elsewhere.email = new
    elsewhere.sign_in()
    elsewhere.expect_chat()
    expect(elsewhere.page.get_by_text("Your email address was changed")).to_be_visible()
    elsewhere.page.get_by_role("button", name="That was me").click()
    expect(elsewhere.page.get_by_text("Your email address was changed")).to_have_count(0)
    assert alice.complaints == []
    assert elsewhere.complaints == []
