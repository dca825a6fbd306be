"""The browser that tests drive, and its profiles: each person has one alone, emptied for the next.

A new profile loads, parses and compiles the whole client anew, for most of a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

from local.install.browser import find

# Chromium would else ask hosts outside for updates, in vain.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages live for seconds: an optimizing compiler costs a fifth of their time, and is of no use.
    "--js-flags=--no-opt,--no-maglev,--no-sparkplug,--single-threaded",
    # A page finds what the one before it has compiled, within a profile.
    "--process-per-site",
]
# As many as come at once; each holds a process.
_KEPT = 3
# A reply to one of these that comes after the cookies were cleared would set its own.
_OF_A_PERSON = ("document", "fetch", "xhr", "ping")
_ANSWERED_WITHIN_S = 2.0
# All that a page can leave behind beside cookies, but for what is cached of everyone's files.
_LEFT = "local_storage,indexeddb,websql,cache_storage,service_workers,file_systems"


class Profile:
    """What one person's browser knows."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.context = browser.new_context(base_url=url)
        self._keeper: Page | None = None
        self._asked: set[Request] = set()
        self.context.on("request", self._note)
        self.context.on("requestfinished", self._note_end)
        self.context.on("requestfailed", self._note_end)

    def _note(self, request: Request) -> None:
        if request.resource_type in _OF_A_PERSON:
            self._asked.add(request)

    def _note_end(self, request: Request) -> None:
        self._asked.discard(request)

    def empty(self) -> None:
        """Close its pages and forget what they left.

        Raises playwright's Error without the app, and where a page is still being answered.
        """
        self.context.unroute_all()
        if self._keeper is None:
            # As long as a page of this site is open its process goes on.
            self._keeper = self.context.new_page()
            self._keeper.goto("/healthz")
        give_up_at = time.monotonic() + _ANSWERED_WITHIN_S
        while self._asked and time.monotonic() < give_up_at:
            self._keeper.wait_for_timeout(20)
        if self._asked:
            raise Error("a page still waits for a reply")
        for page in self.context.pages:
            if page != self._keeper:
                page.close()
        self.context.clear_permissions()
        self.context.clear_cookies()
        session = self.context.new_cdp_session(self._keeper)
        session.send("Storage.clearDataForOrigin", {"origin": self.url, "storageTypes": _LEFT})
        session.detach()


class Profiles:
    """The profiles of one browser that people take and give back."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: list[Profile] = []

    def take(self, url: str) -> Profile:
        """An empty one for the app at this address: the one that was given back last."""
        for profile in reversed(self._free):
            if profile.url == url:
                self._free.remove(profile)
                return profile
        return Profile(self._browser, url)

    def give_back(self, profile: Profile) -> None:
        try:
            profile.empty()
        except Error:
            profile.context.close()
            return
        self._free.append(profile)
        while len(self._free) > _KEPT:
            self._free.pop(0).context.close()


@contextmanager
def running_browser() -> Iterator[Profiles]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=_ARGUMENTS)
        yield Profiles(browser)
        browser.close()
