"""What the account has used of what it may, on the Account page, where there are limits to it."""

from __future__ import annotations

import streamlit as st

from auth.sessions import Session
from database.fair_use import MB, FairUseLimits, Used
from errors import KeepsakeError
from memory.dates import Days
from ui.elements.markdown import as_text
from ui.resources import resources


def draw_fair_use(session: Session, days: Days) -> None:
    fair_use = resources().engine.fair_use
    if not fair_use.limits.any:
        return
    st.subheader("Fair use", anchor=False)
    st.write("What one account may use here, so that there is enough for everybody.")
    try:
        used = fair_use.used(session.user_id)
    except KeepsakeError as exc:
        st.error(as_text(exc.user_message))
        return
    if fair_use.limits.tokens_a_day:
        _draw_tokens(used, fair_use.limits.tokens_a_day, days)
    if fair_use.limits.stored_mb:
        share = used.stored_bytes / (fair_use.limits.stored_mb * MB)
        stored = f"{used.stored_bytes / MB:,.1f} of {fair_use.limits.stored_mb:,} MB"
        _draw_share(share, f"Messages, files and memories: {stored}")
    if lines := _at_once(fair_use.limits):
        st.caption("  \n".join(map(as_text, lines)))


def _draw_tokens(used: Used, most: int, days: Days) -> None:
    _draw_share(used.tokens / most, f"Tokens of the model: {used.tokens:,} of {most:,} in a day")
    if used.tokens_until is not None:
        st.caption(as_text(f"This day ends on {days.clock(used.tokens_until)}."))
    else:
        st.caption("A day begins with your next message.")


def _draw_share(share: float, words: str) -> None:
    """What was under way when the limit was reached is brought to its end, so it may be more."""
    st.progress(min(share, 1.0), text=as_text(words))


def _at_once(limits: FairUseLimits) -> list[str]:
    lines = []
    if limits.answers_at_once:
        lines.append(f"Answers at once: {limits.answers_at_once:,} at most.")
    if limits.messages_a_minute:
        lines.append(f"Messages a minute: {limits.messages_a_minute:,} at most.")
    return lines
