"""Whose words a memory is made of: the person's, or only the assistant's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from memory.firewall_disguise import folded, visible

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")
# Words that any memory may have, in six languages; folded.
_COMMON_WORDS = (
    "user users he she his her him their they them the and with for from that this was were has "
    "have had are is be been not but who which also now very likes like loves wants want prefers "
    "lives live owns own uses use plans plan named called about into favourite favorite "
    "der die das den dem des ein eine einen einer und mit fur von vom zum zur ist sind hat haben "
    "nutzer nutzers benutzer nutzerin sein seine ihre ihr heisst wohnt lebt fahrt mag liebt "
    "les des une aux est sont avec pour dans sur son ses leur utilisateur utilisatrice habite vit "
    "aime appelle los las una unos con por para del que sus usuario usuaria vive tiene gusta llama "
    "gli della delle dello con per suo sua suoi utente abita chiama piace dos das nos nas uma com "
    "seu sua seus utilizador mora tem gosta chama"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        (
            "one eins un uno um", "two zwei deux dos due dois", "three drei trois tres tre",
            "four vier quatre cuatro quattro quatro", "five funf cinq cinco cinque fifth",
            "six sechs seis sei", "seven sieben sept siete sette sete",
            "eight acht huit ocho otto oito", "nine neun neuf nueve nove",
            "ten zehn dix diez dieci dez",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_ENDING = re.compile(r"(?:ings?|ed|es|s|e|en|er)$")
_GERMAN = re.compile(r"\b(?:der|die|das|nutzer|ist|und)\b")
_YES = re.compile(
    r"^\W{0,3}(?:yes|yeah|yep|yup|sure|correct|right|true|indeed|ja|jo|oui|ouais|si|sim|claro|certo"
    r"|vero|isso|genau|stimmt|richtig)\b"
)
_THAT_ONE = re.compile(
    r"^\W{0,3}(?:(?:yes|ja|oui|si|sim)\W{1,3})?(?:exactly|exact|exactement|genau|exacto|exactamente"
    r"|esatto|esattamente|exato|exatamente|precisely|that.?s (?:right|it|the one)|that one|this one"
    r"|the (?:first|second|third|last|latter|former)|d?(?:er|ie|as) (?:erste|zweite|letzte)"
    r"|(?:le|la) (?:premier|premiere|deuxieme|second|seconde)|(?:el|la) (?:primer|segund)[oa]"
    r"|(?:il|la) (?:prim|second)[oa]|(?:o|a) (?:primeir|segund)[oa])\b"
)
_POINTS_BACK = re.compile(r"\b(?:that|it|this|one|das|es|ca|cela|eso|esto|questo|quello|isso)\b")


def only_assistant_said(
    memory_text: str, said: Sequence[Mapping[str, str]], *, attributed_to: str
) -> bool:
    """Whether what makes this memory stands in the assistant's messages and not in the person's.

    A "yes" makes the question before it the person's own words; "exactly, that one" all of the
    message before it. Without a message of the assistant only `attributed_to` decides.
    """
    people, assistants = _voices(said)
    wanted = _content(memory_text)
    missing = {key: word for key, word in wanted.items() if key not in people}
    if attributed_to == "assistant":
        return bool(missing) or not wanted
    theirs = {key: word for key, word in missing.items() if key in assistants}
    shared = len(wanted) - len(missing)
    if not theirs:
        return False
    if shared == 0 or any(key.isdigit() for key in theirs):
        return True
    names = sum(word[0].isupper() for word in theirs.values())
    # German writes every noun with a capital: a new one is not yet a new name.
    return names > (shared if _GERMAN.search(folded(memory_text)) else 0)


def shares_words(memory_text: str, message: str) -> bool:
    return not _content(memory_text).keys().isdisjoint(_keys(message))


def _voices(said: Sequence[Mapping[str, str]]) -> tuple[set[str], set[str]]:
    """The keys of what the person said or agreed to, and of what the assistant said."""
    people: set[str] = set()
    assistants: set[str] = set()
    before = ""
    for message in said:
        content = message["content"]
        if message["role"] == "assistant":
            assistants |= _keys(content)
            before = content
        elif message["role"] == "user":
            people |= _keys(content) | _keys(_agreed(content, before))
            before = ""
    return people, assistants


def _agreed(answer: str, before: str) -> str:
    """What of the assistant's message the person's answer makes their own."""
    start = folded(answer[:80])
    if _THAT_ONE.match(start):
        return before
    if not _YES.match(start):
        return ""
    questions = [s for s in _SENTENCE.findall(before) if s.endswith("?")]
    if any(_POINTS_BACK.search(folded(question)) for question in questions):
        return before
    return " ".join(questions)


def _content(text: str) -> dict[str, str]:
    """The telling words of a memory, by key; the first word's capital says nothing."""
    words = _WORD.findall(visible(text))
    words[:1] = [word.casefold() for word in words[:1]]
    return {_key(word): word for word in words if _tells(word)}


def _keys(text: str) -> set[str]:
    return {_key(word) for word in _WORD.findall(folded(text))}


def _tells(word: str) -> bool:
    long = len(word) > 2 or word.isdigit() or (len(word) == 2 and word.isupper())
    return long and folded(word) not in _COMMON


def _key(word: str) -> str:
    """Words that differ in form only share a key: hikes and hiking, three and 3."""
    fold = folded(word)
    if fold in _NUMBERS:
        return _NUMBERS[fold]
    return fold if fold.isdigit() else _ENDING.sub("", fold)[:5] or fold
