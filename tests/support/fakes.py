"""Deterministic stand-ins for the models: scripted replies and an embedder of word hashes."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models.client import Message

DIMS = 384
Reply = str | Exception


def facts(*texts: str, by: str = "user") -> str:
    """An extraction reply in mem0's form."""
    return json.dumps(
        {
            "memory": [
                {"id": str(number), "text": text, "attributed_to": by}
                for number, text in enumerate(texts)
            ]
        }
    )


def judged(*outcomes: str) -> str:
    """A reply of reconcile: what becomes of each pair's old fact ("stays", "again", "over")."""
    return json.dumps({"pairs": [f"it | it | one | {outcome}" for outcome in outcomes]})


def cued(*cues: str) -> str:
    """A reply of memory.store.cues: what each text answers."""
    return json.dumps({"cues": cues})


def leans(in_doubt: str) -> str:
    """A reply of dependents: whether a memory is in doubt ("yes", "no")."""
    return json.dumps({"why": "", "in_doubt": in_doubt})


def word_vector(text: str) -> list[float]:
    """(384,) unit length; texts that share words are near each other."""
    vector = [0.0] * DIMS
    for word in re.findall(r"\w+", text.lower()):
        digest = hashlib.sha256(word.encode()).digest()
        vector[int.from_bytes(digest[:4], "big") % DIMS] += 1.0
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector] if any(vector) else [1.0] + [0.0] * (DIMS - 1)


class ScriptedModels:
    """Takes the place of models.client.Models. What was asked is kept in `asked`."""

    def __init__(self, *replies: Reply, answer: Sequence[str] = ("Understood.",)) -> None:
        self.replies = deque(replies)
        # For memory.remember.reconcile; without one, all facts are new and all old ones stay.
        self.verdicts: deque[Reply] = deque()
        # Where a pair whose notes tell the same is asked about the other way round.
        self.second_looks: deque[Reply] = deque()
        self._pairs: set[tuple[str, str]] = set()
        # For memory.remember.dependents; without one, nothing leans on what ends.
        self.leans: deque[Reply] = deque()
        # For memory.store.cues; without one, nothing is asked about.
        self.cues: deque[Reply] = deque()
        # For rewriting and reranking.
        self.others: deque[Reply] = deque()
        self.answer = answer
        self.asked: list[Sequence[Message]] = []
        self.embedded: list[str] = []
        self.before_embedding: Callable[[Sequence[str]], None] = lambda texts: None

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        # Titles are asked for in the background, whenever an answer has ended.
        name = schema["name"] if schema is not None else ""
        if name == "title":
            return "{}"
        self.asked.append(messages)
        if name == "extract":
            reply = self.replies.popleft() if self.replies else facts()
        elif name == "judge":
            reply = self._verdict(messages)
        elif name == "cues":
            reply = self.cues.popleft() if self.cues else _no_cues(messages)
        elif name == "leans":
            reply = self.leans.popleft() if self.leans else leans("no")
        else:
            reply = self.others.popleft() if self.others else "{}"
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _verdict(self, messages: Sequence[Message]) -> Reply:
        """The next verdict; asked the other way round, it says again that both tell the same."""
        pairs = {(p["old"], p["new"]) for p in json.loads(messages[-1]["content"])["pairs"]}
        other_way = {(new, old) for old, new in pairs} <= self._pairs
        self._pairs |= pairs
        verdicts = self.second_looks if other_way else self.verdicts
        return verdicts.popleft() if verdicts else _all_true(messages)

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None
    ) -> Iterator[str]:
        self.asked.append(messages)
        yield from self.answer

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.before_embedding(texts)
        self.embedded += texts
        return [word_vector(text) for text in texts]

    def prepare(
        self, messages: Sequence[Message], *, json: bool = False, is_everybodys: bool = False
    ) -> None:
        """A model that is not of this machine computes nothing beforehand."""

    def check(self, *, timeout_s: float = 3.0) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to close."""


def _all_true(messages: Sequence[Message]) -> str:
    pairs = json.loads(messages[-1]["content"])["pairs"]
    return judged(*("stays" for _ in pairs))


def _no_cues(messages: Sequence[Message]) -> str:
    return cued(*("" for _ in json.loads(messages[-1]["content"])["notes"]))


class Extracting(ScriptedModels):
    """Replies to an extraction with what this makes of its messages, to all else with nothing."""

    def __init__(self, reply: Callable[[Sequence[Message]], str]) -> None:
        super().__init__()
        self._reply = reply

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        return self._reply(messages) if schema and schema["name"] == "extract" else "{}"
