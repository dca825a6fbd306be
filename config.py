"""Settings from the environment, read once and checked at start.

Knows names, defaults and forms of the settings; connects to nothing.
Raises ConfigError, one sentence for each setting that is wrong, and NotConfigured when no Supabase
project is named.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from errors import ConfigError, NotConfigured

OPENAI_API = "https://api.openai.com/v1"
# pgvector stores up to 16,000 dimensions in the type `vector`.
MAX_DIMS = 16_000


@dataclass(frozen=True)
class Settings:
    """All settings; secrets are kept out of `repr`. Lengths in characters, times in seconds."""

    supabase_url: str
    supabase_key: str = field(repr=False)
    database_url: str = field(repr=False)
    openai_api_key: str = field(repr=False)
    openai_base_url: str = OPENAI_API
    chat_model: str = "gpt-5.4-mini"
    memory_model: str = "gpt-5.4-mini"
    model_is_local: bool = False
    # One sentence: why no model answers here, and the ways on. Everything else works.
    model_missing: str = ""
    context_tokens: int = 32_000
    embedding_api_key: str = field(default="", repr=False)
    embedding_base_url: str = OPENAI_API
    embedding_model: str = "text-embedding-3-small"
    embedding_dims: int = 1536
    temperature: float | None = None
    top_p: float | None = None
    model_timeout_s: float = 60.0
    recall_timeout_s: float = 8.0
    recall_top_k: int = 8
    recall_rewrite: bool = True
    recall_graph: bool = True
    recall_rerank: bool = False
    message_max_chars: int = 16_000
    pictures: Literal["on", "off", "auto"] = "auto"
    session_days: int = 30
    data_dir: Path = Path(".local")
    local_mailbox: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check all settings.

        Raises NotConfigured if neither SUPABASE_URL, SUPABASE_KEY nor DATABASE_URL is set, and
        ConfigError naming each wrong or missing one.
        """
        reader = _Reader(environ)
        if not any(reader.text(n) for n in ("SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL")):
            raise NotConfigured
        base_url = reader.http_url("OPENAI_BASE_URL", OPENAI_API)
        missing = reader.text("MODEL_MISSING")
        api_key = reader.required(
            "OPENAI_API_KEY", "the key of your model server", instead="none" if missing else ""
        )
        home = Path(reader.text("KEEPSAKE_HOME") or ".local")
        mailbox = reader.text("LOCAL_MAILBOX")
        settings = cls(
            supabase_url=reader.http_url("SUPABASE_URL", None),
            supabase_key=reader.publishable_key("SUPABASE_KEY"),
            database_url=reader.postgres_url("DATABASE_URL"),
            openai_api_key=api_key,
            openai_base_url=base_url,
            chat_model=reader.text("CHAT_MODEL") or cls.chat_model,
            memory_model=reader.text("MEMORY_MODEL") or cls.memory_model,
            model_is_local=reader.switch("MODEL_IS_LOCAL", cls.model_is_local),
            model_missing=missing,
            context_tokens=reader.integer("CONTEXT_TOKENS", cls.context_tokens, 1_000, 2_000_000),
            embedding_api_key=reader.text("EMBEDDING_API_KEY") or api_key,
            embedding_base_url=reader.http_url("EMBEDDING_BASE_URL", base_url),
            embedding_model=reader.text("EMBEDDING_MODEL") or cls.embedding_model,
            embedding_dims=reader.integer("EMBEDDING_DIMS", cls.embedding_dims, 1, MAX_DIMS),
            temperature=reader.optional_number("TEMPERATURE", 0.0, 2.0),
            top_p=reader.optional_number("TOP_P", 0.0, 1.0),
            model_timeout_s=reader.number("MODEL_TIMEOUT_S", cls.model_timeout_s, 1.0, 600.0),
            recall_timeout_s=reader.number("RECALL_TIMEOUT_S", cls.recall_timeout_s, 0.1, 60.0),
            recall_top_k=reader.integer("RECALL_TOP_K", cls.recall_top_k, 1, 100),
            recall_rewrite=reader.switch("RECALL_REWRITE", cls.recall_rewrite),
            recall_graph=reader.switch("RECALL_GRAPH", cls.recall_graph),
            recall_rerank=reader.switch("RECALL_RERANK", cls.recall_rerank),
            message_max_chars=reader.integer(
                "MESSAGE_MAX_CHARS", cls.message_max_chars, 100, 1_000_000
            ),
            pictures=reader.pictures("PICTURES"),
            session_days=reader.integer("SESSION_DAYS", cls.session_days, 1, 365),
            data_dir=home,
            local_mailbox=Path(mailbox) if mailbox else None,
        )
        reader.raise_if_wrong()
        return settings


def prepare_mem0(settings: Settings) -> None:
    """Switch off mem0's telemetry and give it a home of ours; must run before mem0 is imported."""
    folder = Path(os.environ.get("MEM0_DIR") or settings.data_dir / "mem0")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"The folder {folder} cannot be made; see KEEPSAKE_HOME.") from exc
    os.environ["MEM0_DIR"] = str(folder)
    os.environ["MEM0_TELEMETRY"] = "False"


def _jwt_role(key: str) -> str | None:
    """The role in a key of the older JWT form, None for other forms."""
    try:
        payload = key.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None
    return claims.get("role") if isinstance(claims, dict) else None


class _Reader:
    """Reads typed values and collects what is wrong, so that one start names all of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._wrong: list[str] = []

    def raise_if_wrong(self) -> None:
        if self._wrong:
            raise ConfigError(" ".join(self._wrong))

    def text(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if name.endswith("_KEY") and not value.isascii():
            self._wrong.append(
                f"{name} holds characters that no key has, such as typographic quotes."
            )
            return ""
        return value

    def required(self, name: str, meaning: str, *, instead: str = "") -> str:
        value = self.text(name) or instead
        if not value:
            self._wrong.append(f"{name} is missing: {meaning}.")
        return value

    def http_url(self, name: str, default: str | None) -> str:
        value = self.text(name) or default
        if value is None:
            self._wrong.append(f"{name} is missing: an address such as https://xyz.supabase.co.")
            return ""
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname)
            valid = valid and not re.search(r"[\s\x00-\x1f]", value)
            _ = parts.port
        except ValueError:
            valid = False
        if not valid:
            self._wrong.append(f"{name} is not an http(s) address.")
        return value.rstrip("/")

    def publishable_key(self, name: str) -> str:
        value = self.required(name, "the project's publishable (anon) key")
        if value.startswith("sb_secret_") or _jwt_role(value) == "service_role":
            self._wrong.append(f"{name} is a secret key; use the publishable (anon) key.")
        return value

    def postgres_url(self, name: str) -> str:
        value = self.required(name, "the connection string of the project's database")
        if not value:
            return ""
        try:
            _ = urlsplit(value).port
        except ValueError:
            self._wrong.append(f"{name} names a port that is no number.")
        match = re.fullmatch(r"postgres(?:ql)?(?:\+psycopg2)?://(.+)", value, re.DOTALL)
        if match is None:
            self._wrong.append(f"{name} is not a postgresql:// connection string.")
            return value
        # SQLAlchemy 2.1 reads postgresql:// as psycopg 3, on which vecs 0.4.5 fails on every query.
        return f"postgresql+psycopg2://{match.group(1)}"

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text not in ("", "on", "off"):
            self._wrong.append(f"{name} must be on or off.")
        return default if not text else text == "on"

    def pictures(self, name: str) -> Literal["on", "off", "auto"]:
        text = self.text(name).lower() or "auto"
        if text not in ("on", "off", "auto"):
            self._wrong.append(f"{name} must be on, off or auto.")
        return "on" if text == "on" else "off" if text == "off" else "auto"

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.number(name, default, low, high)
        if value != int(value):
            self._wrong.append(f"{name} must be a whole number.")
        return int(value)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        value = self.optional_number(name, low, high)
        return default if value is None else value

    def optional_number(self, name: str, low: float, high: float) -> float | None:
        text = self.text(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self._wrong.append(
                f"{name} must be a number from {low:.15g} to {high:.15g}, not {text!r}."
            )
            return None
        return value
