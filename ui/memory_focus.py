"""Where the keyboard goes when what it was on is drawn anew: into the text, back to the button."""

from __future__ import annotations

import streamlit as st

from ui.tab import Slot

_SCRIPT = """
export default function ({data}) {
  const giveUpAt = Date.now() + 2000;
  const look = () => {
    const place = document.querySelector(`.st-key-${CSS.escape(data.key)}`);
    const target = place && place.querySelector("textarea, input, button");
    if (target) {
      target.focus({preventScroll: false});
      const end = target.value?.length;
      if (target.setSelectionRange) target.setSelectionRange(end, end);
    } else if (Date.now() < giveUpAt) {
      setTimeout(look, 50);
    }
  };
  look();
}
"""


def _nowhere() -> str | None:
    return None


_FOCUS = Slot("_memory_focus", _nowhere)
_TIMES = Slot("_memory_focus_times", int)


def focus_next(key: str) -> None:
    """When the page is drawn next, the keyboard goes to what has this key."""
    _FOCUS.set(key)
    _TIMES.set(_TIMES.get() + 1)


def draw_focus() -> None:
    """At the end of the page; does something once for each `focus_next`."""
    key = _FOCUS.take()
    if key is None:
        return
    component = st.components.v2.component("memory_focus", html="<i hidden></i>", js=_SCRIPT)
    component(data={"key": key}, key=f"memory-focus-{_TIMES.get()}")
