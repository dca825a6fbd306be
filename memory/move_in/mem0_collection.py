"""A collection that mem0's `supabase` store made, taken over in one transaction.

What belongs to an account is kept with its dates, what does not is put aside; nothing is dropped
that is in neither place. Runs as the login role. Raises MigrationFailed, and then nothing changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from database.sql import load
from errors import MigrationFailed
from memory.firewall.firewall import suspicion
from memory.store.collection import ENTITIES, NAME, collection_dims, make_collection

COLUMNS = ["id", "metadata", "vec"]


@dataclass(frozen=True, slots=True)
class Found:
    """A collection of another program's; `dims` of its vectors."""

    name: str
    dims: int
    has_entities: bool


@dataclass(frozen=True, slots=True)
class MovedIn:
    """What became of its memories; `waiting` of those kept wait for their person's yes."""

    name: str
    dims: int
    waiting: int
    kept: int
    people: int
    without_owner: int
    without_account: int
    without_text: int
    known: int

    @property
    def aside(self) -> int:
        return self.without_owner + self.without_account + self.without_text + self.known


def find(connection: Connection, name: str = NAME) -> Found | None:
    """The collection of this name, unless there is none or it is Keepsake's own.

    Raises MigrationFailed where it cannot be taken over.
    """
    if not _is_others(connection, name):
        return None
    entities = f"{name}_entities"
    has_entities = _is_others(connection, entities)
    for one in (name, entities) if has_entities else (name,):
        _refuse_what_mem0_did_not_make(connection, one)
    if name != NAME and _is_others(connection, NAME):
        raise MigrationFailed(
            f"vecs.{NAME} is not Keepsake's either: take it over first, without --collection."
        )
    return Found(name, collection_dims(connection, name) or 0, has_entities)


def put_away(connection: Connection, found: Found) -> None:
    """Out of the way of the migrations, which make the tables that it is taken over into."""
    sql = load("memory/move_in/mem0_collection")
    connection.execute(sql["make_room"])
    connection.execute(sql["put_away"], {"collection": found.name, "called": NAME})
    if found.has_entities:
        names = {"collection": f"{found.name}_entities", "called": ENTITIES}
        connection.execute(sql["put_away"], names)
    connection.execute(sql["without_entities"])


def take_over(connection: Connection, found: Found) -> MovedIn:
    """Keep what belongs to accounts, put the rest aside, and take the former tables away."""
    present = collection_dims(connection)
    if present is None:
        make_collection(connection, dims=found.dims)
    elif present != found.dims:
        raise MigrationFailed(
            f"The vectors of vecs.{found.name} have {found.dims} dimensions and those of "
            f"vecs.{NAME} {present}: they were made with different embedding models."
        )
    return settle(connection, found.name, dims=found.dims)


def settle(connection: Connection, name: str, *, dims: int) -> MovedIn:
    """Keep or put aside each row that was put away, and clear that place."""
    sql = load("memory/move_in/mem0_collection")
    for step in ("sort_out", "keep_memories", "keep_entities", "begin_history", "put_aside"):
        connection.execute(sql[step])
    waiting = _let_suspicious_wait(connection)
    counts = dict(connection.execute(sql["count"]).mappings().one())
    if counts.pop("memories_lost") + counts.pop("entities_lost"):
        raise MigrationFailed(f"Not every row of {name} could be taken over.")
    connection.execute(sql["clear_away"])
    return MovedIn(name=name, dims=dims, waiting=waiting, **counts)


def other_collections(connection: Connection) -> list[str]:
    """Names of further collections of vecs, which `--collection` may take over."""
    return list(connection.execute(load("memory/move_in/mem0_collection")["others"]).scalars())


def _is_others(connection: Connection, name: str) -> bool:
    row = connection.execute(
        load("memory/move_in/mem0_collection")["is_there"], {"name": name}
    ).one()
    return bool(row.is_there and not row.is_ours)


def _refuse_what_mem0_did_not_make(connection: Connection, name: str) -> None:
    shape = connection.execute(
        load("memory/move_in/mem0_collection")["shape"], {"name": name}
    ).one()
    if not shape.is_table or sorted(shape.columns or ()) != COLUMNS or (shape.dims or 0) < 1:
        raise MigrationFailed(
            f"The name vecs.{name} is taken by a table that is no collection of mem0's (which has "
            f"the columns id, vec and metadata): rename that table and run this again."
        )
    if not shape.is_movable:
        raise MigrationFailed(
            f"vecs.{name} belongs to the role {shape.owned_by}: run this as that role, or let it "
            "say: alter table … owner to the role in DATABASE_URL."
        )
    if shape.leaning:
        raise MigrationFailed(
            f"{', '.join(shape.leaning)} leans on vecs.{name}: drop it, run this again, and make "
            "it anew on the table that stands there then."
        )


def _let_suspicious_wait(connection: Connection) -> int:
    """What reads like an instruction, a credential or a link that carries data out waits."""
    sql = load("memory/move_in/mem0_collection")
    waiting = []
    for row in connection.execute(sql["texts"]):
        found = suspicion(row.text, said=[{"role": "user", "content": row.text}])
        if found:
            waiting.append({"id": row.id, "reason": found.reason})
    if waiting:
        connection.execute(sql["let_wait"], waiting)
    return len(waiting)
