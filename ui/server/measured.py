"""/metrics: what this process counts, for Prometheus; there only with METRICS_TOKEN."""

from __future__ import annotations

import hmac
import os

from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from config import SHORTEST_TOKEN
from errors import KeepsakeError
from metrics import CONTENT_TYPE, rendered
from ui.resources import resources

_QUEUE = text("select pending, due, working, oldest_due_s, answers from private.queue_state()")
_TOLD = {
    "pending": ("keepsake_queue_pending", "Turns that wait to be remembered, of all processes."),
    "due": ("keepsake_queue_due", "Those among them that wait for nothing but a worker."),
    "working": ("keepsake_queue_working", "Turns that are being remembered."),
    "oldest_due_s": ("keepsake_queue_oldest_seconds", "How long the oldest of them is due."),
    "answers": ("keepsake_answers", "Answers that are being written, by all processes."),
}


def metrics_routes() -> list[Route]:
    """GET /metrics, with `Authorization: Bearer METRICS_TOKEN`."""
    return [Route("/metrics", _metrics, methods=["GET"])]


async def _metrics(request: Request) -> Response:
    expected = os.environ.get("METRICS_TOKEN", "").strip()
    if len(expected) < SHORTEST_TOKEN:
        return Response(status_code=404)
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(given.encode(), expected.encode()):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    page = rendered(await run_in_threadpool(_gauges))
    return Response(page, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _gauges() -> dict[str, tuple[str, float]]:
    """Values of this moment; what the database would have to tell is left out while it is away."""
    gauges = {"keepsake_up": ("1 while the process serves.", 1.0)}
    try:
        with resources().database.as_server(single=True) as connection:
            row = connection.execute(_QUEUE).mappings().one()
    except KeepsakeError:
        return gauges
    return gauges | {name: (told, float(row[key])) for key, (name, told) in _TOLD.items()}
