"""Which memories are not kept silently but wait, shown, for a yes.

Memories are data: what reads like an instruction to the assistant, a credential, a link that
carries data out, or a fact that only the assistant said is asked for. Plain wishes for the style of
answers ("short, in German") are facts about the person; wishes that touch safety, truth, where data
goes or what is recommended wait. Pure and linear: no model is asked, no text is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from memory.firewall_disguise import (
    decoded,
    folded,
    read_backwards,
    smuggles,
    unspaced,
    visible,
)
from memory.firewall_kinds import kinds
from memory.firewall_links import carries_data_out
from memory.firewall_rules import (
    IMPERSONAL_RULES,
    PERSON,
    RULES,
    STRONG_RULES,
    STRONG_WORDINGS,
    WORDINGS,
)
from memory.firewall_secrets import holds_credential
from memory.firewall_words import only_assistant_said, shares_words

Reason = Literal["instruction", "credential", "exfiltration", "assistant_only"]

SENTENCES: dict[Reason, str] = {
    "instruction": "This reads like an instruction to the assistant, not like a fact about you.",
    "credential": "This looks like a password, a key or a card number, which is safer not kept.",
    "exfiltration": "This holds a link or an image that could carry your data somewhere else.",
    "assistant_only": "Only the assistant said this; you did not.",
}
_ANY_RULE = re.compile("|".join(RULES))
_STRONG_RULE = re.compile("|".join(STRONG_RULES))
_ANY_WORDING = re.compile("|".join(WORDINGS))
_STRONG_WORDING = re.compile("|".join(STRONG_WORDINGS))
_THE_USER = re.compile(r"\bthe user\b|\bthis user\b|\bthe user's\b")
_ABOUT_USER = re.compile(
    r"\W{0,3}(?:(?:in|on|at|since|during|every|last|until|by) [^.,]{1,30},? )?"
    r"(?:the |this )?user\b",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"\b(?:wants?|prefers|would like|likes|asks|wishes|asked|expects) (?:that )?"
    r"(?:the assistant|the ai|you|the chatbot|keepsake)(?: to| should)? (?:call|address|answer"
    r"|reply|respond|write|speak|talk|explain|keep|use|be|greet|format|give|start|end"
    r"|summari[sz]e|remind|remember)\b"
)
_NOT_STYLE = re.compile(
    r"\b(?:always|never|only|not|no|without|agree|safe\w{0,4}|warn\w{0,4}|filter\w{0,2}|tools?|links?"
    r"|https?|buy|brand|products?|secret\w{0,2}|rules|instructions|asking|confirm\w{0,6}|when|whenever"
    r"|if|data|money|medic\w{0,5}|unrestricted|uncensored|limits?|lie|true|truth|that .{0,20} is)\b"
)
_IMPERSONAL = re.compile("|".join(IMPERSONAL_RULES))
_PERSON = re.compile(PERSON)
_MENTION = re.compile(r"[\"“„«][^\"”“»\n]{1,60}[\"”“»]")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a memory waits; `sentence` is for the person."""

    reason: Reason
    sentence: str


def suspicion(
    memory_text: str, *, said: Sequence[Mapping[str, str]], attributed_to: str = "user"
) -> Suspicion | None:
    """Why this memory should wait for a yes, or None if it can be kept.

    `said` are the messages (`role`, `content`) that it was extracted from.
    """
    reason = _reason(memory_text, said, attributed_to)
    return Suspicion(reason, SENTENCES[reason]) if reason else None


def _reason(text: str, said: Sequence[Mapping[str, str]], attributed_to: str) -> Reason | None:
    seen = visible(text)
    fold = folded(text)
    if holds_credential(seen, _unaccented(seen)):
        return "credential"
    if carries_data_out(seen, fold):
        return "exfiltration"
    if _speaks_of_the_user(seen):
        return "instruction"
    if smuggles(text) or decoded(seen) or _instructs(fold, strong=False):
        return "instruction"
    if any(_instructs(fold, strong=True) for fold in _sources(text, said)):
        return "instruction"
    if only_assistant_said(text, said, attributed_to=attributed_to):
        return "assistant_only"
    return None


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _speaks_of_the_user(text: str) -> bool:
    """Whether an English text tells somebody else what to do about "the user".

    A fact begins with the person ("User …", "In 2020 the user …").
    """
    return _THE_USER.search(text) is not None and _ABOUT_USER.match(text) is None


def _plain_wish(fold: str) -> str:
    """The text without a plain wish for the style of answers."""
    match = _STYLE.search(fold)
    if match is None or _NOT_STYLE.search(fold):
        return fold
    return f"{fold[: match.start()]} {fold[match.end() :]}"


def _instructs(fold: str, *, strong: bool) -> bool:
    rule = _STRONG_RULE if strong else _ANY_RULE
    wording = _STRONG_WORDING if strong else _ANY_WORDING
    fold = fold if strong else _plain_wish(fold)
    read = kinds(unspaced(fold))
    if wording.search(fold) or rule.search(read):
        return True
    if not strong and _IMPERSONAL.search(read) and not _PERSON.search(fold):
        return True
    return read_backwards(fold) and rule.search(kinds(fold[::-1])) is not None


def _sources(text: str, said: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The person's messages that the memory came from, folded, and what is hidden in them.

    A short quotation is a mention, not a pasted document.
    """
    messages = [m["content"] for m in said if m["role"] == "user" and m["content"] != text]
    for content in [m for m in messages if shares_words(text, m)] or messages:
        yield folded(_MENTION.sub(" ", content))
        yield from map(folded, decoded(visible(content)))
