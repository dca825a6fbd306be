"""Why a memory that was found is not given to an answer, in words."""

from __future__ import annotations

from collections.abc import Container, Sequence

from memory.records import Memory

# Beyond, they have nothing to do with the message.
MOST_SHOWN = 5


def nearest_left_out(
    found: Sequence[Memory],
    given: Container[str],
    chosen: Container[str] | None,
    floor: float,
) -> list[tuple[Memory, str]]:
    """Of what was found, best first, the few next to what is given, each with why it is not.

    `given` are ids; `chosen` those that a model chose to be given, None where none was asked.
    """
    left = [memory for memory in found if memory.id not in given][:MOST_SHOWN]
    return [(memory, _why_not(memory, chosen, floor)) for memory in left]


def _why_not(memory: Memory, chosen: Container[str] | None, floor: float) -> str:
    if memory.similarity is None:
        return "It is only related to something that you mentioned."
    nearness = f"{max(memory.evidence, 0.0):.2f}"
    if memory.evidence < floor:
        return f"Too far from your message: nearness {nearness}, {floor:.2f} is needed."
    near = f"Near enough ({nearness})"
    if chosen is not None and memory.id not in chosen:
        return f"{near}, but the model found others more useful."
    return f"{near}, but there was no more room."
