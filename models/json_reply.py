"""What a model replied as JSON, read as leniently as is safe: the one reader for all such replies.

Models wrap JSON in a code block, think aloud before it, put a byte order mark first or prose around
it. Raises ModelAnswerInvalid where no JSON object can be found.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from errors import ModelAnswerInvalid
from models.reply.thinking_tags import AT_BEGINNING, END

# A text in quotes as it is, or what JSON has not: a comma that no value follows, a comment, an odd
# space. Texts end with their line: a single quotation mark in prose must not turn inside out what
# follows.
_TEXT_OR_ODD = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])|//[^\n]*|[\xa0\u3000]')
_DECODER = json.JSONDecoder(strict=False)
# Places where an object could begin that are tried; a reply of braces alone must not cost minutes.
_MOST_TRIES = 50
_PYTHON_CHARS = 20_000
Found = tuple[int, int, dict[str, Any]]


def read_object(reply: str) -> dict[str, Any]:
    """The JSON object in a reply; of several the first that is not empty."""
    text = _inner(reply.replace("\ufeff", ""))
    found: dict[str, Any] | None = None
    for value in _answered(text):
        if value:
            return value
        found = value
    if found is None:
        raise ModelAnswerInvalid("The model's reply could not be read.")
    return found


def _inner(text: str) -> str:
    """What stands in a reply that is JSON twice: an object as a text in quotes."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        inner = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, str) else text


def _answered(text: str) -> Iterator[dict[str, Any]]:
    """The objects that are no part of thinking: a closing tag counts where it is in no object."""
    objects = list(_objects(text))
    ends = [
        tag.end()
        for tag in END.finditer(text)
        if not any(start < tag.start() < end for start, end, _ in objects)
    ]
    if not ends and AT_BEGINNING.match(text):
        # It thought to the end, and what it tried out on the way is no answer.
        return
    begin = ends[-1] if ends else 0
    # Anew from there: an unclosed brace in its thinking may have swallowed what follows.
    yield from (value for _, _, value in _objects(text[begin:]))


def _objects(text: str) -> Iterator[Found]:
    """Each object with where it begins and ends."""
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            return
        decoded = _object_at(text, at)
        if decoded is None:
            end = at + 1
        else:
            value, end = decoded
            yield at, end, value
        at = text.find("{", end)


def _object_at(text: str, at: int) -> tuple[dict[str, Any], int] | None:
    """The object that begins there, as it is or without trailing commas, and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    # As long as before, so that its end is the same.
    rest = _TEXT_OR_ODD.sub(
        lambda found: found[0] if found[0][0] == '"' else " " * len(found[0]), text[at:]
    )
    try:
        value, length = _DECODER.raw_decode(rest)
    except (ValueError, RecursionError):
        return _python_dict_at(text, at)
    return value, at + length


def _python_dict_at(text: str, at: int) -> tuple[dict[str, Any], int] | None:
    """As Python writes it, with single quotes and None; to the last brace of the text alone."""
    end = text.rfind("}") + 1
    if end - at > _PYTHON_CHARS or not text[at:end].startswith(("{'", "{ '")):
        return None
    try:
        value = ast.literal_eval(text[at:end])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None
