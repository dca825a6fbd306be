"""The row of small buttons under a message: copy, edit, versions; rate, answer again.

One element a row instead of six widgets; what is clicked comes back as a word.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from memory.turns import Turn

_CSS = """
#row{display:flex;flex-wrap:wrap;align-items:center;gap:.1rem;min-height:2rem;margin-left:-.4rem}
button{display:inline-flex;align-items:center;justify-content:center;width:2rem;height:2rem;
  padding:0;border:0;border-radius:.5rem;background:none;cursor:pointer;
  color:color-mix(in srgb,var(--st-text-color) 68%,transparent)}
button:hover,button:focus-visible{color:var(--st-text-color);
  background:color-mix(in srgb,var(--st-text-color) 8%,transparent)}
button:focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
button[aria-pressed=true]{color:var(--st-link-color)}
button[aria-pressed=true] svg{fill:color-mix(in srgb,currentColor 28%,transparent)}
button:disabled{opacity:.35;cursor:default;background:none}
svg{width:1.05rem;height:1.05rem;fill:none;stroke:currentColor;stroke-width:1.8;
  stroke-linecap:round;stroke-linejoin:round}
span{font:400 .8rem var(--st-font);padding:0 .15rem;
  color:color-mix(in srgb,var(--st-text-color) 72%,transparent)}
@media (pointer:coarse){button{width:2.5rem;height:2.5rem}}
"""
_JS = """
const ICONS = {
  copy: "M9 9h10v12H9zM5 15V3h10",
  done: "M4 12.5l5 5L20 6.5",
  edit: "M4 20l1-4.5L16.5 4l3.5 3.5L8.5 19z",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  good: "M7 10v10H3V10zM7 10l4-7c1.6 0 2.5 1 2.2 2.6L12.6 9H19c1.3 0 2.2 1.2 1.9 2.4l-1.7 6.9" +
    "C18.9 19.3 18 20 17 20H7",
  bad: "M17 14V4h4v10zM17 14l-4 7c-1.6 0-2.5-1-2.2-2.6l.6-3.4H5c-1.3 0-2.2-1.2-1.9-2.4l1.7-6.9" +
    "C5.1 4.7 6 4 7 4h10",
  before: "M14.5 6l-6 6 6 6",
  after: "M9.5 6l6 6-6 6",
};
const draw = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    // Without https there is no clipboard: the older way.
    const area = Object.assign(document.createElement("textarea"), {value: text});
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
};
export default function ({data, parentElement, setTriggerValue}) {
  const row = parentElement.querySelector("#row");
  row.setAttribute("aria-label", data.label);
  row.replaceChildren(...data.parts.map((part) => {
    if (part.text) return Object.assign(document.createElement("span"), {textContent: part.text});
    const button = Object.assign(document.createElement("button"), {
      type: "button", title: part.label, disabled: Boolean(part.off),
    });
    button.setAttribute("aria-label", part.label);
    if (part.pressed !== undefined) button.setAttribute("aria-pressed", String(part.pressed));
    button.append(draw(part.icon));
    button.onclick = async () => {
      if (part.act !== "copy") return setTriggerValue("act", part.act);
      const worked = await copied(data.copy);
      button.replaceChildren(draw(worked ? "done" : "copy"));
      button.setAttribute("aria-label", worked ? "Copied" : "Copying is not possible here");
      setTimeout(() => {
        button.replaceChildren(draw("copy"));
        button.setAttribute("aria-label", part.label);
      }, 1600);
    };
    return button;
  }));
}
"""


def question_actions(turn: Turn, *, editable: bool) -> str | None:
    """Copy, edit, and the way to other versions; what was clicked."""
    parts = [_button("copy", "Copy message")]
    if editable:
        parts.append(_button("edit", "Edit message"))
        position = turn.versions.index(turn.id) if turn.id in turn.versions else 0
        parts += _steps(position, len(turn.versions), "version")
    return _row(f"question-actions-{turn.id}", "Actions for your message", turn.question, parts)


def answer_actions(turn: Turn, *, last: bool) -> str | None:
    """Copy, rate, and for the last answer: give it again, and the way to earlier ones."""
    parts = [_button("copy", "Copy answer")] if turn.answer else []
    parts += [
        _button("good", "Good answer", pressed=turn.feedback == 1),
        _button("bad", "Bad answer", pressed=turn.feedback == -1),
    ]
    if last:
        parts.append(_button("again", "Answer again"))
    numbers = sorted((*turn.other_answers, turn.answer_number))
    parts += _steps(numbers.index(turn.answer_number), len(numbers), "answer")
    return _row(f"answer-actions-{turn.id}", "Actions for this answer", turn.answer, parts)


def _steps(position: int, count: int, what: str) -> list[dict[str, Any]]:
    if count < 2:
        return []
    return [
        _button("before", f"Earlier {what}", off=position == 0),
        {"text": f"{position + 1} of {count}"},
        _button("after", f"Later {what}", off=position == count - 1),
    ]


def _button(name: str, label: str, **more: bool) -> dict[str, Any]:
    return {"act": name, "icon": name, "label": label, **more}


def _row(key: str, label: str, copy: str, parts: list[dict[str, Any]]) -> str | None:
    component = st.components.v2.component(
        "turn_actions", html='<div id="row" role="group"></div>', css=_CSS, js=_JS
    )
    # As a tuple: Streamlit looks long at a list whether it might be a table.
    data = {"label": label, "copy": copy, "parts": tuple(parts)}
    # A callback, however empty, makes the trigger part of the result.
    result = component(data=data, key=key, on_act_change=lambda: None)
    act = result.act
    return act if isinstance(act, str) else None
