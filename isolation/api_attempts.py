"""Attempts through the project's Data API: with the publishable key alone, and as the person.

Where the Data API is not on, that is said, and is neither pass nor fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from database.catalog import PersonalTable
from isolation.attempt import Attempt, Trial
from isolation.decoy import Decoy

PATH = "Data API"
TIMEOUT_S = 5.0
# What it answers when it refuses: rights, a policy, no such schema, table or function.
REFUSALS = (401, 403, 404, 406)


@dataclass(frozen=True, slots=True)
class DataApi:
    """A project's Data API; `access_token` is the person's own, None where it is not at hand."""

    url: str
    key: str = field(repr=False)
    access_token: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Data API answered."""

    status: int
    body: Any

    @property
    def leaks(self) -> bool:
        return self.status not in REFUSALS and not (self.status == 200 and self.body == [])

    @property
    def said(self) -> str:
        if self.status == 200 and self.body == []:
            return "200: no rows"
        message = self.body.get("message") if isinstance(self.body, dict) else None
        return f"{self.status}: {message}" if message else str(self.status)


Ask = Callable[..., Answer]


def api_trials(
    api: DataApi, decoy: Decoy, tables: Sequence[PersonalTable]
) -> list[Trial | Attempt]:
    """Everything that can be tried with it; one Attempt that says so if it is not on."""
    anonymous, person = _asker(api, None), _asker(api, api.access_token)
    try:
        first = anonymous("GET", "conversations", {"select": "id", "limit": "1"})
    except httpx.HTTPError as exc:
        return [Attempt(PATH, "Ask for it", f"It does not answer here: {type(exc).__name__}", None)]
    if first.status not in (200, 401, 403):
        return [Attempt(PATH, "Ask for it", f"It is not on here: {first.said}", None)]
    trials: list[Trial | Attempt] = [*_trials(anonymous, "Without signing in", decoy, tables)]
    if api.access_token is None:
        note = "Not tried: your session holds no access token right now"
        return [*trials, Attempt(PATH, "As you", note, None)]
    return [*trials, *_trials(person, "As you", decoy, tables)]


def _trials(ask: Ask, who: str, decoy: Decoy, tables: Sequence[PersonalTable]) -> list[Trial]:
    theirs = {"user_id": f"eq.{decoy.user_id}"}
    reads = {f"read their rows of {one.full_name}": _read(ask, one, decoy) for one in tables}
    writes: dict[str, Callable[[], object]] = {
        "change their messages": lambda: ask("PATCH", "messages", theirs, {"content": "Changed"}),
        "delete their conversations": lambda: ask("DELETE", "conversations", theirs),
        "start a conversation in their name": lambda: ask(
            "POST", "conversations", {}, {"user_id": str(decoy.user_id), "title": "Not theirs"}
        ),
        "hang a message into their turn": lambda: ask(
            "POST", "messages", {}, {"turn_id": str(decoy.turn_id), "role": "user", "content": "x"}
        ),
        "call the worker's door": lambda: ask(
            "POST", "rpc/claim_turns", {}, {"lease_s": 60, "most": 8}, schema="private"
        ),
        "call the door that counts": lambda: ask("POST", "rpc/count_rows", {}, {}),
    }
    return [
        *(_trial(f"{who}: {what}", act, writes=False) for what, act in reads.items()),
        *(_trial(f"{who}: {what}", act, writes=True) for what, act in writes.items()),
    ]


def _read(ask: Ask, one: PersonalTable, decoy: Decoy) -> Callable[[], object]:
    query = {"select": one.owner, one.owner: f"eq.{decoy.user_id}"}
    return lambda: ask("GET", one.name, query, schema=one.schema)


def _trial(what: str, act: Callable[[], object], *, writes: bool) -> Trial:
    return Trial(PATH, what, act, leaks=_leaks, said=_said, writes=writes, away=(httpx.HTTPError,))


def _leaks(answer: object) -> bool:
    # 409: a key that is taken, or that would have to be another person's.
    return not isinstance(answer, Answer) or (answer.leaks and answer.status != 409)


def _said(answer: object) -> str:
    return answer.said if isinstance(answer, Answer) else "An answer came back"


def _asker(api: DataApi, token: str | None) -> Ask:
    headers = {"apikey": api.key, "Prefer": "return=representation"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"

    def ask(
        method: str, path: str, query: dict[str, str], body: object = None, schema: str = "public"
    ) -> Answer:
        profile = (
            {} if schema == "public" else {"Accept-Profile": schema, "Content-Profile": schema}
        )
        reply = httpx.request(
            method,
            f"{api.url}/rest/v1/{path}",
            params=query,
            json=body,
            headers=headers | profile,
            timeout=TIMEOUT_S,
        )
        if reply.status_code == 429 or reply.is_server_error:
            reply.raise_for_status()
        try:
            return Answer(reply.status_code, reply.json())
        except ValueError:
            return Answer(reply.status_code, None)

    return ask
