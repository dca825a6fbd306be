"""Answers from the memories that a request carries, and from nothing else.

A question is matched to memories by the topics it asks about, by shared words, and only then by
the closeness of meaning that the embedding model sees. What is not there is said to be not there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.demo import words as w
from local.demo.facts import facts
from local.demo.person import to_second
from local.demo.sentences import FILLER, QUESTION, REMEMBER, REQUEST, plain, sentences
from local.demo.topics import TOPICS, Topic, stems
from local.demo.verdicts import OUTDATED, compare

# Cosines of one text with each of the others.
Similarity = Callable[[str, Sequence[str]], list[float]]

# Measured with 39 questions that say "home" in other words than the memory: a closest memory of
# 0.32 or more was the right one, wrong ones reached 0.29. Among the memories of a topic that the
# question names, the closest is meant.
CLOSE, CLOSE_IN_TOPIC, MARGIN = 0.31, 0.15, 0.05
AT_MOST = 5

GREETING = "(?:hi|hello|hey|yo|hiya|howdy|greetings|good (?:morning|evening|afternoon|day))"
DEMO = (
    "I'm the demo model: I answer from what you have told me and from nothing else. "
    "Set OPENAI_API_KEY to talk to a real model."
)
UNKNOWN = "I don't have anything about that in memory yet."
NOTHING = "I don't have anything about you in memory yet."
HELLO = "Hello! What would you like to tell me, or ask me?"
SMALL_TALK = [
    (r"", HELLO),
    (rf"{GREETING}(?:[ ,]+{GREETING})*(?: there| again| all| everyone| keepsake)?", HELLO),
    (r"how are you.*|how is it going.*|what is up", "I'm well, thank you. What is on your mind?"),
    (r"who are you|what are you|what can you do.*|what is your name|are you .*", DEMO),
]
COURTESIES = [
    (r"(?:many )?(?:thanks|thank you|thx|cheers)\b.*", "You're welcome!"),
    (r"(?:bye|goodbye|see you|good night|ciao)\b.*", "Goodbye!"),
    (r"(?:ok|okay|great|cool|nice|good|perfect|wow|yes|no|sure|alright)\b.{0,20}", "All right."),
]
TELL_ME = re.compile(
    r"(?:please )?(?:(?:can|could) you )?(?:tell me|remind me|do you (?:know|remember|recall)"
    r"|I (?:forgot|forget|do not (?:know|remember)|can not remember))"
    r"(?: (?:again|of|about|if|that|whether))* (?=(?:what|where|who|when|which|how|my|me\b|I\b))",
    re.I,
)
ALL_ABOUT_ME = re.compile(
    r".*\b(?:what|everything|anything|all).*\byou (?:know|remember|recall|have|learned|stored)"
    r"(?: (?:about|of|on) (?:me|myself))?(?: so far| in memory)?"
    r"|(?:do you (?:know|remember) |tell me (?:more )?about )(?:me|myself)|(?:about )?(?:me|myself)"
    r"|what (?:have|did) I (?:told|tell) you(?: so far)?|what is (?:stored )?in your memory"
    r"|(?:list|show|summari[sz]e).*\b(?:memor\w+|about me)\b.*",
    re.I,
)
ADVICE = re.compile(r"\b(?:recommend|suggest|should I|idea|good|best)\b", re.I)
WORLD = re.compile(r"how (?:do|can|to|would|should) (?:I|you|we|one)\b|why\b|explain\b", re.I)
MINE = re.compile(r"\b(?:I|me|my|mine|myself)\b", re.I)
RELATION = re.compile(rf"\bmy (?:[\w-]+ )?((?:{w.PEOPLE}|{w.PETS}))\b", re.I)
GROUPS = {
    **{"child": r"(?:sons?|daughters?|bab(?:y|ies))", "parent": "(?:mother|mum|mom|father|dad)"},
    **{"sibling": "(?:sisters?|brothers?)", "pet": w.PETS, "famil": w.PEOPLE, "family": w.PEOPLE},
}
WH = re.compile(r"(?:what|where|who|when|which|how|whose)\b", re.I)

# More memories than this are not compared with each other.
COMPARED = 80


@dataclass(frozen=True)
class Known:
    """A memory, or what the person said earlier in this request (`date` is then empty)."""

    text: str
    date: str

    @property
    def rank(self) -> tuple[bool, str]:
        """What was said in this conversation is the latest; of a span the end counts."""
        days = re.findall(r"\d{4}(?:-\d\d){0,2}", self.date)
        return (not self.date, days[-1] if days else "")


def answer(system: str, said: Sequence[str], similarity: Similarity) -> str:
    """The answer to the last of the person's messages `said`, given the system prompt."""
    events = re.search(r"<memory_events>\s*(.*?)\s*</memory_events>", system, re.S)
    if events:
        return " ".join(_happened(line) for line in _unfenced(events[1]).splitlines())
    text = plain(said[-1]) if said else ""
    asked = [body for part in sentences(text) if (body := _question(part))]
    told = facts(said[-1]) if said else []
    for pattern, reply in [] if told else SMALL_TALK if asked else SMALL_TALK + COURTESIES:
        if re.fullmatch(pattern, text.rstrip(" .!?"), re.I):
            return reply
    if not asked:
        return _statement(text, told)
    known = _known(system, said)
    return " ".join(dict.fromkeys(_answer(question, known, similarity) for question in asked))


def memories(system: str) -> list[Known]:
    """The numbered memories between the tags of a system prompt."""
    block = re.search(r"<memories>(.*?)</memories>", system, re.S | re.I)
    lines = re.findall(r"(?m)^\s*\d+\.\s+(?:\[([^\]\n]*)\]\s*)?(.+)$", block[1] if block else "")
    return [Known(_unfenced(text.strip()), date.strip() or "0") for date, text in lines]


def _happened(event: str) -> str:
    """ "Remembered: User lives in Rome" as a sentence to the person."""
    word, colon, memory = event.partition(": ")
    return f"{word}: {to_second(memory).rstrip('.')}." if colon else event


def _unfenced(text: str) -> str:
    """As the person wrote it: the prompt escapes < and > so that no memory closes the fence."""
    return text.replace("&lt;", "<").replace("&gt;", ">")


def _known(system: str, said: Sequence[str]) -> list[Known]:
    here = [Known(fact, "") for text in said for fact in facts(text)]
    texts = {fact.text for fact in here}
    return _latest([m for m in memories(system) if m.text not in texts] + here)


def _question(sentence: str) -> str | None:
    """The question in a sentence, without what leads to it; None where it asks nothing."""
    if REMEMBER.match(FILLER.sub("", sentence)):
        return None
    body = FILLER.sub("", sentence).rstrip(" .!?")
    led = TELL_ME.match(body)
    if led or ALL_ABOUT_ME.fullmatch(body):
        return body[led.end() :] if led else body
    if not sentence.rstrip().endswith(("?", "？")) and not QUESTION.match(body):
        return None
    clauses = re.split(r",\s+(?:(?:and|but|so)\s+)?|\s+(?:and|but|so)\s+", body)
    asks = [len(part) > len("right") and QUESTION.match(part) for part in clauses]
    opened = next((index for index, match in enumerate(asks) if match), 0)
    return body[body.index(clauses[opened]) :]


def _statement(text: str, told: Sequence[str]) -> str:
    if told and told[0].startswith("User is called "):
        return f"Nice to meet you, {told[0].removeprefix('User is called ')}."
    if told:
        return "Thanks for telling me."
    if REQUEST.match(FILLER.sub("", text)):
        return DEMO
    return "I see. Tell me more if you like."


def _answer(question: str, known: list[Known], similarity: Similarity) -> str:
    if ALL_ABOUT_ME.fullmatch(question):
        return _everything(known)
    found = _relevant(question, known, similarity)
    if found:
        return " ".join(to_second(memory.text) for memory in found)
    own = MINE.search(question) and not re.match(r"(?:can|could|would|will) you\b", question, re.I)
    return UNKNOWN if own and not ADVICE.search(question) and not WORLD.match(question) else DEMO


def _everything(known: list[Known]) -> str:
    lines = [
        f"- {to_second(memory.text)} ({memory.date if memory.date else 'just now'})"
        for memory in known
    ]
    return "\n".join(["Here is what I know about you:", *lines]) if lines else NOTHING


def _relevant(question: str, known: list[Known], similarity: Similarity) -> list[Known]:
    """The memories that answer the question, at most AT_MOST."""
    topics = [topic for topic in TOPICS if topic.question.search(question)]
    short = bool(topics) and len(question.split()) < 3
    if WORLD.match(question) or not (MINE.search(question) or short):
        return [] if WORLD.match(question) else _of_the_world(_wanted(question, topics), known)
    favourite = re.search(r"\bfavou?rite\b(.*)", question, re.I)
    if favourite:
        return _most_shared(stems(favourite[1]), [m for m in known if "favourit" in stems(m.text)])
    relation = RELATION.search(question)
    about = [m for m in known if not relation or _concerns(m, relation[1], known)]
    wanted = _wanted(question, topics) - (stems(relation[1]) if relation else set())
    topical = [m for m in about if any(_fits(m, t, bool(relation)) for t in topics)]
    shared = _most_shared(wanted, about)
    if shared:
        return shared[:AT_MOST]
    if not wanted:
        return (about if relation and not topics else topical)[:AT_MOST]
    diet = [m for m in topical for t in topics if t.name == "diet" and _fits(m, t, bool(relation))]
    if diet:
        return diet[:AT_MOST]
    if topics and not WH.match(question):
        return []  # "Do I like beer?" is not answered by a liking for tea.
    if topical:
        return _closest(question, topical, similarity, CLOSE_IN_TOPIC)
    return _closest(question, about, similarity, CLOSE)


def _of_the_world(wanted: set[str], known: list[Known]) -> list[Known]:
    """ "Who is Clara?" is about the person, "what is the capital of France?" is not."""
    return [m for m in known if wanted and wanted <= stems(m.text)][:AT_MOST]


def _wanted(question: str, topics: Sequence[Topic]) -> set[str]:
    """The words of a question that its topics do not already stand for."""
    rest = question
    for topic in topics:
        rest = topic.question.sub(" ", rest)
    return stems(rest)


def _fits(memory: Known, topic: Topic, relation: bool) -> bool:
    of_others = not relation and topic.others.match(memory.text)
    return bool(topic.memory.search(memory.text)) and not of_others


def _concerns(memory: Known, relation: str, known: Sequence[Known]) -> bool:
    """Does the memory speak of that relation, by the word or by the name it has elsewhere?"""
    word = next(iter(stems(relation, stop=False)))
    if word in GROUPS and re.search(rf"\b{GROUPS[word]}\b", memory.text, re.I):
        return True
    named = rf"User(?:'s| has an?) {relation}(?: is)?(?: called| named)? ((?-i:[A-Z])[\w'-]+)"
    names = {m[1] for k in known if (m := re.search(named, k.text, re.I))}
    return word in stems(memory.text, stop=False) or any(name in memory.text for name in names)


def _most_shared(wanted: set[str], memories_: Sequence[Known]) -> list[Known]:
    counts = [len(wanted & stems(memory.text)) for memory in memories_]
    best = max(counts, default=0)
    return [m for m, count in zip(memories_, counts, strict=True) if best and count == best]


def _closest(
    question: str, memories_: Sequence[Known], similarity: Similarity, at_least: float
) -> list[Known]:
    if not memories_:
        return []
    cosines = similarity(question, [memory.text for memory in memories_])
    floor = max(at_least, max(cosines) - MARGIN)
    return [m for m, c in zip(memories_, cosines, strict=True) if c >= floor][:AT_MOST]


def _latest(memories_: Sequence[Known]) -> list[Known]:
    """Of memories that contradict or repeat each other the latest, in the order they came."""
    kept: list[Known] = []
    for memory in sorted(memories_, key=lambda m: m.rank)[-COMPARED:]:
        kept = [m for m in kept if compare(memory.text, m.text) not in OUTDATED] + [memory]
    return [memory for memory in memories_ if memory in kept]
