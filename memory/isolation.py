"""Proves to one person that accounts are kept apart: by trying to get at another one.

The other account is a throw-away, made for the check and removed after it. Nothing here is taken
for granted: each attempt is made, and what the database said decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from errors import KeepsakeError
from memory import throw_away
from memory.database import Database
from memory.decoy import Decoy, plant
from memory.engine import Engine
from memory.isolation_api import DataApi, api_trials
from memory.isolation_calls import CALLS
from memory.isolation_sql import (
    PersonalTable,
    limits,
    other_trials,
    personal_tables,
    seen_rows,
    table_trials,
)
from memory.throw_away import ThrowAways
from memory.trial import Attempt, Trial

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
    throw_aways = ThrowAways(engine.database, person, "check")
    with throw_aways.addresses() as addresses:
        decoy = plant(engine, throw_aways.make_decoy(addresses[0]))
        before = throw_away.fingerprint(engine.database, decoy.user_id)
        tables = personal_tables(engine.database, person)
        _require_visible(engine.database, decoy, tables, before)
        trials = _trials(engine, person, decoy, tables, before, api)
        attempts = _run(engine.database, decoy, [*trials, *more(decoy)], before, progress)
        counts = _counts(engine.database, person, tables, before)
        attempts += limits(engine.database, person, decoy)
        attempts.append(_unchanged(engine.database, decoy, before))
    return Report(tuple(attempts), counts, time.monotonic() - started_at)


def _trials(
    engine: Engine,
    person: UUID,
    decoy: Decoy,
    tables: Sequence[PersonalTable],
    before: Fingerprint,
    api: DataApi,
) -> list[Trial | Attempt]:
    trials: list[Trial | Attempt] = []
    for trials_of in CALLS:
        trials += trials_of(engine, person, decoy)
    for one in tables:
        planted = before.get(one.full_name, (0, ""))[0] > 0
        trials += table_trials(engine.database, person, decoy, one, planted=planted)
    trials += other_trials(engine.database, person, decoy, engine.settings.embedding_dims)
    return trials + api_trials(api, decoy, tables)


def _run(
    database: Database,
    decoy: Decoy,
    trials: Sequence[Trial | Attempt],
    before: Fingerprint,
    progress: Progress,
) -> list[Attempt]:
    attempts = []
    for done, trial in enumerate(trials):
        progress(done, len(trials), trial.path)
        if isinstance(trial, Attempt):
            attempts.append(trial)
            continue
        attempt = trial.run()
        if trial.writes:
            now = throw_away.fingerprint(database, decoy.user_id)
            if now != before:
                changed = ", ".join(sorted(_changed(before, now)))
                attempt = replace(attempt, said=f"Their rows changed: {changed}", held=False)
                before = now
        attempts.append(attempt)
    return attempts


def _changed(before: Fingerprint, now: Fingerprint) -> set[str]:
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _unchanged(database: Database, decoy: Decoy, before: Fingerprint) -> Attempt:
    changed = _changed(before, throw_away.fingerprint(database, decoy.user_id))
    rows = sum(count for count, _ in before.values())
    said = f"All {rows} are as they were" if not changed else f"Changed: {', '.join(changed)}"
    return Attempt(AFTERWARDS, "Compare the rows of the throw-away account", said, not changed)


def _require_visible(
    database: Database, decoy: Decoy, tables: Sequence[PersonalTable], planted: Fingerprint
) -> None:
    """The account must see its own rows, or that others see none would prove nothing."""
    for one in tables:
        if seen_rows(database, decoy.user_id, one) < planted[one.full_name][0]:
            raise KeepsakeError(f"The throw-away account does not see its own {one.full_name}.")


def _counts(
    database: Database, person: UUID, tables: Sequence[PersonalTable], planted: Fingerprint
) -> tuple[Count, ...]:
    in_all = throw_away.count_rows(database)
    return tuple(
        Count(
            table=one.full_name,
            seen=seen_rows(database, person, one),
            theirs=planted[one.full_name][0],
            in_all=in_all[one.full_name],
        )
        for one in tables
    )
