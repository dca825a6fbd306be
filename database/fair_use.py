"""How much one account uses at once, a minute, a day and in all; counted in the database.

All processes share the counts, and no person can reach them. Raises FairUseReached, saying when it
goes on; a limit of 0 is none. Knows nothing of answers or models: it is told numbers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config import Settings
from database.sql import load
from database.transactions import Database
from errors import FairUseReached, KeepsakeError

log = logging.getLogger(__name__)

# An answer whose process died stands in the way of others for so long.
LEASE_S = 90
RENEW_EVERY_S = 30.0
# What has ended, and what was spent, is noted a moment later, of many people in one statement, or
# with the same person's next use: nobody waits for it.
WRITE_AFTER_S = 1.0
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


@dataclass(frozen=True, slots=True)
class Used:
    """What one account has used. `tokens_until`: when its day ends; None if none has begun."""

    tokens: int
    tokens_until: datetime | None
    stored_bytes: int


class Use:
    """Something under way for one person: holds its place until `end`, and adds up tokens."""

    def __init__(self, fair_use: FairUse, person: UUID, id_: UUID | None) -> None:
        self.id = id_
        self.person = person
        self._fair_use = fair_use
        self._lock = threading.Lock()
        self._ended = False

    def spend(self, tokens: int) -> None:
        """Models were sent or have written so many."""
        self._fair_use.note_tokens(self.person, tokens)

    def end(self) -> None:
        """Give its place back, once."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        if self.id is not None:
            self._fair_use.note_end(self.person, self.id)


class FairUse:
    """The counts of one database. Thread-safe."""

    def __init__(self, database: Database, limits: FairUseLimits) -> None:
        self._database = database
        self._sql = load("database/fair_use")
        self._lock = threading.Lock()
        self._held: set[UUID] = set()
        # By person: what has ended, and tokens, that the database does not know yet.
        self._ended: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self._spent: Counter[UUID] = Counter()
        self._at_work = False
        self._closing = threading.Event()
        self.limits = limits

    def begin(
        self, person: UUID, *, answers: int = 0, messages: int = 0, stored_bytes: int = 0
    ) -> Use:
        """Begin a use, to be ended by whoever asked. Raises FairUseReached, DatabaseError."""
        limits = self.limits
        if not limits.any:
            return Use(self, person, None)
        with self._lock:
            ended, spent = self._ended.pop(person, []), self._spent.pop(person, 0)
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
            "ended": ended,
            "spent": spent,
        }
        try:
            with self._database.as_server(single=True) as connection:
                row = connection.execute(self._sql["begin"], params).one()
        except KeepsakeError:
            self._note(person, ended, spent)
            raise
        if row.refused is not None:
            raise FairUseReached(_sentence(row.refused, row.wait_s, limits))
        with self._lock:
            self._held.add(row.id)
        self._work()
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

    def counting(self, person: UUID) -> Use:
        """Tokens are counted, and nothing is refused: for what has begun already."""
        return Use(self, person, None)

    def wait_s(self, person: UUID) -> int:
        """Seconds until models may be asked for this person again; 0: now."""
        if not self.limits.tokens_a_day:
            return 0
        self._write_ended()
        params = {"person": person, "most_tokens": self.limits.tokens_a_day}
        with self._database.as_server(single=True) as connection:
            wait: int = connection.execute(self._sql["wait"], params).scalar_one()
        return wait

    def used(self, person: UUID) -> Used:
        """As far as there are limits to it, with what this process has not noted yet."""
        self._write_ended()
        params = {"person": person, "with_bytes": self.limits.stored_mb > 0}
        with self._database.as_server(single=True) as connection:
            return Used(*connection.execute(self._sql["used"], params).one())

    def refusal(self, wait_s: int) -> FairUseReached:
        """What is said while tokens are used up."""
        return FairUseReached(_sentence("tokens", wait_s, self.limits))

    def note_tokens(self, person: UUID, tokens: int) -> None:
        if tokens > 0 and self.limits.tokens_a_day:
            self._note(person, [], tokens)

    def note_end(self, person: UUID, use: UUID) -> None:
        self._note(person, [use], 0)

    def close(self) -> None:
        """Note what is not noted yet."""
        self._closing.set()
        self._write_ended()

    def _note(self, person: UUID, ended: Sequence[UUID], spent: int) -> None:
        with self._lock:
            self._held.difference_update(ended)
            if ended:
                self._ended[person] += ended
            if spent:
                self._spent[person] += spent
        self._work()

    def _work(self) -> None:
        """Have a thread of ours at work while there is something to write."""
        with self._lock:
            begin, self._at_work = not self._at_work, True
        if begin:
            threading.Thread(target=self._run, name="fair-use", daemon=True).start()

    def _run(self) -> None:
        renew_at = time.monotonic() + RENEW_EVERY_S
        pause_s = WRITE_AFTER_S
        while not self._closing.wait(pause_s):
            pause_s = WRITE_AFTER_S if self._write_ended() else min(2 * pause_s, RENEW_EVERY_S)
            with self._lock:
                held = list(self._held)
                self._at_work = bool(held or self._ended or self._spent)
                if not self._at_work:
                    return
            if held and time.monotonic() >= renew_at:
                self._write("renew", {"uses": held, "lease_s": LEASE_S})
                renew_at = time.monotonic() + RENEW_EVERY_S

    def _write_ended(self) -> bool:
        """Whether all is written; what is not is written later."""
        with self._lock:
            ended, self._ended = self._ended, defaultdict(list)
            spent, self._spent = self._spent, Counter()
        rows: list[tuple[UUID | None, UUID, int]] = [
            (use, person, 0) for person, uses in ended.items() for use in uses
        ]
        rows += [(None, person, tokens) for person, tokens in spent.items()]
        if not rows:
            return True
        uses, persons, tokens_of = (list(column) for column in zip(*rows, strict=True))
        params: dict[str, object] = {"uses": uses, "persons": persons, "spent": tokens_of}
        if self._write("end", params):
            return True
        with self._lock:
            self._spent.update(spent)
            for person, its in ended.items():
                self._ended[person] += its
        return False

    def _write(self, statement: str, params: dict[str, object]) -> bool:
        """Whether it was written. Nothing that was said must be lost for the sake of a count."""
        try:
            with self._database.as_server(single=True) as connection:
                connection.execute(self._sql[statement], params)
        except KeepsakeError as exc:
            log.warning("fair use: %s failed: %s", statement, type(exc).__name__)
            return False
        return True


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
