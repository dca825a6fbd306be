"""What is searched and asked: LoCoMo's conversations from a file of yours, and our paraphrases.

LoCoMo (Maharana et al. 2024, arXiv 2402.17753) may be used to measure, not be shipped (CC BY-NC).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARAPHRASES = Path(__file__).resolve().parents[1] / "data" / "paraphrases.json"
CATEGORIES = {
    1: "multi_hop",
    2: "temporal",
    3: "open_domain",
    4: "single_hop",
    5: "adversarial",
}
TOP = (5, 10, 25, 50)
_TURN = re.compile(r"D\d+:\d+")


@dataclass(frozen=True, slots=True)
class Question:
    """`evidence` are places in the texts of its corpus; `category` is one of CATEGORIES' names."""

    text: str
    category: str
    evidence: frozenset[int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One person's memories, in the batches in which they are added, and what is asked of them."""

    name: str
    batches: tuple[tuple[str, ...], ...]
    questions: tuple[Question, ...]
    skipped: int = 0

    @property
    def texts(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


def conversations(path: Path, *, bare: bool = False) -> list[Corpus]:
    """LoCoMo's conversations: each turn a memory, a session a batch.

    `bare` leaves the date and the speaker out of the texts. Raises ValueError, which says why the
    file cannot be used.
    """
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ValueError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise ValueError(f"{path} is not JSON: {exc}") from exc
    try:
        read = [_conversation(item, bare=bare) for item in items]
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ValueError(f"{path} does not have LoCoMo's form: {exc!r}") from exc
    if not any(corpus.questions for corpus in read):
        raise ValueError(f"{path} has no question with usable evidence")
    return read


def paraphrases() -> Corpus:
    """Questions that share no word stem with their memory, all memories of one person."""
    read = json.loads(PARAPHRASES.read_text(encoding="utf-8"))
    others = iter(read["others"])
    texts: list[str] = []
    questions = []
    for number, pair in enumerate(read["pairs"]):
        half = "even" if number % 2 == 0 else "odd"
        questions.append(Question(pair["question"], half, frozenset({len(texts)})))
        texts.append(pair["memory"])
        # After every second one a memory that answers nothing.
        if number % 2 and (other := next(others, None)) is not None:
            texts.append(other)
    return Corpus("paraphrases", ((*texts, *others),), tuple(questions))


def _conversation(item: dict[str, Any], *, bare: bool) -> Corpus:
    conversation = item["conversation"]
    batches, places = [], dict[str, int]()
    for number in sorted(
        int(key.split("_")[1]) for key in conversation if re.fullmatch(r"session_\d+", key)
    ):
        batch = []
        for turn in conversation[f"session_{number}"]:
            places[turn["dia_id"]] = len(places)
            date = conversation.get(f"session_{number}_date_time", "")
            said = (
                turn.get("text", "")
                if bare
                else f"[{date}] {turn['speaker']}: {turn.get('text', '')}"
            )
            # A turn that is only a picture has no text, and an empty memory is not kept.
            batch.append(said if said.strip() else "-")
        if batch:
            batches.append(tuple(batch))
    questions = [
        Question(
            qa["question"],
            CATEGORIES[qa["category"]],
            frozenset(places[turn] for turn in _turns(qa.get("evidence", ())) if turn in places),
        )
        for qa in item["qa"]
    ]
    kept = tuple(question for question in questions if question.evidence)
    return Corpus(item["sample_id"], tuple(batches), kept, len(questions) - len(kept))


def _turns(evidence: Iterable[str]) -> list[str]:
    return [turn for entry in evidence for turn in _TURN.findall(entry)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search found for one question: places in the texts, best first."""

    corpus: str
    question: Question
    found: Sequence[int]

    def recall(self, top: int) -> float:
        """The share of the question's evidence among the first `top` (the paper's measure)."""
        evidence = self.question.evidence
        return len(evidence.intersection(self.found[:top])) / len(evidence)


def recalls(asked: Sequence[Asked]) -> dict[str, float]:
    """The mean recall at 5, 10, 25 and 50, in percent."""
    return {
        f"recall_at_{top}": round(100 * sum(one.recall(top) for one in asked) / len(asked), 1)
        for top in TOP
    }


def summary(asked: Sequence[Asked]) -> dict[str, Any]:
    """`overall` and `by_category`, each with the recalls."""
    categories = dict.fromkeys(one.question.category for one in asked)
    return {
        "overall": recalls(asked),
        "by_category": {
            category: recalls([one for one in asked if one.question.category == category])
            for category in sorted(categories)
        },
    }
