"""What the demo model says to one chat request: JSON that was asked for, a title or an answer."""

import json
import re
from typing import Any

from local.demo.answers import Similarity, answer
from local.demo.extraction import extracted, said_by
from local.demo.files import answer_from_files, without_files
from local.demo.queries import helpful, meant, rewritten
from local.demo.titles import first_message, title_of
from local.demo.verdicts import verdicts
from local.demo.wire import ChatRequest

TITLE = re.compile(
    r"\b(?:short|brief|concise|few words)\b.*\btitle\b|\btitle\b.*\bconversation\b", re.S
)
EMPTY = {"array": [], "string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}
Schema = dict[str, Any]


def reply(request: ChatRequest, similarity: Similarity) -> str:
    """The text of the answer, decided from this request alone."""
    system = "\n".join(said_by(request.messages, "system", "developer"))
    said = said_by(request.messages, "user")
    prompt = said[-1] if said else ""
    memory = extracted(prompt)
    if memory is not None:
        return json.dumps({"memory": memory}, ensure_ascii=False)
    asks_for_title = request.schema_name == "title" or TITLE.search(system.lower())
    if "<memories>" not in system and asks_for_title:
        return _title(said, request)
    if request.schema_name == "reconcile":
        return json.dumps({"verdicts": verdicts(prompt)}, ensure_ascii=False)
    if request.schema_name == "rewrite":
        return json.dumps({"query": rewritten(request.messages)}, ensure_ascii=False)
    if request.schema_name == "forget":
        return json.dumps({"numbers": meant(prompt)})
    if request.schema_name == "rerank":
        return json.dumps({"numbers": helpful(prompt, similarity)})
    if request.wants_json:
        return json.dumps(_least(request.schema or {}, request.schema or {}))
    from_files = answer_from_files(prompt, similarity)
    return from_files or answer(system, [without_files(text) for text in said], similarity)


def _title(said: list[str], request: ChatRequest) -> str:
    title = title_of(first_message(said[0] if said else "")) or "New chat"
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
