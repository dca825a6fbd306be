"""Why a model server refused: read from the status, the code and the words that it sent.

Servers agree on none of the three, so each kind is known by several signs. What a server says is
shown cut to a safe length and without whatever could be a key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from errors import (
    ModelBusy,
    ModelCreditUsedUp,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelRefused,
    ModelRefusedUnclearly,
    ModelUnavailable,
)
from models.dialect import signs
from models.dialect.feature import Feature, named_in

SHOWN_CHARS = 240
# Looked at for what a refusal means; some servers repeat the whole prompt in it.
_READ_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Server:
    """Which server refused, for sentences: its settings by name, and what must not be shown."""

    key_setting: str = "OPENAI_API_KEY"
    url_setting: str = "OPENAI_BASE_URL"
    model_setting: str = "CHAT_MODEL or MEMORY_MODEL"
    secrets: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` is None where an answer had begun already; `plain` where no JSON came."""

    status: int | None
    code: str
    words: str
    plain: bool = False

    @classmethod
    def read(cls, status: int | None, body: object) -> Refusal:
        """From the body of an error: OpenAI's object, or whatever else a server sends."""
        if isinstance(body, Mapping):
            inner = body.get("error", body)
            code = inner.get("code") if isinstance(inner, Mapping) else None
            kind = inner.get("type") if isinstance(inner, Mapping) else None
            codes = " ".join(str(one) for one in (code, kind) if one is not None)
            if status is None and isinstance(code, int):
                status = code
            return cls(status, codes[:200], _words(inner)[:_READ_CHARS])
        return cls(status, "", str(body or "")[:_READ_CHARS], plain=True)

    @property
    def _all(self) -> str:
        return f"{self.code} {self.words}"

    @property
    def is_credit(self) -> bool:
        if self.status == 402 or "insufficient_quota" in self.code:
            return True
        may_be = self.status in (None, 400, 403, 429)
        return (
            may_be and bool(signs.CREDIT.search(self._all)) and not signs.PASSES.search(self.words)
        )

    @property
    def is_filter(self) -> bool:
        return self.status in (None, 400, 403, 422, 451, 500) and bool(
            signs.FILTERED.search(self._all)
        )

    @property
    def is_too_long(self) -> bool:
        if self.status in (413, 414, 431):
            return True
        may_be = self.status in (None, 400, 422, 500)
        return bool(signs.TOO_LONG.search(self._all)) and (
            may_be or (self.status == 429 and "too large" in self.words.lower())
        )

    @property
    def is_one_off(self) -> bool:
        return bool(signs.ONE_OFF.search(self._all))

    @property
    def is_of_the_model(self) -> bool:
        """Another model's name is needed, no other form of request."""
        return bool(signs.NO_CHAT.search(self._all)) or self._is_of_its_name

    @property
    def _is_of_its_name(self) -> bool:
        """Whether no model has this name; "model x: unknown field" says something else."""
        about_the_form = self.status in (400, 422, 500) and bool(self.named)
        return bool(signs.NO_MODEL.search(self._all)) and not about_the_form

    @property
    def may_be_cured(self) -> bool:
        """Whether a request that uses less may be taken."""
        final = self.is_credit or self.is_filter or self.is_too_long or self.is_of_the_model
        # Gateways say 404 where no server behind them takes what a request uses.
        may_be = self.status in (400, 422, 500, 501) or (self.status == 404 and bool(self.named))
        return may_be and not final

    @property
    def named(self) -> frozenset[Feature]:
        return named_in(self._all)

    def error(self, model: str, server: Server) -> ModelError:
        """The error for whoever asked."""
        says = self._says(server.secrets)
        if self.is_credit:
            return ModelCreditUsedUp(ModelCreditUsedUp.default + says)
        if self.is_filter:
            return ModelFiltered()
        if self.is_too_long:
            return ModelInputTooLong()
        if self.status == 429:
            return ModelBusy()
        if signs.NO_CHAT.search(self._all):
            return ModelRefused(f"The model {model} cannot chat. Choose another one.{says}")
        if self.status in (401, 403) or "invalid_api_key" in self.code:
            check = f"Check {server.key_setting} and the model's name."
            return ModelRefused(f"The model server refused the request. {check}{says}")
        if self.status in (404, 405, 410) or (self.status == 400 and self._is_of_its_name):
            return ModelRefused(self._not_found(model, server) + says)
        if self.status is None or self.status >= 500 or self.status in (408, 409):
            return ModelUnavailable()
        # Whatever the reason is, the request may have been too long.
        return ModelRefusedUnclearly(
            f"The model server refused the request for the model {model}.{says}"
        )

    def _not_found(self, model: str, server: Server) -> str:
        wrong_address = (
            f"There is no model server at the address in {server.url_setting}. "
            "Does it end in /v1, as most do?"
        )
        if self._is_of_its_name:
            return (
                f"The model server does not know the model {model}. "
                f"Set {server.model_setting} to one that it has."
            )
        if self.plain or self.status == 405:
            return wrong_address
        return (
            f"The model server does not know the model {model}, or its address is wrong "
            f"(most end with /v1). Set {server.model_setting} or {server.url_setting}."
        )

    def _says(self, secrets: Collection[str]) -> str:
        words = safe_words(self.words, secrets)
        return f" It says: “{words}”" if words and "<" not in words[:1] else ""


def safe_words(words: str, secrets: Collection[str] = ()) -> str:
    """A server's words on one line, without keys, cut to what fits into a sentence."""
    for secret in secrets:
        # Such as "none" and "test", which are no secrets.
        if len(secret) > 6:
            words = words.replace(secret, "…")
    words = signs.SECRET.sub("…", " ".join(words.split()))
    return words if len(words) <= SHOWN_CHARS else words[:SHOWN_CHARS].rstrip() + "…"


def _words(body: object) -> str:
    """The sentence in an error, however it is wrapped; never the input that some repeat in it."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return " ".join(filter(None, map(_words, body[:5])))
    if isinstance(body, Mapping):
        names = ("message", "msg", "detail", "error", "errors", "error_msg")
        found: Any = next((body[name] for name in names if body.get(name)), "")
        raw = body.get("metadata")
        more = str(raw.get("raw", "")) if isinstance(raw, Mapping) else ""
        return " ".join(filter(None, (_words(found), more)))
    return ""
