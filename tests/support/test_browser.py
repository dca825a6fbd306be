"""A profile that is handed on knows nothing of the person before."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.browser import Profiles
from tests.support.served import App, Visitor

# What a page can leave behind, in each place that a browser has for it.
LEAVE = """async () => {
  document.cookie = "who=alice; max-age=1000";
  localStorage.who = sessionStorage.who = "alice";
  await new Promise((done) => {
    const opening = indexedDB.open("alice");
    opening.onsuccess = () => { opening.result.close(); done(); };
  });
  await (await caches.open("alice")).put("/who", new Response("alice"));
}"""
FOUND = """async () => [
  document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length, history.length,
  (await navigator.permissions.query({ name: "clipboard-read" })).state,
  (await fetch("/readyz", { method: "HEAD" }).catch(() => ({ status: "none" }))).status !== "none",
]"""
NOTHING = ["", 0, 0, 0, 0, 2, "prompt", True]


def test_the_next_person_gets_the_same_profile_and_finds_nothing_of_the_last(
    app: App, browser: Profiles
) -> None:
    alice = Visitor(browser, app, dark=True, phone=True)
    alice.open("/healthz")
    assert alice.page.evaluate(FOUND) == NOTHING
    alice.context.grant_permissions(["clipboard-read"])
    alice.page.evaluate(LEAVE)
    alice.context.route("**/readyz", lambda route: route.abort())
    assert alice.page.evaluate(FOUND) == ["who=alice", 1, 1, 1, 1, 2, "granted", False]
    alice.new_tab()
    alice.close()
    bob = Visitor(browser, app)
    assert bob.context is alice.context
    bob.open("/healthz")
    assert bob.page.evaluate(FOUND) == NOTHING
    looks = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"
    assert bob.page.evaluate(looks) == [1200, False]
    bob.close()


def test_two_at_once_share_nothing(visit: Callable[..., Visitor]) -> None:
    alice, bob = visit(), visit()
    for one in (alice, bob):
        one.open("/healthz")
    alice.page.evaluate(LEAVE)
    assert bob.page.evaluate(FOUND) == NOTHING
