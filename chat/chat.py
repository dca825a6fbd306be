"""One turn: search the person's memories, ask the model, stream the answer, have it remembered.

Built once. The person comes with each call, from the verified session, and is handed on to
everything below.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chat.answer import Preceded, ask
from chat.attachments import Attachment
from chat.commands.commands import NOTHING, Commands, Outcome
from chat.commands.words import kinds_in
from chat.context import Reader, Room, Said, within_context
from chat.generation import Generation
from chat.processes.answer_elsewhere import AnswerElsewhere
from chat.prompt import opening
from chat.records import Question
from chat.running_answers import RunningAnswers
from chat.temporary import TemporaryChat
from chat.titles import Titles
from chat.turns import Conversations
from chat.versions import Versions
from config import Settings
from database.binding import Binding
from database.fair_use import Use
from database.transactions import as_uuid
from errors import KeepsakeError
from memory.dates import Days, zone_of
from memory.engine import Engine
from memory.manage.undo import TurnUndo
from memory.recall.asked_days import days_in
from memory.recall.recollection import NOTHING_RECALLED, Recollection
from models.client import Message
from models.language import other_language
from models.prompts import beginning
from models.spending import charged_to
from text import checked

log = logging.getLogger(__name__)

RECALL_THREADS = 16
# Nobody waits for titles, so they must not stand before a search.
TITLE_THREADS = 4
# Of what a turn may ask besides its answer, what comes first and most often first.
USUAL_PROMPTS = ("extract", "judge", "title", "leans", "rewrite", "forget")
MANY_ANSWERS = 6
# By which a message that points back is understood.
LATEST_MESSAGES = 6
LATEST_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How an answer is given: with memories or without, and by which model (None: the usual)."""

    use_memory: bool = True
    model: str | None = None


DEFAULT_OPTIONS = AnswerOptions()


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
        self._running = RunningAnswers()
        self.temporary = TemporaryChat(
            settings=settings,
            models=engine.models,
            running=self._running,
            fair_use=engine.fair_use,
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
        options: AnswerOptions = DEFAULT_OPTIONS,
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
        reader = self._reader(options)
        earlier = self.conversations(person).recent_messages
        recent = earlier(before, reader=reader) if before else []
        size = len(message.encode()) + sum(file.size_bytes for file in files)
        with self._using(person, size) as use:
            recall = self._recall(person, message, recent, options, use)
            question = self.conversations(person).start_turn(
                message, conversation_id=conversation_id, memory_only=memory_only, files=files
            )
            return self._start(question, recall, recent, options=options, files=files, use=use)

    def retry(
        self, turn_id: UUID, *, user_id: UUID | str, options: AnswerOptions = DEFAULT_OPTIONS
    ) -> Generation:
        """Give an answer again; the one that was there is put by."""
        person = as_uuid(user_id)
        conversations = self.conversations(person)
        self._running.check_room(person, conversations.place_of(turn_id))
        with self._using(person, 0) as use:
            # First this: what cannot be given again must not end what is being given.
            question = conversations.restart_turn(turn_id)
            self._running.end(person, question.conversation_id)
            return self._answer_saved(person, question, options, use)

    def say_again(
        self,
        turn_id: UUID,
        text: str,
        *,
        user_id: UUID | str,
        options: AnswerOptions = DEFAULT_OPTIONS,
    ) -> Generation:
        """Say a message in other words; it and what followed stand back, and so does what they left
        in memory.
        """
        person = as_uuid(user_id)
        message = checked(text, max_chars=self._settings.message_max_chars)
        self._running.make_room(person, self.conversations(person).place_of(turn_id))
        with self._using(person, len(message.encode())) as use:
            with charged_to(use.spend):
                turn_undo = self._prepared_undo(person, turn_id)
            question = self.versions(person).say_again(
                turn_id, message, take_back=turn_undo.turns_in
            )
            return self._answer_saved(person, question, options, use)

    def show_version(self, turn_id: UUID, *, user_id: UUID | str) -> None:
        """Show another version of a message, with what followed it."""
        person = as_uuid(user_id)
        self._running.make_room(person, self.conversations(person).place_of(turn_id))
        turn_undo = self._prepared_undo(person, turn_id)
        self.conversations(person).request_stop_beside(turn_id)
        self.versions(person).show(turn_id, take_back=turn_undo.turns_in)
        self._saved()

    def running(self, conversation_id: UUID, *, user_id: UUID | str) -> Generation | None:
        """The answer being given in this conversation of this person, if there is one."""
        return self._running.get(as_uuid(user_id), conversation_id)

    def elsewhere(self, turn_id: UUID, *, user_id: UUID | str) -> AnswerElsewhere:
        """The answer to this turn, which another process writes."""
        return AnswerElsewhere(self.conversations(user_id), turn_id)

    def is_busy(self) -> bool:
        """Whether so many answers are being written that other work should wait."""
        return self._running.count() > MANY_ANSWERS

    def close(self, timeout_s: float = 8.0) -> None:
        """Stop all answers and wait until what was said is saved."""
        self._running.close(timeout_s)
        for pool in (self._pool, self._title_pool):
            pool.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def _using(self, person: UUID, stored_bytes: int) -> Iterator[Use]:
        """An answer of this person begins; it ends with the generation, or here if that fails."""
        use = self._engine.fair_use.begin(person, answers=1, messages=1, stored_bytes=stored_bytes)
        try:
            yield use
        except BaseException:
            use.end()
            raise

    def _recall(
        self,
        person: UUID,
        message: str,
        recent: Sequence[Said],
        options: AnswerOptions,
        use: Use,
    ) -> Future[Recollection] | None:
        if not options.use_memory:
            return None
        latest = [
            Message(role=said.role, content=said.content[:LATEST_CHARS])
            for said in recent[-LATEST_MESSAGES:]
        ]
        memory = self._engine.for_user(person)

        def recall() -> Recollection:
            with charged_to(use.spend):
                return memory.recall(message, latest)

        return self._pool.submit(recall)

    def _answer_saved(
        self, person: UUID, question: Question, options: AnswerOptions, use: Use
    ) -> Generation:
        """Answer a message that is saved already."""
        conversations = self.conversations(person)
        recent = (
            []
            if question.memory_only
            else conversations.recent_messages(
                question.conversation_id, reader=self._reader(options), before=question.turn_id
            )
        )
        recall = self._recall(person, question.text, recent, options, use)
        files = conversations.files(question.turn_id)
        return self._start(question, recall, recent, options=options, files=files, use=use)

    def _start(
        self,
        question: Question,
        recall: Future[Recollection] | None,
        recent: Sequence[Said],
        *,
        options: AnswerOptions,
        files: Sequence[Attachment],
        use: Use,
    ) -> Generation:
        person = use.person
        conversations = self.conversations(person)
        outcome = NOTHING

        def recalled() -> Recollection | None:
            nonlocal outcome
            found = recall
            if kinds_in(question.text):
                outcome = self._carry_out(person, question)
            if outcome.left == "" and not files:
                return NOTHING_RECALLED
            if outcome.said:
                # What was found before may be forgotten by now.
                found = self._recall(person, outcome.left or question.text, recent, options, use)
            return NOTHING_RECALLED if found is None else self._recalled(found)

        def answer(found: Recollection | None) -> Iterator[str]:
            words = "\n\n".join(outcome.said)
            if outcome.left == "" and not files:
                return iter([words] if words else [])
            asked = ask(
                self._engine.models,
                outcome.left or question.text,
                given=found.recalled if found else (),
                recent=recent,
                files=files,
                events=outcome.if_asked,
                days=Days(zone_of(question.time_zone)),
                reader=self._reader(options),
            )
            return Preceded([words, "\n\n"], asked) if words else asked

        return self._running.start(
            Generation(
                person,
                question,
                conversations,
                recall=recalled,
                answer=answer,
                finished=lambda generation: self._finished(generation, use),
                patience_s=self._settings.model_timeout_s,
                model=options.model or self._settings.chat_model,
                recall_off=not options.use_memory,
                save_every_s=self._running.save_every_s,
                spend=use.spend,
            )
        )

    def _reader(self, options: AnswerOptions) -> Reader:
        return Reader.of(self._settings, options.model)

    def _carry_out(self, person: UUID, question: Question) -> Outcome:
        memory = self._engine.for_user(person)
        binding = Binding(self._engine.database, person)
        commands = Commands(
            memory,
            binding,
            self._engine.models,
            small_model=self._settings.model_is_local,
            outside=self._settings.model_is_outside,
        )
        return commands.carry_out(question.text, question.turn_id)

    def _prepared_undo(self, person: UUID, turn_id: UUID) -> TurnUndo:
        """What is left in memory by what will stand back with this message. Raises ModelError."""
        turn_undo = self._engine.for_user(person).turn_undo()
        turn_undo.prepare(self.versions(person).to_hide(turn_id))
        return turn_undo

    def _recalled(self, recall: Future[Recollection]) -> Recollection | None:
        """What was found, or None if the search failed or is late: the answer goes on without."""
        try:
            return recall.result(timeout=self._settings.recall_timeout_s)
        except FutureTimeout:
            recall.cancel()
            log.warning("recall is late")
        except KeepsakeError as exc:
            log.warning("recall failed: %s", type(exc).__name__, exc_info=exc.__cause__)
        return None

    def _finished(self, generation: Generation, use: Use) -> None:
        use.end()
        self._running.ended(generation)
        self._saved()
        question = generation.question
        with suppress(RuntimeError):  # the process ends, and the pool takes nothing new
            if question.begins:
                self._title_pool.submit(
                    self._make_title, generation.user_id, question.conversation_id
                )
            if self._settings.model_is_local and not question.memory_only:
                self._title_pool.submit(self._prepare, generation.user_id, question)

    def _make_title(self, person: UUID, conversation_id: UUID) -> None:
        with charged_to(self._engine.fair_use.counting(person).spend):
            self._titles.after_turn(person, conversation_id)

    def _prepare(self, person: UUID, question: Question) -> None:
        """Have the next answer's prompt computed as far as it is known, while nobody waits."""
        with suppress(KeepsakeError):
            reader = self._reader(DEFAULT_OPTIONS)
            said = self.conversations(person).recent_messages(
                question.conversation_id, reader=reader
            )
            recent = within_context(said, Room.beside((), reader))
            self._engine.models.prepare(opening(recent))

    def _prepare_beginnings(self) -> None:
        models = self._engine.models
        models.prepare(opening(()), is_everybodys=True)
        for name in USUAL_PROMPTS:
            models.prepare(beginning(name), json=True, is_everybodys=True)

    def warm_up(self) -> None:
        """Have the beginnings of the usual prompts computed, once at start: an answer's first."""
        with suppress(RuntimeError):
            self._title_pool.submit(self._prepare_beginnings)
            # What these read is read at the first use.
            self._title_pool.submit(other_language, "")
            self._title_pool.submit(days_in, "in May", datetime.now(UTC).date())
