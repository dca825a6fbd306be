"""What of a file is to be imported: each line with its box, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from memory.manage.formats.entry import Entry
from memory.manage.import_file import Plan
from ui.elements.markdown import as_text
from ui.tab_state import Slot, set_widget, widget_value

ON_PAGE = 25
HEIGHT_PX = 320
ALL, PAGE = "import-all", "import-page"


def _all_chosen() -> frozenset[int]:
    return frozenset()


# Which lines of the plan are not wanted, by their place.
LEFT_OUT = Slot("_import_left_out", _all_chosen)


def draw_choice(plan: Plan) -> None:
    """The new memories of a file, to be chosen among."""
    entries = plan.entries
    if len(entries) > 1:
        set_widget(ALL, not LEFT_OUT.get())
        st.checkbox(f"All {len(entries):,}", key=ALL, on_change=_choose_all, args=(len(entries),))
    pages = -(-len(entries) // ON_PAGE)
    number = widget_value(PAGE)
    first = (min(number, pages) - 1) * ON_PAGE if isinstance(number, int) else 0
    with st.container(height=HEIGHT_PX if len(entries) > 5 else "content", key="import-lines"):
        for place in range(first, min(first + ON_PAGE, len(entries))):
            _draw_line(place, entries[place])
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=PAGE)


def chosen(plan: Plan) -> Sequence[Entry]:
    """Those that are wanted."""
    left_out = LEFT_OUT.get()
    return [entry for place, entry in enumerate(plan.entries) if place not in left_out]


def forget_choice() -> None:
    """Another file comes, or none: all of it is wanted again. Before anything of it is drawn."""
    LEFT_OUT.clear()
    set_widget(PAGE, 1)


def _draw_line(place: int, entry: Entry) -> None:
    key = f"import-line-{place}"
    set_widget(key, place not in LEFT_OUT.get())
    waits = " (waits for your yes)" if entry.pending_reason else ""
    st.checkbox(as_text(entry.text + waits), key=key, on_change=_choose, args=(place,))


def _choose(place: int) -> None:
    one = frozenset({place})
    wanted = bool(widget_value(f"import-line-{place}"))
    LEFT_OUT.set(LEFT_OUT.get() - one if wanted else LEFT_OUT.get() | one)


def _choose_all(count: int) -> None:
    LEFT_OUT.set(frozenset() if widget_value(ALL) else frozenset(range(count)))
