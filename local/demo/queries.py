"""Queries made plain ("and the second one?") and memories put in order: what a search may ask."""

import json
import re
from collections.abc import Callable, Sequence

from local.demo import words as w
from local.demo.facts import facts
from local.demo.sentences import NAMES
from local.demo.times import DAY, MONTH
from local.demo.topics import stems
from local.demo.wire import Json

Similarity = Callable[[str, Sequence[str]], list[float]]

MAX_CHARS = 2_000
ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": 1, "other": 1, "third": 2, "last": -1}
ONE_OF = re.compile(rf"\bthe ({'|'.join(ORDINALS)})(?: one)?\b(?! (?:time|day|week|year))", re.I)
BEING = re.compile(
    rf"\b(?:my|your|a|an|the) (?:[\w-]+ )?({w.PEOPLE}|{w.PETS})\b"
    rf"(?:(?: is)?(?: called| named)?,? ({NAMES}))?",
    re.I,
)
LIST = re.compile(rf"({NAMES}(?:, {NAMES})*,? (?:and|or) {NAMES})")
PLACE = re.compile(
    rf"\b(?:in|to|from|at|visit) (?!(?i:{MONTH}|{DAY})\b)([A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
)
POSSESSIVE = re.compile(r"\b(?:his|her|hers|their|its)\b", re.I)
PERSONAL = re.compile(r"\b(?:he|him|she|they|them|it|that one|this one|that|this)\b", re.I)
THERE = re.compile(r"\bthere\b(?! (?:is|are|was|were|any)\b)", re.I)
FOLLOWS = re.compile(
    r"^(?:and |but |so |ok |okay )*(?:what|how) about (.+?)\??$|^and (.+?)\??$", re.I
)
# Close enough to help, by the embedding model; or a word in common.
HELPS = 0.25
# What leads to the thing that is to be forgotten, and says nothing of it.
ABOUT = re.compile(
    r"\b(?:that|what|everything|all|about|I|i|you|know|said|told|have|my|the|where|who|is|am|called)\b"
)


def rewritten(messages: Sequence[Json]) -> str:
    """The last message of the person as a query that is understood alone."""
    said = [
        str(m["content"])[:MAX_CHARS] for m in messages if m.get("role") in {"user", "assistant"}
    ]
    if not said:
        return ""
    *before, query = said
    asked = [str(m["content"]) for m in messages if m.get("role") == "user"][:-1]
    query = ONE_OF.sub(lambda one: _one_of(one[1].lower(), before) or one[0], query)
    being = _latest(BEING, before)
    named = being and ((being[2] or "").rstrip(".") or f"my {being[1]}")
    if named:
        query = POSSESSIVE.sub(f"{named}'s", query)
        query = PERSONAL.sub(named, query)
    place = _latest(PLACE, before)
    if place:
        query = THERE.sub(f"in {place[1]}", query)
    follows = FOLLOWS.match(query)
    if follows and asked and (earlier := _question(asked)):
        about = follows[1] or follows[2]
        swapped = BEING.sub(about, earlier) if BEING.fullmatch(about) else earlier
        return swapped if swapped != earlier else f"{earlier.rstrip(' ?')}: {about}?"
    return query


def helpful(question: str, similarity: Similarity) -> list[int]:
    """The numbers of the memories that help to answer the message, most useful first."""
    try:
        asked = json.loads(question)
        message, lines = str(asked["message"]), asked["memories"]
    except (ValueError, TypeError, KeyError):
        message, _, lines = question.partition("\n")
    lines = "\n".join(map(str, lines)) if isinstance(lines, list) else str(lines)
    numbered = re.findall(r"(?m)^\s*(\d{1,4})\.\s+(?:\[[^\]\n]*\]\s*)?(.+)$", lines)
    if not numbered:
        return []
    texts = [text for _, text in numbered]
    wanted = stems(message[:MAX_CHARS])
    scores = [
        cosine + 0.2 * len(wanted & stems(text))
        for cosine, text in zip(similarity(message, texts), texts, strict=True)
    ]
    best = sorted(zip(scores, numbered, strict=True), key=lambda pair: -pair[0])
    return [int(number) for score, (number, _) in best if score >= HELPS]


def meant(question: str) -> list[int]:
    """The numbers of the memories that say what is to be forgotten: all of its words."""
    try:
        asked = json.loads(question)
        what, lines = str(asked["forget"]), str(asked["memories"])
    except (ValueError, TypeError, KeyError):
        return []
    wanted = stems(ABOUT.sub(" ", what[:MAX_CHARS])) - stems("user")
    numbered = re.findall(r"(?m)^\s*(\d{1,4})\.\s+(?:\[[^\]\n]*\]\s*)?(.+)$", lines)
    return [int(number) for number, text in numbered if wanted and wanted <= stems(text)]


def _one_of(which: str, before: Sequence[str]) -> str | None:
    """ "The second one" of the last list that was named."""
    listed = _latest(LIST, before)
    items = re.split(r",? (?:and|or) |, ", listed[1]) if listed else []
    number = ORDINALS[which]
    return items[number].rstrip(".") if -len(items) <= number < len(items) else None


def _latest(pattern: re.Pattern[str], before: Sequence[str]) -> re.Match[str] | None:
    """The last match in the last message that has one; the person's own words go first."""
    for text in reversed(before):
        found = list(pattern.finditer(text))
        if found:
            return found[-1]
    return None


def _question(asked: Sequence[str]) -> str | None:
    return next((text for text in reversed(asked) if "?" in text and not facts(text)), None)
