"""Whether the shell is around what runs now, and whether that is a fragment by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from streamlit.runtime.scriptrunner import get_script_run_ctx

# A script runs in one thread from beginning to end.
_shell = threading.local()


class PageEnded(Exception):
    """A page has drawn all that it has."""


def end_page() -> NoReturn:
    """Draw nothing more of this page; what the shell draws below it follows.

    Not st.stop(): Streamlit raises the same exception in a run that another click overtakes, and
    such a run must end at once. One that went on to its end would throw away the dialogs, drafts
    and widgets of the run that overtook it.
    """
    raise PageEnded


@contextmanager
def around_page() -> Iterator[None]:
    """What runs inside has passed the gate; it may end early."""
    _shell.is_there = True
    try:
        yield
    except PageEnded:
        pass
    finally:
        _shell.is_there = False


def is_inside() -> bool:
    """Whether the shell is around this run, or was around it before."""
    return getattr(_shell, "is_there", False) or is_fragment_run()


def is_fragment_run() -> bool:
    """Whether a fragment is running by itself, without the script around it."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)
