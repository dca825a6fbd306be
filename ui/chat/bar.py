"""What stands around the chat's input: how memory is used, which model answers, "Stop"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from account.preferences import Preference
from auth.sessions import Session
from chat.attachments import FILE_MAX_BYTES, MOST_FILES, PICTURE_KINDS, TEXT_KINDS
from chat.chat import AnswerOptions
from models.model_catalog import Choice
from models.vision import sees_pictures
from ui import tab_state as tab
from ui.chat.preferences import choose_model, draw_memory_switches, draw_paused_note, forget_model
from ui.elements.markdown import as_text
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

    options: AnswerOptions
    _end: DeltaGenerator
    _note: str = ""

    def offer_stop(self, stop: Callable[[], None]) -> None:
        self._end.button("Stop", icon=":material/stop_circle:", key="stop-answer", on_click=stop)

    def rest(self) -> None:
        """No answer is being given."""
        if self._note:
            self._end.caption(
                as_text(self._note),
                text_alignment="right",
                width="content",
                help=SMALL if resources().settings.model_is_local else None,
            )
        else:
            self._end.empty()

    @property
    def takes_pictures(self) -> bool:
        settings = resources().settings
        return sees_pictures(self.options.model or settings.chat_model, settings.pictures)

    @property
    def file_kinds(self) -> list[str]:
        return [*TEXT_KINDS, *(PICTURE_KINDS if self.takes_pictures else ())]


def draw_chat_bar(session: Session, preference: Preference, *, temporary: bool) -> Bar:
    """Draw it above the input."""
    choice = resources().model_catalog.choice(preference.chat_model)
    options = AnswerOptions(use_memory=preference.memory_used, model=choice.model)
    picked = len(choice.names) > 1
    with st.bottom:
        if not temporary:
            draw_paused_note(preference)
        draw_missing_model()
        _draw_gone(session, choice)
        with st.container(horizontal=True, vertical_alignment="center", key="chat-bar"):
            if not temporary:
                _draw_memory(session, preference)
            if picked:
                _draw_models(session, choice)
            st.space("stretch")
            bar = Bar(options, st.empty(), _which_model(choice.model, picked=picked))
            bar.rest()
    return bar


def draw_missing_model() -> None:
    """Why nothing can be answered or remembered, and the ways on."""
    if missing := resources().settings.model_missing:
        st.warning(as_text(missing), icon=":material/cloud_off:")


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


def _draw_gone(session: Session, choice: Choice) -> None:
    """That the model which was chosen before is not there, and a way to be content with that."""
    if not choice.sentence:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="model-gone"):
        st.caption(as_text(choice.sentence), width="content")
        st.button(
            "Stay with it",
            type="tertiary",
            key="forget-model",
            on_click=forget_model,
            args=(session.user_id,),
        )


def _draw_models(session: Session, choice: Choice) -> None:
    chosen = choice.model or choice.names[0]
    key = tab.key_holding(tab.CHAT_MODEL, chosen)
    st.selectbox(
        "Model",
        choice.names,
        index=choice.names.index(chosen),
        key=key,
        label_visibility="collapsed",
        width=190,
        on_change=choose_model,
        args=(session.user_id, key),
    )
