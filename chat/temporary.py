"""A temporary chat: it lives in this process while its tab is open, and leaves nothing.

It neither reads nor writes long-term memory, and no word of it reaches the database.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chat.answer import ask
from chat.attachments import Attachment
from chat.commands.words import kinds_in
from chat.context import Reader, Said
from chat.generation import Generation
from chat.records import AnswerState, AttachedFile, Question, Turn
from chat.running_answers import RunningAnswers
from config import Settings
from database.fair_use import FairUse, Use
from errors import InputError
from memory.dates import Days, zone_of
from memory.recall.recollection import NOTHING_RECALLED, Recalled, Recollection
from models.client import Models
from text import checked

LEFT_ALONE = (
    "If the message asks to remember or forget something: nothing was remembered or forgotten, "
    "since a temporary chat leaves memory alone."
)


@dataclass
class TemporaryConversation:
    """One temporary chat of one person, whose days are counted in `time_zone`; held by their tab
    alone.
    """

    user_id: UUID
    time_zone: str | None = None
    id: UUID = field(default_factory=uuid4)
    _turns: list[Turn] = field(default_factory=list)
    _files: dict[UUID, list[Attachment]] = field(default_factory=dict)
    # Its answer is written by another thread than what the person does.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turns(self) -> list[Turn]:
        """All turns, in order."""
        return list(self._turns)

    def start_turn(self, text: str, files: Sequence[Attachment] = ()) -> Question:
        turn_id = uuid4()
        self._files[turn_id] = list(files)
        turn = Turn(
            id=turn_id,
            question=text,
            answer="",
            answer_state="streaming",
            answer_error=None,
            memory_only=False,
            recall_state="off",
            memory_state="temporary",
            memory_error=None,
            created_at=datetime.now(UTC),
            files=tuple(AttachedFile(f.name, f.media_type, f.size_bytes) for f in files),
        )
        with self._lock:
            self._turns.append(turn)
        return Question(turn_id, self.id, text, memory_only=False, time_zone=self.time_zone)

    def restart_turn(self, turn_id: UUID) -> Question:
        """Clear the last answer, to be given again."""
        turn = self._find(turn_id)
        if turn.answer_state == "streaming" or turn.id != self._turns[-1].id:
            raise InputError("There is no answer here that could be tried again.")
        self._change(turn_id, answer="", answer_state="streaming", answer_error=None)
        return Question(
            turn_id, self.id, turn.question, memory_only=False, time_zone=self.time_zone
        )

    def say_again(self, turn_id: UUID, text: str) -> Question:
        """Say a message in other words; it and what followed are gone."""
        turn = self._find(turn_id)
        files = self._files[turn.id]
        with self._lock:
            self._turns = list(itertools.takewhile(lambda one: one.id != turn_id, self._turns))
        return self.start_turn(text, files)

    def files(self, turn_id: UUID) -> list[Attachment]:
        return self._files.get(turn_id, [])

    def recent_messages(self, question: Question) -> list[Said]:
        """The messages before this question, oldest first, with their files."""
        messages: list[Said] = []
        for turn in self._turns:
            if turn.id == question.turn_id:
                break
            messages.append(Said("user", turn.question, tuple(self._files[turn.id]), turn.model))
            if turn.answer:
                messages.append(Said("assistant", turn.answer))
        return messages

    def save_progress(self, turn_id: UUID, content: str, *, number: int = 1) -> bool:
        self._change(turn_id, answer=content)
        return True

    def finish_turn(
        self,
        turn_id: UUID,
        content: str,
        *,
        state: AnswerState,
        error: str | None = None,
        recalled: Sequence[Recalled] | None,
        left_out: Sequence[Recalled] = (),
        recall_off: bool = False,
        model: str | None = None,
        number: int = 1,
    ) -> None:
        self._change(turn_id, answer=content, answer_state=state, answer_error=error, model=model)

    def rate(self, turn_id: UUID, feedback: int | None) -> None:
        self._change(turn_id, feedback=feedback)

    def _find(self, turn_id: UUID) -> Turn:
        for turn in self._turns:
            if turn.id == turn_id:
                return turn
        raise InputError("This message is not there (any more).")

    def _change(self, turn_id: UUID, **values: object) -> None:
        with self._lock:
            self._turns = [
                replace(turn, **values) if turn.id == turn_id else turn  # type: ignore[arg-type]
                for turn in self._turns
            ]


class TemporaryChat:
    """Answers in temporary chats; holds none of them."""

    def __init__(
        self, *, settings: Settings, models: Models, running: RunningAnswers, fair_use: FairUse
    ) -> None:
        self._fair_use = fair_use
        self._settings = settings
        self._models = models
        self._running = running

    def send(
        self,
        text: str,
        *,
        conversation: TemporaryConversation,
        files: Sequence[Attachment] = (),
        model: str | None = None,
    ) -> Generation:
        """Answer a message. Raises InputError, FairUseReached."""
        message = self._checked(text, conversation)
        use = self._begin(conversation)
        return self._answer(conversation, conversation.start_turn(message, files), model, use)

    def retry(
        self, turn_id: UUID, *, conversation: TemporaryConversation, model: str | None = None
    ) -> Generation:
        """Give the last answer again. Raises InputError."""
        self._running.check_room(conversation.user_id, conversation.id)
        use = self._begin(conversation)
        try:
            question = conversation.restart_turn(turn_id)
        except InputError:
            use.end()
            raise
        return self._answer(conversation, question, model, use)

    def say_again(
        self,
        turn_id: UUID,
        text: str,
        *,
        conversation: TemporaryConversation,
        model: str | None = None,
    ) -> Generation:
        """Say a message in other words; what followed it is gone."""
        message = self._checked(text, conversation)
        use = self._begin(conversation)
        try:
            question = conversation.say_again(turn_id, message)
        except InputError:
            use.end()
            raise
        return self._answer(conversation, question, model, use)

    def _checked(self, text: str, conversation: TemporaryConversation) -> str:
        message = checked(text, max_chars=self._settings.message_max_chars)
        self._running.make_room(conversation.user_id, conversation.id)
        return message

    def _begin(self, conversation: TemporaryConversation) -> Use:
        return self._fair_use.begin(conversation.user_id, answers=1, messages=1)

    def _answer(
        self,
        conversation: TemporaryConversation,
        question: Question,
        model: str | None,
        use: Use,
    ) -> Generation:
        def finished(generation: Generation) -> None:
            use.end()
            self._running.ended(generation)

        def answer(_: Recollection | None) -> Iterator[str]:
            return ask(
                self._models,
                question.text,
                recent=conversation.recent_messages(question),
                files=conversation.files(question.turn_id),
                days=Days(zone_of(question.time_zone)),
                events=[LEFT_ALONE] if kinds_in(question.text) else (),
                reader=Reader.of(self._settings, model),
            )

        return self._running.start(
            Generation(
                conversation.user_id,
                question,
                conversation,
                recall=lambda: NOTHING_RECALLED,
                answer=answer,
                finished=finished,
                patience_s=self._settings.model_timeout_s,
                model=model or self._settings.chat_model,
                recall_off=True,
                spend=use.spend,
            )
        )
