"""Below a turn: "Remembering…", which becomes what was remembered without a rerun, with its undo.

The element asks a route of ours, which waits until the worker is through. The route answers for the
person of the session cookie only; a turn of somebody else does not exist for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.sessions import Session
from chat.records import MemoryOutcome, Turn, TurnChange
from ui.elements.assets import asset
from ui.resources import resources
from ui.server.signed_in import NO_STORE, answer_signed_in

PATH = "/api/turns/{turn_id:uuid}/memory"
# Below the half minute after which proxies tend to give up on a silent request.
WAIT_S = 25.0
# It is told when a turn is settled, whichever process did it; this is only a look to be sure. A
# hundred notes that look often would keep the workers from working.
LOOK_S = 8.0
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
# The person's way on from there, and the name of its click.
RETRY, RETRY_LABEL = "retry", "Try again"
PAUSED = "Not remembered: memory was paused."


def draw_note(turn: Turn) -> dict[str, str] | None:
    """What came of a turn in memory, or will, or why it did not; what was clicked: name, memory_id,
    event.
    """
    component = st.components.v2.component(
        "memory_note",
        html='<div id="note" role="status" aria-live="polite"></div>',
        css=asset("memory_note.css"),
        js=asset("memory_note.js"),
    )
    known = None
    if turn.memory_state not in OPEN:
        known = _reply(turn.memory_state, turn.changes, turn.memory_error)
        if not known["changes"] and turn.memory_state != "failed":
            return None
    data = {
        "url": PATH.replace("{turn_id:uuid}", str(turn.id)),
        # As text and a tuple: Streamlit looks long at a dict whether it might be a table.
        "known": known and known["state"],
        "changes": tuple(known["changes"]) if known else (),
        "reason": known["reason"] if known else "",
        "decide": DECIDE,
        "paused": PAUSED,
        "failed": FAILED,
        "retry": (RETRY, RETRY_LABEL),
    }
    result = component(data=data, key=f"memory-note-{turn.id}", on_act_change=lambda: None)
    act = result.act
    return dict(act) if act else None


async def _memory_of_turn(request: Request) -> Response:
    turn_id: UUID = request.path_params["turn_id"]
    turn_events = asyncio.Event()
    tell = partial(asyncio.get_running_loop().call_soon_threadsafe, turn_events.set)

    async def answer(session: Session) -> Response:
        look = partial(resources().chat.conversations(session.user_id).memory_outcome, turn_id)
        with resources().worker.turn_events.watched(turn_id, tell):
            return await _when_settled(request, look, turn_events)

    return await answer_signed_in(request, answer)


async def _when_settled(
    request: Request, look: Callable[[], MemoryOutcome | None], turn_events: asyncio.Event
) -> Response:
    give_up_at = time.monotonic() + WAIT_S
    outcome = await run_in_threadpool(look)
    while outcome is not None and outcome.state in OPEN:
        left_s = give_up_at - time.monotonic()
        if left_s <= 0 or await request.is_disconnected():
            return Response(status_code=204, headers=NO_STORE)
        with suppress(TimeoutError):
            await asyncio.wait_for(turn_events.wait(), min(LOOK_S, left_s))
        turn_events.clear()
        outcome = await run_in_threadpool(look)
    if outcome is None:
        return Response(status_code=404, headers=NO_STORE)
    reply = _reply(outcome.state, outcome.changes, outcome.error)
    return JSONResponse(reply, headers=NO_STORE)


def _reply(state: str, changes: Iterable[TurnChange], error: str | None) -> dict[str, Any]:
    """Each change once, in the order of WORDS; a forgotten memory has no text.

    `reason` says why a turn was not remembered, where it was given up.
    """
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
    reason = error or "" if state == "failed" else ""
    return {"state": state, "changes": lines, "reason": reason}


def memory_routes() -> list[Route]:
    return [Route(PATH, _memory_of_turn, methods=["GET"])]
