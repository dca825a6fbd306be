"""One turn: search the person's memories, ask the model, stream the answer, have it remembered.

Built once. The person comes with each call, from the verified session, and is handed on to
everything below.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from config import Settings
from errors import KeepsakeError
from memory.asking import ask, within_context
from memory.attachments import Attachment
from memory.commands import Command, command_in
from memory.conversations import Conversations
from memory.database import as_uuid
from memory.engine import Engine
from memory.generation import Generation
from memory.llm import Message
from memory.prompts.answer import opening
from memory.recall import Recalled, Recollection
from memory.running import Running
from memory.taking_back import TakeBack
from memory.temporary import TemporaryChat
from memory.text import checked
from memory.titles import Titles
from memory.turns import Question
from memory.versions import Hidden, Versions

log = logging.getLogger(__name__)

RECALL_THREADS = 16
# Nobody waits for titles, so they must not stand before a search.
TITLE_THREADS = 4
MANY_ANSWERS = 6
# By which a message that points back is understood.
LATEST_MESSAGES = 6
LATEST_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class How:
    """How an answer is given: with memories or without, and by which model (None: the usual)."""

    use_memory: bool = True
    model: str | None = None


USUAL = How()


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
        self._running = Running()
        self.temporary = TemporaryChat(
            settings=settings, models=engine.models, running=self._running
        )
        self._titles = Titles(engine.models, engine.database)
        self._pool = ThreadPoolExecutor(RECALL_THREADS, thread_name_prefix="recall")
        self._title_pool = ThreadPoolExecutor(TITLE_THREADS, thread_name_prefix="titles")

    def conversations(self, user_id: UUID | str) -> Conversations:
        """The conversations of one person."""
        return Conversations(self._engine.database, user_id)

    def versions(self, user_id: UUID | str) -> Versions:
        """The versions of one person's messages and answers."""
        return Versions(self._engine.database, user_id)

    def send(
        self,
        text: str,
        *,
        user_id: UUID | str,
        conversation_id: UUID | None = None,
        memory_only: bool = False,
        files: Sequence[Attachment] = (),
        how: How = USUAL,
    ) -> Generation:
        """Save the message and start its answer; search and saving go side by side.

        With `memory_only` the model sees no earlier message, so that what it recalls comes from
        long-term memory. An answer still running in the conversation is stopped first. Raises
        InputError or DatabaseError; then nothing was saved.
        """
        person = as_uuid(user_id)
        message = checked(text, max_chars=self._settings.message_max_chars)
        self._running.make_room(person, conversation_id)
        # Read before the message is saved, so that it is not among what came before it.
        before = None if memory_only else conversation_id
        recent = self.conversations(person).recent_messages(before) if before else []
        recall = self._recall(person, message, recent, how)
        question = self.conversations(person).start_turn(
            message, conversation_id=conversation_id, memory_only=memory_only, files=files
        )
        return self._start(person, question, recall, recent, how=how, files=files)

    def retry(self, turn_id: UUID, *, user_id: UUID | str, how: How = USUAL) -> Generation:
        """Give an answer again; the one that was there is put by."""
        person = as_uuid(user_id)
        conversations = self.conversations(person)
        self._running.check_room(person, conversations.place_of(turn_id))
        # First this: what cannot be given again must not end what is being given.
        question = conversations.restart_turn(turn_id)
        self._running.end(person, question.conversation_id)
        return self._answer_saved(person, question, how)

    def say_again(
        self, turn_id: UUID, text: str, *, user_id: UUID | str, how: How = USUAL
    ) -> Generation:
        """Say a message in other words; it and what followed stand back, and so does what they left
        in memory.
        """
        person = as_uuid(user_id)
        message = checked(text, max_chars=self._settings.message_max_chars)
        self._running.make_room(person, self.conversations(person).place_of(turn_id))
        take_back = self._ready_to_take_back(person, turn_id)
        question, hidden = self.versions(person).say_again(turn_id, message)
        _take_back(take_back, hidden)
        return self._answer_saved(person, question, how)

    def show_version(self, turn_id: UUID, *, user_id: UUID | str) -> None:
        """Show another version of a message, with what followed it."""
        person = as_uuid(user_id)
        self._running.make_room(person, self.conversations(person).place_of(turn_id))
        take_back = self._ready_to_take_back(person, turn_id)
        _take_back(take_back, self.versions(person).show(turn_id))
        self._saved()

    def running(self, conversation_id: UUID, *, user_id: UUID | str) -> Generation | None:
        """The answer being given in this conversation of this person, if there is one."""
        return self._running.get(as_uuid(user_id), conversation_id)

    def is_busy(self) -> bool:
        """Whether so many answers are being written that other work should wait."""
        return self._running.count() > MANY_ANSWERS

    def close(self, timeout_s: float = 8.0) -> None:
        """Stop all answers and wait until what was said is saved."""
        self._running.close(timeout_s)
        for pool in (self._pool, self._title_pool):
            pool.shutdown(wait=False, cancel_futures=True)

    def _recall(
        self, person: UUID, message: str, recent: Sequence[Message], how: How
    ) -> Future[Recollection] | None:
        if not how.use_memory:
            return None
        latest = [
            Message(role=said["role"], content=said["content"][:LATEST_CHARS])
            for said in recent[-LATEST_MESSAGES:]
        ]
        return self._pool.submit(self._engine.for_user(person).recall, message, latest)

    def _answer_saved(self, person: UUID, question: Question, how: How) -> Generation:
        """Answer a message that is saved already."""
        conversations = self.conversations(person)
        recent = (
            []
            if question.memory_only
            else conversations.recent_messages(question.conversation_id, before=question.turn_id)
        )
        recall = self._recall(person, question.text, recent, how)
        files = conversations.files(question.turn_id)
        return self._start(person, question, recall, recent, how=how, files=files)

    def _start(
        self,
        person: UUID,
        question: Question,
        recall: Future[Recollection] | None,
        recent: Sequence[Message],
        *,
        how: How,
        files: Sequence[Attachment],
    ) -> Generation:
        conversations = self.conversations(person)
        command = command_in(question.text)
        events: list[str] = []

        def recalled() -> Sequence[Recalled] | None:
            found = recall
            if command is not None:
                events.extend(self._obey(person, command, question))
                # What was found before may be forgotten by now.
                found = self._recall(person, question.text, (), how)
            return () if found is None else self._recalled(found)

        def answer(given: Sequence[Recalled] | None) -> Iterator[str]:
            return ask(
                self._engine.models,
                question.text,
                given=given or (),
                recent=recent,
                files=files,
                events=events,
                model=how.model,
                context_tokens=self._settings.context_tokens,
            )

        return self._running.start(
            Generation(
                person,
                question,
                conversations,
                recall=recalled,
                answer=answer,
                finished=self._finished,
                patience_s=self._settings.model_timeout_s,
                model=how.model or self._settings.chat_model,
                recall_off=not how.use_memory,
            )
        )

    def _obey(self, person: UUID, command: Command, question: Question) -> list[str]:
        return self._engine.for_user(person).obey(command, question.turn_id)

    def _ready_to_take_back(self, person: UUID, turn_id: UUID) -> TakeBack:
        """What is left in memory by what will stand back with this message. Raises ModelError."""
        take_back = TakeBack(self._engine.database, person, self._engine.models)
        take_back.prepare(self.versions(person).to_hide(turn_id))
        return take_back

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
        self._running.ended(generation)
        self._saved()
        question = generation.question
        with suppress(RuntimeError):  # the process ends, and the pool takes nothing new
            if question.begins:
                self._title_pool.submit(
                    self._titles.after_turn, generation.user_id, question.conversation_id
                )
            if self._settings.model_is_local and not question.memory_only:
                self._title_pool.submit(self._prepare, generation.user_id, question)

    def _prepare(self, person: UUID, question: Question) -> None:
        """Have the next answer's prompt computed as far as it is known, while nobody waits."""
        with suppress(KeepsakeError):
            said = self.conversations(person).recent_messages(question.conversation_id)
            recent = within_context(said, self._settings.context_tokens)
            self._engine.models.prepare(opening(recent))

    def warm_up(self) -> None:
        """Have the beginning of every answer's prompt computed, once at start."""
        with suppress(RuntimeError):
            self._title_pool.submit(self._engine.models.prepare, opening(()))


def _take_back(take_back: TakeBack, hidden: Hidden) -> None:
    """What messages left in memory that stand back now."""
    for turn_id in hidden.remembered:
        take_back.turn(turn_id)
