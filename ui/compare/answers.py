"""Answers side by side while they are written: what each says, how long it took, what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat.preview_answer import AnswerProgress, PreviewAnswer
from compare.compare import Comparison
from memory.dates import spelled
from ui.elements.answer_markdown import draw_markdown
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.elements.plain_text import plain_text

T = TypeVar("T")
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """Where one answer is drawn."""

    answer: PreviewAnswer
    figures: DeltaGenerator
    text: DeltaGenerator


def draw_style() -> None:
    st.html(style("compare_answers.css"))


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
        draw_place(right, "With memory", _model_and_day(comparison), comparison.with_memory),
    ]


def _model_and_day(comparison: Comparison) -> str:
    day = comparison.as_of
    return comparison.model if day is None else f"{comparison.model}, as of {spelled(day)}"


def draw_place(where: DeltaGenerator, title: str, model: str, answer: PreviewAnswer) -> Place:
    with where:
        st.html(f'<div class="ks-head"><h2>{escape(title)}</h2><span>{escape(model)}</span></div>')
        figures = st.empty()
        name = title.lower().replace(" ", "-")
        with st.container(key=f"answer-{name}"):
            text = st.empty()
    place = Place(answer, figures, text)
    _draw(place, answer.progress)
    return place


def follow(comparison: Comparison, places: Sequence[Place]) -> None:
    """Draw until all have ended. A click elsewhere ends this run, and with it the answers."""
    try:
        ended = False
        while not ended:
            sights = [place.answer.progress for place in places]
            for place, progress in zip(places, sights, strict=True):
                _draw(place, progress)
            ended = all(progress.ended for progress in sights)
            if not ended:
                time.sleep(LOOK_EVERY_S)
    finally:
        comparison.stop()


def _draw(place: Place, progress: AnswerProgress) -> None:
    place.figures.html(_figures(progress))
    with place.text.container():
        if progress.text:
            draw_markdown(st.empty(), progress.text)
        if progress.state == "failed":
            st.error(as_text(progress.error or ""), icon=":material/error:")
        elif progress.state == "stopped":
            st.caption("Stopped.")
        elif progress.error:
            st.caption(as_text(progress.error))
        elif not progress.text:
            words = {"searching": "Looking into memory…", "waiting": "Waiting for the model…"}
            st.caption(words.get(progress.state, ""))


def _figures(progress: AnswerProgress) -> str:
    about = "" if progress.counted else "about "
    shown: list[tuple[str, str]] = [
        ("Memory search", _or_dash(progress.search_ms, spelled_ms)),
        ("First word", _or_dash(progress.first_ms, spelled_ms)),
        ("Whole answer", spelled_ms(progress.total_ms)),
        ("Memories given", str(len(progress.recalled))),
        ("Tokens in", _or_dash(progress.tokens_in, lambda n: f"{about}{n:,}")),
        ("Tokens out", _or_dash(progress.tokens_out, lambda n: f"{about}{n:,}")),
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
