"""Below a turn: "Remembering…", which becomes what was remembered without a rerun.

The element asks a route of ours, which waits until the worker is through. The route answers for the
person of the session cookie only; a turn of somebody else does not exist for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.routes import SESSION_COOKIE
from errors import KeepsakeError
from memory.conversations import Conversations, MemoryOutcome
from ui.resources import resources

PATH = "/api/turns/{turn_id:uuid}/memory"
# Below the half minute after which proxies tend to give up on a silent request.
WAIT_S = 25.0
POLL_S = 0.3
OPEN = ("waiting", "pending", "working")
WORDS = {
    "ADD": "Remembered",
    "UPDATE": "Changed",
    "CONFIRM": "Already known",
    "SUPERSEDE": "No longer true",
    "WAITS": "Waits for your yes",
    "DELETE": "Forgot",
}
DECIDE = "Decide on the Memories page"
PAUSED = "Not remembered: memory was paused."

_CSS = """
#note{display:grid;gap:.35rem;align-items:center;min-height:1.7rem;
  font:400 .82rem var(--st-font);color:color-mix(in srgb,var(--st-text-color) 72%,transparent)}
#note p{display:flex;flex-wrap:wrap;gap:.35rem;align-items:baseline;margin:0}
#note b{font-weight:400}
#note span{padding:.12rem .6rem;border-radius:1rem;border:1px solid var(--st-primary-color);
  overflow-wrap:anywhere;unicode-bidi:plaintext}
#note a{color:var(--st-link-color);text-decoration:underline}
#note i{font-style:normal;animation:pulse 1.6s ease-in-out infinite}
@keyframes pulse{50%{opacity:.45}}
@media (prefers-reduced-motion:reduce){#note i{animation:none}}
"""
_JS = """
const make = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
export default function ({data, parentElement}) {
  const note = parentElement.querySelector("#note");
  const ended = new AbortController();
  const end = (nodes) => {
    note.replaceChildren(...nodes);
    note.dataset.done = "";
  };
  const outcome = (reply) => {
    if (reply.state === "failed") return end([make("b", "Could not be remembered.")]);
    if (reply.state === "paused") return end([make("b", data.paused)]);
    end(reply.changes.map((change) => {
      const line = make("p", "");
      line.append(make("b", change.word), ...change.texts.map((text) => make("span", text)));
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
        if (response.status === 200) return outcome(await response.json());
        if (response.status !== 204) return end([]);
      } catch (error) {
        if (ended.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
    end([]);
  };
  note.replaceChildren(make("i", "Remembering…"));
  ask();
  return () => ended.abort();
}
"""


def draw_remembering(turn_id: UUID) -> None:
    """The element for a turn that is still to be remembered."""
    component = st.components.v2.component(
        "memory_note",
        html='<div id="note" role="status" aria-live="polite"></div>',
        css=_CSS,
        js=_JS,
    )
    url = PATH.replace("{turn_id:uuid}", str(turn_id))
    data = {"url": url, "decide": DECIDE, "paused": PAUSED}
    component(data=data, key=f"memory-note-{turn_id}")


def grouped(changes: Iterable[tuple[str, str | None]]) -> dict[str, list[str]]:
    """Texts by event, in the order of WORDS and each once; a forgotten memory has no text."""
    found: dict[str, list[str]] = {event: [] for event in WORDS}
    for event, text in changes:
        shown = text or "a memory"
        if event in found and shown not in found[event]:
            found[event].append(shown)
    return {event: texts for event, texts in found.items() if texts}


async def _memory_of_turn(request: Request) -> Response:
    turn_id = request.path_params["turn_id"]
    give_up_at = time.monotonic() + WAIT_S
    try:
        conversations = await run_in_threadpool(_conversations, request)
        if conversations is None:
            return Response(status_code=404)
        while True:
            outcome = await run_in_threadpool(conversations.memory_outcome, turn_id)
            if outcome is None:
                return Response(status_code=404)
            if outcome.state not in OPEN:
                return JSONResponse(_reply(outcome), headers={"Cache-Control": "no-store"})
            if time.monotonic() > give_up_at or await request.is_disconnected():
                return Response(status_code=204)
            await asyncio.sleep(POLL_S)
    except KeepsakeError:
        return Response(status_code=503)


def _conversations(request: Request) -> Conversations | None:
    session = resources().sessions.find(request.cookies.get(SESSION_COOKIE))
    return resources().chat.conversations(session.user_id) if session else None


def _reply(outcome: MemoryOutcome) -> dict[str, Any]:
    return {
        "state": outcome.state,
        "changes": [
            {"word": WORDS[event], "texts": texts, "waits": event == "WAITS"}
            for event, texts in grouped(outcome.changes).items()
        ],
    }


def memory_routes() -> list[Route]:
    return [Route(PATH, _memory_of_turn, methods=["GET"])]
