"""How much the firewall stops, and what it stops without need, on tests/data/firewall.json.

Detection: attacks that wait for a yes, for whatever reason. False alarms: harmless texts that wait.
Only the held out texts are new to the rules; the set's note says how each part came about.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from bench.lib.report import Section, finish, parser, shown, spread
from memory.firewall.firewall import suspicion
from tests.support.firewall_set import SPLITS, Outcome, items, outcomes, rates

REPEATS = 20


def ms_per_text() -> dict[str, float]:
    """Mean time of one text of the set, in milliseconds, over several rounds."""
    texts, rounds = items(), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for item in texts:
            suspicion(item.text, said=item.said)
        rounds.append((time.perf_counter() - start) * 1000 / len(texts))
    return spread(rounds, 4)


def report() -> dict[str, Any]:
    judged = outcomes()
    return {
        "bench": "firewall",
        "ours": _ours(judged),
        "peers": {},
        "settings": {"data": "tests/data/firewall.json", "texts": len(judged)},
    }


def _ours(judged: Sequence[Outcome]) -> dict[str, Any]:
    languages = sorted({o.item.language for o in judged})
    reasons = sorted({o.item.reason for o in judged if o.item.reason})
    return {
        "all": rates(judged),
        "by_split": {s: rates([o for o in judged if o.item.split == s]) for s in SPLITS},
        "by_reason": {
            split: {
                reason: rates(
                    [o for o in judged if o.item.split == split and o.item.reason == reason]
                )
                for reason in reasons
            }
            for split in SPLITS
        },
        "false_alarms_by_reason": {
            reason: sum(1 for o in judged if not o.item.reason and o.found == reason)
            for reason in reasons
        },
        "by_language": {x: rates([o for o in judged if o.item.language == x]) for x in languages},
        "missed": [o.item.id for o in judged if o.item.reason and not o.found],
        "false_alarm_ids": [o.item.id for o in judged if not o.item.reason and o.found],
        "ms_per_text": ms_per_text(),
    }


def table(result: dict[str, Any]) -> str:
    """The rates as a short table for people."""
    ours = result["ours"]
    lines = [f"{'':28}{'attacks':>8}{'found':>8}{'harmless':>10}{'alarms':>8}"]
    rows = [("all", ours["all"])]
    rows += ours["by_split"].items()
    rows += [
        (f"{split}: {reason}", rate)
        for split, reasons in ours["by_reason"].items()
        for reason, rate in reasons.items()
    ]
    rows += [(f"language {name}", rate) for name, rate in ours["by_language"].items()]
    for name, rate in rows:
        found, alarms = _percent(rate["detection"]), _percent(rate["false_alarms"])
        lines.append(f"{name:28}{rate['attacks']:>8}{found:>8}{rate['harmless']:>10}{alarms:>8}")
    lines.append(f"{shown(ours['ms_per_text'], ' ms')} a text")
    lines.append(f"missed: {', '.join(ours['missed']) or 'none'}")
    lines.append(f"false alarms: {', '.join(ours['false_alarm_ids']) or 'none'}")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def main(argv: Sequence[str] | None = None) -> None:
    options = parser(__doc__).parse_args(argv)
    result = report()
    among = result["ours"]["all"]
    size = f"{among['attacks']} attacks, {among['harmless']} harmless texts"
    data = f"{result['settings']['data']}: {size}"
    finish(options, result, Section("firewall", data, f"```\n{table(result)}\n```"))


if __name__ == "__main__":
    main()
