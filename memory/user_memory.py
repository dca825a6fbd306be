"""One person's memory in the database: what can be done with it, and nothing of how.

Every call runs under the policies as that person; whatever an add does is kept in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Self, cast

from sqlalchemy import Connection

from database.binding import Binding, UnboundBinding
from errors import MemoryNotFound
from memory.dates import Days
from memory.extras import checked_extras
from memory.graph.graph import Graph
from memory.manage.accept import accept
from memory.manage.browse import Catalogue
from memory.manage.checks import still_true
from memory.manage.edit import Editor
from memory.manage.export_file import Exporter
from memory.manage.forget import Forgetter, Forgotten
from memory.manage.import_file import Importer
from memory.manage.inside import keep_inside
from memory.manage.merge import Merger
from memory.manage.proof.certificate import Proof
from memory.manage.proof.prober import Prober
from memory.manage.undo import TurnUndo
from memory.recall.pipeline import Recaller
from memory.recall.reader import MemoryReader
from memory.recall.recollection import Recollection
from memory.records import Change, HistoryEvent, Memory
from memory.remember.messages import Messages, checked_messages
from memory.remember.pipeline import Rememberer, TurnLease
from memory.remember.verbatim import add_verbatim
from memory.scope import Scope, checked_scope
from memory.shared import Shared
from memory.store.outside import Outside
from models.client import Message
from text import storable

MEMORY_MAX_CHARS = 2_000


class UserMemory:
    """One person's long-term memory. Every call runs under the policies as that person."""

    # Whether mem0's platform keeps it, which can do less: see memory/hosted/memory.py.
    on_platform = False

    def __init__(self, shared: Shared, binding: Binding) -> None:
        self._shared = shared
        self._binding = binding
        self._models = shared.models_charged_to(lambda: self._binding.user_id)
        self._reader = MemoryReader(binding, self._models)

    def close(self) -> None:
        """Let go of the person: every further call raises Unbound. The engine stays open."""
        self._binding = cast(Binding, UnboundBinding())
        self._reader = MemoryReader(self._binding, self._shared.models)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self,
        messages: Messages,
        *,
        infer: bool = True,
        metadata: Mapping[str, Any] | None = None,
        expiration_date: date | str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Change]:
        """Remember what is new in messages (`role`, `content`), oldest first.

        A transcript may come as OpenAI's or LangChain's clients have it; what tools and the system
        said is left out. With `agent_id` or `run_id` it is kept in that scope, and compared with
        what is there alone.

        With `infer=False` each text is kept as one memory as it is, and one change is returned for
        each, in order. What is new gets the `metadata`, and holds until the end of
        `expiration_date` (UTC) at most. Raises InputError, ModelError, DatabaseError; then nothing
        was kept.
        """
        kept, scope = checked_messages(messages), checked_scope(agent_id, run_id)
        extras = checked_extras(metadata, expiration_date, scope)
        if not infer:
            return add_verbatim(kept, self._binding, self._shared.extractor, self._models, extras)
        with self._shared.charged(self._binding.user_id):
            return self._rememberer().add(kept, extras) if kept else []

    def remember(self, claim: TurnLease) -> list[Change]:
        """Remember claimed turns and mark them as done, both or neither.

        Does nothing if the lease was lost meanwhile: another worker has the turns then.
        """
        with self._shared.charged(self._binding.user_id):
            return self._rememberer().remember(claim)

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        as_of: datetime | None = None,
        with_past: bool = False,
        filters: Mapping[str, Any] | None = None,
        threshold: float | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Memory]:
        """The `top_k` memories nearest to the query by meaning and by word, best first.

        Only what holds now, or held at `as_of` (an aware datetime). `score` is by meaning,
        by word and by what was said around a memory: below 4, comparable within one query only.
        `with_past` adds what was said to be over ("worked in Oslo until May"). `filters` are
        mem0's, of the metadata that `add` was given; `agent_id` and `run_id` look in one scope.
        With a `threshold` (0 to 1) only what is at least as `similar` by meaning is found.
        """
        found = self._reader.search(
            query,
            top_k=top_k,
            as_of=as_of,
            with_past=with_past,
            filters=filters,
            threshold=threshold,
            scope=checked_scope(agent_id, run_id),
        )
        return self._shared.tailoring.hooks.found(query, found)

    def recall(
        self, message: str, recent: Sequence[Message] = (), *, as_of: date | None = None
    ) -> Recollection:
        """The memories that an answer to this message is given, best first, and why each.

        `recent` are the conversation's messages before it, by which "and the second one?" is
        understood. With `as_of` what held at the end of that day on the person's calendar.
        """
        return self._recaller().recall(message, recent, as_of=as_of)

    def get(self, memory_id: str) -> Memory:
        """One memory. Raises MemoryNotFound if the person has no such memory."""
        return self._reader.get(memory_id)

    def get_all(
        self,
        *,
        as_of: datetime | None = None,
        filters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        offset: int = 0,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Memory]:
        """Everything that holds now, or held at `as_of`, oldest first; by mem0's `filters`.

        `limit` and `offset` give a page of it; what is forgotten meanwhile moves the next ones up.
        """
        scope = checked_scope(agent_id, run_id)
        return self._reader.get_all(
            as_of=as_of, filters=filters, scope=scope, limit=limit, offset=offset
        )

    def waiting(self) -> list[Memory]:
        """What waits for the person's yes before it is remembered, oldest first."""
        return self._reader.waiting()

    def past(self) -> list[Memory]:
        """What held once and holds no longer, latest first."""
        return self._reader.past()

    def days(self) -> Days:
        """The calendar that the person's days are counted on."""
        return self._reader.days()

    def history(self, memory_id: str) -> list[HistoryEvent]:
        """All changes of one memory, oldest first; empty if it is not this person's."""
        return self._shared.history.bind(self._binding).events(storable(str(memory_id)))

    def accept(self, memory_id: str) -> Memory:
        """The person says yes to what waited. Raises MemoryNotFound if nothing like that waits."""
        with self._transaction() as connection:
            accept(connection, storable(str(memory_id)))
        return self.get(memory_id)

    def still_true(self, memory_id: str) -> Memory:
        """The person has checked what leaned on something that ended.

        Raises MemoryNotFound if they have no such memory to check.
        """
        with self._transaction() as connection:
            still_true(connection, storable(str(memory_id)))
        return self.get(memory_id)

    def keep_inside(self, memory_id: str, inside: bool = True) -> Memory:
        """Never send one memory to a hosted model from now on, or let it go again.

        Then it is embedded anew, since that may not have been done before. Raises MemoryNotFound,
        ModelError.
        """
        keep_inside(
            self._binding,
            self._models,
            memory_id,
            inside,
            embedded_outside=self._shared.settings.embeddings_are_outside,
        )
        return self.get(memory_id)

    def update(self, memory_id: str, text: str) -> Memory:
        """Replace a memory's text; its history keeps the former one."""
        self.editor().rewrite(memory_id, text)
        return self.get(memory_id)

    def delete(self, memory_id: str) -> None:
        """Forget one memory everywhere: its text leaves the store, history and recalled lists."""
        if not self.forget([memory_id]).ids:
            raise MemoryNotFound

    def delete_all(self, *, agent_id: str | None = None, run_id: str | None = None) -> int:
        """Forget everything about the person, or of a scope; how many memories that were."""
        scope = checked_scope(agent_id, run_id)
        return len((self.forget(self._ids_in(scope)) if scope else self.forget_all()).ids)

    def _ids_in(self, scope: Scope) -> list[str]:
        """What holds, held and waits there."""
        every = (*self.get_all(filters=scope), *self.past(), *self.waiting())
        return [one.id for one in every if scope.items() <= one.metadata.items()]

    def forget(self, memory_ids: Sequence[str]) -> Forgotten:
        """Forget several everywhere; what is returned can be restored while it is held."""
        ids = [storable(str(memory_id)) for memory_id in memory_ids]
        with self._transaction() as connection:
            return Forgetter(connection, self._binding.user_id).forget(ids)

    def forget_all(self) -> Forgotten:
        """Forget everything; what was said before is not remembered afterwards either."""
        with self._transaction() as connection:
            return Forgetter(connection, self._binding.user_id).forget_all()

    def probe(self, forgotten: Forgotten) -> Proof:
        """What is found of what was just forgotten: by its ids and words, in every table."""
        return Prober(self._binding).probe(forgotten)

    def restore(self, forgotten: Forgotten) -> None:
        """Bring back what was forgotten, as it was: ids, history, graph and all.

        Raises InputError if it is there already, AccessDenied if it is somebody else's.
        """
        with self._transaction() as connection:
            Forgetter(connection, self._binding.user_id).restore(forgotten)

    def turn_undo(self) -> TurnUndo:
        """Takes back what single turns changed."""
        shared = self._shared
        outside = Outside.of(shared.settings)
        return TurnUndo(shared.database, self._binding.user_id, self._models, outside)

    def merger(self) -> Merger:
        """Makes one memory of several."""
        shared = self._shared
        user_id = self._binding.user_id
        return Merger(
            shared.database,
            user_id,
            self._models,
            most_chars=MEMORY_MAX_CHARS,
            outside=Outside.of(shared.settings),
        )

    def editor(self) -> Editor:
        """Changes texts, with the way back."""
        return Editor(
            self._binding,
            self._models,
            most_chars=MEMORY_MAX_CHARS,
            outside=Outside.of(self._shared.settings),
        )

    def importer(self) -> Importer:
        """Keeps what is in files."""
        shared = self._shared
        return Importer(
            shared.database,
            self._binding.user_id,
            self._models,
            shared.fair_use,
            Outside.of(shared.settings),
        )

    def exporter(self, days: Days) -> Exporter:
        """Writes files to take along."""
        return Exporter(self._binding, days)

    def catalogue(self, days: Days) -> Catalogue:
        """Looks through them a page at a time."""
        return Catalogue(self._binding, days)

    def _rememberer(self) -> Rememberer:
        shared = self._shared
        return Rememberer(
            self._binding,
            extractor=shared.extractor,
            reconciler=shared.reconciler,
            dependents=shared.dependents,
            models=self._models,
            turn=shared.add_lock_of(self._binding.user_id),
            counts=shared.counts,
            outside=Outside.of(shared.settings),
        )

    def _recaller(self) -> Recaller:
        shared, graph = self._shared, Graph(self._binding)
        return Recaller(
            self._reader,
            graph,
            self._models,
            shared.settings,
            shared.counts,
            shared.floor,
            shared.tailoring,
        )

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._shared.database.as_user(self._binding.user_id)
