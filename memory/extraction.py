"""mem0 as the one that finds what is worth remembering in messages.

mem0's Memory is built around our model, store and history. It swallows some failures of model and
embedder (facts would be lost without a word), so both are recorded here and raised afterwards.
Nothing is written: the binding that it is given collects the writes.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mem0 import Memory as Mem0
from mem0.configs.base import MemoryConfig
from mem0.configs.llms.base import BaseLlmConfig
from mem0.embeddings.base import EmbeddingBase
from mem0.llms.base import LLMBase
from mem0.memory import utils as mem0_utils

from config import Settings
from errors import ModelAnswerInvalid, ModelError
from memory.binding import Binding
from memory.collection import ENTITIES, NAME
from memory.history import History
from memory.llm import Models
from memory.prompts import EXTRACTION
from memory.records import Change
from memory.store import MemoryStore, Store
from memory.text import storable

# A model that loops must not fill somebody's memory: more from one turn is not kept.
MAX_FACTS = 50
MAX_FACT_CHARS = 2_000
# mem0 logs texts of memories at levels up to warning; logs hold no text of a person's.
logging.getLogger("mem0").setLevel(logging.CRITICAL)


class Extractor:
    """Finds facts in messages, for whichever person it is given a binding of."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self._models = models
        dims = settings.embedding_dims
        # Without its factories: those would open a local history file and rebuild indexes.
        template = Mem0.__new__(Mem0)
        template.config = MemoryConfig()
        template.collection_name = NAME
        template.api_version = template.config.version
        template.custom_instructions = EXTRACTION
        template.reranker = None
        template.vector_store = MemoryStore(NAME, dims=dims)
        template._entity_store = Store(ENTITIES, dims=dims)
        template.db = History()
        self._template = template

    def bind(self, binding: Binding) -> Mem0:
        """mem0's Memory for one person."""
        bound = copy.copy(self._template)
        bound.vector_store = self._template.vector_store.bind(binding)
        bound.llm = ExtractionModel(self._models, bound.vector_store)
        bound.embedding_model = Embedder(self._models)
        bound._entity_store = self._template._entity_store.bind(binding)
        bound.db = self._template.db.bind(binding)
        return bound

    def extract(self, messages: Sequence[Mapping[str, str]], binding: Binding) -> list[Change]:
        """What mem0 finds worth adding; its writes are left in the (deferred) binding.

        Raises ModelError if a model failed or answered nonsense on the way; then nothing counts.
        """
        mem0 = self.bind(binding)
        try:
            result = mem0.add(
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
        return [Change(r["id"], r["memory"], "ADD") for r in result["results"]]


class ExtractionModel(LLMBase):  # type: ignore[misc]
    """The memory model as mem0 wants it; replies are checked before mem0 sees them."""

    def __init__(self, models: Models, store: MemoryStore) -> None:
        super().__init__(BaseLlmConfig(model="set by MEMORY_MODEL"))
        self._models = models
        self._store = store
        self.failure: ModelError | None = None

    def generate_response(
        self,
        messages: list[dict[str, str]],
        tools: Any = None,
        tool_choice: str = "auto",
        **kwargs: Any,
    ) -> str:
        """One extraction reply in mem0's form."""
        try:
            reply = self._models.complete_json(
                [{"role": m["role"], "content": m["content"]} for m in messages]  # type: ignore[typeddict-item]
            )
            facts = checked_facts(reply)
        except ModelError as exc:
            self.failure = exc
            raise
        # mem0 compares with the ten nearest memories only.
        known = self._store.known([fact["text"] for fact in facts]) if facts else set()
        return json.dumps({"memory": [fact for fact in facts if fact["text"] not in known]})


class Embedder(EmbeddingBase):  # type: ignore[misc]
    """The embedding model as mem0 wants it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models
        self.failure: ModelError | None = None

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return self.embed_batch([text])[0]

    def embed_batch(self, texts: Sequence[str], memory_action: str = "add") -> list[list[float]]:
        try:
            return self._models.embed(texts)
        except ModelError as exc:
            self.failure = exc
            raise


def checked_facts(reply: str) -> list[dict[str, str]]:
    """The facts of an extraction reply that can be kept.

    Raises ModelAnswerInvalid if the reply is not `{"memory": [{"text": …}, …]}`: a reply that
    cannot be read is a failure, not "nothing to remember".
    """
    try:
        facts = json.loads(mem0_utils.remove_code_blocks(reply), strict=False)["memory"]
    except (ValueError, TypeError, KeyError) as exc:
        raise ModelAnswerInvalid("The memory model's reply could not be read.") from exc
    if not isinstance(facts, list) or not all(isinstance(f, dict) for f in facts):
        raise ModelAnswerInvalid("The memory model's reply has another form than asked for.")
    kept: dict[str, dict[str, str]] = {}
    for fact in facts[:MAX_FACTS]:
        text = fact.get("text")
        if not isinstance(text, str) or fact.get("attributed_to") == "assistant":
            continue
        text = " ".join(storable(text).split())
        if text and len(text) <= MAX_FACT_CHARS:
            kept.setdefault(text.casefold(), {"text": text, "attributed_to": "user"})
    return list(kept.values())
