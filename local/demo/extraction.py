"""Answers mem0's request for memories: facts in the new messages, with times and what they name."""

import json
import re
from collections.abc import Sequence
from datetime import date

from local.demo.facts import facts, joined, told
from local.demo.mentions import mentions
from local.demo.times import Told
from local.demo.wire import Json

# The user prompt that mem0's Memory.add sends. The memories before it are one line of JSON.
NEW_MESSAGES = re.compile(
    r"## Existing Memories\n(?P<known>.*?)\n\n## New Messages\n(?P<new>.*)\n\n?"
    r"## Observation Date\n(?P<day>\d{4}-\d\d-\d\d)?(?P<after>.*)",
    re.S,
)
LAST_MESSAGES = re.compile(r"## Last k Messages\n(.*?)\n## Recently Extracted Memories\n", re.S)
WRITTEN = re.compile(r"new messages were written on [^\n]{0,40}?(\d{4}-\d\d-\d\d)")
ROLE = re.compile(r"(?m)^(user|assistant|system): ")


def extracted(prompt: str) -> list[Json] | None:
    """The memories in the new messages of the user; None where the prompt asks for none."""
    asked = NEW_MESSAGES.search(prompt)
    if asked is None:
        return None
    last = LAST_MESSAGES.search(prompt)
    before = _known(asked["known"])
    for text in _said_by_user(last[1]) if last else []:
        before += facts(text)
    written = WRITTEN.search(asked["after"])
    on = _day(written[1] if written else asked["day"])
    found: list[Told] = []
    for text in _said_by_user(asked["new"]):
        for fact in told(text, before=before, on=on):
            found = joined(found, fact)
            before.append(fact.text)
    return [_memory(str(number), fact) for number, fact in enumerate(found)]


def said_by(messages: Sequence[Json], *roles: str) -> list[str]:
    """The texts of the messages of these roles."""
    return [_text(message["content"]) for message in messages if message.get("role") in roles]


def _text(content: object) -> str:
    """Of a message with pictures, the words alone."""
    if not isinstance(content, list):
        return str(content)
    parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(str(part.get("text", "")) for part in parts)


def _memory(number: str, fact: Told) -> Json:
    entities, relations = mentions(fact.text)
    return {
        "id": number,
        "text": fact.text,
        "attributed_to": "user",
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "entities": entities,
        "relations": relations,
    }


def _known(memories: str) -> list[str]:
    """The texts of the existing memories, the nearest last."""
    try:
        return [str(memory["text"]) for memory in reversed(json.loads(memories))]
    except (ValueError, TypeError, KeyError):
        return []


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _said_by_user(transcript: str) -> list[str]:
    """The user's messages of a "role: text" transcript, or of its JSON form."""
    if transcript.lstrip().startswith("["):
        try:
            return said_by(json.loads(transcript), "user")
        except (ValueError, TypeError, AttributeError):
            pass
    _, *parts = ROLE.split(transcript)
    return [
        text.strip() for role, text in zip(parts[::2], parts[1::2], strict=True) if role == "user"
    ]
