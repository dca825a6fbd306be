"""The person's access tokens: make one, see when it was used, revoke it.

A new token is shown by the run after it was made, and by no other.
"""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from account.access_tokens import NAME_MAX_CHARS, WRITE, AccessToken, AccessTokens
from auth.same_origin import origin_of
from auth.sessions import Session
from errors import KeepsakeError
from memory.dates import Days
from ui import tab_state as tab
from ui.chat.preferences import current_preference
from ui.elements.markdown import as_text
from ui.resources import resources

MAY_READ, MAY_WRITE = "read my memories", "read and change my memories"
LIVES = {"7 days": 7, "30 days": 30, "90 days": 90, "a year": 365}


def draw_access_tokens(session: Session) -> None:
    st.subheader("Access tokens", anchor=False)
    st.write(
        "With a token another program, such as Claude Desktop or an agent of your own, uses your "
        "memories as you. It speaks MCP, and finds them at"
    )
    st.code(_address(), language=None, wrap_lines=True)
    _draw_form(session)
    token = tab.NEW_TOKEN.show()
    if token is not None:
        st.success("Your token is made. Copy it now: it is not shown again.")
        st.code(token, language=None, wrap_lines=True)
    days = Days(current_preference(session).zone)
    for one in _tokens_of(session).all():
        _draw_token(session, one, days)


def _draw_form(session: Session) -> None:
    with st.form("make-token", clear_on_submit=True):
        name = st.text_input(
            "Name of the token",
            max_chars=NAME_MAX_CHARS,
            placeholder="Which program is it for?",
            autocomplete="off",
        )
        scope = st.radio("It may", [MAY_READ, MAY_WRITE])
        life = st.selectbox("It lives for", list(LIVES), index=1)
        if st.form_submit_button("Make a token", icon=":material/key:"):
            try:
                token = _tokens_of(session).create(
                    name, may_write=scope == MAY_WRITE, days=LIVES[life]
                )
            except KeepsakeError as exc:
                st.error(as_text(exc.user_message))
            else:
                tab.NEW_TOKEN.set(token)


def _draw_token(session: Session, token: AccessToken, days: Days) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container():
            st.text(token.name)
            st.caption(as_text(_facts(token, days)))
        st.button(
            "Revoke",
            key=f"revoke-{token.id}",
            on_click=_revoke,
            args=(session, token.id, token.name),
        )


def _facts(token: AccessToken, days: Days) -> str:
    may = "Reads and changes" if WRITE in token.scopes else "Reads"
    ends = f"{'expired' if token.expired else 'expires'} on {days.clock(token.expires_at)}"
    used = f"last used on {days.clock(token.last_used_at)}" if token.last_used_at else "never used"
    return f"{may} · {ends} · {used}"


def _revoke(session: Session, token_id: UUID, name: str) -> None:
    try:
        _tokens_of(session).revoke(token_id)
    except KeepsakeError as exc:
        tab.flash("error", exc.user_message)
    else:
        tab.flash("success", f"The token “{name}” is revoked. It lets nobody in any more.")


def _tokens_of(session: Session) -> AccessTokens:
    return AccessTokens(resources().database, session.user_id)


def _address() -> str:
    """Where this app's memory is for other programs, as this browser reaches it."""
    here = st.context.url
    # AppTest hands out a mock in place of the address.
    origin = origin_of(here) if isinstance(here, str) else ""
    return f"{resources().settings.public_url or origin}/mcp"
