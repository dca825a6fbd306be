"""mem0's hosted platform by its own client: one connection for all people, who come with each call.

Knows requests and replies, not whose they may be shown to: see person.py. Raises
PlatformUnavailable, PlatformRefused, MemoryNotFound, InputError.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

from config import Settings
from errors import InputError, MemoryFailed, MemoryNotFound, PlatformRefused, PlatformUnavailable

if TYPE_CHECKING:
    from mem0 import MemoryClient

Row = Mapping[str, Any]
# Of one request; an answer waits for its memories no longer than RECALL_TIMEOUT_S.
TIMEOUT_S = 30.0
# The platform works an add through by itself, in seconds mostly; a worker's lease is longer.
ADD_WITHIN_S = 60.0
FIRST_LOOK_S = 0.2
LOOK_S = 2.0
# The most that the platform lists at once.
PAGE_SIZE = 100
STILL_WORKING = (
    "mem0's platform has taken this and still works on it. It appears among the memories by itself."
)


class Platform:
    """All that is asked of it. `user_id` is keyword-only and never missing: see `delete_all`."""

    def __init__(self, settings: Settings, *, add_within_s: float = ADD_WITHIN_S) -> None:
        self._key, self._host = settings.mem0_api_key, settings.mem0_base_url
        self._add_within_s = add_within_s
        self._lock = threading.Lock()
        self._made: MemoryClient | None = None

    def check(self) -> None:
        """Whether the key is let in. Raises PlatformRefused, PlatformUnavailable."""
        self._client()

    def add(
        self, messages: Sequence[Mapping[str, str]], *, user_id: UUID, **more: Any
    ) -> list[Row]:
        """Hand over messages and wait until they are worked through; what was made of them.

        Raises MemoryFailed where the platform failed, or is not through in time.
        """
        with _translated():
            client = self._client()
            reply = client.add([dict(one) for one in messages], user_id=str(user_id), **more)
            queued = next(iter(_results(reply)), reply if isinstance(reply, dict) else {})
            if not queued.get("event_id"):
                return _results(reply)
            return self._worked_through(client, str(queued["event_id"]))

    def search(self, query: str, *, user_id: UUID, top_k: int, threshold: float) -> list[Row]:
        with _translated():
            reply = self._client().search(
                query,
                filters=_of(user_id),
                top_k=top_k,
                threshold=threshold,
                rerank=False,
                latest_only=True,
            )
            return _results(reply)

    def page(self, number: int, *, user_id: UUID, size: int = PAGE_SIZE) -> tuple[list[Row], int]:
        """One page (from 1), and how many there are in all."""
        with _translated():
            reply = self._client().get_all(filters=_of(user_id), page=number, page_size=size)
            rows = _results(reply)
            return rows, int(reply.get("count", len(rows)))

    def every(self, *, user_id: UUID) -> list[Row]:
        """All pages."""
        rows, total = self.page(1, user_id=user_id)
        number = 1
        while len(rows) < total:
            number += 1
            more, total = self.page(number, user_id=user_id)
            if not more:
                break
            rows += more
        return rows

    def get(self, memory_id: str) -> Row:
        """Whoever's it is: the platform takes no person with an id."""
        with _translated():
            row = self._client().get(memory_id)
        if not isinstance(row, dict) or not row:
            raise MemoryNotFound
        return row

    def update(self, memory_id: str, text: str) -> None:
        with _translated():
            self._client().update(memory_id, text=text)

    def delete(self, memory_id: str) -> None:
        """With what it took the place of, which would come back otherwise."""
        with _translated():
            self._client().delete(memory_id, delete_linked=True)

    def delete_all(self, *, user_id: UUID) -> None:
        """Everything of this person. Without a name the platform would empty the whole project."""
        if not isinstance(user_id, UUID):
            raise TypeError("delete_all needs a person")
        with _translated():
            self._client().delete_all(user_id=str(user_id))
        # And the name that the platform lists among its users, if it knew one.
        with suppress(MemoryNotFound), _translated():
            self._client().delete_users(user_id=str(user_id))

    def history(self, memory_id: str) -> list[Row]:
        with _translated():
            return _results(self._client().history(memory_id))

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.client.close()
                self._made = None

    def _client(self) -> MemoryClient:
        """Made when it is first needed: it asks the platform whether it knows the key."""
        with self._lock:
            if self._made is None:
                # Imported here, after its telemetry was switched off: see config.prepare_mem0.
                from mem0 import MemoryClient

                http = httpx.Client(timeout=TIMEOUT_S)
                try:
                    self._made = MemoryClient(api_key=self._key, host=self._host, client=http)
                except ValueError as exc:
                    http.close()
                    raise PlatformRefused from exc
                except httpx.HTTPError as exc:
                    http.close()
                    raise PlatformUnavailable from exc
            return self._made

    def _worked_through(self, client: MemoryClient, event_id: str) -> list[Row]:
        give_up_at = time.monotonic() + self._add_within_s
        pause_s = FIRST_LOOK_S
        while True:
            # The client has no call for it.
            reply = client.client.get(f"/v1/event/{UUID(event_id)}/")
            reply.raise_for_status()
            event = reply.json()
            if event.get("status") == "SUCCEEDED":
                return _results(event)
            if event.get("status") == "FAILED":
                raise MemoryFailed("mem0's platform could not remember this. Please try again.")
            if time.monotonic() + pause_s > give_up_at:
                raise MemoryFailed(STILL_WORKING)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LOOK_S)


def _of(user_id: UUID) -> dict[str, str]:
    return {"user_id": str(user_id)}


def _results(reply: Any) -> list[Row]:
    """The rows of a reply: a list, or an object with `results`."""
    rows = reply.get("results") if isinstance(reply, dict) else reply
    return [row for row in rows or () if isinstance(row, dict)] if isinstance(rows, list) else []


@contextmanager
def _translated() -> Iterator[None]:
    """mem0's and httpx's errors in ours."""
    from mem0 import exceptions as mem0

    try:
        yield
    except mem0.MemoryNotFoundError as exc:
        raise MemoryNotFound from exc
    except mem0.ValidationError as exc:
        raise InputError("mem0's platform does not take this.") from exc
    except (mem0.AuthenticationError, mem0.MemoryQuotaExceededError) as exc:
        raise PlatformRefused from exc
    except mem0.MemoryError as exc:
        raise PlatformUnavailable from exc
    except (httpx.HTTPError, ValueError) as exc:
        # ValueError: a reply that is no JSON.
        raise PlatformUnavailable from exc
