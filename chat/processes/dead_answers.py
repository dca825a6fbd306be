"""Answers whose process died: known by their silence, closed with what they had said.

Whoever finds one may close it, in whichever process. One that was only slow goes on with its next
piece, see `save_progress` in chat/turns.sql.
"""

from __future__ import annotations

from sqlalchemy import text

from database.transactions import Database

# An answer shows life at least every 2 s, see chat/running_answers.py.
SILENT_S = 12

_RECOVER = text("select private.recover_answers(:silent_s)")


def close_dead_answers(database: Database) -> int:
    """Close all of everybody's; how many there were. Their turns go on to memory."""
    with database.as_server(single=True) as connection:
        count: int = connection.execute(_RECOVER, {"silent_s": SILENT_S}).scalar_one()
    return count
