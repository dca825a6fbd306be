"""Embeds what may leave for the embedding model again, after a person has allowed a kind.

Until then each has a vector that says nothing, by which it is recognised. A worker claims a person
and renews its lease with each step; where it dies they are claimed again, and what was embedded by
then stays. Raises ModelError.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from database.binding import Binding
from database.sql import load
from database.transactions import Database
from memory.store import passages
from memory.store.outside import says_nothing
from memory.store.query_params import vector_text
from models.client import Models

LEASE_S = 300
# Looked at, and embedded at most, in one step.
BATCH = 100


@dataclass(frozen=True, slots=True)
class LetOut:
    """A person of whom memories may have been let out, claimed until `let_out_at`."""

    user_id: UUID
    let_out_at: datetime

    @classmethod
    def claim(cls, database: Database) -> Self | None:
        """The next one that is due; None where there is none."""
        with database.as_server(single=True) as connection:
            row = connection.execute(
                load("memory/store/let_out")["claim"], {"lease_s": LEASE_S}
            ).first()
        return cls(*row) if row else None

    def embed(self, binding: Binding, models: Models, dims: int) -> Iterator[int]:
        """How many were embedded by each step; after the last one nothing is due any more.

        It ends sooner where the claim is lost: then they are due again, or another worker has them.
        `binding` is the person's.
        """
        sql, after, held = load("memory/store/let_out"), 0, {"let_out_at": self.let_out_at}
        while rows := binding.fetch(sql["page"], {"after": after, "most": BATCH}):
            after = rows[-1]["seq"]
            found = [row for row in rows if _says_nothing(row, dims)]
            if found:
                _embed(found, binding, models)
            yield len(found)
            renewed = binding.fetch(sql["renew"], {**held, "lease_s": LEASE_S})
            if not renewed:
                return
            held = {"let_out_at": renewed[0]["let_out_at"]}
        binding.write(sql["done"], held)


def _says_nothing(row: Mapping[str, Any], dims: int) -> bool:
    """Stored as four bytes a number, the first few are enough to tell."""
    of_nothing = says_nothing(row["text"], dims)[: len(row["begins"])]
    return all(
        math.isclose(is_there, would_be, abs_tol=1e-6)
        for is_there, would_be in zip(row["begins"], of_nothing, strict=True)
    )


def _embed(rows: Sequence[Mapping[str, Any]], binding: Binding, models: Models) -> None:
    made = passages.embed([row["text"] for row in rows], models, [row["cues"] for row in rows])
    by_id = {row["id"]: embedded for row, embedded in zip(rows, made, strict=True)}
    found = [
        {
            **{name: row[name] for name in ("id", "text", "cues")},
            "vec": vector_text(by_id[row["id"]].vector),
        }
        for row in rows
    ]
    with binding.database.as_user(binding.user_id) as connection:
        connection.execute(load("memory/store/let_out")["set"], {"found": json.dumps(found)})
        passages.put(connection, {row["id"]: row["text"] for row in rows}, by_id)
