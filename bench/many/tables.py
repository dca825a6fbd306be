"""How many bytes a row of the other tables takes, with its indexes and texts of usual lengths.

The rows are put past triggers and foreign keys: what they refer to does not change their size.
"""

from __future__ import annotations

from typing import Any

import psycopg2

from tests.support.stack import Stack

ACCOUNTS = 40
TURNS = 50
# Characters; what is said is words of WORDS in people.py.
QUESTION, ANSWER, MEMORY = 80, 500, 55
_SAID = """
create function pg_temp.said(chars int, n bigint) returns text language sql as $$
  select left(string_agg('word' || (hashint8extended(n * 100 + w, 3) & 1023), ' '), chars)
  from generate_series(1, chars / 8 + 1) w
$$;
create function pg_temp.id(kind text, n bigint) returns uuid language sql as
$$ select md5(kind || n)::uuid $$;
create temp table drawn as
select t, pg_temp.id('table-account', t / {turns}) as person from generate_series(0, {all} - 1) t;
"""
_CLEAR = "delete from public.{table} where user_id in (select person from drawn)"
# One statement a table; `d.t` is the number of a turn over all accounts.
_ROWS = {
    "conversations": """
insert into public.conversations (id, user_id, title)
select pg_temp.id('c', t), person, pg_temp.said(40, t) from drawn d""",
    "turns": """
insert into public.turns (id, user_id, conversation_id, memory_state)
select pg_temp.id('t', t), person, pg_temp.id('c', t / 20), 'done' from drawn d""",
    "messages": """
insert into public.messages (turn_id, user_id, role, content, model)
select pg_temp.id('t', t), person, role, pg_temp.said(chars, t), 'gpt-5.4-mini'
from drawn d
cross join (values ('user', {question}), ('assistant', {answer})) as m (role, chars)""",
    "recalled_memories": """
insert into public.recalled_memories (turn_id, user_id, memory_id, rank, score, text, why)
select pg_temp.id('t', t), person, pg_temp.id('m', t * 10 + n), n, 0.5, pg_temp.said({memory}, n),
       'near in meaning'
from drawn d cross join generate_series(1, 10) n""",
    "memory_history": """
insert into public.memory_history (user_id, memory_id, turn_id, event, new_memory, role)
select person, pg_temp.id('m', t), pg_temp.id('t', t), 'ADD', pg_temp.said({memory}, t), 'user'
from drawn d""",
    "entities": """
insert into public.entities (id, user_id, kind)
select pg_temp.id('e', t), person, 'person' from drawn d""",
    "memory_entities": """
insert into public.memory_entities (memory_id, entity_id, user_id, name)
select pg_temp.id('m', t), pg_temp.id('e', t - n), person, 'Somebody Named'
from drawn d cross join generate_series(0, 1) n""",
    "entity_names": """
insert into public.entity_names (memory_id, entity_id, user_id, key)
select pg_temp.id('m', t), pg_temp.id('e', t - n), person, 'somebody named'
from drawn d cross join generate_series(0, 1) n""",
    "relations": """
insert into public.relations (user_id, memory_id, subject_id, predicate, object_id)
select person, pg_temp.id('m', t), pg_temp.id('e', t), 'lives in', pg_temp.id('e', t - 1)
from drawn d""",
    "audit_log": """
insert into public.audit_log (user_id, number, at, event, browser, hash)
select person, t + 1, now(), 'signed_in', 'Firefox on Linux', sha256(t::text::bytea)
from drawn d""",
}


def measure(stack: Stack, database: str) -> dict[str, dict[str, float]]:
    """By table rows, bytes and bytes a row, its indexes included; nothing is left of them."""
    connection = psycopg2.connect(stack.url(database, superuser=True))
    connection.autocommit = True
    measured = {}
    lengths = {"question": QUESTION, "answer": ANSWER, "memory": MEMORY}
    try:
        with connection.cursor() as cur:
            cur.execute("set session_replication_role = replica")
            cur.execute(_SAID.format(turns=TURNS, all=ACCOUNTS * TURNS))
            for table, sql in _ROWS.items():
                cur.execute(f"vacuum full public.{table}")
                before = _bytes(cur, table)
                cur.execute(sql.format(**lengths))
                rows = cur.rowcount
                cur.execute(f"vacuum analyze public.{table}")
                taken = _bytes(cur, table) - before
                measured[table] = {
                    "rows": rows,
                    "bytes": taken,
                    "bytes_per_row": round(taken / rows, 1),
                }
                cur.execute(_CLEAR.format(table=table))
                cur.execute(f"vacuum full public.{table}")
    finally:
        connection.close()
    return measured


def _bytes(cur: Any, table: str) -> int:
    cur.execute("select pg_total_relation_size(%s)", (f"public.{table}",))
    [[size]] = cur.fetchall()
    return int(size)
