"""The gate in a real browser: cookies, tabs, reloads, restarts, headers and looks."""

from __future__ import annotations

import hashlib
import http.client
import re
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from auth.routes import BROWSER_COOKIE, SESSION_COOKIE
from tests.support.auth_cast import mailed_code
from tests.support.hard import only_hard
from tests.support.looks import in_each_look
from tests.support.proxy import changing_host
from tests.support.served import App, Visitor

Visit = Callable[..., Visitor]
SIGN_IN = re.compile("^Sign in$")
# What becomes of a websocket that a page opens.
OPENED = """(url) => new Promise((resolve) => {
    const socket = new WebSocket(url, ["streamlit"]);
    socket.onopen = () => resolve("open");
    socket.onclose = () => resolve("refused");
})"""


def expect_gate(page: Page) -> None:
    expect(page.get_by_role("button", name=SIGN_IN)).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def cookie(visitor: Visitor, name: str) -> dict[str, object]:
    found = [dict(one) for one in visitor.context.cookies() if one.get("name") == name]
    return found[0] if found else {}


def wait_for_cookie(visitor: Visitor) -> None:
    """The browser fetches its cookie a moment after the page is there."""
    for _ in range(50):
        if cookie(visitor, SESSION_COOKIE):
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("the browser got no cookie")


def test_a_restart_keeps_people_signed_in_and_lets_nobody_else_in(app: App, visit: Visit) -> None:
    alice = visit()
    alice.sign_up()
    wait_for_cookie(alice)
    assert cookie(alice, SESSION_COOKIE)["httpOnly"] is True
    assert cookie(alice, SESSION_COOKIE)["sameSite"] == "Lax"
    assert cookie(alice, BROWSER_COOKIE)["httpOnly"] is True
    alice.page.reload()
    alice.expect_chat()
    alice.say("I live in Lisbon.")
    app.kill()
    app.start()
    # The first request to a process is the one that Streamlit could serve without the shell.
    stranger = visit()
    stranger.open("/account")
    expect_gate(stranger.page)
    expect(stranger.page.get_by_role("heading", name="Account")).to_have_count(0)
    alice.page.reload()
    expect(alice.messages.first).to_contain_text("I live in Lisbon.")
    alice.open("/account")
    expect(alice.page.get_by_role("heading", name="Account")).to_be_visible()
    expect(alice.page.get_by_test_id("stMain").get_by_text(alice.email)).to_be_visible()


def test_a_link_leads_strangers_to_the_gate(visit: Visit) -> None:
    stranger = visit()
    for path in ("/", "/account", "/memories", "/?c=1", "/nonsense"):
        # No page in between: one gate must not be taken for the next.
        stranger.open("about:blank")
        stranger.open(path)
        expect_gate(stranger.page)


def test_the_page_asked_for_is_shown_after_signing_in_and_the_first_to_whoever_left_it(
    visit: Visit,
) -> None:
    alice = visit()
    alice.sign_up()
    alice.go_to("Account")
    alice.sign_out()
    alice.fill_sign_in()
    alice.expect_chat()
    alice.sign_out()
    alice.open("/account")
    expect_gate(alice.page)
    alice.page.get_by_label("Email").fill(alice.email)
    alice.page.get_by_role("textbox", name="Password").fill("correct horse battery")
    alice.page.get_by_role("textbox", name="Password").press("Enter")
    expect(alice.page.get_by_role("heading", name="Account")).to_be_visible()
    assert alice.page.url.endswith("/account")


@only_hard
def test_an_address_with_capitals_a_plus_and_other_letters_leads_everywhere(
    app: App, visit: Visit
) -> None:
    zoe = visit()
    zoe.email = f"Zoë+Tea.{zoe.email.partition('@')[0]}@Exämple.de"
    known_as = zoe.email.lower()
    zoe.sign_up()
    zoe.go_to("Account")
    expect(zoe.page.get_by_test_id("stMain").get_by_text(known_as, exact=True)).to_be_visible()
    zoe.sign_out()
    zoe.email = zoe.email.upper()
    zoe.fill_sign_in()
    zoe.expect_chat()
    zoe.sign_out()
    page = zoe.page
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    page.get_by_label("Email").fill(zoe.email)
    page.get_by_role("button", name="Mail me a code", exact=True).click()
    page.get_by_label("Code from the mail").fill(mailed_code(app.stack, known_as))
    page.get_by_role("textbox", name="New password").fill("another horse battery")
    page.get_by_role("button", name="Set password and sign in").click()
    zoe.expect_chat()
    expect(page.get_by_text(known_as, exact=True)).to_be_attached()
    assert zoe.complaints == []


def test_a_sign_out_in_one_tab_ends_the_other_at_its_next_run(visit: Visit) -> None:
    alice = visit()
    alice.sign_up()
    wait_for_cookie(alice)
    other = alice.new_tab()
    other.goto("/memories")
    expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    alice.sign_out()
    other.get_by_role("link", name="Account", exact=True).click()
    expect_gate(other)
    expect(other.get_by_text("You have been signed out. Please sign in again.")).to_be_visible()
    assert alice.email not in other.content()


def test_nothing_is_left_after_signing_out_nor_for_the_second_person(visit: Visit) -> None:
    alice = visit()
    alice.sign_up()
    alice.input.fill("a draft that nobody else may see")
    alice.go_to("Account")
    alice.page.get_by_label("Current password", exact=True).fill("a secret draft")
    alice.sign_out()
    expect(alice.page.get_by_label("Email")).to_have_value("")
    alice.page.wait_for_timeout(500)
    assert cookie(alice, SESSION_COOKIE) == {}
    for _ in range(3):
        alice.page.go_back()
        alice.page.wait_for_timeout(300)
        assert alice.email not in alice.page.content()
        assert "draft" not in alice.page.content()
    alice.open("/")
    expect_gate(alice.page)
    first = alice.email
    alice.email = f"bob.{first}"
    alice.sign_up()
    assert first not in alice.page.content().replace(alice.email, "")
    expect(alice.input).to_have_value("")


def test_a_browser_has_one_person_at_a_time(visit: Visit) -> None:
    alice = visit()
    late = alice.new_tab()
    late.goto("/sign_in")
    expect_gate(late)
    alice.sign_up()
    wait_for_cookie(alice)
    bob = visit()
    bob.sign_up()
    late.get_by_label("Email").fill(bob.email)
    late.get_by_role("textbox", name="Password").fill("correct horse battery")
    late.get_by_role("button", name=SIGN_IN).click()
    expect(late.get_by_role("button", name="Sign out")).to_be_visible()
    late.wait_for_timeout(500)
    alice.page.get_by_role("link", name="Account", exact=True).click()
    expect_gate(alice.page)
    alice.page.reload()
    expect(alice.page.get_by_text(bob.email).first).to_be_visible()


def test_password_managers_find_their_way(visit: Visit) -> None:
    visitor = visit()
    expected = {
        "/sign_in": ["username", "current-password"],
        "/sign_up": ["username", "new-password"],
    }
    for path, attributes in expected.items():
        visitor.open(path)
        fields = visitor.page.get_by_test_id("stTextInputField")
        expect(fields).to_have_count(2)
        found = [fields.nth(number).get_attribute("autocomplete") for number in range(2)]
        assert found == attributes


def test_every_response_carries_the_security_headers(app: App) -> None:
    with urllib.request.urlopen(app.url + "/account", timeout=30) as reply:  # noqa: S310
        headers = reply.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval'" not in headers["content-security-policy"].replace("wasm-unsafe-eval", "")
    assert re.fullmatch(
        rf"{BROWSER_COOKIE}=[\w-]{{32}}; Path=/; HttpOnly; SameSite=Lax; Max-Age=\d+",
        headers["set-cookie"],
    )
    with urllib.request.urlopen(app.url + "/healthz", timeout=30) as reply:  # noqa: S310
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_known_browser_keeps_its_name_and_https_makes_it_secure(app: App) -> None:
    host = app.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", "/", headers={"Cookie": f"{BROWSER_COOKIE}=known"})
    reply = connection.getresponse()
    reply.read()
    assert reply.headers["set-cookie"] is None
    connection.request("GET", "/", headers={"X-Forwarded-Proto": "https"})
    reply = connection.getresponse()
    reply.read()
    assert reply.headers["set-cookie"].endswith("; Secure")
    connection.close()


@in_each_look
@only_hard
def test_the_account_pages_can_be_looked_at(visit: Visit, look: str) -> None:
    visitor = visit(dark=look == "dark", phone=look == "phone")
    visitor.open("/")
    expect_gate(visitor.page)
    visitor.picture(f"sign-in-{look}")
    visitor.open("/sign_up")
    expect(visitor.page.get_by_role("button", name="Create account")).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Sign in instead")).to_be_visible()
    visitor.picture(f"sign-up-{look}")
    visitor.sign_up()
    visitor.go_to("Account")
    visitor.page.wait_for_timeout(500)
    visitor.picture(f"account-{look}")
    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= visitor.page.viewport_size["width"]  # type: ignore[index]


def test_what_a_form_answers_is_seen_on_a_phone(visit: Visit) -> None:
    alice = visit(phone=True)
    alice.create_account()
    alice.go_to("Account")
    alice.expect_rest()
    page = alice.page
    page.get_by_label("Current password", exact=True).fill("not this horse")
    page.get_by_label("New password", exact=True).fill("a new horse")
    sends = page.get_by_role("button", name="Change password")
    sends.evaluate("(button) => button.scrollIntoView({ block: 'end' })")
    sends.click()
    expect(page.get_by_text("The current password is not right.")).to_be_in_viewport(ratio=1)


def test_a_page_of_another_server_on_this_machine_gets_no_websocket(visit: Visit) -> None:
    """Cookies know no ports: without a look at the origin it would act as the person."""
    ana = visit()
    ana.sign_up()
    address = ana.page.evaluate("location.host")
    stream = f"ws://{address}/_stcore/stream"
    assert ana.page.evaluate(OPENED, stream) == "open"
    with another_server() as elsewhere:
        ana.page.goto(elsewhere)
        assert ana.page.evaluate(OPENED, stream) == "refused"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def another_server() -> Iterator[str]:
    """An empty page of another port; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "host",
    [pytest.param("127.0.0.1", marks=only_hard), "backend.internal:8501"],
    ids=["$host", "default"],
)
def test_behind_a_proxy_that_changes_host_the_page_works_and_a_foreign_one_is_refused(
    app: App, browser: Browser, host: str
) -> None:
    with changing_host(app.url, host) as address:
        ana = Visitor(browser, app)
        ana.page.goto(address)
        ana.page.get_by_label("Email").fill(ana.email)
        ana.page.get_by_role("textbox", name="Password").fill("correct horse battery")
        ana.page.get_by_role("button", name="Create account").click()
        ana.expect_chat()
        ana.page.reload()
        ana.expect_chat()
        with another_server() as elsewhere:
            ana.page.goto(elsewhere)
            stream = f"ws://{address.partition('//')[2]}/_stcore/stream"
            assert ana.page.evaluate(OPENED, stream) == "refused"
        ana.close()


def test_tries_are_counted_by_network_behind_a_proxy(app: App, browser: Browser) -> None:
    network = f"198.51.100.{secrets.randbelow(250) + 1}"
    key = hashlib.sha256(f"sign_in\0network\0{network}".encode()).digest()
    with changing_host(app.url, app.url.removeprefix("http://"), client=network) as address:
        eve = Visitor(browser, app)
        eve.page.goto(address)
        eve.fill_sign_in("wrong horse")
        expect(eve.page.get_by_text("The email or the password is not right.")).to_be_visible()
        eve.close()
    count = "select count from private.attempts where key = %s"
    assert app.stack.execute("postgres", count, key) == [(1,)]
