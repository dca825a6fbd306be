"""What would shut people out: axe-core on every page, the keyboard alone, large letters, widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.hard import HARD
from tests.support.served import PASSWORD, Visitor

Visit = Callable[..., Visitor]
PHONE: ViewportSize = {"width": 390, "height": 844}
PAGES = ("Memories", "Graph", "Compare", "Isolation", "Account")
# In px and per cent: 320 is also what 1280 become at 400 %, and 600 what 1200 become at 200 %.
NARROW_OR_LARGE = [(320, 100), (390, 200)] + ([(600, 100), (1200, 200)] if HARD else [])
# Of everything on the page what reaches beyond the window and is in no box that scrolls by itself.
TOO_WIDE = """() => {
  const main = document.querySelector("main, [role=main]");
  const boxed = (e) => e !== main
    && (getComputedStyle(e).overflowX !== "visible" || boxed(e.parentElement));
  return [...main.querySelectorAll("*")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && box.height && box.right > innerWidth + 1 && !boxed(e.parentElement);
  }).map((e) => e.outerHTML.slice(0, 160));
}"""
# And until it is laid out anew.
ENLARGE = """(letters) => new Promise((done) => {
  document.documentElement.style.fontSize = `${letters}%`;
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
# While something fades in or turns dark, its contrast is not yet what it will be.
STILL = """() => document.getAnimations().every((one) =>
  one.playState === "finished" || one.effect.getComputedTiming().endTime === Infinity)"""
SCROLLS = "document.documentElement.scrollWidth > innerWidth"


def faults(page: Page, *rules: str, within: str = "html") -> list[str]:
    """What axe-core, or these rules alone, call serious or critical, with the element's words."""
    page.wait_for_function(STILL)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    run = "async ([within, options]) => (await axe.run(within, options)).violations"
    found = page.evaluate(run, [within, options])
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def check(visitor: Visitor, *, within: str = "html") -> None:
    """As it stands there, in the light and in the dark."""
    visitor.expect_rest()
    assert faults(visitor.page, within=within) == []
    turn(visitor.page, "rgb(25, 22, 20)", "dark")
    # Nothing else than colours has changed.
    assert faults(visitor.page, "color-contrast", within=within) == []
    turn(visitor.page, "rgb(253, 251, 248)", "light")


def turn(page: Page, background: str, scheme: Literal["dark", "light"]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)


def check_dialog(visitor: Visitor) -> None:
    """The one that has just been opened; then close it."""
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    # What is behind it has been looked at.
    check(visitor, within="[role=dialog]")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.expect_rest()


def come_in(visitor: Visitor) -> None:
    """Through both account pages, and with something to show afterwards."""
    visitor.open("/sign_up")
    expect(visitor.page.get_by_label("Email")).to_be_visible()
    check(visitor)
    visitor.open("/sign_in")
    expect(visitor.page.get_by_label("Email")).to_be_visible()
    check(visitor)
    visitor.create_account()
    check(visitor)
    visitor.say("I live in Lisbon and I am allergic to peanuts.")
    visitor.say("I moved to Porto. My sister Clara lives in Rome.")


def check_chat(visitor: Visitor) -> None:
    page = visitor.page
    visitor.new_chat()
    visitor.say("Where do I live?")
    check(visitor)
    page.get_by_role("button", name="Wrong?").click()
    check_dialog(visitor)
    page.get_by_role("button", name="Edit message").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    check(visitor)
    page.get_by_role("button", name="Cancel").click()


def check_dialogs(visitor: Visitor) -> None:
    for keys in ("Control+k", "Control+/"):
        visitor.page.keyboard.press(keys)
        check_dialog(visitor)


def check_memories(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go_to("Memories")
    check(visitor)
    page.get_by_role("button", name="Add").click()
    check_dialog(visitor)
    page.get_by_text("Select all on this page").click()
    page.get_by_role("button", name="Edit").first.click()
    # Until its run has begun nothing shows that one will.
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    check(visitor)


def check_compare(visitor: Visitor) -> None:
    visitor.go_to("Compare")
    visitor.page.get_by_role("button", name="Where do I live?").click()
    expect(visitor.page.get_by_role("button", name="Without this one").first).to_be_visible()
    check(visitor)


def test_axe_finds_nothing_serious_on_any_page(visit: Visit) -> None:
    alice = visit()
    alice.page.emulate_media(reduced_motion="reduce")
    come_in(alice)
    check_chat(alice)
    check_dialogs(alice)
    check_memories(alice)
    check_compare(alice)
    for name in ("Graph", "Isolation", "Account"):
        alice.go_to(name)
        check(alice)
    alice.page.set_viewport_size(PHONE)
    alice.expect_sidebar_gone_on_a_phone()
    for name in ("Chat", *PAGES) if HARD else ("Memories",):
        alice.go_to(name)
        alice.expect_rest()
        assert faults(alice.page) == []


def test_axe_would_find_a_field_without_a_name(visit: Visit) -> None:
    anon = visit()
    anon.open("/sign_in")
    field = anon.page.get_by_label("Email")
    expect(field).to_be_visible()
    field.evaluate(
        "e => { e.removeAttribute('aria-label'); e.removeAttribute('aria-labelledby');"
        " document.querySelectorAll('label').forEach((l) => l.remove()); }"
    )
    assert any(one.startswith("label: <input") for one in faults(anon.page))


def tab_to(page: Page, name: str, *, limit: int = 60) -> None:
    """Press Tab until what is focused has this name, as whoever has no mouse does."""
    named = """() => { let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      return (e?.getAttribute("aria-label") || e?.labels?.[0]?.innerText || e?.placeholder
        || e?.innerText || "").trim(); }"""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if str(page.evaluate(named)).split("\n")[-1].strip() == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


def focus_is_seen(page: Page) -> bool:
    """Whether the focused element differs from itself without focus."""
    style = """() => { let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      const look = (x) => { const s = getComputedStyle(x); return [s.outlineStyle, s.outlineWidth,
        s.boxShadow, s.borderColor, s.backgroundColor].join(); };
      const boxes = [e, e.parentElement, e.parentElement.parentElement];
      const before = boxes.map(look).join(); e.blur();
      const after = boxes.map(look).join(); e.focus(); return before !== after; }"""
    return bool(page.evaluate(style))


def test_everything_is_done_by_keyboard_alone(visit: Visit) -> None:
    alice = visit()
    page = alice.page
    page.emulate_media(reduced_motion="reduce")
    alice.open("/")
    expect(page.get_by_label("Email")).to_be_visible()
    tab_to(page, "Email")
    page.keyboard.type(alice.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "Create account")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    alice.expect_chat()

    tab_to(page, "Message Keepsake")
    page.keyboard.type("I live in Lisbon.")
    page.keyboard.press("Enter")
    expect(alice.answer).to_contain_text("User lives in Lisbon")
    alice.expect_rest()
    tab_to(page, "Edit message")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    edited = page.get_by_role("textbox", name="Your message")
    expect(edited).to_be_visible()
    alice.expect_rest()
    tab_to(page, "Your message")
    page.keyboard.press("Control+a")
    page.keyboard.type("I live in Porto.")
    tab_to(page, "Send again")
    page.keyboard.press("Enter")
    expect(alice.messages.first).to_contain_text("I live in Porto.")
    expect(alice.answer).to_contain_text("User lives in Porto")
    alice.expect_rest()

    tab_to(page, "Memories")
    page.keyboard.press("Enter")
    expect(page.get_by_text("User lives in Porto", exact=True)).to_be_visible()
    alice.expect_rest()
    more = page.get_by_role("button", name="More").last
    for _ in range(60):
        page.keyboard.press("Tab")
        if more.evaluate("e => e === document.activeElement"):
            break
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    delete = page.get_by_role("menuitem", name="Delete")
    expect(delete).to_be_visible()
    page.keyboard.press("End")
    expect(delete).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("User lives in Porto", exact=True)).to_have_count(0)
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("User lives in Porto", exact=True)).to_be_visible()
    assert alice.complaints == []


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the window; a chart is drawn anew a moment after it has changed."""
    for _ in range(50):
        found: list[str] = page.evaluate(TOO_WIDE)
        if not found:
            break
        page.wait_for_timeout(100)
    return found


def test_nothing_is_cut_or_scrolls_sideways_when_narrow_or_large(visit: Visit) -> None:
    alice = visit()
    page = alice.page
    alice.create_account()
    alice.say("I live in Lisbon and I am allergic to peanuts.")
    for path in ("", "memories", "graph", "compare", "isolation", "account"):
        page.goto(f"/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        alice.expect_rest()
        for width, letters in NARROW_OR_LARGE:
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(ENLARGE, letters)
            assert page.evaluate(SCROLLS) is False, (path, width, letters)
            assert too_wide(page) == [], (path, width, letters)
        alice.picture(f"large-letters-{path or 'chat'}")
