"""What a turn costs beyond the model's and the embedder's own time, over the real UI's websocket.

A crowd of people chats with each app in turn, on one stack and one model server of known times.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.crowd import Pace, chat, served, summary
from bench.processes import model_server
from bench.report import Section, finish, load, parser
from bench.turn_peers import PEERS, Ours, Target, chainlit, ours, plain
from tests.stack import Stack, running_stack

REMEMBERED_WITHIN_S = 120.0
WARM_UP = Pace(turns=3, think_s=0.2)
COLUMNS = (
    ("first word p50", "first_ms_p50"),
    ("p95", "first_ms_p95"),
    ("typing again p50", "typing_ms_p50"),
    ("p95", "typing_ms_p95"),
    ("processor ms per turn", "cpu_ms_per_turn"),
    ("KB per session", "rss_kb_per_session"),
    ("turns/s", "turns_per_s"),
    ("errors", "errors"),
    ("unanswered", "unanswered"),
    ("lost", "lost"),
)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every app at every size, one app after the other."""
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as home, running_stack() as stack:
        folder = Path(home)
        pace = {
            name: getattr(options, name)
            for name in ("first_ms", "token_ms", "tokens", "json_ms", "embed_ms")
        }
        with model_server(folder / "model.log", **pace) as model_url:
            results = {
                name: _sizes(name, options, stack, model_url, folder)
                for name in ("ours", *options.peers)
            }
    return {
        "bench": "turn",
        "ours": results.pop("ours"),
        "peers": results,
        "settings": {
            **pace,
            "users": options.users,
            "turns": options.turns,
            "think_s": options.think_s,
            "load_average": load(),
        },
    }


def _sizes(
    name: str, options: argparse.Namespace, stack: Stack, model_url: str, folder: Path
) -> dict[str, Any]:
    """A fresh process for each size, so that memory is that size's own."""
    answer = " ".join(["word"] * (options.tokens - 1))
    results = {}
    for users in options.users:
        turns = options.turns if users > 1 else 5 * options.turns
        pace = Pace(turns, options.think_s if users > 1 else 0.3)
        with _target(name, options, stack, model_url, folder) as target:
            results[str(users)] = asyncio.run(_crowd(target, users, pace, model_url, answer))
    return results


@contextmanager
def _target(
    name: str, options: argparse.Namespace, stack: Stack, model_url: str, folder: Path
) -> Iterator[Target]:
    if name == "chainlit":
        with chainlit(options.chainlit, model_url, folder) as app:
            yield app
    elif name == "plain":
        with plain(stack, model_url, folder) as baseline:
            yield baseline
    else:
        with ours(stack, model_url, folder) as keepsake:
            yield keepsake


async def _crowd(
    target: Target, users: int, pace: Pace, model_url: str, answer: str
) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=2 * users + 10)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        await chat(target.visits(2, http), target.process, WARM_UP)
        await served(model_url)
        turns = await chat(target.visits(users, http), target.process, pace)
    result = summary(turns, await served(model_url), expected=users * pace.turns)
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
    settings = result["settings"]
    lines = [
        "| | people | " + " | ".join(title for title, _ in COLUMNS) + " |",
        "|" + "---|" * (2 + len(COLUMNS)),
    ]
    for name, sizes in {"ours": result["ours"], **result["peers"]}.items():
        for users, found in sizes.items():
            cells = [str(found[key]) for _, key in COLUMNS]
            lines.append(f"| {name} | {users} | " + " | ".join(cells) + " |")
    data = (
        f"{settings['turns']} turns each ({5 * settings['turns']} of one person alone), "
        f"{settings['think_s']:g} s between an answer and the next message; model: first word "
        f"after {settings['first_ms']:g} ms, {settings['tokens']} words every "
        f"{settings['token_ms']:g} ms, JSON {settings['json_ms']:g} ms, embedding "
        f"{settings['embed_ms']:g} ms"
    )
    return Section("turn", data, "\n".join(lines))


def main(argv: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(argv)
    if "chainlit" in options.peers and not options.chainlit:
        options.peers = tuple(name for name in options.peers if name != "chainlit")
    result = measure(options)
    finish(options, result, section(result))


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, peers=PEERS)
    made.add_argument(
        "--users", type=lambda listed: [int(n) for n in listed.split(",")], default=[1, 10]
    )
    made.add_argument("--turns", type=int, default=6, help="of each person")
    made.add_argument("--think-s", type=float, default=5.0, help="between answer and next message")
    made.add_argument("--chainlit", default="", help="a Python with Chainlit; without it, left out")
    made.add_argument("--first-ms", type=float, default=1000.0)
    made.add_argument("--token-ms", type=float, default=10.0)
    made.add_argument("--tokens", type=int, default=40)
    made.add_argument("--json-ms", type=float, default=1000.0)
    made.add_argument("--embed-ms", type=float, default=20.0)
    return made


if __name__ == "__main__":
    main()
