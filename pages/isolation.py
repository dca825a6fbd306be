"""Proof, made for the person who looks at it, that accounts are kept apart."""

from __future__ import annotations

import streamlit as st

from ui.gate import require_session
from ui.isolation.check import ABOUT_PLATFORM, REPORT, draw_report, draw_rules, make_check
from ui.isolation.demonstration import DEMONSTRATION, draw_demonstration, make_demonstration
from ui.resources import resources

# The demonstration counts rows of memories, and there are none where mem0's platform keeps them.
HOSTED = resources().settings.memory_is_hosted
DEMONSTRATES = (
    " **Show me** lets two throw-away accounts say opposite things and asks both the same question."
)
session = require_session()

st.title("Isolation", anchor=False)
st.markdown(
    "What is yours is seen by nobody else, and you see nothing of theirs. You need not take our "
    "word for it. **Check** makes a throw-away account, tries as you to get at its data by every "
    f"way that this app has, and shows what the database said.{'' if HOSTED else DEMONSTRATES} All "
    "of them are removed again."
)
if HOSTED:
    st.warning(f"**Your memories are kept apart by less than the rest.** {ABOUT_PLATFORM}")
with st.container(horizontal=True):
    check = st.button(
        "Check now", type="primary", icon=":material/shield_lock:", key="check-isolation"
    )
    demonstrate = not HOSTED and st.button(
        "Show me with two throw-away accounts", icon=":material/group:", key="demonstrate-isolation"
    )
if demonstrate:
    DEMONSTRATION.clear()
    make_demonstration(session)
if (shown := DEMONSTRATION.get()) is not None:
    draw_demonstration(shown)
if check:
    REPORT.clear()
    make_check(session)
if (report := REPORT.get()) is not None:
    draw_report(report)
draw_rules(session)
