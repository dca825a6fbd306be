"""Our side of bench.memory: turns through the product's own classes, counted and timed.

Counted through a relay, where each trip is seen; timed without it, with a worker of the usual
threads that is told of each turn, as in the app.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from bench.lib.crowd import served
from bench.lib.report import spread
from bench.memory.peers import ROUNDS
from chat.chat import Chat
from chat.generation import Generation
from chat.memory_worker import Worker
from config import Settings
from memory.engine import Engine
from tests.support.relay import Relay, relayed
from tests.support.stack import Stack
from tests.support.trips import Trips, counted_trips

WITHIN_S = 60.0
SAVES = {
    "save_question": "insert into public.messages",
    # Saving a question speaks of messages too: what another process still writes is to stop.
    "save_answer": "set recall_state",
}
# What a model is asked for on the way from saved to remembered.
REMEMBERING = ("embedding", "extraction", "judge")
Found = dict[str, Any]
SAID = "I had lunch with Ana in Lisbon today, note-{marker}."


def ours(stack: Stack, database: str, model_url: str, turns: int) -> Found:
    """What a turn and its remembering ask for, and how long remembering takes."""
    settings = replace(
        stack.settings_of(database),
        openai_base_url=model_url,
        embedding_base_url=model_url,
        chat_model="fixed",
        memory_model="fixed",
        embedding_model="fixed",
    )
    user_id = stack.add_user(database)
    with (
        relayed(settings.database_url) as relay,
        _turns(replace(settings, database_url=relay.url)) as (engine, chat),
    ):
        result = _counts(engine, chat, user_id, model_url, relay)
    with _turns(settings) as (engine, chat):
        result |= _delay(engine, stack, database, user_id, model_url, turns)
        rounds = [_throughput(engine, stack, database, chat, turns) for _ in range(ROUNDS)]
    return result | {key: spread([one[key] for one in rounds]) for key in rounds[0]}


@contextmanager
def _turns(settings: Settings) -> Iterator[tuple[Engine, Chat]]:
    """What turns go through, of one process."""
    engine = Engine.from_settings(settings)
    try:
        chat = Chat(settings=settings, engine=engine)
        yield engine, chat
        chat.close()
    finally:
        engine.close()


def _counts(engine: Engine, chat: Chat, user_id: UUID, model_url: str, relay: Relay) -> Found:
    """Of a turn in a conversation that is going on, for somebody who is known already."""
    worker = Worker(engine=engine)
    begun = _turn(chat, user_id, None)
    worker.run_once()
    # What has ended is noted once a second, of all people at once; here with the next turn.
    engine.fair_use.close()
    served(model_url)
    parts: dict[str, Callable[[], object]] = {
        "search": lambda: engine.for_user(user_id).search("lunch with Ana"),
        "turn": lambda: _turn(chat, user_id, begun),
        "add": worker.run_once,
    }
    trips = {}
    calls: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for name, part in parts.items():
        before = relay.trips
        with counted_trips() as counted:
            part()
        trips[name] = {
            "statements": counted.statements,
            "transactions": counted.transactions,
            "trips": relay.trips - before,
        }
        if name == "turn":
            trips |= {save: _of(counted, said) for save, said in SAVES.items()}
        for one in served(model_url):
            if name == "search":
                continue
            calls[one["kind"]] += 1
            tokens[one["kind"]] += one["tokens_in"] + one["tokens_out"]
    return {
        "round_trips": trips,
        "model_calls": calls.total(),
        "model_calls_per_turn": dict(calls),
        "tokens_per_turn": dict(tokens),
    }


def _of(trips: Trips, part: str) -> dict[str, int]:
    """Those statements of a turn that say this; each in a transaction of its own."""
    count = sum(part in said for said in trips.said)
    return {"statements": count, "transactions": count}


def _turn(chat: Chat, user_id: UUID, conversation_id: UUID | None) -> UUID:
    """One turn until its answer is saved; its conversation."""
    generation = _sent(chat, user_id, conversation_id)
    if not generation.wait(WITHIN_S):
        raise RuntimeError("an answer took too long")
    return generation.question.conversation_id


def _sent(chat: Chat, user_id: UUID, conversation_id: UUID | None) -> Generation:
    said = SAID.format(marker=secrets.token_hex(3))
    return chat.send(said, user_id=user_id, conversation_id=conversation_id)


def _delay(
    engine: Engine, stack: Stack, database: str, user_id: UUID, model_url: str, turns: int
) -> Found:
    """From the saved answer to the remembered turn, beyond the models' time in between.

    A worker waits to be told of the turn, as in the app.
    """
    worker = Worker(engine=engine)
    saved_at: list[float] = []

    def saved() -> None:
        served(model_url)
        saved_at.append(time.perf_counter())
        worker.wake()

    chat = Chat(settings=engine.settings, engine=engine, saved=saved)
    conversation_id, beyond = None, []
    worker.start()
    try:
        # The first is not counted: its conversation is given a title meanwhile.
        for _ in range(1 + turns):
            remembered = threading.Event()
            generation = _sent(chat, user_id, conversation_id)
            conversation_id = generation.question.conversation_id
            with worker.turn_events.watched(generation.question.turn_id, remembered.set):
                # What was settled before is not told.
                if _open(stack, database, [user_id]) and not remembered.wait(WITHIN_S):
                    raise RuntimeError("a turn was not remembered")
            took_ms = (time.perf_counter() - saved_at[-1]) * 1000
            own = [one for one in served(model_url) if one["kind"] in REMEMBERING]
            beyond.append(took_ms - sum(one["total_ms"] for one in own))
    finally:
        worker.stop()
        chat.close()
    if left := _open(stack, database, [user_id]):
        raise RuntimeError(f"{left} turns were not remembered")
    return {"remember_ms": spread(beyond[1:], 1)}


def _throughput(
    engine: Engine, stack: Stack, database: str, chat: Chat, turns: int
) -> dict[str, float]:
    """Turns of as many people, saved and then remembered by one worker with its usual threads."""
    people = [stack.add_user(database) for _ in range(2 * turns)]
    for user_id in people:
        _turn(chat, user_id, None)
    worker = Worker(engine=engine)
    began, spent = time.perf_counter(), time.process_time()
    worker.start()
    while _open(stack, database, people) and time.perf_counter() - began < WITHIN_S:
        time.sleep(0.05)
    took_s = time.perf_counter() - began
    left = _open(stack, database, people)
    worker.stop()
    count = len(people) - left
    return {
        "remembered_per_s": count / took_s,
        "cpu_ms_per_add": (time.process_time() - spent) * 1000 / max(count, 1),
        "not_remembered": left,
    }


def _open(stack: Stack, database: str, people: Sequence[UUID]) -> int:
    rows = stack.execute(
        database,
        "select count(*) from public.turns"
        " where user_id = any (%s::uuid[]) and memory_state <> 'done'",
        [str(person) for person in people],
    )
    return int(str(rows[0][0]))
