"""Fails on a lost number: what Keepsake must find, and what it may ask for at most.

Reads the JSON objects of benches, those in bench/results unless files are named. Counts and shares
only: they are the same on every machine. `python -m bench.check [FILE ...]`
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lib.report import OBJECTS


@dataclass(frozen=True, slots=True)
class Rule:
    """A bound for what stands at `path` in the objects of a bench; `*` is every name there.

    With `beside` it is a bound for the ratio to what stands there, where that was measured.
    """

    bench: str
    path: str
    least: float | None = None
    most: float | None = None
    beside: str | None = None
    # Of objects with at least so many rows; stock stores still find everything among few.
    rows: int = 0
    # Whether only some of them measure it.
    sometimes: bool = False

    def losses(self, result: dict[str, Any]) -> Iterator[str]:
        """What this object breaks, a sentence each."""
        if result["bench"] != self.bench or result["settings"].get("rows", 0) < self.rows:
            return
        found = dict(_at(result, self.path.split(".")))
        if not found and not self.beside and not self.sometimes:
            yield f"{self.bench}: {self.path} was not measured"
        for path, value in found.items():
            told = f"{self.bench}: {path} is {value:g}"
            if self.beside:
                ratios = [value / v if v else float("inf") for _, v in self._beside(result)]
                value, told = min(ratios, default=float("inf")), f"{told}, beside {self.beside}"
            if self.least is not None and value < self.least:
                yield f"{told}; at least {self.least:g} was reached before"
            if self.most is not None and value > self.most:
                yield f"{told}; it was at most {self.most:g} before"

    def _beside(self, result: dict[str, Any]) -> Iterator[tuple[str, float]]:
        yield from _at(result, (self.beside or "").split("."))


_MEMORY = "ours.round_trips"
RULES = (
    # What was reached; the aims are 90, 80 and 90 %, and nothing kept silently.
    Rule("truth", "ours.facts_right", least=0.75),
    Rule("truth", "ours.changes_right", least=0.58),
    Rule("truth", "ours.answers_right", least=0.75),
    Rule("truth", "ours.silently_kept", most=0.0),
    Rule("truth", "ours.tokens_per_turn", most=2_101.0),
    Rule("truth", "ours.calls_per_turn", most=2.0),
    Rule("retrieval", "ours.recall_at_10", least=1.0),
    Rule("retrieval", "ours.rows_found", least=10.0, rows=1_000),
    Rule("retrieval", "one_tenant.ours.recall_at_10", least=1.0, sometimes=True),
    Rule("retrieval", "one_tenant.ours.rows_found", least=10.0, sometimes=True),
    Rule("retrieval", "ours.recall_at_10", least=5.0, beside="peers.*.recall_at_10", rows=100_000),
    Rule("many", "ours.*.of_others", most=0.0),
    Rule("many", "same.*.shared", least=0.999),
    Rule("locomo", "ours.overall.recall_at_10", least=76.0),
    Rule("locomo", "ours.overall.recall_at_50", least=90.0),
    Rule("locomo", "paraphrases.ours.overall.recall_at_5", least=85.0),
    Rule(
        "locomo", "ours.overall.recall_at_10", least=1.5, beside="peers.mem0.overall.recall_at_10"
    ),
    Rule("scoreboard", "cross_account.hits", most=0.0),
    Rule("turn", "ours.*.errors", most=0.0),
    Rule("turn", "ours.*.unanswered", most=0.0),
    Rule("turn", "ours.*.lost", most=0.0),
    Rule("turn", "ours.*.not_remembered", most=0.0),
    Rule("memory", f"{_MEMORY}.search.statements", most=1.0),
    Rule("memory", f"{_MEMORY}.save_question.statements", most=1.0),
    Rule("memory", f"{_MEMORY}.save_answer.statements", most=1.0),
    # One of them asks whether the account may begin another answer.
    Rule("memory", f"{_MEMORY}.turn.statements", most=7.0),
    Rule("memory", f"{_MEMORY}.add.statements", most=6.0),
    Rule("memory", f"{_MEMORY}.search.trips", most=1.0),
    Rule("memory", f"{_MEMORY}.turn.trips", most=7.0),
    Rule("memory", f"{_MEMORY}.add.trips", most=7.0),
    Rule("memory", "ours.model_calls", most=7.0),
    Rule("memory", "ours.not_remembered.max", most=0.0),
)


def losses(results: Sequence[dict[str, Any]]) -> list[str]:
    """Every broken rule of every object."""
    return [loss for result in results for rule in RULES for loss in rule.losses(result)]


def _at(value: Any, path: Sequence[str], prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers at a path, each with the path that `*` stood for."""
    if not path:
        if isinstance(value, int | float):
            yield prefix, float(value)
        return
    if isinstance(value, dict):
        names = list(value) if path[0] == "*" else [path[0]] if path[0] in value else []
        for name in names:
            yield from _at(value[name], path[1:], f"{prefix}.{name}".strip("."))


def _result(named: str | Path) -> dict[str, Any]:
    """The object in a file; argparse tells what is wrong with it."""
    try:
        read = json.loads(Path(named).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise argparse.ArgumentTypeError(f"{named} cannot be read: {exc}") from exc
    if not isinstance(read, dict) or not {"bench", "ours", "settings"} <= set(read):
        raise argparse.ArgumentTypeError(f"{named} is not what a bench printed")
    return read


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=_result, metavar="FILE")
    given = parser.parse_args(argv).files
    results = given or [_result(file) for file in sorted(OBJECTS.glob("*.json"))]
    found = losses(results)
    for loss in found:
        print(loss, file=sys.stderr)
    print(f"{len(results)} results, {len(found)} numbers lost")
    return 1 if found or not results else 0


if __name__ == "__main__":
    sys.exit(main())
