"""What a person asks of memory in so many words: to remember something, or to forget it.

Words only decide whether a model is asked; its structured answer decides what the message wants,
in whichever language, and which memories it names. In doubt it is a message like any other. What is
asked is carried out before the answer, so that the answer can say truthfully what happened; all
else that the message asks is answered, and all else that it tells is remembered.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.commands.words import kinds_in, words_in
from database.binding import Binding
from database.sql import load
from errors import KeepsakeError, MemoryNotFound, ModelError
from memory.engine import UserMemory
from memory.records import Change, Memory
from memory.remember.pipeline import TurnLease
from models.client import Models
from models.prompts import load as load_prompt
from models.prompts.replies import ForgetReply, WhichReply

log = logging.getLogger(__name__)

# More than a person names in one sentence; who wants all gone has "Delete all".
MOST_FORGOTTEN = 10
CANDIDATES = 20
# A local model that has not read this prompt yet takes half of it, on two busy cores.
ASK_WITHIN_S = 30.0
LEASE_S = 300
# What a message may only seem to ask is told on a condition: whoever answers reads it whole.
IF_REMEMBER = "If the message asks to remember something: "
UNTIL_LATER = f"{IF_REMEMBER}it could not be remembered yet, and will be tried again by itself."
SEEN_TO = f"{IF_REMEMBER}this was seen to when it was said; nothing new was remembered now."
PAUSED = f"{IF_REMEMBER}memory is paused, so nothing was remembered."
NOT_FORGOTTEN = (
    "If you wanted something forgotten: that did not work just now, and nothing was changed. "
    "Please say it again, or forget it on the page Memories."
)
NO_SUCH_MEMORY = (
    "Nothing was forgotten: no memory says that. Each memory can be forgotten on the page Memories."
)
NOT_EVERYTHING = (
    "Nothing was forgotten. Everything can be forgotten at once on the page Memories, with "
    "Delete all."
)
# A memory is named by words that are at least so near to it, and nearly as near as to the nearest.
NAMED = 0.4
NEARLY = 0.75
# So near are words that nearly say the memory; of others ("my job") a model reads which they mean.
SAID = 0.75
READ = 12
# A small model names some memory even where none is meant: by these it has to be near as well.
NAMED_BY_SMALL = 0.25
NEARLY_BY_SMALL = 0.6
_SEPARATORS = " \n\t.,;:!?…–—。！？，；：、؟،"
# What stands before the request in its own clause ("could you please").
_CLAUSE = re.compile(f"[^{re.escape(_SEPARATORS.strip())}]*$")
STAYED_INSIDE = "a memory that stayed inside."
# Whoever says only "forget that" says no more.
LAST_CHARS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message did to memory.

    `said` are sentences that the answer begins with: what happened is told by whoever did it, and
    not by a model. `if_asked` is told to the answering model, on a condition. `left` is what is
    left of the message to be answered, None for all of it.
    """

    said: tuple[str, ...] = ()
    if_asked: tuple[str, ...] = ()
    left: str | None = None


NOTHING = Outcome()


class Commands:
    """Carries out what one person asks of their memory."""

    def __init__(
        self,
        memory: UserMemory,
        binding: Binding,
        models: Models,
        *,
        small_model: bool = False,
        outside: bool = False,
    ) -> None:
        """`outside`: what the model is asked leaves this machine."""
        self._outside = outside
        self._memory = memory
        self._binding = binding
        self._models = models
        self._small_model = small_model

    def carry_out(self, message: str, turn_id: UUID) -> Outcome:
        """Do what the message of this turn asks of memory, if it does."""
        kinds = kinds_in(message)
        if "forget" in kinds:
            try:
                outcome = self._forget(message, self.read(message), turn_id)
            except KeepsakeError as exc:
                log.warning("forget failed: %s", type(exc).__name__)
                return Outcome(said=(NOT_FORGOTTEN,))
            if outcome is not NOTHING:
                return outcome
        return self._remember(turn_id) if "remember" in kinds else NOTHING

    def read(self, message: str) -> ForgetReply:
        """What the message wants forgotten, if anything. Raises ModelError."""
        prompt = load_prompt("forget", ForgetReply)
        asked = prompt.asking({"message": message})
        reply = self._models.complete_json(asked, prompt.reply_form, timeout_s=ASK_WITHIN_S)
        return prompt.read(reply)

    def named(self, what: str) -> list[Memory]:
        """The memories that these words name or mean, nearest first; only those that there are.

        Where no model can say what they mean, those that are named.
        """
        if not what.strip():
            return []
        found = self._memory.search(what, top_k=CANDIDATES, with_past=True)
        nearest = max((memory.evidence for memory in found), default=0.0)
        named = _near(found, max(NAMED, NEARLY * nearest))
        if not found or max(memory.similarity or 0.0 for memory in found) >= SAID:
            return named
        readable = [memory for memory in found if not self._holds_back(memory)]
        meant = self._meant(what, readable[:READ]) if readable else None
        if meant is not None and self._small_model:
            return _near(meant, max(NAMED_BY_SMALL, NEARLY_BY_SMALL * nearest)) or named
        # What no model may be asked about is chosen by its words.
        held_back = [memory for memory in named if self._holds_back(memory)]
        return named if meant is None else [*meant, *held_back]

    def _meant(self, what: str, found: Sequence[Memory]) -> list[Memory] | None:
        """Those that a model reads these words to mean; None where its reply is of no use."""
        prompt = load_prompt("which", WhichReply)
        notes = [f"{n}. {' '.join(memory.text.split())}" for n, memory in enumerate(found, 1)]
        asked = prompt.asking({"forget": what, "notes": notes})
        try:
            reply = prompt.read(
                self._models.complete_json(asked, prompt.reply_form, timeout_s=ASK_WITHIN_S)
            )
        except ModelError as exc:
            log.warning("which to forget: %s", type(exc).__name__)
            return None
        if any(not 1 <= number <= len(found) for number in reply.numbers):
            return None  # it numbers something else
        return [memory for n, memory in enumerate(found, 1) if n in reply.numbers]

    def _forget(self, message: str, asked: ForgetReply, turn_id: UUID) -> Outcome:
        """Forget what is named; NOTHING where the message asks for something else."""
        if asked.asks != "forget or delete":
            return NOTHING
        match asked.source:
            case "your notes about me":
                said, chosen = [], self.named(asked.what)
            case "this chat" if len(message) <= LAST_CHARS:
                said, chosen = self._never_mind(turn_id), self._latest(turn_id)
            case "all your notes about me":
                return Outcome(said=(NOT_EVERYTHING,))
            case _:
                return NOTHING
        # What is to be forgotten must not be remembered from the words that ask for it.
        words = request_in(message, asked.what)
        self._binding.write(
            load("chat/turns")["note_forget_request"], {"turn_id": turn_id, "words": words}
        )
        for memory in chosen[:MOST_FORGOTTEN]:
            try:
                self._memory.delete(memory.id)
            except MemoryNotFound:
                continue
            # The next answers are given what this one says.
            told = STAYED_INSIDE if self._holds_back(memory) else memory.text
            said.append(f"Forgotten: {told}")
        return Outcome(said=tuple(said or [NO_SUCH_MEMORY]), left=without_request(message, words))

    def _holds_back(self, memory: Memory) -> bool:
        return self._outside and memory.stays_inside

    def _remember(self, turn_id: UUID) -> Outcome:
        turns = load("chat/turns")
        params = {"turn_id": turn_id, "lease_s": LEASE_S}
        claimed = self._binding.fetch(turns["claim_own"], params)
        if not claimed:
            return Outcome(if_asked=(self._before(turn_id),))
        claim = TurnLease(self._binding.user_id, (turn_id,), claimed[0]["memory_lease"], 1)
        try:
            changes = self._memory.remember(claim)
        except KeepsakeError as exc:
            log.warning("remember failed: %s", type(exc).__name__)
            about = {"turn_id": turn_id, "lease": claim.lease}
            self._binding.write(turns["unclaim_own"], about)
            return Outcome(if_asked=(UNTIL_LATER,))
        return Outcome(said=tuple(told(change) for change in changes)) if changes else NOTHING

    def _before(self, turn_id: UUID) -> str:
        """What became of a message that is not to be remembered now."""
        outcome = self._binding.fetch(load("chat/turns")["memory_outcome"], {"turn_id": turn_id})
        match outcome[0]["memory_state"] if outcome else "done":
            case "paused":
                return PAUSED
            case "pending" | "working":
                return UNTIL_LATER
        return SEEN_TO

    def _never_mind(self, turn_id: UUID) -> list[str]:
        """What was said just before and waits to be remembered is not remembered any more."""
        closed = self._binding.fetch(load("chat/turns")["close_turn_before"], {"turn_id": turn_id})
        return ["What was said just before will not be remembered."] if closed else []

    def _latest(self, turn_id: UUID) -> list[Memory]:
        """What the turn before this one, in its conversation, left in memory."""
        rows = self._binding.fetch(load("chat/turns")["left_by_turn_before"], {"turn_id": turn_id})
        return [Memory.from_row(row) for row in rows]


def _near(memories: Sequence[Memory], least: float) -> list[Memory]:
    return [memory for memory in memories if memory.evidence >= least]


def request_in(message: str, what: str) -> str:
    """The part of the message that asks to forget: from the word that says so to `what`, which it
    names; all of the message where that cannot be told.
    """
    said = words_in(message, "forget")
    begins = message.find(what) if what else -1
    if begins < 0 or not said:
        return message
    first, last = said[0]
    return message[min(first, begins) : max(last, begins + len(what))]


def without_request(message: str, request: str) -> str:
    """What is left of the message beside the clause with the request; empty where that is no more
    than a word ("please").
    """
    begins = message.find(request)
    before = _CLAUSE.sub("", message[:begins])
    left = f"{before} {message[begins + len(request) :]}".strip(_SEPARATORS)
    words = re.findall(r"\w+", left)
    says_something = len(words) > 1 or (not left.isascii() and len(left) > 4)
    return left if says_something else ""


def told(change: Change) -> str:
    """One change, in words that an answer can repeat."""
    if change.pending_reason is not None:
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
