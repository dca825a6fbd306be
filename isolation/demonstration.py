"""The same question to two throw-away accounts that were told opposite things, side by side.

They are made, told and asked as any account is: sign-up, an add, a recall, the model. What it shows
is computed from what came back. Raises InputError where it cannot run, TooManyAttempts, ModelError,
DatabaseError, AuthUnavailable; the accounts are removed whatever happens.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chat.preview_answer import AnswerProgress, PreviewAnswer
from chat.prompt import answer_prompt
from database.catalog import count_rows, personal_tables, rows_left, seen_rows
from errors import AuthError, AuthUnavailable, InputError, TooManyAttempts
from isolation.temporary_accounts import TemporaryAccounts
from memory.engine import Engine
from memory.recall.recollection import Recalled
from models.client import Message, Usage

QUESTION = "Where do I live?"
TOLD = (("I live in Lisbon.", "Lisbon", "Oslo"), ("I live in Oslo.", "Oslo", "Lisbon"))
MEMORIES = "vecs.memories"
NEEDS_CONFIRMATION = (
    "This project wants a new address confirmed by mail before it can be used, so two throw-away "
    "accounts cannot be signed up here. The check above needs none."
)
NOT_TAKEN = "The accounts could not be signed up here, so this cannot be shown. {reason}"
SignUp = Callable[[str, str], UUID | None]
Step = Literal["making", "telling", "asking", "removing"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the accounts while it is there, with its answer on its way."""

    user_id: UUID
    told: str
    answer: PreviewAnswer


@dataclass(frozen=True, slots=True)
class Side:
    """What one account was told, what its answer was given, what it said, and the rows it sees."""

    told: str
    own: str
    others: str
    progress: AnswerProgress
    seen: int
    in_all: int

    @property
    def memories(self) -> list[str]:
        return [one.memory.text for one in self.progress.recalled]

    @property
    def says_its_own(self) -> bool:
        return self.own in self.progress.text

    @property
    def has_the_others(self) -> bool:
        return any(self.others in text for text in (self.progress.text, *self.memories))


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What came of it; `removed` accounts left `left` rows behind, in all tables."""

    sides: tuple[Side, ...]
    removed: int
    left: int

    @property
    def kept_apart(self) -> bool:
        """Nothing of one account came to the other, and each said what it was told."""
        return all(
            side.says_its_own and not side.has_the_others and side.seen < side.in_all
            for side in self.sides
        )


class Stage:
    """One demonstration on its way: `accounts` are made, told and asked within `open`."""

    def __init__(self, engine: Engine, person: UUID, sign_up: SignUp) -> None:
        """`sign_up(email, password)` makes an account; None if it waits for a confirmation."""
        self._engine = engine
        self._throw_aways = TemporaryAccounts(engine.database, person, "demonstration")
        self._sign_up = sign_up
        self._made: list[UUID] = []

    @contextmanager
    def open(self, step: Callable[[Step], None]) -> Iterator[list[Asked]]:
        """Both accounts, with their answers on their way; removed when this is left."""
        asked: list[Asked] = []
        with self._throw_aways.addresses() as addresses:
            try:
                step("making")
                self._made = [self._make(address) for address in addresses]
                step("telling")
                with ThreadPoolExecutor(len(self._made)) as pool:
                    list(pool.map(self._tell, self._made, (told for told, _, _ in TOLD)))
                step("asking")
                asked = [
                    Asked(user_id, told, self._answering(user_id))
                    for user_id, (told, _, _) in zip(self._made, TOLD, strict=True)
                ]
                for one in asked:
                    one.answer.start()
                yield asked
            finally:
                for one in asked:
                    one.answer.stop()

    def sides(self, asked: Sequence[Asked]) -> tuple[Side, ...]:
        """What came back, while the accounts are still there."""
        in_all = count_rows(self._engine.database)[MEMORIES]
        return tuple(
            Side(
                told=one.told,
                own=own,
                others=others,
                progress=one.answer.progress,
                seen=self._seen(one.user_id),
                in_all=in_all,
            )
            for one, (_, own, others) in zip(asked, TOLD, strict=True)
        )

    def left(self) -> int:
        """Rows that the removed accounts left behind. Raises AccessDenied if one is still there."""
        return sum(
            sum(rows_left(self._engine.database, user_id).values()) for user_id in self._made
        )

    @property
    def made(self) -> int:
        return len(self._made)

    def _make(self, address: str) -> UUID:
        try:
            made = self._sign_up(address, secrets.token_urlsafe(24))
        except (AuthUnavailable, TooManyAttempts):
            raise
        except AuthError as exc:
            raise InputError(NOT_TAKEN.format(reason=exc.user_message)) from exc
        if made is None:
            raise InputError(NEEDS_CONFIRMATION)
        return made

    def _tell(self, user_id: UUID, told: str) -> None:
        self._engine.for_user(user_id).add([{"role": "user", "content": told}])

    def _seen(self, user_id: UUID) -> int:
        tables = personal_tables(self._engine.database, user_id)
        memories = next(one for one in tables if one.full_name == MEMORIES)
        return seen_rows(self._engine.database, user_id, memories)

    def _answering(self, user_id: UUID) -> PreviewAnswer:
        models = self._engine.models
        memory = self._engine.for_user(user_id)

        def prompt(given: Sequence[Recalled]) -> list[Message]:
            return answer_prompt(QUESTION, given=given, recent=[], days=memory.days())

        def ask(messages: list[Message], usage: Usage) -> Iterator[str]:
            return models.stream_chat(messages, usage=usage)

        return PreviewAnswer(
            recall=lambda: self._engine.for_user(user_id).recall(QUESTION),
            prompt=prompt,
            ask=ask,
            finished=lambda: None,
        )
