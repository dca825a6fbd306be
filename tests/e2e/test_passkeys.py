"""A passkey in a real browser, held by Chromium's virtual authenticator, and an Auth server that
checks what it signs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.support.looks import in_each_look
from tests.support.passkey_auth import PasskeyAuth, with_passkeys
from tests.support.served import PASSWORD, App, Visitor, served
from tests.support.stack import Stack

BUTTON = "Sign in with a passkey"


@pytest.fixture(scope="module")
def auth(stack: Stack) -> Iterator[PasskeyAuth]:
    with with_passkeys(stack) as fake:
        yield fake


@pytest.fixture(scope="module")
def place(auth: PasskeyAuth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with served(auth.stack, tmp_path_factory.mktemp("app") / "app.log") as running:
        yield running


def with_authenticator(person: Visitor) -> tuple[CDPSession, str]:
    """Its browser gets an authenticator that holds passkeys and knows its owner."""
    cdp = person.context.new_cdp_session(person.page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, str(made["authenticatorId"])


@in_each_look
def test_it_is_added_and_lets_in_without_a_password(
    place: App, auth: PasskeyAuth, browser: Browser, look: str
) -> None:
    url = place.url.replace("127.0.0.1", "localhost")
    auth.origins.add(url)
    alice = Visitor(browser, place, dark=look == "dark", phone=look == "phone", url=url)
    cdp, authenticator = with_authenticator(alice)
    page = alice.page
    try:
        alice.sign_up()
        alice.go_to("Account")
        page.get_by_label("Name of the passkey").fill("My phone")
        page.get_by_label("Password to add it").fill(PASSWORD)
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("Your passkey is added.")).to_be_visible()
        expect(page.get_by_text("My phone", exact=True)).to_be_visible()
        page.get_by_text("My phone", exact=True).scroll_into_view_if_needed()
        alice.picture(f"passkeys-{look}-added")
        page.get_by_label("Current password", exact=True).fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill(PASSWORD[::-1])
        page.get_by_role("button", name="Change password").click()
        told = page.get_by_text("1 passkey of this account still works without the password.")
        expect(told).to_be_in_viewport()
        alice.picture(f"passkeys-{look}-new-password")
        alice.sign_out()
        expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
        alice.picture(f"passkeys-{look}-sign-in")
        # Somebody who says no, and then yes, at the button that is left.
        verified = {"authenticatorId": authenticator, "isUserVerified": False}
        cdp.send("WebAuthn.setUserVerified", verified)
        cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": authenticator, "enabled": False},
        )
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_text("Your browser asks for your passkey now.")).to_be_visible()
        alice.picture(f"passkeys-{look}-asked")
        page.get_by_role("button", name="Back to sign-in").click()
        cdp.send("WebAuthn.setUserVerified", {**verified, "isUserVerified": True})
        cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": authenticator, "enabled": True},
        )
        page.get_by_role("button", name=BUTTON).click()
        alice.expect_chat()
        page.reload()
        alice.expect_chat()
        alice.go_to("Account")
        expect(page.get_by_text("Last used: ").first).to_be_visible()
        # The device forgets it: the browser has nothing to show, and says so by itself.
        alice.sign_out()
        cdp.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_text("No passkey was used")).to_be_visible()
        alice.picture(f"passkeys-{look}-none")
        page.get_by_role("button", name="Back to sign-in").click()
        alice.fill_sign_in(PASSWORD[::-1])
        alice.expect_chat()
        assert alice.complaints == []
    finally:
        alice.close()
