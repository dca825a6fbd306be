"""The messages of an add, as a program has them. Raises InputError.

A whole transcript may come as it is: dicts of OpenAI's form, messages of LangChain, content in
parts or null, calls of tools and what they gave. What person and assistant said is taken of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from errors import InputError
from text import checked, storable

# One text of an add; what the local and OpenAI's embedding models read of it is less.
ADD_MAX_CHARS = 100_000
# By any name that a role has; LangChain's messages say `type` instead of `role`.
ROLES = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
}
# The system prompt may carry recalled memories, which would be remembered again; what tools gave is
# nobody's word.
UNHEARD = frozenset({"system", "developer", "tool", "function"})
TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
# A list of such, one alone, or one text of the person's.
Messages = Sequence[Any] | Mapping[str, Any] | str
NEEDED = "A message needs a role (user, assistant, system or tool) and a content."


def checked_messages(messages: Messages) -> list[dict[str, str]]:
    """Those that something can be remembered of; one text alone is the person's."""
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif isinstance(messages, Mapping):
        messages = [messages]
    if not isinstance(messages, Sequence):
        raise InputError("Messages are a list of messages with a role and a content.")
    kept = []
    for message in messages:
        role, content = _role(message), _content(message)
        if role is not None and storable(content).strip():
            kept.append({"role": role, "content": checked(content, max_chars=ADD_MAX_CHARS)})
    return kept


def _role(message: Any) -> str | None:
    """Whose words they are; None where they are nobody's."""
    given = _part(message, "role") or _part(message, "type")
    if not isinstance(given, str) or given not in ROLES | dict.fromkeys(UNHEARD):
        raise InputError(NEEDED)
    return ROLES.get(given)


def _content(message: Any) -> str:
    """The text; of parts those that are text, one below the other."""
    given = _part(message, "content")
    # Calls of tools may come without any.
    if isinstance(message, Mapping) and not {"content", "tool_calls"} & message.keys():
        raise InputError(NEEDED)
    if given is None or isinstance(given, str):
        return given or ""
    if not isinstance(given, Sequence):
        raise InputError(NEEDED)
    return "\n".join(filter(None, map(_text_of_part, given)))


def _text_of_part(part: Any) -> str:
    """Pictures, sounds and calls of tools have none."""
    if isinstance(part, str):
        return part
    if _part(part, "type") not in TEXT_PARTS:
        return ""
    text = _part(part, "text")
    if not isinstance(text, str):
        raise InputError(NEEDED)
    return text


def _part(message: Any, name: str) -> Any:
    """Of a dict, or of an object as LangChain and openai have them."""
    return message.get(name) if isinstance(message, Mapping) else getattr(message, name, None)
