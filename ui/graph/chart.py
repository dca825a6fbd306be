"""The picture of a graph: the native ECharts element, and what a click in it means.

Names are drawn on a canvas or escaped by ECharts, so none of them is read as HTML or markdown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from memory.graph.graph import KINDS, Edge, Node, Picture

# As alike in weight as the kinds are; each has at least 3:1 against the light and the dark page.
COLOURS = {
    "person": "#c2683f",
    "pet": "#a8793a",
    "place": "#3f8f6b",
    "organisation": "#4a7fb5",
    "thing": "#8a7f74",
    "food": "#c0577a",
    "activity": "#7d74c4",
    "event": "#b0569f",
    "time": "#3d8f9e",
    "topic": "#74893a",
    "other": "#8b8b8b",
}
KIND_NAMES = {
    "person": "People",
    "pet": "Pets",
    "place": "Places",
    "organisation": "Organisations",
    "thing": "Things",
    "food": "Food",
    "activity": "Activities",
    "event": "Events",
    "time": "Times",
    "topic": "Topics",
    "other": "Other",
}
HEIGHT = 420
# More words than that cover each other; a relation's words then show when it is pointed at.
_LABELLED_EDGES = 12
_LABELLED_NODES = 60
# The force knows no edges: on a phone it would push names out of the picture.
_PHONES = [
    {
        "query": {"maxWidth": limit},
        "option": {"series": [{"zoom": z, "bottom": 110, "label": {"fontSize": 11, "width": 80}}]},
    }
    for limit, z in ((500, 0.62), (320, 0.48))
]


def name_of(node: Node) -> str:
    return "You" if node.is_self else node.name


def sentence_of(edge: Edge, picture: Picture) -> str:
    """A relation in words: You → lives in → Lisbon."""
    names = {node.id: name_of(node) for node in picture.nodes}
    return f"{names[edge.subject_id]} → {edge.predicate} → {names[edge.object_id]}"


def draw_graph(picture: Picture) -> Node | Edge | None:
    """Draw the picture; returns the entity or relation that is selected in it."""
    option = chart_option(picture)
    # Another picture is another chart: a selection is a position, which would mean something else.
    digest = hashlib.sha256(json.dumps(option).encode()).hexdigest()[:16]
    entities, relations = len(picture.nodes), len(picture.edges)
    state = st.echarts_chart(
        option,
        height=HEIGHT,
        key=f"graph-{digest}",
        on_select="rerun",
        alt=f"Graph of {entities} people and things and {relations} relations between them",
    )
    return _selected(state.selection.selected, picture)


def chart_option(picture: Picture) -> dict[str, Any]:
    """The ECharts option; nodes and links in the order of the picture."""
    kinds = [kind for kind in KINDS if any(node.kind == kind for node in picture.nodes)]
    limit = max((node.memories for node in picture.nodes), default=1)
    few_nodes = len(picture.nodes) <= _LABELLED_NODES
    series = {
        "type": "graph",
        "layout": "force",
        "selectedMode": "single",
        # Not zoomed by the wheel, which scrolls the page.
        "roam": "move",
        "zoom": 0.9,
        "draggable": True,
        # At once and always the same, not a swarm that settles anew after each click.
        "force": {
            "initLayout": "circular",
            "layoutAnimation": False,
            **_force(len(picture.nodes)),
        },
        "top": 20,
        "bottom": 60,
        "categories": [
            {"name": KIND_NAMES[kind], "itemStyle": {"color": COLOURS[kind]}} for kind in kinds
        ],
        "label": {
            "show": few_nodes,
            "position": "bottom",
            "width": 110,
            "overflow": "truncate",
        },
        "edgeSymbol": ["none", "arrow"],
        "edgeSymbolSize": 7,
        "edgeLabel": {
            "show": len(picture.edges) <= _LABELLED_EDGES,
            "formatter": "{c}",
            "fontSize": 11,
        },
        "lineStyle": {"width": 1.5, "opacity": 0.55, "curveness": 0.08},
        "emphasis": {
            "focus": "adjacency",
            "label": {"show": True},
            "edgeLabel": {"show": True},
        },
        "select": {
            "itemStyle": {"borderColor": "#b05f43", "borderWidth": 3},
            "lineStyle": {"color": "#b05f43", "width": 3, "opacity": 1},
        },
        "data": [_node(node, kinds, limit) for node in picture.nodes],
        "links": [_link(edge) for edge in picture.edges],
    }
    legend = {
        "data": [KIND_NAMES[kind] for kind in kinds],
        "selectedMode": False,
        "bottom": 0,
        "icon": "circle",
        "itemWidth": 12,
        "itemHeight": 12,
        "itemGap": 12,
    }
    return {"tooltip": {"confine": True}, "legend": legend, "series": [series], "media": _PHONES}


def _force(nodes: int) -> dict[str, Any]:
    """Fewer dots have more room; the numbers were found by looking."""
    if nodes <= 12:
        return {"repulsion": 600, "edgeLength": [110, 160], "gravity": 0.1}
    if nodes <= _LABELLED_NODES:
        return {"repulsion": 220, "edgeLength": [50, 110], "gravity": 0.14}
    return {"repulsion": 90, "edgeLength": [30, 80], "gravity": 0.14}


def _node(node: Node, kinds: list[str], limit: int) -> dict[str, Any]:
    size = 18 + 22 * (node.memories / limit) ** 0.5
    return {
        "id": str(node.id),
        "name": name_of(node),
        "value": node.memories,
        "category": kinds.index(node.kind),
        "symbolSize": round(size, 1),
    }


def _link(edge: Edge) -> dict[str, Any]:
    return {
        "source": str(edge.subject_id),
        "target": str(edge.object_id),
        "value": edge.predicate,
    }


def _selected(groups: list[dict[str, Any]], picture: Picture) -> Node | Edge | None:
    for group in groups:
        of: Sequence[Node | Edge]
        of = picture.edges if group["data_type"] == "edge" else picture.nodes
        positions: list[int] = group["data_indices"]
        for position in positions:
            if 0 <= position < len(of):
                return of[position]
    return None
