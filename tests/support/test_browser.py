"""A profile that is handed on knows nothing of the person before."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.served import Visitor

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


def test_two_at_once_share_nothing(visit: Callable[..., Visitor]) -> None:
    alice, bob = visit(), visit()
    for one in (alice, bob):
        one.open("/healthz")
    alice.page.evaluate(LEAVE)
    assert bob.page.evaluate(FOUND) == NOTHING
