"""Coroutines run to their end from a test, beside the loop that Playwright keeps in its thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def outcome_of(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns or raises, from a loop of its own in a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
