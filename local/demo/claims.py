"""Reads a memory as a claim: whom it is about, which slot of their life it fills, with what.

Two memories are compared by their claims and not by their words, so "is fond of jazz" and "likes
jazz" are one, and "lives in Rome" ends "lives in Bern" while "likes Rome" ends nothing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from local.demo import words as w
from local.demo.person import base_of, third
from local.demo.topics import stems

MAX_CHARS = 300
MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
WHEN = rf"(?:\d{{4}}(?:-\d\d){{0,2}}|(?:\d{{1,2}} )?{MONTH}(?: \d{{4}})?)"
SINCE = re.compile(rf",? (?:since|as of|for the last) {WHEN}\b", re.I)
TIMES = re.compile(
    rf",? (?:(?:since|as of|in|on|until|by|around) {WHEN}"
    rf"|from {WHEN} (?:to|until) {WHEN})\b",
    re.I,
)
LOUDER = re.compile(
    r",? (?:a lot|very much|so much|too|as well|again|any ?more|these days|most of all)$", re.I
)
QUIET = re.compile(
    r"(?<= )(?:now|currently|really|actually|still|just|absolutely|usually|only|very|formerly) "
    r"|,? now$",
    re.I,
)
NAME = r"(?-i:[^\W\d_a-zà-ÿ])[\w'.-]*(?: (?-i:[^\W\d_a-zà-ÿ])[\w'.-]*)?"
KIN = f"(?:(?:elder|older|younger|little|big|best|oldest|youngest) )?(?:{w.PEOPLE}|{w.PETS})"
# Somebody has one of these: another name is a change, not another being.
UNIQUE = {"mother", "father", "wif", "husband", "partner", "girlfriend", "boyfriend", "bos"}
# What a person has one of, said as "User's … is …".
OWN = (
    r"birthday|address|home ?town|phone number|number|email|height|weight|pronouns|nickname"
    r"|surname|star sign|goal weight|shoe size|size|nationality|religion|mother tongue"
    r"|editor|phone|wedding"
)
# The wordings of one thing, brought to one. The first that fits is taken, then the next.
WORDINGS = [
    (r"(.+?) (?:is|are) User's (favou?rite .+)", r"User's \2 is \1"),
    (r"(.+?) is where User (?:lives|resides)", r"User lives in \1"),
    (rf"User (?:has|owns|got|adopted) (?:an?|one) ({KIN})(?:,| called| named|,? whose name is)"
     rf" ({NAME})", r"User's \1 is called \2"),
    (rf"User's ({KIN})(?:'s name is| is named| is| goes by) ({NAME})", r"User's \1 is called \2"),
    (r"User's name is (.+)|User (?:goes by|is named) (.+)", r"User is called \1\2"),
    (r"(User(?:'s .+?)?) (?:loves|enjoys|adores|is (?:very )?(?:fond of|into|keen on"
     r"|passionate about)|is an? (?:big |huge )?fan of|has a liking for) (.+)", r"\1 likes \2"),
    (r"(User(?:'s .+?)?) (?:dislikes|hates|detests|despises|cannot stand"
     r"|is not (?:fond of|into|a fan of)|does not (?:like|love|enjoy)) (.+)",
     r"\1 does not like \2"),
    (r"(User(?:'s .+?)?) (?:resides|is (?:based|living)|has (?:lived|been living)) in (.+)",
     r"\1 lives in \2"),
    (r"User's home is (?:in )?(.+)", r"User lives in \1"),
    (r"(User(?:'s .+?)?) is employed (?:at|by) (.+)", r"\1 works at \2"),
    (r"(User(?:'s .+?)?) (?:is working|has worked|has been working) (.+)", r"\1 works \2"),
    (r"User prefers (.+?) (?:to|rather than) (.+)", r"User prefers \1 over \2"),
    (r"User's (?:employer|company) is (?:called )?(.+)", r"User works at \1"),
    (r"User's (?:job|profession|occupation) is (?:being )?(?:an? )?(.+)", r"User works as a \1"),
    (r"(User(?:'s .+?)?) (?:turned|is turning|is aged|has turned) (\w+)", r"\1 is \2 years old"),
    (r"User's age is (\w+)", r"User is \1 years old"),
    (r"User has (?:an? )?(.+) allergy", r"User is allergic to \1"),
    (r"(User(?:'s .+?)?) (?:cannot) (\w+.*)", r"\1 does not \2"),
    (r"(User(?:'s .+?)?) (?:cancelled|canceled|called off|dropped|gave up on) (.+)",
     r"\1 does not plan \2"),
]  # fmt: skip
DOING = re.compile(
    r" is (not )?(learning|studying|playing|using|teaching|training|taking|reading|drinking|eating)"
    r"\b",
    re.I,
)
COMPILED = [(re.compile(pattern, re.I), form) for pattern, form in WORDINGS]
PLAN = re.compile(
    r"(?:plans?|is planning|wants|hopes|is hoping|intends|aims|is going|would (?:love|like)"
    r"|dreams|is looking forward)(?: to| of| on)? (?P<value>.+)|is (?P<moving>moving to .+)",
    re.I,
)
WORK = re.compile(r"works?(?P<value> (?:at|for|as|in|from) .+)?|has a job", re.I)
ROLE = re.compile(
    r"is an? (?P<value>(?!(?:\w+ )?(?:fan|mother|father|runner|swimmer|lover|drinker|smoker|eater"
    r"|member|owner|speaker|gamer|reader|person|beginner|believer|morning|night)\b)"
    r"(?:[\w-]+ ){0,3}?(?:\w+(?:er|or|ist|ian|yst|eer|ect|cist|grapher)|nurse|chef|lawyer"
    r"|cook|accountant|pilot|judge|midwife|vet|surgeon|assistant|consultant|scientist|agent"
    r"|clerk|nanny)\b.*)",
    re.I,
)
STATUS = re.compile(
    r"is (?P<value>(?:happily |newly )?(?:married|single|divorced|engaged|widowed|separated"
    r"|in a relationship|dating)\b.*)",
    re.I,
)
DIET = re.compile(
    r"is (?:an? )?(?P<value>vegan|vegetarian|pescatarian|flexitarian|omnivore)\b.*", re.I
)
HAVING = re.compile(r"(?:has|owns) (?P<value>.+)", re.I)
AGE = re.compile(rf"is (?P<value>\d{{1,3}}|{w.NUMBERS}(?:[- ]{w.NUMBERS})?)(?: years? old)?", re.I)
HOME = re.compile(r"lives? in (?P<value>.+?)(?: with .+)?", re.I)
CALLED = re.compile(r"(?:is|are) called (?P<value>.+?)(?:, not .+)?", re.I)
SLOTS = [
    *(("age", AGE), ("home", HOME), ("name", CALLED), ("work", WORK), ("status", STATUS)),
    *(("diet", DIET), ("work", ROLE), ("plan", PLAN), ("has", HAVING)),
]
SINGLE = {"age", "home", "work", "status", "diet"}
NUMBER_WORD = re.compile(rf"\b({w.NUMBERS})(?:[- ]({'|'.join(w.UNITS[1:10])}))?\b", re.I)
NEGATED = re.compile(
    r"(?P<did>does not|do not|did not|used to) (?P<verb>\w+)(?P<a>.*)"
    r"|(?:no longer|never) (?P<b>.+)|(?P<be>is|are) (?:not|no longer) (?P<c>.+)"
    r"|(?:stopped|quit|gave up) (?P<ing>\w+ing)(?P<d>.*)"
    r"|(?P<past>lived|worked|studied|was)(?P<e> .+? until .+)",
    re.I,
)
SMALL = {"the", "user", "to", "of", "my", "some", "any", "his", "her", "their", "also"}


@dataclass(frozen=True)
class Claim:
    """`value` without `times` is the core; `holds` is false for "no longer" and "does not"."""

    being: str
    name: str
    slot: str
    value: frozenset[str]
    core: frozenset[str]
    holds: bool = True
    past: bool = False

    @property
    def single(self) -> bool:
        """May it fill its slot only alone?"""
        own = self.slot == "name" and (not self.being or bool(UNIQUE & {self.being}))
        return own or self.slot in SINGLE or self.slot.startswith("own ")


@lru_cache(maxsize=1024)
def claim(memory: str) -> Claim | None:
    """The claim of a memory; None for one that is not about the person or somebody of theirs."""
    text = canonical(memory)
    about = re.fullmatch(
        rf"User(?:'s (?P<being>{KIN})(?: (?P<name>{NAME}))?)? (?P<rest>(?!(?-i:[A-Z])).+)",
        text,
        re.I,
    )
    if about is None:
        own = re.fullmatch(rf"User's (?:new )?(favou?rite .+?|{OWN}) (?:is|are) (.+)", text, re.I)
        if own is None:
            return None
        slot = "own " + " ".join(sorted(words(own[1])))
        return Claim("", "", slot, words(own[2]), words(own[2]))
    being = " ".join(sorted(words(about["being"] or "")))
    rest, holds, past = _negation(about["rest"])
    name = (about["name"] or "").casefold()
    for slot, pattern in SLOTS:
        found = pattern.fullmatch(rest)
        if found:
            value = next((part for part in found.groups() if part), "")
            return Claim(being, name, slot, *_value(slot, value), holds, past)
    verb, _, value = rest.partition(" ")
    return Claim(being, name, verb.casefold(), *_value("", value), holds, past)


def canonical(memory: str) -> str:
    """The memory in the one wording by which it is compared."""
    text = " ".join(memory[:MAX_CHARS].split()).rstrip(" .!")
    text = QUIET.sub("", text)
    text = LOUDER.sub("", text)
    if not re.search(r"\buntil\b|\bfrom .+ to\b", text):
        text = SINCE.sub("", text)
    for pattern, form in COMPILED:
        found = pattern.fullmatch(text)
        if found:
            text = found.expand(form)
    return DOING.sub(_habit, text, count=1)


def _habit(doing: re.Match[str]) -> str:
    """ "is learning" is told as "learns", which "does not learn" can end."""
    base = base_of(doing[2].lower())
    return f" does not {base}" if doing[1] else f" {third(base)}"


def words(text: str) -> frozenset[str]:
    """Its words without endings, articles and case; number words as digits."""
    text = re.sub(r"\b(?:an?|one)\b(?= )", "", text, flags=re.I)
    found = stems(NUMBER_WORD.sub(_digits, text), stop=False)
    return frozenset(word for word in found if word not in SMALL)


def _digits(number: re.Match[str]) -> str:
    first, unit = number[1].lower(), (number[2] or "zero").lower()
    if first in w.TENS[1:]:
        return str(10 * (w.TENS.index(first) + 1) + w.UNITS.index(unit))
    return f"{w.UNITS.index(first)} {number[2] or ''}".strip()


def _negation(rest: str) -> tuple[str, bool, bool]:
    """What is denied, said as if it held; whether it holds; whether it was for a time."""
    found = NEGATED.fullmatch(rest)
    if found is None:
        return rest, True, False
    if found["did"]:
        return third(found["verb"].lower()) + found["a"], False, found["did"] == "used to"
    if found["ing"]:
        return third(base_of(found["ing"].lower())) + found["d"], False, False
    if found["past"]:
        ended = re.split(r" until ", found["e"], maxsplit=1)[0]
        base = "am" if found["past"].lower() == "was" else base_of(found["past"].lower())
        return third(base) + ended, False, True
    return found["b"] or f"{found['be']} {found['c']}", False, False


def _value(slot: str, value: str) -> tuple[frozenset[str], frozenset[str]]:
    """The value as a set that can be compared, and the same without times."""
    bare = TIMES.sub("", f" {value}").strip()
    if slot == "work":
        return _work(value), _work(bare)
    if slot in {"home", "age", "name", "status", "diet", "plan"}:
        return words(value), words(bare)
    if slot == "has":
        # "two cats, Tom and Jerry" are two cats.
        counted = (re.sub(r"^(?:an?|one) ", "1 ", part) for part in (value, bare))
        value, bare = (re.sub(r"(?<=s),? (?-i:[A-Z]).*", "", part) for part in counted)
        return words(value), words(bare)
    return _items(value), _items(bare)


def _work(value: str) -> frozenset[str]:
    """ "as a nurse at Acme" -> {"as:nurse", "at:acme"}; at, for and in name different things."""
    parts = re.split(r"\b(at|for|as|in|from) ", value if value[:1] == " " else value.strip())
    pairs = list(zip(parts[1::2], parts[2::2], strict=True))
    if parts[0].strip():
        pairs.insert(0, ("as", parts[0]))
    tag = {"for": "at"}
    return frozenset(
        f"{tag.get(key.lower(), key.lower())}:{word}" for key, text in pairs for word in words(text)
    )


def _items(value: str) -> frozenset[str]:
    """A list as its items; what is compared ("tea over coffee") stays in its order."""
    if re.search(r"\b(?:over|than|from)\b", value):
        return frozenset({" ".join(re.findall(r"\w+", value.casefold()))})
    value = re.sub(r" instead of .*", "", value)
    parts = re.split(r",? (?:and|or) |, ", value)
    return frozenset(" ".join(sorted(words(part))) for part in parts if words(part))
