"""What the person chose, as elements: how memory is used, which model answers, the time zone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import streamlit as st

from account.preferences import Preference, Preferences
from auth.sessions import Session
from errors import InputError, KeepsakeError
from memory.dates import time_zones
from memory.graph.mentions import KINDS
from ui import tab_state as tab
from ui.resources import resources

PAUSED = "Memory is paused: what you say now is not remembered, not even later."


def preferences_of(user_id: UUID) -> Preferences:
    return Preferences(resources().database, user_id)


def current_preference(session: Session) -> Preference:
    """What is stored; at the first time, the browser's time zone is. Raises DatabaseError."""
    preferences = preferences_of(session.user_id)
    found = preferences.get()
    here = st.context.timezone
    # AppTest hands out a mock in place of the zone.
    if not found.chosen and isinstance(here, str):
        with suppress(InputError):
            preferences.set_time_zone(here)
            found = preferences.get()
    return found


def draw_memory_switches(session: Session, preference: Preference) -> None:
    """One for reading and one for writing; each works at once and shows what is stored."""
    used, kept = preference.memory_used, not preference.memory_paused
    key = tab.key_holding(tab.MEMORY_USED, used)
    st.toggle(
        "Use my memories in answers",
        value=used,
        key=key,
        on_change=_use_memory,
        args=(session.user_id, key),
        help="Off: answers know nothing but the conversation itself.",
    )
    key = tab.key_holding(tab.MEMORY_KEPT, kept)
    st.toggle(
        "Remember what I say",
        value=kept,
        key=key,
        on_change=_pause,
        args=(session.user_id, key),
        help="Off: what you say meanwhile is not remembered, not even later. You can still add "
        "memories yourself on the Memories page.",
    )


def draw_paused_note(preference: Preference) -> None:
    if preference.memory_paused:
        st.caption(f":material/pause_circle: {PAUSED}")


def draw_kinds_inside(session: Session, preference: Preference) -> None:
    """Kinds of memories that never leave for a hosted model; works at once."""
    key = tab.key_holding("kinds-inside", list(preference.kinds_inside))
    st.multiselect(
        "Never send to a hosted model: memories about",
        KINDS,
        default=list(preference.kinds_inside),
        format_func=lambda kind: kind.capitalize(),
        key=key,
        on_change=_keep_inside,
        args=(session.user_id, key),
        help="A memory that names something of these kinds is given to no model and no program "
        "outside of this machine; an answer says how many were held back. Single memories: in "
        "their menu on the Memories page.",
    )
    if not resources().settings.model_is_outside:
        st.caption("The model here is one of this machine, so nothing is held back from it.")


def _keep_inside(user_id: UUID, key: str) -> None:
    chosen = tab.widget_value(key)
    kinds = [str(kind) for kind in chosen] if isinstance(chosen, list) else []
    _try(lambda: preferences_of(user_id).keep_inside(kinds))


def draw_time_zone(session: Session, preference: Preference) -> None:
    """The zone that the person's days are counted in, to be chosen from all."""
    zones = sorted(time_zones())
    chosen = st.selectbox(
        "Time zone",
        zones,
        index=zones.index(str(preference.zone)),
        help='Days such as "since 3 March" are counted in this zone.',
        key="time-zone",
    )
    if chosen != str(preference.zone):
        preferences_of(session.user_id).set_time_zone(chosen)
        tab.flash("success", f"Your days are counted in {chosen} from now on.")
        st.rerun()


def _pause(user_id: UUID, key: str) -> None:
    """Called before the run, which then shows what is stored."""
    paused = not tab.widget_value(key)
    _try(lambda: preferences_of(user_id).pause(paused))


def _use_memory(user_id: UUID, key: str) -> None:
    used = bool(tab.widget_value(key))
    _try(lambda: preferences_of(user_id).use_memory(used))


def choose_model(user_id: UUID, key: str) -> None:
    """Called before the run, with what the picker was just set to."""
    name = tab.widget_value(key)
    usual = resources().settings.chat_model
    chosen = name if isinstance(name, str) and name != usual else None
    _try(lambda: preferences_of(user_id).choose_model(chosen))


def forget_model(user_id: UUID) -> None:
    """Called before the run: from now on the usual model is the one that is wanted."""
    _try(lambda: preferences_of(user_id).choose_model(None))


def _try(change: Callable[[], None]) -> None:
    try:
        change()
    except KeepsakeError as exc:
        tab.flash("error", f"Nothing was changed. {exc.user_message}")
