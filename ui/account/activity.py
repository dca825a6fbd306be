"""What happened to the account, from its audit log: newest first, in words, and as a file."""

from __future__ import annotations

import streamlit as st

from auth.audit import Audit
from auth.sessions import Session
from database.audit import Line
from errors import SessionExpired
from memory.dates import Days
from ui.elements.markdown import as_text
from ui.resources import resources
from ui.session import require_session
from ui.tab_state import widget_value

LINES_A_PAGE = 10
PAGE = "activity-page"
_WORDS = {
    "signed_up": "Account created",
    "signed_in": "Signed in",
    "sign_in_failed": "A sign-in failed: wrong password",
    "password_wrong": "A wrong password was given on this page",
    "signed_out": "Signed out",
    "session_ended": "Session ended from another browser",
    "session_refused": "Session ended by the Auth server",
    "password_changed": "Password changed",
    "address_changed": "Email address changed",
    "factor_enrolled": "Second factor turned on",
    "factor_removed": "Second factor removed",
    "factor_failed": "A wrong code of the second factor was given",
    "recovery_codes_made": "New recovery codes made",
    "recovery_code_used": "Recovery code used: second factor removed",
    "passkey_added": "Passkey added",
    "passkey_removed": "Passkey removed",
    "data_exported": "All data downloaded",
    "deletion_asked": "Deletion of the account asked for",
    "program_allowed": "A program was let in",
    "program_refused": "A program was not let in",
}
_COUNTED = {
    "sessions_ended": ("session", "Ended {} other {}"),
    "memories_exported": ("memory", "Exported {} {}"),
    "memories_imported": ("memory", "Imported {} {}"),
    "memories_forgotten": ("memory", "Forgot {} {}"),
    "all_forgotten": ("memory", "Forgot everything: {} {}"),
    "forgetting_undone": ("memory", "Brought back {} forgotten {}"),
    "foreign_memory_refused": ("memory", "mem0's platform gave {} {} of others: refused"),
}
_PLURAL = {"memory": "memories", "session": "sessions"}


def in_words(line: Line) -> str:
    """What happened, and in which browser where that is known."""
    if line.event in _COUNTED:
        noun, sentence = _COUNTED[line.event]
        count = line.count or 0
        said = sentence.format(
            f"{count:,}" if count else "no", noun if count == 1 else _PLURAL[noun]
        )
    else:
        said = _WORDS[line.event]
    return f"{said} ({line.browser})" if line.browser else said


def draw_activity(session: Session, days: Days) -> None:
    st.subheader("Activity", anchor=False)
    st.write(
        "What happened to your account, without any content. Lines are only ever added, and each "
        "is sealed to the one before it. The list goes with your account if you delete it: take "
        "it along before, if you want to keep it."
    )
    _draw_lines(days)
    st.download_button(
        "Download activity",
        data=lambda: _document(session),
        file_name="keepsake-activity.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key="download-activity",
    )


@st.fragment
def _draw_lines(days: Days) -> None:
    """A page of them; turning it draws nothing else anew."""
    audit = Audit(resources().database, require_session().user_id)
    pages = max(1, -(-audit.count() // LINES_A_PAGE))
    held = widget_value(PAGE)
    wanted = min(held, pages) if isinstance(held, int) else 1
    lines = audit.page(wanted, LINES_A_PAGE)
    if not lines:
        st.caption("Nothing yet.")
        return
    st.table(
        {
            "When": [as_text(days.clock(line.at)) for line in lines],
            "What": [as_text(in_words(line)) for line in lines],
        },
        border="horizontal",
        hide_index=True,
    )
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=PAGE)


def _document(session: Session) -> str:
    """Called when the button is clicked, outside a run: the session may have ended by then."""
    found = resources()
    if found.sessions.find(session.secret) is None:
        raise SessionExpired
    return Audit(found.database, session.user_id).document()
