"""Remembers pending turns, durably: a turn is claimed, remembered and marked, or claimed again.

Any number of workers in any number of processes may run; one person is served by one at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from errors import KeepsakeError
from memory.engine import Engine
from memory.queries import load
from memory.remembering import Claim

log = logging.getLogger(__name__)

# Longer than an add can take: its model call is bounded by MODEL_TIMEOUT_S and the retries.
LEASE_S = 300
TURNS_AT_ONCE = 8
MOST_ATTEMPTS = 6
POLL_S = 1.0
RECOVER_EVERY_S = 10.0
# An answer shows life every 2 s; without any for this long its process is gone.
STALE_ANSWER_S = 30

_CLAIM = text("select turn_id, user_id, lease, attempts from private.claim_turns(:lease_s, :most)")
_RECOVER = text("select private.recover_answers(:stale_s)")


class Worker:
    """Threads that remember. `start` and `stop` belong to the app's lifespan."""

    def __init__(self, *, engine: Engine, threads: int = 2) -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._work = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"worker-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what is being remembered, take nothing new; what waits stays pending."""
        self._stopping.set()
        self._work.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s / len(self._threads))

    def wake(self) -> None:
        """Look for pending turns now instead of at the next poll."""
        self._work.set()

    def run_once(self) -> bool:
        """Claim and remember the due turns of one person; whether there were any."""
        claim = self._claim()
        if claim is None:
            return False
        try:
            self._engine.for_user(claim.user_id).remember(claim)
        except KeepsakeError as exc:
            self._put_back(claim, exc.user_message)
            log.warning("not remembered: %s", type(exc).__name__, exc_info=exc.__cause__)
        except Exception:
            # A fault of ours must not take the worker with it.
            self._put_back(claim, KeepsakeError.default)
            log.exception("not remembered")
        return True

    def recover(self) -> int:
        """Close answers whose process died; how many there were."""
        with self._engine.database.as_server() as connection:
            count: int = connection.execute(_RECOVER, {"stale_s": STALE_ANSWER_S}).scalar_one()
        return count

    def _run(self, number: int) -> None:
        wait_s = 0.0
        since_recovery_s = RECOVER_EVERY_S
        while not self._stopping.is_set():
            self._work.wait(wait_s)
            self._work.clear()
            if self._stopping.is_set():
                return
            try:
                if number == 0 and since_recovery_s >= RECOVER_EVERY_S:
                    self.recover()
                    since_recovery_s = 0.0
                wait_s = 0.0 if self.run_once() else POLL_S
            except KeepsakeError as exc:
                log.warning("worker waits: %s", type(exc).__name__)
                wait_s = min(wait_s * 2 or POLL_S, 30.0)
            since_recovery_s += wait_s

    def _claim(self) -> Claim | None:
        with self._engine.database.as_server() as connection:
            rows: Sequence[tuple[UUID, UUID, UUID, int]] = [
                tuple(row)
                for row in connection.execute(_CLAIM, {"lease_s": LEASE_S, "most": TURNS_AT_ONCE})
            ]
        if not rows:
            return None
        return Claim(
            user_id=rows[0][1],
            turn_ids=tuple(row[0] for row in rows),
            lease=rows[0][2],
            attempts=max(row[3] for row in rows),
        )

    def _put_back(self, claim: Claim, error: str) -> None:
        """Have the turns tried again later, or given up after the last attempt."""
        given_up = claim.attempts >= MOST_ATTEMPTS
        delay_s = None if given_up else min(2.0**claim.attempts, 300.0)
        try:
            with self._engine.database.as_user(claim.user_id) as connection:
                connection.execute(
                    load("turns")["mark_memory_failed"],
                    {
                        "turn_ids": list(claim.turn_ids),
                        "lease": claim.lease,
                        "delay_s": delay_s,
                        "error": error,
                    },
                )
        except KeepsakeError as exc:
            # The lease runs out and the turns are claimed again.
            log.warning("not put back: %s", type(exc).__name__)
