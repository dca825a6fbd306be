"""What people see when something fails: a sentence and a way on, never a traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import streamlit as st

from errors import (
    ConfigError,
    DatabaseRefused,
    DatabaseUnavailable,
    KeepsakeError,
    NotConfigured,
    NotMigrated,
    SessionExpired,
    Unbound,
    Unprotected,
)
from ui.elements.markdown import as_text
from ui.elements.run_again import run_once
from ui.resources import RETRY_S

_log = logging.getLogger(__name__)

_GET_GOING = """
**On this machine, without any account:** stop this program and run

```sh
make run
```

**With a Supabase project:** copy `.env.example` to `.env`, fill in `SUPABASE_URL`, `SUPABASE_KEY`,
`DATABASE_URL` and `OPENAI_API_KEY`, run `make migrate` once, and start again.
"""
_CHECK_SETTINGS = "Correct the settings in `.env` (`.env.example` explains each) and start again."
_MIGRATE = "Run `make migrate`; this page goes on by itself afterwards."
_COMES_BACK = "This page looks again every few seconds and goes on by itself. Nothing is lost."
_UNPROTECTED = (
    "Keepsake does not serve anybody in this state, because people could see each other's data. "
    "Check the role in `DATABASE_URL` and run `make migrate`."
)


@contextmanager
def page_errors() -> Iterator[None]:
    """Around a page: a known error becomes its sentence, an ended session leads to sign-in."""
    try:
        yield
    except (SessionExpired, Unbound):
        st.rerun()
    except (ConfigError, NotMigrated, Unprotected, DatabaseUnavailable) as exc:
        draw_failure(exc)
    except KeepsakeError as exc:
        _log.warning("A page failed: %s", type(exc).__name__)
        st.error(as_text(exc.user_message))
        st.button("Try again", key="try-again")


def draw_failure(exc: KeepsakeError) -> None:
    """A page of its own: Keepsake cannot work now, and this is how it will."""
    title, way_on = _explained(exc)
    st.title(title, anchor=False)
    st.markdown(as_text(exc.user_message))
    st.markdown(way_on)
    if not isinstance(exc, ConfigError):
        run_once("database", at="/readyz", key="back", every_s=RETRY_S + 1)


def keep_quotes_out_of_the_log() -> None:
    """Streamlit logs an unforeseen error with its message before on_script_error is asked."""
    logging.getLogger("streamlit.error_util").addFilter(lambda record: not record.exc_info)


def on_script_error(exc: Exception) -> bool:
    """For st.App: log an unforeseen error, without its message, which may quote a person."""
    reference = uuid4().hex[:8]
    frames = "".join(traceback.format_tb(exc.__traceback__)[-6:])
    _log.error("Unforeseen error %s: %s\n%s", reference, type(exc).__name__, frames)
    st.error(
        "Something unexpected went wrong, and it has been noted."
        f" Please reload the page. (Reference {reference})"
    )
    return True


def _explained(exc: KeepsakeError) -> tuple[str, str]:
    match exc:
        case NotConfigured():
            return "Almost there", _GET_GOING
        case ConfigError():
            return "A setting needs a look", _CHECK_SETTINGS
        case NotMigrated():
            return "The database needs an update", _MIGRATE
        case Unprotected():
            return "Not safe to run", _UNPROTECTED
        case DatabaseRefused():
            return "A setting needs a look", _CHECK_SETTINGS
        case DatabaseUnavailable():
            return "Back in a moment", _COMES_BACK
        case _:
            return "Keepsake cannot start", _COMES_BACK
