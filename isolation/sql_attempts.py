"""Attempts in SQL, under the policies as the person, each rolled back.

They show what code that forgets a filter would see: nothing. Somebody who could put SQL of their
own into the app's connection is another matter, and the last two attempts say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Executable, column, delete, insert, select, table, update
from sqlalchemy.dialects.postgresql import JSONB

from database.catalog import PersonalTable
from database.sql import load
from database.transactions import Database
from isolation.attempt import Attempt, Trial, always, state_of, with_state, words_of
from isolation.decoy import Decoy
from memory.store.query_params import vector_text

TABLES = "SQL, table by table"
OTHERWISE = "SQL, other ways"
LIMITS = "What this does not show"
NO_ROW = "Nothing to try it on: the throw-away account has no row here"
# Refused by a policy or a missing right; by a key that holds the person; by a key that is taken.
DENIED, FOREIGN, TAKEN = "42501", "23503", "23505"


def table_trials(
    database: Database, person: UUID, decoy: Decoy, one: PersonalTable, *, planted: bool
) -> list[Trial | Attempt]:
    """Read, change, delete and insert for one table; `planted`: the decoy has a row there."""
    names = {one.owner, one.changeable} - {"metadata"}
    rows = table(one.name, *map(column, names), column("metadata", JSONB), schema=one.schema)
    owner, other = rows.c[one.owner], decoy.user_id
    named = {"metadata": {"user_id": str(other)}} if one.generated else {one.owner: other}
    same = {one.changeable: rows.c[one.changeable]}
    statements: list[tuple[str, Executable, bool]] = [
        ("read the rows of others", select(owner).where(owner != person), True),
        ("change their rows", update(rows).where(owner == other).values(same), planted),
        ("delete their rows", delete(rows).where(owner == other), planted),
    ]
    trials: list[Trial | Attempt] = []
    for what, statement, possible in statements:
        sentence = f"{one.full_name}: {what}"
        trials.append(
            _sql(database, person, TABLES, sentence, statement, {}, refused=(DENIED,))
            if possible
            else Attempt(TABLES, sentence, NO_ROW, None)
        )
    sentence = f"{one.full_name}: insert a row in their name"
    trials.append(_refused(database, person, TABLES, sentence, insert(rows).values(named), {}))
    return trials


def other_trials(database: Database, person: UUID, decoy: Decoy, dims: int) -> list[Trial]:
    """Ways around the tables: joins, keys, rights, doors, files, statistics."""
    vector = vector_text([1.0] + [0.0] * (dims - 1))
    params = {
        "other": decoy.user_id,
        "person": str(person),
        "word": decoy.word,
        "vec": vector,
        "conversation_id": decoy.conversation_id,
        "turn_id": decoy.turn_id,
        "memory_id": decoy.memory_id,
    }
    empty = {
        "Read messages in a join that forgot the person": "join_past_the_filter",
        "Read memories by a word of theirs alone": "search_past_the_filter",
        "Take the nearest memories of all people": "nearest_past_the_filter",
        "Read the planner's samples of the tables": "read_statistics",
        "Read what others' connections are asked": "read_activity",
    }
    refused: dict[str, tuple[str, tuple[str, ...]]] = {
        "Read the list of accounts": ("read_accounts", (DENIED,)),
        "Read the sessions of browsers": ("read_sessions", (DENIED,)),
        "Read the list of throw-away accounts": ("read_throw_aways", (DENIED,)),
        "Call the worker's door": ("call_claim", (DENIED,)),
        "Call the door that counts": ("call_count", (DENIED,)),
        "Call the door that deletes accounts": ("call_delete_account", (DENIED,)),
        "Call the door that knows access tokens": ("call_access_token", (DENIED,)),
        "Empty a whole table": ("truncate_messages", (DENIED,)),
        "Switch row level security off": ("switch_off", (DENIED,)),
        "Drop a policy": ("drop_policy", (DENIED,)),
        "Add a policy that lets everybody in": ("add_policy", (DENIED,)),
        "Make a function that runs as its owner": ("make_function", (DENIED,)),
        "Read a file of the server": ("read_file", (DENIED,)),
        "Hang a turn into their conversation": ("turn_in_their_conversation", (FOREIGN,)),
        "Hang a message into their turn": ("message_in_their_turn", (FOREIGN, TAKEN)),
        "Tie a memory to their turn": ("memory_of_their_turn", (DENIED,)),
        "Write over a memory by taking its id": ("memory_under_their_id", (DENIED,)),
    }
    sql = load("isolation/isolation")
    return [
        *(
            _sql(database, person, OTHERWISE, what, sql[name], params, leaks=decoy.is_in)
            if name == "nearest_past_the_filter"
            else _sql(database, person, OTHERWISE, what, sql[name], params)
            for what, name in empty.items()
        ),
        *(
            _refused(database, person, OTHERWISE, what, sql[name], params, states)
            for what, (name, states) in refused.items()
        ),
    ]


def limits(database: Database, person: UUID, decoy: Decoy) -> list[Attempt]:
    """What SQL of somebody's own could do in the app's connection; neither pass nor fail."""
    claims = json.dumps({"sub": str(decoy.user_id), "role": "authenticated"})
    return [
        _limit(
            database,
            person,
            decoy,
            "name_another_person",
            {"claims": claims},
            "Foreign SQL that names another person in the connection's claims",
        ),
        _limit(
            database,
            person,
            decoy,
            "leave_the_role",
            {},
            "Foreign SQL that gives back the person's role",
        ),
    ]


def _limit(
    database: Database,
    person: UUID,
    decoy: Decoy,
    name: str,
    params: Mapping[str, object],
    what: str,
) -> Attempt:
    sql = load("isolation/isolation")
    try:
        with database.as_user(person) as connection:
            connection.execute(sql[name], params)
            seen = connection.execute(sql["see_their_memories"], {"other": decoy.user_id})
            said = f"Sees {seen.scalar_one()} of their memories"
            connection.rollback()
    except Exception as exc:
        if state_of(exc) is None:
            raise
        said = words_of(exc)
    return Attempt(LIMITS, what, said, None)


def _sql(
    database: Database,
    person: UUID,
    path: str,
    what: str,
    statement: Executable,
    params: Mapping[str, object],
    *,
    leaks: Callable[[object], bool] = bool,
    refused: Sequence[str] = (),
) -> Trial:
    def act() -> object:
        with database.as_user(person) as connection:
            result = connection.execute(statement, params)
            found: object = result.all() if result.returns_rows else result.rowcount
            connection.rollback()
        return found

    return Trial(path, what, act, leaks=leaks, refuses=with_state(*refused), writes=True)


def _refused(
    database: Database,
    person: UUID,
    path: str,
    what: str,
    statement: Executable,
    params: Mapping[str, object],
    states: Sequence[str] = (DENIED,),
) -> Trial:
    return _sql(database, person, path, what, statement, params, leaks=always, refused=states)
