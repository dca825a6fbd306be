"""What becomes of a turn in memory, while and after the terminal shows it.

The app's worker remembers what is said here too. Where none looks within a moment, the terminal
starts one of its own, and lets it finish before it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from chat.chat import Chat
from chat.memory_worker import POLL_S, Worker
from isolation.temporary_accounts import sweep
from memory.engine import Engine

OPEN = ("waiting", "pending", "working")
LOOK_EVERY_S = 0.1
# A worker that runs looks every POLL_S.
NOBODY_CAME_S = 1.5 * POLL_S
WORDS = {
    "ADD": "Remembered",
    "UPDATE": "Changed",
    "CONFIRM": "Already known",
    "SUPERSEDE": "No longer true",
    "WAITS": "Waits for your yes on the Memories page",
    "DELETE": "Forgot",
}


@dataclass(frozen=True, slots=True)
class Job:
    """A turn that is to be remembered, and whose it is."""

    person: UUID
    conversation_id: UUID
    turn_id: UUID


class MemoryJobs:
    """The turns of this terminal that are still to be remembered."""

    def __init__(self, chat: Chat, engine: Engine) -> None:
        self._chat = chat
        self._engine = engine
        self._worker: Worker | None = None
        self._open: list[Job] = []

    def add(self, job: Job) -> None:
        self._open.append(job)

    def wait(self, timeout_s: float, tell: Callable[[str], None]) -> bool:
        """Tell what became of each turn as it is known; whether all are through."""
        started_at = time.monotonic()
        while self._open:
            self._open = [job for job in self._open if not self._told(job, tell)]
            waited_s = time.monotonic() - started_at
            if self._open and waited_s > NOBODY_CAME_S:
                self._work()
            if not self._open or waited_s > timeout_s:
                break
            time.sleep(LOOK_EVERY_S)
        return not self._open

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()

    def _told(self, job: Job, tell: Callable[[str], None]) -> bool:
        conversations = self._chat.conversations(job.person)
        outcome = conversations.memory_outcome(job.turn_id)
        if outcome is not None and outcome.state in OPEN:
            return False
        for turn in conversations.turns(job.conversation_id):
            if turn.id == job.turn_id:
                changes = [(change.event, change.text) for change in turn.changes]
                for line in told(turn.memory_state, turn.memory_error, changes):
                    tell(line)
        return True

    def _work(self) -> None:
        if self._worker is None:
            self._worker = Worker(engine=self._engine, threads=1, sweep=sweep)
            self._worker.start()


def told(state: str, error: str | None, changes: Iterable[tuple[str, str | None]]) -> list[str]:
    """What became of a turn, a line each; nothing where nothing did."""
    if state == "paused":
        return ["Not remembered: memory was paused."]
    if state == "failed":
        return [f"This could not be remembered. {error or ''}".strip()]
    texts: dict[str, list[str]] = {event: [] for event in WORDS}
    for event, text in changes:
        texts.get(event, []).append(text or "a memory")
    return [
        f"{word}: {' · '.join(dict.fromkeys(texts[event]))}"
        for event, word in WORDS.items()
        if texts[event]
    ]
