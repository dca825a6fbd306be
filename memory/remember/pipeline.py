"""What becomes of messages: extracted, compared with what is known, and kept, or nothing is.

One add at a time for each person: a lock in this process, and across processes a version that is
compared under the database's lock before anything is written.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID

from database.binding import Binding
from database.sql import load
from errors import MemoryFailed, ModelAnswerInvalid
from memory.dates import zone_of
from memory.extras import NO_EXTRAS, Extras
from memory.firewall.firewall import suspicion
from memory.graph.mentions import keepable
from memory.records import Change, Memory
from memory.remember.dependents import Dependents
from memory.remember.fact_names import BEINGS
from memory.remember.facts import Draft, Fact
from memory.remember.persist import FactWriter, JudgedFact, SourceMessage
from memory.remember.reconcile import NEW, Judgement, Reconciler
from memory.remember.subjects import tells_of_another
from memory.store import cues
from memory.store.outside import Outside, says_nothing
from memory.store.query_params import MOST_RANKED, search_params
from models.client import Models

if TYPE_CHECKING:
    from memory.remember.extraction import Extractor

# What a new fact is compared with: its nearest memories above a floor. With all-MiniLM-L6-v2 the
# changes of one thing are above it ("is single", "is married": 0.46), most other pairs below.
NEAR_EACH = 6
NEAR_FLOOR = 0.42
# Of what names the same things as the new fact: that says much by itself.
NAMED_FLOOR = 0.15
# What was said before, by which a fact that only the assistant stated is recognised.
CONTEXT_MESSAGES = 10
# Of an add whose person's memories keep changing under it.
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class TurnLease:
    """Turns of one person that a worker has leased to remember them."""

    user_id: UUID
    turn_ids: tuple[UUID, ...]
    lease: UUID
    attempts: int
    # In how many seconds models may be asked for this person; 0: now.
    wait_s: int = 0


class Rememberer:
    """Remembers for one person."""

    def __init__(
        self,
        binding: Binding,
        *,
        extractor: Extractor,
        reconciler: Reconciler,
        dependents: Dependents,
        models: Models,
        turn: threading.Lock,
        counts: Counter[str],
        outside: Outside,
    ) -> None:
        self._outside = outside
        self._binding = binding
        self._extractor = extractor
        self._reconciler = reconciler
        self._dependents = dependents
        self._models = models
        self._add_lock = turn
        self._counts = counts
        self._sql = load("memory/store/memories")

    def add(
        self, messages: Sequence[Mapping[str, str]], extras: Extras = NO_EXTRAS
    ) -> list[Change]:
        """Remember what is new in messages of now, with `extras`."""
        now = datetime.now(UTC)
        said = [SourceMessage(m["content"], now) for m in messages if m["role"] == "user"]
        with self._add_lock:
            begun = self._binding.fetch(self._sql["begin_add"])[0]
            return self._remember(messages, said, (), begun, None, extras)

    def remember(self, claim: TurnLease) -> list[Change]:
        """Remember claimed turns and mark them as done, both or neither.

        Does nothing if the lease was lost meanwhile: another worker has the turns then.
        """
        params = {"turn_ids": list(claim.turn_ids), "lease": claim.lease, "most": CONTEXT_MESSAGES}
        with self._add_lock:
            begun = self._binding.fetch(self._sql["begin_claimed"], params)[0]
            said = [SourceMessage.from_row(row) for row in begun["said"]]
            messages = [{"role": "user", "content": s.content} for s in said]
            return self._remember(messages, said, begun["before"], begun, claim) if said else []

    def _remember(
        self,
        messages: Sequence[Mapping[str, str]],
        said: Sequence[SourceMessage],
        before: Sequence[Mapping[str, str]],
        begun: Mapping[str, Any],
        claim: TurnLease | None,
        extras: Extras = NO_EXTRAS,
    ) -> list[Change]:
        """Extract once; judge and write, again if the person's memories changed in between.

        `before` are the messages of the conversation before these.
        """
        deferred = Binding(
            self._binding.database,
            self._binding.user_id,
            turn_ids=[s.turn_id for s in said if s.turn_id],
            deferred=True,
        )
        zone = zone_of(begun["time_zone"])
        drafts = self._extract(messages, deferred, said, before, zone)
        version = begun["version"]
        turn_ids, lease = (claim.turn_ids, claim.lease) if claim else ((), None)
        for _ in range(MOST_TRIES):
            judged = self._judge(drafts, [*before, *messages], said, extras.scope)
            with self._binding.database.as_user(self._binding.user_id) as connection:
                keeper = FactWriter(
                    connection,
                    self._binding.user_id,
                    judged,
                    turn_ids=turn_ids,
                    lease=lease,
                    extras=extras,
                )
                if drafts and version != keeper.version:
                    connection.rollback()
                    version = keeper.version
                    continue
                if claim is None or keeper.marked == len(said):
                    deferred.flush(connection)
                    return keeper.keep()
                connection.rollback()
            # Some of the turns are not to be remembered any more; the others are, at once.
            params = {"turn_ids": list(claim.turn_ids), "lease": claim.lease}
            self._binding.write(load("chat/turns")["give_back"], params)
            return []
        raise MemoryFailed("Your memories changed meanwhile. This will be tried again.")

    def _extract(
        self,
        messages: Sequence[Mapping[str, str]],
        deferred: Binding,
        said: Sequence[SourceMessage],
        before: Sequence[Mapping[str, str]],
        zone: tzinfo,
    ) -> list[Draft]:
        """The facts in the messages; relative dates count from when they were written, there.

        Messages of different days are read apart: "today" is another day in each.
        """
        days = {one.at.astimezone(zone).date() for one in said}
        if len(days) < 2:
            written_at = said[-1].at if said else datetime.now(UTC)
            return self._extract_of_day(messages, deferred, before, written_at.astimezone(zone))
        drafts: list[Draft] = []
        for day in sorted(days):
            of_day = [one for one in said if one.at.astimezone(zone).date() == day]
            told = [{"role": "user", "content": one.content} for one in of_day]
            written_at = of_day[-1].at.astimezone(zone)
            drafts += self._extract_of_day(told, deferred, before, written_at)
            before = [*before, *told]
        return drafts

    def _extract_of_day(
        self,
        messages: Sequence[Mapping[str, str]],
        deferred: Binding,
        before: Sequence[Mapping[str, str]],
        written_at: datetime,
    ) -> list[Draft]:
        try:
            return self._extractor.extract(messages, deferred, before=before, written_at=written_at)
        except ModelAnswerInvalid:
            self._counts["extraction unreadable"] += 1
            raise

    def _judge(
        self,
        drafts: Sequence[Draft],
        messages: Sequence[Mapping[str, str]],
        said: Sequence[SourceMessage],
        scope: Mapping[str, Any],
    ) -> list[JudgedFact]:
        """Suspicious drafts wait; the others are compared with the person's near memories."""
        now = datetime.now(UTC)
        suspicions = [suspicion(draft.fact.text, said=messages) for draft in drafts]
        open_drafts = [d for d, s in zip(drafts, suspicions, strict=True) if s is None]
        near, alike = self._near(open_drafts, scope)
        verdicts = self._reconciler.judge([d.fact for d in open_drafts], near, now=now, alike=alike)
        vectors = self._vectors_of_merged(open_drafts, verdicts, [*near, *alike])
        by_id = {d.id: v for d, v in zip(open_drafts, verdicts, strict=True)}
        ended = [i for v in verdicts if v.verdict == "supersedes" for i in v.existing]
        dependents = self._dependents.of(ended, self._binding, scope)
        return [
            JudgedFact(
                draft,
                by_id.get(draft.id, NEW),
                _source(draft.fact.text, said) or SourceMessage("", now),
                doubt,
                vectors.get(by_id[draft.id].text or "") if draft.id in by_id else None,
                dependents,
            )
            for draft, doubt in zip(drafts, suspicions, strict=True)
        ]

    def _vectors_of_merged(
        self,
        drafts: Sequence[Draft],
        verdicts: Sequence[Judgement],
        near: Sequence[Sequence[Memory]],
    ) -> dict[str, list[float]]:
        """Of the texts that take the place of former ones, those that stay inside among them."""
        inside = {memory.id for memories in near for memory in memories if memory.stays_inside}
        free: dict[str, str] = {}
        found: dict[str, list[float]] = {}
        for draft, verdict in zip(drafts, verdicts, strict=True):
            if verdict.text and self._outside.embeddings and inside & set(verdict.existing):
                found[verdict.text] = says_nothing(verdict.text, self._outside.dims)
            elif verdict.text:
                free[verdict.text] = draft.fact.cues
        embedded = cues.embed(list(free), list(free.values()), self._models)
        return dict(zip(free, embedded, strict=True)) | found

    def _near(
        self, drafts: Sequence[Draft], scope: Mapping[str, Any]
    ) -> tuple[list[list[Memory]], list[list[Memory]]]:
        """For each of these the person's memories near to it, nearest first, and those alike.

        Not compared is what tells of somebody whom the other one does not mention. In a scope only
        its own: what another agent was told is neither known nor ended here.
        """
        near: list[list[Memory]] = [[] for _ in drafts]
        alike: list[list[Memory]] = [[] for _ in drafts]
        if not drafts:
            return near, alike
        asked = [search_params(d.fact.text, d.vector, NEAR_EACH) for d in drafts]
        params = {
            "vecs": [one["vec"] for one in asked],
            "queries": [one["query"] for one in asked],
            # All are ranked, so that those of a scope are among them.
            "top_k": MOST_RANKED if scope else NEAR_EACH,
            "scope": json.dumps(scope),
            "relations": json.dumps(
                [said for n, d in enumerate(drafts, start=1) for said in _relations(n, d.fact)]
            ),
            "names": json.dumps([_names(n, d.fact) for n, d in enumerate(drafts, start=1)]),
        }
        beings = [[e.name for e in d.fact.entities if e.kind in BEINGS] for d in drafts]
        for row in self._binding.fetch(self._sql["search_each"], params):
            number, memory = row["n"] - 1, Memory.from_row(row)
            told = drafts[number].fact.text
            if tells_of_another(told, beings[number], memory.text, row["beings"]):
                continue
            # Two names of places can be far apart. What is said of many, as likes are, adds up.
            found = (alike if row["alike"] else near)[number]
            linked = row["alike"] or row["names_the_same"]
            has_room = linked or len(found) < NEAR_EACH
            floor = NAMED_FLOOR if row["names_the_same"] else NEAR_FLOOR
            is_there = any(memory.id == one.id for one in found)
            if has_room and not is_there and (memory.evidence >= floor or row["is_only"]):
                found.append(memory)
        return near, alike


def _relations(number: int, fact: Fact) -> Iterator[dict[str, Any]]:
    """What a fact says of whom, as search_each asks for it; no keys are the person themselves."""
    mentions, links = keepable(fact.entities, fact.relations)
    for link in links:
        subject = mentions[link.subject]
        keys = None if subject.is_self else sorted(subject.keys)
        yield {"n": number, "predicate": link.predicate, "keys": keys}


def _names(number: int, fact: Fact) -> dict[str, Any]:
    """What a fact names, as search_each asks for it, without the person themselves."""
    mentions, _ = keepable(fact.entities, fact.relations)
    keys = {key for mention in mentions if not mention.is_self for key in mention.keys}
    return {"n": number, "keys": sorted(keys)}


def _source(fact: str, said: Sequence[SourceMessage]) -> SourceMessage | None:
    """The message that shares most words with the fact; the latest of equal ones."""
    words = set(re.findall(r"\w+", fact.casefold()))
    return max(
        said,
        key=lambda s: (len(words & set(re.findall(r"\w+", s.content.casefold()))), s.at),
        default=None,
    )
