"""Signing in at a provider: a link for each that the project has, and what came of the last try."""

from __future__ import annotations

from html import escape

import streamlit as st

from auth.provider_routes import AWAY, BUSY, EXPIRED, REFUSED, START
from auth.providers import Provider
from errors import KeepsakeError
from ui.account import actions as accounts
from ui.account import steps
from ui.elements.markdown import as_text
from ui.resources import resources

_SENTENCES = {
    EXPIRED: "That sign-in took too long, or was begun in another browser. Please try again.",
    REFUSED: "That sign-in did not work. Please try again, or sign in another way.",
    BUSY: "Too many attempts. Please try again in ten minutes.",
    AWAY: "The sign-in service does not answer right now. Please try again in a moment.",
}


def take_provider_sign_in() -> None:
    """Once in each tab: go on with whom a provider has just let in."""
    if not steps.FLOW_SEEN.get():
        steps.FLOW_SEEN.set(True)
        try:
            someone = accounts.continue_from_provider()
        except KeepsakeError as exc:
            st.error(as_text(exc.user_message))
            return
        if someone:
            st.rerun()


def draw_providers() -> None:
    if said := _SENTENCES.get(st.query_params.get("provider", "")):
        st.error(said)
    providers = resources().providers.enabled()
    if providers:
        st.html("".join(map(_link, providers)))


def _link(provider: Provider) -> str:
    """A link and no button: the browser leaves this page, and comes back to another one."""
    label = escape(f"Continue with {provider.label}")
    return f'<a class="ks-provider" href="{START}?provider={escape(provider.name)}">{label}</a>'
