"""One person's memories as the Memories page works with them: counted, never all read."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Self

from account.preferences import Preference
from auth.sessions import Session
from database.fair_use import Use
from errors import SessionExpired
from memory.dates import Days
from memory.engine import UserMemory
from memory.manage.browse import Catalogue, Counts
from memory.manage.export_file import Form
from memory.manage.history_text import HistoryText, Line
from memory.manage.sources import Sources
from memory.records import Memory
from ui.resources import resources


@dataclass(frozen=True)
class MemoriesPageData:
    """The memory of one session's person, and the calendar that it is read by."""

    session: Session
    memory: UserMemory
    catalogue: Catalogue
    days: Days
    counts: Counts

    @classmethod
    def of(cls, session: Session, preference: Preference) -> Self:
        """Raises DatabaseError."""
        memory = resources().engine.for_user(session.user_id)
        days = Days(preference.zone)
        catalogue = memory.catalogue(days)
        return cls(session, memory, catalogue, days, catalogue.counts())

    @property
    def on_platform(self) -> bool:
        """Whether mem0's platform keeps them: then there is no past, no merge and no way back."""
        return self.memory.on_platform

    @property
    def may_stay_inside(self) -> bool:
        """Whether there is a hosted model that one could be kept from."""
        return resources().settings.model_is_outside and not self.on_platform

    def fair_use(self, *, stored_bytes: int) -> AbstractContextManager[Use]:
        """Around what adds so much. Raises FairUseReached."""
        return resources().engine.fair_use.using(self.session.user_id, stored_bytes=stored_bytes)

    def story(self, item: Memory) -> list[Line]:
        """The history of one memory in sentences. Raises DatabaseError."""
        events = self.memory.history(item.id)
        kin = self.catalogue.kin(item.id)
        sources = Sources(resources().database, self.session.user_id)
        told_by = sources.of_turns(event.turn_id for event in events)
        teller = HistoryText(self.days, told_by, kin.later)
        return teller.tell(item, events, kin.earlier, merged=kin.merged)

    def file(self, form: Form, ids: list[str] | None) -> bytes:
        """A file to take along, made when it is asked for, if the session still lives then.

        Raises SessionExpired, DatabaseError.
        """
        if resources().sessions.find(self.session.secret) is None:
            raise SessionExpired
        return self.memory.exporter(self.days).write(form, ids)


def of_memories(count: int) -> str:
    """1 memory, 2 memories."""
    return f"{count:,} {'memory' if count == 1 else 'memories'}"
