"""How much one account uses at once, a minute, a day and in all; counted in the database.

All processes share the counts, and no person can reach them. Raises FairUseReached, saying when it
goes on; a limit of 0 is none. Knows nothing of answers or models: it is told numbers.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from config import Settings
from database.sql import load
from database.transactions import Database
from errors import FairUseReached, KeepsakeError

log = logging.getLogger(__name__)

# An answer whose process died stands in the way of others for so long.
LEASE_S = 90
RENEW_EVERY_S = 30.0
WRITTEN_FROM = 500
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class FairUseLimits:
    """Of one account; 0 is no limit."""

    answers_at_once: int = 0
    messages_a_minute: int = 0
    stored_mb: int = 0
    tokens_a_day: int = 0

    @classmethod
    def of(cls, settings: Settings) -> FairUseLimits:
        return cls(
            settings.limit_answers_at_once,
            settings.limit_messages_a_minute,
            settings.limit_stored_mb,
            settings.limit_tokens_a_day,
        )

    @property
    def any(self) -> bool:
        return any(
            (self.answers_at_once, self.messages_a_minute, self.stored_mb, self.tokens_a_day)
        )


class Use:
    """Something under way for one person: holds its place until `end`, and adds up tokens."""

    def __init__(self, fair_use: FairUse, person: UUID, id_: UUID | None) -> None:
        self.id = id_
        self.person = person
        self._fair_use = fair_use
        self._lock = threading.Lock()
        self._tokens = 0
        self._ended = False

    def spend(self, tokens: int) -> None:
        """Models were sent or have written so many; noted when the use ends, or at once after."""
        with self._lock:
            self._tokens += tokens
            late = self._ended
        if late:
            self._fair_use.note_tokens(self.person, self._taken())

    def end(self) -> None:
        """Give its place back, once."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._fair_use.note_end(self, self._taken())

    def _taken(self) -> int:
        with self._lock:
            tokens, self._tokens = self._tokens, 0
        return tokens


class FairUse:
    """The counts of one database. Thread-safe."""

    def __init__(self, database: Database, limits: FairUseLimits) -> None:
        self._database = database
        self._sql = load("database/fair_use")
        self._lock = threading.Lock()
        self._held: set[UUID] = set()
        # Few tokens of somebody's wait for more, so that a search is no two trips.
        self._owed: Counter[UUID] = Counter()
        self._renewing = False
        self.limits = limits

    def begin(
        self, person: UUID, *, answers: int = 0, messages: int = 0, stored_bytes: int = 0
    ) -> Use:
        """Begin a use, to be ended by whoever asked. Raises FairUseReached, DatabaseError."""
        limits = self.limits
        if not limits.any:
            return Use(self, person, None)
        params = {
            "person": person,
            "answers": answers,
            "messages": messages,
            "bytes": stored_bytes,
            "at_once": limits.answers_at_once,
            "a_minute": limits.messages_a_minute,
            "most_bytes": limits.stored_mb * MB,
            "most_tokens": limits.tokens_a_day,
            "lease_s": LEASE_S,
        }
        with self._database.as_server(single=True) as connection:
            row = connection.execute(self._sql["begin"], params).one()
        if row.refused is not None:
            raise FairUseReached(_sentence(row.refused, row.wait_s, limits))
        self._hold(row.id)
        return Use(self, person, row.id)

    @contextmanager
    def using(
        self, person: UUID, *, answers: int = 0, messages: int = 0, stored_bytes: int = 0
    ) -> Iterator[Use]:
        """The same around something that ends by itself."""
        use = self.begin(person, answers=answers, messages=messages, stored_bytes=stored_bytes)
        try:
            yield use
        finally:
            use.end()

    @contextmanager
    def counting(self, person: UUID) -> Iterator[Use]:
        """Tokens are counted, and nothing is refused: for what has begun already."""
        use = Use(self, person, None)
        try:
            yield use
        finally:
            use.end()

    def wait_s(self, person: UUID) -> int:
        """Seconds until models may be asked for this person again; 0: now."""
        if not self.limits.tokens_a_day:
            return 0
        params = {"person": person, "most_tokens": self.limits.tokens_a_day}
        with self._database.as_server(single=True) as connection:
            wait: int = connection.execute(self._sql["wait"], params).scalar_one()
        return wait

    def refusal(self, wait_s: int) -> FairUseReached:
        """What is said while tokens are used up."""
        return FairUseReached(_sentence("tokens", wait_s, self.limits))

    def note_tokens(self, person: UUID, tokens: int) -> None:
        """Raises nothing: what was said must not be lost for the sake of a count."""
        if not tokens or not self.limits.tokens_a_day:
            return
        with self._lock:
            self._owed[person] += tokens
            spent = self._owed.pop(person) if self._owed[person] >= WRITTEN_FROM else 0
        if spent:
            self._write("spend", {"person": person, "spent": spent})

    def note_end(self, use: Use, tokens: int) -> None:
        if use.id is None:
            self.note_tokens(use.person, tokens)
            return
        with self._lock:
            self._held.discard(use.id)
            tokens += self._owed.pop(use.person, 0)
        spent = tokens if self.limits.tokens_a_day else 0
        self._write("end", {"use": use.id, "person": use.person, "spent": spent})

    def _write(self, statement: str, params: dict[str, object]) -> None:
        try:
            with self._database.as_server(single=True) as connection:
                connection.execute(self._sql[statement], params)
        except KeepsakeError as exc:
            log.warning("fair use: %s failed: %s", statement, type(exc).__name__)

    def _hold(self, id_: UUID) -> None:
        with self._lock:
            self._held.add(id_)
            begin, self._renewing = not self._renewing, True
        if begin:
            threading.Thread(target=self._renew, name="fair-use", daemon=True).start()

    def _renew(self) -> None:
        """As long as this process has something under way."""
        pause = threading.Event()
        while True:
            pause.wait(RENEW_EVERY_S)
            with self._lock:
                held = list(self._held)
                self._renewing = bool(held)
            if not held:
                return
            self._write("renew", {"uses": held, "lease_s": LEASE_S})


def _sentence(refused: str, wait_s: int, limits: FairUseLimits) -> str:
    match refused:
        case "answers":
            return (
                f"{limits.answers_at_once:,} answers at once are the most here. "
                "It goes on as soon as one of yours has ended."
            )
        case "messages":
            return (
                f"That was quick: {limits.messages_a_minute:,} messages a minute are the most "
                f"here. It goes on in {_time(wait_s)}."
            )
        case "bytes":
            return (
                f"Your messages, files and memories take up {limits.stored_mb:,} MB, the most "
                "here. Delete a conversation or memories, and it goes on."
            )
        case _:
            return (
                "What the model may do for one account in a day is used up. "
                f"It goes on in {_time(wait_s)}."
            )


def _time(seconds: int) -> str:
    for size, word in ((3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = -(-seconds // size)
            return f"{count} {word}{'s' * (count != 1)}"
    return f"{seconds} second{'s' * (seconds != 1)}"
