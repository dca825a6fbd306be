"""What became of a dialogue in a system: a run, and a file of runs, a JSON line each.

A long measurement that is cut off goes on from its file, and runs are scored again from it after
an expectation was corrected. Knows nothing of what is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.truth.data import Dialogue
from bench.truth.relay import Call
from bench.truth.score import Remembered


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a question, from which memories; the times are from the question on."""

    text: str
    first_word_s: float
    took_s: float
    given: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """One dialogue as a system went through it."""

    dialogue: Dialogue
    memories: list[Remembered] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    # Of each turn: how long it took to remember, and what it asked of the model.
    remember_s: list[float] = field(default_factory=list)
    calls: list[list[Call]] = field(default_factory=list)
    # Turns that were given up.
    failed: int = 0


class RunsFile:
    """The runs of several systems, kept as they come; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def known(self, system: str, among: Sequence[Dialogue]) -> dict[str, Run]:
        """Runs of a system that are there, by the id of their dialogue."""
        by_id = {dialogue.id: dialogue for dialogue in among}
        return {
            row["id"]: _run(row, by_id[row["id"]])
            for row in self._rows()
            if row["system"] == system and row["id"] in by_id
        }

    def keep(self, system: str, run: Run) -> None:
        if self._path is None:
            return
        row = {"system": system, "id": run.dialogue.id, **asdict(run)}
        del row["dialogue"]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, default=datetime.isoformat) + "\n")

    def _rows(self) -> Iterator[dict[str, Any]]:
        if self._path is not None and self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


def _run(row: Mapping[str, Any], dialogue: Dialogue) -> Run:
    return Run(
        dialogue,
        [_remembered(**memory) for memory in row["memories"]],
        [Answer(**{**answer, "given": tuple(answer["given"])}) for answer in row["answers"]],
        row["remember_s"],
        [[Call(**call) for call in turn] for turn in row["calls"]],
        row["failed"],
    )


def _remembered(valid_from: str | None, invalid_at: str | None, **rest: Any) -> Remembered:
    return Remembered(valid_from=_time(valid_from), invalid_at=_time(invalid_at), **rest)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
