"""Remembers pending turns, durably: a turn is claimed, remembered and marked, or claimed again.

Any number of workers in any number of processes may run; one person is served by one at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import text

from chat.processes.dead_answers import close_dead_answers
from chat.processes.old_receipts import prune_receipts
from chat.turn_events import TurnEvents
from database.sql import load
from database.transactions import Database
from errors import (
    DatabaseConflict,
    DatabaseUnavailable,
    KeepsakeError,
    ModelBusy,
    ModelRefused,
    ModelUnavailable,
)
from logs import about_turns
from memory.engine import Engine
from memory.remember.pipeline import TurnLease
from metrics import REMEMBERED, STAGES

log = logging.getLogger(__name__)

# How long a person's memory waits for a worker that was killed; whoever works renews in time.
LEASE_S = 60
# They wait for the model most of the time.
THREADS = 4
TURNS_AT_ONCE = 8
MOST_ATTEMPTS = 6
# With the longest delay between them some two days.
MOST_ATTEMPTS_WHILE_AWAY = 300
LONGEST_DELAY_S = 600.0
PASSING = (ModelBusy, ModelUnavailable, DatabaseUnavailable, DatabaseConflict)
# A key, a model's name, credit, a filter: nothing of it changes while nobody does anything. The
# person sees why, and asks for another try.
FINAL = (ModelRefused,)
POLL_S = 1.0
LONGEST_PAUSE_S = 30.0
# At most, before each claim, while many answers are being written.
GIVES_WAY_S = 5.0
LOOK_AGAIN_S = 0.25
RECOVER_EVERY_S = 10.0

_CLAIM = text(
    "select turn_id, user_id, lease, attempts, wait_s"
    " from private.claim_turns(:lease_s, :most, :most_tokens)"
)


class Worker:
    """Threads that remember. `start` and `stop` belong to the app's lifespan."""

    def __init__(
        self,
        *,
        engine: Engine,
        threads: int = THREADS,
        busy: Callable[[], bool] = lambda: False,
        sweep: Callable[[Database], object] = lambda _: None,
    ) -> None:
        """`sweep` removes now and then what else is over; the worker knows no more of it."""
        self._engine = engine
        self._sweep = sweep
        self._busy = busy
        self.turn_events = TurnEvents()
        self._stopping = threading.Event()
        # One look for each turn that was saved; more would find nothing.
        self._looks = threading.Semaphore(0)
        self._at_work: set[TurnLease] = set()
        # Looked at from outside, so that a process can say what it does.
        self.turns_done = 0
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"worker-{number}", daemon=True)
            for number in range(threads)
        ]
        # Nobody waits for what it does, so nobody is to wait because of it.
        self._upkeep = threading.Thread(target=self._keep_up, name="worker-upkeep", daemon=True)

    def start(self) -> None:
        for thread in (*self._threads, self._upkeep):
            thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what is being remembered, take nothing new; what waits stays pending."""
        self._stopping.set()
        self._looks.release(len(self._threads))
        threads = (*self._threads, self._upkeep)
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout_s / len(threads))
        for claim in list(self._at_work):
            # Its model takes too long: the next process may begin with it at once.
            self._write(claim, "give_back")

    @property
    def is_at_work(self) -> bool:
        """Whether something is being remembered at this moment."""
        return bool(self._at_work)

    def wake(self) -> None:
        """Look for a pending turn now instead of at the next poll."""
        self._looks.release()

    def run_once(self, *, polled: bool = False) -> bool:
        """Claim and remember the due turns of one person; whether there were any.

        Where nobody told of them, there may be more, and another thread looks meanwhile.
        """
        claim = self._claim()
        if claim is None:
            return False
        if polled:
            self.wake()
        with about_turns(claim.turn_ids), STAGES.timed(stage="remember"):
            outcome = self._remember(claim)
            log.info(outcome)
        REMEMBERED.add(len(claim.turn_ids), outcome=outcome)
        self.turns_done += len(claim.turn_ids)
        self.turn_events.tell(claim.turn_ids)
        return True

    def _remember(self, claim: TurnLease) -> str:
        """What came of it, in words for the log."""
        try:
            with self._leased(claim):
                if claim.wait_s:
                    self._put_off(claim)
                else:
                    self._engine.for_user(claim.user_id).remember(claim)
        except KeepsakeError as exc:
            self._put_back(claim, exc)
            log.warning("not remembered: %s", type(exc).__name__, exc_info=exc.__cause__)
        except Exception:
            # A fault of ours must not take the worker with it.
            self._put_back(claim, KeepsakeError())
            log.exception("not remembered")
        else:
            return "remembered"
        return "put back"

    @contextmanager
    def _leased(self, claim: TurnLease) -> Iterator[None]:
        """Keep the lease for as long as the work takes."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(LEASE_S / 3):
                self._write(claim, "renew_lease", lease_s=LEASE_S)

        self._at_work.add(claim)
        threading.Thread(target=renew, name="lease", daemon=True).start()
        try:
            yield
        finally:
            done.set()
            self._at_work.discard(claim)

    def recover(self) -> int:
        """Close answers whose process died; how many there were."""
        return close_dead_answers(self._engine.database)

    def _keep_up(self) -> None:
        """What has time, again and again; what fails is tried again, and keeps nothing else."""
        while not self._stopping.is_set():
            for work in (self._embed_let_out, self._prune_receipts):
                try:
                    work()
                except Exception as exc:
                    # A fault of ours must not take the thread with it.
                    known = isinstance(exc, KeepsakeError)
                    log.warning("upkeep waits: %s", type(exc).__name__, exc_info=not known)
            self._stopping.wait(RECOVER_EVERY_S)

    def _embed_let_out(self) -> None:
        """Embed what people let leave again; what is not done by the end is claimed again."""
        for _ in self._engine.embed_let_out():
            self._give_way()
            if self._stopping.is_set():
                return

    def _prune_receipts(self) -> None:
        """Let go of what old answers were given, as much as is due in some seconds."""
        for _ in prune_receipts(self._engine.database, self._engine.settings.receipts_kept_days):
            self._give_way()
            if self._stopping.is_set():
                return

    def _run(self, number: int) -> None:
        """The first thread also looks by itself now and then, for what nobody told of."""
        polls = number == 0
        pause_s = recover_at = 0.0
        while not self._stopping.is_set():
            told = self._looks.acquire(timeout=pause_s if polls else None)
            try:
                if polls and time.monotonic() >= recover_at:
                    self.recover()
                    self._sweep(self._engine.database)
                    recover_at = time.monotonic() + RECOVER_EVERY_S
                self._give_way()
                while not self._stopping.is_set() and self.run_once(polled=not told):
                    self._give_way()
                pause_s = POLL_S
            except Exception as exc:
                # A fault of ours must not take the thread with it.
                known = isinstance(exc, KeepsakeError)
                log.warning("worker waits: %s", type(exc).__name__, exc_info=not known)
                pause_s = min(pause_s * 2 or POLL_S, LONGEST_PAUSE_S)

    def _give_way(self) -> None:
        """Answers first: somebody waits for those."""
        until = time.monotonic() + GIVES_WAY_S
        while self._busy() and time.monotonic() < until:
            if self._stopping.wait(LOOK_AGAIN_S):
                return

    def _claim(self) -> TurnLease | None:
        params = {
            "lease_s": LEASE_S,
            "most": TURNS_AT_ONCE,
            "most_tokens": self._engine.fair_use.limits.tokens_a_day,
        }
        with self._engine.database.as_server(single=True) as connection:
            rows: Sequence[tuple[UUID, UUID, UUID, int, int]] = [
                tuple(row) for row in connection.execute(_CLAIM, params)
            ]
        if not rows:
            return None
        return TurnLease(
            user_id=rows[0][1],
            turn_ids=tuple(row[0] for row in rows),
            lease=rows[0][2],
            attempts=max(row[3] for row in rows),
            wait_s=rows[0][4],
        )

    def _put_back(self, claim: TurnLease, exc: KeepsakeError) -> None:
        """Have the turns tried again later, or given up after the last attempt."""
        # A model that is away comes back; one that answers nonsense rarely learns.
        passing = isinstance(exc, PASSING)
        limit = MOST_ATTEMPTS_WHILE_AWAY if passing else MOST_ATTEMPTS
        if isinstance(exc, FINAL):
            limit = 0
        delay_s = None if claim.attempts >= limit else min(2.0**claim.attempts, LONGEST_DELAY_S)
        self._write(claim, "mark_memory_failed", delay_s=delay_s, error=exc.user_message)

    def _put_off(self, claim: TurnLease) -> None:
        """This account's tokens of the day are used up."""
        said = self._engine.fair_use.refusal(claim.wait_s).user_message
        self._write(claim, "mark_memory_failed", delay_s=claim.wait_s, error=said)

    def _write(self, claim: TurnLease, statement: str, **params: object) -> None:
        """One statement about the claimed turns; if it fails, the lease runs out by itself."""
        about = {"turn_ids": list(claim.turn_ids), "lease": claim.lease}
        try:
            with self._engine.database.as_user(claim.user_id, single=True) as connection:
                connection.execute(load("chat/turns")[statement], {**about, **params})
        except KeepsakeError as exc:
            log.warning("%s failed: %s", statement, type(exc).__name__)
