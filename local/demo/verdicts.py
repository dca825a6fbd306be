"""Judges new memories against existing ones, as the reconcile prompt asks: by their claims.

In doubt a memory is new: what only looks alike ("likes tea", "likes green tea ice cream") stays.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from local.demo.claims import Claim, canonical, claim, words

Verdict = Literal["new", "duplicate", "refines", "supersedes"]
Json = dict[str, Any]
AT_MOST = 4
# Verdicts after which the older of two memories is not needed beside the newer.
OUTDATED = frozenset({"duplicate", "refines", "supersedes"})
# More about the same: what may follow a sentence that stays true.
DETAIL = re.compile(
    r",? (?:as|at|with|called|named|who|which|since|in|near|from|on|for|and|every|to|by|where)\b"
    r"|, ",
    re.I,
)
# Here the part after a value makes another thing of it.
OPEN = {"likes", "prefers", "plan"}
VERSIONED = {
    "uses",
    "codes",
    "programs",
    "runs",
    "develops",
    "has",
    "weighs",
    "is",
    "drives",
    "drinks",
    "wakes",
    "gets",
    "sleeps",
}
MEAT = {"meat", "chicken", "beef", "pork", "steak", "lamb", "bacon"}
FISH = {"fish", "salmon", "tuna", "seafood"}
DAIRY = {"chees", "egg", "milk", "dair", "butt", "honey"}
FORBIDDEN = {"vegan": MEAT | FISH | DAIRY, "vegetarian": MEAT | FISH, "pescatarian": MEAT}
PAST = {"ran": "run", "went": "go", "bought": "buy", "got": "get", "saw": "see", "wrote": "writ"}
PAST |= {"found": "find", "built": "build", "sold": "sell", "learnt": "learn", "won": "win"}
# A denial of these may say less than what it ends: "no longer plans to run".
BROAD = {"plan", "has"}
PARTNERS = {"girlfriend", "boyfriend", "partner", "wif", "husband"}
WORKLESS = words("retired unemployed")


def verdicts(question: str) -> list[Json]:
    """The verdict on each new fact of a reconcile question, in the form that its prompt asks."""
    try:
        asked = json.loads(question)
        new = [(str(fact["id"]), str(fact["text"])) for fact in asked["new"]]
        existing = [dict(memory) for memory in asked["existing"]]
    except (ValueError, TypeError, KeyError):
        return []
    taken: set[str] = set()
    answers = []
    for number, text in new:
        verdict, ids = _verdict(text, existing)
        if verdict == "refines" and taken & set(ids):
            verdict, ids = "new", []
        if verdict in {"refines", "supersedes"}:
            taken |= set(ids)
        merged = text if verdict == "refines" else None
        answers.append({"new": number, "verdict": verdict, "existing": ids, "text": merged})
    return answers


def compare(new: str, old: str) -> Verdict:
    """What the new memory is to one older memory."""
    a, b = claim(new), claim(old)
    if a is None or b is None:
        same = words(canonical(new)) == words(canonical(old)) != frozenset()
        return "duplicate" if same and _ordered(new) == _ordered(old) else "new"
    if a.slot == "status" and "separat" in a.value and b.being in PARTNERS and b.slot == "name":
        return "supersedes" if b.value <= a.value else "new"
    if not _same_being(a, b):
        return "new"
    if _contradicts(a, b, new):
        return "supersedes"
    if a.slot == b.slot and a.holds == b.holds and a.past == b.past:
        return _alike(a, b, new, old)
    if a.slot == "name" and _has(b, a.being):
        return "refines"
    if _has(a, b.being) and (b.slot == "name" or b.name):
        return "duplicate"
    return "new"


def replaces(new: str, old: str) -> bool:
    """ "I no longer live in Bern, I live in Rome": the second says all."""
    a, b = claim(new), claim(old)
    if a is None or b is None or a.slot != b.slot or not _same_being(a, b):
        return False
    return a.single and a.holds and not b.holds and not b.past


def _verdict(text: str, existing: Sequence[Mapping[str, Any]]) -> tuple[Verdict, list[str]]:
    by: dict[str, list[Mapping[str, Any]]] = {}
    for memory in existing:
        by.setdefault(compare(text, str(memory.get("text", ""))), []).append(memory)
    if "duplicate" in by:
        return "duplicate", [str(by["duplicate"][0]["id"])]
    ended = by.get("supersedes", [])
    if ended and not _ambiguous(text, ended):
        return "supersedes", [str(memory["id"]) for memory in ended][:AT_MOST]
    refined = [memory for memory in by.get("refines", []) if not memory.get("edited")]
    return ("refines", [str(refined[0]["id"])]) if refined and not ended else ("new", [])


def _ambiguous(text: str, ended: Sequence[Mapping[str, Any]]) -> bool:
    """ "The daughter is six" cannot mean Mia and Lena both."""
    about = claim(text)
    others = [claim(str(memory["text"])) for memory in ended]
    names = {other.name for other in others if other is not None and other.name}
    return about is not None and not about.name and len(names) > 1


def _same_being(a: Claim, b: Claim) -> bool:
    if _has(a, b.being) or _has(b, a.being):
        return True
    return a.being == b.being and (not a.name or not b.name or a.name == b.name)


def _has(having: Claim, being: str) -> bool:
    """ "User has a dog" speaks of the dog."""
    one = frozenset({"1", *being.split()})
    return bool(being) and having.slot == "has" and not having.being and having.value == one


def _alike(a: Claim, b: Claim, new: str, old: str) -> Verdict:
    """Two claims that do not contradict each other, of one slot."""
    if a.value == b.value:
        more = bool(a.name and not b.name) or (_dated(new) and not _dated(old))
        longer = len(canonical(new)) > len(canonical(old)) + 4 and _follows(new, old)
        return "refines" if more or longer else "duplicate"
    if not a.holds and (a.single or a.slot in BROAD):
        return "new"
    if a.single and a.slot != "name":
        return "refines" if a.value > b.value else "duplicate" if a.value < b.value else "new"
    if a.slot in OPEN or "," in canonical(new) or " and " in new:
        return "refines" if a.value > b.value else "duplicate" if a.value < b.value else "new"
    if _follows(new, old) or (_versioned(a, b) and not _numbers(b.core)):
        return "refines"
    return "duplicate" if _follows(old, new) else "new"


def _follows(longer: str, shorter: str) -> bool:
    """Does the longer one say the same, and then more about it?"""
    a, b = canonical(longer), canonical(shorter)
    return a[: len(b)].casefold() == b.casefold() and bool(DETAIL.match(a[len(b) :]))


def _dated(text: str) -> bool:
    return bool(re.search(r"\b(?:since|for \w+ years)\b", text))


def _ordered(text: str) -> list[str]:
    """The words in their order where the order says something."""
    found = re.findall(r"\w+", text.casefold())
    return (
        found if {"over", "than", "to", "from", "before", "after"} & set(found) else sorted(found)
    )


def _contradicts(a: Claim, b: Claim, new: str) -> bool:
    if b.past and not b.holds:
        return False
    if a.slot == b.slot:
        return _other_value(a, b, new) if a.holds and b.holds else _denied(a, b)
    return _across(a, b)


def _other_value(a: Claim, b: Claim, new: str) -> bool:
    """Both hold: do their values exclude each other?"""
    if " also " in new:
        return False
    corrected = re.search(r"(?:, not| instead of) (?P<old>.+)$", new)
    if corrected:
        return _named(corrected["old"], b)
    if a.slot == "name" and re.search(r"\b(?:now|actually|renamed)\b", new):
        return a.value != b.value
    if a.single:
        return any(_excludes(a.core, b.core, tag) for tag in ("at:", "as:", "in:", ""))
    if a.slot == "prefers":
        return a.value != b.value and _bag(a.value) == _bag(b.value)
    differ = _numbers(a.core) != _numbers(b.core) and _numbers(b.core)
    return a.slot in VERSIONED and bool(differ) and bool(_numbers(a.core)) and _versioned(a, b)


def _versioned(a: Claim, b: Claim) -> bool:
    """The same thing but for its number; the newer has one."""
    bare = _bag(a.core) - _numbers(a.core)
    return bool(bare and _numbers(a.core)) and bare == _bag(b.core) - _numbers(b.core)


def _named(old: str, b: Claim) -> bool:
    return bool(words(old)) and words(old) <= _bag(b.value)


def _excludes(a: frozenset[str], b: frozenset[str], tag: str) -> bool:
    tagged = {"at:", "as:", "in:"}
    mine, other = (
        {w for w in value if (w.startswith(tag) if tag else w[:3] not in tagged)}
        for value in (a, b)
    )
    return bool(mine and other) and not (mine <= other or other <= mine)


def _denied(a: Claim, b: Claim) -> bool:
    """One denies what the other says; a denial may say less than what it ends."""
    if a.holds == b.holds:
        return False
    if a.holds:
        ended = not b.value or a.value == b.value
        return ended if a.single or a.slot in BROAD else b.core <= a.core
    return a.core - {"1"} <= b.value if a.slot in BROAD or a.single else b.core <= a.core


def _across(a: Claim, b: Claim) -> bool:
    """Contradictions between slots: diet and food, plans and deeds, work and its end."""
    if a.holds and b.holds and {a.slot, b.slot} == {"diet", "eats"}:
        diet, food = (a, b) if a.slot == "diet" else (b, a)
        return any(_bag(food.value) & FORBIDDEN.get(kind, set()) for kind in diet.value)
    if b.slot == "plan" and b.holds and a.holds:
        done = _bag(a.core) | {PAST.get(a.slot, "")} | words(a.slot)
        moved = a.slot == "home" and a.core == b.core - {"mov"}
        return moved or (not a.slot.startswith("is") and _deed(a) and b.core <= done)
    if a.holds and b.holds and {a.slot, b.slot} == {"work", "is"}:
        return bool((_bag(a.value) | _bag(b.value)) & WORKLESS)
    if a.slot == "has" and not a.holds and b.slot in {"drives", "rides"}:
        return a.core - {"1"} == b.core
    return False


def _deed(a: Claim) -> bool:
    return a.slot in PAST or a.slot.endswith("ed")


def _numbers(value: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in _bag(value) if word[:1].isdigit())


def _bag(value: frozenset[str]) -> frozenset[str]:
    return frozenset(word for item in value for word in item.split())
