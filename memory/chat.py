"""One turn: search the person's memories, ask the model, stream the answer, have it remembered.

Built once. The person comes with each call, from the verified session, and is handed on to
everything below.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime
from uuid import UUID

from config import Settings
from errors import InputError, KeepsakeError
from memory.commands import command_in, happened
from memory.conversations import Conversations, Question
from memory.database import as_uuid
from memory.engine import Engine
from memory.generation import Generation
from memory.llm import Message
from memory.prompts import answer_prompt
from memory.recall import Recalled, Recollection
from memory.text import checked

log = logging.getLogger(__name__)

# Answers that one person may have running at once (tabs).
MOST_PER_PERSON = 4
# Of earlier messages in a prompt; some 6,000 tokens.
RECENT_CHARS = 24_000
RECALL_THREADS = 16


class Chat:
    """Starts answers and knows which are running in this process."""

    def __init__(
        self,
        *,
        settings: Settings,
        engine: Engine,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        """`saved` is called when an answer has been saved, and its turn waits to be remembered."""
        self._settings = settings
        self._engine = engine
        self._saved = saved
        self._running: dict[tuple[UUID, UUID], Generation] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(RECALL_THREADS, thread_name_prefix="recall")

    def conversations(self, user_id: UUID | str) -> Conversations:
        """The conversations of one person."""
        return Conversations(self._engine.database, user_id)

    def send(
        self,
        text: str,
        *,
        user_id: UUID | str,
        conversation_id: UUID | None = None,
        memory_only: bool = False,
    ) -> Generation:
        """Save the message and start its answer; search and saving go side by side.

        With `memory_only` the model sees no earlier message, so that what it recalls comes from
        long-term memory. An answer still running in the conversation is stopped first. Raises
        InputError or DatabaseError; then nothing was saved.
        """
        person = as_uuid(user_id)
        message = checked(text, max_chars=self._settings.message_max_chars)
        self._make_room(person, conversation_id)
        # Read before the message is saved, so that it is not among what came before it.
        before = None if memory_only else conversation_id
        recent = self.conversations(person).latest_messages(before) if before else []
        recall = self._pool.submit(self._engine.for_user(person).recall, message, recent)
        question = self.conversations(person).start_turn(
            message, conversation_id=conversation_id, memory_only=memory_only
        )
        return self._start(person, question, recall)

    def retry(self, turn_id: UUID, *, user_id: UUID | str) -> Generation:
        """Give an answer again that failed, was cut off or was stopped."""
        person = as_uuid(user_id)
        question = self.conversations(person).restart_turn(turn_id)
        self._make_room(person, question.conversation_id)
        recall = self._pool.submit(self._engine.for_user(person).recall, question.text)
        return self._start(person, question, recall)

    def running(self, conversation_id: UUID, *, user_id: UUID | str) -> Generation | None:
        """The answer being given in this conversation of this person, if there is one."""
        with self._lock:
            return self._running.get((as_uuid(user_id), conversation_id))

    def close(self, timeout_s: float = 8.0) -> None:
        """Stop all answers and wait until what was said is saved."""
        with self._lock:
            generations = list(self._running.values())
        for generation in generations:
            generation.stop()
        for generation in generations:
            generation.wait(timeout_s)
            generation.abandon()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _make_room(self, person: UUID, conversation_id: UUID | None) -> None:
        if conversation_id is not None:
            before = self.running(conversation_id, user_id=person)
            if before is not None:
                before.stop()
                before.wait(5.0)
        with self._lock:
            count = sum(1 for owner, _ in self._running if owner == person)
        if count >= MOST_PER_PERSON:
            raise InputError(
                f"{count} answers are being written for you. Wait for one of them to finish."
            )

    def _start(self, person: UUID, question: Question, recall: Future[Recollection]) -> Generation:
        conversations = self.conversations(person)
        command = command_in(question.text)
        events: list[str] = []

        def recalled() -> Sequence[Recalled] | None:
            if command is None:
                return self._recalled(recall)
            memory = self._engine.for_user(person)
            events.extend(memory.obey(command, question.turn_id))
            # What was found before may be forgotten by now.
            return self._recalled(self._pool.submit(memory.recall, question.text))

        def answer(given: Sequence[Recalled] | None) -> Iterator[str]:
            recent = [] if question.memory_only else conversations.recent_messages(question)
            prompt = answer_prompt(
                question.text,
                memories=[one.memory for one in given or ()],
                recent=_within(recent, RECENT_CHARS),
                now=datetime.now(UTC),
                happened=happened(events),
            )
            return self._engine.models.stream_chat(prompt)

        generation = Generation(
            person,
            question,
            conversations,
            recall=recalled,
            answer=answer,
            finished=self._finished,
            patience_s=self._settings.model_timeout_s,
        )
        with self._lock:
            self._running[person, question.conversation_id] = generation
        generation.start()
        return generation

    def _recalled(self, recall: Future[Recollection]) -> Sequence[Recalled] | None:
        """What was found, or None if the search failed or is late: the answer goes on without."""
        try:
            return recall.result(timeout=self._settings.recall_timeout_s).recalled
        except FutureTimeout:
            recall.cancel()
            log.warning("recall is late")
        except KeepsakeError as exc:
            log.warning("recall failed: %s", type(exc).__name__, exc_info=exc.__cause__)
        return None

    def _finished(self, generation: Generation) -> None:
        key = (generation.user_id, generation.question.conversation_id)
        with self._lock:
            if self._running.get(key) is generation:
                del self._running[key]
        self._saved()


def _within(messages: list[Message], chars: int) -> list[Message]:
    """The latest messages that fit, oldest first."""
    kept: list[Message] = []
    for message in reversed(messages):
        chars -= len(message["content"])
        if chars < 0:
            break
        kept.append(message)
    return kept[::-1]
