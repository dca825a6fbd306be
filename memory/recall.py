"""Which memories an answer is given: rewrite → candidates → graph → rerank → floor and budget.

Each stage can be switched off in the settings, says what it did and how long it took, and is left
out when it fails or is late: a recall needs the candidates and nothing else.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from config import Settings
from errors import MemoryNotFound, ModelError
from memory.graph import Graph
from memory.json_reply import read_object
from memory.llm import Message, Models
from memory.prompts import load
from memory.prompts.answer import memory_lines
from memory.records import Memory
from memory.search import ALL_MOST, FLOOR, asks_for_everything, worth_telling

if TYPE_CHECKING:
    from memory.engine import UserMemory

log = logging.getLogger(__name__)
T = TypeVar("T")

# Longer than a model takes for one line; afterwards the message is searched for as it is.
REWRITE_WITHIN_S = 2.0
RERANK_WITHIN_S = 3.0
# Of each message by which another is understood.
REWRITE_CHARS = 300
CANDIDATES = 24
# What a memory gains by being related to something that the message names, for each hop.
GRAPH_GAIN = {1: 0.15, 2: 0.02}
# Of those that neither their meaning nor their words would have brought in.
MOST_LIFTED = 4
# A smaller share of a query's words, by rarity, are words that most of the memories have.
SHARED = 0.1
# However far they are from the message.
LEAST_TOLD = 5
# Some 1,500 tokens of memories.
BUDGET_CHARS = 6_000
_POINTS_BACK = re.compile(
    r"\b(he|him|his|she|her|hers|it|its|they|them|their|there|that|those|these|this one|"
    r"(the )?(first|second|third|last|other|former|latter)( one)?)\b|^\s*(and|but|so|what about)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that an answer is given, and why, in words."""

    memory: Memory
    why: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did, for whoever wants to know."""

    name: str
    took_ms: float
    did: str


@dataclass(frozen=True, slots=True)
class Recollection:
    """The outcome of one recall."""

    recalled: tuple[Recalled, ...]
    stages: tuple[Stage, ...]


class Recaller:
    """Recalls for one message of one person."""

    def __init__(
        self,
        memory: UserMemory,
        graph: Graph,
        models: Models,
        settings: Settings,
        counts: Counter[str],
    ) -> None:
        self._memory = memory
        self._graph = graph
        self._models = models
        self._settings = settings
        self._counts = counts
        self._stages: list[Stage] = []

    def recall(self, message: str, recent: Sequence[Message] = ()) -> Recollection:
        """`recent` are the messages before this one; without them nothing is rewritten."""
        if asks_for_everything(message):
            everything = self._memory.get_all()[-ALL_MOST:]
            return Recollection(
                tuple(Recalled(memory, "You asked for everything.") for memory in everything),
                (Stage("everything", 0.0, _counted(everything)),),
            )
        query = self._timed(
            "rewrite", lambda: self._rewritten(message, recent), lambda q: "asked" * (q != message)
        )
        candidates = self._timed(
            "candidates",
            lambda: self._memory.search(query, top_k=CANDIDATES, with_past=True),
            _counted,
        )
        related = self._timed("graph", lambda: self._with_neighbours(query, candidates), _counted)
        near = worth_telling(related)
        ranked = self._timed("rerank", lambda: self._reranked(message, near), _counted)
        if not self._settings.recall_rerank:
            ranked = _at_least(ranked, related)
        told = _within_budget(ranked[: self._settings.recall_top_k])
        return Recollection(
            tuple(Recalled(memory, why(memory)) for memory in told), tuple(self._stages)
        )

    def _rewritten(self, message: str, recent: Sequence[Message]) -> str:
        if not self._settings.recall_rewrite or not needs_rewriting(message, recent):
            return message
        said = [f"{one['role']}: {one['content'][-REWRITE_CHARS:]}" for one in recent[-4:]]
        asked = {"conversation": said, "message": message}
        query = self._answer("rewrite", asked, "query", REWRITE_WITHIN_S)
        if not isinstance(query, str) or not query.strip() or len(query) > 500:
            return message
        # The person's own words stay in, whatever the model made of them.
        return f"{query.strip()} {message}"

    def _with_neighbours(self, query: str, found: list[Memory]) -> list[Memory]:
        """Memories around what the query names gain a little; a few that were too far come in."""
        if not self._settings.recall_graph:
            return found
        gained = {memory.id: memory for memory in found}
        lifted = 0
        for memory_id, hops in self._graph.neighbours(query, hops=2, most=20):
            memory = gained.get(memory_id) or self._get(memory_id)
            if memory is None:
                continue
            if memory.evidence < FLOOR:
                lifted += 1
                if lifted > MOST_LIFTED:
                    continue
                # Without a similarity: it is told for what it is related to.
                memory = replace(memory, score=FLOOR, similarity=None, keyword=None)
            score = (memory.score or 0.0) + GRAPH_GAIN[min(hops, 2)]
            gained[memory_id] = replace(memory, score=score)
        return sorted(gained.values(), key=lambda memory: -(memory.score or 0.0))

    def _get(self, memory_id: str) -> Memory | None:
        try:
            return self._memory.get(memory_id)
        except MemoryNotFound:
            return None

    def _reranked(self, message: str, found: list[Memory]) -> list[Memory]:
        if not self._settings.recall_rerank or len(found) < 2:
            return found
        asked = {"message": message, "memories": memory_lines(found)}
        numbers = self._answer("rerank", asked, "numbers", RERANK_WITHIN_S)
        if not isinstance(numbers, list):
            return found
        chosen = [n for n in dict.fromkeys(numbers) if type(n) is int and 1 <= n <= len(found)]
        return [found[n - 1] for n in chosen] or found

    def _answer(self, name: str, question: object, key: str, within_s: float) -> object:
        """One value of a model's reply; None if it fails, is late or answers nonsense."""
        prompt = load(name)
        asked = prompt.asking(question)
        try:
            reply = self._models.complete_json(asked, prompt.reply_form, timeout_s=within_s)
            return read_object(reply).get(key)
        except ModelError as exc:
            self._counts[f"{name} left out"] += 1
            log.warning("%s left out: %s", name, type(exc).__name__)
            return None

    def _timed(self, name: str, stage: Callable[[], T], did: Callable[[T], str]) -> T:
        started_at = time.perf_counter()
        outcome = stage()
        took_ms = (time.perf_counter() - started_at) * 1000
        self._stages.append(Stage(name, took_ms, did(outcome)))
        return outcome


def needs_rewriting(message: str, recent: Sequence[Message]) -> bool:
    """Whether a message points back at the conversation (English wordings) and is short."""
    return bool(recent) and len(message) <= 160 and bool(_POINTS_BACK.search(message))


def why(memory: Memory) -> str:
    """The scores of a memory, in words."""
    similarity = memory.similarity
    if similarity is None:
        return "Related to something that you mentioned."
    words = []
    if similarity >= 0.5:
        words.append("means nearly the same")
    elif similarity >= 0.25:
        words.append("is close in meaning")
    if (memory.keyword or 0.0) > SHARED:
        words.append("shares words with your message")
    return ("It " + " and ".join(words) + ".") if words else "It may matter to your message."


def _at_least(ranked: list[Memory], found: Sequence[Memory]) -> list[Memory]:
    """With the next nearest where few are near enough: ordinary questions share no word with what
    answers them, and what does not help does little harm.
    """
    ids = {memory.id for memory in ranked}
    more = [memory for memory in found if memory.id not in ids]
    return [*ranked, *more[: max(LEAST_TOLD - len(ranked), 0)]]


def _within_budget(memories: Sequence[Memory]) -> list[Memory]:
    """Without those that are too long for what is left of it."""
    kept, left = [], BUDGET_CHARS
    for memory in memories:
        if len(memory.text) <= left:
            left -= len(memory.text)
            kept.append(memory)
    return kept


def _counted(memories: Sequence[Memory]) -> str:
    return f"{len(memories)} memories"
