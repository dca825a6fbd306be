"""What one layout costs: bytes, searches, inserts, connections, vacuum."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import psutil
from sqlalchemy import text

from bench.lib import report
from bench.many.layouts import TABLE, Layout, search_statement
from bench.many.people import Asked, People
from database.transactions import Database
from memory.store.query_params import search_params
from tests.support.stack import Stack

TOP_K = 10
_BYTES = """
select sum(pg_relation_size(part)), sum(pg_table_size(part) - pg_relation_size(part)),
       sum(pg_indexes_size(part))
from unnest(%s::regclass[]) part
"""
_OTHERS = "select count(*) from bench.memories where id = any (%s) and owner <> %s"
_SERVERS = """
select pid from pg_stat_activity
where application_name = 'keepsake' and datname = current_database()
"""
# As a person adds what was remembered of a turn; the product has the last two generated.
_INSERT = text("""
insert into bench.memories (id, vec, metadata, seq, turn_id, folded, fts)
select gen_random_uuid(), m.vec, jsonb_set(m.metadata, '{hash}', '"new"'), default_seq.n,
       gen_random_uuid(), normalize(lower(own.unmarked(m.metadata ->> 'data')), nfd),
       own.stems_of(m.metadata ->> 'data', false)
from (select * from bench.memories where owner = (select auth.uid()) limit :memories) m
cross join lateral (select :first + row_number() over () as n) default_seq
""")
_INDEX_BY_OWNER = """
select i.indexrelid::regclass::text from pg_index i
where i.indrelid = %s::regclass and i.indpred is null and i.indnatts = 2
  and pg_get_indexdef(i.indexrelid) like '%%seq DESC%%'
"""


class Measure:
    """One layout that is filled, asked through the product's own pool under the policies."""

    def __init__(self, stack: Stack, database: str, layout: Layout, people: People) -> None:
        self._stack = stack
        self.database = database
        self._layout = layout
        self._people = people
        self._search = text(search_statement())
        self._url = stack.settings_of(database).database_url
        self._pool = Database(self._url, pool_size=1)

    def close(self) -> None:
        self._pool.close()

    def reconnect(self) -> None:
        """After PostgreSQL was started anew."""
        self._pool.close()
        self._pool = Database(self._url, pool_size=1)

    def found(self, asked: Asked) -> list[tuple[str, float]]:
        """The ids and scores of what this person finds, best first."""
        return _found(self._pool, self._search, asked)

    def sizes(self) -> dict[str, float]:
        """Bytes of the table, of what it keeps aside and of its indexes."""
        [[heap, aside, indexes]] = self._stack.execute(self.database, _BYTES, self._layout.parts)
        parts = [int(str(one)) for one in (heap, aside, indexes)]
        return {
            "heap_bytes": parts[0],
            "aside_bytes": parts[1],
            "index_bytes": parts[2],
            "bytes": sum(parts),
            "bytes_per_row": round(sum(parts) / self._people.rows, 1),
            "heap_bytes_per_row": round(parts[0] / self._people.rows, 1),
            "index_bytes_per_row": round(parts[2] / self._people.rows, 1),
            "bytes_per_account": round(sum(parts) / self._people.accounts),
        }

    def of_others(self, hits: Sequence[str], person: UUID) -> int:
        """How many of these memories are not this person's."""
        [[count]] = self._stack.execute(self.database, _OTHERS, list(hits), str(person))
        return int(str(count))

    def times(self, questions: Sequence[Asked]) -> dict[str, float]:
        """p50 and p95 of these searches, one after the other, in ms."""
        took = [_ms(partial(self.found, asked)) for asked in questions]
        return _percentiles(took)

    def inserts(self, questions: Sequence[Asked], *, memories: int = 5) -> dict[str, float]:
        """p50 and p95 of adding so many memories of one person in one transaction, in ms."""
        took = []
        for number, asked in enumerate(questions):
            first = self._people.rows + number * memories

            def add(user_id: UUID = asked.user_id, first: int = first) -> None:
                with self._pool.as_user(user_id, single=True) as connection:
                    connection.execute(_INSERT, {"memories": memories, "first": first})

            took.append(_ms(add))
        return _percentiles(took)

    def connections(self, questions: Sequence[Asked], *, count: int) -> dict[str, float]:
        """What each of `count` connections holds for itself, and searches a second over all."""
        pool = Database(self._url, pool_size=count)
        with ThreadPoolExecutor(count) as threads:
            list(threads.map(lambda asked: _found(pool, self._search, asked), questions))
            started_at = time.perf_counter()
            list(threads.map(lambda asked: _found(pool, self._search, asked), questions))
            took_s = time.perf_counter() - started_at
        servers = self._stack.execute(self.database, _SERVERS)
        own = [psutil.Process(int(str(pid))).memory_full_info().uss for [pid] in servers]
        pool.close()
        return {
            "connections": count,
            "own_mb": round(statistics.median(own) / 2**20, 1),
            "searches_per_s": round(len(questions) / took_s, 1),
        }

    def deletions(self, *, accounts: int) -> dict[str, float]:
        """Deleting accounts, each with all of its memories, and the vacuum after them."""
        took = []
        for number in range(accounts):
            person = str(self._people.account(number))
            delete = partial(self._stack.execute, self.database, _DELETE, person)
            took.append(_ms(delete))
        vacuum = _ms(lambda: self._stack.execute(self.database, f"vacuum {TABLE}"))
        return {**_percentiles(took), "accounts": accounts, "vacuum_s": round(vacuum / 1000, 2)}

    def put_together(self) -> dict[str, float]:
        """Write the first part anew, each person's rows side by side; its seconds and rows."""
        part = self._layout.parts[0]
        [[index]] = self._stack.execute(self.database, _INDEX_BY_OWNER, part)
        took = _ms(
            lambda: self._stack.execute(self.database, f"cluster {part} using {_last(index)}")
        )
        self._stack.execute(self.database, f"vacuum analyze {part}")
        [[rows]] = self._stack.execute(self.database, _COUNT.format(part=part))
        return {"s": round(took / 1000, 2), "rows": int(str(rows))}

    def of_first_part(self, questions: Sequence[Asked]) -> list[Asked]:
        """Those whose people's rows are in the first part."""
        part = self._layout.parts[0]
        owners = {
            str(one) for [one] in self._stack.execute(self.database, _OWNERS.format(part=part))
        }
        return [asked for asked in questions if str(asked.user_id) in owners]


_DELETE = "delete from auth.users where id = %s"
_OWNERS = "select distinct owner from {part}"
_COUNT = "select count(*) from {part}"


def _found(database: Database, search: Any, asked: Asked) -> list[tuple[str, float]]:
    params = search_params(asked.text, asked.vector, TOP_K)
    with database.as_user(asked.user_id, single=True) as connection:
        rows = connection.execute(search, params).mappings().all()
    return [(row["id"], row["score"]) for row in rows]


def _last(index: object) -> str:
    return str(index).rsplit(".", 1)[-1]


def _ms(act: Callable[[], object]) -> float:
    started_at = time.perf_counter()
    act()
    return (time.perf_counter() - started_at) * 1000


def _percentiles(took: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(took), 2),
        "p95_ms": round(report.percentile(took, 0.95), 2),
        "slowest_ms": round(max(took), 2),
    }
