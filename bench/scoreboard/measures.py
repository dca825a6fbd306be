"""What is counted without a judge, and how sure one may be of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.locomo.data import Asked
from bench.scoreboard.data import Update

TOPS = (5, 8, 10, 25, 50)
_RESAMPLES = 2000


def interval(groups: Sequence[Sequence[float]]) -> list[float] | None:
    """Mean, and the bounds in which 95 of 100 resamplings of whole conversations are, in percent.

    A group is a conversation. None without any value. With one conversation there are no bounds.
    """
    kept = [np.asarray(group, dtype=float) for group in groups if len(group)]
    if not kept:
        return None
    mean = 100 * float(np.concatenate(kept).mean())
    if len(kept) == 1:
        return [round(mean, 1)]
    sums, sizes = np.array([g.sum() for g in kept]), np.array([len(g) for g in kept])
    drawn = np.random.default_rng(0).integers(len(kept), size=(_RESAMPLES, len(kept)))
    means = 100 * sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return [round(mean, 1), round(float(low), 1), round(float(high), 1)]


def recalls(groups: Sequence[Sequence[Asked]]) -> dict[str, list[float] | None]:
    """Recall at each of TOPS with its interval; a group is a conversation."""
    return {
        f"recall_at_{top}": interval([[one.recall(top) for one in group] for group in groups])
        for top in TOPS
    }


def update_first(update: Update, found: Sequence[int]) -> bool:
    """Whether what replaced is found, and above what it replaced."""
    first = next((p for p in found if p in update.before or p in update.after), None)
    return first in update.after


def separation(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    """Of all pairs, the percentage where the answerable question has the better best evidence.

    50 is chance; ties count half.
    """
    if not answerable or not unanswerable:
        return None
    apart = np.subtract.outer(np.asarray(answerable), np.asarray(unanswerable))
    return round(100 * float(((apart > 0) + 0.5 * (apart == 0)).mean()), 1)


def most_likely(tries: int, hits: int) -> float | None:
    """The rule of three: without a hit, the rate is below this with 95 % certainty, in percent."""
    return round(min(300 / tries, 100.0), 4) if tries and not hits else None
