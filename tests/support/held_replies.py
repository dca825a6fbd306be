"""A slow way from the app to one browser: what it sends is held, and passed on when told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from playwright.sync_api import Page, WebSocketRoute


class HeldReplies:
    """Of a page that has not been opened yet; nothing is held before `hold`."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[Callable[[], None]] | None = None
        page.route_web_socket("**/_stcore/stream", self._pass_on)

    def hold(self) -> None:
        self._held = []

    def wait_for_more(self, count: int) -> None:
        """Until so many messages are held."""
        for _ in range(100):
            if len(self._held or ()) >= count:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"{len(self._held or ())} messages are held")

    def wait_for_rest(self) -> None:
        """Until something is held, and nothing more has come for half a second."""
        self.wait_for_more(1)
        count = 0
        while count < len(self._held or ()):
            count = len(self._held or ())
            self._page.wait_for_timeout(500)

    def release(self, after_each: Callable[[], None] = lambda: None) -> None:
        """Pass on what is held; `after_each` looks at the page meanwhile."""
        held, self._held = self._held or [], None
        for send in held:
            send()
            after_each()

    def _pass_on(self, browser: WebSocketRoute) -> None:
        def reply(message: str | bytes) -> None:
            if self._held is None:
                browser.send(message)
            else:
                self._held.append(partial(browser.send, message))

        browser.connect_to_server().on_message(reply)
