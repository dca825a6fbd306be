"""Messages as a model takes them that knows no system role, or no two messages of one role."""

from __future__ import annotations

from collections.abc import Sequence

from models.message import Message


def without_system(messages: Sequence[Message]) -> list[Message]:
    """What the system says stands at the beginning of the person's first message."""
    told = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    others = [m for m in messages if m["role"] != "system"]
    if not told:
        return others
    first = next((n for n, m in enumerate(others) if m["role"] == "user"), None)
    if first is None:
        return [Message(role="user", content=told), *others]
    joined = Message(**{**others[first], "content": f"{told}\n\n{others[first]['content']}"})
    return [*others[:first], joined, *others[first + 1 :]]


def alternating(messages: Sequence[Message]) -> list[Message]:
    """Messages of one role that follow each other are one; after the system the person is first.

    An answer with no message before it loses its place: nothing can be put before it.
    """
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            before = merged[-1]
            merged[-1] = Message(
                role=before["role"],
                content=f"{before['content']}\n\n{message['content']}",
                images=[*(before.get("images") or ()), *(message.get("images") or ())],
            )
        elif message["role"] != "assistant" or (merged and merged[-1]["role"] == "user"):
            merged.append(message)
    return merged


def are_alternating(messages: Sequence[Message]) -> bool:
    return len(alternating(messages)) == len(messages)
