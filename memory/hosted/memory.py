"""One person's long-term memory at mem0's platform: the calls of memory.engine.UserMemory.

It finds, reads and forgets by the platform; turns, notes under them and the audit log stay in the
database, as the person. What the platform cannot do raises NotOnPlatform: nothing falls back to the
tables of memories, which are empty then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NoReturn, Self, cast
from uuid import UUID

from sqlalchemy import Connection

from config import Settings
from database.binding import Binding, UnboundBinding
from database.sql import load
from errors import MemoryFailed, MemoryNotFound, NotOnPlatform
from memory.dates import Days, zone_of
from memory.extras import Extras, checked_extras
from memory.firewall.firewall import suspicion
from memory.hosted.notes import Notes
from memory.hosted.pages import HostedCatalogue, HostedEditor, HostedExporter
from memory.hosted.person import PlatformPerson
from memory.hosted.platform import Platform
from memory.hosted.undo import HostedTurnUndo
from memory.manage.forget import Forgotten
from memory.manage.import_file import Importer
from memory.manage.merge import Merger
from memory.manage.proof.certificate import Proof
from memory.recall.budget import SHORTENED, fitting, most_that_fit
from memory.recall.pipeline import (
    REWRITE_CHARS,
    Recalled,
    Recollection,
    Stage,
    needs_rewriting,
)
from memory.records import Change, HistoryEvent, Memory
from memory.remember.messages import Messages, checked_messages
from memory.remember.persist import SourceMessage
from memory.remember.pipeline import CONTEXT_MESSAGES, TurnLease
from memory.remember.statements import may_state
from memory.tailoring import Tailoring
from models.client import Message
from text import checked, storable

# The platform's own bounds of a search.
MOST_RESULTS = 1_000
QUERY_MAX_CHARS = 10_000
# A platform that has emptied itself of a person says so within these.
EMPTY_WITHIN_S = 10.0
LOOK_S = 0.5
NO_SCOPES = "mem0's platform keeps agents and runs apart from people; here they cannot be named."
NO_FILTERS = "Memories at mem0's platform cannot be found by metadata here."
NO_PAST = "mem0's platform keeps no past: what held on another day cannot be asked for."


class HostedMemory:
    """Every call is bound to one person, and lets nothing through that the platform says is
    somebody else's.
    """

    on_platform = True

    def __init__(
        self,
        platform: Platform,
        binding: Binding,
        *,
        settings: Settings,
        tailoring: Tailoring,
        lock: threading.Lock,
        most_chars: int,
    ) -> None:
        """`lock`: one add at a time for the person in this process."""
        self._binding = binding
        self._person = PlatformPerson(platform, binding)
        self._notes = Notes(binding)
        self._settings = settings
        self._tailoring = tailoring
        self._lock = lock
        self._most_chars = most_chars

    def close(self) -> None:
        self._binding = cast(Binding, UnboundBinding())
        self._person = cast(PlatformPerson, UnboundBinding())
        self._notes = cast(Notes, UnboundBinding())

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
        """What the platform makes of messages, or with `infer=False` each text as it is.

        Waits until the platform is through with it. Raises InputError, MemoryFailed,
        PlatformUnavailable.
        """
        _check_scope(agent_id, run_id)
        extras = checked_extras(metadata, expiration_date)
        kept = checked_messages(messages)
        with self._lock:
            changes = self._inferred(kept, extras) if infer else self._verbatim(kept, extras)
            with self._transaction() as connection:
                self._notes.changed(connection, changes)
        return changes

    def remember(self, claim: TurnLease) -> list[Change]:
        """Have claimed turns remembered there, and mark them as done here.

        The platform is asked first: a turn whose mark fails is claimed again, and what it had added
        is known by its metadata, so that nothing is added twice.
        """
        with self._lock:
            params = {"turn_ids": list(claim.turn_ids), "lease": claim.lease}
            begun = self._binding.fetch(
                load("memory/store/memories")["begin_claimed"],
                {**params, "most": CONTEXT_MESSAGES},
            )[0]
            said = [SourceMessage.from_row(row) for row in begun["said"]]
            heard = [one["content"] for one in begun["before"]]
            known = self._added_before(claim) if claim.attempts > 1 else {}
            changes: dict[UUID, list[Change]] = {}
            for one in said:
                if one.turn_id is None:
                    continue
                if one.turn_id in known:
                    changes[one.turn_id] = known[one.turn_id]
                elif may_state(one.content, heard):
                    changes[one.turn_id] = self._of_turn(one)
            return self._settled(changes, params)

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
        return self._tailoring.hooks.found(query, self._search(query, top_k, threshold or 0.0))

    def recall(
        self, message: str, recent: Sequence[Message] = (), *, as_of: date | None = None
    ) -> Recollection:
        """What the platform finds for this message, as much as there is room for.

        One that points back is searched for together with the person's message before it.
        """
        _check_now(as_of)
        began = time.monotonic()
        budget = self._settings.recall_tokens
        before = [one["content"][-REWRITE_CHARS:] for one in recent if one["role"] == "user"]
        points_back = needs_rewriting(message, recent)
        query = " ".join([*before[-1:], message]) if points_back else message
        found = self._search(query, most_that_fit(budget), self._tailoring.threshold)
        found = self._tailoring.hooks.found(message, found)
        took_ms = (time.monotonic() - began) * 1_000
        told = fitting(found, budget, _shortened)
        ids = {memory.id for memory in told}
        recalled = [Recalled(one, _why(one), on_platform=True) for one in told]
        left_out = [
            Recalled(one, "There was no room for it.", on_platform=True)
            for one in found
            if one.id not in ids
        ]
        stage = Stage("mem0's platform", took_ms, f"{len(found)} found")
        return Recollection(tuple(recalled), (stage,), tuple(left_out[:5]))

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
        rows = self._binding.fetch(load("memory/store/memories")["time_zone"])
        return Days(zone_of(rows[0]["time_zone"] if rows else None))

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

    def update(self, memory_id: str, text: str) -> Memory:
        self.editor().rewrite(memory_id, text)
        return self.get(memory_id)

    def delete(self, memory_id: str) -> None:
        if not self.forget([memory_id]).ids:
            raise MemoryNotFound

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
        return HostedEditor(self._person, self._binding, most_chars=self._most_chars)

    def importer(self) -> Importer:
        _cannot("Files cannot be imported to mem0's platform here.")

    def exporter(self, days: Days) -> HostedExporter:
        return HostedExporter(self._person, self._binding, days)

    def catalogue(self, days: Days) -> HostedCatalogue:
        return HostedCatalogue(self._person)

    def _search(self, query: str, top_k: int, threshold: float) -> list[Memory]:
        wanted = checked(query[:QUERY_MAX_CHARS], max_chars=QUERY_MAX_CHARS, what="query")
        top_k = min(max(top_k, 1), MOST_RESULTS)
        return self._person.search(wanted, top_k=top_k, threshold=threshold)

    def _inferred(self, messages: Sequence[Mapping[str, str]], extras: Extras) -> list[Change]:
        said = [one for one in messages if one["role"] == "user"]
        if not said:
            return []
        return self._kept(self._person.add(messages, **self._given(extras)), messages)

    def _verbatim(self, messages: Sequence[Mapping[str, str]], extras: Extras) -> list[Change]:
        """One request a text: the platform says of several together not which became which."""
        changes: list[Change] = []
        for one in messages:
            text = self._tailoring.hooks.kept(one["content"])
            if text is not None:
                message = {"role": one["role"], "content": text}
                changes += self._person.add([message], infer=False, **self._given(extras))
        return changes

    def _of_turn(self, said: SourceMessage) -> list[Change]:
        message = {"role": "user", "content": said.content}
        given = self._given(Extras({"turn_id": str(said.turn_id)}))
        made = self._person.add([message], timestamp=int(said.at.timestamp()), **given)
        return self._kept(made, [message])

    def _given(self, extras: Extras) -> dict[str, Any]:
        """Besides the messages of an add; what is None is not sent."""
        day = extras.expiration_date
        return {
            "metadata": dict(extras.metadata) or None,
            "expiration_date": day.isoformat() if day else None,
            "custom_instructions": _instructions(self._tailoring) or None,
        }

    def _kept(self, changes: Sequence[Change], said: Sequence[Mapping[str, str]]) -> list[Change]:
        """What stays of what the platform made: nothing can wait for a yes there, so what looks
        suspicious goes again. The hook before keeping has its way there, too.
        """
        kept: list[Change] = []
        for one in changes:
            doubtful = suspicion(one.text, said=said) is not None
            text = None if doubtful else self._tailoring.hooks.kept(one.text)
            if text is None:
                self._person.delete(one.id)
                continue
            if text != one.text:
                self._person.update(one.id, text)
            kept.append(replace(one, text=storable(text)))
        return kept

    def _added_before(self, claim: TurnLease) -> dict[UUID, list[Change]]:
        """What an earlier try of these turns had the platform remember."""
        found: dict[UUID, list[Change]] = {}
        wanted = {str(turn_id): turn_id for turn_id in claim.turn_ids}
        for memory in self._person.every():
            turn_id = wanted.get(str(memory.metadata.get("turn_id")))
            if turn_id is not None:
                found.setdefault(turn_id, []).append(Change(memory.id, memory.text, "ADD"))
        return found

    def _settled(
        self, changes: Mapping[UUID, Sequence[Change]], params: Mapping[str, Any]
    ) -> list[Change]:
        """Mark and note; what came of turns that are not to be remembered any more goes again."""
        sql = load("memory/hosted/hosted")
        with self._transaction() as connection:
            marked = set(connection.execute(sql["mark_done"], params).scalars())
            open_still = set(connection.execute(sql["still_open"], params).scalars())
            for turn_id in marked & changes.keys():
                self._notes.changed(connection, changes[turn_id], turn_id=turn_id)
        for turn_id in changes.keys() - marked - open_still:
            for one in changes[turn_id]:
                with suppress(MemoryNotFound):
                    self._person.delete(one.id)
        return [one for turn_id in changes if turn_id in marked for one in changes[turn_id]]

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


def _instructions(tailoring: Tailoring) -> str:
    """What this deployment notes, in words that the platform's model reads."""
    lines = [tailoring.instructions] if tailoring.instructions else []
    if tailoring.only_kinds:
        lines.append(f"Note nothing but: {'; '.join(tailoring.only_kinds)}.")
    if tailoring.left_out_kinds:
        lines.append(f"Never note: {'; '.join(tailoring.left_out_kinds)}.")
    return "\n".join(lines)


def _why(memory: Memory) -> str:
    return f"mem0's platform found it, with a score of {memory.score or 0.0:.2f}."


def _shortened(memory: Memory, tokens: int) -> Memory:
    """By the least that a token can be: see memory/recall/budget.py."""
    most = max(int(tokens * 1.5) - len(SHORTENED), 1)
    return replace(memory, text=memory.text[:most] + SHORTENED)
