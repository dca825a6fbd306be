"""What a new chat shows before anything was said, to a newcomer and to whoever is known."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from account.preferences import Preference
from auth.sessions import Session
from chat.records import Turn
from compare.sample_questions import quick_samples
from database.binding import Binding
from ui.chat.bar import Bar, file_limits
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.shell.conversation_actions import conversation_list
from ui.shell.navigation import ISOLATION, MEMORIES
from ui.tab_state import keep_draft

# What a starting point puts into the input, for the person to finish.
BEGINNINGS = {
    "Introduce yourself": (":material/waving_hand:", "My name is "),
    "Say what you like": (":material/favorite:", "I like "),
    "Tell a plan": (":material/event:", "I am planning to "),
}
_STEPS = """
<ol class="ks-steps"><li>Tell me something about yourself.</li><li>Start a new chat.</li>
<li>Ask me: I still know.</li></ol>"""


def draw_welcome(session: Session, bar: Bar, *, temporary: bool) -> None:
    """A way to begin, in one screen."""
    if temporary:
        st.title("Nothing of this stays", anchor=False)
    elif questions := quick_samples(Binding(resources().database, session.user_id)):
        _draw_known(questions[0])
    else:
        _draw_newcomer()
    st.caption(file_limits(bar))


def draw_next_step(session: Session, preference: Preference, turns: Sequence[Turn]) -> None:
    """After the very first answer: how to see that it was remembered."""
    if len(turns) != 1 or turns[0].answer_state != "complete" or preference.memory_paused:
        return
    if len(conversation_list(session).latest(2)) == 1:
        with st.container(key="next-step"):
            st.info(
                "Now start a new chat and ask me about it: I will still know.",
                icon=":material/lightbulb:",
            )


def _draw_newcomer() -> None:
    st.title("What should I remember?", anchor=False)
    st.markdown("I remember you from one conversation to the next, and nobody else can see it.")
    st.html(style("welcome.css") + _STEPS)
    with st.container(horizontal=True):
        for label, (icon, beginning) in BEGINNINGS.items():
            if st.button(label, icon=icon, key=f"begin-{label}"):
                _put(beginning)


def _draw_known(question: str) -> None:
    st.title("Ask me what I remember", anchor=False)
    st.markdown("Nothing has been said in this chat, and I still know what you told me before.")
    with st.container(horizontal=True):
        # A label is markdown; a question is text.
        if st.button(as_text(question), icon=":material/chat:", key="begin-question"):
            _put(question)
        if st.button("See my memories", icon=":material/bookmarks:", key="begin-memories"):
            st.switch_page(MEMORIES)
        if st.button(
            "Check that they are private", icon=":material/shield_lock:", key="begin-check"
        ):
            st.switch_page(ISOLATION)


def _put(text: str) -> None:
    keep_draft(text)
    st.rerun()
