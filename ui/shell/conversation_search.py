"""The search among one's own conversations: a dialog whose field asks a route of ours.

No script runs while somebody types. Streamlit lets what is typed into a dialog wait until the run
of the page is over, which is as long as an answer is being written.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.sessions import Session
from chat.conversation_search import QUERY_CHARS, Hit
from memory.dates import spelled
from ui.elements.assets import asset
from ui.server.signed_in import NO_STORE, answer_signed_in
from ui.session import require_session
from ui.shell.conversation_actions import conversation_list

PATH = "/api/conversations"
LABEL = "Words from a message or a title"
USAGE = "Type a few letters. Both your messages and the answers are searched."
AWAY = "Keepsake does not answer at the moment. What you typed is looked for once it does."
_HTML = f"""
<div id="field">
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="11" cy="11" r="6"/><path d="M15.5 15.5 20 20"/>
  </svg>
  <input type="search" aria-label="{LABEL}" placeholder="{LABEL}" autocomplete="off"
    maxlength="{QUERY_CHARS}">
</div>
<p id="told" role="status">{USAGE}</p>
<div id="hits"></div>
"""


@st.dialog("Search conversations", icon=":material/search:", width="medium")
def search_dialog() -> None:
    """What is clicked in it is told to ui/assets/sidebar.js, for the same reason."""
    require_session()
    search = st.components.v2.component(
        "conversation_search",
        html=_HTML,
        css=asset("conversation_search.css"),
        js=asset("conversation_search.js"),
    )
    search(data={"url": PATH, "usage": USAGE, "away": AWAY}, key="conversation-search")


def search_routes() -> list[Route]:
    """GET /api/conversations?q=WORDS: what of the cookie's person has these words.

    {"told": sentence, "hits": [{"c": conversation, "t": turn or null, "title", "before", "found",
    "after", "said"}]}, at most 30; without a session 404, without the database 503, with "told".
    """
    return [Route(PATH, _search, methods=["GET"])]


async def _search(request: Request) -> Response:
    query = request.query_params.get("q", "").strip()
    return await answer_signed_in(
        request, lambda session: run_in_threadpool(_found, session, query), refuse=_reply
    )


def _found(session: Session, query: str) -> Response:
    hits = conversation_list(session).search(query)
    return _reply(200, _count(query, hits), hits)


def _reply(status: int, told: str, hits: Sequence[Hit] = ()) -> Response:
    found = {"told": told, "hits": [_shown(hit) for hit in hits]}
    return JSONResponse(found, status, headers=NO_STORE)


def _shown(hit: Hit) -> dict[str, str | None]:
    return {
        "c": str(hit.conversation_id),
        "t": str(hit.turn_id) if hit.turn_id else None,
        "title": hit.title or "Untitled",
        "before": hit.snippet.before,
        "found": hit.snippet.found,
        "after": hit.snippet.after,
        "said": spelled(hit.said_at.date()),
    }


def _count(query: str, hits: Sequence[Hit]) -> str:
    if not query:
        return USAGE
    if not hits:
        return f"Nothing found for “{query}”. Try fewer or other words."
    return f"{len(hits)} {'place' if len(hits) == 1 else 'places'} found"
