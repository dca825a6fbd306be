"""How long until somebody can use Keepsake: from a clone, at the next start, for the first page.

Clones this checkout into a temporary folder and runs `make run` there, as a newcomer would; the
packages come from the caches of pip and npm where those are warm. A page is there when its script
has run to the end over the websocket. `python -m bench.start [--starts N] [--pages N]`
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench import report
from bench.websocket import Tab
from tests.stack import ROOT, free_port

MODULES = ("streamlit", "supabase", "openai", "vecs", "mem0", "memory.engine", "ui.main")
IMPORTS = 3
READY_S = 900
# What a person or `make` has set must not reach the fresh clone.
_OWN = re.compile(
    r"SUPABASE_|DATABASE_URL|OPENAI_|MAKE|MFLAGS|VIRTUAL_ENV|PORT$|KEEPSAKE_|STREAMLIT_"
)
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


async def page_ms(port: int) -> float:
    """One newcomer's first page: its HTML, then the script over the websocket, in milliseconds."""
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as http:
        tab = Tab(url, "", http)
        started_at = time.perf_counter()
        (await http.get(url, timeout=30)).raise_for_status()
        await tab.open()
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
    cold, warm, starts = [], [], []
    with tempfile.TemporaryDirectory(prefix="keepsake-bench-") as folder:
        checkout, home = Path(folder) / "keepsake", Path(folder) / "home"
        began_at = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        clone_s = time.perf_counter() - began_at
        for _ in range(1 + options.starts):
            with started(checkout, home) as (ready_s, port):
                starts.append(ready_s)
                cold.append(asyncio.run(page_ms(port)))
                warm += [asyncio.run(page_ms(port)) for _ in range(options.pages)]
        imports = {
            module: report.spread([import_s(module, Path(folder)) for _ in range(IMPORTS)])
            for module in MODULES
        }
    spreads = {
        "second_start_s": report.spread(starts[1:]),
        "first_page_cold_ms": report.spread(cold),
        "first_page_warm_ms": report.spread(warm),
    }
    medians = {name: spread["median"] for name, spread in spreads.items()}
    return {
        "bench": "start",
        "ours": {
            "clone_to_ready_s": round(clone_s + starts[0], 1),
            **medians,
            "import_s": {module: spread["median"] for module, spread in imports.items()},
            "rounds": {**spreads, "import_s": imports},
        },
        "peers": {},
        "settings": {
            "starts": options.starts,
            "pages": options.pages,
            "page": "sign in, as nobody",
            "load_average": report.load(),
        },
    }


def section(result: dict[str, Any]) -> report.Section:
    """The result for people."""
    ours = result["ours"]
    spreads = ours["rounds"]
    rows = {
        "clone to Ready, with everything installed anew, s": f"{ours['clone_to_ready_s']:g}",
        "second start to Ready, s": report.shown(spreads["second_start_s"]),
        "first page of the first visitor, ms": report.shown(spreads["first_page_cold_ms"]),
        "first page of the next visitors, ms": report.shown(spreads["first_page_warm_ms"]),
    }
    rows |= {f"`import {name}`, s": report.shown(of) for name, of in spreads["import_s"].items()}
    lines = ["| | median (least-most) |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in rows.items()]
    settings = result["settings"]
    data = f"one clone, {settings['starts']} starts after it, {settings['pages']} pages each"
    return report.Section("start", data, "\n".join(lines))


def main() -> None:
    parser = report.parser(__doc__)
    parser.add_argument("--starts", type=int, default=3, help="starts after the first (3)")
    parser.add_argument("--pages", type=int, default=10, help="warm pages a start (10)")
    options = parser.parse_args()
    result = run(options)
    report.finish(options, result, section(result))


if __name__ == "__main__":
    main()
