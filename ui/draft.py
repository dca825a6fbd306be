"""What is typed and not yet sent survives a reload, in this browser tab alone.

The browser keeps it, by person and conversation, until it is sent or the person leaves.
"""

from __future__ import annotations

from uuid import UUID

import streamlit as st

_JS = """
const PREFIX = "keepsake-draft:";
const EVERY_MS = 400;
const box = () => document.querySelector("[data-testid=stChatInputTextArea]");
const put = (area, text) => {
  // As if it had been typed, so that the page learns of it.
  const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
  setter.call(area, text);
  area.dispatchEvent(new Event("input", {bubbles: true}));
};
const forget = () => Object.keys(sessionStorage)
  .filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
export default function ({data}) {
  const page = (globalThis.__keepsakeDraft ??= {place: null, timer: null, area: null, text: ""});
  clearInterval(page.timer);
  if (data.place === null) {
    page.place = null;
    page.look = () => {};
    if (data.forget) forget();
    return;
  }
  const key = PREFIX + data.place;
  let restored = page.place === data.place;
  const look = () => {
    const area = box();
    if (!area) return;
    // The input of another conversation, emptied: what stood there was sent, and led here.
    if (page.area === area && page.place !== data.place && page.text && !area.value) {
      sessionStorage.removeItem(PREFIX + page.place);
    }
    page.area = area;
    if (!restored) {
      restored = true;
      const kept = sessionStorage.getItem(key) ?? "";
      // What was typed in another conversation stays there; what the page has put in stays here.
      const foreign = page.place !== null && area.value !== "" && area.value === page.text;
      if (kept !== area.value && (area.value === "" || foreign)) put(area, kept);
      page.place = data.place;
    }
    page.text = area.value;
    if (area.value) sessionStorage.setItem(key, area.value);
    else sessionStorage.removeItem(key);
  };
  look();
  // Its own: this one may be taken away after the next has begun.
  const timer = page.timer = setInterval(look, EVERY_MS);
  // What was typed or sent since the last look.
  page.leave ??= (addEventListener("pagehide", () => page.look()), true);
  page.look = look;
  return () => clearInterval(timer);
}
"""


def keep_drafts(user_id: UUID, conversation_id: UUID | None) -> None:
    """On the chat page: keep what stands in the input, and put back what stood there."""
    _draw(f"{user_id}:{conversation_id or 'new'}")


def keep_no_draft() -> None:
    """In a temporary chat: what is typed stays where it is typed."""
    _draw(None)


def forget_drafts() -> None:
    """For whoever has left: nothing stays in the browser for the next person."""
    _draw(None, forget=True)


def _draw(place: str | None, *, forget: bool = False) -> None:
    component = st.components.v2.component("typed", html="<i hidden></i>", js=_JS)
    component(data={"place": place, "forget": forget}, key="typed")
