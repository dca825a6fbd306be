"""A program of somebody's who has installed Keepsake, and has modules of the same names.

Run by test_package.py, in a folder of its own: prints what it saw as one JSON object.
"""

from __future__ import annotations

import json
import logging
import os
import sys


def host() -> dict[str, object]:
    """What a library must leave as it is."""
    root = logging.getLogger()
    return {
        "environment": dict(os.environ),
        "handlers": [str(one) for one in root.handlers],
        "level": root.level,
        "logged": logging.getLogger("mem0").level,
        "hook": str(sys.excepthook),
    }


before = host()
import keepsake  # type: ignore[import-not-found]
from keepsake.database.migrations import read_migrations  # type: ignore[import-not-found]

import config
import errors
import memory
from memory.engine import MINE  # type: ignore[attr-defined]

after = host()
alice, bob = sys.argv[1:]
with keepsake.Engine.from_settings(keepsake.Settings.from_env(os.environ)) as engine:
    hers, his = engine.for_user(alice), engine.for_user(bob)
    (added,) = hers.add([{"role": "user", "content": "I live in Lisbon."}])
    seen = {
        "event": added.event,
        "found": [one.text for one in hers.search("Where do I live?", top_k=3)],
        "history": [one.event for one in hers.history(added.id)],
        "bob_found": [one.text for one in his.search("Where do I live?")],
        "bob_history": [one.event for one in his.history(added.id)],
    }
    try:
        his.get(added.id)
    except keepsake.MemoryNotFound as refused:
        seen["bob_get"] = refused.user_message
seen |= {
    "mine": [config.MINE, errors.MINE, memory.MINE, MINE],  # type: ignore[attr-defined]
    "left_alone": before == after,
    "version": keepsake.__version__,
    "files": [os.path.dirname(keepsake.__file__), os.path.dirname(config.__file__)],
    "migrations": [one.name for one in read_migrations()],
}
json.dump(seen, sys.stdout)
