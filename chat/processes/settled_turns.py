"""Tells who waits for a turn when a worker of another process is through with it.

One question a second for all turns that are waited for in this process, none while there are none.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import text

from chat.turn_events import TurnEvents
from database.transactions import Database
from errors import KeepsakeError

log = logging.getLogger(__name__)

LOOK_S = 1.0

_SETTLED = text("select private.settled_turns(cast(:ids as uuid[]))")


class SettledTurns:
    """A thread of its own between `start` and `stop`."""

    def __init__(self, database: Database, turn_events: TurnEvents) -> None:
        self._database = database
        self._turn_events = turn_events
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settled-turns", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Without waiting for a look that is under way."""
        self._stopping.set()

    def look(self) -> None:
        """Tell whoever waits for what is settled by now. Raises DatabaseError."""
        if ids := self._turn_events.waited_for():
            with self._database.as_server(single=True) as connection:
                settled = connection.execute(_SETTLED, {"ids": ids}).scalars().all()
            self._turn_events.tell(settled)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self.look()
            except KeepsakeError as exc:
                log.warning("settled turns are not known: %s", type(exc).__name__)
