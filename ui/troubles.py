"""What whoever runs this place should put right, as visitors met it: told at /readyz for a while.

In memory of this process alone; holds nothing of a person.
"""

from __future__ import annotations

import logging
import time

TOLD_S = 600.0
_log = logging.getLogger(__name__)


class Troubles:
    """The last sentence of each part."""

    def __init__(self) -> None:
        self._met: dict[str, tuple[str, float]] = {}

    def note(self, part: str, sentence: str) -> None:
        """Tell it from now on; in the log once, as long as it stays the same."""
        before = self._met.get(part)
        self._met[part] = (sentence, time.monotonic())
        if before is None or before[0] != sentence or time.monotonic() - before[1] > TOLD_S:
            _log.warning("%s: %s", part, sentence)

    def forget(self, part: str) -> None:
        self._met.pop(part, None)

    def told(self) -> dict[str, str]:
        """Those that were met within the last ten minutes."""
        now = time.monotonic()
        return {part: said for part, (said, at) in self._met.items() if now - at < TOLD_S}


troubles = Troubles()
