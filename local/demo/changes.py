"""Changes told as what holds now: "moved to Paris" -> "lives in Paris", "actually it is 16"."""

import re
from collections.abc import Sequence

from local.demo import words as w
from local.demo.claims import NAME, NUMBER_WORD
from local.demo.person import FORMS, base_of, third
from local.demo.verdicts import compare

WHO = r"(?P<who>User|User's [^,]{1,60}?)(?: has)?(?: just| recently)?"
WHY = r"(?: (?:because|for User's|due|so that|to be|with User's) .*)?"
# "lives in" and the like instead of what led there; {verb} is what an -ing form goes back to.
OUTCOMES = [
    (
        rf"{WHO} moved from (?P<old>.+?) to (?P<rest>{w.TOOLS}\b.*)",
        "{who} uses {rest} instead of {old}",
    ),
    (r"User's home is (?:in )?(?P<rest>.+)", "User lives in {rest}"),
    (
        rf"{WHO} moved (?:back |away |over |house )*(?:from .+? )?to "
        rf"(?P<rest>(?!an? |the |my |User|another |new ).+?){WHY}",
        "{who} lives in {rest}",
    ),
    (rf"{WHO} moved (?:away|out)(?: from| of)? (?P<rest>.+)", "{who} does not live in {rest}"),
    (rf"{WHO} (?:quit|left) (?:User's |the )?job at (?P<rest>.+)", "{who} does not work at {rest}"),
    (
        rf"{WHO} (?:left|changed jobs from|switched jobs from|moved from) (?:{NAME}) (?:for|to) "
        rf"(?P<rest>{NAME}.*)",
        "{who} works at {rest}",
    ),
    (rf"{WHO} (?:quit|left|lost) User's job(?P<rest>)", "{who} does not have a job"),
    (rf"{WHO} (?:broke|split) up with (?P<rest>.+)", "{who} is separated from {rest}"),
    (rf"{WHO} (?:upgraded|migrated)(?: from .+?)? to (?P<rest>.+)", "{who} uses {rest}"),
    (
        rf"{WHO} (?:quit|stopped|gave up|given up) (?P<ing>\w+ing)(?P<rest>\b.*)",
        "{who} does not {verb}{rest}",
    ),
    (
        rf"{WHO} (?:quit|gave up|given up) (?P<rest>(?:coffee|tea|alcohol|wine|beer)\b.*)",
        "{who} does not drink {rest}",
    ),
    (
        rf"{WHO} (?:quit|gave up|given up) (?P<rest>(?:meat|fish|sugar|gluten|dairy|bread)\b.*)",
        "{who} does not eat {rest}",
    ),
    (
        rf"{WHO} (?:switched|changed|migrated) from (?P<old>.+?) to (?P<rest>(?!an? ).+)",
        "{who} uses {rest} instead of {old}",
    ),
    (
        rf"{WHO} (?:started|begun|began)(?: working| a new job| a job|to work)* (?:at|for) "
        r"(?P<rest>.+)",
        "{who} works at {rest}",
    ),
    (rf"{WHO} got (?:an? |the |User's )?(?:new )?job at (?P<rest>.+)", "{who} works at {rest}"),
    (
        rf"{WHO} (?:got (?:an? |the )?(?:new )?job|started(?: working)?) as (?P<rest>.+)",
        "{who} works as {rest}",
    ),
    (
        rf"{WHO} (?:started|began) (?:learning) (?P<rest>.+)",
        "{who} is learning {rest}",
    ),
    (
        rf"{WHO} (?:started|began) (?P<ing>\w+ing)(?P<rest>\b.*)",
        "{who} {verbs}{rest}",
    ),
    (
        rf"{WHO} got (?P<rest>(?:married|engaged|divorced|separated)\b.*)",
        "{who} is {rest}",
    ),
    (rf"{WHO} got (?P<rest>an? (?:[\w-]+ )?{w.PETS}\b.*)", "{who} has {rest}"),
    (
        rf"{WHO} (?:became|become|went|gone|turned|been) "
        rf"(?P<rest>(?:(?:{w.LASTING})\b|an? ).*)",
        "{who} is {rest}",
    ),
    (rf"User(?: has)? turned (?P<rest>{NUMBER_WORD.pattern}|\d{{1,3}})(?P<more>\b.*)",
     "User is {rest} years old{more}"),
    (rf"{WHO} turned (?P<rest>(?:\d{{1,3}}|{w.NUMBERS})\b.*)", "{who} is {rest}"),
    (
        rf"{WHO}(?<! is)(?<! are) no longer (?P<done>(?!is\b|are\b)\w+)(?P<rest>\b.*)",
        "{who} does not {verb}{rest}",
    ),
    (r"User sold User's (?P<rest>\w+)(?P<more>.*)", "User does not have a {rest}{more}"),
    (
        rf"User(?: has)? renamed (?:User's |the )?(?P<rest>.+?) (?:to |into )?(?P<old>{NAME})",
        "User's {rest} is now called {old}",
    ),
    (r"(?P<who>User's [^,]{1,60}?) was renamed (?:to )?(?P<rest>.+)",
     "{who} is now called {rest}"),
]  # fmt: skip
COMPILED = [(re.compile(pattern, re.I), form) for pattern, form in OUTCOMES]
NOW = re.compile(
    r",? (?:now|nowadays|these days|again)$|(?<= lives) here(?= in )| now(?= instead of )", re.I
)
STILL = re.compile(r"^(User(?:'s [^,]{1,60}?)?) (?:now|still|currently) (?!called\b)", re.I)

CORRECTED = re.compile(r"(?:it|that) (?:is|was)(?: actually| now)? (.+)|I meant? (.+)", re.I)
CORRECTING = re.compile(r"\b(?:actually|no|sorry|correction|oops|wait|meant|mean|now)\b", re.I)
RENAMED = re.compile(r"\b(?:actually|correction|meant?)\b", re.I)
SLOT = re.compile(
    r"(User (?:is called|is from|is an?|is allergic to|lives in|works as an?|works at|works for"
    r"|uses)|User's [\w ']+ (?:is called|are called|is|are)) (.+)"
)


def outcome(memory: str) -> tuple[str, bool]:
    """The memory as what holds now, and whether it was told as a change."""
    memory = STILL.sub(r"\1 ", NOW.sub("", memory))
    for pattern, form in COMPILED:
        said = pattern.fullmatch(memory)
        if said:
            parts = {key: value or "" for key, value in said.groupdict().items()}
            done = parts.get("done", "").lower()
            verb = FORMS.get(done, done) or base_of(parts.get("ing", "").lower())
            return form.format(**parts, verb=verb, verbs=third(verb)), True
    return memory, False


def corrected(clause: str, here: Sequence[str], before: Sequence[str]) -> str | None:
    """A fact with its end replaced: "we use Postgres 15", "actually it is Postgres 16".

    Looks at what was said `here`, then at memories from `before`, the latest first.
    """
    said = CORRECTED.fullmatch(clause)
    if said is None:
        return None
    new = (said[1] or said[2]).split()
    for earlier in reversed([*before, *here]):
        last = earlier.split()
        if new[0] in last:
            start = last.index(new[0])
            return " ".join([*last[:start], *new, *last[start + len(new) :]])
    slot = SLOT.fullmatch([*before, *here][-1]) if before or here else None
    if slot is None or len(new) > 5:
        return None
    memory = f"{slot[1]} {' '.join(new)}"
    if compare(memory, slot[0]) == "supersedes":
        return memory
    return f"{memory}, not {slot[2]}"
