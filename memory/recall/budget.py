"""How many memories an answer is given: what fits into a number of tokens, the nearest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memory.records import Memory
from memory.store.passages import PASSAGE_TOKENS, tokens_in

# Shortens a memory's text to a number of tokens.
Cut = Callable[[Memory, int], Memory]
# Dash, day and line break around each.
LINE_TOKENS = 4
# Of one fact: "User's sister Clara works at Acme in Lisbon".
USUAL_TOKENS = 16
# However far they are from the message.
LEAST_TOLD = 5
SHORTENED = " […]"
# A passage of a long memory, as it is told. Less of one says little.
LEAST_CUT = LINE_TOKENS + PASSAGE_TOKENS + 10


def tokens_of(text: str) -> int:
    """The estimated tokens of a memory in a prompt."""
    return LINE_TOKENS + round(tokens_in(text))


def most_that_fit(budget: int) -> int:
    """As many memories of the usual length as have room."""
    return budget // USUAL_TOKENS


def fitting(memories: Sequence[Memory], budget: int, cut: Cut) -> list[Memory]:
    """As many as fit, in their order, without those too long for what is left.

    One that would take more than half of the budget is cut to that, or to what is left of it.
    """
    kept, left, most = list[Memory](), budget, budget // 2
    for memory in memories:
        if tokens_of(memory.text) > most:
            if left < min(most, LEAST_CUT):
                continue
            memory = cut(memory, min(most, left))
        tokens = tokens_of(memory.text)
        if tokens <= left:
            left -= tokens
            kept.append(memory)
    return kept


def near(ranked: Sequence[Memory], floor: float) -> list[Memory]:
    """Those with at least `floor` of evidence, or a relation to the message."""
    return [m for m in ranked if m.similarity is None or m.evidence >= floor]


def chosen(
    ranked: Sequence[Memory], budget: int, cut: Cut, *, floor: float, are_all: bool
) -> list[Memory]:
    """What an answer is given of the memories found, best first.

    All of a person's memories where they fit (`are_all` says that nothing else could be found).
    Otherwise those that are near, and the next nearest where these are few: ordinary questions
    share no word with what answers them. Where none is near, as for "What do you know about me?",
    the nearest that fit.
    """
    if are_all and sum(tokens_of(memory.text) for memory in ranked) <= budget:
        return list(ranked)
    nearest = near(ranked, floor)
    if not nearest:
        return fitting(ranked, budget, cut)
    ids = {memory.id for memory in nearest}
    others = [memory for memory in ranked if memory.id not in ids]
    return fitting([*nearest, *others[: max(LEAST_TOLD - len(nearest), 0)]], budget, cut)
