"""What a person's message states, by a handful of plain patterns: "I live in X", "My dog is …".

A clause of another form states nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LEAD = re.compile(
    r"(?:(?:hi|hello|please|actually|sorry)\b[,!]?\s*)*"
    r"(?:(?:please )?(?:remember|note)(?: that)?\s+)?",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"(?<=[.!?])\s+|\n+|,?\s+(?:and|but)\s+(?=(?:I|I'm|[Mm]y)\b)|,\s+(?=I\b)")
QUESTION = re.compile(
    r"(?:what|where|who|which|when|how|why|do|does|did|is|are|am|can|could|should|would)\b", re.I
)
# Verbs that may follow "I"; of others, as in "I think so", nothing is known.
VERBS = (
    "live|work|like|love|play|use|eat|drink|speak|drive|own|study|prefer|need|plan|keep|smoke|teach"
)
WHEN = re.compile(
    r"\s+(since|until|on) (\d{4}(?:-\d\d){0,2})$|\s+from (\d{4}(?:-\d\d)?) to (\d{4}(?:-\d\d)?)$"
)
FORMS: list[tuple[str, str]] = [
    (r"I (?:have )?moved (?:from .+ )?to (.+)", r"User lives in \1"),
    (r"I (?:do not|don't|no longer) (\w+)(.*?)(?: any ?more)?", r"User does not \1\2"),
    (r"I(?:'m| am) called (.+)", r"User is called \1"),
    (r"my name is (.+)", r"User is called \1"),
    (r"I(?:'m| am) ([A-Z][a-z]+)", r"User is called \1"),
    (r"I(?:'m| am) (.+)", r"User is \1"),
    (r"I((?: now| also)?) have (.+)", r"User\1 has \2"),
    (rf"I((?: now| also)?) ({VERBS})\b(.*)", r"User\1 \2s\3"),
    (r"I (worked|lived) (.+)", r"User \1 \2"),
    (r"my (.+?) (is|are|has|lives|works|likes) (.+)", r"User's \1 \2 \3"),
]
NAMES = [
    (r"(?:lives|lived) in ([A-Z][\w ]*)", "place"),
    (r"(?:works|worked) (?:at|for) ([A-Z][\w ]*)", "organisation"),
    (r"\b(?:dog|cat) (?:is )?(?:called )?([A-Z]\w*)", "pet"),
    (r"\b(?:sister|brother|wife|husband|friend|daughter|son) (?:is )?(?:called )?([A-Z]\w*)",
     "person"),
    (r"^User (?:likes|loves|uses|plays|eats|drinks) (\w[\w ]*)", "thing"),
]  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """One fact, when it holds ("" for now: else "since 2021: since 2021"), the names in it."""

    text: str
    when: str = ""
    names: tuple[str, ...] = ()


def stated(message: str) -> list[Stated]:
    """The facts that a message states, in order; none of its questions."""
    clauses = (LEAD.sub("", part, count=1).strip() for part in CLAUSE.split(message))
    return [fact for clause in clauses if (fact := _fact(clause)) is not None]


def _fact(clause: str) -> Stated | None:
    if clause.endswith("?") or QUESTION.match(clause):
        return None
    clause = clause.rstrip(" .!").replace("\u2019", "'")
    when = WHEN.search(clause)
    said = clause[: when.start()] if when else re.sub(r" now$", "", clause)
    for form, fact in FORMS:
        if match := re.fullmatch(form, said, re.I if form[0] == "m" else 0):
            text = match.expand(fact)
            break
    else:
        return None
    names = [f"{kind} {m[1]}" for form, kind in NAMES if (m := re.search(form, text))]
    return Stated(text, _when(when), tuple(names))


def _when(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    meant = f"{found[1]} {found[2]}" if found[1] else f"{found[3]} to {found[4]}"
    return f"{found[0].strip()}: {meant}"
