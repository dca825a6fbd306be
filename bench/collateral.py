"""What a change ends beside what it should, by a real language model through the whole product.

Collateral: people with facts (bench/data/collateral.json) say what has changed. Of the facts that
no change should have touched, how many ended; of those that lean on an end, how many are marked as
to be checked. The half `looked at` is for who works on the prompts, `reported` is only reported.

A long list: one fact is changed again and again among many others (`--updates`, `--others`). The
last one has to hold, each earlier one has to be history with its end, and no other may end.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from bench.lib.report import at_least, machine, parser
from bench.truth.stack import model_stack
from errors import ModelError
from memory.engine import Engine, UserMemory
from memory.records import Change

DATA = Path(__file__).resolve().parent / "data" / "collateral.json"
DATABASE = "postgres"
TRIES = 3
HALVES = ("looked at", "reported")
# Of the long list.
MOST_UPDATES, MOST_OTHERS = 40, 200


@cache
def data() -> dict[str, Any]:
    """People and their changes, and names for the long list."""
    read: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return {k: v.split() if isinstance(v, str) and k != "about" else v for k, v in read.items()}


def moves(count: int) -> list[str]:
    """So many messages, each of which changes where the person lives."""
    return [f"I moved to {city}." for city in data()["cities"][:count]]


def other_facts(count: int) -> list[str]:
    """So many facts that no move touches, some of them about the same places."""
    cities, friends, things = (data()[name] for name in ("cities", "friends", "things"))
    facts = [
        *(f"User's friend {n} lives in {c}" for n, c in zip(friends, cities, strict=True)),
        *(f"User has been to {city} on holiday" for city in cities),
        *(f"User likes {thing}" for thing in things),
        *(f"User's friend {name} is {age}" for age, name in enumerate(friends, start=20)),
        *(f"User's friend {n} plays {t}" for n, t in zip(friends, things * 2, strict=True)),
        *(f"User does not like {thing} in the evening" for thing in things),
    ]
    return facts[:count]


def long_list(memory: UserMemory, said: Sequence[str], others: Sequence[str]) -> dict[str, Any]:
    """What is left of one fact that changes with each of these messages, among others."""
    kept = [one.id for one in _keep(memory, others)]
    added, not_heard = [], 0
    for message in said:
        changes = say(memory, message)
        not_heard += changes is None
        added.append([change.id for change in changes or () if change.event == "ADD"])
    holding = {one.id for one in memory.get_all()}
    past = {one.id: one for one in memory.past()}
    dated = [
        bool(ids) and all(i in past and past[i].superseded_by is not None for i in ids)
        for ids in added[:-1]
    ]
    return {
        "updates": len(said),
        "remembered": sum(map(bool, added)),
        "earlier_are_dated_history": sum(dated),
        "last_holds": bool(added[-1]) and set(added[-1]) <= holding,
        "of_it_hold": len(holding & {i for ids in added for i in ids}),
        "others": len(kept),
        "others_ended": len(set(kept) - holding),
        "not_heard": not_heard,
    }


def told(memory: UserMemory, person: Mapping[str, Any]) -> list[dict[str, str]]:
    """What became of each fact of one person: what should have, and what did.

    Changes that the model never read count as not said.
    """
    ids = [one.id for one in _keep(memory, person["facts"])]
    heard = [one for one in person["changes"] if say(memory, one["said"]) is not None]
    ends = {i for change in heard for i in change["ends"]}
    doubt = {i for change in heard for i in change["in_doubt"]}
    holding = {one.id: one for one in memory.get_all()}
    found = []
    for number, (memory_id, text) in enumerate(zip(ids, person["facts"], strict=True)):
        now = holding.get(memory_id)
        found.append(
            {
                "fact": text,
                "should": "end" if number in ends else "doubt" if number in doubt else "stay",
                "did": "end" if now is None else "doubt" if now.leans_on is not None else "stay",
            }
        )
    return found


def say(memory: UserMemory, message: str) -> list[Change] | None:
    """Remember a message, tried as often as the worker would at once; None if no model answered."""
    for _ in range(TRIES):
        try:
            return memory.add([{"role": "user", "content": message}])
        except ModelError as exc:
            print(exc.user_message, file=sys.stderr)
    return None


def figures(facts: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Facts that were not to end and did; the ends; the marks. Each with its interval, in %."""
    untouched = [one["did"] for one in facts if one["should"] != "end"]
    to_end = [one["did"] for one in facts if one["should"] == "end"]
    leaning = [one["did"] for one in facts if one["should"] == "doubt"]
    sure = [one["did"] for one in facts if one["should"] == "stay"]
    return {
        "ended_all_the_same": share(untouched.count("end"), len(untouched)),
        "ended_as_it_should": share(to_end.count("end"), len(to_end)),
        "marked_as_it_should": share(leaning.count("doubt"), len(leaning)),
        "marked_all_the_same": share(sure.count("doubt"), len(sure)),
    }


def share(hits: int, tries: int) -> dict[str, Any]:
    """So many of so many, and between which rates (Wilson, 95 %) the true one is, in percent."""
    if not tries:
        return {"of": 0}
    z, p = 1.96, hits / tries
    middle = p + z * z / (2 * tries)
    wide = z * math.sqrt(p * (1 - p) / tries + z * z / (4 * tries * tries))
    low, high = ((middle + side * wide) / (1 + z * z / tries) for side in (-1, 1))
    percent = [round(100 * one, 1) for one in (p, max(0.0, low), min(1.0, high))]
    return {"hits": hits, "of": tries, "percent": percent}


def _keep(memory: UserMemory, texts: Sequence[str]) -> list[Any]:
    messages = [{"role": "user", "content": text} for text in texts]
    return memory.add(messages, infer=False) if messages else []


def main() -> int:
    options = parser(__doc__, peers=None)
    options.add_argument("--half", choices=HALVES, default="reported")
    options.add_argument("--people", type=at_least(0), default=None, help="only so many of them")
    options.add_argument("--updates", type=at_least(0), default=40, help="of the long list")
    options.add_argument("--others", type=at_least(0), default=200, help="facts beside the list")
    options.add_argument("--show", action="store_true", help="what became of facts wrongly, so far")
    chosen = options.parse_args()
    if chosen.updates > MOST_UPDATES or chosen.others > MOST_OTHERS:
        options.error(f"there are {MOST_UPDATES} updates and {MOST_OTHERS} other facts")
    people = [one for one in data()["people"] if one["half"] == chosen.half][: chosen.people]
    result: dict[str, Any] = {"bench": "collateral", "half": chosen.half, "people": len(people)}
    with model_stack({}) as stack, closing(Engine.from_settings(stack.settings)) as engine:
        found: list[dict[str, str]] = []
        for person in people:
            found += told(engine.for_user(stack.add_user(DATABASE)), person)
            if chosen.show:
                wrong = [one for one in found if one["should"] != one["did"]]
                print(json.dumps([len(found), figures(found), wrong]), file=sys.stderr, flush=True)
        result |= {"facts": len(found), **figures(found)}
        if chosen.updates:
            memory = engine.for_user(stack.add_user(DATABASE))
            said, others = moves(chosen.updates), other_facts(chosen.others)
            result["long_list"] = long_list(memory, said, others)
        result |= {"model": stack.settings.memory_model, "machine": machine()}
    print(json.dumps(result, indent=None if chosen.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
