"""What the test model says: from the memories that the request carries, and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat.prompt import EXAMPLE_DAY
from tests.support.model.memory import Similarity, outcome, words_of
from tests.support.model.said import QUESTION, stated
from tests.support.model.wire import Json

MEMORIES = re.compile(r"<memories>\n(.*?)\n</memories>\s*", re.S)
EVENTS = re.compile(r"<memory_events>\n(.*?)\n</memory_events>\s*", re.S)
FILE = re.compile(r'\s*<file name="([^"]*)">\n(.*?)\n</file>', re.S)
COUNT = re.compile(r"count to (\d+)", re.I)
LINE = re.compile(r"(?m)^- (.+?)(?: \(([^()]*\d{4}[^()]*)\))?$")
EVERYTHING = re.compile(r"what do you know about me", re.I)
HELLO = "Hello! What would you like to tell me, or ask me?"
UNKNOWN = "I don't have anything about that in memory yet."
NOTHING = "I don't have anything about you in memory yet."
# A memory or a sentence at least so near to the question answers it.
NEAR = 0.3
AT_MOST = 5


def answer(messages: Sequence[Json], similarity: Similarity) -> str:
    """The answer to the last message."""
    carried = "\n".join(m["content"] for m in (messages[0], messages[-1]))
    if events := EVENTS.search(carried):
        return " ".join(_happened(line) for line in events[1].splitlines())
    # Examples of other people come first: they stand in the past.
    said = [
        _own_words(m["content"])
        for m in messages
        if m["role"] == "user" and EXAMPLE_DAY not in str(m["content"])
    ]
    question = said[-1]
    if files := FILE.findall(messages[-1]["content"]):
        return _from_files(question, files, similarity)
    if count := COUNT.search(question):
        return " ".join(f"{number}," for number in range(1, int(count[1]) + 1)).rstrip(",") + "."
    if re.match(r"(?:hello|hi|good morning)\b[^?]*$", question, re.I) and not stated(question):
        return HELLO
    if "?" not in question and not QUESTION.match(question):
        return _to_statement(question)
    block = MEMORIES.search(carried)
    known = [_plain(text) for text, _ in LINE.findall(block[1] if block else "")]
    known += [fact.text for text in said[:-1] for fact in stated(text)]
    if EVERYTHING.match(question):
        lines = [f"- {to_second(text)}" for text in known]
        return "\n".join(["Here is what I know about you:", *lines]) if known else NOTHING
    found = _latest(_relevant(question, known, similarity))
    return " ".join(to_second(text) for text in found) or UNKNOWN


def to_second(memory: str) -> str:
    """ "User's dog is called Rex" as "Your dog is called Rex."."""
    verbs = {"is": "are", "has": "have", "does": "do", "was": "were"}

    def you(match: re.Match[str]) -> str:
        verb = match[1]
        return "You " + verbs.get(verb, verb.removesuffix("s"))

    text = re.sub(r"^User's\b", "Your", memory)
    return re.sub(r"^User (\w+)", you, text).rstrip(".") + "."


def _own_words(content: str) -> str:
    for block in (MEMORIES, EVENTS, FILE):
        content = block.sub("", content)
    return content.strip()


def _plain(text: str) -> str:
    """As the person wrote it: the prompt escapes < and >."""
    return text.strip().replace("&lt;", "<").replace("&gt;", ">")


def _happened(event: str) -> str:
    word, colon, memory = event.partition(": ")
    return f"{word}: {to_second(_plain(memory))}" if colon else event


def _to_statement(said: str) -> str:
    facts = stated(said)
    if facts and facts[0].text.startswith("User is called "):
        return f"Nice to meet you, {facts[0].text.removeprefix('User is called ')}."
    return "Thanks for telling me." if facts else "I see. Tell me more if you like."


def _relevant(question: str, known: list[str], similarity: Similarity) -> list[str]:
    """The memories that share most words with the question; without such the nearest ones."""
    if not known:
        return []
    wanted = words_of(question)
    shared = [len(wanted & words_of(text)) for text in known]
    if limit := max(shared):
        return [t for t, count in zip(known, shared, strict=True) if count == limit][:AT_MOST]
    near = similarity(question, known)
    floor = max(NEAR, max(near) - 0.05)
    return [text for text, cosine in zip(known, near, strict=True) if cosine >= floor][:AT_MOST]


def _latest(found: Sequence[str]) -> list[str]:
    """Without what a later one repeats or replaces."""
    return [
        text
        for number, text in enumerate(found)
        if all(outcome(later, text) == "true" for later in found[number + 1 :])
    ]


def _from_files(question: str, files: Sequence[tuple[str, str]], similarity: Similarity) -> str:
    """The sentence of a file that is nearest to the question; else what the first one is."""
    sentences = [
        (name, part.strip())
        for name, content in files
        for part in re.split(r"(?<=[.!?])\s+|\n+", content)[:200]
        if part.strip()
    ]
    if sentences:
        near = similarity(question, [sentence for _, sentence in sentences])
        best = max(range(len(near)), key=near.__getitem__)
        if near[best] >= NEAR:
            return "{} says: {}".format(*sentences[best])
    name, content = files[0]
    return f"{name} has {len(content.split())} words. It begins: {content.splitlines()[0]}"
