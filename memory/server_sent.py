"""Server-sent events, as a streamed answer comes in: https://html.spec.whatwg.org/#event-stream.

Only what chat models send: their data. Names, ids and comments are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from errors import ModelError


def chunks(blocks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What each event of an answer says, to its end.

    Raises ModelError where one says that something went wrong, ValueError where it is no JSON.
    """
    for data in event_data(blocks):
        if data.startswith(b"[DONE]"):
            return
        chunk = json.loads(data)
        if chunk.get("error"):
            raise ModelError
        yield chunk


def event_data(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each event, wherever the blocks are cut.

    Lines end as bytes do: a text may hold characters that end a line elsewhere, such as U+2028.
    """
    rest = b""
    data: list[bytes] = []
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                yield b"\n".join(data)
                data = []
