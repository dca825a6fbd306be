"""The title of a conversation: what its first message is about, by small rules for English."""

import json
import re

from local.demo.sentences import FILLER, REMEMBER

TITLE_WORDS = 6
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")
_ASKING = re.compile(
    r"\A(?:(?:please|pls|kindly|can you|could you|would you|will you|can i|could i|i (?:really )?"
    r"(?:need|want|would like|['’]?d like)(?: you)?(?: some help)?(?: to| with)?"
    r"|help me(?: to| with)?|let['’]?s|tell me(?: more)?(?: about)?|give me|show me"
    r"|explain(?: to me)?|write(?: me)?|do you know|i (?:was|am|['’]m) wondering)\b[\s,:]*)+",
    re.I,
)
_ARTICLE = re.compile(r"(?:an?|the|some)\s+", re.I)
_HOW_TO = re.compile(r"how (?:do|can|could|should|would|to)(?: i| we| you| one)?\s+", re.I)
_WHERE_I = re.compile(r"(what|where|when|why|which \w+|who) (?:do|does|did) (.+)", re.I)
_CLAUSE_END = re.compile(r"\s*[,;:]\s*|\s+(?:and|but|so|because|since|which|who|when|if)\s+", re.I)
_I = r"i(?:['’]ve)?(?:\s+(?:also|really|still|now|just|currently|usually|always|mostly))*"
_NAME_IS = re.compile(r"my name is\s+|i(?:\s+am|['’]m) called\s+|call me\s+", re.I)
_I_AM = re.compile(rf"(?:{_I}\s+am|i['’]m)\s+(?:an?\s+)?", re.I)
_MINE = re.compile(r"(my [\w' -]+?) (?:is|are) (?:called|named) (.+)", re.I)
_I_LIKE = re.compile(
    rf"{_I}\s+(?:like|love|enjoy|prefer|adore|have|own|got|use|play|speak|drink|eat)\s+", re.I
)
_I_DO = re.compile(
    rf"{_I}\s+(live|work|study|moved?|travel|teach|learn|train|build|run|write|plan|cook)\b", re.I
)
# A title does not end on these.
_LOOSE_END = re.compile(
    r"(?:\s+(?:a|an|the|my|your|his|her|our|their|of|in|on|at|to|for|from|with|by|and|or|but|is|are"
    r"|was|as|that|this|i))+$",
    re.I,
)


def first_message(said: str) -> str:
    """The person's message; the app sends it as JSON, beside its answer."""
    try:
        message = json.loads(said)["message"]
    except (ValueError, TypeError, KeyError):
        return said
    return message if isinstance(message, str) else said


def title_of(message: str) -> str:
    """At most six words; empty if the message has none."""
    text = re.sub(r"[\"“”*#`<>\[\]{}|\\]|https?://\S+", "", message).strip()
    text = FILLER.sub("", text) or text
    text = REMEMBER.sub("", text) or text
    first = _SENTENCE_END.split(text.strip())[0].rstrip(" .,!?;:…")
    first = re.sub(r"\s+(?:to|for) (?:me|us)$", "", first, flags=re.I)
    words = _subject(_ASKING.sub("", first) or first).split()
    title = " ".join(words[:TITLE_WORDS])
    if len(words) > TITLE_WORDS:
        title = _LOOSE_END.sub("", title)
    title = title.rstrip(" .,!?;:…")
    return title[:1].upper() + title[1:]


def _subject(text: str) -> str:
    """What a sentence is about, as far as these rules know its form; else the sentence."""
    if match := _HOW_TO.match(text):
        return "how to " + text[match.end() :]
    if match := _WHERE_I.match(text):
        return f"{match[1]} {match[2]}"
    clause = _CLAUSE_END.split(text)[0]
    if match := _NAME_IS.match(clause):
        return "introducing " + clause[match.end() :]
    if match := _MINE.match(clause):
        return f"{match[1]} {match[2]}"
    if match := _I_DO.match(clause):
        return _ing(match[1].lower()) + clause[match.end() :]
    if match := _I_AM.match(clause) or _I_LIKE.match(clause):
        return _ARTICLE.sub("", clause[match.end() :], count=1)
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


def _ing(verb: str) -> str:
    doubled = {"run": "running", "plan": "planning", "build": "building"}
    return doubled.get(verb) or verb.removesuffix("d").removesuffix("e") + "ing"
