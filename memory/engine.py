"""Long-term memory: built once as Engine, used bound to one person as UserMemory.

Only a bound memory can be read or written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self
from uuid import UUID

from config import Settings
from database.binding import Binding
from database.transactions import Database
from errors import Unbound
from memory.firewall.vocabulary import languages
from memory.hosted.memory import HostedMemory
from memory.hosted.platform import Platform
from memory.own_ids import OwnIds, is_account
from memory.shared import Shared
from memory.store.collection import ensure_collection, prove_protection
from memory.store.let_out import LetOut
from memory.tailoring import Hooks
from memory.user_memory import MEMORY_MAX_CHARS, UserMemory
from models.client import Models

__all__ = ["MEMORY_MAX_CHARS", "Engine", "UserMemory"]


class Engine(Shared):
    """The way to each person's memory. Holds nobody's data."""

    def __init__(
        self, settings: Settings, database: Database, models: Models, hooks: Hooks | None = None
    ) -> None:
        super().__init__(settings, database, models, hooks)
        self.own_ids = OwnIds(database)
        # Where it keeps the memories; None where the database does.
        self.platform = Platform(settings) if settings.memory_is_hosted else None

    @classmethod
    def from_settings(cls, settings: Settings, hooks: Hooks | None = None) -> Self:
        """Connect, make the collection where it is missing, and prove that the policies bind us.

        `hooks` stand for those of MEMORY_HOOKS.

        Raises DatabaseUnavailable, NotMigrated, DimensionMismatch, Unprotected, and ValueError
        where a table of the firewall is broken: now, and not at the first memory.
        """
        languages()
        ensure_collection(settings.database_url, dims=settings.embedding_dims)
        database = Database(settings.database_url, pool_size=settings.database_pool_size)
        prove_protection(database)
        return cls(settings, database, Models(settings), hooks)

    def for_user(self, user_id: UUID | str) -> UserMemory:
        """The memory of one person. Raises Unbound if `user_id` is not a UUID.

        With OWN_USER_IDS any text is somebody's id, and a new one a new person.
        """
        if self.settings.own_user_ids:
            user_id = self.own_ids.user_of(user_id)
        binding = Binding(self.database, user_id)
        if self.platform is None:
            return UserMemory(self, binding)
        return HostedMemory(self.platform, self, binding)

    def delete_user(self, own_id: str) -> bool:
        """The end of a person with an id of one's own and of all that they have; False: of nobody.

        An account ends on its own page. Raises Unbound for its id, and without OWN_USER_IDS. Where
        mem0's platform keeps the memories, they go there first; whoever is unknown is made for it.
        """
        if not self.settings.own_user_ids:
            raise Unbound("This needs OWN_USER_IDS.")
        if self.platform is not None and not is_account(own_id):
            self.for_user(own_id).forget_all()
        return self.own_ids.delete(own_id)

    def embed_let_out(self) -> Iterator[int]:
        """Embed what people let leave again, in steps: how many by each. Raises ModelError.

        Nothing where no text leaves to be embedded, nor where mem0's platform has them.
        """
        if not self.settings.embeddings_are_outside or self.platform is not None:
            return
        while claim := LetOut.claim(self.database):
            yield from self._embed_let_out_of(claim)

    def _embed_let_out_of(self, claim: LetOut) -> Iterator[int]:
        models = self.models_charged_to(lambda: claim.user_id)
        binding = Binding(self.database, claim.user_id)
        return claim.embed(binding, models, self.settings.embedding_dims)

    def close(self) -> None:
        if self.platform is not None:
            self.platform.close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
