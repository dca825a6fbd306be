"""What only `make test-hard` runs: long, or checked in another way by what `make test` runs."""

from __future__ import annotations

import os

import pytest

HARD = bool(os.environ.get("TEST_HARD"))
only_hard = pytest.mark.skipif(not HARD, reason="make test-hard")
