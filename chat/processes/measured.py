"""What /metrics shows beside a process's own counts, and to whom: of the app and of the worker."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from sqlalchemy import text

from config import SHORTEST_TOKEN
from database.transactions import Database
from errors import KeepsakeError

_QUEUE = text("select pending, due, working, oldest_due_s, answers from private.queue_state()")
_TOLD = {
    "pending": ("keepsake_queue_pending", "Turns that wait to be remembered, of all processes."),
    "due": ("keepsake_queue_due", "Those among them that wait for nothing but a worker."),
    "working": ("keepsake_queue_working", "Turns that are being remembered."),
    "oldest_due_s": ("keepsake_queue_oldest_seconds", "How long the oldest of them is due."),
    "answers": ("keepsake_answers", "Answers that are being written, by all processes."),
}


def status_for(authorization: str, token: str) -> int:
    """200 for whoever has the token, 401 for others, 404 where there is none to have."""
    if len(token) < SHORTEST_TOKEN:
        return 404
    given = authorization.removeprefix("Bearer ").strip()
    return 200 if hmac.compare_digest(given.encode(), token.encode()) else 401


def gauges(database: Callable[[], Database]) -> dict[str, tuple[str, float]]:
    """Values of this moment; what the database would have to tell is left out while it is away."""
    found = {"keepsake_up": ("1 while the process serves.", 1.0)}
    try:
        with database().as_server(single=True) as connection:
            row = connection.execute(_QUEUE).mappings().one()
    except KeepsakeError:
        return found
    return found | {name: (told, float(row[key])) for key, (name, told) in _TOLD.items()}
