"""What a turn costs beyond the model's and the embedder's own time, over the real UI's websocket.

A crowd of people chats with each app in turn, on one stack and one model server of known times.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.lib.crowd import Pace, chat, served, summary
from bench.lib.processes import model_server
from bench.lib.report import Section, at_least, finish, load, parser, shown, spread
from bench.lib.turn_peers import PEERS, Ours, Target, chainlit, ours, plain
from tests.support.stack import ROOT, Stack, running_stack

REMEMBERED_WITHIN_S = 120.0
WARM_UP = Pace(turns=3, think_s=0.2)
# One person alone takes more turns, one soon after the other.
ALONE_TIMES, ALONE_THINK_S = 6, 0.3
# Where `make bench` puts Chainlit; it does not agree with our versions.
CHAINLIT = ROOT / ".venv-chainlit" / "bin" / "python"
TIMES = ("first_ms_p50", "first_ms_p95", "typing_ms_p50", "typing_ms_p95")
COSTS = ("cpu_ms_per_turn", "rss_kb_per_session", "turns_per_s")
COUNTS = ("turns", "errors", "unanswered", "lost", "not_remembered")
NAMES = {
    "ours": "**ours**",
    "apart": "the same, remembering apart",
    "plain": "plain shape",
    "streamed": "the same, streamed",
    "chainlit": "Chainlit",
}
TITLES = {
    "first_ms_p50": "first word p50, ms",
    "first_ms_p95": "p95",
    "typing_ms_p50": "typing again p50, ms",
    "typing_ms_p95": "p95",
    "cpu_ms_per_turn": "processor per turn, ms",
    "rss_kb_per_session": "KB per session",
    "turns_per_s": "turns/s",
    "errors": "errors",
    "unanswered": "unanswered",
    "lost": "lost",
}
_NOTE = """
Milliseconds beyond the model's and the embedder's own time, until the first word is there and
until the next message can be sent; median (least-most) of the rounds. Errors, unanswered and
lost turns are of all rounds together. The driver, the model server and PostgreSQL share the
machine with the app that is measured. The model server waits and knows no words: a
model's own work would be done on the processor that is measured. The model's own time is that of
the question's embedding and of the answer. The plain shape searches, asks and adds in the
script, with mem0's `supabase` store, and shows the answer when it has remembered it: what it
asks the model for that is waited for, and counts; Streamlit has its own settings there. The same
streamed shows the answer as it comes, before it adds. Both keep nothing but memories: lost is a
turn of which none came. Chainlit streams from the same model and remembers nothing, so it has
nothing to lose. KB per session are the process's growth by the crowd; of one person less than
what it gives back meanwhile from its start, hence below zero."""


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every app at every size, in turn, as many rounds as were asked for."""
    names = ("ours", *(("apart",) if options.apart else ()), *options.peers)
    rounds: dict[str, dict[str, list[dict[str, Any]]]] = {
        name: {str(users): [] for users in options.users} for name in names
    }
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as home, running_stack() as stack:
        folder = Path(home)
        pace = {
            name: getattr(options, name)
            for name in ("first_ms", "token_ms", "tokens", "json_ms", "embed_ms")
        }
        with model_server(folder / "model.log", **pace) as model_url:
            for _ in range(options.rounds):
                for users in options.users:
                    for name in names:
                        one = _round(name, users, options, stack, model_url, folder)
                        rounds[name][str(users)].append(one)
    results = {
        name: {users: joined(of) for users, of in sizes.items()} for name, sizes in rounds.items()
    }
    asked = ("users", "turns", "think_s", "rounds")
    return {
        "bench": "turn",
        "ours": results.pop("ours"),
        "peers": results,
        "settings": {
            **pace,
            **{name: getattr(options, name) for name in asked},
            "load_average": load(),
        },
    }


def joined(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of the rounds, counts of all of them; `rounds` has the spread."""
    values = {
        key: [one[key] for one in rounds if one.get(key) is not None] for key in (*TIMES, *COSTS)
    }
    spreads = {key: spread(of, 1) for key, of in values.items() if of}
    counts = {key: sum(one[key] for one in rounds) for key in COUNTS if key in rounds[0]}
    return {
        **{key: of["median"] for key, of in spreads.items()},
        **counts,
        "first_errors": sorted({error for one in rounds for error in one["first_errors"]})[:3],
        "rounds": spreads,
    }


def _round(
    name: str,
    users: int,
    options: argparse.Namespace,
    stack: Stack,
    model_url: str,
    folder: Path,
) -> dict[str, Any]:
    """A fresh process, so that memory is this size's own."""
    answer = " ".join(["word"] * (options.tokens - 1))
    alone = Pace(ALONE_TIMES * options.turns, ALONE_THINK_S)
    pace = Pace(options.turns, options.think_s) if users > 1 else alone
    with _target(name, options, stack, model_url, folder) as target:
        return asyncio.run(_crowd(target, users, pace, model_url, answer))


@contextmanager
def _target(
    name: str, options: argparse.Namespace, stack: Stack, model_url: str, folder: Path
) -> Iterator[Target]:
    if name == "chainlit":
        with chainlit(options.chainlit, model_url, folder) as app:
            yield app
    elif name in ("ours", "apart"):
        with ours(stack, model_url, folder, apart=name == "apart") as keepsake:
            yield keepsake
    else:
        with plain(stack, model_url, folder, streamed=name == "streamed") as baseline:
            yield baseline


async def _crowd(
    target: Target, users: int, pace: Pace, model_url: str, answer: str
) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=2 * users + 10)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        await chat(target.visits(2, http), target.process, WARM_UP)
        served(model_url)
        turns = await chat(target.visits(users, http), target.process, pace)
    result = summary(turns, served(model_url), expected=users * pace.turns)
    result["lost"] = target.lost(turns.heard, answer)
    if isinstance(target, Ours):
        result["not_remembered"] = _left_over(target)
    return result


def _left_over(target: Ours) -> int:
    """Turns that are not remembered although the worker had time."""
    give_up_at = time.monotonic() + REMEMBERED_WITHIN_S
    while (left := target.not_remembered()) and time.monotonic() < give_up_at:
        time.sleep(0.5)
    return left


def section(result: dict[str, Any]) -> Section:
    """The result for people."""
    settings = result["settings"]
    lines = [
        "| people | | " + " | ".join(TITLES.values()) + " |",
        "|" + "---|" * (2 + len(TITLES)),
    ]
    for users in result["ours"]:
        for name, sizes in {"ours": result["ours"], **result["peers"]}.items():
            cells = [_cell(sizes[users], key) for key in TITLES]
            lines.append(f"| {users} | {NAMES[name]} | " + " | ".join(cells) + " |")
    data = (
        f"real websocket, {settings['rounds']} rounds in turn, {settings['turns']} turns each with "
        f"{settings['think_s']:g} s between an answer and the next message (alone: "
        f"{ALONE_TIMES * settings['turns']} with {ALONE_THINK_S:g} s); model: first word after "
        f"{settings['first_ms']:g} ms, {settings['tokens']} words every "
        f"{settings['token_ms']:g} ms, JSON {settings['json_ms']:g} ms, embedding "
        f"{settings['embed_ms']:g} ms"
    )
    return Section("turn", data, "\n".join([*lines, _NOTE]))


def _cell(found: dict[str, Any], key: str) -> str:
    return shown(found["rounds"][key]) if key in found["rounds"] else str(found.get(key, ""))


def main(argv: Sequence[str] | None = None) -> None:
    made = _parser()
    options = made.parse_args(argv)
    if "chainlit" in options.peers and not Path(options.chainlit).is_file():
        told = f"there is no Chainlit at {options.chainlit} (make bench installs it)"
        if options.peers != PEERS:
            made.error(told)
        print(f"Chainlit is left out: {told}.", file=sys.stderr)
        options.peers = tuple(name for name in options.peers if name != "chainlit")
    result = measure(options)
    finish(options, result, section(result))


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, peers=PEERS)
    some, time_of = at_least(1), at_least(0.0)
    made.add_argument(
        "--users", type=_sizes, default=[1, 10, 50, 100], help="at once (1,10,50,100)"
    )
    made.add_argument("--turns", type=some, default=2, help="of each person in a crowd (2)")
    made.add_argument("--rounds", type=some, default=2, help="of everything, in turn (2)")
    made.add_argument(
        "--think-s", type=time_of, default=15.0, help="between answer and next message (15)"
    )
    made.add_argument(
        "--apart", action="store_true", help="ours once more, with a worker process beside it"
    )
    made.add_argument("--chainlit", default=str(CHAINLIT), help="a Python that has Chainlit")
    made.add_argument("--first-ms", type=time_of, default=1000.0, help="to the first word (1000)")
    made.add_argument("--token-ms", type=time_of, default=10.0, help="between words (10)")
    made.add_argument("--tokens", type=some, default=40, help="words of an answer (40)")
    made.add_argument("--json-ms", type=time_of, default=1000.0, help="for JSON (1000)")
    made.add_argument("--embed-ms", type=time_of, default=20.0, help="for embeddings (20)")
    return made


def _sizes(listed: str) -> list[int]:
    return list(dict.fromkeys(map(at_least(1), listed.split(","))))


if __name__ == "__main__":
    main()
