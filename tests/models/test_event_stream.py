"""Events of a streamed answer, however the network cuts them."""

from __future__ import annotations

import pytest

from models.event_stream import event_data

SENT = (
    'data: {"a": "é\u2028b"}\r\n\r\n: still here\n\n'
    "event: x\ndata:one\ndata: two\n\ndata: [DONE]\n\n"
)
MEANT = ['{"a": "é\u2028b"}', "one\ntwo", "[DONE]"]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_the_same_wherever_they_are_cut(size: int) -> None:
    raw = SENT.encode()
    blocks = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert [data.decode() for data in event_data(blocks)] == MEANT


def test_an_event_without_its_end_is_no_event() -> None:
    assert list(event_data([b"data: whole\n\n", b"data: cut o"])) == [b"whole"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_byte_order_mark_before_the_first_event_says_nothing(size: int) -> None:
    raw = b"\xef\xbb\xbfdata: one\n\ndata: two\n\n"
    blocks = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert list(event_data(blocks)) == [b"one", b"two"]
