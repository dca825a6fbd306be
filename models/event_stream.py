"""Server-sent events, as a streamed answer comes in: https://html.spec.whatwg.org/#event-stream.

Only what chat models send: their data. Names and ids are passed over; a comment is a sign of life,
by which gateways keep a connection open while their model is still busy.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any

from errors import ModelAnswerInvalid

SIGN_OF_LIFE: dict[str, Any] = {}
# Some servers name no reason at the end and send this alone.
END: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def chunks(blocks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What each event of an answer says, to its end; an empty one for a sign of life.

    Raises ModelAnswerInvalid where one is no JSON object.
    """
    for data in _events(blocks):
        if data is None:
            yield SIGN_OF_LIFE
        elif data.startswith(b"[DONE]"):
            yield END
            return
        else:
            yield _read(data)


def event_data(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each event, wherever the blocks are cut."""
    return (data for data in _events(blocks) if data is not None)


def _events(blocks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The data of each event, None for a comment.

    Lines end as bytes do: a text may hold characters that end a line elsewhere, such as U+2028.
    """
    rest = b""
    data: list[bytes] = []
    begun = False
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        if lines and not begun:
            begun = True
            lines[0] = lines[0].removeprefix(BOM_UTF8)
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif line.startswith(b":"):
                yield None
            elif not line and data:
                yield b"\n".join(data)
                data = []


def _read(data: bytes) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except ValueError as exc:
        raise ModelAnswerInvalid from exc
    if not isinstance(chunk, dict):
        raise ModelAnswerInvalid
    return chunk
