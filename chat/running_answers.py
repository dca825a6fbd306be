"""The answers that are being given in this process, by person and conversation."""

from __future__ import annotations

import threading
from uuid import UUID

from chat.generation import Generation
from chat.turns import MOST_PER_PERSON, too_many

STOPS_WITHIN_S = 5.0
# All answers of a process together save what they have so often. Each does so every half second
# where they are few, and every two where they are many: that is also its sign of life.
SAVES_PER_S = 10
SHORTEST_S = 0.5
LONGEST_S = 2.0


class RunningAnswers:
    """Thread-safe."""

    def __init__(self) -> None:
        self._generations: dict[tuple[UUID, UUID], Generation] = {}
        self._lock = threading.Lock()

    def get(self, person: UUID, conversation_id: UUID) -> Generation | None:
        with self._lock:
            return self._generations.get((person, conversation_id))

    def count(self) -> int:
        """How many answers are being written, of all people."""
        with self._lock:
            return len(self._generations)

    def save_every_s(self) -> float:
        """Seconds after which an answer is to save what it has."""
        return min(LONGEST_S, max(SHORTEST_S, self.count() / SAVES_PER_S))

    def make_room(self, person: UUID, conversation_id: UUID | None) -> None:
        """End what runs in this conversation. Raises InputError if too much runs elsewhere."""
        if conversation_id is not None:
            self.end(person, conversation_id)
        self.check_room(person, conversation_id)

    def end(self, person: UUID, conversation_id: UUID) -> None:
        """End what runs in this conversation, if something does."""
        before = self.get(person, conversation_id)
        if before is not None:
            before.stop()
            before.wait(STOPS_WITHIN_S)

    def check_room(self, person: UUID, conversation_id: UUID | None) -> None:
        """Raises InputError if too much runs elsewhere than in this conversation."""
        with self._lock:
            count = sum(
                1
                for owner, where in self._generations
                if owner == person and where != conversation_id
            )
        if count >= MOST_PER_PERSON:
            raise too_many(count)

    def start(self, generation: Generation) -> Generation:
        with self._lock:
            before = self._generations.get(_key(generation))
            self._generations[_key(generation)] = generation
        if before is not None:
            # From another tab, at the same moment; nobody could stop it any more.
            before.stop()
        generation.start()
        return generation

    def ended(self, generation: Generation) -> None:
        with self._lock:
            if self._generations.get(_key(generation)) is generation:
                del self._generations[_key(generation)]

    def close(self, timeout_s: float) -> None:
        """Stop all answers and wait until what was said is saved."""
        with self._lock:
            generations = list(self._generations.values())
        for generation in generations:
            generation.stop()
        for generation in generations:
            generation.wait(timeout_s)
            generation.abandon()


def _key(generation: Generation) -> tuple[UUID, UUID]:
    return generation.user_id, generation.question.conversation_id
