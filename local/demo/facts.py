"""Finds the facts in what a person says: "I'm Ana and I live in Lisbon" -> two memories.

A table of rules, tried in order on each clause; a clause that fits none says nothing that is
understood, and is left alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from local.demo import words as w
from local.demo.changes import CORRECTING, RENAMED, corrected, outcome
from local.demo.person import third, to_third
from local.demo.sentences import ADVERB, MAX_CHARS, NAMES, NOUN, THIRD, clauses
from local.demo.times import Told, dated
from local.demo.verdicts import compare, replaces

MAX_CLAUSE = 300
# More is not taken from one message.
MAX_FACTS = 60
# So many of the last facts are looked at for what the next one repeats or ends.
COMPARED = 20
NUMBER = rf"(?:\d{{1,3}}|{w.NUMBERS}(?:[- ]{w.NUMBERS})?)"
HERE = rf"(?!{w.THIS_CHAT}\b)"
KEPT_ADVERBS = ["usually", "always", "often", "mostly", "sometimes", "only", "mainly", "rarely"]
NOTHING_LASTING = r"(?!an? (?:question|problem|issue|idea|doubt|bug|request|feeling)\b)"
HAD = rf"{NOTHING_LASTING}(?:an?|no|any|some|several|many|my|{NUMBER}|twin|severe|type)"
NOW = re.compile(r" (?:right now|just now|today|tonight|this (?:morning|afternoon|evening))$")
Said = re.Match[str]


@dataclass(frozen=True)
class Rule:
    """A wording and what it tells; `memory` gives None where the wording deceived."""

    name: str
    pattern: re.Pattern[str]
    memory: Callable[[Said], str | None]


def _rule(name: str, pattern: str, memory: str | Callable[[Said], str | None]) -> Rule:
    """`{group}` in a text stands for that group of the pattern, turned to the third person."""
    if callable(memory):
        return Rule(name, re.compile(pattern, re.I), memory)

    def fill(said: Said) -> str:
        groups = {key: to_third(value or "") for key, value in said.groupdict().items()}
        return memory.format(**groups)

    return Rule(name, re.compile(pattern, re.I), fill)


def _name(said: Said) -> str | None:
    """Names keep their capitals and get them where they were written small."""
    words = said["name"].split()
    if re.fullmatch(f"{w.MOODS}|{w.NOT_A_NAME}|{w.NATIONS}|{w.LASTING}", words[0], re.I):
        return None
    particles = {"de", "da", "dos", "van", "von", "der", "bin", "al", "la", "del", "di", "le"}
    name = " ".join(w if w in particles or not w.islower() else w.capitalize() for w in words)
    return f"User is called {name}"


def _adverb(said: Said) -> str:
    """Adverbs that change a fact stay; those that only stress it go."""
    kept = [word for word in said["adv"].split() if word in KEPT_ADVERBS]
    return " ".join([*kept, ""])


def _state(said: Said) -> str:
    """ "I no longer eat meat", "I don't like tea", "I usually cycle to work"."""
    verb, rest = said["verb"].lower(), f" {to_third(said['rest'])}" if said["rest"] else ""
    if said["no"] == "never ":
        return f"User never {third(verb)}{rest}"
    if said["no"] == "do not " and not said["end"] and verb in {"like", "enjoy"}:
        return f"User dislikes{rest}"
    if said["no"] or said["end"]:
        return f"User does not {verb}{rest}"
    also = "also " if "also" in said["adv"] and verb in {"live", "work"} else ""
    return f"User {also}{_adverb(said)}{third(verb)}{rest}"


def _being(said: Said) -> str:
    """ "I'm a nurse", "I'm not a nurse", "I'm no longer vegan"."""
    no = "not " if said["no"] or said["end"] else ""
    return f"User is {no}{_adverb(said)}{to_third(said['rest'])}"


def _past(said: Said) -> str:
    rest = to_third(said["rest"])
    return f"User {third(rest) if rest.startswith('have ') else rest}"


NOT = r"(?P<no>do not |no longer |never )?"
BE_NOT = r"(?P<no>not |no longer )?"
ADV = rf"(?P<adv>{ADVERB})"
END = r"(?P<end>,? any ?more| any longer)?"
CALLED = (
    rf"(?P<name>(?!(?:{w.MOODS}|{w.NOT_A_NAME})\b)[^\W\d_][\w'.-]*(?: [^\W\d_][\w'.-]*){{0,3}})"
)

RULES = [
    _rule("name", rf"my (?:full |first |real )?name is (?:actually |now )?{CALLED}", _name),
    _rule(
        "called",
        rf"(?:you can |I am |people |everyone )*(?:calls? me|called|I go by) {CALLED}",
        _name,
    ),
    _rule(
        "age",
        rf"I am (?:now |already )?(?P<age>{NUMBER})(?: years?[ -]old| yo)?(?: now)?",
        "User is {age} years old",
    ),
    _rule("turning", rf"I (?:am turning|turn|will be) (?P<rest>{NUMBER}\b.*)", "User turns {rest}"),
    _rule(
        "being",
        rf"I am {BE_NOT}{ADV}(?P<rest>(?:(?:{w.LASTING}|{w.NATIONS})"
        r"(?: (?:and|since|for|in|but|by|now|with)\b.*?)?"
        rf"|half .+|{w.ABOUT_ME} {HERE}.+?|an? (?!{w.NOT_A_ROLE}\b).+?"
        rf"|the .+ (?:of|at|in) .+?|{w.ONGOING}\b(?! {w.THIS_CHAT}\b|.*\byou\b).*?"
        r"|on an? (?:[\w-]+ )?diet(?: since .+?)?|in my (?:\w+ )?\w+(?:ties|teens)"
        rf"|going to (?!be back|bed).+ (?:in|on|next|this) .+?|{NUMBER}[ .\d]*\w+ tall)){END}",
        _being,
    ),
    _rule("introduced", rf"I am (?P<name>{NAMES})", _name),
    _rule(
        "having",
        rf"I {NOT}{ADV}(?P<verb>have) (?P<rest>(?:{HAD} )?(?:{w.CONDITIONS}\b.*?"
        rf"|(?<=\w )(?:[\w'-]+ ){{0,3}}?(?:{w.PEOPLE}|{w.PETS}|{w.OWNED}|{w.CONDITIONS})\b.*?"
        rf"|(?<=\w )(?:\w+ )?{w.EVENTS} (?:.* )?(?:(?:on|in|at|next|this) .+?|tomorrow))){END}",
        _state,
    ),
    _rule(
        "wanting",
        rf"I {NOT}{ADV}(?P<verb>{w.GOALS}) (?!{w.CHAT_GOALS}\b){HERE}"
        rf"(?P<rest>(?!.*\b(?:this|it|you|your)\b).+?){END}",
        _state,
    ),
    _rule(
        "state",
        rf"I {NOT}{ADV}(?P<verb>{w.STATES}|like)"
        rf" {HERE}(?P<rest>(?!.*\byour\b|any ?more\b).+?){END}",
        _state,
    ),
    _rule(
        "habit",
        rf"I {NOT}{ADV}(?P<verb>smoke|drink|meditate|knit|ski|surf|paint)(?P<rest>){END}",
        _state,
    ),
    _rule(
        "knowing",
        r"I (?P<verb>know) (?P<rest>(?-i:[A-Z]).+)",
        "User knows {rest}",
    ),
    _rule(
        "unable",
        r"I can (?:not|no longer) "
        rf"(?P<rest>(?:eat|drink|have|stand|swim|drive|cook|tolerate|digest)\b {HERE}.+?"
        rf"|swim|drive|cook)(?:{END})",
        "User cannot {rest}",
    ),
    _rule(
        "past",
        rf"I {ADVERB}(?P<rest>(?:have {ADVERB})?{w.PAST} {HERE}(?!the |my mind).+"
        r"|retired|graduated|got (?:married|engaged|divorced|promoted)"
        rf"|have (?:been|lived|worked|studied) (?:{w.ONGOING}|{w.LASTING}|an?|in|at|as|for|with)"
        rf"\b.*|got (?:an?|{NUMBER}) (?:[\w'-]+ ){{0,3}}?(?:{w.PEOPLE}|{w.PETS}|{w.OWNED})\b.*"
        rf"|(?:cancelled|canceled|called off) my (?:\w+ )?{w.EVENTS}\b.*"
        r"|ran (?:a|the|my first) (?:half )?marathon\b.*"
        rf"|was (?:{w.LASTING}|an?) .*?until .+|got a (?:new )?job\b.*)",
        _past,
    ),
    _rule(
        "its name",
        rf"(?:my (?P<np>{NOUN})'s name|the name of my (?P<of>{NOUN})) is (?P<rest>.+)",
        "User's {np}{of} is called {rest}",
    ),
    _rule(
        "mine",
        rf"my (?P<np>{NOUN}) (?P<verb>{THIRD}) (?!{w.MOODS}\b)(?P<rest>.+)",
        "User's {np} {verb} {rest}",
    ),
    _rule(
        "where",
        r"(?P<rest>(?!(?:it|this|that|here|there)\b).+?) is (?:where|the (?:city|place|town)"
        r"(?: that| where)?) I (?:live|am living)(?: in)?",
        "User lives in {rest}",
    ),
    _rule(
        "is mine",
        rf"(?P<rest>(?!(?:it|this|that|he|she|they|who|what)\b).+?) (?:is|are) my (?P<np>{NOUN})",
        "User's {np} is {rest}",
    ),
]

MENTIONED = re.compile(
    rf"\b(?:my|an?|one) (?:[\w-]+ ){{0,2}}?(?P<head>(?:{w.PEOPLE}|{w.PETS}))\b"
    rf"(?: is)?(?:'s name is)?(?: called| named)?(?: (?P<name>{NAMES}))?",
    re.I,
)
NAMED = re.compile(
    rf"User(?:'s| has an?) (?P<kin>{w.PEOPLE}|{w.PETS})(?: (?:is )?(?:called|named))?"
    rf" (?P<name>{NAMES})\b"
)
PAST_FORMS = frozenset({"left", "put", "kept", "had", "went", "got", "took", "hid", "gave", "was"})


def facts(message: str, *, before: Sequence[str] = (), on: date | None = None) -> list[str]:
    """The texts of what the message tells."""
    return [fact.text for fact in told(message, before=before, on=on)]


def told(message: str, *, before: Sequence[str] = (), on: date | None = None) -> list[Told]:
    """What the message tells, each as one memory about "User", in the order it was said.

    `before` are earlier memories, which a correction ("actually it's …") may be about, the latest
    last; `on` is the day it was said, from which "yesterday" is counted. A change is one memory
    that says what holds now, and of what one message says twice the last remains.
    """
    found: list[Told] = []
    about = ""
    named = _named(before)
    is_correcting = CORRECTING.search(message[:MAX_CHARS]) is not None
    for clause in clauses(message):
        text = _resolved(clause.text[:MAX_CLAUSE], about, named)
        about = _mentioned(text) or about
        memory = understand(text)
        if memory is None and clause.explicit:
            memory = _as_asked(text)
        if memory is None and is_correcting:
            memory = corrected(text, [fact.text for fact in found], before)
        elif memory is not None and is_correcting and RENAMED.search(message[:MAX_CHARS]):
            memory = re.sub(r"^(User's .+?) is called ", r"\1 is actually called ", memory)
        if memory is not None and (clause.explicit or not NOW.search(memory)):
            now, is_result = outcome(" ".join(memory.split()))
            found = joined(found, dated(now, on, result=is_result))
        if len(found) == MAX_FACTS:
            break
    return found


def joined(found: Sequence[Told], fact: Told) -> list[Told]:
    """The facts and one more, without those that it repeats, refines or ends."""
    texts = {earlier.text for earlier in found}
    kept = list(found[:-COMPARED])
    for earlier in found[-COMPARED:]:
        verdict = "duplicate" if fact.text in texts else compare(fact.text, earlier.text)
        if verdict == "duplicate":
            return list(found)
        if verdict == "new" and not replaces(fact.text, earlier.text):
            kept.append(earlier)
    return [*kept, fact]


def understand(clause: str) -> str | None:
    """The memory of the first rule that fits the clause."""
    for rule in RULES:
        said = rule.pattern.fullmatch(clause)
        if said and (memory := rule.memory(said)):
            return memory
    return None


def _named(before: Sequence[str]) -> dict[str, str]:
    """Who has which name, by earlier memories."""
    found = (NAMED.search(memory[:MAX_CLAUSE]) for memory in before)
    return {said["name"]: said["kin"] for said in found if said}


def _resolved(clause: str, about: str, named: Mapping[str, str]) -> str:
    """ "She lives in Rome" after "my sister Clara" -> "my sister Clara lives in Rome"."""
    known = re.match(rf"({NAMES}) (?={THIRD}(?! my\b))", clause)
    if known and known[1] in named:
        return f"my {named[known[1]]} {clause}"
    if not about:
        return clause
    clause = re.sub(r"^(?:he|she|they|it)\b", about, clause, flags=re.I)
    clause = re.sub(r"^(?:his|her|their|its)\b", f"{about}'s", clause, flags=re.I)
    name = about.split()[-1]
    return re.sub(rf"^{re.escape(name)} (?={THIRD})", f"{about} ", clause)


def _mentioned(clause: str) -> str:
    """The person or pet that "he" or "she" means from here on."""
    found = MENTIONED.search(clause)
    return f"my {found['head']} {found['name'] or ''}".strip() if found else ""


def _as_asked(clause: str) -> str | None:
    """What the person asked to remember, taken as it is where no rule knows the wording."""
    said = re.match(rf"I {ADVERB}(?P<verb>\w+)(?P<rest> .+)", clause, re.I)
    if said:
        verb = said["verb"].lower()
        past = verb.endswith("ed") or verb in PAST_FORMS
        return f"User {verb if past else third(verb)}{to_third(said['rest'])}"
    if len(clause.split()) < 3 or not re.search(rf"\w {THIRD}|\w (?:\w+ed|\w+s)\b", clause):
        return None
    text = to_third(clause)
    return text[0].upper() + text[1:]
