"""Turns sentences between persons: "I live" -> "User lives" -> "You live"."""

import re

from local.demo import words as w

IRREGULAR = {"have": "has", "do": "does", "go": "goes", "am": "is", "would": "would", "can": "can"}
BASES = {verb.split("_")[0] for verb in w.STATE_WORDS.split()} | {
    *("want", "plan", "hope", "intend", "aim", "dream", "need", "know", "visit", "celebrate"),
}
ADVERBS = (
    "(?:(?:no longer|also|now|really|still|usually|always|often|mostly|currently|mainly|never|"
    "sometimes|only|just|recently|absolutely|especially|rarely|regularly|generally|once) )*"
)
TO_THIRD = {"i": "User", "me": "User", "myself": "User", "we": "User", "us": "User"}
TO_THIRD |= {"my": "User's", "mine": "User's", "our": "User's", "am": "is"}
TO_SECOND = {"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself"}
TO_SECOND |= {"i'm": "you are", "am": "are", "user's": "your", "user": "you"}


def third(verb: str) -> str:
    """The form after "User": live -> lives, study -> studies, come from -> comes from."""
    first, _, rest = verb.partition(" ")
    if first in IRREGULAR:
        form = IRREGULAR[first]
    elif re.search(r"[^aeiou]y$", first):
        form = first[:-1] + "ies"
    else:
        form = first + ("es" if re.search(r"(?:s|sh|ch|x|z|o)$", first) else "s")
    return f"{form} {rest}" if rest else form


FORMS = {third(base): base for base in BASES}
FORMS |= {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}


def to_third(text: str) -> str:
    """I and my become User and User's; the verb is left to the rule that knows it."""
    return re.sub(rf"(?i)\b({'|'.join(TO_THIRD)})\b(?!')", lambda m: TO_THIRD[m[1].lower()], text)


def to_second(memory: str) -> str:
    """A memory as it is said to its owner: "User lives in Rome" -> "You live in Rome."."""
    text = memory.strip().rstrip(".")
    if re.match(r"User\b(?!'s)", text):
        # A second verb of the same subject: "moved to Rome and lives there".
        joined = rf"(\b(?:and|but|or) {ADVERBS})(\w+)\b"
        text = re.sub(joined, lambda m: m[1] + FORMS.get(m[2], m[2]), text)
    verbs = rf"\b(User|I) ({ADVERBS})(\w+)\b"
    text = re.sub(verbs, lambda m: f"{m[1]} {m[2]}{_second(m[3])}", text)
    words = r"\b(User(?:'s)?|I'm|I|(?i:me|my|mine|myself))\b"
    text = re.sub(words, lambda m: TO_SECOND[m[1].lower()], text)
    return text[:1].upper() + text[1:] + ("" if text.endswith(("!", "?")) else ".")


def _second(verb: str) -> str:
    """The form after "you" of a verb in the third person; any other word stays as it is."""
    if verb in FORMS:
        return FORMS[verb]
    if verb == "am":
        return "are"
    if re.search(r"[a-z]ies$", verb):
        return verb[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|z)es$", verb):
        return verb[:-2]
    return verb[:-1] if re.search(r"[a-rt-z]s$", verb) else verb


def base_of(form: str) -> str:
    """The verb of a form in -ing or -ed, where it is known: eating -> eat, lived -> live."""
    stem = re.sub(r"(?:ing|ed)$", "", form)
    candidates = (stem, stem + "e", stem[:-1], re.sub("i$", "y", stem))
    return next((verb for verb in candidates if verb in BASES), stem)
