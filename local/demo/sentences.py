"""Takes a message apart: into sentences, and sentences into clauses that each say one thing.

What is not said by the person in earnest falls away here: code, quotations, questions, requests
and hypotheticals. Each clause that is left has its own subject.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from local.demo import words as w
from local.demo.person import third

MAX_CHARS = 20_000
CONTRACTIONS = [
    (r"[‘’´`]", "'"),
    (r"[“”«»]", '"'),
    (r"\bi'?m\b", "I am"),
    (r"\bi'?ve\b", "I have"),
    (r"\bi'd\b", "I would"),
    (r"\bi'll\b", "I will"),
    (r"\b(we|they|you)'re\b", r"\1 are"),
    (r"\b(we|they|you)'ve\b", r"\1 have"),
    (r"\b(ca|wo)n'?t\b|\bcannot\b", "can not"),
    (r"\b(do|does|did|is|are|was|were|have|has|had|would|should|could)n'?t\b", r"\1 not"),
    (r"\b(he|she|it)'s (got|been|moved)\b", r"\1 has \2"),
    (r"\b(he|she|it|that|there|what|where|who|name)'s\b", r"\1 is"),
    (r"\b(\w+)'s (called|named|allergic|from|in|a|an|my|now)\b", r"\1 is \2"),
    (r"\b(have|has) got\b", r"\1"),
    (r"\bgonna\b", "going to"),
    (r"\bwanna\b", "want to"),
    (r"\bb'?day\b", "birthday"),
    (r"[:;]-?[()DP](?!\w)", " "),
    (r"\bwe are\b", "I am"),
    (r"\b(i|we)\b(?!')", "I"),
    (r"\bour\b", "my"),
]
ABBREVIATIONS = "".join(
    rf"(?<!\b{a}\.)" for a in ("Dr", "Mr", "Mrs", "Ms", "St", "Prof", "vs", "Corp", "Inc", "Ltd")
)
SENTENCE_END = re.compile(rf"(?<=[.!?…。！？]){ABBREVIATIONS}(?<!\b[A-Z]\.)[\"')]*\s+|\n+")
JOINT = re.compile(
    r"(,?\s+(?:and|but|so|plus|while|although|though|whereas)\s+(?:also\s+|then\s+)?"
    r"|\s*[,;]\s*|\s+[-–—]+\s+)",
    re.I,
)

NAME = r"(?-i:[^\W\d_a-zà-ÿ][\w'.-]*)"
NAMES = rf"{NAME}(?: {NAME}){{0,2}}"
HEAD = f"(?:{w.PEOPLE}|{w.PETS}|{w.OWNED}|{w.THINGS}|{w.EVENTS})"
NOUN = (
    rf"(?:(?:[\w'-]+ )?favou?rite (?:[\w'+#/-]+ ){{0,3}}?[\w'+#/-]+"
    rf"|(?:[\w'-]+ ){{0,2}}?{HEAD}(?:'s (?:[\w-]+ )?[\w-]+)?(?: {NAMES})?)"
)
STATED = "|".join(f"{verb}|{third(verb)}" for verb in w.STATE_WORDS.split() if "_" not in verb)
THIRD = (
    r"(?:(?:also |now |still |really |usually |always |often |just )*"
    r"(?:is|are|was|were|has|have|had|does not|do not|will|can|can not|no longer|died|moved|turned"
    r"|turns|passed|started|got|graduated|studied|worked|lived|loved|retired|makes|goes|gets|needs"
    rf"|wants|knows|comes|starts|{STATED})\b)"
)
MINE = rf"(?:my|his|her|their) {NOUN}"
WHO = rf"I|he|she|it|they|you|this|that|these|there|{MINE}|{NAMES}"
SUBJECT = re.compile(rf"({WHO})(?= {THIRD}|(?<=\bI) |$)", re.I)
OPENING = re.compile(rf"(?:{WHO})(?: {THIRD}|(?<=\bI) )", re.I)
ADVERB = (
    r"(?:(?:also|now|really|still|usually|always|often|mostly|currently|just|recently|absolutely"
    r"|mainly|sometimes|only|totally|truly|actually|rarely|regularly|never|do|even|honestly) )*"
)
BARE = re.compile(
    rf"{ADVERB}(?:(?:{w.STATES}|{w.GOALS}|{w.PAST})|am|have|do not|can not|no longer|hate) \S", re.I
)
COMPLEMENT = re.compile(
    rf"(?:\d{{1,3}}(?: years old)?|an? .+|from .+|based in .+|(?:(?:{w.LASTING}|{w.NATIONS}))"
    r"|(?:living|working|studying|learning) .+)$",
    re.I,
)
BEING = re.compile(r"I am (?!.*\b(?:to|of|not)\b)", re.I)
QUESTION = re.compile(
    r"(?:who|what|where|when|why|how|which|whose|do|does|did|am|is|are|was|were|can|could|would"
    r"|will|should|shall|may|have (?:I|you)|has|any (?:idea|chance|tips)|or|right$)\b",
    re.I,
)
REQUEST = re.compile(
    r"(?:please|tell|plan|write|give|show|explain|help|let us|let's|lets|make|find|recommend"
    r"|suggest|translate|list|summari[sz]e|remind|forget|delete|i want you|i need"
    r"|i would like you|repeat"
    r"|describe|create|generate|compose|draft|fix|correct|proofread|rewrite|answer|ignore|say|act"
    r"|respond|reply|read|check|compare|convert|calculate|define|do not|never mind|stop)\b",
    re.I,
)
# After these the rest of the message is material, not the person speaking.
MATERIAL = re.compile(r":|\b(?:following|below)\b|\bthis (?:text|email|letter|story|code)\b", re.I)
HYPOTHETICAL = re.compile(
    r"(?:if|suppose|imagine|pretend|assume|assuming|let us say|let's say|say|what if|unless|when"
    r"|hypothetically|maybe|perhaps|once|in (?:my|a|the|this) (?:dream|story|novel|game|book))\b",
    re.I,
)
FILLER = re.compile(
    r"\A(?:(?:hi|hello|hey|yo|good (?:morning|evening|afternoon)|well|so|oh|yes|yeah|yep|no|nope|ok"
    r"|okay|sure|right|actually|also|and|but|anyway|honestly|to be honest|btw|by the way|in fact"
    r"|of course|thanks|thank you|nice to meet you|sorry|you know|hmm|haha|lol|oops|wait|greetings"
    r"|correction|as i said|like i said|as you know|again|wow|great|cool|unfortunately|luckily"
    r"|just|these days|nowadays|obviously|i mean|from now on|(?:since|because|as)(?= I am))"
    r"(?: there| again| keepsake| everyone| all)?"
    r"(?:[\s,.!:–-]+|$))+",
    re.I,
)
TRAILING = re.compile(
    r"(?:[\s,]+(?:btw|by the way|too|as well|lol|haha|please|thanks|thank you|though|you know"
    r"|as you know|as I said|like I said|remember))+$",
    re.I,
)
REMEMBER = re.compile(
    r"(?:please |pls |can you |could you |(?:i )?(?:want|need) you to |always )*"
    r"(?:remember|do not forget|note|keep in mind|bear in mind|make a note|take note|fyi"
    r"|for the record|just so you know|you should know|i should (?:mention|add|say)"
    r"|(?:i want|i would like) you to know)(?: this| that)?\s*[:,]?(?: that)?\s+"
    r"(?!(?:what|when|where|who|why|how|to|me|our|the time|this|that|it)\b)",
    re.I,
)
LEADING = re.compile(
    r"((?:one day|yesterday|in|since|from|until|during|for|every|each|last|next|this|on|at"
    r"|(?:an?|two|three|four|five|six|ten|\d+) (?:days?|weeks?|months?|years?) ago)"
    r"\b[^,.]{0,40}?),? "
    r"((?:I|my)\b.*)",
    re.I,
)
COUPLE = re.compile(rf"my ({w.PEOPLE}(?: {NAMES})?) and I\b(.*)", re.I)


@dataclass(frozen=True)
class Clause:
    """One statement with its subject; `explicit` when the person asked to remember it."""

    text: str
    explicit: bool


def plain(message: str) -> str:
    """The message without code, quotations and symbols, with contractions written out."""
    text = message[:MAX_CHARS].encode("utf-8", "replace").decode()
    text = re.sub(r"```.*?(?:```|\Z)", "\n", text, flags=re.S)
    text = re.sub(r"(?m)^\s*>.*$", "", text)
    text = "".join(" " if _symbol(character) else character for character in text)
    for pattern, written_out in CONTRACTIONS:
        text = re.sub(pattern, written_out, text, flags=re.I)
    text = re.sub(r'"([^"\n]*)"', _quotation, text)
    text = re.sub(r"(?<!\w)'((?:[^'\n]|'\w)*)'(?!\w)", _quotation, text)
    return _with_capital_name(re.sub(r"[^\S\n]+", " ", text).strip())


def sentences(text: str) -> list[str]:
    """Sentences of a plain text; a new line ends one as well."""
    return [part.strip() for part in SENTENCE_END.split(text) if part and part.strip()]


def clauses(message: str) -> Iterator[Clause]:
    """What the person states, piece by piece."""
    for sentence in sentences(plain(message)):
        stripped = FILLER.sub("", sentence)
        asked = REMEMBER.match(stripped)
        text = stripped[asked.end() :] if asked else stripped
        if not asked and REQUEST.match(text) and MATERIAL.search(text):
            return
        if not asked and HYPOTHETICAL.match(text):
            continue
        is_question = text.endswith(("?", "？")) and not asked
        statement = _in_order(TRAILING.sub("", text.rstrip(" .!?…。！？:")))
        for clause in _clauses(statement, is_question=is_question):
            yield Clause(clause, explicit=bool(asked))


def _clauses(sentence: str, *, is_question: bool) -> Iterator[str]:
    """Cut where a new statement opens; give each the subject that it leaves out."""
    parts = JOINT.split(sentence)
    current, subject, joint_before = "", "", ""
    for joint, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        opened = _opened(FILLER.sub("", part) or part, subject, current)
        if opened is None:
            current += joint + part
            continue
        if current and not _unspoken(current):
            yield _until_if(current)
        if current and _unspoken(current) and re.search(r"\b(?:and|or)\b", joint_before + joint):
            return
        current, joint_before = opened, joint
        found = SUBJECT.match(current)
        subject = found[1] if found else subject
    if current and not is_question and not _unspoken(current):
        yield _until_if(current)


def _opened(part: str, subject: str, current: str) -> str | None:
    """The part as a clause of its own, or None when it goes on with the clause before."""
    if part.startswith("who ") and subject:
        return f"{subject} {part[4:]}"
    if not current or OPENING.match(part):
        return part
    third_person = subject and subject.lower() != "i"
    if third_person and re.match(rf"{THIRD}(?! (?:I|you|he|she|it|they|my)\b)", part, re.I):
        return f"{subject} {part}"
    if subject.lower() == "i" and BARE.match(part) and not REQUEST.match(part):
        return f"I {part}"
    if _unspoken(part):
        return part
    if BEING.match(current) and COMPLEMENT.match(part):
        return f"I am {part}"
    return None


def _unspoken(clause: str) -> bool:
    """A question, a request or a hypothetical: not a statement."""
    return bool(QUESTION.match(clause) or REQUEST.match(clause) or HYPOTHETICAL.match(clause))


def _until_if(clause: str) -> str:
    return re.split(r" (?:if|unless) ", clause, maxsplit=1)[0].strip()


def _in_order(sentence: str) -> str:
    """ "In May I moved" -> "I moved in May"; "my wife and I live" -> "I live with my wife"."""
    for pattern, moved in ((LEADING, "{0}"), (COUPLE, "with my {0}")):
        found = pattern.fullmatch(sentence)
        if found:
            rest = found[2] if pattern is LEADING else "I" + found[2]
            first, *others = JOINT.split(rest, maxsplit=1)
            lead = moved.format(found[1])
            lead = lead[0].lower() + lead[1:]
            sentence = f"{first} {lead}" + "".join(others)
    return sentence


def _symbol(character: str) -> bool:
    """Emoji, NUL and the like, which are no part of a fact."""
    return character not in "\n\t" and unicodedata.category(character) in {"So", "Sk", "Cc", "Cf"}


def _quotation(match: re.Match[str]) -> str:
    """A quoted word loses its quotes, a quoted title stays, quoted speech goes."""
    inner = match[1]
    if re.fullmatch(r"[^\W\d_][\w-]*", inner):
        return inner
    speech = len(inner.split()) > 6 or re.search(r"\b(?:I|me|my|you)\b", inner)
    return " " if speech else match[0]


def _with_capital_name(text: str) -> str:
    """ "hi i'm ana, i live …": a name written small where people introduce themselves."""
    not_a_name = f"(?:{w.MOODS}|{w.NOT_A_NAME}|{w.LASTING}|{w.NATIONS}|{w.NUMBERS})"
    introduced = re.compile(
        rf"((?:^(?:hi|hello|hey)\b[\w ,!.]{{0,30}}?|^)I am )"
        rf"(?!{not_a_name}\b)(?!\w+(?:ed|ing|ful|less|ous|ly|ive|able|ish|ent|ant)\b)"
        r"([a-zà-ÿ]+)(?=$|[.!]|,? (?:and )?(?:I|live|work)\b)",
        re.I,
    )
    found = introduced.search(text)
    if not found or found[0] == text:  # "i'm ana" and no more might as well be a mood
        return text
    return text[: found.start(2)] + found[2].capitalize() + text[found.end(2) :]
