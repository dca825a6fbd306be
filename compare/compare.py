"""One question answered by the same model without memory and with it, to see what memory does.

Nothing of it is saved, and nothing is remembered: a comparison lives as long as somebody holds it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from chat.preview_answer import PreviewAnswer
from chat.prompt import answer_prompt
from compare.sample_questions import Samples, from_memories, make_samples
from config import Settings
from database.binding import Binding
from database.fair_use import Use
from database.sql import load
from database.transactions import as_uuid
from errors import AccessDenied, InputError, MemoryFailed, MemoryNotFound
from memory.engine import Engine
from memory.recall.recollection import Recalled, Recollection
from memory.records import Memory
from models.client import Message, Usage
from models.spending import charged_to
from text import checked

# Answers that one person may have running at once: two comparisons.
MOST_PER_PERSON = 4
RECALL_THREADS = 8
LATE = "Your memories could not be searched in time. Please try again."


@dataclass(slots=True)
class Variant:
    """The answer once more, without one memory."""

    left_out: Memory
    answer: PreviewAnswer


@dataclass(slots=True)
class Comparison:
    """One question of one person and its answers; `variant` is the last that was asked for.

    `as_of` is the day at whose end the memories held; None for what holds now.
    """

    user_id: UUID
    question: str
    model: str
    without: PreviewAnswer
    with_memory: PreviewAnswer
    as_of: date | None = None
    variant: Variant | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def answers(self) -> list[PreviewAnswer]:
        third = [self.variant.answer] if self.variant else []
        return [self.without, self.with_memory, *third]

    @property
    def running(self) -> bool:
        return not all(answer.progress.ended for answer in self.answers)

    def stop(self) -> None:
        """End what is still being written."""
        for answer in self.answers:
            answer.stop()


@dataclass(slots=True)
class _Shared:
    """The use of answers that were asked together; it ends with the last of them."""

    use: Use
    left: int

    @property
    def person(self) -> UUID:
        return self.use.person

    def spend(self, tokens: int) -> None:
        self.use.spend(tokens)

    def end(self) -> None:
        self.use.end()


class Comparisons:
    """Starts comparisons, and bounds how many run. Built once; holds nobody's words."""

    def __init__(self, *, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._running: Counter[UUID] = Counter()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(RECALL_THREADS, thread_name_prefix="compare")

    def start(
        self,
        question: str,
        *,
        user_id: UUID | str,
        model: str | None = None,
        as_of: date | None = None,
    ) -> Comparison:
        """Ask `model` (None: the usual) without memory and with it, at the same moment.

        With `as_of` by what held at the end of that day for the person. Raises InputError.
        """
        person = as_uuid(user_id)
        text = checked(question, max_chars=self._settings.message_max_chars, what="question")
        use = self._make_room(person, 2)
        memory = self._engine.for_user(person)
        name = model or self._settings.chat_model

        def search_memory() -> Recollection:
            with charged_to(use.spend):
                return memory.recall(text, as_of=as_of)

        def recall() -> Recollection:
            search = self._pool.submit(search_memory)
            try:
                return search.result(timeout=self._settings.recall_timeout_s)
            except FutureTimeout as exc:
                search.cancel()
                raise MemoryFailed(LATE) from exc

        comparison = Comparison(
            user_id=person,
            question=text,
            model=name,
            without=self._answering(use, text, name, None),
            with_memory=self._answering(use, text, name, recall, as_of),
            as_of=as_of,
        )
        comparison.without.start()
        comparison.with_memory.start()
        return comparison

    def leave_out(self, comparison: Comparison, memory_id: str, *, user_id: UUID | str) -> None:
        """Ask again with all memories that the answer was given but this one.

        What was forgotten or changed meanwhile is given as it is now. Raises MemoryNotFound if the
        answer was not given this memory, AccessDenied if the comparison is somebody else's.
        """
        person = as_uuid(user_id)
        if comparison.user_id != person:
            raise AccessDenied
        given = comparison.with_memory.progress.recalled
        left_out = next((one.memory for one in given if one.memory.id == memory_id), None)
        if left_out is None:
            raise MemoryNotFound
        others = [one for one in given if one.memory.id != memory_id]
        use = self._make_room(person, 1)

        def recall() -> Recollection:
            now = self._texts(person, others)
            still = (one for one in others if now.get(one.memory.id) == one.memory.text)
            return Recollection(tuple(still), ())

        if comparison.variant is not None:
            comparison.variant.answer.stop()
        question, as_of = comparison.question, comparison.as_of
        answer = self._answering(use, question, comparison.model, recall, as_of)
        comparison.variant = Variant(left_out, answer)
        answer.start()

    def is_current(self, comparison: Comparison, *, user_id: UUID | str) -> bool:
        """Whether it is this person's, and every memory in it is still there as it was."""
        if comparison.user_id != as_uuid(user_id):
            return False
        given = comparison.with_memory.progress.recalled
        now = self._texts(comparison.user_id, given)
        return all(now.get(one.memory.id) == one.memory.text for one in given)

    def samples(self, known: Samples | None, *, user_id: UUID | str) -> Samples:
        """Questions that the person's own memories answer; `known` if nothing has changed since."""
        return make_samples(
            Binding(self._engine.database, user_id),
            known,
            self._ask_for_samples,
            outside=self._settings.model_is_outside,
        )

    def close(self) -> None:
        """Take nothing new; threads end with the models' connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _texts(self, person: UUID, given: Sequence[Recalled]) -> dict[str, str]:
        if not given:
            return {}
        if self._engine.platform is not None:
            return self._texts_there(person, given)
        ids = [one.memory.id for one in given]
        rows = Binding(self._engine.database, person).fetch(
            load("compare/compare")["texts"], {"ids": ids}
        )
        return {row["id"]: row["text"] for row in rows}

    def _texts_there(self, person: UUID, given: Sequence[Recalled]) -> dict[str, str]:
        """The same from mem0's platform."""
        memory = self._engine.for_user(person)
        texts: dict[str, str] = {}
        for one in given:
            with suppress(MemoryNotFound):
                texts[one.memory.id] = memory.get(one.memory.id).text
        return texts

    def _ask_for_samples(self, texts: Sequence[str]) -> Future[list[str]]:
        return self._pool.submit(from_memories, self._engine.models, texts)

    def _answering(
        self,
        use: _Shared,
        question: str,
        model: str,
        recall: Callable[[], Recollection] | None,
        as_of: date | None = None,
    ) -> PreviewAnswer:
        memory = self._engine.for_user(use.person)

        def prompt(given: Sequence[Recalled]) -> list[Message]:
            return answer_prompt(question, given=given, recent=[], days=memory.days(), as_of=as_of)

        def ask(messages: list[Message], usage: Usage) -> Iterator[str]:
            return self._engine.models.stream_chat(messages, model=model, usage=usage)

        return PreviewAnswer(
            recall=recall,
            prompt=prompt,
            ask=ask,
            finished=lambda: self._give_back(use),
            spend=use.spend,
        )

    def _make_room(self, person: UUID, count: int) -> _Shared:
        """Room for so many answers. Raises InputError, FairUseReached."""
        use = self._engine.fair_use.begin(person, answers=count, messages=1)
        try:
            self._count(person, count)
        except InputError:
            use.end()
            raise
        return _Shared(use, count)

    def _count(self, person: UUID, count: int) -> None:
        with self._lock:
            if self._running[person] + count > MOST_PER_PERSON:
                raise InputError(
                    f"{self._running[person]} answers are being written for you. "
                    "Wait for one of them to finish."
                )
            self._running[person] += count

    def _give_back(self, use: _Shared) -> None:
        person = use.person
        with self._lock:
            use.left -= 1
            is_last = not use.left
            self._running[person] -= 1
            if not self._running[person]:
                del self._running[person]
        if is_last:
            use.end()
