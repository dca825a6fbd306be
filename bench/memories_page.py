"""How long a rerun of the Memories page takes on the server for somebody with many memories.

The whole script as a browser would start it, session and sidebar included, on the local stack.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from streamlit.testing.v1 import AppTest

from bench.lib.report import Section, at_least, finish, load, parser
from tests.support.auth_cast import new_email
from tests.support.stack import Stack, running_stack
from tests.support.tab import APP, go_to, sign_up
from ui import resources as shared

_SEED = """
insert into vecs.memories (id, vec, metadata, recorded_at, valid_from, invalid_at)
select gen_random_uuid(), %s::vector,
       jsonb_build_object('user_id', %s, 'data',
         'User met Zoë number ' || n || ' at the café and talked about books for two hours'),
       now() - n * interval '1 hour', now() - n * interval '1 hour',
       case when n %% 10 = 0 then now() - interval '1 minute' end
from generate_series(1, %s) n
"""
_MENTIONS = """
with made as (
  insert into public.entities (user_id, kind)
  select %s, 'person' from generate_series(1, 500) returning id
), numbered as (select id, row_number() over () as n from made)
insert into public.memory_entities (memory_id, entity_id, user_id, name)
select m.id, numbered.id, m.owner, 'Zoë ' || numbered.n
from vecs.memories m join numbered on numbered.n = 1 + m.seq %% 500 where m.owner = %s
"""


def measure(stack: Stack, options: argparse.Namespace) -> dict[str, Any]:
    """Median and slowest of each kind of rerun, in milliseconds."""
    os.environ.update(stack.environ)
    shared.close()
    tab = sign_up(AppTest.from_file(str(APP), default_timeout=60).run(), new_email("bench"))
    user_id = tab.session_state["user_id"]
    stack.execute("postgres", _SEED, str([0.05] * 384), user_id, options.memories)
    stack.execute("postgres", _MENTIONS, user_id, user_id)
    stack.execute("postgres", "analyze vecs.memories, public.memory_entities, public.entities")
    go_to(tab, "memories.py")
    turn = iter(range(10_000))

    def page(tab: AppTest) -> None:
        tab.pagination[0].set_value(2 + next(turn) % 5)

    def keystroke(tab: AppTest) -> None:
        tab.text_input(key="find-memory").set_value(f"cafe {next(turn)}")

    def kind(tab: AppTest) -> None:
        tab.text_input(key="find-memory").set_value("")
        tab.selectbox(key="memory-kind").set_value(("person", "other", "any")[next(turn) % 3])

    def state(tab: AppTest) -> None:
        tab.selectbox(key="memory-kind").set_value("any")
        tab.button_group(key="memory-view").set_value(("now", "past")[next(turn) % 2])

    reruns: dict[str, Callable[[AppTest], None]] = {
        "nothing": lambda tab: None,
        "page": page,
        "keystroke": keystroke,
        "kind": kind,
        "state": state,
    }
    return {name: _timed(tab, act, options.repeats) for name, act in reruns.items()}


def _timed(tab: AppTest, act: Callable[[AppTest], None], repeats: int) -> dict[str, float]:
    took = []
    for _ in range(repeats):
        act(tab)
        start = time.perf_counter()
        tab.run()
        took.append((time.perf_counter() - start) * 1000)
        if tab.exception:
            raise RuntimeError(tab.exception[0].message)
    return {"median_ms": round(statistics.median(took), 1), "slowest_ms": round(max(took), 1)}


def report(options: argparse.Namespace) -> dict[str, Any]:
    with running_stack() as stack:
        reruns = measure(stack, options)
        shared.close()
    return {
        "bench": "memories_page",
        "ours": reruns,
        "peers": {},
        "settings": {
            "memories": options.memories,
            "repeats": options.repeats,
            "load_average": load(),
        },
    }


def section(result: dict[str, Any]) -> Section:
    """The result for people."""
    lines = ["| rerun | median, ms | slowest, ms |", "|---|---|---|"]
    lines += [
        f"| {name} | {times['median_ms']} | {times['slowest_ms']} |"
        for name, times in result["ours"].items()
    ]
    settings = result["settings"]
    data = f"one person with {settings['memories']:,} memories, {settings['repeats']} times each"
    return Section("memories_page", data, "\n".join(lines))


def main(argv: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    # Six pages of them are looked at.
    made.add_argument("--memories", type=at_least(300), default=5_000, help="of them (5000)")
    made.add_argument("--repeats", type=at_least(1), default=15, help="of each rerun (15)")
    options = made.parse_args(argv)
    measured = report(options)
    finish(options, measured, section(measured))


if __name__ == "__main__":
    main()
