"""Files of LoCoMo's or BEAM's form as people with memories, and which half may be tuned on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.locomo.data import Corpus, Question, conversations

# The ranking's numbers were chosen on these, so they can never be in the half that is reported.
TUNED = frozenset({"conv-26", "conv-42"})


@dataclass(frozen=True, slots=True)
class Update:
    """A question about what changed: places of what held before and of what replaced it."""

    question: str
    before: frozenset[int]
    after: frozenset[int]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One person's memories with the questions that have evidence, updates and unanswerable ones.

    `undecided` counts updates whose old and new value stand in one message.
    """

    corpus: Corpus
    updates: tuple[Update, ...] = ()
    unanswerable: tuple[str, ...] = ()
    undecided: int = 0


def read(path: Path, half: str) -> list[Conversation]:
    """The conversations of a half: "tune", "report" or "all".

    Every second one of those that nothing was chosen on is reported, from the first on. Raises
    ValueError if the file cannot be used.
    """
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ValueError(f"{path} cannot be read as JSON: {exc}") from exc
    try:
        if "messages" in items[0]:
            found = [_beam(item) for item in items]
        else:
            found = [Conversation(corpus) for corpus in conversations(path)]
    except (AttributeError, IndexError, KeyError, TypeError) as exc:
        raise ValueError(f"{path} has neither LoCoMo's nor BEAM's form: {exc!r}") from exc
    return list(_of_half(found, half))


def _of_half(found: Sequence[Conversation], half: str) -> Iterator[Conversation]:
    untouched = [one for one in found if one.corpus.name not in TUNED]
    reported = {one.corpus.name for one in untouched[::2]}
    for one in found:
        if half == "all" or (one.corpus.name in reported) == (half == "report"):
            yield one


def _beam(item: dict[str, Any]) -> Conversation:
    places, batches, batch, day = dict[int, int](), [], list[str](), ""
    for message in item["messages"]:
        if message["date"] and message["date"] != day:
            day = message["date"]
            batches.append(tuple(batch))
            batch = []
        places[message["id"]] = len(places)
        batch.append(f"[{day}] {message['role']}: {message['content']}")
    batches.append(tuple(batch))
    questions, updates, unanswerable, undecided = [], [], [], 0
    for asked in item["questions"]:
        sources = asked["source_chat_ids"]
        evidence = _places(sources, places)
        if evidence:
            questions.append(Question(asked["question"], asked["category"], evidence))
        elif asked["category"] == "abstention":
            unanswerable.append(asked["question"])
        if asked["category"] == "knowledge_update" and isinstance(sources, dict):
            before = _places(sources["original_info"], places)
            after = _places(sources["updated_info"], places)
            if before and after and not before & after:
                updates.append(Update(asked["question"], before, after))
            else:
                undecided += 1
    skipped = len(item["questions"]) - len(questions) - len(unanswerable)
    name = f"beam-{item['id']}"
    corpus = Corpus(name, tuple(b for b in batches if b), tuple(questions), skipped)
    return Conversation(corpus, tuple(updates), tuple(unanswerable), undecided)


def _places(sources: Any, places: dict[int, int]) -> frozenset[int]:
    if isinstance(sources, dict):
        sources = list(sources.values())
    if isinstance(sources, list):
        return frozenset(place for one in sources for place in _places(one, places))
    return frozenset({places[sources]} if sources in places else ())
