"""Dialogs about conversations: search among them, give one another name."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from memory.conversation_list import TITLE_CHARS, Conversation
from memory.conversation_search import Hit, Snippet
from memory.days import spelled
from ui.conversation_actions import conversation_list
from ui.conversation_rows import escaped
from ui.navigation import CHAT
from ui.session import require_session

_STYLE = """<style>
.st-key-hits button{color:inherit;justify-content:flex-start;text-align:left;padding:.5rem .8rem;
  width:100%;border-radius:.6rem}
.st-key-hits button>*{width:100%;justify-content:flex-start}
.st-key-hits button:is(:hover,:focus-visible){color:inherit;
  background:color-mix(in srgb,currentColor 7%,transparent)}
.st-key-hits p{line-height:1.45;overflow-wrap:anywhere}
.st-key-hits strong{display:block}
.st-key-hits em{font-style:normal;font-weight:600;border-radius:.2rem;padding:0 .1rem;
  background:color-mix(in srgb,currentColor 16%,transparent)}
</style>"""
# Arrow keys go through the results; Enter opens the first, if it is for what stands in the field.
_SCRIPT = """
export default function ({data}) {
  const dialog = document.querySelector("[role=dialog]");
  if (!dialog) return;
  const ended = new AbortController();
  if (!("searched" in dialog.dataset)) {
    dialog.dataset.searched = "";
    const field = () => dialog.querySelector("input")?.focus();
    field();
    // The dialog may take the focus to itself only now.
    dialog.addEventListener("focus", field, {once: true});
  }
  const hits = () => [...document.querySelectorAll(".st-key-hits button")];
  dialog.addEventListener("keydown", (event) => {
    const input = dialog.querySelector("input");
    const all = hits();
    if (event.isComposing || !input || !all.length) return;
    const at = all.indexOf(document.activeElement);
    if (event.key === "Enter" && at < 0 && input.value.trim() === data.query) {
      event.preventDefault();
      event.stopPropagation();
      all[0].click();
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    (all[at + step] ?? (at + step < 0 ? input : all[at])).focus();
  }, {signal: ended.signal, capture: true});
  return () => ended.abort();
}
"""


@st.dialog("Search conversations", icon=":material/search:", width="medium")
def search_dialog() -> None:
    session = require_session()
    st.html(_STYLE)
    text = st.text_input(
        "Words from a message or a title",
        key="conversation-search",
        type="search",
        live="200ms",
        icon=":material/search:",
        placeholder="Words from a message or a title",
        label_visibility="collapsed",
    )
    query = (text or "").strip()
    try:
        hits = conversation_list(session).search(query)
    except KeepsakeError as exc:
        st.error(exc.user_message)
        return
    _draw_count(query, hits)
    with st.container(gap=None, key="hits"):
        for number, hit in enumerate(hits):
            if st.button(_label(hit), key=f"hit-{number}", type="tertiary", width="stretch"):
                place = {"c": str(hit.conversation_id)}
                if hit.turn_id is not None:
                    place["t"] = str(hit.turn_id)
                st.switch_page(CHAT, query_params=place)
    keys = st.components.v2.component("search_keys", html="<i hidden></i>", js=_SCRIPT)
    keys(data={"query": query}, key="search-keys")


@st.dialog("Rename conversation", icon=":material/edit:")
def rename_dialog(conversation: Conversation) -> None:
    session = require_session()
    with st.form("rename", border=False):
        title = st.text_input("Title", value=conversation.title, max_chars=TITLE_CHARS)
        if st.form_submit_button("Save", type="primary"):
            try:
                conversation_list(session).rename(conversation.id, title or "")
            except KeepsakeError as exc:
                st.error(exc.user_message)
            else:
                st.rerun()


def _draw_count(query: str, hits: list[Hit]) -> None:
    if not query:
        st.caption("Type a few letters. Both your messages and the answers are searched.")
    elif not hits:
        st.caption(f"Nothing found for “{escaped(query)}”. Try fewer or other words.")
    else:
        st.caption(f"{len(hits)} {'place' if len(hits) == 1 else 'places'} found")


def _label(hit: Hit) -> str:
    """The title above, the words that were found below."""
    head = f"**{escaped(hit.title) or 'Untitled'}**"
    return f"{head} {_marked(hit.snippet)} :gray[· {spelled(hit.said_at.date())}]"


def _marked(shown: Snippet) -> str:
    found = f"*{escaped(shown.found)}*" if shown.found else ""
    return f"{escaped(shown.before)}{found}{escaped(shown.after)}"
