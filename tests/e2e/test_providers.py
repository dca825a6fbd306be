"""Signing in at a provider, in real browsers, against replies as hosted Auth gives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.looks import in_each_look
from tests.support.provider_auth import ProviderAuth, with_providers
from tests.support.served import PASSWORD, App, Visitor, served
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def auth(stack: Stack) -> Iterator[ProviderAuth]:
    with with_providers(stack) as fake:
        yield fake


@pytest.fixture(scope="module")
def place(auth: ProviderAuth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with served(auth.stack, tmp_path_factory.mktemp("app") / "app.log") as running:
        yield running


@in_each_look
def test_a_provider_lets_in_and_the_second_factor_is_still_asked_for(
    place: App, auth: ProviderAuth, browser: Browser, look: str
) -> None:
    alice = Visitor(browser, place, dark=look == "dark", phone=look == "phone")
    try:
        auth.visitor = (alice.email, PASSWORD)
        alice.open("/sign_in")
        expect(alice.page.get_by_role("link", name="Continue with Keycloak")).to_be_visible()
        alice.picture(f"providers-{look}")
        alice.page.get_by_role("link", name="Continue with GitHub").click()
        alice.expect_chat()
        assert auth.asked[-1]["redirect_to"] == f"{place.url}/auth/callback"
        alice.page.reload()
        alice.expect_chat()
        alice.go_to("Account")
        alice.page.get_by_label("Your password").fill(PASSWORD)
        alice.page.get_by_role("button", name="Set up a second factor").click()
        first = alice.page.get_by_label("Code from your app").first
        expect(first).to_be_visible()
        secret = auth.secret_of(alice.email)
        first.fill(auth.next_code(secret))
        alice.page.get_by_role("button", name="Turn on").click()
        expect(alice.page.get_by_text("They are not shown again.")).to_be_visible()
        alice.sign_out()
        alice.page.get_by_role("link", name="Continue with GitHub").click()
        expect(alice.page.get_by_role("button", name="Continue")).to_be_visible()
        alice.page.get_by_label("Code from your app").fill(auth.next_code(secret))
        alice.page.get_by_role("button", name="Continue").click()
        alice.expect_chat()
        assert alice.complaints == []
    finally:
        alice.close()


def test_the_way_back_is_of_no_use_in_another_browser(
    place: App, auth: ProviderAuth, browser: Browser
) -> None:
    alice, bob = Visitor(browser, place), Visitor(browser, place)
    try:
        auth.visitor = (alice.email, PASSWORD)
        alice.open("/sign_in")
        expect(alice.page.get_by_role("link", name="Continue with GitHub")).to_be_visible()
        seen: list[str] = []
        alice.page.on("request", lambda request: seen.append(request.url))
        alice.page.get_by_role("link", name="Continue with GitHub").click()
        alice.expect_chat()
        back = next(url for url in seen if "/auth/callback" in url)
        bob.open("/sign_in")
        bob.open(back)
        expect(bob.page.get_by_text("or was begun in another browser")).to_be_visible()
        expect(bob.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        auth.refuses = True
        bob.page.get_by_role("link", name="Continue with GitHub").click()
        expect(bob.page.get_by_text("That sign-in did not work.")).to_be_visible()
        assert "user said no" not in bob.page.content()
    finally:
        auth.refuses = False
        alice.close()
        bob.close()
