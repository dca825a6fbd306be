"""Two browsers of one person: each is listed, and one ends the other."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.hard import only_hard
from tests.support.served import Visitor

Visit = Callable[..., Visitor]


def test_one_browser_ends_the_other_which_is_signed_out_untouched(visit: Visit) -> None:
    here, there = visit(), visit(phone=True)
    here.sign_up()
    there.email = here.email
    there.sign_in()
    there.expect_chat()
    there.go_to("Memories")
    there.expect_rest()
    here.go_to("Account")
    listed = here.page.locator("[class*=st-key-session-]").filter(has_text="Since")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("Chrome on Linux · this one")
    expect(listed.first).to_contain_text("Last seen: now")
    expect(listed.first.get_by_role("button")).to_have_count(0)
    here.page.get_by_role("button", name="End", exact=True).click()
    # Above the page, which was scrolled down for the click.
    expect(here.page.get_by_text("That browser is signed out.")).to_be_in_viewport()
    expect(listed).to_have_count(1)
    expect(here.page.get_by_role("table").get_by_text("Session ended from")).to_be_visible()
    # Nobody touches the other one.
    sign_in = there.page.get_by_role("button", name="Sign in", exact=True)
    expect(sign_in).to_be_visible()
    expect(there.page.get_by_text(here.email)).to_have_count(0)
    here.page.reload()
    expect(here.page.get_by_role("heading", name="Account")).to_be_visible()
    # What it is told stands above the page, and is not lost by scrolling.
    above = here.page.get_by_role("button", name="A new browser signed in")
    told = here.page.get_by_role("button", name="That was me")
    expect(told).to_be_in_viewport()
    expect(above).to_have_count(0)
    here.page.get_by_role("heading", name="Leave for good").scroll_into_view_if_needed()
    expect(told).not_to_be_in_viewport()
    above.click()
    expect(told).to_be_in_viewport()
    expect(above).to_have_count(0)
    assert here.complaints == there.complaints == []


@only_hard
def test_one_that_was_never_seen_alive_is_signed_out_too(visit: Visit) -> None:
    """Its session ends before the page has asked for the first time."""
    here, there = visit(), visit()
    here.sign_up()
    there.context.route("**/auth/alive", lambda route: route.abort())
    there.email = here.email
    there.sign_in()
    there.expect_chat()
    there.expect_rest()
    here.go_to("Account")
    here.page.get_by_role("button", name="End", exact=True).click()
    expect(here.page.get_by_text("That browser is signed out.")).to_be_visible()
    there.context.unroute("**/auth/alive")
    there.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(there.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_an_ended_browser_does_nothing_more(visit: Visit) -> None:
    here, there = visit(), visit()
    here.sign_up()
    there.email = here.email
    there.sign_in()
    there.expect_chat()
    there.expect_rest()
    here.go_to("Account")
    there.input.fill("I live in Lisbon.")
    here.page.get_by_role("button", name="End", exact=True).click()
    expect(here.page.get_by_text("That browser is signed out.")).to_be_visible()
    there.input.press("Enter")
    expect(there.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(here.page.locator(".st-key-conversations").get_by_role("button")).to_have_count(0)
