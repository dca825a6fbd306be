"""The app as people meet it: a process of its own on the stack, and browsers in front of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, ViewportSize, expect

from auth.client import AuthClient
from auth.routes import SESSION_COOKIE
from auth.sessions import Sessions
from config import Settings
from database.transactions import Database
from tests.support.hard import HARD
from tests.support.stack import ROOT, Stack, free_port
from tests.support.waiting import PATIENCE_S

ARTIFACTS = ROOT / "tests" / "artifacts"
PASSWORD = "correct horse battery"
START_S = 60
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1200, "height": 800}
# Below this Streamlit draws the sidebar over the page.
NARROW_PX = 769


class App:
    """One app process; `url` stays the same over restarts."""

    def __init__(self, stack: Stack, log: Path, **changes: str) -> None:
        self.stack = stack
        self._environ = {**os.environ, **stack.environ, **changes}
        self._log = log
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self._environ)

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.port", str(self._port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )
        give_up_at = time.monotonic() + START_S
        while not self.answers("/healthz"):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the app did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def answers(self, path: str) -> bool:
        """Whether a GET gets a 200."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as response:  # noqa: S310
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_ready(self) -> None:
        """Until database, Auth and model answer, /readyz looks at them every 2 s at most."""
        give_up_at = time.monotonic() + START_S
        while not self.answers("/readyz"):
            if time.monotonic() > give_up_at:
                raise RuntimeError("the app is not ready")
            time.sleep(0.2)

    def stop(self) -> None:
        self._end(kill=False)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def served(stack: Stack, log: Path, **changes: str) -> Iterator[App]:
    app = App(stack, log, **changes)
    try:
        app.start()
        yield app
    finally:
        app.stop()


class Visitor:
    """A person with a browser of their own."""

    def __init__(
        self,
        browser: Browser,
        app: App,
        *,
        dark: bool = False,
        phone: bool = False,
        url: str | None = None,
    ) -> None:
        """`url` is where they come to the app, if not straight."""
        self._app = app
        self._url = url or app.url
        self.context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            base_url=self._url,
        )
        self.complaints: list[str] = []
        self.page = self.new_tab()
        self.email = f"{uuid4().hex[:10]}@example.com"

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        # Below a page's own address Streamlit's client looks for the server in vain, then above.
        # While the app is away, nobody tells whether the session lives.
        away = any(part in message.location["url"] for part in ("_stcore", "/auth/alive"))
        if message.type == "error" and not away:
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def close(self) -> None:
        self.context.close()

    def open(self, path: str = "/") -> None:
        self.page.goto(path)

    def create_account(self) -> None:
        """By the calls and the cookie of the first page, without its form: see `sign_up`."""
        tokens = self._auth.sign_up(self.email, PASSWORD)
        assert tokens is not None, "the sign-up waits for a code"
        with self._sessions() as sessions:
            secret = sessions.open(tokens, how="signed_up").secret
        self.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": self._url}])
        self.open("/")
        self.expect_chat()
        self.expect_rest()

    @property
    def _auth(self) -> AuthClient:
        settings = self._app.settings
        return AuthClient(settings.supabase_url, settings.supabase_key)

    @contextmanager
    def _sessions(self) -> Iterator[Sessions]:
        settings = self._app.settings
        database = Database(settings.database_url)
        try:
            yield Sessions(database, self._auth, days=settings.session_days)
        finally:
            database.close()

    def expire_session(self) -> None:
        """It ends in the database, and this browser has not been told."""
        (secret,) = (
            cookie["value"]
            for cookie in self.context.cookies(self._url)
            if cookie["name"] == SESSION_COOKIE
        )
        with self._sessions() as sessions:
            sessions.end(secret)

    def sign_up(self) -> None:
        """On the first page, as whoever has never been here."""
        self.open("/")
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_role("textbox", name="Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Create account").click()
        self.expect_chat()
        self.expect_rest()

    def sign_in(self, password: str = PASSWORD) -> None:
        self.open("/sign_in")
        self.fill_sign_in(password)

    def fill_sign_in(self, password: str = PASSWORD) -> None:
        """Sign in on the page that is open."""
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_role("textbox", name="Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_out(self) -> None:
        self.show_sidebar()
        self.page.get_by_role("button", name="Sign out", exact=True).click()
        expect(self.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        # The run that draws the form may still draw it anew, without what was typed meanwhile.
        self.expect_no_run()

    def show_sidebar(self) -> None:
        expand = self.page.get_by_test_id("stExpandSidebarButton")
        if expand.is_visible():
            expand.click()

    def expect_sidebar_gone_on_a_phone(self) -> None:
        """It slides away after a click; what is seen of it until then cannot be clicked."""
        size = self.page.viewport_size
        if size and size["width"] < NARROW_PX:
            expect(self.page.get_by_test_id("stExpandSidebarButton")).to_be_visible()

    @property
    def input(self) -> Locator:
        return self.page.get_by_placeholder("Message Keepsake")

    def expect_chat(self) -> None:
        expect(self.input).to_be_visible()
        expect(self.page.get_by_role("button", name="Sign out", exact=True)).to_be_attached()

    @property
    def messages(self) -> Locator:
        return self.page.get_by_test_id("stChatMessage")

    def say(self, text: str, *, wait: bool = True) -> None:
        """Send a message and, with `wait`, see its answer through."""
        before = self.messages.count()
        self.input.fill(text)
        self.input.press("Enter")
        expect(self.messages).to_have_count(before + 2)
        if wait:
            self.expect_rest()

    def expect_no_run(self) -> None:
        idle = "[data-testid=stApp][data-test-script-state=notRunning]"
        expect(self.page.locator(idle)).to_have_count(1)

    def expect_rest(self) -> None:
        """No script runs, no answer is being written, nothing is being remembered."""
        expect(self.page.get_by_role("button", name="Stop")).to_have_count(0)
        self.expect_no_run()
        notes = self.page.locator("[class*=st-key-memory-note-]")
        # Counted at once: notes of the page that was left may still be going.
        done = self.page.locator("#note[data-done]")
        expect(notes.filter(has_not=done)).to_have_count(0)

    @property
    def answer(self) -> Locator:
        """The last answer, with what stands below it."""
        return self.messages.last

    def new_chat(self) -> None:
        self.show_sidebar()
        self.page.get_by_role("button", name="New chat").click()
        expect(self.messages).to_have_count(0)
        self.expect_rest()

    def switch_memory(self, label: str) -> None:
        """Flip one of the switches behind "Memory" on the chat page."""
        button = self.page.get_by_test_id("stPopoverButton").filter(has_text="Memory")
        before = button.inner_text()
        button.click()
        self.page.get_by_text(label).click()
        # The button tells what is stored; until then the click may still be on its way.
        expect(button).not_to_have_text(before)
        self.expect_rest()
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_text(label)).to_have_count(0)

    def attach(self, name: str, content: bytes) -> None:
        """Add a file to the message that is being written."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        chat_input = self.page.get_by_test_id("stChatInput")
        chat_input.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        expect(chat_input.get_by_text(name)).to_be_visible()
        # While it is on its way Enter does nothing.
        expect(chat_input.get_by_test_id("stChatInputSubmitButton")).to_be_enabled()

    def go_to(self, page_name: str) -> None:
        self.show_sidebar()
        self.page.get_by_role("link", name=page_name, exact=True).click()
        self.expect_sidebar_gone_on_a_phone()
        if page_name != "Chat":
            expect(self.page.get_by_role("heading", name=page_name)).to_be_visible()

    def picture(self, name: str) -> None:
        """One to be looked at, into tests/artifacts, with `make test-hard`."""
        if HARD:
            self.take_picture(name)

    def take_picture(self, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{re.sub('[^a-z0-9-]', '-', name)}.png")


expect.set_options(timeout=PATIENCE_S * 1_000)
