"""Whether a message can state anything at all, by its shape alone: no language is known here.

What is let through is read by a model, which decides. What is held back costs no call: a message
without a word, one that only asks, one word that answers nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# A question as long as this tells something on the way.
QUESTION_CHARS = 90
# What is shorter is understood only with the question beside it ("no, he is five").
STATED_CHARS = 40
_ENDS = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n+")
_SENTENCE = re.compile(r"[^.!?…。！？؟\n]+[.!?…。！？؟]*|[.!?…。！？؟]+")
_ASKS = re.compile(r"[?？؟]\s*[\"'”’)\]]*\s*$")
# Where a question goes on, it may state something beside.
_JOINED = re.compile(r"[,;:()\-–—、，；：]")


def may_state(message: str, before: Sequence[str] = ()) -> bool:
    """Whether the message has to be read; `before` are the messages before it, oldest first."""
    sentences = [s.strip() for s in _SENTENCE.findall(message) if _has_letters(s)]
    if not sentences:
        return False
    if all(_only_asks(sentence) for sentence in sentences):
        return False
    # "Lisbon." says where somebody lives, if that was asked.
    answers = bool(before) and bool(_ASKS.search(before[-1].strip()))
    return answers or not _is_one_word(message)


def without_questions(message: str) -> tuple[str, str]:
    """The message without the sentences that only ask, and those; as it is where little is left.

    A small model that reads a question first takes the whole message for one.
    """
    sentences = [one.strip() for one in _ENDS.split(message) if one and one.strip()]
    asked = [one for one in sentences if _only_asks(one)]
    stated = " ".join(one for one in sentences if not _only_asks(one))
    return (stated, " ".join(asked)) if asked and len(stated) >= STATED_CHARS else (message, "")


def _only_asks(sentence: str) -> bool:
    asks = bool(re.search(r"[?？؟]", sentence[-3:]))
    return asks and len(sentence) <= QUESTION_CHARS and not _JOINED.search(sentence)


def _is_one_word(message: str) -> bool:
    words = re.findall(r"\w+", message)
    # Scripts without spaces write a sentence as one word.
    return len(words) == 1 and (words[0].isascii() or len(words[0]) <= 2)


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(sign)[0] in "LN" for sign in text)
