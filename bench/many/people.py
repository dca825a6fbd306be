"""Accounts and their memories, made in the database: the same rows in every layout.

What is said comes from a pool of texts whose vectors, letters and words are made once; a memory is
one of them, its vector a step away. Memory `r` is the `r / accounts`th of account `r % accounts`: a
person's rows lie apart on the disk, as they would in a year.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import StringIO
from uuid import UUID

import numpy as np
import psycopg2
from psycopg2.extensions import cursor

from memory.store.query_params import vector_text
from tests.support.stack import Stack

TOPICS, STEPS, TEXTS, WORDS = 100, 500, 20_000, 1_500
# As in bench/retrieval/data.py: shares of words; how near texts of one topic and questions are.
_WEIGHT = 1 / (10 + np.arange(WORDS))
_FREQUENCY = _WEIGHT / _WEIGHT.sum()
SPREAD, NEAR = 0.5, 0.3
SEED = 20261127
BATCH = 100_000

_POOL = """
drop schema if exists bench cascade;
create schema bench;
create table bench.said (n int primary key, vec extensions.vector not null, text text not null,
  cues text not null, folded text, fts tsvector);
create table bench.steps (n int primary key, vec extensions.vector not null);
"""
_READ_WORDS = """
update bench.said set fts = own.stems_of(text, false),
  folded = normalize(lower(own.unmarked(text)), nfd)
"""
_ACCOUNTS = """
insert into auth.users (id, email)
select md5('account' || n)::uuid, 'account' || n || '@example.com' from generate_series(0, %s - 1) n
on conflict do nothing
"""
# In the order of `r`, whatever order the plan would have: that is how rows come to lie on the disk.
_MEMORIES = """
insert into bench.memories (id, vec, metadata, owner, seq, turn_id, folded, fts)
select md5('memory' || r)::uuid, l2_normalize(s.vec + t.vec){cast},
       jsonb_build_object('user_id', owner, 'data', s.text, 'cues', s.cues, 'hash', md5(s.text),
         'created_at', '2026-11-27T12:00:00+00:00', 'updated_at', '2026-11-27T12:00:00+00:00',
         'role', 'user', 'attributed_to', 'user'),
       owner, r, md5('turn' || r)::uuid, s.folded, s.fts
from (
  select r, md5('account' || r %% %(accounts)s)::uuid as owner,
         hashint8extended(r, 1) & 1073741823 as one, hashint8extended(r, 2) & 1073741823 as other
  from generate_series(%(first)s, %(last)s) r
) draw
join bench.said s on s.n = one %% %(texts)s
join bench.steps t on t.n = other %% %(steps)s
order by r
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of one person: its words and its vector."""

    user_id: UUID
    text: str
    vector: tuple[float, ...]


class People:
    """So many accounts, and `rows` memories among them."""

    def __init__(self, stack: Stack, database: str, *, rows: int, memories: int, dims: int) -> None:
        self._stack = stack
        self._database = database
        self._pool = min(TEXTS, rows)
        self.accounts = max(1, rows // memories)
        self.rows = self.accounts * memories
        self.memories = memories
        self.dims = dims
        self._random = np.random.default_rng(SEED)
        self._texts: list[str] = []
        self._vectors = np.empty((0, dims))

    def prepare(self) -> None:
        """The pool of texts, in schema bench."""
        connection = psycopg2.connect(self._stack.url(self._database, superuser=True))
        with connection, connection.cursor() as cur:
            cur.execute("set search_path = public, extensions")
            cur.execute(_POOL)
            self._fill_pool(cur)
            cur.execute(_READ_WORDS)
        connection.close()
        self._stack.execute(self._database, "vacuum analyze bench.said")

    def account(self, number: int) -> UUID:
        """The id of account `number`, from 0."""
        [[found]] = self._stack.execute(self._database, "select md5(%s)::uuid", f"account{number}")
        return UUID(str(found))

    def fill(self, *, vector: str, ends_at: float) -> None:
        """Accounts, and memories into the empty layout. Raises TimeoutError after `ends_at`."""
        sql = _MEMORIES.format(cast="::halfvec" if vector == "halfvec" else "")
        connection = psycopg2.connect(self._stack.url(self._database, superuser=True))
        connection.autocommit = True
        with connection.cursor() as cur:
            cur.execute("set work_mem = '512MB'; set search_path = public, extensions")
            cur.execute(_ACCOUNTS, (self.accounts,))
            for first in range(0, self.rows, BATCH):
                if time.monotonic() > ends_at:
                    raise TimeoutError
                cur.execute(
                    sql,
                    {
                        "accounts": self.accounts,
                        "first": first,
                        "last": min(first + BATCH, self.rows) - 1,
                        "texts": self._pool,
                        "steps": STEPS,
                    },
                )
        connection.close()

    def questions(self, count: int, *, seed: int) -> list[Asked]:
        """`count` questions, each of another person where there are enough.

        Another seed asks other people first.
        """
        random = np.random.default_rng(seed)
        people = random.permutation(self.accounts)
        return [self._question(random, int(people[n % self.accounts])) for n in range(count)]

    def _question(self, random: np.random.Generator, person: int) -> Asked:
        about = int(random.integers(self._pool))
        words = random.choice(self._texts[about].split(), 4, replace=False)
        moved = self._vectors[about] + _steps(random, 1, self.dims, NEAR)[0]
        vector = tuple((moved / np.linalg.norm(moved)).tolist())
        return Asked(self.account(person), f"When was it about {' and '.join(words)}?", vector)

    def _fill_pool(self, cur: cursor) -> None:
        topics = _steps(self._random, TOPICS, self.dims, 1.0)
        near = _steps(self._random, self._pool, self.dims, SPREAD)
        self._vectors = topics[self._random.integers(TOPICS, size=self._pool)] + near
        said = self._random.choice(WORDS, (self._pool, 16), p=_FREQUENCY)
        phrases = [[f"word{rank}" for rank in row] for row in said]
        self._texts = [" ".join(row[:8]) for row in phrases]
        lines = [
            f"{n}\t{vector_text(self._vectors[n])}\t{self._texts[n]}\t{' '.join(phrases[n][8:])}"
            for n in range(self._pool)
        ]
        cur.copy_expert(
            "copy bench.said (n, vec, text, cues) from stdin", StringIO("\n".join(lines))
        )
        steps = _steps(self._random, STEPS, self.dims, SPREAD)
        lines = [f"{n}\t{vector_text(step)}" for n, step in enumerate(steps)]
        cur.copy_expert("copy bench.steps from stdin", StringIO("\n".join(lines)))


def _steps(random: np.random.Generator, count: int, dims: int, length: float) -> np.ndarray:
    """(count, dims) vectors of this length in all directions."""
    drawn = random.standard_normal((count, dims))
    made: np.ndarray = drawn * (length / np.linalg.norm(drawn, axis=1, keepdims=True))
    return made
