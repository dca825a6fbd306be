"""What the benches share: arguments, medians with their spread, sections of bench/RESULTS.md.

A bench prints one JSON object or a table. With `--write` it puts the table into its own section of
RESULTS.md, with the command, the data, the machine's size and the date, and the object beside it
into results/, where bench/summary.py and bench/check.py read it; other sections stay.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

RESULTS = Path(__file__).resolve().parents[1] / "RESULTS.md"
OBJECTS = RESULTS.parent / "results"
HEAD = """# What was measured

Each section is written by its bench with `--write`; `make bench` runs all of them, one after the
other. Compare within a section only: what is paired there ran on the same machine and data. Times
are medians with the least and the most of their rounds. What was changed because of these numbers,
and what it brought, is in CHANGES.md.
"""
# In which the sections stand, by the first word of their titles.
ORDER = (
    "In",
    "truth",
    "retrieval",
    "many",
    "locomo",
    "scoreboard",
    "turn",
    "memory",
    "start",
    "memories_page",
    "firewall",
)
_Number = TypeVar("_Number", int, float)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of RESULTS.md: its title stands for one bench at one size."""

    title: str
    data: str
    body: str

    @property
    def file_name(self) -> str:
        """Of the JSON object that it shows: "retrieval-20-people-50.json"."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") + ".json"


def parser(description: str | None, *, peers: Sequence[str] | None = ()) -> argparse.ArgumentParser:
    """The arguments of every bench; `options.peers` are names, all of them unless asked.

    With None the bench has an argument of its own for them.
    """
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument("--write", action="store_true", help="replace the section of RESULTS.md")
    if peers is not None:
        _add_peers(made, peers)
    return made


def _add_peers(made: argparse.ArgumentParser, peers: Sequence[str]) -> None:
    made.add_argument(
        "--peers",
        type=lambda listed: _names(listed, peers),
        default=tuple(peers),
        help=f"all, none or names: {','.join(peers)}" if peers else "there are none",
    )


def at_least(least: _Number) -> Callable[[str], _Number]:
    """The type of an argument: a number, whole if `least` is, that is not below it."""
    kind = type(least)

    def number(said: str) -> _Number:
        what = "a whole number" if kind is int else "a number"
        told = f"{said!r} is not {what} from {least:g} up"
        try:
            found = kind(said)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(told) from exc
        if not (math.isfinite(found) and found >= least):
            raise argparse.ArgumentTypeError(told)
        return found

    return number


def _names(listed: str, peers: Sequence[str]) -> tuple[str, ...]:
    if listed in ("all", "none"):
        return tuple(peers) if listed == "all" else ()
    names = tuple(dict.fromkeys(listed.split(",")))
    if unknown := set(names) - set(peers):
        raise argparse.ArgumentTypeError(f"no such peer: {', '.join(sorted(unknown))}")
    return names


def finish(options: argparse.Namespace, result: dict[str, Any], section: Section) -> None:
    """Print what was measured, as JSON or as a table, and write it down if that was asked for."""
    print(json.dumps(result) if options.json else section.body)
    if options.write:
        write(section)
        keep(result, OBJECTS / section.file_name)


def keep(result: dict[str, Any], path: Path) -> None:
    """Write the object down, with the command, the machine and the date."""
    path.parent.mkdir(exist_ok=True)
    about = {"command": command(), "machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    path.write_text(json.dumps({**about, **result}, indent=1) + "\n", encoding="utf-8")


def write(section: Section, path: Path = RESULTS) -> None:
    """Put this section in the place of the one with the same title, or among those of its bench."""
    head, *rest = _SECTION.split(path.read_text(encoding="utf-8") if path.exists() else HEAD)
    sections = {part.partition("\n")[0]: part.strip() for part in rest}
    title = f"## {section.title}"
    about = f"`{command()}` · {section.data} · {machine()} · {datetime.now(UTC):%Y-%m-%d}"
    sections[title] = f"{title}\n\n{about}\n\n{section.body.strip()}"
    ordered = [sections[name] for name in sorted(sections, key=_place)]
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text("\n\n".join([head.strip(), *ordered]) + "\n", encoding="utf-8")
    fresh.replace(path)


def _place(title: str) -> int:
    word = re.split(r"\W+", title.removeprefix("## "), maxsplit=1)[0]
    return ORDER.index(word) if word in ORDER else len(ORDER)


def command() -> str:
    """How this bench was called, files by their names only."""
    asked = [a for a in sys.argv[1:] if a not in ("--json", "--write")]
    called = Path(sys.argv[0])
    name = called.parent.name if called.stem == "__main__" else called.stem
    return " ".join([f"python -m bench.{name}", *(a.rsplit("/", 1)[-1] for a in asked)])


def machine() -> str:
    """Its size: "2 cores, 24 GB"; with what else it had to do."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count()} cores, {round(memory / 2**30)} GB, load average {load()}"


def load() -> float:
    """The load average of the last five minutes, this bench included."""
    return round(os.getloadavg()[1], 1)


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def shown(of: dict[str, float], unit: str = "") -> str:
    """A spread for a table: "2.1 (1.9-2.6)"."""
    return f"{of['median']:g}{unit} ({of['min']:g}-{of['max']:g})"
