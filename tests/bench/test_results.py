"""What the benches wrote down: nothing of it is lost, and the README claims nothing else."""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench import check, summary
from bench.check import losses
from bench.lib.report import OBJECTS, RESULTS
from bench.memory import __main__ as memory
from bench.turn.__main__ import joined
from tests.support.stack import Stack

README = summary.README.read_text(encoding="utf-8")


def stored(bench: str) -> dict[str, Any]:
    """The object of the largest size of a bench."""
    found: dict[str, Any] = [one for one in summary.stored() if one["bench"] == bench][-1]
    return copy.deepcopy(found)


def test_nothing_that_was_measured_is_lost() -> None:
    assert {one["bench"] for one in summary.stored()} == set(summary._LINES)
    assert losses(summary.stored()) == []


def test_what_remembering_asks_for_has_not_grown(stack: Stack, database: str) -> None:
    options = argparse.Namespace(turns=1, model_ms=1.0, peers=())
    result = memory.measure(options, stack, database)
    assert losses([result]) == []
    assert result["ours"]["round_trips"]["search"]["statements"] == 1


def test_the_tables_show_the_objects_beside_them() -> None:
    results = RESULTS.read_text(encoding="utf-8")
    for path in OBJECTS.glob("*.json"):
        assert f"`{json.loads(path.read_text(encoding='utf-8'))['command']}`" in results
    assert summary.table(summary.stored()) in results


def test_the_readme_claims_what_was_measured() -> None:
    claimed = README.split(summary.BEGIN)[1].split(summary.END)[0].strip()
    assert claimed == summary.table(summary.stored())


def test_the_readme_keeps_what_is_around_its_table() -> None:
    changed = summary.put_into(README, "| new |")
    before, _, after = README.partition(summary.BEGIN)
    assert changed.startswith(f"{before}{summary.BEGIN}\n| new |\n{summary.END}")
    assert changed.endswith(after.partition(summary.END)[2])
    with pytest.raises(ValueError, match="no <!-- measured -->"):
        summary.put_into("# Keepsake\n", "| new |")


def test_a_lost_share_is_told() -> None:
    result = stored("retrieval")
    result["ours"]["recall_at_10"] = 0.99
    assert losses([result]) == [
        "retrieval: ours.recall_at_10 is 0.99; at least 1 was reached before"
    ]


def test_a_lost_ratio_is_told() -> None:
    result = stored("locomo")
    result["peers"]["mem0"]["overall"]["recall_at_10"] = 70.0
    [loss] = losses([result])
    assert loss.endswith("beside peers.mem0.overall.recall_at_10; at least 1.5 was reached before")


def test_a_turn_that_is_lost_at_any_size_is_told() -> None:
    result = stored("turn")
    result["ours"]["100"]["lost"] = 1
    assert losses([result]) == ["turn: ours.100.lost is 1; it was at most 0 before"]


def test_what_was_not_measured_is_told() -> None:
    result = stored("memory")
    del result["ours"]["round_trips"]["add"]["statements"]
    assert losses([result]) == ["memory: ours.round_trips.add.statements was not measured"]


def test_a_lost_number_ends_the_check_with_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "memory.json"
    path.write_text(json.dumps(result := stored("memory")), encoding="utf-8")
    assert check.main([str(path)]) == 0
    result["ours"]["round_trips"]["add"]["trips"] += 1
    path.write_text(json.dumps(result), encoding="utf-8")
    assert check.main([str(path)]) == 1
    assert "ours.round_trips.add.trips is 8; it was at most 7" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"bench": "turn"}'])
def test_what_no_bench_printed_is_told(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        check.main([str(path)])
    assert ended.value.code == 2
    assert str(path) in capsys.readouterr().err


def test_ours_was_measured_beside_its_peers() -> None:
    beside = {one["bench"]: set[str]() for one in summary.stored()}
    for one in summary.stored():
        beside[one["bench"]] |= {name for name, of in one["peers"].items() if "skipped" not in of}
    assert beside["retrieval"] == {"supabase", "pgvector"}
    assert beside["turn"] >= {"plain", "chainlit"}
    assert {"mem0"} <= beside["locomo"] & beside["memory"]


def test_rounds_are_joined_by_their_medians_and_counts_by_their_sum() -> None:
    rounds = [
        {"first_ms_p50": ms, "turns": 9, "errors": errors, "first_errors": ["late"][:errors]}
        for ms, errors in ((30.0, 0), (50.0, 1), (31.0, 1))
    ]
    assert joined(rounds) == {
        "first_ms_p50": 31.0,
        "turns": 27,
        "errors": 2,
        "first_errors": ["late"],
        "rounds": {"first_ms_p50": {"median": 31.0, "min": 30.0, "max": 50.0}},
    }
