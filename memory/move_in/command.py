"""`python -m memory.migrations`: brings a database up to date, and takes over what mem0 left there.

All in one transaction: a dry run does the same and takes it back, so it tells what would happen.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import load_dotenv
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from config import Settings
from database.migrations import FOLDER, apply_missing, said_by, structure_locked
from database.transactions import translated
from errors import KeepsakeError, MigrationFailed, NotConfigured
from memory.move_in import mem0_collection
from memory.move_in.mem0_collection import MovedIn
from memory.store.collection import NAME

WHICH_DATABASE = (
    "Which database? Set SUPABASE_URL, SUPABASE_KEY and DATABASE_URL in the environment or .env. "
    "That of this machine is brought up to date by `make run`."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Versions applied, what was taken over, and collections that could be."""

    applied: tuple[str, ...]
    moved_in: MovedIn | None
    others: tuple[str, ...]


def migrate(
    database_url: str,
    *,
    collection: str = NAME,
    dry_run: bool = False,
    folder: Path = FOLDER,
) -> Outcome:
    """Apply what is missing and take the collection over, all or nothing; with `dry_run` nothing.

    Raises MigrationFailed, DatabaseError.
    """
    engine = create_engine(database_url, connect_args={"connect_timeout": 5}, hide_parameters=True)
    try:
        with translated(), _in_a_sentence(), structure_locked(engine) as connection:
            found = mem0_collection.find(connection, collection)
            if found is None and collection != NAME:
                raise MigrationFailed(f"There is no collection vecs.{collection} to take over.")
            if found is not None:
                mem0_collection.put_away(connection, found)
            applied = tuple(apply_missing(connection, folder))
            moved_in = mem0_collection.take_over(connection, found) if found else None
            outcome = Outcome(
                applied, moved_in, tuple(mem0_collection.other_collections(connection))
            )
            if dry_run:
                connection.rollback()
            return outcome
    finally:
        engine.dispose()


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    """What the database refuses is said as it says it, without the statement."""
    try:
        yield
    except DBAPIError as exc:
        said = said_by(exc)
        if said is None:
            raise
        raise MigrationFailed(f"{said[:1].upper()}{said[1:]}") from exc


def told(outcome: Outcome, *, dry_run: bool, embedding: tuple[str, int]) -> str:
    """What happened, or would happen, in sentences. `embedding` is the app's model and dims."""
    count = len(outcome.applied)
    done = "To be applied" if dry_run else "Applied"
    lines = [f"{done} {count}: {', '.join(outcome.applied) or 'up to date'}"]
    if outcome.moved_in is not None:
        lines += _told_of_moving_in(outcome.moved_in, dry_run=dry_run, embedding=embedding)
    lines += [
        f"vecs.{name} is there too and was left alone. If mem0 made it: python -m memory.migrations"
        f" --collection {name}"
        for name in outcome.others
    ]
    if dry_run:
        lines.append("This was a dry run: nothing was changed.")
    return "\n".join(lines) + "\n"


def _told_of_moving_in(
    moved: MovedIn, *, dry_run: bool, embedding: tuple[str, int]
) -> Iterator[str]:
    would = "To be taken over" if dry_run else "Taken over"
    yield (
        f"{would} of vecs.{moved.name}: {moved.kept} memories of {moved.people} accounts"
        + (f", of which {moved.waiting} wait for a yes" if moved.waiting else "")
        + "."
    )
    why = {
        "of a user id that is no account's": moved.without_account,
        "of none": moved.without_owner,
        "without a text": moved.without_text,
        "whose id is taken": moved.known,
    }
    if moved.aside:
        reasons = ", ".join(f"{count} {reason}" for reason, count in why.items() if count)
        put = "To be put" if dry_run else "Put"
        yield f"{put} aside, read by nobody: {moved.aside} ({reasons})."
        yield "Whose they are, and how to give them to an account: python -m memory.unowned"
    model, dims = embedding
    if moved.dims != dims:
        yield (
            f"Their vectors have {moved.dims} dimensions, {model} gives {dims}. Before the app "
            "starts: python -m memory.reembed"
        )
    elif moved.kept:
        yield f"If their vectors were not made with {model}: python -m memory.reembed"


def main(arguments: Sequence[str] | None = None) -> int:
    load_dotenv()
    parser = argparse.ArgumentParser(
        prog="python -m memory.migrations",
        description="Bring the database of DATABASE_URL up to date.",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, no more")
    parser.add_argument(
        "--collection", default=NAME, metavar="NAME", help="a collection of mem0's to take over"
    )
    given = parser.parse_args(arguments)
    try:
        # No model is asked, so no key is.
        settings = Settings.from_env({**os.environ, "OPENAI_API_KEY": "none"})
        outcome = migrate(settings.database_url, collection=given.collection, dry_run=given.dry_run)
    except NotConfigured:
        sys.stderr.write(f"{WHICH_DATABASE}\n")
        return 1
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 1
    embedding = (settings.embedding_model, settings.embedding_dims)
    sys.stdout.write(told(outcome, dry_run=given.dry_run, embedding=embedding))
    return 0
