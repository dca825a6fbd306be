"""The log: plain lines, or with LOG_FORMAT=json an object a line, with the turn it is about.

In JSON an error is its kind and where it happened, never its words, which may quote a person.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO
from uuid import UUID

FRAMES = 6
# Libraries say addresses at INFO, with what stands behind the `?` of them.
_OURS = (
    *("account", "auth", "chat", "compare", "database", "isolation", "mcp_server", "memory"),
    *("models", "terminal", "ui", "worker"),
)
_turns: ContextVar[tuple[UUID, ...]] = ContextVar("turns", default=())


@contextmanager
def about_turns(turn_ids: Sequence[UUID]) -> Iterator[None]:
    """Inside, in this thread, every line of the log names these turns."""
    token = _turns.set(tuple(turn_ids))
    try:
        yield
    finally:
        _turns.reset(token)


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if turns := _turns.get():
            line["turns"] = [str(turn) for turn in turns]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
            line["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
            line["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
        line |= {key: value for key, value in vars(record).items() if key in ("state", "seconds")}
        return json.dumps(line, ensure_ascii=False)


def set_up(form: str, *, stream: TextIO | None = None) -> None:
    """For a program of ours, once at its start; a library leaves logging to its host.

    With "json" every line of the process is an object, those of libraries included; "text" leaves
    all as it is.
    """
    if form != "json":
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        if logging.NOTSET < logger.level < logging.WARNING:
            # Its own level would let through what root's does not.
            logger.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
