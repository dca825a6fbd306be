"""A browser's side of Chainlit's socket.io: connect, send a message, see when what comes."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

from bench.lib.websocket import Heard


class ChainlitVisit:
    """One session. Packets of engine.io: 0 open, 2 ping, 3 pong; 40 and 42 are socket.io's."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: ClientConnection

    async def open(self) -> None:
        address = self._url.replace("http", "ws", 1)
        self._socket = await connect(
            f"{address}/ws/socket.io/?EIO=4&transport=websocket", max_size=None
        )
        await self._socket.recv()
        about = {
            "clientType": "webapp",
            "sessionId": str(uuid4()),
            "threadId": "",
            "userEnv": "{}",
            "chatProfile": "",
        }
        await self._socket.send(f"40{json.dumps(about)}")
        while not (await self._packet()).startswith("40"):
            pass
        await self._emit("connection_successful")
        # What it sends by itself at the beginning.
        while True:
            try:
                await asyncio.wait_for(self._packet(), 0.5)
            except TimeoutError:
                return

    async def say(self, text: str, marker: str) -> Heard:
        message = {
            "id": str(uuid4()),
            "threadId": "",
            "name": "User",
            "type": "user_message",
            "output": text,
            "createdAt": datetime.now(UTC).isoformat(),
        }
        began = time.perf_counter()
        await self._emit("client_message", {"message": message, "fileReferences": []})
        first_s: float | None = None
        while True:
            packet = await self._packet()
            if first_s is None and f"re{marker}" in packet:
                first_s = time.perf_counter() - began
            if packet.startswith('42["task_end"') and first_s is not None:
                return Heard(marker, first_s, time.perf_counter() - began)

    async def notes(self, timeout_s: float) -> None:
        """There are none."""

    async def close(self) -> None:
        await self._socket.close()

    async def _emit(self, event: str, *content: Any) -> None:
        await self._socket.send(f"42{json.dumps([event, *content])}")

    async def _packet(self) -> str:
        while True:
            packet = await self._socket.recv()
            assert isinstance(packet, str)
            if packet != "2":
                return packet
            await self._socket.send("3")
