"""Attempts at a memory that mem0's platform keeps for the throw-away account, as the person.

There is no database to refuse them there: what refuses is this app, which names the person in
each request and looks at whom each reply names. What the key could do beside that is said, and not
tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from errors import (
    ForeignMemory,
    KeepsakeError,
    MemoryFailed,
    MemoryNotFound,
    NotOnPlatform,
    PlatformRefused,
    PlatformUnavailable,
)
from isolation.attempt import Attempt, Trial, always, by, counted_others
from isolation.decoy import Decoy
from memory.engine import Engine, UserMemory

PATH = "mem0's hosted platform"
AWAY = (PlatformUnavailable, PlatformRefused)
NO_WALL = Attempt(
    PATH,
    "Ask the platform for their memories with this app's key, past this app",
    "It would answer: it keeps people apart by the user_id that it is asked for, by nothing else",
    None,
)


def platform_attempts(engine: Engine, person: UUID, decoy: Decoy) -> list[Attempt]:
    """Each attempt at a memory that is made for it and removed again; none without a platform."""
    if engine.platform is None:
        return []
    theirs = engine.for_user(decoy.user_id)
    try:
        (change,) = theirs.add(decoy.text, infer=False)
        target = replace(decoy, memory_id=change.id)
        trials = _trials(engine.for_user(person), target)
        attempts = [trial.run() for trial in trials]
        attempts.append(_afterwards(theirs, target))
    except (MemoryFailed, ValueError) as exc:
        said = (
            exc.user_message if isinstance(exc, KeepsakeError) else "Its reply is of another form"
        )
        attempts = [Attempt(PATH, "Keep a memory for the throw-away account", said, None)]
    finally:
        _remove(theirs)
    return [*attempts, NO_WALL]


def _trials(memory: UserMemory, decoy: Decoy) -> list[Trial]:
    theirs = decoy.memory_id
    by_id: dict[str, Callable[[], object]] = {
        "Read one of their memories by its id": lambda: memory.get(theirs),
        "Change its text": lambda: memory.update(theirs, "Changed by somebody else"),
        "Delete it": lambda: memory.delete(theirs),
        "Take it back as if a turn of mine had brought it": lambda: memory.turn_undo().change(
            decoy.turn_id, theirs, "ADD"
        ),
        "Read with an id that leads to another address": lambda: memory.get("../entities"),
    }
    lists: dict[str, Callable[[], object]] = {
        "Search for its exact text": lambda: memory.search(decoy.text, top_k=50),
        "Ask as for an answer": lambda: memory.recall(decoy.text).recalled,
        "List everything": memory.get_all,
        "Read its history": lambda: memory.history(theirs),
        "Forget it among others": lambda: memory.forget([theirs]).ids,
    }
    filters = {"OR": [{"user_id": str(decoy.user_id)}, {"user_id": "*"}]}
    return [
        *(
            Trial(PATH, what, act, always, by(MemoryNotFound), away=AWAY)
            for what, act in by_id.items()
        ),
        Trial(
            PATH,
            "Search with a filter that names them",
            lambda: memory.search(decoy.word, filters=filters),
            always,
            by(NotOnPlatform),
            away=AWAY,
        ),
        *(
            Trial(PATH, what, act, decoy.is_in, by(ForeignMemory), counted_others, away=AWAY)
            for what, act in lists.items()
        ),
    ]


def _afterwards(theirs: UserMemory, decoy: Decoy) -> Attempt:
    what = "Compare the memory of the throw-away account"
    try:
        now = theirs.get(decoy.memory_id).text
    except MemoryNotFound:
        return Attempt(PATH, what, "It is gone", held=False)
    same = now == decoy.text
    return Attempt(PATH, what, "It is as it was" if same else "It was changed", held=same)


def _remove(theirs: UserMemory) -> None:
    """It holds nothing of anybody's, so a check does not fail by it."""
    try:
        theirs.forget_all()
    except KeepsakeError:
        return
