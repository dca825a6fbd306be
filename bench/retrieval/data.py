"""Memories of many people who talk about the same topics, made in the database, and their queries.

A memory's vector lies near the centre of its topic; four in a row share one. What people say is
recorded in turn, so that one person's rows lie apart on the disk, as they would in a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg2

from memory.store.query_params import vector_text
from tests.support.stack import Stack

DIMS = 384
TOPICS = 100
NOISES = 2_000
WORDS = 1_500
# Zipf and Mandelbrot: of a dozen words in a memory, the most common is in every fifth.
_WEIGHT = 1 / (10 + np.arange(WORDS))
_FREQUENCY = _WEIGHT / _WEIGHT.sum()
# How far a memory lies from its topic's centre, and a query from the memory it is about: cosines
# of about 0.67 within a topic and 0.95 between query and memory, as a sentence model gives them.
SPREAD = 0.5
NEAR = 0.3
SEED = 20261122

_PARTS = """
create schema bench;
create table bench.parts (kind text, n int, vec extensions.vector(384), words text);
create table bench.people (n int primary key, id uuid not null default gen_random_uuid());
"""
_PEOPLE = """
with made as (insert into bench.people (n) select generate_series(0, %s) returning n, id)
insert into auth.users (id, email) select id, 'person' || n || '@example.com' from made
"""
# Row `r` is memory `r / people` of person `first + r % people`.
_MEMORIES = """
with draw as (
  select r, %(first)s + r %% %(people)s as person,
         r / %(people)s as place
  from generate_series(0, %(rows)s - 1) r
), chosen as (
  select r, person,
         (hashint8extended(person * 1000003::bigint + place / 4, 1) & 1073741823) %% 100 as topic,
         (hashint8extended(person * 1000003::bigint + place, 2) & 1073741823) %% 2000 as one,
         (hashint8extended(person * 1000003::bigint + place, 3) & 1073741823) %% 2000 as other
  from draw
)
insert into vecs.memories (id, vec, metadata)
select gen_random_uuid(), l2_normalize(t.vec + a.vec + b.vec),
       jsonb_build_object('user_id', p.id, 'data', said.text, 'hash', md5(said.text),
         'created_at', '2026-11-22T12:00:00+00:00', 'updated_at', '2026-11-22T12:00:00+00:00',
         'role', 'user', 'attributed_to', 'user')
from chosen
join bench.people p on p.n = person
join bench.parts t on t.kind = 'topic' and t.n = topic
join bench.parts a on a.kind = 'noise' and a.n = one
join bench.parts b on b.kind = 'noise' and b.n = other
cross join lateral (select t.words || ' ' || a.words || ' ' || b.words as text) said
order by r
"""
_SETTINGS = "set work_mem = '512MB'; set search_path = public, extensions"
_ONE_OF = """
select id, vec::text, metadata ->> 'data' from vecs.memories
where owner = %s order by seq offset %s limit 1
"""
_NEAREST = "select id from vecs.memories where owner = %s order by vec <=> %s::vector limit 10"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of one person: its words, its vector, and what is nearest to it by cosine alone."""

    user_id: UUID
    text: str
    vector: list[float]
    nearest: frozenset[str]


class Data:
    """What is in the database: `tenants` people with `memories` each, and one with `one_tenant`."""

    def __init__(
        self, stack: Stack, database: str, *, tenants: int, memories: int, one_tenant: int
    ) -> None:
        self._stack = stack
        self._database = database
        self._random = np.random.default_rng(SEED)
        self.tenants = tenants
        self.memories = memories
        self.one_tenant = one_tenant
        self.rows = tenants * memories + one_tenant

    def fill(self) -> None:
        """Make everybody's memories; the collection has to be there."""
        connection = psycopg2.connect(self._stack.url(self._database, superuser=True))
        with connection, connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            cursor.execute(_PARTS)
            cursor.copy_expert("copy bench.parts from stdin", self._parts())
            cursor.execute("analyze bench.parts")
            cursor.execute(_PEOPLE, (self.tenants,))
            for first, people, rows in (
                (0, self.tenants, self.tenants * self.memories),
                (self.tenants, 1, self.one_tenant),
            ):
                cursor.execute(_MEMORIES, {"first": first, "people": people, "rows": rows})
        connection.close()
        self._stack.execute(self._database, "vacuum analyze vecs.memories")

    def put_together(self) -> None:
        """Write the memories anew, each person's side by side."""
        self._stack.execute(self._database, "cluster vecs.memories using memories_by_owner")
        self._stack.execute(self._database, "vacuum analyze vecs.memories")
        self._stack.execute(self._database, "checkpoint")

    def _parts(self) -> StringIO:
        """Centres of topics and steps away from them, with a few words each."""
        rows = []
        for kind, count, length in (("topic", TOPICS, 1.0), ("noise", NOISES, SPREAD)):
            vectors = self._random.standard_normal((count, DIMS))
            vectors *= length / np.linalg.norm(vectors, axis=1, keepdims=True)
            said = self._random.choice(WORDS, (count, 4), p=_FREQUENCY)
            words = [" ".join(f"word{rank}" for rank in four) for four in said]
            rows += [
                f"{kind}\t{n}\t{vector_text(vector)}\t{phrase}"
                for n, (vector, phrase) in enumerate(zip(vectors, words, strict=True))
            ]
        return StringIO("\n".join(rows))

    def queries(self, count: int) -> list[Asked]:
        """`count` queries, each of another person where there are enough."""
        people = self._stack.execute(self._database, "select id from bench.people order by n")
        chosen = self._random.permutation(self.tenants)
        return [
            self._query(UUID(str(people[chosen[n % self.tenants]][0])), self.memories)
            for n in range(count)
        ]

    def queries_of_one(self, count: int) -> list[Asked]:
        """`count` queries of the person with the many memories."""
        [[user_id]] = self._stack.execute(
            self._database, "select id from bench.people where n = %s", self.tenants
        )
        return [self._query(UUID(str(user_id)), self.one_tenant) for _ in range(count)]

    def _query(self, user_id: UUID, memories: int) -> Asked:
        place = int(self._random.integers(memories))
        [[_, vec, said]] = self._stack.execute(self._database, _ONE_OF, str(user_id), place)
        words = self._random.choice(str(said).split(), 4, replace=False)
        vector = self._near(np.fromstring(str(vec)[1:-1], sep=","))
        nearest = self._stack.execute(
            self._database, _NEAREST, str(user_id), vector_text(vector.tolist())
        )
        return Asked(
            user_id,
            f"When was it about {' and '.join(words)}, exactly?",
            vector.tolist(),
            frozenset(str(row[0]) for row in nearest),
        )

    def _near(self, vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        step = self._random.standard_normal(DIMS)
        moved = vector + step * (NEAR / np.linalg.norm(step))
        near: npt.NDArray[np.float64] = moved / np.linalg.norm(moved)
        return near
