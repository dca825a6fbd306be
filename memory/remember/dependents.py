"""Which memories lean on one that ends, so that the person can be asked about them.

"Commutes by tram from Graz" is in doubt once "lives in Graz" is over. The memory model decides, a
pair at a time, for the few memories that are near to what ends or name the same things. Nothing
ends here, and where the model fails nothing is marked: what is kept of a message does not wait for
this.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from database.binding import Binding
from database.sql import load
from errors import ModelError
from models.client import Models
from models.prompts import load as load_prompt
from models.prompts.replies import LeansReply

log = logging.getLogger(__name__)

# Around each memory that ends; what names the same things comes first.
CANDIDATES_EACH = 4
# Of all together: each is a call.
MOST_CALLS = 8
# Cosine below which two facts that name nothing in common have nothing to do with each other.
FLOOR = 0.45


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that may lean on one that ends (`ended_id`)."""

    id: str
    text: str
    ended_id: str
    ended: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Candidate:
        return cls(row["id"], row["text"] or "", row["ended_id"], row["ended"] or "")


class Dependents:
    """Finds what leans on memories that are about to end."""

    def __init__(self, models: Models, counts: Counter[str], *, outside: bool = False) -> None:
        """`outside`: what is asked leaves this machine."""
        self._outside = outside
        self._models = models
        self._counts = counts

    def of(
        self, ended: Sequence[str], binding: Binding, scope: Mapping[str, Any]
    ) -> dict[str, list[str]]:
        """For ids of memories that are about to end, the ids of those that lean on each.

        In a `scope` only its own are looked at. Raises DatabaseError. A model that does not answer
        is counted, and finds nothing more.
        """
        if not ended:
            return {}
        params = {
            "ids": list(ended),
            "most": CANDIDATES_EACH,
            "floor": FLOOR,
            "scope": json.dumps(scope),
        }
        rows = binding.fetch(load("memory/store/memories")["around_ended"], params)
        if self._outside:
            rows = [row for row in rows if not row["stays_inside"]]
        found: defaultdict[str, list[str]] = defaultdict(list)
        try:
            for candidate in list(map(Candidate.from_row, rows))[:MOST_CALLS]:
                if self.leans(candidate.text, candidate.ended):
                    found[candidate.ended_id].append(candidate.id)
        except ModelError as exc:
            self._counts["dependents not asked about"] += 1
            log.warning("what leans on an end was not found out: %s", exc.user_message)
        return dict(found)

    def leans(self, text: str, ended: str) -> bool:
        """Whether a memory is in doubt once another is over. Raises ModelError."""
        prompt = load_prompt("leans", LeansReply)
        asked = prompt.asking({"over": ended, "note": text})
        reply = self._models.complete_json(asked, prompt.reply_form)
        return prompt.read(reply).in_doubt == "yes"
