"""Proves to one person that accounts are kept apart: by trying to get at another one.

The other account is a throw-away, made for the check and removed after it. Nothing here is taken
for granted: each attempt is made, and what the database said decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from database.catalog import PersonalTable, count_rows, personal_tables, seen_rows
from database.transactions import Database
from errors import KeepsakeError
from isolation import temporary_accounts as temporary_accounts
from isolation.api_attempts import DataApi, api_trials
from isolation.attempt import Attempt, Trial
from isolation.call_attempts import CALLS
from isolation.decoy import Decoy, plant
from isolation.platform_attempts import platform_attempts
from isolation.sql_attempts import limits, other_trials, table_trials
from isolation.temporary_accounts import TemporaryAccounts
from memory.engine import Engine

AFTERWARDS = "Afterwards"
Progress = Callable[[int, int, str], None]
MoreTrials = Callable[[Decoy], Sequence[Trial]]
Fingerprint = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of one table: what the person sees, what the other account has, all that there are."""

    table: str
    seen: int
    theirs: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check. `held` counts the attempts that were refused."""

    attempts: tuple[Attempt, ...]
    counts: tuple[Count, ...]
    took_s: float

    @property
    def judged(self) -> int:
        return sum(attempt.held is not None for attempt in self.attempts)

    @property
    def held(self) -> int:
        return sum(attempt.held is True for attempt in self.attempts)

    @property
    def got_through(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.held is False]


def check(
    engine: Engine,
    person: UUID,
    *,
    api: DataApi,
    more: MoreTrials = lambda decoy: (),
    progress: Progress = lambda done, total, path: None,
) -> Report:
    """Make every attempt, as the person, against a throw-away account; some seconds.

    `more` are attempts that this package cannot make: by the app's addresses. Raises InputError if
    a check of theirs is running, TooManyAttempts, ModelError or DatabaseError if it cannot be made.
    """
    started_at = time.monotonic()
    temporary_accounts = TemporaryAccounts(engine.database, person, "check")
    with temporary_accounts.addresses() as addresses:
        target = _Target(engine, temporary_accounts.make_decoy(addresses[0]))
        tables = personal_tables(engine.database, person)
        target.require_visible(tables)

        def trials() -> list[Trial | Attempt]:
            return [*_trials(engine, person, target, tables, api), *more(target.decoy)]

        attempts = _run(target, trials, progress)
        counts = _counts(engine.database, person, tables, target.rows)
        attempts += [*limits(engine.database, person, target.decoy), target.afterwards()]
        attempts += platform_attempts(engine, person, target.decoy)
    return Report(tuple(attempts), counts, time.monotonic() - started_at)


class _Target:
    """The throw-away account, watched for changes; planted again once something got through."""

    def __init__(self, engine: Engine, user_id: UUID) -> None:
        self._engine = engine
        self._changed: set[str] = set()
        self.decoy = plant(engine, user_id)
        self.rows = self._look()

    def changes(self) -> set[str]:
        """Tables in which its rows are no longer as they were. There is something to hit again."""
        before, now = self.rows, self._look()
        changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
        if changed:
            self._changed |= changed
            self.decoy = plant(self._engine, self.decoy.user_id)
            self.rows = self._look()
        return changed

    def afterwards(self) -> Attempt:
        """How its rows stand at the end."""
        self.changes()
        rows = sum(count for count, _ in self.rows.values())
        said = f"Changed: {', '.join(sorted(self._changed))}"
        if not self._changed:
            said = f"All {rows} are as they were"
        what = "Compare the rows of the throw-away account"
        return Attempt(AFTERWARDS, what, said, not self._changed)

    def require_visible(self, tables: Sequence[PersonalTable]) -> None:
        """It must see its own rows, or that others see none would prove nothing."""
        for one in tables:
            seen = seen_rows(self._engine.database, self.decoy.user_id, one)
            if seen < self.rows[one.full_name][0]:
                raise KeepsakeError(f"The throw-away account does not see its own {one.full_name}.")

    def _look(self) -> Fingerprint:
        return temporary_accounts.fingerprint(self._engine.database, self.decoy.user_id)


def _trials(
    engine: Engine,
    person: UUID,
    target: _Target,
    tables: Sequence[PersonalTable],
    api: DataApi,
) -> list[Trial | Attempt]:
    trials: list[Trial | Attempt] = []
    for trials_of in CALLS:
        trials += trials_of(engine, person, target.decoy)
    for one in tables:
        planted = target.rows[one.full_name][0] > 0
        trials += table_trials(engine.database, person, target.decoy, one, planted=planted)
    dims = engine.settings.embedding_dims
    trials += other_trials(engine.database, person, target.decoy, dims)
    return trials + api_trials(api, target.decoy, tables)


def _run(
    target: _Target, trials: Callable[[], list[Trial | Attempt]], progress: Progress
) -> list[Attempt]:
    """Each in turn. Where one got through, the next ones are made anew, at what is there now."""
    attempts: list[Attempt] = []
    left = trials()
    while len(attempts) < len(left):
        trial = left[len(attempts)]
        progress(len(attempts), len(left), trial.path)
        attempt = trial if isinstance(trial, Attempt) else trial.run()
        if isinstance(trial, Trial) and trial.writes and (changed := target.changes()):
            said = f"Their rows changed: {', '.join(sorted(changed))}"
            attempt = replace(attempt, said=said, held=False)
            left = trials()
        attempts.append(attempt)
    return attempts


def _counts(
    database: Database, person: UUID, tables: Sequence[PersonalTable], planted: Fingerprint
) -> tuple[Count, ...]:
    in_all = count_rows(database)
    return tuple(
        Count(
            table=one.full_name,
            seen=seen_rows(database, person, one),
            theirs=planted[one.full_name][0],
            in_all=in_all[one.full_name],
        )
        for one in tables
    )
