"""What becomes of judged drafts in the database, in one transaction of the person's.

A new fact is added; a duplicate is noted at the memory that is there; a refinement replaces a text;
what is superseded ends, stays in the history, and what leans on it is marked as to be checked. What
looks suspicious waits for the person's yes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.sql import load
from memory.extras import NO_EXTRAS, Extras
from memory.firewall.firewall import Suspicion
from memory.graph.entity_resolution import EntityResolver, keys_of
from memory.graph.mentions import keepable
from memory.records import LONG_AGO, Change
from memory.remember.facts import Draft
from memory.remember.reconcile import Judgement
from memory.store.query_params import vector_text


@dataclass(frozen=True, slots=True)
class SourceMessage:
    """One message that facts come from. `turn_id` is None outside a conversation."""

    content: str
    at: datetime
    turn_id: UUID | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> SourceMessage:
        """From the JSON of memories.sql's `begin_claimed`."""
        at = datetime.fromisoformat(row["created_at"])
        return cls(row["content"], at, UUID(row["turn_id"]))


@dataclass(frozen=True, slots=True)
class JudgedFact:
    """A draft, what was judged of it, and the message that it most likely comes from."""

    draft: Draft
    judgement: Judgement
    said: SourceMessage
    suspicion: Suspicion | None = None
    # Of the merged text, where the judgement is "refines".
    vector: Sequence[float] | None = None
    # By a memory that this ends, those that lean on it.
    dependents: Mapping[str, Sequence[str]] = field(default_factory=dict)


class FactWriter:
    """Writes judged drafts in one transaction: its start takes the locks, `keep` writes.

    `version` is that of the person's memories under the locks; `marked` is how many of the claimed
    turns were marked as remembered. Where one is not what was expected, roll back.
    """

    def __init__(
        self,
        connection: Connection,
        user_id: UUID,
        judged: Sequence[JudgedFact],
        *,
        turn_ids: Sequence[UUID] = (),
        lease: UUID | None = None,
        extras: Extras = NO_EXTRAS,
    ) -> None:
        self._connection = connection
        self._user_id = user_id
        self._judged = judged
        self._extras = extras
        named = [keepable(one.draft.fact.entities, one.draft.fact.relations) for one in judged]
        self._named = dict(zip((one.draft.id for one in judged), named, strict=True))
        begun = connection.execute(
            load("memory/store/memories")["begin_keeping"],
            {
                "about": [i for one in judged for i in one.judgement.existing],
                "turn_ids": list(turn_ids),
                "lease": lease,
                **keys_of(mention for mentions, _ in named for mention in mentions),
            },
        ).one()
        self.version: str = begun.version
        self.marked: int = begun.marked
        self._held = {i: _Held.from_row(row) for i, row in (begun.held or {}).items()}
        self._register = EntityResolver(begun.known or ())
        self._rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("added", "refined", "ended", "to_check", "noted")
        }

    def keep(self) -> list[Change]:
        """Carry out all judgements, in order; what changed."""
        changes: list[Change] = []
        for one in self._judged:
            match one.judgement.verdict:
                case "duplicate":
                    changes += self._confirm(one)
                case "refines":
                    changes += self._refine(one)
                case "supersedes":
                    changes += self._supersede(one)
                case _:
                    changes += self._add(one)
        if changes:
            params = {"changes": json.dumps(self._rows), "graph": self._register.rows()}
            self._connection.execute(load("memory/store/memories")["keep"], params)
        return changes

    def _add(self, one: JudgedFact) -> list[Change]:
        draft, fact = one.draft, one.draft.fact
        pending_reason = one.suspicion.reason if one.suspicion else None
        valid_from = fact.valid_from or (LONG_AGO if fact.valid_to else one.said.at)
        invalid_at = self._extras.ends(valid_from, fact.valid_to)
        payload = {**self._extras.payload, **draft.payload}
        self._rows["added"].append(
            {
                "id": draft.id,
                "vec": vector_text(draft.vector),
                "metadata": {**payload, "user_id": str(self._user_id)},
                "turn_id": _text(one.said.turn_id),
                "valid_from": valid_from.isoformat(),
                "invalid_at": invalid_at.isoformat() if invalid_at else None,
                "waits_for": pending_reason,
                "judged": one.judgement.verdict,
            }
        )
        self._note(draft.id, "ADD", one, new=fact.text)
        self._register.describe(draft.id, *self._named[draft.id], is_new=True)
        return [Change(draft.id, fact.text, "ADD", pending_reason)]

    def _confirm(self, one: JudgedFact) -> list[Change]:
        existing = one.judgement.existing[0]
        held = self._held.get(existing)
        if held is None:
            return self._add(one)
        self._note(existing, "CONFIRM", one, new=held.text)
        return [Change(existing, held.text, "CONFIRM")]

    def _refine(self, one: JudgedFact) -> list[Change]:
        existing, text = one.judgement.existing[0], one.judgement.text
        held = self._held.get(existing)
        if text is None or one.vector is None or held is None:
            return self._add(one)
        self._rows["refined"].append(
            {
                "id": existing,
                "text": text,
                "vec": vector_text(one.vector),
                "cues": one.draft.fact.cues or None,
                "updated_at": datetime.now(UTC).isoformat(),
            }
        )
        self._note(existing, "UPDATE", one, old=held.text, new=text)
        self._register.describe(existing, *self._named[one.draft.id])
        held.text = text
        return [Change(existing, text, "UPDATE")]

    def _supersede(self, one: JudgedFact) -> list[Change]:
        changes = self._add(one)
        for existing in one.judgement.existing:
            held = self._held.get(existing)
            # Gone meanwhile, or written by the person's own hand since: it stays as it is.
            if held is None or not held.may_end(one.said.at):
                continue
            held.holds = False
            invalid_at = one.draft.fact.valid_from or one.said.at
            self._rows["ended"].append(
                {
                    "id": existing,
                    "invalid_at": invalid_at.isoformat(),
                    "superseded_by": one.draft.id,
                }
            )
            self._rows["to_check"] += [
                {"id": leaning, "because_of": existing}
                for leaning in one.dependents.get(existing, ())
            ]
            # The new text is found through superseded_by, and so goes when it is forgotten.
            self._note(existing, "SUPERSEDE", one, old=held.text)
            changes.append(Change(existing, held.text, "SUPERSEDE"))
        return changes

    def _note(
        self,
        memory_id: str,
        event: str,
        one: JudgedFact,
        *,
        old: str | None = None,
        new: str | None = None,
    ) -> None:
        row = {"id": memory_id, "event": event, "old": old, "new": new}
        self._rows["noted"].append({**row, "turn_id": _text(one.said.turn_id)})


@dataclass(slots=True)
class _Held:
    """A memory that is there, as far as what is written depends on it."""

    text: str
    holds: bool
    edited_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> _Held:
        edited_at = row["edited_at"]
        return cls(
            text=row["text"] or "",
            holds=row["holds"],
            edited_at=datetime.fromisoformat(edited_at) if edited_at else None,
        )

    def may_end(self, said_at: datetime) -> bool:
        return self.holds and (self.edited_at is None or self.edited_at < said_at)


def _text(turn_id: UUID | None) -> str | None:
    return str(turn_id) if turn_id else None
