"""Replies to the memory model's structured calls, by the names of their schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.model.said import stated
from tests.support.model.wire import ChatRequest, Json

Similarity = Callable[[str, Sequence[str]], list[float]]
# There is one of each: what is said later holds.
SINGLE = re.compile(
    r"(User (?:lives in|works at|works as|is called)|User's favourite \w+ is) ", re.IGNORECASE
)
STOP_WORDS = re.compile(
    r"a|an|the|i|me|my|mine|you|your|users?|s|is|are|was|am|be|been|do|does|did|have|has|had|what|"
    r"where|who|which|when|how|why|can|could|should|would|will|of|in|on|at|to|for|from|with|and|"
    r"or|but|not|it|that|this|about|know|told|said|everything|all"
)
FORGET = re.compile(
    r"(?:please )?(?:forget|delete|erase) "
    r"(?P<what>(?:that|what|everything|my|where|about)\b[^.!?]*[.!?]*)",
    re.IGNORECASE,
)
# What other words mean, as a real model knows it: the words of the note, as words_of gives them.
MEANINGS = {"my job": {"nurs"}}
NAME = re.compile(r"(?<=\s)[A-Z]\w+")
QUESTIONS = [
    (r"User lives in", "Where do I live?"),
    (r"User works at", "Where do I work?"),
    (r"User(?:'s| has an?) (\w+) (?:is )?called", r"What is my \1 called?"),
    (r"User is allergic to", "What am I allergic to?"),
    (r"User (?:likes|loves)", "What do I like?"),
    (r"User is called", "What is my name?"),
]


def reply(request: ChatRequest, similarity: Similarity) -> str:
    """The JSON text of one reply; of a schema that is not known an empty object."""
    # Instructions may stand before it, where a server knows no system role.
    last = request.messages[-1]["content"].rpartition("\n\n")[2]
    asked = json.loads(last) if last.startswith("{") else {}
    makers: dict[str, Callable[[Json], Any]] = {
        "extract": _extracted,
        "judge": lambda asked: {"pairs": [_judged(pair) for pair in asked["pairs"]]},
        "leans": lambda asked: {"why": "", "in_doubt": _leans(asked["over"], asked["note"])},
        "kind": lambda asked: {"about": "", "kind": _kind(asked, similarity)},
        "cues": lambda asked: {"cues": ["" for _ in asked["notes"]]},
        "rewrite": lambda asked: {"query": _rewritten(asked["conversation"], asked["message"])},
        "forget": lambda asked: _to_forget(asked["message"]),
        "which": lambda asked: _meant(asked, similarity),
        "rerank": lambda asked: {"numbers": _helpful(asked, similarity)},
        "title": lambda asked: {"title": title_of(asked["message"])},
        "city": lambda asked: {"city": "Paris"},
        "questions": lambda asked: {"questions": _questions(asked["facts"])},
    }
    maker = makers.get(request.schema_name)
    return json.dumps(maker(asked) if maker else {}, ensure_ascii=False)


def _kind(asked: Json, similarity: Similarity) -> str:
    """The kind that is nearest by meaning, if it is near."""
    other, *kinds = asked["kinds"]
    near = similarity(asked["note"], kinds)
    best = max(range(len(near)), key=near.__getitem__)
    return str(kinds[best] if near[best] >= 0.3 else other)


def outcome(new: str, old: str) -> str:
    """What becomes of an old fact beside a new one: "same", "ended" or "true"."""
    a, b = (" ".join(re.findall(r"\w+", text.casefold())) for text in (new, old))
    if a == b:
        return "same"
    subject, other = SINGLE.match(new), SINGLE.match(old)
    alike = subject and other and subject[1].casefold() == other[1].casefold()
    return "ended" if alike or _opposite(a) == b or _opposite(b) == a else "true"


def words_of(text: str) -> set[str]:
    """The words that say something, without their endings."""
    found = re.findall(r"\w+", text.casefold())
    return {
        re.sub(r"(?:ies|es|ed|ing|e|s|y)$", "", w) or w
        for w in found
        if not STOP_WORDS.fullmatch(w)
    }


def title_of(message: str) -> str:
    """ "About Lisbon" by the last name in it; without one the first words."""
    names = NAME.findall(message)
    return f"About {names[-1]}" if names else " ".join(re.findall(r"[\w'-]+", message)[:5])


def _extracted(asked: Json) -> Json:
    found = stated(str(asked.get("message", "")))
    facts = [f"{fact.text} | {fact.when} | {', '.join(fact.names)}" for fact in found]
    return {"message": "tells" if facts else "asks or chats", "facts": facts}


def _judged(pair: Json) -> str:
    found = {"same": "again", "ended": "over", "true": "stays"}[outcome(pair["new"], pair["old"])]
    return f"it | it | one | {found}"


def _leans(over: str, note: str) -> str:
    """Whether the note names what is over, and is no fact of the same kind."""
    shared = set(NAME.findall(over)) & set(NAME.findall(note))
    return "yes" if shared and outcome(note, over) == "true" else "no"


def _opposite(text: str) -> str:
    """ "User does not eat meat" of "User eats meat", both as bare words."""
    return re.sub(r"^user (\w+?)s\b", r"user does not \1", text)


def _numbered(memories: object) -> list[tuple[int, str]]:
    lines = memories if isinstance(memories, list) else str(memories).splitlines()
    found = (re.match(r"\s*(\d+)\. (?:\[[^\]]*\] )?(.+)", str(line)) for line in lines)
    return [(int(match[1]), match[2]) for match in found if match]


def _to_forget(message: str) -> Json:
    found = FORGET.search(message)
    if found is None:
        return {"asks": "neither", "what": "", "from": "nowhere"}
    what = found["what"].strip(" .!?")
    source = {"that": "this chat", "everything about me": "all your notes about me"}
    return {
        "asks": "forget or delete",
        "what": what,
        "from": source.get(what, "your notes about me"),
    }


def _meant(asked: Json, similarity: Similarity) -> Json:
    """Notes that share a word with what is to go, or stand for it."""
    wanted = words_of(asked["forget"]) | MEANINGS.get(str(asked["forget"]), set())
    numbered = _numbered(asked["notes"])
    return {
        "about": asked["forget"],
        "numbers": [number for number, text in numbered if wanted & words_of(text)],
    }


def _helpful(asked: Json, similarity: Similarity) -> list[int]:
    """Those that share a word with the message or are near to it, the nearest first."""
    numbered = _numbered(asked["memories"])
    if not numbered:
        return []
    wanted = words_of(asked["message"])
    near = similarity(asked["message"], [text for _, text in numbered])
    scored = [
        (cosine + 0.2 * len(wanted & words_of(text)), number)
        for cosine, (number, text) in zip(near, numbered, strict=True)
    ]
    return [number for score, number in sorted(scored, reverse=True) if score >= 0.25]


def _rewritten(conversation: Sequence[str], message: str) -> str:
    """The message with the names that were said before it."""
    return " ".join([message, *NAME.findall(" ".join(conversation))])


def _questions(facts: Sequence[str]) -> list[str]:
    found = [
        match.expand(question)
        for fact in facts
        for form, question in QUESTIONS
        if (match := re.match(form, fact))
    ]
    return [*dict.fromkeys(found[:3]), "What do you know about me?"]
