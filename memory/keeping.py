"""What becomes of judged drafts in the database, in one transaction of the person's.

A new fact is added; a duplicate is noted at the memory that is there; a refinement replaces a text;
what is superseded ends, and stays in the history. What looks suspicious waits for the person's yes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from memory.facts import Draft
from memory.firewall import Suspicion
from memory.graph import keep as keep_in_graph
from memory.queries import load
from memory.reconcile import Judgement
from memory.records import LONG_AGO, Change
from memory.search import vector_text


@dataclass(frozen=True, slots=True)
class Said:
    """One message that facts come from. `turn_id` is None outside a conversation."""

    content: str
    at: datetime
    turn_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft, what was judged of it, and the message that it most likely comes from."""

    draft: Draft
    judgement: Judgement
    said: Said
    suspicion: Suspicion | None = None
    # Of the merged text, where the judgement is "refines".
    vector: Sequence[float] | None = None


class Keeper:
    """Writes judged drafts on one connection."""

    def __init__(self, connection: Connection, user_id: UUID) -> None:
        self._connection = connection
        self._user_id = user_id
        self._sql = load("memories")

    def keep(self, judged: Sequence[Judged]) -> list[Change]:
        """Carry out all judgements, in order; what changed."""
        changes: list[Change] = []
        for one in judged:
            match one.judgement.verdict:
                case "duplicate":
                    changes += self._confirm(one)
                case "refines":
                    changes += self._refine(one)
                case "supersedes":
                    changes += self._supersede(one)
                case _:
                    changes += self._add(one)
        return changes

    def _add(self, one: Judged) -> list[Change]:
        draft, fact = one.draft, one.draft.fact
        waits_for = one.suspicion.reason if one.suspicion else None
        self._connection.execute(
            self._sql["insert"],
            {
                "id": draft.id,
                "vec": vector_text(draft.vector),
                "metadata": json.dumps({**draft.payload, "user_id": str(self._user_id)}),
                "turn_id": one.said.turn_id,
                "valid_from": fact.valid_from or (LONG_AGO if fact.valid_to else one.said.at),
                "invalid_at": fact.valid_to,
                "superseded_by": None,
                "waits_for": waits_for,
                "judged": one.judgement.verdict,
            },
        )
        keep_in_graph(
            self._connection,
            memory_id=draft.id,
            entities=fact.entities,
            relations=fact.relations,
            is_new=True,
        )
        return [Change(draft.id, fact.text, "ADD", waits_for)]

    def _confirm(self, one: Judged) -> list[Change]:
        existing = one.judgement.existing[0]
        row = self._connection.execute(self._sql["one"], {"id": existing}).mappings().first()
        if row is None:
            return self._add(one)
        self._note(existing, "CONFIRM", one, new=row["text"])
        return [Change(existing, row["text"], "CONFIRM")]

    def _refine(self, one: Judged) -> list[Change]:
        existing, text = one.judgement.existing[0], one.judgement.text
        if text is None or one.vector is None:
            return self._add(one)
        row = self._connection.execute(
            self._sql["update_text"],
            {
                "id": existing,
                "text": text,
                "vec": vector_text(one.vector),
                "updated_at": datetime.now(UTC).isoformat(),
                "by_hand": False,
            },
        ).first()
        if row is None:
            return self._add(one)
        self._note(existing, "UPDATE", one, old=row.old_text, new=text)
        keep_in_graph(
            self._connection,
            memory_id=existing,
            entities=one.draft.fact.entities,
            relations=one.draft.fact.relations,
        )
        return [Change(existing, text, "UPDATE")]

    def _supersede(self, one: Judged) -> list[Change]:
        changes = self._add(one)
        fact = one.draft.fact
        for existing in one.judgement.existing:
            row = self._connection.execute(
                self._sql["end_memory"],
                {
                    "id": existing,
                    "invalid_at": fact.valid_from or one.said.at,
                    "superseded_by": one.draft.id,
                    "said_at": one.said.at,
                },
            ).first()
            # Gone meanwhile, or written by the person's own hand since: it stays as it is.
            if row is not None:
                # The new text is found through superseded_by, and so goes when it is forgotten.
                self._note(existing, "SUPERSEDE", one, old=row.text)
                changes.append(Change(existing, row.text, "SUPERSEDE"))
        return changes

    def _note(
        self,
        memory_id: str,
        event: str,
        one: Judged,
        *,
        old: str | None = None,
        new: str | None = None,
    ) -> None:
        params: dict[str, Any] = {"memory_id": memory_id, "event": event, "old": old, "new": new}
        self._connection.execute(self._sql["note_change"], {**params, "turn_id": one.said.turn_id})
