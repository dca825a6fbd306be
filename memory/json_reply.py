"""What a model replied as JSON, read as leniently as is safe: the one reader for all such replies.

Models wrap JSON in a code block, think aloud before it, put a byte order mark first or prose around
it. Raises ModelAnswerInvalid where no JSON object can be found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from errors import ModelAnswerInvalid

_THOUGHTS = re.compile(r"^.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_DECODER = json.JSONDecoder(strict=False)
# Places where an object could begin that are tried; a reply of braces alone must not cost minutes.
_MOST_TRIES = 50


def read_object(reply: str) -> dict[str, Any]:
    """The JSON object in a reply; of several the first that is not empty."""
    text = _THOUGHTS.sub("", reply.lstrip("\ufeff"), count=1)
    found: dict[str, Any] | None = None
    for candidate in (text, _TRAILING_COMMA.sub("", text)):
        for value in _objects(candidate):
            if value:
                return value
            found = value
    if found is None:
        raise ModelAnswerInvalid("The model's reply could not be read.")
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            return
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
        else:
            yield value
        at = text.find("{", at)
