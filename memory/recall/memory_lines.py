"""Memories as lines of a prompt: numbered, with the days between which each held."""

from __future__ import annotations

from collections.abc import Sequence

from memory.dates import Days
from memory.records import LONG_AGO, Memory


def memory_lines(memories: Sequence[Memory], days: Days) -> str:
    """`1. [2026-11-22] text`, a memory a line; `(none)` where there is none.

    What is over shows until when it was true: `[2024-03-01 to 2024-05-31]`, `[until 2020-12-31]`;
    what leans on something that ended, that it is to be checked: `[2026-11-22, to be checked]`.
    """
    if not memories:
        return "(none)"
    return "\n".join(
        f"{number}. [{_about(memory, days)}] {one_line(memory.text)}"
        for number, memory in enumerate(memories, start=1)
    )


def times_of(memory: Memory, days: Days) -> str:
    """The days between which it held on the person's calendar, as 2026-11-22."""
    since, until = days.since(memory), days.until(memory)
    if until is None:
        return f"{since}"
    return f"until {until}" if memory.valid_from == LONG_AGO else f"{since} to {until}"


def _about(memory: Memory, days: Days) -> str:
    checked = ", to be checked" if memory.leans_on is not None else ""
    return f"{times_of(memory, days)}{checked}"


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
