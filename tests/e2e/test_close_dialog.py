"""What closes a dialog in the browser, by itself: it may run late, when the next one is open."""

from __future__ import annotations

import json

from playwright.sync_api import Browser

from ui.elements.assets import asset

OPEN = """<section role="dialog">
  <button aria-label="Close" onclick="this.closest('section').remove()">Close</button>
  <div class="st-key-dialog-second">Memory</div>
</section>"""
CLOSE = "dialog => import(URL.createObjectURL(new Blob([{}], {{type: 'text/javascript'}})))" + (
    ".then(({{ default: close }}) => close({{ data: {{ dialog }} }}))"
)


def test_only_the_dialog_that_is_done_with_is_closed(browser: Browser) -> None:
    page = browser.new_page()
    try:
        page.set_content(OPEN)
        close = CLOSE.format(json.dumps(asset("close_dialog.js")))
        page.evaluate(close, "st-key-dialog-first")
        assert page.get_by_role("dialog").count() == 1
        page.evaluate(close, "st-key-dialog-second")
        assert page.get_by_role("dialog").count() == 0
    finally:
        page.close()
