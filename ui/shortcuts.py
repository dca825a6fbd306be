"""Keyboard shortcuts, and the list of them.

One belongs to its button; the others press what is on the page. All have a modifier or are Escape,
so that none gets in the way of typing, and none is one that browsers keep for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from ui.session import require_session

SEARCH = "Mod+K"
# What each does, and its keys; a key that stands alone works wherever the keyboard is.
SHORTCUTS = (
    ("New chat", "Mod+Shift+O"),
    ("Search conversations", SEARCH),
    ("Write a message", "Shift+Esc"),
    ("Stop the answer", "Esc"),
    ("Begin or end a temporary chat", "Alt+Shift+T"),
    ("Go to Memories", "Alt+Shift+M"),
    ("Go to Chat", "Alt+Shift+H"),
    ("Show keyboard shortcuts", "Mod+/"),
)
_NAMES = {"Mod": "Ctrl"}
_NAMES_ON_MAC = {"Mod": "⌘", "Shift": "⇧", "Alt": "⌥"}
_STYLE = """<style>
.ks-keys{display:grid;gap:.55rem;margin:0}
.ks-keys div{display:flex;justify-content:space-between;align-items:center;gap:1rem}
.ks-keys dt{font-weight:400}.ks-keys dd{margin:0;white-space:nowrap}
.ks-keys kbd{font:inherit;font-size:.82rem;padding:.1rem .45rem;border-radius:.35rem;
  margin-left:.25rem;background:color-mix(in srgb,currentColor 6%,transparent);color:inherit;
  border:1px solid color-mix(in srgb,currentColor 24%,transparent)}
@media (hover:none) and (max-width:767px){.st-key-show-shortcuts{display:none}}
</style>"""
_SCRIPT = """
const find = (selector) => document.querySelector(selector);
const open = () => find("[role=dialog],[role=menu],[role=listbox]");
const acts = {
  message: () => find("[data-testid=stChatInputTextArea]")?.focus(),
  stop: () => find(".st-key-stop-answer button,[data-testid=stChatInputStopButton]")?.click(),
  temporary: () => find(":is(.st-key-begin-temporary,.st-key-end-temporary) button")?.click(),
  memories: () => find("a[data-testid=stSidebarNavLink][href$='/memories']")?.click(),
  chat: () => find("a[data-testid=stSidebarNavLink]")?.click(),
  new: () => find(".st-key-new-chat button")?.click(),
  help: () => find(".st-key-show-shortcuts button")?.click(),
};
const byCode = {KeyM: "memories", KeyH: "chat", KeyT: "temporary"};
const meant = (event) => {
  const {key, code, shiftKey: shift, altKey: alt} = event;
  const mod = event.ctrlKey || event.metaKey;
  if (key === "Escape" && !mod && !alt) return shift ? "message" : "stop";
  if (alt && shift && !mod) return byCode[code];
  if (mod && shift && !alt && code === "KeyO") return "new";
  if (mod && !alt && key === "/") return "help";
};
// Opened by keyboard, Streamlit's menu leaves the focus on its button; the arrows lead into it.
const enter = (event) => {
  const menu = find("[role=menu]");
  const items = menu ? [...menu.querySelectorAll("[role=menuitem]")] : [];
  const at = {ArrowDown: 0, Home: 0, ArrowUp: -1, End: -1}[event.key];
  if (at === undefined || !items.length || menu.contains(document.activeElement)) return;
  event.preventDefault();
  items.at(at).focus();
};
export default function () {
  const ended = new AbortController();
  window.addEventListener("keydown", enter, {signal: ended.signal, capture: true});
  window.addEventListener("keydown", (event) => {
    // A dialog that has lost the focus, or not yet taken it, is closed all the same.
    if (event.key === "Escape" && document.activeElement === document.body) {
      find("[role=dialog] [aria-label=Close]")?.click();
    }
    const act = event.defaultPrevented || event.isComposing || open() ? undefined : meant(event);
    if (!act) return;
    if (act !== "stop") event.preventDefault();
    acts[act]();
  }, {signal: ended.signal});
  return () => ended.abort();
}
"""


def draw_shortcuts() -> Callable[[], None] | None:
    """The keys, and the way to their list; its dialog, if it was asked for just now."""
    keys = st.components.v2.component("shortcuts", html="<i hidden></i>", js=_SCRIPT)
    st.html(_STYLE)
    asked = st.button(
        "Keyboard shortcuts",
        icon=":material/keyboard:",
        type="tertiary",
        key="show-shortcuts",
        width="stretch",
    )
    keys(key="shortcut-keys")
    return shortcuts_dialog if asked else None


@st.dialog("Keyboard shortcuts", icon=":material/keyboard:")
def shortcuts_dialog() -> None:
    require_session()
    on_mac = _is_mac()
    rows = "".join(
        f"<div><dt>{escape(does)}</dt><dd>{_keys(keys, on_mac=on_mac)}</dd></div>"
        for does, keys in SHORTCUTS
    )
    st.html(f'<dl class="ks-keys">{rows}</dl>')


def _keys(keys: str, *, on_mac: bool) -> str:
    names = _NAMES_ON_MAC if on_mac else _NAMES
    return "".join(f"<kbd>{escape(names.get(key, key))}</kbd>" for key in keys.split("+"))


def _is_mac() -> bool:
    # AppTest hands out a mock in place of the headers.
    agent = st.context.headers.get("User-Agent")
    return isinstance(agent, str) and any(name in agent for name in ("Macintosh", "iPhone", "iPad"))
