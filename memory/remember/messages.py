"""The messages of an add, as a program gives them. Raises InputError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errors import InputError
from text import checked, storable

# One text of an add; what the local and OpenAI's embedding models read of it is less.
ADD_MAX_CHARS = 100_000
ROLES = ("user", "assistant", "system")


def checked_messages(messages: Sequence[Mapping[str, str]] | str) -> list[dict[str, str]]:
    """Those that something can be remembered of; one text alone is the person's."""
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, Sequence):
        raise InputError("Messages are a list of messages with a role and a content.")
    kept = []
    for message in messages:
        role = message.get("role") if isinstance(message, Mapping) else None
        content = message.get("content") if isinstance(message, Mapping) else None
        if role not in ROLES or not isinstance(content, str):
            raise InputError("A message needs a role (user, assistant or system) and a content.")
        # The system prompt may carry recalled memories, which would be remembered again.
        if role != "system" and storable(content).strip():
            text_of_message = checked(content, max_chars=ADD_MAX_CHARS)
            kept.append({"role": role, "content": text_of_message})
    return kept
