"""What all people's memories share: settings, pool, models and what is made of them, mem0 among it.

Built once a process. Holds nobody's data, and cannot read or write any.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from config import Settings, prepare_mem0
from database.fair_use import FairUse, FairUseLimits
from database.transactions import Database
from memory.recall.relevance import Floor
from memory.remember.dependents import Dependents
from memory.remember.reconcile import MOST_PAIRS, Reconciler
from memory.tailoring import Hooks, Tailoring
from models.charged import ChargedModels
from models.client import Models
from models.spending import charged_to, spending


class Shared:
    """The parts by name; `models` may be exchanged, as tests do."""

    def __init__(
        self, settings: Settings, database: Database, models: Models, hooks: Hooks | None = None
    ) -> None:
        # Imported here: mem0 reads its settings, and writes a file, at import.
        prepare_mem0(settings)
        from memory.remember.extraction import Extractor
        from memory.store.mem0_history import History

        self.settings = settings
        self.database = database
        self.models = models
        self.tailoring = Tailoring.from_settings(settings, hooks)
        self.extractor = Extractor(settings, models, self.tailoring)
        self.history = History()
        self.floor = Floor(models, settings.embedding_model)
        # How often a model's answer could not be used, and why.
        self.counts: Counter[str] = Counter()
        self.reconciler = Reconciler(
            models,
            self.counts,
            pairs_a_call=1 if settings.model_is_local else MOST_PAIRS,
            outside=settings.model_is_outside,
        )
        self.dependents = Dependents(models, self.counts, outside=settings.model_is_outside)
        self.fair_use = FairUse(database, FairUseLimits.of(settings))
        self._turns: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def add_lock_of(self, user_id: UUID) -> threading.Lock:
        """One add at a time for each person in this process; others are told by `version`."""
        with self._lock:
            return self._turns[user_id]

    def models_charged_to(self, user_id: Callable[[], UUID]) -> Models:
        """They do what `models` do, and count it as that person's."""
        models = ChargedModels(lambda: self.models, lambda: self.charged(user_id()))
        return cast(Models, models)

    @contextmanager
    def charged(self, user_id: UUID) -> Iterator[None]:
        """What models are asked within counts as this person's, unless it counts already."""
        if spending() is not None:
            yield
            return
        with charged_to(self.fair_use.counting(user_id).spend):
            yield

    def close(self) -> None:
        self.models.close()
        self.fair_use.close()
        self.database.close()
