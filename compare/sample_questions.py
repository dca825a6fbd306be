"""Questions that a person's own memories answer, for whoever does not know what to ask.

By rules at once, and by the memory model where it has some when they are looked at again. Held by
whoever asked, for as long as the memories stay as they are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from database.binding import Binding
from database.sql import load
from errors import ModelError
from models.client import Models
from models.prompts import load as load_prompt
from models.prompts.replies import QuestionsReply

log = logging.getLogger(__name__)

MOST = 4
# Of all memories the latest: who they are and what occupies them now.
READ = 60
SHOWN_TO_MODEL = 20
QUESTION_CHARS = 120
MODEL_WITHIN_S = 15.0

_CLOSE = (
    "wife|husband|partner|girlfriend|boyfriend|sister|brother|daughter|son|mother|father|friend|"
    "cat|dog|horse|boat|car"
)
# Facts are written in the form that memory/prompts.py asks for: "User lives in Lisbon".
_RULES = [
    (r"User (?:is allergic|has an allergy) to ", "What am I allergic to?"),
    (r"User (?:lives|is living) in ", "Where do I live?"),
    (r"User(?: has an?|'s) ([\w-]+) (?:is )?(?:called|named) ", r"What is my \1 called?"),
    (r"User(?:'s| has a) favou?rite ([\w ]+?) is ", r"What is my favourite \1?"),
    (r"User (?:works|is working) (?:at|for) ", "Where do I work?"),
    (r"User (?:works|is working) as ", "What do I do for work?"),
    (r"User(?: is called|'s name is) ", "What is my name?"),
    (r"User (?:likes|loves|enjoys|is fond of) ", "What do I like?"),
    (r"User (?:plays|practises|practices) ", "What do I play?"),
    (r"User speaks ", "Which languages do I speak?"),
    (r"User (?:is learning|is studying|studies|learns) ", "What am I learning?"),
    (r"User (?:plans|is planning|wants|hopes|intends) to ", "What am I planning?"),
    (rf"User(?: has an?|'s) ({_CLOSE}) ", r"What do you know about my \1?"),
]
EVERYTHING = "What do you know about me?"


@dataclass(slots=True)
class Samples:
    """Questions for one person; `version` is of the memories that they were made from."""

    version: str
    count: int
    questions: tuple[str, ...]
    better: Future[list[str]] | None = field(repr=False)

    def improve(self) -> None:
        """Take the memory model's questions if they have come; the page then shows those."""
        if self.better is not None and self.better.done() and not self.better.cancelled():
            self.questions = tuple(self.better.result()) or self.questions


def make_samples(
    binding: Binding,
    known: Samples | None,
    ask: Callable[[Sequence[str]], Future[list[str]]],
    *,
    outside: bool,
) -> Samples:
    """Two short queries, or one where `known` still holds. `outside`: what is asked leaves this
    machine. Raises DatabaseError.
    """
    version = str(binding.fetch(load("memory/store/memories")["version"])[0]["version"])
    if known is not None and known.version == version:
        return known
    rows = binding.fetch(load("compare/compare")["latest"], {"most": READ})
    texts = [row["text"] for row in rows if row["text"]]
    free = [row["text"] for row in rows if row["text"] and not (outside and row["stays_inside"])]
    better = ask(free[:SHOWN_TO_MODEL]) if free else None
    return Samples(version, len(texts), by_rules(texts), better)


def quick_samples(binding: Binding) -> tuple[str, ...]:
    """By rules alone, in one query; none where nothing is remembered. Raises DatabaseError."""
    rows = binding.fetch(load("compare/compare")["latest"], {"most": READ})
    return by_rules([row["text"] for row in rows if row["text"]])


def by_rules(texts: Sequence[str]) -> tuple[str, ...]:
    """At most MOST questions, each of another fact; the last asks for everything."""
    left, found = list(texts), list[str]()
    for pattern, question in _RULES:
        match = next((m for text in left if (m := re.match(pattern, text))), None)
        if match is not None:
            left.remove(match.string)
            found.append(match.expand(question))
    return (*dict.fromkeys(found[: MOST - 1]), EVERYTHING) if texts else ()


def from_memories(models: Models, texts: Sequence[str]) -> list[str]:
    """What the memory model would ask; empty if it fails or has nothing of use."""
    prompt = load_prompt("questions", QuestionsReply)
    asked = prompt.asking({"facts": list(texts)})
    try:
        reply = models.complete_json(asked, prompt.reply_form, timeout_s=MODEL_WITHIN_S)
        questions = prompt.read(reply).questions
    except ModelError as exc:
        log.warning("sample questions left out: %s", type(exc).__name__)
        return []
    usable = [" ".join(one.split()) for one in questions if 0 < len(one.strip()) <= QUESTION_CHARS]
    return list(dict.fromkeys(usable))[:MOST]
