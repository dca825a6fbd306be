"""Where Supabase Auth, as an OAuth server, sends whoever is to let a program in: /consent."""

from __future__ import annotations

import streamlit as st

from errors import KeepsakeError
from ui.account.other_programs.consent import draw_consent
from ui.elements.markdown import as_text
from ui.gate import require_session

session = require_session()

st.title("Let a program in?", anchor=False)
try:
    draw_consent(session, st.query_params.get("authorization_id", ""))
except KeepsakeError as exc:
    st.error(as_text(exc.user_message))
