"""What of two kinds of times tells them apart, and a way that is not there."""

from __future__ import annotations

import pytest

from bench.known_addresses import guessed_right, main


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ([1.0, 2.0], [3.0, 4.0], 1.0),
        ([3.0, 4.0], [1.0, 2.0], 1.0),
        ([1.0, 2.0], [1.0, 2.0], 0.5),
        ([1.0, 1.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0], 0.75),
    ],
)
def test_a_guess_by_time_is_right_so_often(
    one: list[float], other: list[float], share: float
) -> None:
    assert guessed_right(one, other) == share


def test_a_way_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--ways", "by carrier pigeon"])
    assert "no such way: by carrier pigeon" in capsys.readouterr().err
