"""Which memories are not kept silently but wait, shown, for a yes.

Memories are data: what reads like an instruction to the assistant, a credential, a link that
carries data out, a fact that only the assistant said, or one out of a pasted text that is written
for an assistant is asked for. Plain wishes for the style of
answers ("short, in German") are facts about the person; wishes that touch safety, truth, where data
goes or what is recommended wait. Pure and linear: no model is asked, no text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from memory.firewall.attribution import only_assistant_said, shares_words, stands_only_in
from memory.firewall.credentials import holds_credential
from memory.firewall.disguise import decoded, folded, smuggles, unaccented, visible
from memory.firewall.instruction import instructs, mentions_the_user, speaks_of_the_user
from memory.firewall.links import carries_data_out
from memory.firewall.pasted import split_pasted

Reason = Literal["instruction", "credential", "exfiltration", "assistant_only"]

SENTENCES: dict[Reason, str] = {
    "instruction": "This reads like an instruction to the assistant, not like a fact about you.",
    "credential": "This looks like a password, a key or a card number, which is safer not kept.",
    "exfiltration": "This holds a link or an image that could carry your data somewhere else.",
    "assistant_only": "Only the assistant said this; you did not.",
}
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
    if holds_credential(seen, unaccented(seen)):
        return "credential"
    if carries_data_out(seen, fold):
        return "exfiltration"
    if speaks_of_the_user(seen):
        return "instruction"
    if smuggles(text) or decoded(seen) or instructs(fold, strong=False):
        return "instruction"
    if any(instructs(fold, strong=True) for fold in _sources(text, said)):
        return "instruction"
    if any(_was_planted(text, content) for content in _messages(text, said)):
        return "instruction"
    if only_assistant_said(text, said, attributed_to=attributed_to):
        return "assistant_only"
    return None


def _sources(text: str, said: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The person's messages that the memory came from, folded, and what is hidden in them.

    A short quotation is a mention, not a pasted document.
    """
    messages = _messages(text, said)
    for content in [m for m in messages if shares_words(text, m)] or messages:
        yield folded(_MENTION.sub(" ", content))
        yield from map(folded, decoded(visible(content)))


def _messages(text: str, said: Sequence[Mapping[str, str]]) -> list[str]:
    return [m["content"] for m in said if m["role"] == "user" and m["content"] != text]


def _was_planted(text: str, message: str) -> bool:
    """Whether a memory stands only in what was pasted, and that is written for an assistant."""
    own, pasted = split_pasted(message)
    if not pasted or not stands_only_in(text, pasted, own):
        return False
    fold = folded(pasted)
    return mentions_the_user(fold) or instructs(fold, strong=False)
