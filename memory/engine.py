"""Long-term memory: built once as Engine, used bound to one person as UserMemory.

Only a bound memory can be read or written; whatever an add does is kept in one transaction.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import Connection

from config import Settings, prepare_mem0
from errors import InputError, MemoryNotFound
from memory.binding import Binding
from memory.browsing import Catalogue
from memory.collection import ensure_collection, prove_protection
from memory.commands import Command, Commands
from memory.database import Database
from memory.days import Days
from memory.exporting import Exporter
from memory.forgetting import Forgetter, Forgotten
from memory.graph import Graph
from memory.importing import Importer
from memory.llm import Message, Models
from memory.merging import Merger
from memory.queries import load
from memory.recall import Recaller, Recollection
from memory.reconcile import Reconciler
from memory.records import Change, HistoryEvent, Memory
from memory.remembering import Claim, Rememberer
from memory.rewriting import Rewriter
from memory.search import search_params
from memory.taking_back import TakeBack
from memory.text import checked, storable

MEMORY_MAX_CHARS = 2_000
# One text of an add; what the local and OpenAI's embedding models read of it is less.
ADD_MAX_CHARS = 100_000
MOST_RESULTS = 10_000
ROLES = ("user", "assistant", "system")


class Engine:
    """What all people's memories share: the pool, the models and mem0. Holds nobody's data."""

    def __init__(self, settings: Settings, database: Database, models: Models) -> None:
        # Imported here: mem0 reads its settings, and writes a file, at import.
        prepare_mem0(settings)
        from memory.extraction import Extractor
        from memory.history import History

        self.settings = settings
        self.database = database
        self.models = models
        self.extractor = Extractor(settings, models)
        self.history = History()
        # How often a model's answer could not be used, and why.
        self.counts: Counter[str] = Counter()
        self.reconciler = Reconciler(models, self.counts)
        self._turns: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Connect, make the collection where it is missing, and prove that the policies bind us.

        Raises DatabaseUnavailable, NotMigrated, DimensionMismatch, Unprotected.
        """
        ensure_collection(settings.database_url, dims=settings.embedding_dims)
        database = Database(settings.database_url)
        prove_protection(database)
        return cls(settings, database, Models(settings))

    def for_user(self, user_id: UUID | str) -> UserMemory:
        """The memory of one person. Raises Unbound if `user_id` is not a UUID."""
        return UserMemory(self, Binding(self.database, user_id))

    def turn_of(self, user_id: UUID) -> threading.Lock:
        """One add at a time for each person in this process; others are told by `version`."""
        with self._lock:
            return self._turns[user_id]

    def close(self) -> None:
        self.models.close()
        self.database.close()


class UserMemory:
    """One person's long-term memory. Every call runs under the policies as that person."""

    def __init__(self, engine: Engine, binding: Binding) -> None:
        self._engine = engine
        self._binding = binding
        self._sql = load("memories")

    def add(self, messages: Sequence[Mapping[str, str]], *, infer: bool = True) -> list[Change]:
        """Remember what is new in messages (`role`, `content`), oldest first.

        With `infer=False` each text is kept as one memory as it is, and one change is returned for
        each, in order. Raises InputError, ModelError, DatabaseError; then nothing was kept.
        """
        messages = _checked_messages(messages)
        if not infer:
            return self._add_as_they_are(messages)
        return self._rememberer().add(messages) if messages else []

    def remember(self, claim: Claim) -> list[Change]:
        """Remember claimed turns and mark them as done, both or neither.

        Does nothing if the lease was lost meanwhile: another worker has the turns then.
        """
        return self._rememberer().remember(claim)

    def _rememberer(self) -> Rememberer:
        engine = self._engine
        return Rememberer(
            self._binding,
            extractor=engine.extractor,
            reconciler=engine.reconciler,
            models=engine.models,
            turn=engine.turn_of(self._binding.user_id),
            counts=engine.counts,
        )

    def _add_as_they_are(self, messages: Sequence[Mapping[str, str]]) -> list[Change]:
        texts = [message["content"] for message in messages]
        deferred = Binding(self._engine.database, self._binding.user_id, deferred=True)
        mem0 = self._engine.extractor.bind(deferred)
        now = datetime.now(UTC).isoformat()
        changes = [Change(str(uuid4()), text, "ADD") for text in texts]
        mem0.vector_store.insert(
            vectors=self._engine.models.embed(texts),
            ids=[change.id for change in changes],
            payloads=[
                {
                    "data": message["content"],
                    "hash": hashlib.md5(
                        message["content"].encode(), usedforsecurity=False
                    ).hexdigest(),
                    "created_at": now,
                    "updated_at": now,
                    "role": message["role"],
                    "attributed_to": message["role"],
                }
                for message in messages
            ],
        )
        mem0.db.batch_add_history(
            [
                {"memory_id": c.id, "event": "ADD", "new_memory": c.text, "role": m["role"]}
                for c, m in zip(changes, messages, strict=True)
            ]
        )
        with self._transaction() as connection:
            deferred.flush(connection)
        return changes

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        as_of: datetime | None = None,
        with_past: bool = False,
    ) -> list[Memory]:
        """The `top_k` memories nearest to the query by meaning and by word, best first.

        Only what holds now, or held at `as_of` (an aware datetime). `score` is by meaning,
        by word and by what was said around a memory: below 4, comparable within one query only.
        `with_past` adds what was said to be over ("worked in Oslo until May").
        """
        query = checked(query, max_chars=ADD_MAX_CHARS, what="query")
        if type(top_k) is not int or not 1 <= top_k <= MOST_RESULTS:
            raise InputError(f"top_k must be a whole number from 1 to {MOST_RESULTS}.")
        vector = self._engine.models.embed([query])[0]
        params = search_params(query, vector, top_k, as_of=_aware(as_of), with_past=with_past)
        return [Memory.from_row(row) for row in self._binding.fetch(self._sql["search"], params)]

    def obey(self, command: Command, turn_id: UUID) -> list[str]:
        """Carry out "remember that …" or "forget that …"; what happened, a sentence each."""
        return Commands(self, self._binding, self._engine.models).obey(command, turn_id)

    def recall(self, message: str, recent: Sequence[Message] = ()) -> Recollection:
        """The memories that an answer to this message is given, best first, and why each.

        `recent` are the conversation's messages before it, by which "and the second one?" is
        understood.
        """
        engine = self._engine
        graph = Graph(self._binding)
        return Recaller(self, graph, engine.models, engine.settings, engine.counts).recall(
            message, recent
        )

    def get_all(self, *, as_of: datetime | None = None) -> list[Memory]:
        """Everything that holds now, or held at `as_of`, oldest first."""
        return self._memories("all_current", {"as_of": _aware(as_of)})

    def waiting(self) -> list[Memory]:
        """What waits for the person's yes before it is remembered, oldest first."""
        return self._memories("waiting")

    def past(self) -> list[Memory]:
        """What held once and holds no longer, latest first."""
        return self._memories("past")

    def accept(self, memory_id: str) -> Memory:
        """The person says yes to what waited. Raises MemoryNotFound if nothing like that waits."""
        with self._transaction() as connection:
            row = connection.execute(self._sql["accept"], {"id": storable(str(memory_id))}).first()
            if row is None:
                raise MemoryNotFound
            self._note(connection, memory_id, "ACCEPT", old=None, new=row.text)
        return self.get(memory_id)

    def _memories(self, statement: str, params: Mapping[str, Any] | None = None) -> list[Memory]:
        return [Memory.from_row(row) for row in self._binding.fetch(self._sql[statement], params)]

    def get(self, memory_id: str) -> Memory:
        """One memory. Raises MemoryNotFound if the person has no such memory."""
        rows = self._binding.fetch(self._sql["one"], {"id": storable(str(memory_id))})
        if not rows:
            raise MemoryNotFound
        return Memory.from_row(rows[0])

    def update(self, memory_id: str, text: str) -> Memory:
        """Replace a memory's text; its history keeps the former one."""
        self.rewriter().rewrite(memory_id, text)
        return self.get(memory_id)

    def delete(self, memory_id: str) -> None:
        """Forget one memory everywhere: its text leaves the store, history and recalled lists."""
        if not self.forget([memory_id]).ids:
            raise MemoryNotFound

    def delete_all(self) -> int:
        """Forget everything about the person; returns how many memories that were."""
        return len(self.forget_all().ids)

    def forget(self, memory_ids: Sequence[str]) -> Forgotten:
        """Forget several everywhere; what is returned can be restored while it is held."""
        ids = [storable(str(memory_id)) for memory_id in memory_ids]
        with self._transaction() as connection:
            return Forgetter(connection, self._binding.user_id).forget(ids)

    def forget_all(self) -> Forgotten:
        """Forget everything; what was said before is not remembered afterwards either."""
        with self._transaction() as connection:
            return Forgetter(connection, self._binding.user_id).forget_all()

    def restore(self, forgotten: Forgotten) -> None:
        """Bring back what was forgotten, as it was: ids, history, graph and all.

        Raises InputError if it is there already, AccessDenied if it is somebody else's.
        """
        with self._transaction() as connection:
            Forgetter(connection, self._binding.user_id).restore(forgotten)

    def taking_back(self) -> TakeBack:
        """Takes back what single turns changed."""
        engine = self._engine
        return TakeBack(engine.database, self._binding.user_id, engine.models)

    def merger(self) -> Merger:
        """Makes one memory of several."""
        engine = self._engine
        user_id = self._binding.user_id
        return Merger(engine.database, user_id, engine.models, most_chars=MEMORY_MAX_CHARS)

    def rewriter(self) -> Rewriter:
        """Changes texts, with the way back."""
        engine = self._engine
        return Rewriter(self._binding, engine.models, most_chars=MEMORY_MAX_CHARS)

    def importer(self) -> Importer:
        """Keeps what is in files."""
        engine = self._engine
        return Importer(engine.database, self._binding.user_id, engine.models)

    def exporter(self, days: Days) -> Exporter:
        """Writes files to take along."""
        return Exporter(self._binding, days)

    def catalogue(self, days: Days) -> Catalogue:
        """Looks through them a page at a time."""
        return Catalogue(self._binding, days)

    def history(self, memory_id: str) -> list[HistoryEvent]:
        """All changes of one memory, oldest first; empty if it is not this person's."""
        return self._engine.history.bind(self._binding).events(storable(str(memory_id)))

    def _note(
        self, connection: Connection, memory_id: str, event: str, *, old: str | None, new: str
    ) -> None:
        params = {"memory_id": str(memory_id), "event": event, "old": old, "new": new}
        connection.execute(self._sql["note_change"], {**params, "turn_id": None})

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._engine.database.as_user(self._binding.user_id)


def _checked_messages(messages: Sequence[Mapping[str, str]] | str) -> list[dict[str, str]]:
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, Sequence):
        raise InputError("Messages are a list of messages with a role and a content.")
    kept = []
    for message in messages:
        role = message.get("role") if isinstance(message, Mapping) else None
        content = message.get("content") if isinstance(message, Mapping) else None
        if role not in ROLES or not isinstance(content, str):
            raise InputError("A message needs a role (user, assistant or system) and a content.")
        # The system prompt may carry recalled memories, which would be remembered again.
        if role != "system" and storable(content).strip():
            text_of_message = checked(content, max_chars=ADD_MAX_CHARS)
            kept.append({"role": role, "content": text_of_message})
    return kept


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InputError("as_of must be a time with a time zone.")
    return moment
