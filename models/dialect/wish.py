"""What is wanted of a chat model, and the body of the request that asks a given server for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from models.dialect.feature import Feature
from models.dialect.roles import alternating, are_alternating, without_system
from models.message import Message

# Read by models that have no better way to be told; the test model knows the name by it as well.
FORM = (
    "Reply with one JSON object and nothing else: no other words, no code fence. It is named "
    "{name} and has this JSON schema: {schema}"
)


# In the place of pictures that a model has refused.
UNSEEN = "[Pictures came with this message. You cannot see pictures: say so if they are needed.]"


@dataclass(frozen=True, slots=True)
class Wish:
    """One reply of `model`: streamed or whole, as JSON of a form or as text.

    `sampling` and `extra` are further parts of the body, as the settings have them.
    """

    model: str
    messages: Sequence[Message]
    streamed: bool = False
    counted: bool = False
    json: bool = False
    schema: Mapping[str, Any] | None = None
    sampling: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


def used_by(wish: Wish, lacks: AbstractSet[Feature]) -> frozenset[Feature]:
    """The features that a request uses for this where those that are lacking are left out."""
    messages = messages_for(wish, lacks)
    by_schema = wish.schema is not None and Feature.SCHEMA not in lacks
    streamed = wish.streamed or Feature.WHOLE_REPLY in lacks
    uses = {
        Feature.SCHEMA: by_schema,
        Feature.JSON_OBJECT: wish.json and not by_schema,
        Feature.WHOLE_REPLY: not streamed,
        Feature.STREAM_OPTIONS: streamed and wish.counted,
        Feature.SYSTEM_ROLE: any(m["role"] == "system" for m in messages),
        Feature.ROLES_IN_A_ROW: not are_alternating(messages),
        Feature.SAMPLING: bool(wish.sampling),
        Feature.PICTURES: any(m.get("images") for m in messages),
    }
    return frozenset(feature for feature, used in uses.items() if used) - lacks


def body_of(wish: Wish, lacks: AbstractSet[Feature]) -> dict[str, Any]:
    """The body of a request that uses nothing of what is lacking."""
    uses = used_by(wish, lacks)
    body: dict[str, Any] = {
        "model": wish.model,
        "messages": [_param(message) for message in messages_for(wish, lacks)],
    }
    if Feature.SCHEMA in uses:
        body["response_format"] = {"type": "json_schema", "json_schema": wish.schema}
    elif Feature.JSON_OBJECT in uses:
        body["response_format"] = {"type": "json_object"}
    if Feature.WHOLE_REPLY not in uses:
        body["stream"] = True
    if Feature.STREAM_OPTIONS in uses:
        body["stream_options"] = {"include_usage": True}
    if Feature.SAMPLING in uses:
        body |= wish.sampling
    return body


def messages_for(wish: Wish, lacks: AbstractSet[Feature]) -> Sequence[Message]:
    """The messages in roles that the model takes, with the form of the reply where it must know."""
    messages = wish.messages
    if wish.schema is not None and Feature.SCHEMA in lacks:
        form = FORM.format(
            name=wish.schema.get("name", "reply"),
            schema=json.dumps(wish.schema.get("schema", {}), ensure_ascii=False),
        )
        messages = _told(messages, form)
    if Feature.PICTURES in lacks:
        messages = [_without_pictures(message) for message in messages]
    if Feature.SYSTEM_ROLE in lacks:
        messages = without_system(messages)
    if Feature.ROLES_IN_A_ROW in lacks:
        messages = alternating(messages)
    return messages


def _without_pictures(message: Message) -> Message:
    if not message.get("images"):
        return message
    return Message(role=message["role"], content=f"{message['content']}\n\n{UNSEEN}")


def _told(messages: Sequence[Message], form: str) -> list[Message]:
    """The form of the reply stands with the instructions, before the examples."""
    if messages and messages[0]["role"] == "system":
        first = Message(role="system", content=f"{messages[0]['content']}\n\n{form}")
        return [first, *messages[1:]]
    return [Message(role="system", content=form), *messages]


def _param(message: Message) -> dict[str, Any]:
    return {"role": message["role"], "content": _content(message)}


def _content(message: Message) -> str | list[dict[str, Any]]:
    images = message.get("images") or ()
    if not images:
        return message["content"]
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in images]
    return [{"type": "text", "text": message["content"]}, *pictures]
