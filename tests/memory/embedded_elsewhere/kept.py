"""What the tests keep: a text that names a pet, and one that names a place."""

from __future__ import annotations

from memory.engine import UserMemory

REX = "User's dog is called Rexaurus"
LISBON = "User lives in Lisbonia"


def told(memory: UserMemory, *texts: str) -> list[str]:
    added = memory.add([{"role": "user", "content": text} for text in texts], infer=False)
    return [one.id for one in added]
