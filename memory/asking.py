"""Asking the chat model for one answer: with memories, with what was said before, with files.

A model's context is finite. The oldest messages leave it many at a time, because a prompt that
begins differently has to be computed from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from memory.attachments import Attachment
from memory.commands import happened
from memory.llm import Message, Models
from memory.prompts.answer import answer_prompt, with_files
from memory.recall import Recalled

# Of earlier messages in a prompt, however large the context: some 12,000 tokens.
RECENT_CHARS = 48_000
# OpenAI's rule of thumb for English is 4; German and code have less.
CHARS_PER_TOKEN = 3
# For instructions, memories, the message itself and its answer.
KEPT_FREE_TOKENS = 2_500


def ask(
    models: Models,
    message: str,
    *,
    given: Sequence[Recalled] = (),
    recent: Sequence[Message] = (),
    files: Sequence[Attachment] = (),
    events: Sequence[str] = (),
    model: str | None = None,
    context_tokens: int,
) -> Iterator[str]:
    """Yield the answer in pieces; `events` tell what the message has done to memory."""
    prompt = answer_prompt(
        with_files(message, [(file.name, file.content) for file in files]),
        memories=[one.memory for one in given],
        recent=within_context(recent, context_tokens),
        now=datetime.now(UTC),
        happened=happened(events),
        images=[url for file in files if (url := file.data_url)],
    )
    return models.stream_chat(prompt, model=model)


def within_context(messages: Sequence[Message], context_tokens: int) -> list[Message]:
    """The latest messages that fit, oldest first; begins anew only after many more were said."""
    room = (context_tokens - KEPT_FREE_TOKENS) * CHARS_PER_TOKEN
    most = min(RECENT_CHARS, max(room, 0))
    too_many = sum(len(message["content"]) for message in messages) - most
    if too_many <= 0:
        return list(messages)
    # In steps of half the room, so that most turns leave the same ones away.
    step = max(most // 2, 1)
    leave = -(-too_many // step) * step
    kept = list(messages)
    while kept and leave > 0:
        leave -= len(kept.pop(0)["content"])
    return kept
