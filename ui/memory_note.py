"""Below a turn: "Remembering…", which becomes what was remembered without a rerun, with its undo.

The element asks a route of ours, which waits until the worker is through. The route answers for the
person of the session cookie only; a turn of somebody else does not exist for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.routes import SESSION_COOKIE
from errors import KeepsakeError
from memory.conversations import Conversations
from memory.turns import MemoryOutcome, Turn, TurnChange
from ui.resources import resources

PATH = "/api/turns/{turn_id:uuid}/memory"
# Below the half minute after which proxies tend to give up on a silent request.
WAIT_S = 25.0
# A worker of this process tells when it is through; for those of other processes, a look now and
# then: a hundred notes that look often would keep the workers from working.
LOOK_S = 4.0
OPEN = ("waiting", "pending", "working")
WORDS = {
    "ADD": "Remembered",
    "UPDATE": "Changed",
    "CONFIRM": "Already known",
    "SUPERSEDE": "No longer true",
    "WAITS": "Waits for your yes",
    "DELETE": "Forgot",
}
# What the person can do about it, and its label.
UNDO = [("undo", "Undo")]
ACTS = {
    "ADD": UNDO,
    "UPDATE": UNDO,
    "SUPERSEDE": UNDO,
    "WAITS": [("accept", "Remember"), ("refuse", "Delete")],
}
DECIDE = "See why on the Memories page"
FAILED = "This could not be remembered."
PAUSED = "Not remembered: memory was paused."

_CSS = """
#note{display:grid;gap:.3rem;align-items:center;min-height:1.7rem;margin-top:.2rem;
  font:400 .82rem var(--st-font);color:color-mix(in srgb,var(--st-text-color) 74%,transparent)}
#note p{display:flex;flex-wrap:wrap;gap:.3rem .45rem;align-items:center;margin:0}
#note b{font-weight:400}
#note span{padding:.12rem .6rem;border-radius:1rem;border:1px solid var(--st-primary-color);
  overflow-wrap:anywhere;unicode-bidi:plaintext;color:var(--st-text-color)}
#note a,#note button{font:inherit;color:var(--st-link-color);text-decoration:underline;
  text-underline-offset:.15em}
#note button{padding:.2rem .3rem;border:0;border-radius:.4rem;background:none;cursor:pointer}
#note :is(a,button):focus-visible{outline:2px solid var(--st-primary-color)}
#note i{font-style:normal;animation:pulse 1.6s ease-in-out infinite}
@keyframes pulse{50%{opacity:.45}}
@media (prefers-reduced-motion:reduce){#note i{animation:none}}
@media (pointer:coarse){#note button{min-height:2.2rem;min-width:2.5rem}}
"""
_JS = """
const make = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
export default function ({data, parentElement, setTriggerValue}) {
  const note = parentElement.querySelector("#note");
  const ended = new AbortController();
  const end = (nodes) => {
    note.replaceChildren(...nodes);
    note.dataset.done = "";
  };
  const show = (reply) => {
    if (reply.state === "failed") return end([make("b", data.failed)]);
    if (reply.state === "paused") return end([make("b", data.paused)]);
    end(reply.changes.map((change) => {
      const line = make("p", "");
      line.append(make("b", change.word), make("span", change.text));
      for (const [name, label] of change.acts) {
        const button = Object.assign(make("button", label), {type: "button"});
        button.setAttribute("aria-label", `${label}: ${change.text}`);
        const {memory_id, event} = change;
        button.onclick = () => {
          button.disabled = true;
          setTriggerValue("act", {name, memory_id, event});
        };
        line.append(button);
      }
      if (change.waits) line.append(wayToMemories());
      return line;
    }));
  };
  // Through the app's own link where it is there, so that the page is not loaded anew.
  const wayToMemories = () => {
    const way = Object.assign(make("a", data.decide), {href: "memories", target: "_self"});
    way.addEventListener("click", (event) => {
      const link = document.querySelector("a[data-testid=stSidebarNavLink][href$=memories]");
      if (!link) return;
      event.preventDefault();
      link.click();
    });
    return way;
  };
  const ask = async () => {
    for (let tries = 0; tries < 20 && !ended.signal.aborted; tries++) {
      try {
        const response = await fetch(data.url, {credentials: "same-origin", signal: ended.signal});
        if (response.status === 200) return show(await response.json());
        if (response.status !== 204) return end([]);
      } catch (error) {
        if (ended.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
    end([]);
  };
  if (data.known) {
    show({state: data.known, changes: data.changes});
    return;
  }
  delete note.dataset.done;
  note.replaceChildren(make("i", "Remembering…"));
  ask();
  return () => ended.abort();
}
"""


def draw_note(turn: Turn) -> dict[str, str] | None:
    """What came of a turn in memory, or will; what was clicked: name, memory_id, event."""
    component = st.components.v2.component(
        "memory_note",
        html='<div id="note" role="status" aria-live="polite"></div>',
        css=_CSS,
        js=_JS,
    )
    known = None if turn.memory_state in OPEN else _reply(turn.memory_state, turn.changes)
    if known is not None and not known["changes"]:
        return None
    data = {
        "url": PATH.replace("{turn_id:uuid}", str(turn.id)),
        # As text and a tuple: Streamlit looks long at a dict whether it might be a table.
        "known": known and known["state"],
        "changes": tuple(known["changes"]) if known else (),
        "decide": DECIDE,
        "paused": PAUSED,
        "failed": FAILED,
    }
    result = component(data=data, key=f"memory-note-{turn.id}", on_act_change=lambda: None)
    act = result.act
    return dict(act) if act else None


async def _memory_of_turn(request: Request) -> Response:
    turn_id = request.path_params["turn_id"]
    settled = asyncio.Event()
    tell = partial(asyncio.get_running_loop().call_soon_threadsafe, settled.set)
    try:
        with resources().worker.settled.watched(turn_id, tell):
            return await _when_settled(request, turn_id, settled)
    except KeepsakeError:
        return Response(status_code=503)


async def _when_settled(request: Request, turn_id: UUID, settled: asyncio.Event) -> Response:
    give_up_at = time.monotonic() + WAIT_S
    look = await run_in_threadpool(_look, request, turn_id)
    while look.outcome is not None and look.outcome.state in OPEN:
        left_s = give_up_at - time.monotonic()
        if left_s <= 0 or await request.is_disconnected():
            return Response(status_code=204)
        with suppress(TimeoutError):
            await asyncio.wait_for(settled.wait(), min(LOOK_S, left_s))
        settled.clear()
        look = await run_in_threadpool(look.again)
    if look.outcome is None:
        return Response(status_code=404)
    reply = _reply(look.outcome.state, look.outcome.changes)
    return JSONResponse(reply, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class _Look:
    """What has become of a turn; no outcome where it is nobody's, or somebody else's."""

    turn_id: UUID
    conversations: Conversations | None
    outcome: MemoryOutcome | None = None

    def again(self) -> _Look:
        if self.conversations is None:
            return self
        return replace(self, outcome=self.conversations.memory_outcome(self.turn_id))


def _look(request: Request, turn_id: UUID) -> _Look:
    session = resources().sessions.find(request.cookies.get(SESSION_COOKIE))
    own = resources().chat.conversations(session.user_id) if session else None
    return _Look(turn_id, own).again()


def _reply(state: str, changes: Iterable[TurnChange]) -> dict[str, Any]:
    """Each change once, in the order of WORDS; a forgotten memory has no text."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for change in changes:
        if change.event in WORDS:
            text = change.text or "a memory"
            line = {
                "word": WORDS[change.event],
                "text": text,
                "memory_id": change.memory_id,
                "event": change.event,
                "acts": ACTS.get(change.event, []) if change.text else [],
                "waits": change.event == "WAITS",
            }
            seen.setdefault((change.event, text), line)
    order = list(WORDS)
    lines = sorted(seen.values(), key=lambda line: order.index(line["event"]))
    return {"state": state, "changes": lines}


def memory_routes() -> list[Route]:
    return [Route(PATH, _memory_of_turn, methods=["GET"])]
