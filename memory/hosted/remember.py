"""From what was said to what mem0's platform keeps of it.

The platform is asked first, and what came of it noted in the database, as the person.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.binding import Binding
from database.sql import load
from errors import MemoryNotFound
from memory.extras import Extras
from memory.firewall.firewall import suspicion
from memory.hosted.notes import Notes
from memory.hosted.person import PlatformPerson
from memory.records import Change
from memory.remember.persist import SourceMessage
from memory.remember.pipeline import CONTEXT_MESSAGES, TurnLease
from memory.remember.statements import may_state
from memory.tailoring import Tailoring
from text import storable


class HostedRememberer:
    """For one person; `lock`: one add at a time for them in this process."""

    def __init__(
        self,
        person: PlatformPerson,
        binding: Binding,
        *,
        tailoring: Tailoring,
        lock: threading.Lock,
    ) -> None:
        self._person = person
        self._binding = binding
        self._notes = Notes(binding)
        self._tailoring = tailoring
        self._lock = lock

    def add(
        self, messages: Sequence[Mapping[str, str]], extras: Extras, *, infer: bool
    ) -> list[Change]:
        with self._lock:
            made = self._inferred(messages, extras) if infer else self._verbatim(messages, extras)
            with self._transaction() as connection:
                self._notes.changed(connection, made)
        return made

    def remember(self, claim: TurnLease) -> list[Change]:
        """What HostedMemory.remember says."""
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

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._binding.database.as_user(self._binding.user_id)


def _instructions(tailoring: Tailoring) -> str:
    """What this deployment notes, in words that the platform's model reads."""
    lines = [tailoring.instructions] if tailoring.instructions else []
    if tailoring.only_kinds:
        lines.append(f"Note nothing but: {'; '.join(tailoring.only_kinds)}.")
    if tailoring.left_out_kinds:
        lines.append(f"Never note: {'; '.join(tailoring.left_out_kinds)}.")
    return "\n".join(lines)
