"""Our side of bench.truth: each dialogue for a person of its own, through the product's classes.

Turns are saved as the app saves them, with the answer that the dialogue names; the worker's own
code remembers each before the next is said. Questions go through the chat, in a new conversation.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bench.truth.data import Dialogue, Said
from bench.truth.relay import Counter
from bench.truth.runs import Answer, Run
from bench.truth.score import Remembered
from chat.chat import Chat
from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from memory.engine import Engine
from tests.support.stack import Stack

DATABASE = "postgres"
# Where the dialogue names no answer: every turn of the app has one.
ANSWERED = "Okay."
TRIES = 3
WITHIN_S = 600.0
_MEMORIES = """
select metadata ->> 'data', valid_from, invalid_at, waits_for is not null,
       (invalid_at is null or invalid_at > now()) and superseded_by is null,
       superseded_by is not null
from vecs.memories where owner = %s order by seq
"""


class Ours:
    """Keepsake on a stack, its model reached through a counter."""

    def __init__(self, stack: Stack, settings: Settings, counter: Counter) -> None:
        self._stack = stack
        self._counter = counter
        self._engine = Engine.from_settings(settings)
        self._chat = Chat(settings=settings, engine=self._engine)
        self._worker = Worker(engine=self._engine)

    def close(self) -> None:
        self._chat.close()
        self._engine.close()

    def run(self, dialogue: Dialogue) -> Run:
        """Say it, look at what is remembered, ask; then the person is gone."""
        run = Run(dialogue)
        with self._person() as person:
            conversation: UUID | None = None
            for said in dialogue.said:
                conversation, turn = self._save(person, conversation, said)
                self._remember(run, turn)
            run.memories = self._memories(person)
            run.answers = [self._ask(person, question.ask) for question in dialogue.questions]
        return run

    @contextmanager
    def _person(self) -> Iterator[UUID]:
        person = self._stack.add_user(DATABASE)
        try:
            yield person
        finally:
            self._sql("delete from auth.users where id = %s", str(person))

    def _save(self, person: UUID, conversation: UUID | None, said: Said) -> tuple[UUID, UUID]:
        """A turn as the app leaves it for the worker; its conversation and its id."""
        conversations = Conversations(self._engine.database, person)
        question = conversations.start_turn(said.user, conversation_id=conversation)
        if said.at:
            for what in ("public.turns where id = %s", "public.messages where turn_id = %s"):
                table, where = what.split(" ", 1)
                self._sql(
                    f"update {table} set created_at = %s {where}",  # noqa: S608 - both are above
                    said.at,
                    str(question.turn_id),
                )
        answer = said.assistant or ANSWERED
        conversations.finish_turn(question.turn_id, answer, state="complete", recalled=())
        return question.conversation_id, question.turn_id

    def _remember(self, run: Run, turn: UUID) -> None:
        """As often as the worker would try it, without its pauses."""
        passed = len(self._counter.calls)
        began = time.perf_counter()
        for _ in range(TRIES):
            self._worker.run_once()
            rows = self._sql("select memory_state from public.turns where id = %s", str(turn))
            if rows[0][0] != "pending":
                break
            self._sql("update public.turns set memory_due_at = now() where id = %s", str(turn))
        run.remember_s.append(time.perf_counter() - began)
        run.calls.append(self._counter.since(passed))
        if rows[0][0] != "done":
            run.failed += 1
            # Whoever is next must not find it.
            self._sql("update public.turns set memory_state = 'failed' where id = %s", str(turn))

    def _memories(self, person: UUID) -> list[Remembered]:
        return [Remembered(*row) for row in self._sql(_MEMORIES, str(person))]  # type: ignore[arg-type]

    def _ask(self, person: UUID, question: str) -> Answer:
        """In a conversation that is new but has a title: naming it would be in the way."""
        place = self._sql(
            "insert into public.conversations (user_id, title) values (%s, 'asked') returning id",
            str(person),
        )[0][0]
        began = time.perf_counter()
        generation = self._chat.send(question, user_id=person, conversation_id=UUID(str(place)))
        text, first_s = timed(generation.follow(), began)
        if not generation.wait(WITHIN_S):
            raise RuntimeError("an answer took too long")
        took_s = time.perf_counter() - began
        given = tuple(one.memory.text for one in generation.recalled or ())
        return Answer(text, first_s, took_s, given)

    def _sql(self, sql: str, *params: object) -> list[tuple[object, ...]]:
        return self._stack.execute(DATABASE, sql, *params)


def timed(pieces: Iterator[str], began: float) -> tuple[str, float]:
    """All of it, and when its first word came, in seconds."""
    text, first_s = "", 0.0
    for piece in pieces:
        if piece and not text:
            first_s = time.perf_counter() - began
        text += piece
    return text, first_s
