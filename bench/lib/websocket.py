"""A browser's side of Streamlit's websocket: open a page, send a message, see when what comes.

Sends what a browser would send, the memory note's and the title's own questions included, and draws
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field

import httpx
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

TITLE_LOOK_S = 2.0
FRAGMENT = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
ENDED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
    FRAGMENT,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn as the browser saw it: seconds from sending to the first words, and to the end."""

    marker: str
    first_s: float | None
    ended_s: float
    complaints: tuple[str, ...] = ()


@dataclass
class Tab:
    """One browser tab on an app at `url`; `cookie` is its Cookie header."""

    url: str
    cookie: str
    http: httpx.AsyncClient
    heard_bytes: int = 0
    _query: str = ""
    _page: str = ""
    _seen: dict[str, ForwardMsg] = field(default_factory=dict)
    _elements: dict[tuple[int, ...], Delta] = field(default_factory=dict)
    _asked: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def open(self, path: str = "/") -> None:
        """Load the page and wait until it is drawn."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": self.cookie} if self.cookie else None
        self._query = path.partition("?")[2]
        self._socket: ClientConnection = await connect(
            address,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=headers,
            max_size=None,
            compression=None,
        )
        await self._ask()
        await self._until_drawn(None, time.perf_counter())

    async def say(self, text: str, marker: str) -> Heard:
        """Send a message through the chat input; the answer begins with `re` and the marker."""
        state = WidgetState(id=self._chat_input())
        state.chat_input_value.data = text
        began = time.perf_counter()
        await self._ask(state)
        heard = await self._until_drawn(marker, began)
        self._follow_notes()
        await self._look_for_title()
        return heard

    async def notes(self, timeout_s: float) -> None:
        """Wait until every note has said what was remembered."""
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=timeout_s)

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._asked.values(), return_exceptions=True)
        await self._socket.close()

    async def _ask(self, state: WidgetState | None = None, *, fragment: str = "") -> None:
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash, run.fragment_id = self._query, self._page, fragment
        run.cached_message_hashes.extend(self._seen)
        run.context_info.timezone = "Europe/Lisbon"
        run.context_info.url = self.url
        if state is not None:
            run.widget_states.widgets.append(state)
        await self._socket.send(message.SerializeToString())

    async def _until_drawn(self, marker: str | None, began: float) -> Heard:
        first_words = b"\0" if marker is None else b"re" + marker.encode()
        first_s: float | None = None
        complaints: list[str] = []
        fresh: dict[tuple[int, ...], Delta] = {}
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            self.heard_bytes += len(raw)
            if first_s is None and first_words in raw:
                first_s = time.perf_counter() - began
            message = self._read(raw)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                fresh[tuple(message.metadata.delta_path)] = message.delta
                if complaint := _complaint(message.delta.new_element):
                    complaints.append(complaint)
            elif kind == "new_session":
                fresh = {}
                self._page = message.new_session.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "script_finished" and message.script_finished in ENDED:
                of_fragment = message.script_finished == FRAGMENT
                self._elements = {**self._elements, **fresh} if of_fragment else fresh
                return Heard(marker or "", first_s, time.perf_counter() - began, tuple(complaints))

    def _read(self, raw: bytes) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(raw)
        if message.WhichOneof("type") == "ref_hash":
            known = ForwardMsg()
            known.CopyFrom(self._seen[message.ref_hash])
            known.metadata.CopyFrom(message.metadata)
            return known
        if message.metadata.cacheable:
            self._seen[message.hash] = message
        return message

    def _chat_input(self) -> str:
        return next(
            delta.new_element.chat_input.id
            for delta in self._elements.values()
            if delta.new_element.WhichOneof("type") == "chat_input"
        )

    def _components(self, name: str) -> list[Delta]:
        return [
            delta
            for delta in self._elements.values()
            if delta.new_element.WhichOneof("type") == "bidi_component"
            and delta.new_element.bidi_component.component_name == name
        ]

    def _follow_notes(self) -> None:
        """Each note that does not know yet asks the app, as its script does."""
        for delta in self._components("memory_note"):
            data = json.loads(delta.new_element.bidi_component.json)
            if data["known"] is None and data["url"] not in self._asked:
                self._asked[data["url"]] = asyncio.create_task(self._follow_note(data["url"]))

    async def _follow_note(self, url: str) -> None:
        for _ in range(20):
            reply = await self.http.get(self.url + url, headers={"Cookie": self.cookie})
            if reply.status_code != 204:
                return

    async def _look_for_title(self) -> None:
        """Look each second until the title is there, as the sidebar's script does."""
        for _ in range(30):
            watch = self._components("title_watch")
            if not watch or not json.loads(watch[0].new_element.bidi_component.json)["awaited"]:
                return
            await asyncio.sleep(TITLE_LOOK_S)
            state = WidgetState(
                id=f"$$STREAMLIT_INTERNAL_KEY_{watch[0].new_element.bidi_component.id}__events"
            )
            state.json_trigger_value = json.dumps([{"event": "look", "value": time.time()}])
            await self._ask(state, fragment=watch[0].fragment_id)
            await self._until_drawn(None, time.perf_counter())


def _complaint(element: Element) -> str | None:
    if element.WhichOneof("type") == "exception":
        return f"exception: {element.exception.type} {element.exception.message}"
    if element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
        return f"alert: {element.alert.body}"
    return None
