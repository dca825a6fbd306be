"""What the memories speak of, as a picture: people, places and things, and how they are related."""

from __future__ import annotations

from datetime import date

import streamlit as st

from database.binding import Binding
from memory.dates import Days
from memory.graph.graph import KINDS, Edge, Graph, Node, Picture
from memory.records import Memory
from ui.chat.preferences import current_preference
from ui.elements.plain_text import plain_text
from ui.gate import require_session
from ui.graph.chart import KIND_NAMES, draw_graph, name_of, sentence_of
from ui.resources import resources
from ui.shell.navigation import CHAT
from ui.shell.run_context import end_page

MOST_SHOWN = 50
FIRST_DAY = date(1900, 1, 1)
NOTHING_YET = (
    "Nothing to draw yet. Tell Keepsake in the chat about people, places and things in your life: "
    "they appear here as a picture of how they belong together, for you alone."
)
NOTHING_NOW = "Nothing of what is remembered holds any more. Choose an earlier day."
NOTHING_THEN = "Nothing of what is remembered held on that day yet. Choose a later one."

NOT_HERE = (
    "Here mem0's hosted platform keeps the memories, and nothing is drawn of those: the graph is "
    "read from memories in the database."
)

session = require_session()
calendar = Days(current_preference(session).zone)
graph = Graph(Binding(resources().database, session.user_id))


def draw_memory(item: Memory) -> None:
    with st.container(border=True, key=f"about-{item.id}"):
        plain_text(item.text)
        st.caption(calendar.validity(item))


def choose(picture: Picture, clicked: Node | Edge | None) -> Node | None:
    """The same choice as a click, by keyboard; a click fills it in."""
    by_id = {node.id: node for node in picture.nodes}
    ids = list(by_id)
    start = clicked.id if isinstance(clicked, Node) else None
    chosen = st.selectbox(
        "Show the memories of",
        ids,
        index=None if start is None else ids.index(start),
        format_func=lambda one: f"{name_of(by_id[one])}",
        placeholder="Click in the picture, or choose here",
        key=f"chosen-{start or 'none'}",
    )
    return by_id.get(chosen) if chosen is not None else None


def draw_memories(chosen: Node | Edge, picture: Picture) -> None:
    if isinstance(chosen, Node):
        found, title = graph.memories_of(chosen.id, as_of=as_of), name_of(chosen)
    else:
        said = graph.memories_of(chosen.object_id, as_of=as_of)
        found = [memory for memory in said if memory.id in chosen.memory_ids]
        title = sentence_of(chosen, picture)
    count = "1 memory" if len(found) == 1 else f"{len(found)} memories"
    with st.container(key="about"):
        plain_text(f"{title}: {count}")
        for memory in found[::-1][:MOST_SHOWN]:
            draw_memory(memory)
        if len(found) > MOST_SHOWN:
            st.caption(f"The latest {MOST_SHOWN} are shown; the Memories page has them all.")


st.title("Graph", anchor=False)
if resources().settings.memory_is_hosted:
    st.info(NOT_HERE)
    end_page()
if graph.is_empty():
    st.markdown(NOTHING_YET)
    st.page_link(CHAT, label="Go to the chat", icon=":material/arrow_forward:")
    end_page()

today = calendar.today()
left, right = st.columns([1, 3])
day = left.date_input("As of", value=today, min_value=FIRST_DAY, max_value=today, key="graph-day")
as_of = None if day >= today else calendar.end_of(day)
whole = graph.picture(as_of=as_of)
kinds = [kind for kind in KINDS if any(n.kind == kind and not n.is_self for n in whole.nodes)]
if not kinds:
    st.markdown(NOTHING_NOW if as_of is None else NOTHING_THEN)
    end_page()
wanted = right.pills(
    "Show",
    kinds,
    selection_mode="multi",
    format_func=KIND_NAMES.__getitem__,
    key="graph-kinds",
    wrap=True,
)
picture = graph.picture(kinds=wanted, as_of=as_of) if wanted else whole
clicked = draw_graph(picture)
if picture.left_out:
    st.caption(f"{picture.left_out} that are mentioned less are left out. Choose a kind above.")
chosen = choose(picture, clicked)
if chosen is None and isinstance(clicked, Edge):
    draw_memories(clicked, picture)
elif chosen is not None:
    draw_memories(chosen, picture)
