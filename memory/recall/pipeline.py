"""Which memories an answer is given: rewrite → candidates → graph → rerank, or floor and budget.

Each stage can be switched off in the settings, says what it did and how long it took, and is left
out when it fails or is late: a recall needs the candidates and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from config import Settings
from errors import ModelError
from memory.graph.graph import Graph
from memory.recall.budget import Cut, chosen, fitting, most_that_fit, near
from memory.recall.left_out import nearest_left_out
from memory.recall.memory_lines import memory_lines
from memory.recall.passage import passages_for
from memory.recall.past import held_then, search_as_of
from memory.recall.points_back import points_back
from memory.recall.reader import MemoryReader
from memory.recall.recollection import (
    HELD_BACK,
    HELD_THEN,
    PERHAPS_THEN,
    Recalled,
    Recollection,
    Stage,
    why,
)
from memory.recall.relevance import Floor
from memory.records import LONG_AGO, Memory
from memory.tailoring import Tailoring
from models.client import Message, Models
from models.prompts import Prompt, load
from models.prompts.replies import NumbersReply, R, RewriteReply

log = logging.getLogger(__name__)
T = TypeVar("T")

# Longer than a model takes for one line; afterwards the message is searched for as it is.
REWRITE_WITHIN_S = 2.0
RERANK_WITHIN_S = 3.0
# Of each message by which another is understood.
REWRITE_CHARS = 300
# More, where more of them would fit.
CANDIDATES = 24
# What a memory gains by being related to something that the message names, for each hop.
GRAPH_GAIN = {1: 0.15, 2: 0.02}
# Of those that neither their meaning nor their words would have brought in.
MOST_LIFTED = 4


class Recaller:
    """Recalls for one message of one person."""

    def __init__(
        self,
        memory: MemoryReader,
        graph: Graph,
        models: Models,
        settings: Settings,
        counts: Counter[str],
        floor: Floor,
        tailoring: Tailoring,
    ) -> None:
        self._memory = memory.for_one_recall()
        self._graph = graph
        self._models = models
        self._settings = settings
        self._counts = counts
        self._threshold = tailoring.threshold
        self._floor = max(floor.value(), self._threshold)
        self._hooks = tailoring.hooks
        self._stages: list[Stage] = []

    def recall(
        self, message: str, recent: Sequence[Message] = (), *, as_of: date | None = None
    ) -> Recollection:
        """`recent` are the messages before this one; without them nothing is rewritten.

        With `as_of` what held at the end of that day on the person's calendar.
        """
        budget = self._settings.recall_tokens
        most = max(CANDIDATES, most_that_fit(budget))
        query = self._timed(
            "rewrite",
            lambda: self._rewritten(message, recent),
            lambda q: "with what was said before" * (q != message),
        )
        candidates = self._timed(
            "candidates", lambda: self._candidates(query, as_of, most), _counted
        )
        related = self._timed("graph", lambda: self._with_neighbours(query, candidates), _counted)
        if as_of is not None:
            days = self._memory.days()
            related = [memory for memory in related if days.held_on(memory, as_of)]
        related = self._hooks.found(message, related)
        free = self._free(related)
        enough = self._near_enough(free)
        cut = passages_for(
            query, self._memory, self._models, outside=self._settings.embeddings_are_outside
        )
        useful = self._timed("rerank", lambda: self._reranked(message, enough), _counted_or_none)
        are_all = len(candidates) < most
        if useful is None:
            told = chosen(enough, budget, cut, floor=self._floor, are_all=are_all)
        else:
            told = fitting(useful, budget, cut)
        held_back = self._held_back(
            self._near_enough(related),
            lambda near: chosen(near, budget, cut, floor=self._floor, are_all=are_all),
        )
        recalled = [Recalled(memory, why(memory)) for memory in told]
        if as_of is None:
            now = recalled
            recalled = self._timed("past", lambda: self._with_then(message, now, cut), _of_then)
        left_out = nearest_left_out(
            free,
            {one.memory.id for one in recalled},
            None if useful is None else {memory.id for memory in useful},
            self._floor,
        )
        return Recollection(
            tuple(recalled),
            tuple(self._stages),
            tuple(Recalled(memory, why_not) for memory, why_not in (*held_back, *left_out)),
        )

    def _near_enough(self, memories: Sequence[Memory]) -> list[Memory]:
        """By the threshold of the settings, which what the graph brought in does not need."""
        return [m for m in memories if m.similarity is None or m.evidence >= self._threshold]

    def _free(self, memories: list[Memory]) -> list[Memory]:
        """Those that may leave for the model."""
        if not self._settings.model_is_outside:
            return memories
        return [memory for memory in memories if not memory.stays_inside]

    def _held_back(
        self,
        related: Sequence[Memory],
        would_be_told: Callable[[Sequence[Memory]], Sequence[Memory]],
    ) -> list[tuple[Memory, str]]:
        """What would have been given, were it free to leave."""
        if not self._settings.model_is_outside or not any(m.stays_inside for m in related):
            return []
        return [(memory, HELD_BACK) for memory in would_be_told(related) if memory.stays_inside]

    def _candidates(self, query: str, as_of: date | None, most: int) -> list[Memory]:
        if as_of is not None:
            return search_as_of(self._memory, query, as_of, top_k=most)
        return self._memory.search(query, top_k=most, with_past=True)

    def _with_then(self, message: str, recalled: list[Recalled], cut: Cut) -> list[Recalled]:
        """With what held in the days that the message speaks of, after what is given anyway."""
        then = held_then(message, self._memory)
        if then is None:
            return recalled
        asked, memories = then[0], self._free(self._hooks.found(message, then[1]))
        held = {memory.id for memory in memories}
        now = [one for one in recalled if one.memory.id not in held]
        added = [
            Recalled(memory, PERHAPS_THEN if memory.valid_from == LONG_AGO else HELD_THEN, asked)
            for memory in fitting(memories, self._settings.recall_tokens // 2, cut)
        ]
        return [*now, *added]

    def _rewritten(self, message: str, recent: Sequence[Message]) -> str:
        """A message that points back with what it points to: by a model, or joined with the
        person's message before it, which finds more than a small model's rewriting does
        (bench.model_stages).
        """
        if not needs_rewriting(message, recent):
            return message
        before = [one["content"] for one in recent if one["role"] == "user"]
        joined = " ".join([*(said[-REWRITE_CHARS:] for said in before[-1:]), message])
        if not self._settings.recall_rewrite or self._settings.model_is_local:
            return joined
        said = [f"{one['role']}: {one['content'][-REWRITE_CHARS:]}" for one in recent[-4:]]
        asked = {"conversation": said, "message": message}
        reply = self._answer(load("rewrite", RewriteReply), asked, REWRITE_WITHIN_S)
        query = reply.query.strip() if reply else ""
        # The person's own words stay in, whatever the model made of them.
        return f"{query} {message}" if 0 < len(query) <= 500 else joined

    def _with_neighbours(self, query: str, found: list[Memory]) -> list[Memory]:
        """Memories around what the query names gain a little; a few that were too far come in."""
        if not self._settings.recall_graph:
            return found
        gained = {memory.id: memory for memory in found}
        around = self._graph.neighbours(query, hops=2, limit=20)
        far = [memory_id for memory_id, _ in around if memory_id not in gained]
        fetched = {memory.id: memory for memory in self._memory.get_many(far)}
        lifted = 0
        for memory_id, hops in around:
            memory = gained.get(memory_id) or fetched.get(memory_id)
            if memory is None:
                continue
            if memory.evidence < self._floor:
                lifted += 1
                if lifted > MOST_LIFTED:
                    continue
                # Without a similarity: it is told for what it is related to.
                memory = replace(memory, score=self._floor, similarity=None, keyword=None)
            score = (memory.score or 0.0) + GRAPH_GAIN[min(hops, 2)]
            gained[memory_id] = replace(memory, score=score)
        return sorted(gained.values(), key=lambda memory: -(memory.score or 0.0))

    def _reranked(self, message: str, related: Sequence[Memory]) -> list[Memory] | None:
        """Those that a model finds useful, of the nearest; as they are where it is of no use.

        None where none is asked.
        """
        if not self._settings.recall_rerank:
            return None
        found = near(related, self._floor)[:CANDIDATES]
        if len(found) < 2:
            return found
        asked = {"message": message, "memories": memory_lines(found, self._memory.days())}
        reply = self._answer(load("rerank", NumbersReply), asked, RERANK_WITHIN_S)
        if reply is None:
            return found
        numbers = [n for n in dict.fromkeys(reply.numbers) if 1 <= n <= len(found)]
        if reply.numbers and not numbers:
            return found  # it numbers something else
        return [found[n - 1] for n in numbers]

    def _answer(self, prompt: Prompt[R], question: object, timeout_s: float) -> R | None:
        """A model's reply; None if it fails, is late or answers nonsense."""
        asked = prompt.asking(question)
        try:
            reply = self._models.complete_json(asked, prompt.reply_form, timeout_s=timeout_s)
            return prompt.read(reply)
        except ModelError as exc:
            self._counts[f"{prompt.name} left out"] += 1
            log.warning("%s left out: %s", prompt.name, type(exc).__name__)
            return None

    def _timed(self, name: str, stage: Callable[[], T], did: Callable[[T], str]) -> T:
        started_at = time.perf_counter()
        outcome = stage()
        took_ms = (time.perf_counter() - started_at) * 1000
        self._stages.append(Stage(name, took_ms, did(outcome)))
        return outcome


def needs_rewriting(message: str, recent: Sequence[Message]) -> bool:
    """Whether a message is short and may point back at the conversation."""
    return bool(recent) and points_back(message)


def _counted_or_none(memories: Sequence[Memory] | None) -> str:
    return "" if memories is None else _counted(memories)


def _counted(memories: Sequence[Memory]) -> str:
    return f"{len(memories)} memories"


def _of_then(recalled: Sequence[Recalled]) -> str:
    then = [one.asked for one in recalled if one.asked]
    return f"{len(then)} of {then[0]}" if then else ""
