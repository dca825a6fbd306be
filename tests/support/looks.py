"""In which looks a flow is walked: one always, all of them with `make test-hard`."""

from __future__ import annotations

import os

import pytest

# Of one flow's steps; what a page looks like in the dark is looked at in tests/e2e/test_looks.py.
LOOKS = ["light", "dark", "phone"] if os.environ.get("TEST_HARD") else ["phone"]
in_each_look = pytest.mark.parametrize("look", LOOKS)
