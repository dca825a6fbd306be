"""The browser that tests drive, and its profiles: each person has one of their own.

Handing one on, emptied, spared half of each page's load, but a reply under way signed the next in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

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


class Profile:
    """What one person's browser knows; nobody gets it after them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.context = browser.new_context(base_url=url)


class Profiles:
    """Makes profiles in one browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def take(self, url: str) -> Profile:
        """A new one for the app at this address."""
        return Profile(self._browser, url)

    def give_back(self, profile: Profile) -> None:
        profile.context.close()


@contextmanager
def running_browser() -> Iterator[Profiles]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=_ARGUMENTS)
        yield Profiles(browser)
        browser.close()
