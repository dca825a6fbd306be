"""How long until somebody can use Keepsake: from a clone, at the next start, for the first page.

Clones this checkout into a temporary folder and runs `make run` there, as a newcomer would; the
packages come from the caches of pip and npm where those are warm. A page is there when its script
has run to the end over the websocket. Beside it the plain shape of such an app, which knows no
accounts. `python -m bench.start [--clones N] [--starts N] [--pages N]`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.lib import report
from bench.lib.turn_peers import plain
from bench.lib.websocket import Tab
from tests.support.stack import ROOT, free_port, running_stack

MODULES = ("streamlit", "supabase", "openai", "vecs", "mem0", "memory.engine", "ui.entry.main")
IMPORTS = 3
PEERS = ("plain",)
# What a person or `make` has set must not reach the fresh clone.
_OWN = re.compile(
    r"SUPABASE_|DATABASE_URL|OPENAI_|MAKE|MFLAGS|VIRTUAL_ENV|PORT$|KEEPSAKE_|STREAMLIT_"
)
_TITLES = {
    "second_start_s": "second start to Ready, s",
    "first_page_cold_ms": "first page of the first visitor, ms",
    "first_page_warm_ms": "first page of the next visitors, ms",
}
_NOTE = """
Medians (least-most). Ours starts its database, Auth server and models as well, and is ready
when all of them answer; the plain shape finds its database running, and is ready when Streamlit
is. Its first page is the chat itself, for whoever the address names; ours is the sign-in page.
It has Streamlit's own settings: after each run all garbage is collected, before its end is told."""
_IMPORTED = re.compile(r"import time:\s*\d+ \|\s*(\d+) \|(\s*)(\S+)$")


@contextmanager
def started(folder: Path, home: Path) -> Iterator[tuple[float, int]]:
    """`make run` in a checkout, until it is left: seconds until it was ready, and its port."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not _OWN.match(name)}
    command = ["make", "run", f"PORT={port}", f"KEEPSAKE_HOME={home}", f"PYTHON={_python()}"]
    started_at = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("Ready: "):
                yield time.perf_counter() - started_at, port
                return
        raise RuntimeError(f"it did not start:\n{''.join(said)}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def _python() -> str:
    """The Python that this one's virtual environment was made with."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


async def page_ms(url: str, path: str = "/") -> float:
    """One newcomer's first page: its HTML, then the script over the websocket, in milliseconds."""
    async with httpx.AsyncClient() as http:
        tab = Tab(url, "", http)
        started_at = time.perf_counter()
        (await http.get(url, timeout=30)).raise_for_status()
        await tab.open(path)
        took = (time.perf_counter() - started_at) * 1000
        await tab.close()
    return took


def import_s(module: str, folder: Path) -> float:
    """Seconds that importing a module takes in a fresh process, with all that it imports."""
    environ = {**os.environ, "MEM0_DIR": str(folder), "MEM0_TELEMETRY": "False"}
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    run = subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
    # Nested imports are indented; what `import a.b` takes is the sum of a and a.b.
    wanted = {module, module.split(".")[0]}
    found = [_IMPORTED.match(line) for line in run.stderr.splitlines()]
    return (
        sum(int(match[1]) for match in found if match and match[2] == " " and match[3] in wanted)
        / 1e6
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement as one JSON object."""
    cold: list[float] = []
    warm: list[float] = []
    starts: list[float] = []
    cloned: list[float] = []
    for number in range(options.clones):
        with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as folder:
            checkout, home = Path(folder) / "keepsake", Path(folder) / "home"
            began_at = time.perf_counter()
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
            clone_s = time.perf_counter() - began_at
            for again in range(1 + (options.starts if number == 0 else 0)):
                with started(checkout, home) as (ready_s, port):
                    url = f"http://127.0.0.1:{port}"
                    (starts if again else cloned).append(ready_s if again else clone_s + ready_s)
                    cold.append(asyncio.run(page_ms(url)))
                    warm += [asyncio.run(page_ms(url)) for _ in range(options.pages)]
    ours = _spreads(starts, cold, warm)
    ours["rounds"]["clone_to_ready_s"] = report.spread(cloned, 1)
    return {
        "bench": "start",
        "ours": {
            "clone_to_ready_s": ours["rounds"]["clone_to_ready_s"]["median"],
            **ours,
            "import_s": _imports(),
        },
        "peers": {name: _plain(options) for name in options.peers},
        "settings": {
            "clones": options.clones,
            "starts": options.starts,
            "pages": options.pages,
            "page": "sign in, as nobody",
            "load_average": report.load(),
        },
    }


def _imports() -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as folder:
        return {
            module: report.spread([import_s(module, Path(folder)) for _ in range(IMPORTS)])
            for module in MODULES
        }


def _spreads(
    starts: Sequence[float], cold: Sequence[float], warm: Sequence[float]
) -> dict[str, Any]:
    """Medians, and under `rounds` their spread."""
    spreads = {
        "second_start_s": report.spread(starts),
        "first_page_cold_ms": report.spread(cold),
        "first_page_warm_ms": report.spread(warm),
    }
    return {**{name: of["median"] for name, of in spreads.items()}, "rounds": spreads}


def _plain(options: argparse.Namespace) -> dict[str, Any]:
    """The plain shape, its database running already; it asks nobody before it answers."""
    cold, warm, starts = [], [], []
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as folder, running_stack() as stack:
        for _ in range(options.starts):
            began_at = time.perf_counter()
            with plain(stack, "http://127.0.0.1:1/v1", Path(folder)) as app:
                starts.append(time.perf_counter() - began_at)
                cold.append(asyncio.run(page_ms(app.url, "/?user=a")))
                warm += [asyncio.run(page_ms(app.url, "/?user=a")) for _ in range(options.pages)]
    # It is one file, and imports none of our modules.
    none_of_it: dict[str, Any] = {"clone_to_ready_s": None, "import_s": {}}
    return {**none_of_it, **_spreads(starts, cold, warm)}


def section(result: dict[str, Any]) -> report.Section:
    """The result for people."""
    ours, peers = result["ours"], result["peers"]
    columns = [ours, *peers.values()]
    lines = [f"| | {' | '.join(['**ours**', *('plain shape' for _ in peers)])} |"]
    lines += [
        f"|---|{'---|' * len(columns)}",
        "| clone to Ready, with everything installed anew, s | "
        f"{report.shown(ours['rounds']['clone_to_ready_s'])} |" + " |" * len(peers),
    ]
    for key, title in _TITLES.items():
        cells = [report.shown(column["rounds"][key]) for column in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    for name, of in ours["import_s"].items():
        lines.append(f"| `import {name}`, s | {report.shown(of)} |{' |' * len(peers)}")
    lines.append(_NOTE)
    settings = result["settings"]
    data = (
        f"{settings['clones']} clones, {settings['starts']} starts after the first, "
        f"{settings['pages']} pages each"
    )
    return report.Section("start", data, "\n".join(lines))


def main(argv: Sequence[str] | None = None) -> None:
    parser = report.parser(__doc__, peers=PEERS)
    some = report.at_least(1)
    parser.add_argument("--clones", type=some, default=3, help="installed anew (3)")
    parser.add_argument("--starts", type=some, default=3, help="of the first clone, later (3)")
    parser.add_argument("--pages", type=some, default=10, help="warm pages a start (10)")
    options = parser.parse_args(argv)
    result = run(options)
    report.finish(options, result, section(result))


if __name__ == "__main__":
    main()
