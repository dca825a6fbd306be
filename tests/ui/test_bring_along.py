"""What is said of an account's file before and after it is brought along."""

from __future__ import annotations

import pytest

from account.account_file import AccountFile, Row
from account.bring_along import MEMORIES
from ui.account.bring_along import counted


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"public.conversations": 1, MEMORIES: 1_200}, "1 conversation, 1,200 memories"),
        ({"public.conversations": 2, MEMORIES: 1, "public.attachments": 1},
         "2 conversations, 1 memory, 1 file"),
        ({MEMORIES: 0, "public.preferences": 1}, "your choices"),
    ],
)  # fmt: skip
def test_kinds_of_which_there_are_none_are_not_named(rows: dict[str, int], said: str) -> None:
    tables: dict[str, list[Row]] = {table: [{}] * count for table, count in rows.items()}
    assert counted(AccountFile(tables, {}, "a model")) == said
