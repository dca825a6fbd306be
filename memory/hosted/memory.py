"""One person's long-term memory at mem0's platform: the calls of UserMemory.

It finds, reads and forgets by the platform; turns, notes under them and the audit log stay in the
database, as the person. What the platform cannot do raises NotOnPlatform: nothing falls back to the
tables of memories, which are empty then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime
from typing import Any, NoReturn, cast

from sqlalchemy import Connection

from database.binding import Binding, UnboundBinding
from errors import MemoryFailed, MemoryNotFound, NotOnPlatform
from memory.dates import Days
from memory.extras import checked_extras
from memory.hosted.notes import Notes
from memory.hosted.pages import HostedCatalogue, HostedEditor, HostedExporter
from memory.hosted.person import PlatformPerson
from memory.hosted.platform import Platform
from memory.hosted.recall import HostedRecaller
from memory.hosted.remember import HostedRememberer
from memory.hosted.undo import HostedTurnUndo
from memory.manage.forget import Forgotten
from memory.manage.import_file import Importer
from memory.manage.merge import Merger
from memory.manage.proof.certificate import Proof
from memory.recall.reader import days_of
from memory.recall.recollection import Recollection
from memory.records import Change, HistoryEvent, Memory
from memory.remember.messages import Messages, checked_messages
from memory.remember.pipeline import TurnLease
from memory.shared import Shared
from memory.user_memory import MEMORY_MAX_CHARS, UserMemory
from models.client import Message

# A platform that has emptied itself of a person says so within these.
EMPTY_WITHIN_S = 10.0
LOOK_S = 0.5
NO_SCOPES = "mem0's platform keeps agents and runs apart from people; here they cannot be named."
NO_FILTERS = "Memories at mem0's platform cannot be found by metadata here."
NO_PAST = "mem0's platform keeps no past: what held on another day cannot be asked for."


class HostedMemory(UserMemory):
    """Each call does what its base does of memories in the database, or says that it cannot.

    It reaches none of those, and lets nothing through that the platform says is somebody else's.
    """

    on_platform = True

    def __init__(self, platform: Platform, shared: Shared, binding: Binding) -> None:
        self._binding = binding
        self._shared = shared
        self._person = PlatformPerson(platform, binding)
        self._notes = Notes(binding)
        # One add at a time for the person in this process.
        self._lock = shared.add_lock_of(binding.user_id)

    def close(self) -> None:
        self._binding = cast(Binding, UnboundBinding())
        self._person = cast(PlatformPerson, UnboundBinding())
        self._notes = cast(Notes, UnboundBinding())

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
        """What the platform makes of messages, or with `infer=False` each text as it is.

        Waits until the platform is through with it. Raises InputError, MemoryFailed,
        PlatformUnavailable.
        """
        _check_scope(agent_id, run_id)
        extras = checked_extras(metadata, expiration_date)
        return self._hosted_rememberer().add(checked_messages(messages), extras, infer=infer)

    def remember(self, claim: TurnLease) -> list[Change]:
        """Have claimed turns remembered there, and mark them as done here.

        The platform is asked first: a turn whose mark fails is claimed again, and what it had added
        is known by its metadata, so that nothing is added twice.
        """
        return self._hosted_rememberer().remember(claim)

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
        """The memories that the platform finds nearest, best first. It keeps no past."""
        _check_scope(agent_id, run_id)
        _check_now(as_of)
        if filters:
            raise NotOnPlatform(NO_FILTERS)
        found = self._hosted_recaller().search(query, top_k, threshold or 0.0)
        return self._shared.tailoring.hooks.found(query, found)

    def recall(
        self, message: str, recent: Sequence[Message] = (), *, as_of: date | None = None
    ) -> Recollection:
        """What the platform finds for this message, as much as there is room for.

        One that points back is searched for together with the person's message before it.
        """
        _check_now(as_of)
        return self._hosted_recaller().recall(message, recent)

    def get(self, memory_id: str) -> Memory:
        return self._person.get(memory_id)

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
        """Everything that the platform has of the person, oldest first."""
        _check_scope(agent_id, run_id)
        _check_now(as_of)
        if filters:
            raise NotOnPlatform(NO_FILTERS)
        every = self._person.every()
        return every[offset:] if limit is None else every[offset : offset + limit]

    def waiting(self) -> list[Memory]:
        """Nothing waits there: what is remembered holds at once."""
        return []

    def past(self) -> list[Memory]:
        """The platform keeps no past."""
        return []

    def days(self) -> Days:
        return days_of(self._binding)

    def history(self, memory_id: str) -> list[HistoryEvent]:
        """The platform's own; empty if the memory is not this person's."""
        try:
            return self._person.history(memory_id)
        except MemoryNotFound:
            return []

    def accept(self, memory_id: str) -> Memory:
        raise MemoryNotFound

    def still_true(self, memory_id: str) -> Memory:
        raise MemoryNotFound

    def keep_inside(self, memory_id: str, inside: bool = True) -> Memory:
        _cannot("Each memory is at mem0's platform here, so none can be kept inside.")

    def delete_all(self, *, agent_id: str | None = None, run_id: str | None = None) -> int:
        _check_scope(agent_id, run_id)
        return len(self.forget_all().ids)

    def forget(self, memory_ids: Sequence[str]) -> Forgotten:
        """Forget several there, and what is noted of them here. It cannot be taken back."""
        gone: list[str] = []
        try:
            for memory_id in memory_ids:
                with suppress(MemoryNotFound):
                    self._person.delete(memory_id)
                    gone.append(str(memory_id))
        finally:
            # Also where the platform stopped answering half way.
            with self._transaction() as connection:
                self._notes.forgotten(connection, gone)
        return Forgotten(self._binding.user_id, tuple(gone), {})

    def forget_all(self) -> Forgotten:
        """Forget everything; raises MemoryFailed unless the platform then has nothing left."""
        with self._lock:
            ids = tuple(memory.id for memory in self._person.every())
            self._person.delete_all()
            self._wait_until_empty()
            with self._transaction() as connection:
                self._notes.all_forgotten(connection, len(ids))
        return Forgotten(self._binding.user_id, ids, {})

    def probe(self, forgotten: Forgotten) -> Proof:
        _cannot("What is left at mem0's platform cannot be looked for from here.")

    def restore(self, forgotten: Forgotten) -> None:
        _cannot("What mem0's platform has forgotten cannot be brought back.")

    def turn_undo(self) -> HostedTurnUndo:
        def again(texts: Sequence[str]) -> None:
            self.add([{"role": "user", "content": text} for text in texts], infer=False)

        return HostedTurnUndo(self._person, self._binding, again)

    def merger(self) -> Merger:
        _cannot("Memories at mem0's platform cannot be merged here.")

    def editor(self) -> HostedEditor:
        return HostedEditor(self._person, self._binding, most_chars=MEMORY_MAX_CHARS)

    def importer(self) -> Importer:
        _cannot("Files cannot be imported to mem0's platform here.")

    def exporter(self, days: Days) -> HostedExporter:
        return HostedExporter(self._person, self._binding, days)

    def catalogue(self, days: Days) -> HostedCatalogue:
        return HostedCatalogue(self._person)

    def _hosted_rememberer(self) -> HostedRememberer:
        return HostedRememberer(
            self._person, self._binding, tailoring=self._shared.tailoring, lock=self._lock
        )

    def _hosted_recaller(self) -> HostedRecaller:
        return HostedRecaller(self._person, self._shared.settings, self._shared.tailoring)

    def _wait_until_empty(self) -> None:
        give_up_at = time.monotonic() + EMPTY_WITHIN_S
        while self._person.page(1, 1)[1]:
            if time.monotonic() > give_up_at:
                raise MemoryFailed(
                    "mem0's platform has not forgotten everything yet. Please try again."
                )
            time.sleep(LOOK_S)

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id)


def _cannot(what: str) -> NoReturn:
    raise NotOnPlatform(what)


def _check_scope(agent_id: str | None, run_id: str | None) -> None:
    if agent_id is not None or run_id is not None:
        raise NotOnPlatform(NO_SCOPES)


def _check_now(as_of: datetime | date | None) -> None:
    if as_of is not None:
        raise NotOnPlatform(NO_PAST)
