"""One line of the list: the title, which opens the conversation, and a menu behind it."""

from __future__ import annotations

from html import escape

import streamlit as st

from auth.sessions import Session
from memory.conversation_list import Conversation
from ui.conversation_actions import DELETE, PIN, RENAME, UNPIN, carry_out
from ui.navigation import CHAT

_ICONS = {RENAME: "edit", PIN: "keep", UNPIN: "keep_off", DELETE: "delete"}
_ROW = ".st-key-conversations [data-testid=stHorizontalBlock]"
_MENU = f"{_ROW} [data-testid=stMenuButtonButton]"
# The menu shows on the line that is pointed at, has the keyboard or is open; on touch, on all. Its
# label is read out only.
_STYLE = f"""<style>
.ks-group{{font-size:.78rem;font-weight:600;letter-spacing:.01em;margin:.9rem .7rem .2rem;padding:0;
  color:color-mix(in srgb,currentColor 68%,transparent)}}
{_ROW}{{gap:0;border-radius:.6rem;flex-wrap:nowrap;align-items:center}}
{_ROW}:is(:hover,:focus-within){{background:color-mix(in srgb,currentColor 6%,transparent)}}
{_ROW}.st-key-row-current{{background:color-mix(in srgb,currentColor 10%,transparent)}}
{_ROW}>*{{min-width:0}}
{_ROW}>:first-child{{flex:1 1 0}}
{_ROW}>:last-child{{flex:0 0 2.2rem;width:2.2rem}}
.st-key-conversations button{{min-height:2.2rem;padding:.15rem .7rem;justify-content:flex-start;
  text-align:left;background:none;border-color:transparent;border-radius:.6rem;color:inherit}}
{_ROW} [data-testid=stButton] button>*{{width:100%;justify-content:flex-start;overflow:hidden}}
{_ROW} [data-testid=stButton] p{{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}
.st-key-row-current [data-testid=stButton] p{{font-weight:600}}
{_MENU}{{width:2.2rem;padding:0;justify-content:center;opacity:0}}
{_MENU} [data-testid=stMarkdownContainer]{{position:absolute;width:1px;height:1px;overflow:hidden;
  clip-path:inset(50%)}}
{_MENU}>div>div[aria-hidden]{{display:none}}
{_ROW}:is(:hover,:focus-within,.st-key-row-current) button,{_MENU}[aria-expanded=true]{{opacity:1}}
@media (hover:none){{{_MENU}{{opacity:1}}}}
:is(.st-key-search-conversations,.st-key-show-shortcuts) button{{justify-content:flex-start;
  padding:.15rem .7rem;border-radius:.6rem}}
:is(.st-key-search-conversations,.st-key-show-shortcuts) button>*{{justify-content:flex-start;
  width:100%}}
</style>"""


def draw_style() -> None:
    st.html(_STYLE)


def draw_heading(text: str) -> None:
    st.html(f'<h2 class="ks-group">{escape(text)}</h2>')


def draw_row(session: Session, conversation: Conversation, *, is_open: bool) -> None:
    title = escaped(conversation.title) or "Untitled"
    menu = f"menu-{conversation.id}"
    with st.container(horizontal=True, key="row-current" if is_open else None):
        clicked = st.button(
            title,
            key=f"open-{conversation.id}",
            type="tertiary",
            width="stretch",
        )
        st.menu_button(
            f"Options for {title}",
            [RENAME, UNPIN if conversation.pinned else PIN, DELETE],
            format_func=_with_icon,
            key=menu,
            type="tertiary",
            icon=":material/more_horiz:",
            on_click=carry_out,
            args=(menu, conversation),
        )
    if clicked:
        st.switch_page(CHAT, query_params={"c": str(conversation.id)})


def escaped(text: str) -> str:
    """A label is markdown; a title is text."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|$:~<>" else c for c in text)


def _with_icon(option: str) -> str:
    return f":material/{_ICONS[option]}: {option}"
