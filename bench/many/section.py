"""A measurement of layouts for people: its section of RESULTS.md."""

from __future__ import annotations

from typing import Any

from bench.lib import report

Found = dict[str, Any]


def section(result: Found) -> report.Section:
    """The result for people."""
    settings = result["settings"]
    return report.Section(
        f"many, {settings['rows']:,} rows of {settings['dims']} dimensions",
        f"{settings['accounts']:,} accounts × {settings['memories']} memories, "
        f"{settings['partitions']} parts by owner, {settings['queries']} queries",
        _table(result),
    )


def _table(result: Found) -> str:
    """What a measurement came to, a row a layout."""
    lines = [
        "| | bytes of a memory | of them indexes | filled, rows/s | indexes, s | vacuum, s"
        " | warm p50 / p95, ms | cold p50 / p95, ms | 5 added p50, ms | own MB of a connection"
        " | searches/s of 16 | hits as in the first |",
        "|---" * 12 + "|",
    ]
    for name, of in result["ours"].items():
        if "skipped" in of:
            lines.append(f"| {name} | {of['skipped']} |" + " |" * 10)
            continue
        size, held = of["sizes"], of["connections"]
        cells = [f"{size['bytes_per_row']:,.0f}", f"{size['index_bytes_per_row']:,.0f}"]
        cells += [
            f"{of['filled_rows_per_s']:,}",
            f"{of['indexed_s']:g}",
            f"{of['first_vacuum_s']:g}",
        ]
        cells += [_p50_p95(of["warm"]), _p50_p95(of.get("cold")), f"{of['insert']['p50_ms']:g}"]
        cells += [f"{held['own_mb']:g}", f"{held['searches_per_s']:g}"]
        cells.append(f"{result['same'][name]['shared']:.4f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "Then accounts are deleted, and one part is written anew, person by person:", ""]
    lines += [
        "| | one account deleted p50 / p95, ms | vacuum after, s | one part, rows"
        " | written anew, s | then cold p50 / p95, ms |",
        "|---" * 6 + "|",
    ]
    for name, of in result["ours"].items():
        if "skipped" not in of:
            gone, part = of["deletion"], of.get("together", {})
            cells = [_p50_p95(gone), f"{gone['vacuum_s']:g}"]
            cells += [f"{part['rows']:,}", f"{part['s']:g}"] if part else ["", ""]
            cells.append(_p50_p95(part if "p50_ms" in part else None))
            lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "| table | bytes of a row, indexes included |", "|---|---|"]
    lines += [f"| {name} | {of['bytes_per_row']:,.0f} |" for name, of in result["tables"].items()]
    return "\n".join(lines)


def _p50_p95(of: Found | None) -> str:
    return f"{of['p50_ms']:g} / {of['p95_ms']:g}" if of else ""
