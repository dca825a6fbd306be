"""What the demo model says to one chat request: memories, a title, empty JSON or an answer."""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from local.demo.answers import Similarity, answer
from local.demo.facts import facts
from local.demo.sentences import FILLER
from local.demo.verdicts import verdicts
from local.demo.wire import ChatRequest, Json

# The user prompt that mem0's Memory.add sends. The memories before it are one line of JSON.
NEW_MESSAGES = re.compile(
    r"## Existing Memories\n.*?\n\n## New Messages\n(?P<new>.*)\n\n?## Observation Date\n"
    r"(?P<day>\d{4}-\d\d-\d\d)?",
    re.S,
)
LAST_MESSAGES = re.compile(r"## Last k Messages\n(.*?)\n## Recently Extracted Memories\n", re.S)
ROLE = re.compile(r"(?m)^(user|assistant|system): ")
TITLE = re.compile(
    r"\b(?:short|brief|concise|few words)\b.*\btitle\b|\btitle\b.*\bconversation\b", re.S
)
TITLE_WORDS = 6
EMPTY = {"array": [], "string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}
Schema = dict[str, Any]


def reply(request: ChatRequest, similarity: Similarity) -> str:
    """The text of the answer, decided from this request alone."""
    system = "\n".join(_of(request.messages, "system", "developer"))
    said = _of(request.messages, "user")
    prompt = said[-1] if said else ""
    asked = NEW_MESSAGES.search(prompt)
    if asked:
        return json.dumps({"memory": _memories(prompt, asked)}, ensure_ascii=False)
    if "<memories>" not in system and TITLE.search(system.lower()):
        return _title(said[0] if said else "", request)
    if request.schema_name == "reconcile":
        return json.dumps({"verdicts": verdicts(prompt)}, ensure_ascii=False)
    if request.wants_json:
        return json.dumps(_least(request.schema or {}, request.schema or {}))
    return answer(system, said, similarity)


def _memories(prompt: str, asked: re.Match[str]) -> list[Json]:
    """The facts in the new messages of the user, in mem0's form."""
    last = LAST_MESSAGES.search(prompt)
    before = _said_by_user(last[1]) if last else []
    day = date.fromisoformat(asked["day"]) if asked["day"] else None
    found: list[str] = []
    for text in _said_by_user(asked["new"]):
        found += facts(text, before=before, on=day)
        before.append(text)
    return [
        {"id": str(number), "text": text, "attributed_to": "user"}
        for number, text in enumerate(dict.fromkeys(found))
    ]


def _said_by_user(transcript: str) -> list[str]:
    """The user's messages of a "role: text" transcript, or of its JSON form."""
    if transcript.lstrip().startswith("["):
        try:
            return _of(json.loads(transcript), "user")
        except (ValueError, TypeError, AttributeError):
            pass
    _, *parts = ROLE.split(transcript)
    return [
        text.strip() for role, text in zip(parts[::2], parts[1::2], strict=True) if role == "user"
    ]


def _of(messages: Sequence[Json], *roles: str) -> list[str]:
    return [str(message["content"]) for message in messages if message.get("role") in roles]


def _title(text: str, request: ChatRequest) -> str:
    """The first words of the first message."""
    first = (FILLER.sub("", text.strip()) or text).strip().split("\n")[0]
    words = re.sub(r"[\"“”*#`<>]", "", first).split()[:TITLE_WORDS]
    title = " ".join(words).rstrip(" .,!?;:") or "New chat"
    title = title[:1].upper() + title[1:]
    if not request.wants_json:
        return title
    names = list((request.schema or {}).get("properties", {})) or ["title"]
    return json.dumps({names[0]: title}, ensure_ascii=False)


def _least(schema: Schema, root: Schema) -> Any:
    """The emptiest value that a JSON schema allows: what says nothing changes nothing."""
    if "$ref" in schema:
        found: Any = root
        for key in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found.get(key, {})
        return _least(found, root)
    options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if options:
        return _least(options[-1], root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    if kinds == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", list(properties))
        return {key: _least(properties.get(key, {}), root) for key in required}
    if isinstance(kinds, list):
        return None if "null" in kinds else EMPTY.get(kinds[0])
    return EMPTY.get(kinds)
