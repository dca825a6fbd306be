"""An answer that another process writes, followed as it is kept in the database.

Looks like a generation to a page: `follow`, `so_far`, `stop`. Its thinking is kept nowhere and not
seen here. If that process dies, the answer is closed with what it had said.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from uuid import UUID

from chat.processes.dead_answers import close_dead_answers
from chat.turns import Conversations, Progress
from errors import DatabaseUnavailable

log = logging.getLogger(__name__)

# As often as the other process saves, see chat/running_answers.py.
LOOK_S = 0.5
# A page that follows gives way to clicks so often.
LOOK_UP_S = 0.1


class AnswerElsewhere:
    """One answer of one person; every look is a statement as that person."""

    def __init__(self, conversations: Conversations, turn_id: UUID) -> None:
        self._conversations = conversations
        self._turn_id = turn_id
        self._text = ""

    def stop(self) -> None:
        """Have it stopped where it is; what was said is kept."""
        self._conversations.request_stop(self._turn_id)

    @property
    def so_far(self) -> tuple[str, str]:
        """What is known of the answer, and no thinking."""
        return self._text, ""

    def follow(self) -> Iterator[str]:
        """Yield something whenever there is more, and an empty piece whenever there is not, until
        the answer has ended or is gone.
        """
        look_at = 0.0
        while True:
            if time.monotonic() >= look_at:
                try:
                    progress = self._conversations.progress(self._turn_id)
                    if progress is None or self._has_ended(progress):
                        return
                    yield self._take(progress.content)
                except DatabaseUnavailable:
                    # It comes back; the other process goes on meanwhile.
                    log.warning("an answer elsewhere cannot be seen")
                look_at = time.monotonic() + LOOK_S
            yield ""
            time.sleep(LOOK_UP_S)

    def _has_ended(self, progress: Progress) -> bool:
        if progress.state == "streaming" and progress.is_silent:
            close_dead_answers(self._conversations.database)
            return True
        return progress.state != "streaming"

    def _take(self, content: str) -> str:
        """The whole where it is another one, since it may have begun anew; nothing otherwise."""
        if content == self._text:
            return ""
        self._text = content
        return content
