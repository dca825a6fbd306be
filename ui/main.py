"""The shell around every page: the gate, the navigation, the sidebar.

Pages are registered by absolute path and this script lies outside the folder of a `pages/`, since
Streamlit would otherwise serve a page of a fresh process without running this shell.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from auth.sessions import Session  # noqa: E402
from errors import KeepsakeError  # noqa: E402
from ui import session as gate  # noqa: E402
from ui import sidebar, tab  # noqa: E402
from ui.draft import forget_drafts  # noqa: E402
from ui.errors import draw_failure, page_errors  # noqa: E402
from ui.front import ICON, WORDMARK  # noqa: E402
from ui.navigation import find_pages  # noqa: E402
from ui.plain import draw_style  # noqa: E402
from ui.shell import around_page  # noqa: E402
from ui.undo import draw_undo  # noqa: E402


def main() -> None:
    st.set_page_config(page_title="Keepsake", page_icon=str(ICON), layout="centered")
    pages = find_pages()
    try:
        session = gate.current_session(fresh=True)
    except KeepsakeError as exc:
        gate.rescue_prompt()
        st.navigation(pages.all, position="hidden")
        draw_failure(exc)
        return
    page = st.navigation(pages.all, position="sidebar" if session else "hidden")
    st.set_page_config(page_title=f"{page.title} · Keepsake")
    # First on every page, so that nothing below it moves when it comes and goes.
    with st.container(height=1, border=False, key="orders"):
        gate.draw_orders()
        draw_style()
        if session is None:
            forget_drafts()
    st.html(ROOT / "ui" / ("signed_in.css" if session else "signed_out.css"))
    has_left = gate.take_left()
    if session is None and page in pages.public:
        gate.forget_who_ended()
    if session is None and page in pages.personal:
        if has_left:
            gate.forget_who_ended()
        else:
            gate.want(page.url_path)
        st.switch_page(pages.public[0])
    if session is not None and page in pages.public:
        wanted = gate.take_wanted()
        target = next((p for p in pages.personal if wanted and p.url_path == wanted.url_path), None)
        query = wanted.query if wanted and target else None
        st.switch_page(target or pages.personal[0], query_params=query)
    if session is not None:
        _draw_sidebar(session)
    _draw_flash()
    with around_page(), page_errors():
        page.run()
    if session is not None:
        draw_undo()


def _draw_sidebar(session: Session) -> None:
    st.logo(str(WORDMARK), icon_image=str(ICON), size="large")
    with st.sidebar:
        with around_page(), page_errors():
            sidebar.draw(session)
        with st.container(key="who"):
            st.html(f'<div class="ks-email">{escape(session.email)}</div>')
            st.button(
                "Sign out",
                icon=":material/logout:",
                width="stretch",
                key="sign-out",
                on_click=_sign_out,
            )


def _sign_out() -> None:
    """Called before the run, so nothing of the person is drawn once more."""
    try:
        gate.sign_out()
    except KeepsakeError as exc:
        tab.flash("error", f"You are still signed in. {exc.user_message}")


def _draw_flash() -> None:
    waiting = tab.take_flash()
    if waiting is not None:
        {"success": st.success, "info": st.info, "warning": st.warning, "error": st.error}[
            waiting.kind
        ](waiting.text)


if __name__ == "__main__":
    main()
