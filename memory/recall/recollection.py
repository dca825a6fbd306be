"""What an answer is given of memory, what is left out, and why each, in words."""

from __future__ import annotations

from dataclasses import dataclass

from memory.recall.asked_days import AskedDays
from memory.records import Memory

# A smaller share of a query's words, by rarity, are words that most of the memories have.
SHARED = 0.1
HELD_THEN = "Held then."
HELD_BACK = "Held back: you said that it never leaves for a hosted model."
PERHAPS_THEN = "Perhaps held then: since when is not known."


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that an answer is given, or not, and why, in words.

    `asked` are the days in the past that the message speaks of, where it is given for them.
    `on_platform`: mem0's platform keeps it, so no row of ours stands behind it.
    """

    memory: Memory
    why: str
    asked: AskedDays | None = None
    on_platform: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did, for whoever wants to know."""

    name: str
    took_ms: float
    did: str


@dataclass(frozen=True, slots=True)
class Recollection:
    """The outcome of one recall; `left_out` are the nearest that the answer is not given."""

    recalled: tuple[Recalled, ...]
    stages: tuple[Stage, ...]
    left_out: tuple[Recalled, ...] = ()

    @property
    def held_back(self) -> int:
        """How many of them it would have been given, were its model one of this machine."""
        return sum(one.why == HELD_BACK for one in self.left_out)


NOTHING_RECALLED = Recollection((), ())


def held_back_note(count: int) -> str:
    """What is said of so many below an answer."""
    verb = "memory was" if count == 1 else "memories were"
    return f"{count:,} {verb} held back from the hosted model."


def why(memory: Memory) -> str:
    """The scores of a memory, in words."""
    similarity = memory.similarity
    if similarity is None:
        return "Related to something that you mentioned."
    words = []
    if similarity >= 0.5:
        words.append("means nearly the same")
    elif similarity >= 0.25:
        words.append("is close in meaning")
    if (memory.keyword or 0.0) > SHARED:
        words.append("shares words with your message")
    return ("It " + " and ".join(words) + ".") if words else "It may matter to your message."
