"""The first page, the fonts and icons that come with it, and what a newcomer is told."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Request, expect

from tests.support.served import App, Visitor
from ui.server.index_page import LOOK, dressed

Visit = Callable[..., Visitor]


def get(app: App, path: str) -> tuple[str, bytes]:
    """The kind of content at this address, and the content."""
    with urllib.request.urlopen(app.url + path, timeout=30) as reply:  # noqa: S310
        return reply.headers["content-type"], reply.read()


def test_the_first_page_has_our_name_and_fonts_before_any_script(app: App) -> None:
    page = get(app, "/memories")[1].decode()
    assert "<title>Keepsake</title>" in page
    assert '<html lang="en">' in page
    assert '<meta name="description" content="A chat that remembers you' in page
    assert "Streamlit app" not in page
    assert "SourceSans" not in page
    for path in re.findall(r'href="(/look/[^"]+)"', page):
        assert get(app, path)[1] == (LOOK / path.removeprefix("/look/")).read_bytes()
    assert get(app, "/look/figtree-latin-wght-normal.woff2")[0] == "font/woff2"


def test_each_font_has_its_licence_and_all_are_small() -> None:
    fonts = list(LOOK.glob("*.woff2"))
    assert len(fonts) == 6
    assert sum(font.stat().st_size for font in fonts) < 200_000
    for family in {font.name.partition("-")[0] for font in fonts}:
        assert "SIL Open Font License" in (LOOK / f"{family}-OFL.txt").read_text("utf-8")


def test_another_page_goes_out_as_it_is() -> None:
    assert dressed(b"<html><title>Else</title></html>") == b"<html><title>Else</title></html>"


def test_a_newcomer_is_led_on_and_the_browser_may_ask_no_other_host(visit: Visit, app: App) -> None:
    alice = visit()
    page = alice.page
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    alice.create_account()
    expect(page).to_have_title("Chat · Keepsake")
    expect(page.get_by_role("listitem")).to_contain_text(
        ["Tell me something", "Start a new chat", "Ask me"]
    )
    page.get_by_role("button", name="Introduce yourself").click()
    expect(alice.input).to_have_value("My name is ")
    alice.say("I live in Lisbon.")
    expect(page.get_by_text("Now start a new chat and ask me about it")).to_be_visible()
    expect(alice.answer).to_contain_text("User lives in Lisbon")
    page.reload()
    alice.expect_chat()
    alice.new_chat()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask me what I remember")
    # What was sent is no draft any more.
    expect(alice.input).to_have_value("")
    page.get_by_role("button", name="Where do I live?").click()
    expect(alice.input).to_have_value("Where do I live?")
    page.get_by_role("button", name="See my memories").click()
    expect(page.get_by_text("User lives in Lisbon", exact=True)).to_be_visible()
    expect(page).to_have_title("Memories · Keepsake")
    drawn = "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
    assert {"Figtree", "Newsreader"} <= set(page.evaluate(drawn))
    others = [url for url in asked if not url.startswith((app.url, "data:", "blob:"))]
    assert others == []
    alice.go_to("Account")
    alice.expect_rest()
    assert alice.complaints == []
    # All of it ran under the content security policy, which stops what is not ours.
    with page.expect_console_message(lambda told: "Content Security Policy" in told.text):
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://x.test/'}))")
    [refused] = alice.complaints
    assert "x.test" in refused
