"""Whether an old fact ends when it should, and only then, by a real language model.

Pairs of facts that are near to each other (bench/data/judged_pairs.json), judged by the product's
own code, each as if it stood alone. Collateral: facts that stay true and were ended all the same.
The first pairs were looked at while the prompts were written; the others are only reported. The
pairs are chosen to be hard, so the shares are no rates of ordinary talk.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.truth.stack import model_stack
from memory.engine import Engine
from memory.records import Memory
from memory.remember.facts import Fact
from memory.remember.reconcile import Reconciler

DATA = Path(__file__).resolve().parent / "data" / "judged_pairs.json"
BECAME = {"new": "stays", "duplicate": "again", "supersedes": "over", "refines": "again"}


def outcome(reconciler: Reconciler, pair: Mapping[str, str]) -> str:
    """What becomes of the old fact of this pair."""
    now = datetime.now(UTC)
    old = Memory("old", pair["old"], now, now, similarity=0.9)
    [judgement] = reconciler.judge([Fact(pair["new"])], [[old]], now=now)
    return BECAME[judgement.verdict]


def figures(pairs: Sequence[Mapping[str, str]], found: Sequence[str]) -> dict[str, Any]:
    wanted = [pair["old_note"] for pair in pairs]
    wrongly = Counter((want, got) for want, got in zip(wanted, found, strict=True) if want != got)
    return {
        "pairs": len(pairs),
        "stay": wanted.count("stays"),
        "ended_all_the_same": wrongly["stays", "over"],
        "over": wanted.count("over"),
        "not_ended": wrongly["over", "stays"] + wrongly["over", "again"],
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", choices=("looked at", "reported"), default="reported")
    options.add_argument("--show", action="store_true", help="what was judged wrongly")
    chosen = options.parse_args()
    data = json.loads(DATA.read_text(encoding="utf-8"))
    first = data["looked_at"]
    pairs = data["pairs"][:first] if chosen.half == "looked at" else data["pairs"][first:]
    with model_stack({}) as stack, closing(Engine.from_settings(stack.settings)) as engine:
        found = [outcome(engine.reconciler, pair) for pair in pairs]
    for pair, got in zip(pairs, found, strict=True):
        if chosen.show and got != pair["old_note"]:
            print(f"{pair['old']} > {pair['new']}: {got}, not {pair['old_note']}")
    print(json.dumps(figures(pairs, found), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
