"""A program is let in, in a real browser: from its own request to the token that opens /mcp."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.looks import in_each_look
from tests.support.mfa_auth import serving
from tests.support.oauth_auth import OAuthAuth
from tests.support.served import App, Visitor, served
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")


class Program:
    """What waits on this machine for an answer, as command-line clients do; `answers` are those."""

    def __init__(self) -> None:
        self.answers: list[dict[str, str]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/callback":
                    answers.append({n: v[0] for n, v in parse_qs(parts.query).items()})
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>Atlas</title>You may close this window.")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.callback = f"http://127.0.0.1:{self.server.server_address[1]}/callback"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def auth(stack: Stack) -> Iterator[OAuthAuth]:
    fake = OAuthAuth(stack)
    with serving(fake):
        yield fake


@pytest.fixture(scope="module")
def place(auth: OAuthAuth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    log = tmp_path_factory.mktemp("app") / "app.log"
    with served(auth.stack, log, MCP_OAUTH="write") as running:
        yield running


@pytest.fixture
def program() -> Iterator[Program]:
    running = Program()
    yield running
    running.close()


@in_each_look
def test_a_program_gets_its_answer_where_it_waits(
    place: App, auth: OAuthAuth, program: Program, browser: Browser, look: str
) -> None:
    alice = Visitor(browser, place, dark=look == "dark", phone=look == "phone")
    page = alice.page
    try:
        alice.sign_up()
        # Signed out, as in a browser that has never been here.
        alice.context.clear_cookies()
        alice.open(f"/consent?authorization_id={auth.ask(redirect_uri=program.callback)}")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        alice.fill_sign_in()
        expect(page.get_by_text("Atlas Editor")).to_be_visible()
        alice.expect_rest()
        alice.picture(f"consent-{look}")
        page.get_by_role("button", name="Let it in").click()
        page.wait_for_url(f"{program.callback}?**")
        assert set(program.answers[0]) == {"code", "state"}
        # Refused, and told so; a program let in before goes on by a click alone.
        alice.open(f"/consent?authorization_id={auth.ask(redirect_uri=program.callback)}")
        page.get_by_role("button", name="Refuse").click()
        page.wait_for_url(f"{program.callback}?error=access_denied**")
        client_id = next(iter(auth.granted.values()))["client"]["id"]
        again = auth.ask(redirect_uri=program.callback, client_id=client_id)
        alice.open(f"/consent?authorization_id={again}")
        link = page.get_by_role("link", name="Go on to the program")
        expect(link).to_be_visible()
        alice.expect_rest()
        assert len(program.answers) == 2
        alice.picture(f"consent-before-{look}")
        link.click()
        page.wait_for_url(f"{program.callback}?code**")
        alice.open("/account")
        expect(page.get_by_text("Programs that you let in")).to_be_visible()
        alice.expect_rest()
        page.get_by_text("Programs that you let in").scroll_into_view_if_needed()
        alice.picture(f"consent-programs-{look}")
        page.locator("[class*=st-key-revoke-program-] button").click()
        expect(page.get_by_text("That program can't use your memories any more.")).to_be_visible()
        assert auth.granted == {}
        assert alice.complaints == []
    finally:
        alice.close()
        auth.granted.clear()
