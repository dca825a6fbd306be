"""Asking the chat model for one answer: with memories, with what was said before, with files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from memory.attachments import Attachment
from memory.commands import happened
from memory.llm import Message, Models
from memory.prompts.answer import answer_prompt, with_files
from memory.recall import Recalled

# Of earlier messages in a prompt; some 12,000 tokens.
RECENT_CHARS = 48_000


def ask(
    models: Models,
    message: str,
    *,
    given: Sequence[Recalled] = (),
    recent: Sequence[Message] = (),
    files: Sequence[Attachment] = (),
    events: Sequence[str] = (),
    model: str | None = None,
) -> Iterator[str]:
    """Yield the answer in pieces; `events` tell what the message has done to memory."""
    prompt = answer_prompt(
        with_files(message, [(file.name, file.content) for file in files]),
        memories=[one.memory for one in given],
        recent=_within(recent, RECENT_CHARS),
        now=datetime.now(UTC),
        happened=happened(events),
        images=[url for file in files if (url := file.data_url)],
    )
    return models.stream_chat(prompt, model=model)


def _within(messages: Sequence[Message], chars: int) -> list[Message]:
    """The latest messages that fit, oldest first."""
    kept: list[Message] = []
    for message in reversed(messages):
        chars -= len(message["content"])
        if chars < 0:
            break
        kept.append(message)
    return kept[::-1]
