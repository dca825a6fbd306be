"""The sidebar walked in a browser: titles, menus, search, shortcuts, on a laptop and on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, WebSocketRoute, expect

from tests.support.faults import ModelFaults
from tests.support.hard import only_hard
from tests.support.served import Visitor


def line(visitor: Visitor, title: str) -> Locator:
    """The line of the list with this title."""
    rows = visitor.page.locator(".st-key-conversations [data-testid=stHorizontalBlock]")
    here = visitor.page.get_by_role("button", name=title, exact=True)
    return rows.filter(has=here)


def choose(visitor: Visitor, title: str, option: str) -> None:
    """By keyboard: Tab from the title to its menu, then the option."""
    line(visitor, title).get_by_role("button", name=title, exact=True).focus()
    visitor.page.keyboard.press("Tab")
    menu = visitor.page.get_by_role("button", name=f"Options for {title}")
    expect(menu).to_be_focused()
    expect(menu).to_have_css("opacity", "1")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("menuitem", name=option).press("Enter")


def headings(visitor: Visitor) -> Locator:
    return visitor.page.locator(".st-key-conversations h2")


def type_into_search(visitor: Visitor, words: str) -> None:
    expect(visitor.page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    visitor.page.keyboard.type(words)


def test_a_walk_through_the_list_on_a_laptop(visit: Callable[..., Visitor]) -> None:
    alice = visit()
    page = alice.page
    alice.create_account()
    alice.say("I live in Lisbon and like tea")
    # The title comes by itself.
    expect(line(alice, "About Lisbon")).to_be_visible()
    alice.new_chat()
    alice.say("My dog is called Rex.")
    expect(line(alice, "About Rex")).to_be_visible()
    marked = page.locator(".st-key-conversations [aria-current=page]")
    expect(marked).to_have_text("About Rex")

    choose(alice, "About Lisbon", "Pin")
    expect(headings(alice)).to_have_text(["Pinned", "Today"])
    choose(alice, "About Rex", "Rename")
    page.get_by_label("Title").fill("Rex *the* dog")
    page.get_by_label("Title").press("Enter")
    expect(line(alice, "Rex *the* dog")).to_be_visible()
    alice.picture("sidebar-light")

    choose(alice, "Rex *the* dog", "Delete")
    expect(alice.messages).to_have_count(0)
    expect(line(alice, "Rex *the* dog")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    line(alice, "Rex *the* dog").get_by_role("button").first.click()
    expect(alice.messages).to_have_count(2)

    # From within the input, where people are.
    alice.input.fill("a draft")
    alice.input.press("Control+k")
    type_into_search(alice, "lisb")
    hits = page.get_by_role("dialog").locator("#hits button")
    expect(hits.first).to_contain_text("I live in Lisbon and like tea")
    expect(hits.first.locator("em")).to_have_text("Lisb")
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_be_focused()
    alice.picture("search-light")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(alice.messages.first).to_contain_text("I live in Lisbon and like tea")
    expect(marked).to_have_text("About Lisbon")
    assert alice.complaints == []


def test_a_walk_by_shortcuts_in_the_dark(visit: Callable[..., Visitor]) -> None:
    alice = visit(dark=True)
    page = alice.page
    alice.create_account()
    alice.say("My dog is called Rex.")
    page.keyboard.press("Control+/")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Go to Memories")
    alice.picture("shortcuts-dark")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.keyboard.press("Alt+Shift+KeyM")
    expect(page.get_by_role("heading", name="Memories")).to_be_visible()
    page.keyboard.press("Alt+Shift+KeyH")
    expect(alice.input).to_be_visible()
    page.keyboard.press("Shift+Escape")
    expect(alice.input).to_be_focused()
    # Letters alone, and those that belong to the browser or to the field, only write.
    page.keyboard.type("knock / o m? ")
    expect(alice.input).to_have_value("knock / o m? ")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Control+Shift+KeyO")
    expect(alice.messages).to_have_count(0)
    alice.expect_rest()
    page.keyboard.press("Alt+Shift+KeyT")
    expect(page.get_by_role("button", name="End it")).to_be_visible()
    alice.expect_rest()
    page.keyboard.press("Alt+Shift+KeyT")
    expect(page.get_by_role("button", name="Temporary chat")).to_be_visible()
    assert alice.complaints == []


@only_hard
def test_the_list_works_on_a_phone(visit: Callable[..., Visitor]) -> None:
    alice = visit(phone=True)
    page = alice.page
    alice.create_account()
    alice.say("I live in Lisbon and like tea")
    alice.show_sidebar()
    expect(line(alice, "About Lisbon")).to_be_visible()
    page.get_by_role("button", name="Options for About Lisbon").click()
    page.get_by_role("menuitem", name="Pin").click()
    expect(headings(alice)).to_have_text(["Pinned"])
    alice.picture("sidebar-phone")
    page.get_by_role("button", name="Search").click()
    type_into_search(alice, "tea")
    page.get_by_role("dialog").locator("#hits button").first.click()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    expect(alice.messages.first).to_be_in_viewport()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(wide) is False
    assert alice.complaints == []


@only_hard
def test_what_was_said_is_found_and_opened_while_an_answer_is_being_written(
    visit: Callable[..., Visitor], faults: ModelFaults
) -> None:
    alice = visit(dark=True)
    page = alice.page
    alice.create_account()
    alice.say("I live in Lisbon and like tea")
    alice.new_chat()
    with faults.armed("hang", on="chat"):
        alice.input.fill("Where do I live?")
        alice.input.press("Enter")
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        alice.input.press("Control+k")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Both your messages and the answers are searched.")
        type_into_search(alice, "nowhere")
        expect(dialog).to_contain_text("Nothing found for “nowhere”")
        dialog.get_by_role("searchbox").fill("TEA")
        expect(dialog).to_contain_text("1 place found")
        alice.picture("search-dark")
        dialog.get_by_role("searchbox").press("Enter")
        expect(alice.messages.first).to_contain_text("I live in Lisbon and like tea")
        expect(dialog).to_have_count(0)
    assert alice.complaints == []


def test_a_page_comes_over_a_slow_line_while_a_title_is_awaited(
    visit: Callable[..., Visitor], faults: ModelFaults
) -> None:
    alice = visit()
    held: list[str | bytes] = []
    is_slow = False

    def relay(browser: WebSocketRoute) -> None:
        app = browser.connect_to_server()
        app.on_message(lambda sent: held.append(sent) if is_slow else browser.send(sent))
        lines.append(browser)

    lines: list[WebSocketRoute] = []
    alice.page.route_web_socket("**/_stcore/stream", relay)
    alice.create_account()
    with faults.armed("hang", on="memory", times=9):
        alice.say("I live in Lisbon and like tea", wait=False)
        expect(alice.answer).to_contain_text("Remembering…")
        expect(alice.page.get_by_role("button", name="Stop")).to_have_count(0)
        is_slow = True
        # The page is asked for, and does not come before the next look at the titles.
        with alice.page.expect_response("**/api/titles?**"):
            alice.page.get_by_role("link", name="Memories", exact=True).click()
        is_slow = False
        for sent in held:
            lines[-1].send(sent)
        expect(alice.page.get_by_role("heading", name="Memories")).to_be_visible()
