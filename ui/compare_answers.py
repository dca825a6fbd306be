"""Answers side by side while they are written: what each says, how long it took, what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from memory.answering import Answering, Sight
from memory.compare import Comparison
from ui.answer_text import as_markdown
from ui.plain import plain_text

T = TypeVar("T")
LOOK_EVERY_S = 0.1
_STYLE = """<style>
[data-testid="stMainBlockContainer"]{max-width:64rem}
@media (min-width:768px){[data-testid="stMainBlockContainer"]{padding-inline:2rem}}
.st-key-asked{min-height:2.6rem}
.st-key-asked .ks-text{font-weight:600}
.ks-head{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:.5rem}
.ks-head h2{font-size:1.15rem;line-height:1.4;margin:0;padding:0}
.ks-head span{font-size:.82rem;overflow-wrap:anywhere;
  color:color-mix(in srgb,currentColor 72%,transparent)}
.ks-figures.ks-figures{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));
  gap:.45rem .75rem;margin:0!important;padding:.4rem 0 .7rem!important;
  border-bottom:1px solid color-mix(in srgb,currentColor 16%,transparent)}
.ks-figures div{min-width:0}
.ks-figures dt{margin:0;padding:0;font-size:.76rem;line-height:1.3;font-weight:400;
  color:color-mix(in srgb,currentColor 72%,transparent)}
.ks-figures dd{margin:0!important;padding:0;font-size:.92rem;line-height:1.4;
  font-variant-numeric:tabular-nums;white-space:nowrap}
[class*="st-key-answer-"]{min-height:4.5rem}
</style>"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one answer is drawn."""

    answer: Answering
    figures: DeltaGenerator
    text: DeltaGenerator


def draw_style() -> None:
    st.html(_STYLE)


def draw_asked(comparison: Comparison) -> None:
    """The question, and "Stop" beside it as long as something is being written."""
    with st.container(horizontal=True, vertical_alignment="center", key="asked"):
        with st.container(width="stretch"):
            plain_text(comparison.question)
        if comparison.running:
            st.button(
                "Stop",
                key="stop-comparison",
                icon=":material/stop_circle:",
                on_click=comparison.stop,
            )


def draw_pair(comparison: Comparison) -> list[Place]:
    """Both answers as far as they are, in columns that stand below each other on a phone."""
    left, right = st.columns(2, gap="medium", border=True)
    return [
        draw_place(left, "Without memory", comparison.model, comparison.without),
        draw_place(right, "With memory", comparison.model, comparison.with_memory),
    ]


def draw_place(where: DeltaGenerator, title: str, model: str, answer: Answering) -> Place:
    with where:
        st.html(f'<div class="ks-head"><h2>{escape(title)}</h2><span>{escape(model)}</span></div>')
        figures = st.empty()
        name = title.lower().replace(" ", "-")
        with st.container(key=f"answer-{name}"):
            text = st.empty()
    place = Place(answer, figures, text)
    _draw(place, answer.sight)
    return place


def follow(comparison: Comparison, places: Sequence[Place]) -> None:
    """Draw until all have ended. A click elsewhere ends this run, and with it the answers."""
    try:
        ended = False
        while not ended:
            sights = [place.answer.sight for place in places]
            for place, sight in zip(places, sights, strict=True):
                _draw(place, sight)
            ended = all(sight.ended for sight in sights)
            if not ended:
                time.sleep(LOOK_EVERY_S)
    finally:
        comparison.stop()


def _draw(place: Place, sight: Sight) -> None:
    place.figures.html(_figures(sight))
    with place.text.container():
        if sight.text:
            st.markdown(as_markdown(sight.text))
        if sight.state == "failed":
            st.error(sight.error or "", icon=":material/error:")
        elif sight.state == "stopped":
            st.caption("Stopped.")
        elif not sight.text:
            words = {"searching": "Looking into memory…", "waiting": "Waiting for the model…"}
            st.caption(words.get(sight.state, ""))


def _figures(sight: Sight) -> str:
    about = "" if sight.counted else "about "
    shown: list[tuple[str, str]] = [
        ("Memory search", _or_dash(sight.search_ms, spelled_ms)),
        ("First word", _or_dash(sight.first_ms, spelled_ms)),
        ("Whole answer", spelled_ms(sight.total_ms)),
        ("Memories given", str(len(sight.recalled))),
        ("Tokens in", _or_dash(sight.tokens_in, lambda n: f"{about}{n:,}")),
        ("Tokens out", _or_dash(sight.tokens_out, lambda n: f"{about}{n:,}")),
    ]
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in shown
    )
    return f'<dl class="ks-figures">{cells}</dl>'


def _or_dash(value: T | None, spelled: Callable[[T], str]) -> str:
    return "–" if value is None else spelled(value)


def spelled_ms(took_ms: float) -> str:
    """ "85 ms", "1.2 s"."""
    return f"{took_ms:.0f} ms" if took_ms < 1000 else f"{took_ms / 1000:.1f} s"
