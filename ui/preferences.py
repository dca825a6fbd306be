"""What the person chose about memory, as elements: the pause switch, the time zone."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import streamlit as st

from auth.sessions import Session
from errors import InputError, KeepsakeError
from memory.preferences import Preference, Preferences, time_zones
from ui import tab
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


def draw_pause_switch(session: Session, preference: Preference) -> None:
    """Pauses memory at once, and shows whether it is paused."""
    tab.set_widget(tab.MEMORY_PAUSED, preference.memory_paused)
    st.toggle(
        "Pause memory",
        key=tab.MEMORY_PAUSED,
        on_change=_pause,
        args=(session.user_id,),
        help="While memory is paused, nothing that you say is remembered. Answers still use what "
        "is remembered already, and you can still add memories yourself on the Memories page.",
    )


def draw_paused_note(preference: Preference) -> None:
    if preference.memory_paused:
        st.caption(f":material/pause_circle: {PAUSED}")


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


def _pause(user_id: UUID) -> None:
    """Called before the run, which then shows what is stored."""
    try:
        preferences_of(user_id).pause(bool(tab.widget_value(tab.MEMORY_PAUSED)))
    except KeepsakeError as exc:
        tab.flash("error", f"Nothing was changed. {exc.user_message}")
