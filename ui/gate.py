"""No page runs without the shell around it, or without a session: each begins with a call of here.

Streamlit runs the files of a folder `pages/` beside the main script by themselves until
st.navigation has been called; AppTest does so with app.py at every run. Such a page hands over to
the shell. Only pages import this module: it knows the shell, which knows everything else.
"""

from __future__ import annotations

import streamlit as st

from auth.sessions import Session
from ui import session
from ui.entry.main import main
from ui.shell.run_context import is_inside


def require_shell() -> None:
    """Go on only inside the shell; otherwise run the shell, and nothing after it.

    A fragment that runs by itself has been inside before.
    """
    if not is_inside():
        main()
        st.stop()


def require_session() -> Session:
    """The first statement of every personal page: without a session nothing below it runs."""
    require_shell()
    return session.require_session()
