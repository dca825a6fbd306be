"""What a request may use that not every model server takes, and by which words one says so."""

from __future__ import annotations

import re
from enum import Enum


class Feature(Enum):
    """Each may be left out of a request, which then says the same in another way."""

    SCHEMA = "replies by a JSON schema"
    JSON_OBJECT = "replies as any JSON object"
    WHOLE_REPLY = "replies that are not streamed"
    STREAM_OPTIONS = "the count of tokens with a stream"
    SYSTEM_ROLE = "a message of the system"
    ROLES_IN_A_ROW = "two messages of one role after each other"
    SAMPLING = "temperature and top_p"
    PICTURES = "pictures"
    # It kept an answer's thinking apart without this; with it, thinking begins before the answer.
    OPENING_TAG = "the opening tag of thinking"
    BASE64 = "vectors as base64"


# What cures a request that was refused without a word about the cause, in this order.
WITHOUT_A_WORD = (Feature.SCHEMA, Feature.JSON_OBJECT, Feature.STREAM_OPTIONS)
_FORMS = r"response_?format|json_?schema|json_?object|structured|grammar|guided|schema|json mode"
_WORDS = {
    Feature.STREAM_OPTIONS: r"stream_?options|include_usage",
    Feature.WHOLE_REPLY: r"non-?stream|only\b.{0,20}\bstream|stream\w* (?:mode )?(?:only|required)"
    r"|(?:must|has to|should) be stream|stream.{0,12}(?:must be|set to|=) ?true",
    Feature.SCHEMA: _FORMS,
    Feature.JSON_OBJECT: _FORMS,
    Feature.SYSTEM_ROLE: r"system|developer (?:role|instruction|message)|\brole",
    Feature.ROLES_IN_A_ROW: r"alternat|consecutive|in a row|same role|\brole",
    Feature.SAMPLING: r"temperature|top_p|sampling",
    Feature.PICTURES: r"image|picture|vision|multi-?modal|mmproj|图[像片]",
    Feature.BASE64: r"encoding_?format|base64",
}
_NAMED = {
    feature: re.compile(words, re.IGNORECASE | re.DOTALL) for feature, words in _WORDS.items()
}


def named_in(words: str) -> frozenset[Feature]:
    """The features that a server's refusal speaks of."""
    return frozenset(feature for feature, form in _NAMED.items() if form.search(words))
