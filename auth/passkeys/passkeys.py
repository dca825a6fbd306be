"""Passkeys as Supabase Auth keeps them: a key of a device or a password manager, bound to our
domain, that lets in without an address and a password.

Auth has them as a beta since May 2026 and supabase-py does not know them; the addresses and the
form of each reply are those of Auth's own source (internal/api/passkey_*.go). A passkey proves one
factor. Raises PasskeyRefused and the other errors of auth.client.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from supabase import AuthError as SupabaseAuthError
from supabase_auth.types import Session as SupabaseSession

from auth.client import TIMEOUT_S
from auth.failures import code_of, translate
from auth.passkeys.ceremony import Ceremony, Kind, begun, checked_answer
from auth.project.endpoint import Endpoint
from auth.project.settings import ProjectSettings
from auth.tokens import Tokens, tokens_of
from text import checked

# Auth takes twice as many bytes.
NAME_MAX_CHARS = 60


class _Options(BaseModel):
    challenge_id: str
    options: dict[str, Any]


class _Listed(BaseModel):
    id: UUID
    friendly_name: str = ""
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of a person's, as Auth lists it; `name` is empty where nobody gave it one."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Passkeys:
    """Passkeys at one Auth server."""

    def __init__(
        self, url: str, key: str, project: ProjectSettings, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._endpoint = Endpoint(url, key, timeout_s=timeout_s)
        self._project = project

    def offered(self) -> bool:
        """Whether the project has them switched on; not while Auth does not say."""
        return self._project.get().get("passkeys_enabled") is True

    def begin_sign_in(self, origin: str) -> Ceremony:
        """For whoever is at a page of `origin`, who need not say who they are."""
        return self._begin("get", "authentication", None, origin)

    def finish_sign_in(self, ceremony: Ceremony, origin: str, answer: object) -> Tokens:
        """Whom the passkey belongs to. A ceremony lets in once."""
        body = {
            "challenge_id": ceremony.challenge_id,
            "credential": checked_answer(ceremony, origin, answer),
        }
        with translate():
            said = self._ask("POST", "passkeys/authentication/verify", None, body)
            return tokens_of(SupabaseSession.model_validate_json(said))

    def begin_adding(self, tokens: Tokens, origin: str) -> Ceremony:
        """Auth wants all factors of the account proved."""
        return self._begin("create", "registration", tokens.access_token, origin)

    def finish_adding(
        self, tokens: Tokens, ceremony: Ceremony, origin: str, answer: object, name: str
    ) -> None:
        """The person has a passkey more; without a `name` Auth gives it the maker's."""
        name = name.strip() and checked(name, max_chars=NAME_MAX_CHARS, what="name")
        body = {
            "challenge_id": ceremony.challenge_id,
            "credential": checked_answer(ceremony, origin, answer),
        }
        with translate():
            said = self._ask("POST", "passkeys/registration/verify", tokens.access_token, body)
            made = _Listed.model_validate_json(said)
        if name:
            self.rename(tokens.access_token, made.id, name)

    def of(self, access_token: str) -> list[Passkey]:
        """The person's, oldest first."""
        with translate():
            said = self._ask("GET", "passkeys", access_token)
            listed = TypeAdapter(list[_Listed]).validate_json(said)
        found = [
            Passkey(one.id, one.friendly_name, one.created_at, one.last_used_at) for one in listed
        ]
        return sorted(found, key=lambda one: one.created_at)

    def rename(self, access_token: str, passkey_id: UUID, name: str) -> None:
        """Raises InputError, and AuthError if the person has no such passkey (any more)."""
        body = {"friendly_name": checked(name, max_chars=NAME_MAX_CHARS, what="name")}
        with translate():
            self._ask("PATCH", f"passkeys/{passkey_id}", access_token, body)

    def remove(self, access_token: str, passkey_id: UUID) -> None:
        """From now on it lets nobody in. Auth wants all factors of the account proved."""
        with translate():
            self._ask("DELETE", f"passkeys/{passkey_id}", access_token)

    def _begin(self, kind: Kind, verb: str, access_token: str | None, origin: str) -> Ceremony:
        with translate():
            said = self._ask("POST", f"passkeys/{verb}/options", access_token, {})
            asked = _Options.model_validate_json(said)
        return begun(kind, asked.challenge_id, asked.options, origin)

    def _ask(
        self, method: str, path: str, access_token: str | None, body: dict[str, Any] | None = None
    ) -> bytes:
        try:
            return self._endpoint.ask(method, path, access_token, body)
        except SupabaseAuthError as exc:
            if code_of(exc) == "passkey_disabled":
                self._project.ask_again()
            raise
