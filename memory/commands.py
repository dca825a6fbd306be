"""What a person asks of memory in so many words: "remember that …", "forget that …".

Carried out before the answer, so that the answer can say truthfully what happened.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from errors import KeepsakeError, MemoryNotFound, ModelError
from memory.binding import Binding
from memory.json_reply import read_object
from memory.llm import Models
from memory.prompts import load as load_prompt
from memory.prompts.answer import memory_lines
from memory.queries import load
from memory.records import Change, Memory
from memory.remembering import Claim

if TYPE_CHECKING:
    from memory.engine import UserMemory

log = logging.getLogger(__name__)

# More than a person names in one sentence; who wants all gone has "Delete all".
MOST_FORGOTTEN = 10
CANDIDATES = 20
LEASE_S = 300
UNTIL_LATER = "It could not be remembered yet. It will be tried again by itself."
_POLITE = (
    r"^(?:(?:ok|okay|and|also|please|hey|keepsake|now|then)[,:]?\s+)*"
    r"(?:(?:can|could|will|would) you (?:please )?)?"
)
_REMEMBER = re.compile(
    _POLITE
    + r"(?:remember|memori[sz]e|note|make a note|keep in mind|don'?t forget|save to memory)\b"
    r"(?! (?:when|how|what|who|where|why|if|the time)\b)[ ,:]*(?:that|this|the following)?[ ,:]+\S",
    re.IGNORECASE,
)
# "Forget it" and "forget about it" mean: never mind.
_FORGET = re.compile(
    _POLITE + r"(?:forget|delete|erase|remove|unlearn)\s+(?!it\b|about it\b|to\b)"
    r"(?P<what>(?:that|what|everything|all|about|my|the|where|who|how|which)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_LAST = re.compile(
    r"(?:that|this|the last (?:one|thing)|what i (?:just )?said)[.! ]*", re.IGNORECASE
)
_ALL = re.compile(
    r"(?:everything|all)(?: (?:about me|you know(?: about me)?))?[.! ]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Command:
    """`what` is to be forgotten; empty for what was remembered last."""

    kind: Literal["remember", "forget", "forget everything"]
    what: str = ""


def command_in(message: str) -> Command | None:
    """The command in a message, if it is one (English wordings). Questions never are."""
    text = message.replace("’", "'").strip()
    if text.endswith("?") and not re.match(_POLITE + r"$|(?:can|could|will|would) you", text, re.I):
        return None
    if _REMEMBER.match(text):
        return Command("remember")
    match = _FORGET.match(text)
    if match is None:
        return None
    what = match["what"].strip()
    if _ALL.fullmatch(what):
        return Command("forget everything")
    return Command("forget", "" if _LAST.fullmatch(what) else what)


class Commands:
    """Carries out commands of one person."""

    def __init__(self, memory: UserMemory, binding: Binding, models: Models) -> None:
        self._memory = memory
        self._binding = binding
        self._models = models

    def obey(self, command: Command, turn_id: UUID) -> list[str]:
        """Carry it out; what happened, a sentence each, for the answer to confirm."""
        try:
            if command.kind == "remember":
                return self._remember(turn_id)
            if command.kind == "forget":
                return self._forget(command.what, turn_id)
        except KeepsakeError as exc:
            log.warning("%s failed: %s", command.kind, type(exc).__name__)
            if command.kind == "remember":
                return [UNTIL_LATER]
            return ["It could not be forgotten. Nothing was changed."]
        return [
            "Nothing was forgotten. Everything can be forgotten at once on the page Memories, "
            "with Delete all."
        ]

    def _remember(self, turn_id: UUID) -> list[str]:
        turns = load("turns")
        params = {"turn_id": turn_id, "lease_s": LEASE_S}
        claimed = self._binding.fetch(turns["claim_own"], params)
        if not claimed:
            return [self._before(turn_id)]
        claim = Claim(self._binding.user_id, (turn_id,), claimed[0]["memory_lease"], 1)
        try:
            changes = self._memory.remember(claim)
        except KeepsakeError:
            about = {"turn_id": turn_id, "lease": claim.lease}
            self._binding.write(turns["unclaim_own"], about)
            raise
        return [told(change) for change in changes] or ["There was nothing in it to remember."]

    def _before(self, turn_id: UUID) -> str:
        """What became of a message that is not to be remembered now."""
        outcome = self._binding.fetch(load("turns")["memory_outcome"], {"turn_id": turn_id})
        match outcome[0]["memory_state"] if outcome else "done":
            case "paused":
                return "Memory is paused, so nothing was remembered."
            case "pending" | "working":
                return UNTIL_LATER
        return "This was seen to when it was said; nothing new was remembered now."

    def _forget(self, what: str, turn_id: UUID) -> list[str]:
        forgotten = [] if what else self._never_mind(turn_id)
        chosen = self._named(what) if what else self._latest(turn_id)
        for memory in chosen[:MOST_FORGOTTEN]:
            try:
                self._memory.delete(memory.id)
            except MemoryNotFound:
                continue
            forgotten.append(f"Forgotten: {memory.text}")
        return forgotten or ["Nothing was forgotten: no memory says that."]

    def _named(self, what: str) -> list[Memory]:
        """The memories that the person means, chosen by the model among the nearest."""
        found = self._memory.search(what, top_k=CANDIDATES, with_past=True)
        if not found:
            return []
        prompt = load_prompt("forget")
        asked = prompt.asking({"forget": what, "memories": memory_lines(found)})
        numbers = read_object(self._models.complete_json(asked, prompt.reply_form)).get("numbers")
        if not isinstance(numbers, list):
            raise ModelError
        wanted = {n for n in numbers if type(n) is int}
        return [memory for n, memory in enumerate(found, start=1) if n in wanted]

    def _never_mind(self, turn_id: UUID) -> list[str]:
        """What was said just before and waits to be remembered is not remembered any more."""
        closed = self._binding.fetch(load("turns")["close_turn_before"], {"turn_id": turn_id})
        return ["What was said just before will not be remembered."] if closed else []

    def _latest(self, turn_id: UUID) -> list[Memory]:
        """What the turn before this one, in its conversation, left in memory."""
        rows = self._binding.fetch(load("turns")["left_by_turn_before"], {"turn_id": turn_id})
        return [Memory.from_row(row) for row in rows]


def told(change: Change) -> str:
    """One change, in words that an answer can repeat."""
    if change.waits_for is not None:
        return f"Waits for your yes on the page Memories: {change.text}"
    words = {
        "ADD": "Remembered",
        "UPDATE": "Changed to",
        "CONFIRM": "Known already",
        "SUPERSEDE": "No longer true",
    }
    return f"{words.get(change.event, 'Changed')}: {change.text}"


def happened(sentences: Sequence[str]) -> str:
    """The sentences, one a line, for the prompt."""
    return "\n".join(" ".join(s.split()).replace("<", "&lt;") for s in sentences)
