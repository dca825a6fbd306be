"""What this process counts of itself, and how Prometheus reads it: no names, no ids, no texts.

Labels are words of this program alone, never of a person or a model server. Thread-safe.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_Labels = tuple[tuple[str, str], ...]


class Counter:
    """Grows by what is added, for each set of labels apart."""

    kind = "counter"

    def __init__(self, name: str, told: str) -> None:
        self.name, self.told = name, told
        self._values: defaultdict[_Labels, float] = defaultdict(float)
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        with self._lock:
            self._values[tuple(sorted(labels.items()))] += amount

    def lines(self) -> Iterator[str]:
        with self._lock:
            values = dict(self._values)
        for labels, value in sorted(values.items()):
            yield _line(self.name, labels, value)


class Histogram:
    """How often something took at most so many seconds."""

    kind = "histogram"

    def __init__(self, name: str, told: str) -> None:
        self.name, self.told = name, told
        self._counts: dict[_Labels, list[int]] = {}
        self._sums: defaultdict[_Labels, float] = defaultdict(float)
        self._lock = threading.Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(_BUCKETS_S) + 1))
            counts[bisect_left(_BUCKETS_S, seconds)] += 1
            self._sums[key] += seconds

    @contextmanager
    def timed(self, **labels: str) -> Iterator[None]:
        """Observe how long the block takes, also where it fails."""
        begun_at = time.monotonic()
        try:
            yield
        finally:
            self.observe(time.monotonic() - begun_at, **labels)

    def lines(self) -> Iterator[str]:
        with self._lock:
            found = {labels: list(counts) for labels, counts in self._counts.items()}
            sums = dict(self._sums)
        for labels, counts in sorted(found.items()):
            so_far = 0
            for bound, count in zip((*_BUCKETS_S, float("inf")), counts, strict=True):
                so_far += count
                le = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield _line(f"{self.name}_bucket", (*labels, ("le", le)), so_far)
            yield _line(f"{self.name}_sum", labels, sums[labels])
            yield _line(f"{self.name}_count", labels, so_far)


TURNS = Counter("keepsake_turns_total", "Answers that have ended, by how.")
STAGES = Histogram(
    "keepsake_stage_seconds",
    "Parts of a turn: recall, first_word (from the message on), answer, remember.",
)
REMEMBERED = Counter("keepsake_remembered_turns_total", "Turns that a worker was through with.")
MODEL_ERRORS = Counter("keepsake_model_errors_total", "Calls to models that failed, by kind.")
TOKENS = Counter("keepsake_model_tokens_total", "Tokens, where the model server tells them.")
_ALL = (TURNS, STAGES, REMEMBERED, MODEL_ERRORS, TOKENS)


def rendered(gauges: dict[str, tuple[str, float]]) -> str:
    """All of it as Prometheus reads it, and these values of the moment: name, what it is, value."""
    lines: list[str] = []
    for one in _ALL:
        lines += [f"# HELP {one.name} {one.told}", f"# TYPE {one.name} {one.kind}", *one.lines()]
    for name, (told, value) in gauges.items():
        lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge", _line(name, (), value)]
    return "\n".join(lines) + "\n"


def _line(name: str, labels: _Labels, value: float) -> str:
    told = ",".join(f'{label}="{text}"' for label, text in labels)
    return f"{name}{{{told}}} {value:g}" if told else f"{name} {value:g}"
