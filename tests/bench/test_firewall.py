"""The firewall bench: what it reports."""

from __future__ import annotations

from bench.firewall import report, table


def test_the_bench_reports_rates_and_a_table() -> None:
    result = report()
    assert result["ours"]["ms_per_text"]["median"] < 5
    assert set(result["ours"]["by_split"]) == {"development", "written first", "held out"}
    assert "false alarms" in table(result)
