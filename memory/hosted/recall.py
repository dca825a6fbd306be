"""Which memories of mem0's platform an answer is given."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from config import Settings
from memory.hosted.person import PlatformPerson
from memory.recall.budget import SHORTENED, fitting, most_that_fit
from memory.recall.pipeline import REWRITE_CHARS, needs_rewriting
from memory.recall.recollection import Recalled, Recollection, Stage
from memory.records import Memory
from memory.tailoring import Tailoring
from models.client import Message
from text import checked

# The platform's own bounds of a search.
MOST_RESULTS = 1_000
QUERY_MAX_CHARS = 10_000


class HostedRecaller:
    """For one person."""

    def __init__(self, person: PlatformPerson, settings: Settings, tailoring: Tailoring) -> None:
        self._person = person
        self._settings = settings
        self._tailoring = tailoring

    def search(self, query: str, top_k: int, threshold: float) -> list[Memory]:
        """What the platform finds nearest, best first."""
        wanted = checked(query[:QUERY_MAX_CHARS], max_chars=QUERY_MAX_CHARS, what="query")
        top_k = min(max(top_k, 1), MOST_RESULTS)
        return self._person.search(wanted, top_k=top_k, threshold=threshold)

    def recall(self, message: str, recent: Sequence[Message] = ()) -> Recollection:
        """What HostedMemory.recall says."""
        began = time.monotonic()
        budget = self._settings.recall_tokens
        before = [one["content"][-REWRITE_CHARS:] for one in recent if one["role"] == "user"]
        points_back = needs_rewriting(message, recent)
        query = " ".join([*before[-1:], message]) if points_back else message
        found = self.search(query, most_that_fit(budget), self._tailoring.threshold)
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


def _why(memory: Memory) -> str:
    return f"mem0's platform found it, with a score of {memory.score or 0.0:.2f}."


def _shortened(memory: Memory, tokens: int) -> Memory:
    """By the least that a token can be: see memory/recall/budget.py."""
    most = max(int(tokens * 1.5) - len(SHORTENED), 1)
    return replace(memory, text=memory.text[:most] + SHORTENED)
