"""Many people chatting at once, and what a turn of theirs cost beyond the model's own time."""

from __future__ import annotations

import asyncio
import random
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import psutil

from bench.lib.processes import cpu_s, rss_kb
from bench.lib.report import percentile
from bench.lib.websocket import Heard

# Longer than any turn that somebody would wait for.
TURN_WITHIN_S = 60.0
NOTES_WITHIN_S = 30.0
OPEN_AT_ONCE = 10


class Visit(Protocol):
    """One person's open page of some app."""

    async def open(self) -> None: ...

    async def say(self, text: str, marker: str) -> Heard: ...

    async def notes(self, timeout_s: float) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How a crowd behaves: turns each, and seconds between an answer's end and the next message."""

    turns: int
    think_s: float


@dataclass(frozen=True, slots=True)
class Turns:
    """What a crowd heard, and what it cost the app's process."""

    heard: list[Heard]
    failures: list[str]
    took_s: float
    cpu_s: float
    rss_kb_each: float


async def chat(
    visits: Sequence[Visit], process: psutil.Process, pace: Pace, *, seed: int = 1
) -> Turns:
    """Open all pages, then let all talk at once, beginning within one think time."""
    before_kb = rss_kb(process)
    gate = asyncio.Semaphore(OPEN_AT_ONCE)

    async def opened(visit: Visit) -> None:
        async with gate:
            await asyncio.wait_for(visit.open(), TURN_WITHIN_S)

    await asyncio.gather(*map(opened, visits))
    heard: list[Heard] = []
    failures: list[str] = []
    lots = random.Random(seed)  # noqa: S311 - who begins when
    begin = [lots.uniform(0, pace.think_s) for _ in visits]

    async def talk(visit: Visit, begin_s: float) -> None:
        await asyncio.sleep(begin_s)
        for number in range(pace.turns):
            marker = secrets.token_hex(3)
            text = f"I had lunch with Ana in Lisbon today, note-{marker}, meal {number}."
            try:
                one = await asyncio.wait_for(visit.say(text, marker), TURN_WITHIN_S)
            except Exception as exc:  # noqa: BLE001 - whatever it is, this turn failed
                failures.append(f"{type(exc).__name__}: {exc}")
                return
            heard.append(one)
            failures.extend(one.complaints)
            if number + 1 < pace.turns:
                await asyncio.sleep(lots.uniform(0.5, 1.5) * pace.think_s)

    began, spent = time.perf_counter(), cpu_s(process)
    await asyncio.gather(*map(talk, visits, begin))
    took_s, spent = time.perf_counter() - began, cpu_s(process) - spent
    after_kb = rss_kb(process)
    await asyncio.gather(*(visit.notes(NOTES_WITHIN_S) for visit in visits))
    await asyncio.gather(*(visit.close() for visit in visits))
    return Turns(heard, failures, took_s, spent, (after_kb - before_kb) / len(visits))


def served(model_url: str) -> list[dict[str, Any]]:
    """What the model server did since it was asked last."""
    reply = httpx.post(model_url.removesuffix("/v1") + "/served", timeout=30)
    found: list[dict[str, Any]] = reply.json()
    return found


def summary(turns: Turns, asked: Sequence[dict[str, Any]], *, expected: int) -> dict[str, Any]:
    """Times beyond the model's and the embedder's own, in milliseconds.

    `typing_ms` is until the next message can be sent, beyond the answer's own length.
    """
    chats = {one["marker"]: one for one in asked if one["kind"] == "chat"}
    embedded: dict[str, float] = {}
    for one in asked:
        if one["kind"] == "embedding":
            embedded.setdefault(one["marker"], one["took_ms"])
    first, typing = [], []
    for heard in turns.heard:
        own = chats.get(heard.marker)
        if own is None or heard.first_s is None:
            continue
        before = embedded.get(heard.marker, 0.0)
        first.append(heard.first_s * 1000 - own["took_ms"] - before)
        typing.append(heard.ended_s * 1000 - own["total_ms"] - before)
    count = len(turns.heard)
    return {
        **_spread("first_ms", first),
        **_spread("typing_ms", typing),
        "cpu_ms_per_turn": round(turns.cpu_s * 1000 / count, 1) if count else None,
        "rss_kb_per_session": round(turns.rss_kb_each),
        "turns_per_s": round(count / turns.took_s, 1),
        "turns": count,
        "unanswered": expected - len(first),
        "errors": len(turns.failures),
        "first_errors": sorted(set(turns.failures))[:3],
    }


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {f"{name}_p50": None, f"{name}_p95": None}
    return {
        f"{name}_p50": round(statistics.median(values), 1),
        f"{name}_p95": round(percentile(values, 0.95), 1),
    }


Crowd = Callable[[int], Sequence[Visit]]
