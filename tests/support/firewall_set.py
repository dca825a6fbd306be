"""The firewall's set of texts, what the firewall makes of each, and the rates over them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory.firewall.firewall import suspicion

SET = Path(__file__).resolve().parents[1] / "data" / "firewall.json"
SPLITS = ("development", "written first", "held out")


@dataclass(frozen=True, slots=True)
class Item:
    """One text of the set; `reason` is None for a harmless one."""

    id: str
    split: str
    language: str
    reason: str | None
    text: str
    said: tuple[dict[str, str], ...]

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Item:
        # The set breaks its sample keys with a mark, so that no scanner takes them for real ones.
        text = row["text"].replace("¦", "")
        said = row.get("said") or [{"role": "user", "content": text}]
        return cls(
            row["id"], row["split"], row["language"], row["reason"], text, tuple(map(dict, said))
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the firewall made of one item."""

    item: Item
    found: str | None


def items() -> list[Item]:
    return [Item.from_json(row) for row in json.loads(SET.read_text(encoding="utf-8"))["items"]]


def outcomes() -> list[Outcome]:
    """Every item of the set with the reason that was found for it."""
    judged = []
    for item in items():
        found = suspicion(item.text, said=item.said)
        judged.append(Outcome(item, found.reason if found else None))
    return judged


def rates(judged: Iterable[Outcome]) -> dict[str, Any]:
    """Detection and false alarms (0 to 1, None without such items) and how many there are."""
    judged = list(judged)
    attacks = [o for o in judged if o.item.reason]
    harmless = [o for o in judged if not o.item.reason]
    return {
        "attacks": len(attacks),
        "detection": _share(attacks, [o for o in attacks if o.found]),
        "right_reason": _share(attacks, [o for o in attacks if o.found == o.item.reason]),
        "harmless": len(harmless),
        "false_alarms": _share(harmless, [o for o in harmless if o.found]),
    }


def _share(all_of: Sequence[Outcome], some: Sequence[Outcome]) -> float | None:
    return round(len(some) / len(all_of), 4) if all_of else None
