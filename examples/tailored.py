"""Memory fitted to a use: instructions, kinds, a threshold, a budget and both hooks.

Runs beside the app, with its settings in the environment and OWN_USER_IDS=on:

    .venv/bin/python examples/tailored.py
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# Where Keepsake is installed (`pip install .`), these are `from keepsake import ...`.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config import Settings
from memory.engine import Engine
from memory.records import Memory
from memory.tailoring import Hooks

PHONE = re.compile(r"\+?\d[\d ]{6,}\d")


def without_phone_numbers(text: str) -> str | None:
    """Before a memory is kept: no phone numbers, and nothing that is only said in confidence."""
    return None if "between us" in text else PHONE.sub("(a phone number)", text)


def unless_archived(query: str, memories: Sequence[Memory]) -> Sequence[Memory]:
    """After memories are found: archived ones only for who asks for them."""
    if "archive" in query.lower():
        return memories
    return [one for one in memories if not one.metadata.get("archived")]


def main() -> None:
    settings = replace(
        Settings.from_env(os.environ),
        memory_instructions="Note which of our products they use, with the version.",
        memory_left_out_kinds=("health: illness, allergies, medicine",),
        recall_threshold=0.2,
        recall_tokens=200,
    )
    hooks = Hooks(before_keeping=without_phone_numbers, after_finding=unless_archived)
    with Engine.from_settings(settings, hooks) as engine, engine.for_user("tailored") as memory:
        memory.delete_all()
        memory.add("I live in Lisbon. I am allergic to peanuts.")
        memory.add("Call the office at +351 210 000 000.", infer=False)
        memory.add("The key lies under the mat, but that is between us.", infer=False)
        memory.add("I like the old office.", infer=False, metadata={"archived": True})
        print("kept:", [one.text for one in memory.get_all()])
        print("office:", [one.text for one in memory.search("the office", threshold=0.3)])
        archived = memory.search("the office in the archive", threshold=0.3)
        print("archive:", sorted(one.text for one in archived))
        recalled = memory.recall("Where do I live?").recalled
        print("for an answer:", [one.memory.text for one in recalled])


if __name__ == "__main__":
    main()
