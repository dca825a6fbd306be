"""mem0 as the one that finds what is worth remembering in messages.

mem0's Memory is built around our model, store and history. It swallows some failures of model and
embedder (facts would be lost without a word), so both are recorded here and raised afterwards.
Nothing is written: what it would insert comes back as drafts.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mem0 import Memory as Mem0
from mem0.configs.base import MemoryConfig
from mem0.configs.llms.base import BaseLlmConfig
from mem0.embeddings.base import EmbeddingBase
from mem0.llms.base import LLMBase

from config import Settings
from database.binding import Binding
from errors import ModelError
from memory.remember.facts import Draft, Fact, read_facts
from memory.remember.grounding import only_repeats
from memory.remember.kinds import is_of_kept_kind
from memory.remember.statements import may_state, without_questions
from memory.store.collection import ENTITIES, NAME
from memory.store.cues import between
from memory.store.mem0_history import History
from memory.store.mem0_store import MemoryStore, Payload, Store, StoredVector
from memory.tailoring import Tailoring
from models.client import Models
from models.language import other_language
from models.prompts import Prompt, load
from models.prompts.replies import ExtractReply, R
from models.spending import charged_to, spending

# By which a message is understood: what was said just before it, and of each the end.
CONTEXT_MESSAGES = 2
CONTEXT_CHARS = 400
# Cosine of two facts of one message that are the same ("is five", "turned five").
SAME_AT = 0.93
# Of a message in one call, in UTF-8: some 2,500 tokens in any script. With the prompt it fits into
# 4,096, of which servers such as Ollama cut the beginning off without a word.
PIECE_BYTES = 7_500


class Extractor:
    """Finds facts in messages, for whichever person it is given a binding of."""

    def __init__(self, settings: Settings, models: Models, tailoring: Tailoring) -> None:
        # mem0 logs texts of memories at levels up to warning; logs hold no text of a person's.
        logging.getLogger("mem0").setLevel(logging.CRITICAL)
        self._models = models
        self.tailoring = tailoring
        self._dims = dims = settings.embedding_dims
        # Without its factories: those would open a local history file and rebuild indexes.
        template = Mem0.__new__(Mem0)
        template.config = MemoryConfig()
        template.collection_name = NAME
        template.api_version = template.config.version
        template.custom_instructions = None
        template.reranker = None
        template.vector_store = MemoryStore(NAME, dims=dims)
        template._entity_store = Store(ENTITIES, dims=dims)
        template.db = History()
        self._template = template

    def bind(self, binding: Binding) -> Mem0:
        """mem0's Memory for one person."""
        bound = copy.copy(self._template)
        bound.vector_store = self._template.vector_store.bind(binding)
        bound.llm = ExtractionModel(self._models, self.tailoring, said=(), today="")
        bound.embedding_model = Embedder(self._models)
        bound._entity_store = self._template._entity_store.bind(binding)
        bound.db = self._template.db.bind(binding)
        return bound

    def extract(
        self,
        messages: Sequence[Mapping[str, str]],
        binding: Binding,
        *,
        before: Sequence[Mapping[str, str]],
        written_at: datetime,
    ) -> list[Draft]:
        """What mem0 finds worth adding. `binding` must be deferred; its writes are left in it.

        `before` are the messages of the conversation before these, by which they are understood.
        Raises ModelError if a model failed or answered nonsense on the way; then nothing counts.
        """
        context = [*before, *(m for m in messages if m["role"] == "assistant")]
        said = [message["content"] for message in messages if message["role"] == "user"]
        heard = [message["content"] for message in context]
        said = [text for text in said if may_state(text, heard)]
        if not said:
            return []
        mem0 = self.bind(binding)
        mem0.llm = ExtractionModel(
            self._models,
            self.tailoring,
            said=said,
            before=context,
            today=f"{written_at:%A %Y-%m-%d}",
        )
        mem0.vector_store = store = DraftStore(NAME, dims=self._dims)
        store._binding = binding
        # Its history is not kept: what becomes of the drafts is judged first.
        mem0.db = self._template.db.bind(
            Binding(binding.database, binding.user_id, turn_ids=binding.turn_ids, deferred=True),
            before=before,
        )
        try:
            mem0.add(
                [dict(message) for message in messages], user_id=str(binding.user_id), infer=True
            )
        except Exception as exc:
            failure = mem0.llm.failure or mem0.embedding_model.failure
            if failure is not None:
                raise failure from exc
            raise
        for failure in (mem0.llm.failure, mem0.embedding_model.failure):
            if failure is not None:
                raise failure
        facts = mem0.llm.facts
        drafts = _distinct(
            [Draft(i, facts[p["data"]], v, p) for i, v, p in store.drafts if p["data"] in facts]
        )
        return _with_cues(drafts, self._models)


def _with_cues(drafts: Sequence[Draft], models: Models) -> list[Draft]:
    """Drafts that are found by what they answer, too. Raises ModelError."""
    cued = [draft for draft in drafts if draft.fact.cues]
    of_cues = models.embed([draft.fact.cues for draft in cued]) if cued else []
    by_id = dict(zip((draft.id for draft in cued), of_cues, strict=True))
    return [
        replace(
            draft,
            vector=between(draft.vector, by_id[draft.id]),
            payload={**draft.payload, "cues": draft.fact.cues},
        )
        if draft.id in by_id
        else draft
        for draft in drafts
    ]


class DraftStore(MemoryStore):
    """Reads the person's memories and keeps to itself what would be inserted."""

    def __init__(self, name: str, *, dims: int) -> None:
        super().__init__(name, dims=dims)
        self.drafts: list[tuple[str, Sequence[float], Payload]] = []

    def search(
        self,
        query: str,
        vectors: Sequence[float],
        top_k: int = 5,
        filters: Payload | None = None,
    ) -> Sequence[StoredVector]:
        """Without the hashes by which mem0 drops what is there already: that is judged later."""
        found = super().search(query, vectors, top_k, filters)
        for one in found:
            one.payload.pop("hash", None)
        return found

    def _insert_rows(self, rows: Sequence[tuple[str, Sequence[float], Payload]]) -> None:
        self.drafts += rows


class ExtractionModel(LLMBase):  # type: ignore[misc]
    """The memory model as mem0 wants it: it reads our prompt, and mem0 reads checked facts.

    mem0's own prompt is some 9,000 tokens, of which a small model makes nothing.
    """

    def __init__(
        self,
        models: Models,
        tailoring: Tailoring,
        *,
        said: Sequence[str],
        before: Sequence[Mapping[str, str]] = (),
        today: str,
    ) -> None:
        super().__init__(BaseLlmConfig(model="set by MEMORY_MODEL"))
        self._models = models
        self._tailoring = tailoring
        self._message = "\n\n".join(said)
        self._before = before[-CONTEXT_MESSAGES:]
        self._today = today
        self.facts: dict[str, Fact] = {}
        # Of the model, or of a hook.
        self.failure: Exception | None = None

    def generate_response(
        self,
        messages: list[dict[str, str]],
        tools: Any = None,
        tool_choice: str = "auto",
        **kwargs: Any,
    ) -> str:
        """One extraction reply in mem0's form."""
        try:
            for piece in _pieces(self._message):
                self.facts |= {fact.text: fact for fact in self._extract(piece)}
        except Exception as exc:  # mem0 makes another error of it
            self.failure = exc
            raise
        return json.dumps(
            {"memory": [{"text": text, "attributed_to": "user"} for text in self.facts]}
        )

    def _extract(self, message: str) -> list[Fact]:
        message, asked_first = without_questions(message)
        earlier = [m["content"] for m in self._before if m["role"] == "user"]
        found = self._read(message, [*self._before, *_asked(asked_first)])
        facts = [fact for fact in found if not only_repeats(fact.text, message, earlier)]
        if found and not facts:
            # What was said before stood in the way of what is said now.
            facts = self._read(message, _asked(asked_first))
        return self._tailored(facts)

    def _read(self, message: str, before: Sequence[Mapping[str, str]]) -> list[Fact]:
        """The facts that the model finds in it, by what was said before."""
        prompt = instructed(load("extract", ExtractReply), self._tailoring.instructions)
        context = [
            f"{m['role']}: {m['content'][-CONTEXT_CHARS:]}" for m in before[-CONTEXT_MESSAGES:]
        ]
        asked: dict[str, Any] = {"today": self._today}
        if context:
            asked["before"] = context
        if language := other_language(message):
            asked["language"] = f"{language}; write facts in {language}"
        asked["message"] = message
        reply = self._models.complete_json(prompt.asking(asked), prompt.reply_form)
        return read_facts(prompt.read(reply), [message, *context])

    def _tailored(self, facts: Sequence[Fact]) -> list[Fact]:
        """Those of kinds that are kept here, as the hook before keeping leaves them."""
        texts = [
            self._tailoring.hooks.kept(fact.text)
            if is_of_kept_kind(fact.text, self._tailoring, self._models)
            else None
            for fact in facts
        ]
        return [
            fact if text == fact.text else replace(fact, text=text, entities=(), relations=())
            for fact, text in zip(facts, texts, strict=True)
            if text is not None
        ]


def _asked(questions: str) -> list[Mapping[str, str]]:
    """What a message asks beside what it states, as said before it."""
    return [{"role": "user", "content": questions}] if questions else []


def instructed(prompt: Prompt[R], instructions: str) -> Prompt[R]:
    """A prompt with what this deployment adds to it, after ours."""
    if not instructions:
        return prompt
    return replace(prompt, instructions=f"{prompt.instructions}\n\nHere, also:\n{instructions}")


def _distinct(drafts: Sequence[Draft]) -> list[Draft]:
    """Without those that say what another of the same message says, or a part of it."""
    kept: list[Draft] = []
    for draft in sorted(drafts, key=lambda one: -len(one.fact.text)):
        if not any(_says_the_same(draft, other) for other in kept):
            kept.append(draft)
    return [draft for draft in drafts if draft in kept]


def _says_the_same(one: Draft, other: Draft) -> bool:
    """Whether the longer `other` has all the words of `one`, or means the same."""
    words, more = (set(re.findall(r"\w+", d.fact.text.casefold())) for d in (one, other))
    if words <= more:
        return True
    if re.findall(r"\d+", one.fact.text) != re.findall(r"\d+", other.fact.text):
        return False
    lengths = math.hypot(*one.vector) * math.hypot(*other.vector)
    product: float = sum(map(operator.mul, one.vector, other.vector))
    return product >= SAME_AT * lengths


def _pieces(message: str) -> Iterator[str]:
    """A message in parts that a small model's context holds, cut between lines or words."""
    while len(message.encode()) > PIECE_BYTES:
        most = len(message.encode()[:PIECE_BYTES].decode(errors="ignore"))
        cut = max(message.rfind(end, 0, most) for end in ("\n", " "))
        cut = cut if cut > most // 2 else most
        yield message[:cut]
        message = message[cut:]
    yield message


class Embedder(EmbeddingBase):  # type: ignore[misc]
    """The embedding model as mem0 wants it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models
        # mem0 calls from threads of its own.
        self._spend = spending()
        self.failure: ModelError | None = None

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return self.embed_batch([text])[0]

    def embed_batch(self, texts: Sequence[str], memory_action: str = "add") -> list[list[float]]:
        try:
            with charged_to(self._spend):
                return self._models.embed(texts)
        except ModelError as exc:
            self.failure = exc
            raise
