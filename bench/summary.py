"""The numbers that people ask for first, in one table, from the objects of the other benches.

With `--write` it becomes the first section of RESULTS.md and the table of README.md: what is
claimed there is what was measured. `python -m bench.summary --write`
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lib.report import OBJECTS, RESULTS, Section, write

README = RESULTS.parents[1] / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
Found = dict[str, Any]
NONE = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a title, and what ours and its peers came to."""

    title: str
    ours: str
    beside: str

    def __str__(self) -> str:
        return f"| {self.title} | {self.ours} | {self.beside} |"


def table(results: Sequence[Found]) -> str:
    """Whatever of it was measured."""
    lines = [line for result in results for line in _LINES[result["bench"]](result)]
    head = ["| | Keepsake | beside it |", "|---|---|---|"]
    return "\n".join([*head, *map(str, lines)])


def _truth(result: Found) -> list[Line]:
    ours, peers, model = result["ours"], result["peers"], result["settings"]["model"]
    return [
        Line(
            f"{ours['dialogues']} dialogues in ordinary words, answered and remembered by {model}: "
            "facts / changes / answers right, %",
            _right(ours),
            _beside(peers, lambda of: f"{_right(of)} of {of['dialogues']}", "{}"),
        ),
        Line(
            "the same: tokens / model calls / seconds to remember a turn",
            _of_a_turn(ours),
            _beside(peers, _of_a_turn, "{}"),
        ),
    ]


def _right(of: Found) -> str:
    shares = (of[key] for key in ("facts_right", "changes_right", "answers_right"))
    return " / ".join("-" if share is None else f"{100 * share:.0f}" for share in shares)


def _of_a_turn(of: Found) -> str:
    costs = of["tokens_per_turn"], of["calls_per_turn"], of["remember_s"]
    return "{:,.0f} / {:.1f} / {:.1f}".format(*costs)


def _retrieval(result: Found) -> list[Line]:
    settings, ours, peers = result["settings"], result["ours"], result["peers"]
    size = f"{settings['tenants']:,} people × {settings['memories']:,} memories"
    lines = [
        Line(
            f"{size}: found of the exact ten best",
            f"{ours['recall_at_10']:.3f}",
            _beside(peers, lambda of: f"{of['recall_at_10']:.3f}", "mem0's {} store"),
        )
    ]
    if settings["rows"] >= 100_000:
        lines.append(
            Line(
                "the same: one search p50 / p95, ms",
                _p50_p95(ours),
                _beside(peers, _p50_p95, "mem0's {} store"),
            )
        )
        if "together" in result:
            side_by_side = result["together"]["ours"]
            title = "the same: one search where a person's rows lie side by side p50 / p95, ms"
            lines.append(Line(title, _p50_p95(side_by_side), NONE))
        lines.append(
            Line(
                "the same: start with all that in place, s",
                f"{ours['start_s']:.1f}",
                _beside(peers, lambda of: f"{of['start_s']:.1f}", "mem0's {} store"),
            )
        )
    return lines


def _p50_p95(of: Found) -> str:
    return f"{of['p50_ms']:.1f} / {of['p95_ms']:.1f}"


def _many(result: Found) -> list[Line]:
    settings, ours = result["settings"], result["ours"]
    if settings["rows"] < 10_000_000:
        return []
    size = f"{settings['rows']:,} memories of {settings['accounts']:,} accounts"
    size += f", {settings['dims']} dimensions"
    measured = {name: of for name, of in ours.items() if "skipped" not in of and name != "vector"}
    return [
        Line(
            f"{size}: bytes of a memory, indexes included",
            f"{ours['vector']['sizes']['bytes_per_row']:,.0f}",
            _beside(measured, lambda of: f"{of['sizes']['bytes_per_row']:,.0f}", "{}"),
        ),
        Line(
            "the same: one search from memory / from files p50, ms",
            _warm_cold(ours["vector"]),
            _beside(measured, _warm_cold, "{}"),
        ),
    ]


def _warm_cold(of: Found) -> str:
    return f"{of['warm']['p50_ms']:.1f} / {of['cold']['p50_ms']:.0f}"


def _locomo(result: Found) -> list[Line]:
    def at(overall: Found) -> str:
        return f"{overall['recall_at_10']} / {overall['recall_at_50']}"

    peers = {"mem0": result["peers"]["mem0"]} if "mem0" in result["peers"] else {}
    return [
        Line(
            "LoCoMo, evidence found among 10 / 50, %",
            at(result["ours"]["overall"]),
            _beside(peers, lambda of: at(of["overall"]), "{}'s own search"),
        )
    ]


def _scoreboard(result: Found) -> list[Line]:
    settings, cross = result["settings"], result["cross_account"]
    of = f"{settings['data'].removesuffix('.json')}, {settings['half']} half"
    lines = [
        Line(
            f"{of}: evidence found among 10 / 50 of the messages as they were said, %",
            _found_at(result["ours"]),
            _beside(result["peers"], _found_at, "{}'s own search"),
        )
    ]
    if result["updates"]:
        title = f"{of}: of {result['updates_asked']} updates the new value above the old, %"
        lines.append(Line(title, f"{result['updates'][0]}", NONE))
    bound = cross["rate_below_percent"]
    below = f" (rate below {bound} %)" if bound is not None else ""
    probes = f"{of}: memories of somebody else in {cross['tries']:,} searches"
    return [*lines, Line(probes, f"{cross['hits']}{below}", NONE)]


def _found_at(recall: Found) -> str:
    """With the bounds of 95 of 100 resamplings of whole conversations."""
    shown = []
    for top in (10, 50):
        share, *bounds = recall[f"recall_at_{top}"]
        shown.append(f"{share} ({bounds[0]}-{bounds[1]})" if bounds else f"{share}")
    return " / ".join(shown)


def _turn(result: Found) -> list[Line]:
    lines = []
    for users, ours in result["ours"].items():
        who = "one person" if users == "1" else f"{users} people at once"
        peers = {name: of[users] for name, of in result["peers"].items()}
        lines.append(
            Line(
                f"{who}: first word beyond the model's time p50 / p95, ms",
                _first(ours),
                _beside(peers, _first, "{}"),
            )
        )
        lines.append(
            Line(
                f"{who}: until one can type again p50, ms",
                f"{ours['typing_ms_p50']:.0f}",
                _beside(peers, lambda of: f"{of['typing_ms_p50']:.0f}", "{}"),
            )
        )
        failed = f"{ours['errors']} errors, {ours['lost'] + ours['unanswered']} turns lost"
        lines.append(Line(f"{who}: {ours['turns']:,} turns", failed, _beside(peers, _failed, "{}")))
    return lines


def _first(of: Found) -> str:
    return f"{of['first_ms_p50']:.0f} / {of['first_ms_p95']:.0f}"


def _failed(of: Found) -> str:
    return f"{of['errors']} errors, {of['lost'] + of['unanswered']} lost"


def _memory(result: Found) -> list[Line]:
    trips = result["ours"]["round_trips"]
    parts = ("search", "save_question", "add")
    return [
        Line(
            "statements of a search / saving a question / remembering a turn",
            " / ".join(str(trips[part]["statements"]) for part in parts),
            NONE,
        ),
        Line(
            "trips to the database of a search / remembering, binding and commit included",
            _trips(result["ours"]),
            _beside(result["peers"], _trips, "{}"),
        ),
        Line(
            "model calls of a turn, remembering included", str(result["ours"]["model_calls"]), NONE
        ),
    ]


def _trips(of: Found) -> str:
    return " / ".join(str(of["round_trips"][part]["trips"]) for part in ("search", "add"))


def _start(result: Found) -> list[Line]:
    ours = result["ours"]
    return [
        Line(
            "clone to Ready, everything installed anew, s", f"{ours['clone_to_ready_s']:.0f}", NONE
        ),
        Line("second start to Ready, s", f"{ours['second_start_s']:.1f}", NONE),
        Line("first page, warm, ms", f"{ours['first_page_warm_ms']:.0f}", NONE),
    ]


def _memories_page(result: Found) -> list[Line]:
    slowest = max(of["median_ms"] for of in result["ours"].values())
    people = f"{result['settings']['memories']:,} memories"
    return [Line(f"Memories page with {people}: slowest rerun, median, ms", f"{slowest:.0f}", NONE)]


def _firewall(result: Found) -> list[Line]:
    held_out = result["ours"]["by_split"]["held out"]
    return [
        Line(
            "firewall, texts that it was not written for: attacks that wait / false alarms, %",
            f"{100 * held_out['detection']:.0f} / {100 * held_out['false_alarms']:.0f}",
            NONE,
        )
    ]


_LINES: dict[str, Callable[[Found], list[Line]]] = {
    "truth": _truth,
    "retrieval": _retrieval,
    "many": _many,
    "locomo": _locomo,
    "scoreboard": _scoreboard,
    "turn": _turn,
    "memory": _memory,
    "start": _start,
    "memories_page": _memories_page,
    "firewall": _firewall,
}


def _beside(peers: Found, shown: Callable[[Found], str], name: str) -> str:
    told = [
        f"{name.format(_called(peer))}: {of.get('skipped') or shown(of)}"
        for peer, of in peers.items()
    ]
    return "; ".join(told)


def _called(peer: str) -> str:
    return {"plain": "plain shape", "streamed": "streamed", "chainlit": "Chainlit"}.get(peer, peer)


def stored() -> list[Found]:
    """The objects in bench/results, in the order of RESULTS.md and of their size."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in OBJECTS.glob("*.json")]
    benches = list(_LINES)
    return sorted(found, key=lambda r: (benches.index(r["bench"]), r["settings"].get("rows", 0)))


def put_into(readme: str, measured: str) -> str:
    """The README with this table between its two marks. Raises ValueError without them."""
    marked = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
    if not marked.search(readme):
        raise ValueError(f"no {BEGIN} in the README")
    return marked.sub(lambda _: f"{BEGIN}\n{measured}\n{END}", readme)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into RESULTS.md and README.md")
    options = parser.parse_args(argv)
    measured = table(stored())
    print(measured)
    if options.write:
        data = "from the sections below, each with its command and sizes"
        write(Section("In short", data, measured))
        README.write_text(put_into(_read(README), measured), encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
