"""The parts of a message that a model sent: text, thinking, refusal, whole or a piece of it.

Servers send content as a string, as a list of typed parts, or null; thinking under names of their
own. Raises ModelAnswerInvalid where a reply has no form at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from errors import ModelAnswerInvalid

# DeepSeek, Qwen and vLLM; OpenRouter, Groq and Ollama; some gateways.
_THINKING_KEYS = ("reasoning_content", "reasoning", "thinking")
# Parts within parts that are looked into; nobody nests deeper.
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """What one message or one piece of it holds. `finish_reason` is "" until the end is told."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""
    finish_reason: str = ""


NOTHING = Parts()


def parts_of(reply: Mapping[str, Any]) -> Parts:
    """The parts of the first choice of a reply, streamed (`delta`) or whole (`message`)."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return NOTHING
    said = choice.get("delta")
    if not isinstance(said, dict):
        said = choice.get("message")
    if not isinstance(said, dict):
        said = {}
    reason = choice.get("finish_reason")
    content = said.get("content")
    if type(content) is str:
        text, thinking = content, ""
    else:
        found = list(_typed(content, 0)) if content else []
        text = "".join(words for kind, words in found if kind == "text")
        thinking = "".join(words for kind, words in found if kind == "thinking")
    for key in _THINKING_KEYS:
        if told := said.get(key):
            thinking += told if isinstance(told, str) else _all_words(told)
            break
    refusal = said.get("refusal")
    return Parts(
        text,
        thinking,
        refusal if isinstance(refusal, str) else "",
        reason if isinstance(reason, str) else "",
    )


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object that a server sent. Raises ModelAnswerInvalid where it is none."""
    try:
        reply = json.loads(body)
    except ValueError as exc:
        raise ModelAnswerInvalid from exc
    if not isinstance(reply, dict):
        raise ModelAnswerInvalid
    return reply


def token_count(usage: object, name: str) -> int | None:
    """A number of tokens as the server counted them; None where it did not."""
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int else None


def _typed(content: object, depth: int) -> Iterator[tuple[str, str]]:
    """Kind ("text" or "thinking") and words of each part; parts of other kinds say nothing."""
    if isinstance(content, str):
        yield "text", content
    elif isinstance(content, list) and depth < _DEEPEST:
        for part in content:
            yield from _typed(part, depth + 1)
    elif isinstance(content, dict):
        kind = str(content.get("type", "text"))
        if "think" in kind or "reason" in kind:
            yield "thinking", _all_words(content)
        elif kind in ("text", "output_text", "refusal"):
            words = content.get("text", content.get("refusal"))
            if isinstance(words, dict):
                words = words.get("value")
            if isinstance(words, str):
                yield "text", words


def _all_words(part: object, depth: int = 0) -> str:
    """All text in a part of thinking, however it is nested; nothing that is encrypted."""
    if isinstance(part, str):
        return part
    if depth >= _DEEPEST:
        return ""
    if isinstance(part, list):
        return "".join(_all_words(one, depth + 1) for one in part)
    if isinstance(part, dict):
        names = ("thinking", "text", "reasoning", "summary", "content")
        return next((_all_words(part[n], depth + 1) for n in names if part.get(n)), "")
    return ""
