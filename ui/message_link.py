"""Brings one message of the open conversation into view, once."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

# The page is still being drawn when this runs, and the chat scrolls to its end by itself.
_SCRIPT = """
export default function ({data}) {
  const until = Date.now() + 4000;
  let calm = 0;
  const look = () => {
    const message = document.querySelector(`.st-key-question-${data.turn}`);
    if (message) {
      const {top, bottom} = message.getBoundingClientRect();
      const seen = top >= 0 && bottom <= window.innerHeight;
      calm = seen ? calm + 1 : 0;
      if (!seen) message.scrollIntoView({block: "center"});
      if (calm === 1) {
        message.tabIndex = -1;
        message.focus({preventScroll: true});
      }
    }
    if (calm < 8 && Date.now() < until) setTimeout(look, 100);
  };
  look();
}
"""


def draw_jump(turn_id: UUID) -> None:
    """Scroll to what was said in this turn, and put the keyboard there."""
    component = st.components.v2.component("jump", html="<i hidden></i>", js=_SCRIPT)
    component(data={"turn": str(turn_id)}, key=f"jump-{turn_id}")
