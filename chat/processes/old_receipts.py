"""What answers were given, let go of after RECEIPTS_KEPT_DAYS: everybody's, the oldest first.

The turn stays, and says that its receipts are no longer kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from database.transactions import Database

# Turns in one transaction, of some thirty rows each; steps, before a worker does something else.
BATCH = 200
MOST_STEPS = 10

_PRUNE = text("select private.prune_receipts(:kept_days, :most)")


def prune_receipts(database: Database, kept_days: int) -> Iterator[int]:
    """How many turns lost theirs, by each step; none where they are kept for ever (0 days)."""
    for _ in range(MOST_STEPS if kept_days else 0):
        with database.as_server(single=True) as connection:
            params = {"kept_days": kept_days, "most": BATCH}
            pruned: int = connection.execute(_PRUNE, params).scalar_one()
        yield pruned
        if pruned < BATCH:
            return
