"""No page runs without the shell around it.

Streamlit runs the files of a folder `pages/` beside the main script by themselves until
st.navigation has been called; AppTest does so with app.py at every run. Such a page hands over to
the shell.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

# A script runs in one thread from beginning to end.
_shell = threading.local()


@contextmanager
def around_page() -> Iterator[None]:
    """What runs inside has passed the gate."""
    _shell.is_there = True
    try:
        yield
    finally:
        _shell.is_there = False


def is_fragment_run() -> bool:
    """Whether a fragment is running by itself, without the script around it."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def require_shell() -> None:
    """Go on only inside the shell; otherwise run the shell, and nothing after it.

    A fragment that runs by itself has been inside before.
    """
    if getattr(_shell, "is_there", False) or is_fragment_run():
        return
    from ui.main import main

    main()
    st.stop()
