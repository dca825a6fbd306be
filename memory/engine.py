"""Long-term memory: built once as Engine, used bound to one person as UserMemory.

Only a bound memory can be read or written; whatever an add does is kept in one transaction.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Any, Self, cast
from uuid import UUID

from sqlalchemy import Connection

from config import Settings, prepare_mem0
from database.binding import Binding, UnboundBinding
from database.fair_use import FairUse, FairUseLimits
from database.sql import load
from database.transactions import Database
from errors import MemoryNotFound, Unbound
from memory.dates import Days
from memory.extras import checked_extras
from memory.firewall.vocabulary import languages
from memory.graph.graph import Graph
from memory.hosted.memory import HostedMemory
from memory.hosted.platform import Platform
from memory.manage.accept import accept
from memory.manage.browse import Catalogue
from memory.manage.checks import still_true
from memory.manage.edit import Editor
from memory.manage.export_file import Exporter
from memory.manage.forget import Forgetter, Forgotten
from memory.manage.import_file import Importer
from memory.manage.merge import Merger
from memory.manage.proof.certificate import Proof
from memory.manage.proof.prober import Prober
from memory.manage.undo import TurnUndo
from memory.own_ids import OwnIds, is_account
from memory.recall.pipeline import Recaller, Recollection
from memory.recall.reader import MemoryReader
from memory.recall.relevance import Floor
from memory.records import Change, HistoryEvent, Memory
from memory.remember.dependents import Dependents
from memory.remember.messages import Messages, checked_messages
from memory.remember.pipeline import Rememberer, TurnLease
from memory.remember.reconcile import MOST_PAIRS, Reconciler
from memory.remember.verbatim import add_verbatim
from memory.scope import Scope, checked_scope
from memory.store import passages
from memory.store.collection import ensure_collection, prove_protection
from memory.store.let_out import LetOut
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from memory.tailoring import Hooks, Tailoring
from models.charged import ChargedModels
from models.client import Message, Models
from models.spending import charged_to, spending
from text import storable

MEMORY_MAX_CHARS = 2_000


class Engine:
    """What all people's memories share: the pool, the models and mem0. Holds nobody's data."""

    def __init__(
        self, settings: Settings, database: Database, models: Models, hooks: Hooks | None = None
    ) -> None:
        # Imported here: mem0 reads its settings, and writes a file, at import.
        prepare_mem0(settings)
        from memory.remember.extraction import Extractor
        from memory.store.mem0_history import History

        self.settings = settings
        self.database = database
        self.models = models
        self.tailoring = Tailoring.from_settings(settings, hooks)
        self.extractor = Extractor(settings, models, self.tailoring)
        self.history = History()
        self.floor = Floor(models, settings.embedding_model)
        # How often a model's answer could not be used, and why.
        self.counts: Counter[str] = Counter()
        self.reconciler = Reconciler(
            models,
            self.counts,
            pairs_a_call=1 if settings.model_is_local else MOST_PAIRS,
            outside=settings.model_is_outside,
        )
        self.dependents = Dependents(models, self.counts, outside=settings.model_is_outside)
        self.fair_use = FairUse(database, FairUseLimits.of(settings))
        self.own_ids = OwnIds(database)
        # Where it keeps the memories; None where the database does.
        self.platform = Platform(settings) if settings.memory_is_hosted else None
        self._turns: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings, hooks: Hooks | None = None) -> Self:
        """Connect, make the collection where it is missing, and prove that the policies bind us.

        `hooks` stand for those of MEMORY_HOOKS.

        Raises DatabaseUnavailable, NotMigrated, DimensionMismatch, Unprotected, and ValueError
        where a table of the firewall is broken: now, and not at the first memory.
        """
        languages()
        ensure_collection(settings.database_url, dims=settings.embedding_dims)
        database = Database(settings.database_url, pool_size=settings.database_pool_size)
        prove_protection(database)
        return cls(settings, database, Models(settings), hooks)

    def for_user(self, user_id: UUID | str) -> UserMemory:
        """The memory of one person. Raises Unbound if `user_id` is not a UUID.

        With OWN_USER_IDS any text is somebody's id, and a new one a new person.
        """
        if self.settings.own_user_ids:
            user_id = self.own_ids.user_of(user_id)
        binding = Binding(self.database, user_id)
        if self.platform is None:
            return UserMemory(self, binding)
        return self._hosted(self.platform, binding)

    def _hosted(self, platform: Platform, binding: Binding) -> UserMemory:
        """It does what UserMemory does, or says that it cannot; tests compare the two."""
        memory = HostedMemory(
            platform,
            binding,
            settings=self.settings,
            tailoring=self.tailoring,
            lock=self.add_lock_of(binding.user_id),
            most_chars=MEMORY_MAX_CHARS,
        )
        return cast(UserMemory, memory)

    def delete_user(self, own_id: str) -> bool:
        """The end of a person with an id of one's own and of all that they have; False: of nobody.

        An account ends on its own page. Raises Unbound for its id, and without OWN_USER_IDS. Where
        mem0's platform keeps the memories, they go there first; whoever is unknown is made for it.
        """
        if not self.settings.own_user_ids:
            raise Unbound("This needs OWN_USER_IDS.")
        if self.platform is not None and not is_account(own_id):
            self.for_user(own_id).forget_all()
        return self.own_ids.delete(own_id)

    def embed_let_out(self) -> Iterator[int]:
        """Embed what people let leave again, in steps: how many by each. Raises ModelError.

        Nothing where no text leaves to be embedded, nor where mem0's platform has them.
        """
        if not self.settings.embeddings_are_outside or self.platform is not None:
            return
        while claim := LetOut.claim(self.database):
            memory = UserMemory(self, Binding(self.database, claim.user_id))
            yield from claim.embed(memory._binding, memory._models, self.settings.embedding_dims)

    def add_lock_of(self, user_id: UUID) -> threading.Lock:
        """One add at a time for each person in this process; others are told by `version`."""
        with self._lock:
            return self._turns[user_id]

    def close(self) -> None:
        if self.platform is not None:
            self.platform.close()
        self.models.close()
        self.fair_use.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class UserMemory:
    """One person's long-term memory. Every call runs under the policies as that person."""

    # Whether mem0's platform keeps it, which can do less: see memory/hosted/memory.py.
    on_platform = False

    def __init__(self, engine: Engine, binding: Binding) -> None:
        self._engine = engine
        self._binding = binding
        # It does what Models does, and says for whom.
        self._models = cast(Models, ChargedModels(lambda: engine.models, self._charged))
        self._reader = MemoryReader(binding, self._models)

    def close(self) -> None:
        """Let go of the person: every further call raises Unbound. The engine stays open."""
        self._binding = cast(Binding, UnboundBinding())
        self._reader = MemoryReader(self._binding, self._engine.models)

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
            return add_verbatim(kept, self._binding, self._engine.extractor, self._models, extras)
        with self._charged():
            return self._rememberer().add(kept, extras) if kept else []

    def remember(self, claim: TurnLease) -> list[Change]:
        """Remember claimed turns and mark them as done, both or neither.

        Does nothing if the lease was lost meanwhile: another worker has the turns then.
        """
        with self._charged():
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
        return self._engine.tailoring.hooks.found(query, found)

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
        return self._engine.history.bind(self._binding).events(storable(str(memory_id)))

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
        sql, params = load("memory/store/memories"), {"id": storable(str(memory_id))}
        made = None if inside else self._embedded_outside(params)
        with self._transaction() as connection:
            vector = made and vector_text(made[1].vector)
            changed = {**params, "inside": inside, "vec": vector}
            if not connection.execute(sql["keep_inside"], changed).all():
                raise MemoryNotFound
            if made is not None:
                passages.put(connection, {memory_id: made[0]}, {memory_id: made[1]})
        return self.get(memory_id)

    def _embedded_outside(self, params: Mapping[str, str]) -> tuple[str, passages.Embedded] | None:
        """Of a memory that leaves from now on; None where nothing leaves for its vectors."""
        if not self._engine.settings.embeddings_are_outside:
            return None
        rows = self._binding.fetch(load("memory/store/memories")["let_out"], params)
        if not rows or rows[0]["still_inside"]:
            return None
        text = rows[0]["text"]
        (made,) = passages.embed([text], self._models, [rows[0]["cues"] or ""])
        return text, made

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
        engine = self._engine
        outside = Outside.of(engine.settings)
        return TurnUndo(engine.database, self._binding.user_id, self._models, outside)

    def merger(self) -> Merger:
        """Makes one memory of several."""
        engine = self._engine
        user_id = self._binding.user_id
        return Merger(
            engine.database,
            user_id,
            self._models,
            most_chars=MEMORY_MAX_CHARS,
            outside=Outside.of(engine.settings),
        )

    def editor(self) -> Editor:
        """Changes texts, with the way back."""
        return Editor(
            self._binding,
            self._models,
            most_chars=MEMORY_MAX_CHARS,
            outside=Outside.of(self._engine.settings),
        )

    def importer(self) -> Importer:
        """Keeps what is in files."""
        engine = self._engine
        return Importer(
            engine.database,
            self._binding.user_id,
            self._models,
            engine.fair_use,
            Outside.of(engine.settings),
        )

    def exporter(self, days: Days) -> Exporter:
        """Writes files to take along."""
        return Exporter(self._binding, days)

    def catalogue(self, days: Days) -> Catalogue:
        """Looks through them a page at a time."""
        return Catalogue(self._binding, days)

    def _rememberer(self) -> Rememberer:
        engine = self._engine
        return Rememberer(
            self._binding,
            extractor=engine.extractor,
            reconciler=engine.reconciler,
            dependents=engine.dependents,
            models=self._models,
            turn=engine.add_lock_of(self._binding.user_id),
            counts=engine.counts,
            outside=Outside.of(engine.settings),
        )

    def _recaller(self) -> Recaller:
        engine, graph = self._engine, Graph(self._binding)
        return Recaller(
            self._reader,
            graph,
            self._models,
            engine.settings,
            engine.counts,
            engine.floor,
            engine.tailoring,
        )

    @contextmanager
    def _charged(self) -> Iterator[None]:
        """What models are asked within counts as this person's, unless it counts already."""
        if spending() is not None:
            yield
            return
        with charged_to(self._engine.fair_use.counting(self._binding.user_id).spend):
            yield

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._engine.database.as_user(self._binding.user_id)
