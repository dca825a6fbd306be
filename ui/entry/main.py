"""The shell around every page: the gate, the navigation, the sidebar.

Pages are registered by absolute path and this script lies outside the folder of a `pages/`, since
Streamlit would otherwise serve a page of a fresh process without running this shell.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from auth.sessions import Session  # noqa: E402
from errors import KeepsakeError  # noqa: E402
from ui import session as tab_session  # noqa: E402
from ui import tab_state as tab  # noqa: E402
from ui.chat.draft import forget_drafts  # noqa: E402
from ui.elements.assets import asset, style  # noqa: E402
from ui.elements.form_replies import show_form_replies  # noqa: E402
from ui.elements.markdown import as_text  # noqa: E402
from ui.elements.page_dialog import draw_closing  # noqa: E402
from ui.elements.plain_text import draw_style  # noqa: E402
from ui.server.index_page import ICON, WORDMARK  # noqa: E402
from ui.shell import sidebar  # noqa: E402
from ui.shell.errors import draw_failure, page_errors  # noqa: E402
from ui.shell.navigation import find_pages  # noqa: E402
from ui.shell.notices import draw_notices  # noqa: E402
from ui.shell.run_context import around_page  # noqa: E402
from ui.shell.undo import draw_undo  # noqa: E402


def main() -> None:
    st.set_page_config(page_title="Keepsake", page_icon=str(ICON), layout="centered")
    pages = find_pages()
    try:
        session = tab_session.current_session(fresh=True)
    except KeepsakeError as exc:
        tab_session.keep_unsent_message()
        st.navigation(pages.all, position="hidden")
        draw_failure(exc)
        return
    page = st.navigation(pages.all, position="sidebar" if session else "hidden")
    st.set_page_config(page_title=f"{page.title} · Keepsake")
    # First on every page, so that nothing below it moves when it comes and goes.
    with st.container(height=1, border=False, key="orders"):
        tab_session.draw_browser_posts()
        draw_closing()
        draw_style()
        show_form_replies()
        # What they were writing waits for whoever comes back.
        if session is None and not tab_session.may_come_back():
            forget_drafts()
    st.html(style("signed_in.css" if session else "signed_out.css"))
    has_left = tab_session.take_signed_out()
    if session is None and page in pages.public:
        tab_session.forget_who_ended()
    if session is None and page in pages.personal:
        if has_left:
            tab_session.forget_who_ended()
        else:
            tab_session.keep_redirect(page.url_path)
        st.switch_page(pages.public[0])
    if session is not None and page in pages.public:
        wanted = tab_session.take_redirect()
        target = next((p for p in pages.personal if wanted and p.url_path == wanted.url_path), None)
        query = wanted.query if wanted and target else None
        st.switch_page(target or pages.personal[0], query_params=query)
    if session is not None:
        _draw_sidebar(session, on_chat=page == pages.personal[0])
    # The chat scrolls to its end by itself.
    _draw_flash(in_view=page != pages.personal[0])
    if session is not None:
        with around_page(), page_errors():
            draw_notices(session)
    with around_page(), page_errors():
        page.run()
    if session is not None:
        draw_undo()
    tab.run_ended()


def _draw_sidebar(session: Session, *, on_chat: bool) -> None:
    st.logo(str(WORDMARK), icon_image=str(ICON), size="large")
    with st.sidebar:
        with around_page(), page_errors():
            sidebar.draw(session, on_chat=on_chat)
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
        tab_session.sign_out()
    except KeepsakeError as exc:
        tab.flash("error", f"You are still signed in. {exc.user_message}")


def _draw_flash(*, in_view: bool) -> None:
    # Has its place also when there is none: nothing below it is made anew when it comes and goes,
    # and the page does not jump.
    place = st.container(key="flash")
    waiting = tab.show_flash()
    if waiting is None:
        return
    with place:
        _say(waiting)
        if in_view:
            component = st.components.v2.component(
                "keepsake_flash", html="<i hidden></i>", js=asset("flash.js")
            )
            component(data={"id": uuid4().hex}, key="flash-in-view")


def _say(waiting: tab.Flash) -> None:
    words = as_text(waiting.text)
    match waiting.kind:
        case "success":
            st.success(words)
        case "info":
            st.info(words)
        case "warning":
            st.warning(words)
        case "error":
            st.error(words)


if __name__ == "__main__":
    main()
