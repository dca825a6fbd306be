"""The browser that tests drive; each person has a context of their own in it."""

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
    # A page finds what the one before it has compiled, within a context.
    "--process-per-site",
]


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=_ARGUMENTS)
        yield browser
        browser.close()
