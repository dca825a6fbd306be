"""What stands around the chat's input: how memory is used, which model answers, "Stop"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.sessions import Session
from memory.attachments import FILE_MAX_BYTES, MOST_FILES, PICTURE_KINDS, TEXT_KINDS
from memory.chat import How
from memory.preferences import Preference
from memory.sight import sees_pictures
from ui import tab
from ui.preferences import choose_model, draw_memory_switches, draw_paused_note
from ui.resources import resources

SMALL = (
    "A small language model on this machine. It remembers and answers from memory; it knows little "
    "of the world and makes mistakes. OPENAI_API_KEY or OPENAI_BASE_URL names a larger one."
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is at the end of the row, "Stop" or a note, and how the next answer is to be given.

    Both stand in one place, so that nothing moves when an answer begins or ends.
    """

    how: How
    _end: DeltaGenerator
    _note: str = ""

    def offer_stop(self, stop: Callable[[], None]) -> None:
        self._end.button("Stop", icon=":material/stop_circle:", key="stop-answer", on_click=stop)

    def rest(self) -> None:
        """No answer is being given."""
        if self._note:
            self._end.caption(
                self._note,
                text_alignment="right",
                width="content",
                help=SMALL if resources().settings.model_is_local else None,
            )
        else:
            self._end.empty()

    @property
    def takes_pictures(self) -> bool:
        settings = resources().settings
        return sees_pictures(self.how.model or settings.chat_model, settings.pictures)

    @property
    def file_kinds(self) -> list[str]:
        return [*TEXT_KINDS, *(PICTURE_KINDS if self.takes_pictures else ())]


def draw_chat_bar(session: Session, preference: Preference, *, temporary: bool) -> Bar:
    """Draw it above the input."""
    offered = resources().offered.names()
    chosen = preference.chat_model if preference.chat_model in offered else None
    how = How(use_memory=preference.memory_used, model=chosen)
    with st.bottom:
        if not temporary:
            draw_paused_note(preference)
        draw_missing_model()
        with st.container(horizontal=True, vertical_alignment="center", key="chat-bar"):
            if not temporary:
                _draw_memory(session, preference)
            if len(offered) > 1:
                _draw_models(session, offered, chosen or offered[0])
            st.space("stretch")
            bar = Bar(how, st.empty(), _which_model(chosen, picked=len(offered) > 1))
            bar.rest()
    return bar


def draw_missing_model() -> None:
    """Why nothing can be answered or remembered, and the ways on."""
    if missing := resources().settings.model_missing:
        st.warning(missing, icon=":material/cloud_off:")


def _which_model(chosen: str | None, *, picked: bool) -> str:
    """Which model answers, where no picker tells it; for that of this machine, that it is small."""
    settings = resources().settings
    if settings.model_missing:
        return ""
    if settings.model_is_local and chosen in (None, settings.chat_model):
        return f"{settings.chat_model} (small)"
    return "" if picked else settings.chat_model


def file_limits(bar: Bar) -> str:
    """What may come with a message, said beforehand."""
    kinds = "text, Markdown, CSV, JSON and PDF files"
    if bar.takes_pictures:
        kinds += ", and pictures"
    size = FILE_MAX_BYTES // 1024**2
    return f"You can add {kinds}: up to {MOST_FILES} with a message, {size} MB each."


def _draw_memory(session: Session, preference: Preference) -> None:
    state = "Memory"
    if not preference.memory_used:
        state = "Memory: not used"
    elif preference.memory_paused:
        state = "Memory: paused"
    with st.popover(state, icon=":material/bookmark:", key="memory-options"):
        draw_memory_switches(session, preference)
    st.toggle(
        "From memory only",
        key=tab.MEMORY_ONLY,
        disabled=not preference.memory_used,
        help="Leaves this conversation's own messages out of the prompt, so that whatever "
        "is recalled can only come from long-term memory.",
    )


def _draw_models(session: Session, offered: list[str], chosen: str) -> None:
    key = tab.key_holding(tab.CHAT_MODEL, chosen)
    st.selectbox(
        "Model",
        offered,
        index=offered.index(chosen),
        key=key,
        label_visibility="collapsed",
        width=190,
        on_change=choose_model,
        args=(session.user_id, key),
    )
