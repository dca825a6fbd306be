"""The prompt of an answer: what never changes first, the conversation next, memories last.

A model server keeps a prompt's beginning computed, so the instructions hold neither the date nor a
memory; both stand in the last message, before the person's words. Memories are data: escaped so
that none can close its fence, with a word that they are never instructions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from memory.llm import Message
from memory.records import LONG_AGO, Memory

# The opening of a tag that could end a fence.
_FENCE = re.compile(r"<(?=\s*/?\s*(?:file|memories|memory_events)\b)", re.IGNORECASE)
INSTRUCTIONS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").strip()
# A memory that is older than this shows when it was recorded; the day costs as much as the fact.
RECENT = timedelta(days=30)

NOTHING_ELSE = "Nothing else is known about them. Keep to these facts."
NOTHING_KNOWN = (
    "Nothing is known about them from earlier conversations. If they ask about themselves, and "
    "this conversation does not say it, say that you don't know it yet."
)
BLOCK = """\
<memories>
Today is {today}.
{memories}
</memories>

"""
# Added when the person asked for something of memory and it has been done, or not.
HAPPENED = """\
<memory_events>
{happened}
</memory_events>
The person asked for this with the message below. Confirm exactly what the block fenced as memory \
events tells, in a sentence or two, and promise nothing more.

"""


def answer_prompt(
    question: str,
    *,
    memories: Sequence[Memory],
    recent: Sequence[Message],
    now: datetime,
    happened: str = "",
    images: Sequence[str] = (),
) -> list[Message]:
    """The messages that ask the chat model for an answer.

    `images` are data URLs of pictures that came with the question.
    `happened` tells what was done in memory because this message asked for it.
    """
    block = BLOCK.format(
        today=f"{now:%A}, {now.day} {now:%B %Y}", memories=fact_lines(memories, now)
    )
    if happened:
        block += HAPPENED.format(happened=happened)
    return [*opening(recent), Message(role="user", content=block + question, images=images)]


def opening(recent: Sequence[Message]) -> list[Message]:
    """How the prompt of the next answer begins, whatever is asked and remembered."""
    return [Message(role="system", content=INSTRUCTIONS), *recent]


def fact_lines(memories: Sequence[Memory], now: datetime) -> str:
    """`- text`, a memory a line, the latest last, with its times where they say something.

    The last line tells a small model where its knowledge ends: without it, the model guesses.
    """
    if not memories:
        return NOTHING_KNOWN
    in_time = sorted(memories, key=lambda memory: memory.valid_from)
    lines = [f"- {_one_line(memory.text)}{_since(memory, now)}" for memory in in_time]
    return "\n".join([*lines, NOTHING_ELSE])


def _since(memory: Memory, now: datetime) -> str:
    if memory.invalid_at is not None:
        return f" ({_times(memory)})"
    said_long_ago = now - memory.recorded_at > RECENT
    dated = abs(memory.recorded_at - memory.valid_from) > timedelta(days=1)
    return f" (since {memory.valid_from:%Y-%m-%d})" if dated or said_long_ago else ""


def with_files(message: str, files: Sequence[tuple[str, str | None]]) -> str:
    """A message and, fenced, the names and texts of the files that came with it.

    A picture has no text; only its name stays once its turn is over.
    """
    blocks = [
        f'<file name="{_attribute(name)}">\n{_FENCE.sub("&lt;", content or "(a picture)")}\n</file>'
        for name, content in files
    ]
    return "\n\n".join([message, *blocks])


def _attribute(name: str) -> str:
    return _one_line(name).replace('"', "'")


def memory_lines(memories: Sequence[Memory]) -> str:
    """`1. [2026-11-22] text`, a memory a line; `(none)` where there is none.

    What is over shows until when it was true: `[2024-03-01 to 2024-05-31]`, `[until 2020-12-31]`.
    """
    if not memories:
        return "(none)"
    return "\n".join(
        f"{number}. [{_times(memory)}] {_one_line(memory.text)}"
        for number, memory in enumerate(memories, start=1)
    )


def _times(memory: Memory) -> str:
    since = f"{memory.valid_from:%Y-%m-%d}"
    if memory.invalid_at is None:
        return since
    until = f"{memory.invalid_at - timedelta(days=1):%Y-%m-%d}"
    return f"until {until}" if memory.valid_from == LONG_AGO else f"{since} to {until}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
