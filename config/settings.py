"""All settings, with their defaults and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from config.network import is_this_machine
from config.reader import Reader
from errors import NotConfigured

# A token of a prompt costs a small model on an ordinary processor some 13 ms before its first word.
LOCAL_RECALL_TOKENS = 300
OPENAI_API = "https://api.openai.com/v1"
MEM0_API = "https://api.mem0.ai"
# pgvector stores up to 16,000 dimensions in the type `vector`.
MAX_DIMS = 16_000
# What a deployment adds to prompts; a small model reads each token for some 13 ms.
INSTRUCTIONS_MAX_CHARS = 2_000


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
    # Whether what a model is sent leaves this machine; by default, whether its address does.
    model_is_outside: bool = True
    # One sentence: why no model answers here, and the ways on. Everything else works.
    model_missing: str = ""
    context_tokens: int = 32_000
    embedding_api_key: str = field(default="", repr=False)
    embedding_base_url: str = OPENAI_API
    embedding_model: str = "text-embedding-3-small"
    embedding_dims: int = 1536
    temperature: float | None = None
    top_p: float | None = None
    # Further parts of each request's body, as one's server wants them.
    model_extra_body: Mapping[str, Any] = field(default_factory=dict)
    memory_extra_body: Mapping[str, Any] = field(default_factory=dict)
    model_timeout_s: float = 60.0
    recall_timeout_s: float = 8.0
    # Of memories that an answer is given.
    recall_tokens: int = 2_000
    recall_rewrite: bool = True
    recall_graph: bool = True
    recall_rerank: bool = False
    # Of memories that an answer is given: how near they have to be at least.
    recall_threshold: float = 0.0
    # What this deployment notes: docs/tailoring.md.
    memory_instructions: str = ""
    memory_only_kinds: tuple[str, ...] = ()
    memory_left_out_kinds: tuple[str, ...] = ()
    memory_hooks: str = ""
    # With a key memories are kept by mem0's hosted platform: docs/hosted-memory.md.
    mem0_api_key: str = field(default="", repr=False)
    mem0_base_url: str = MEM0_API
    message_max_chars: int = 16_000
    pictures: Literal["on", "off", "auto"] = "auto"
    # Programs may name people by ids of their own, without accounts.
    own_user_ids: bool = False
    # Of one account, counted for all processes together; 0: no limit. See database/fair_use.py.
    limit_answers_at_once: int = 6
    limit_messages_a_minute: int = 40
    limit_stored_mb: int = 5_000
    limit_tokens_a_day: int = 20_000_000
    session_days: int = 30
    # Days that what an answer was given is kept, from when it was; 0: for ever.
    receipts_kept_days: int = 0
    # Under which people reach the app; needed where a proxy changes the Host header.
    public_url: str = ""
    # What programs may do at /mcp that Supabase Auth, as an OAuth server, has let in.
    mcp_oauth: Literal["off", "read", "write"] = "off"
    # Whose X-Forwarded-For is believed; a proxy on this machine always is.
    trusted_proxies: str = ""
    # Of mail that Keepsake sends itself; codes are mailed by Supabase Auth.
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    # Connections of this process at most; a project's session pooler hands out 15 or so in all.
    database_pool_size: int = 10
    # Off where `python -m memory.worker` does it.
    remember_in_app: bool = True
    # With which Prometheus may read /metrics; without one there is no such page.
    metrics_token: str = field(default="", repr=False)
    # Where `python -m memory.worker` has its own /metrics; 0: nowhere.
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"
    log_format: Literal["text", "json"] = "text"
    data_dir: Path = Path(".local")
    local_mailbox: Path | None = None

    @property
    def memory_is_hosted(self) -> bool:
        """Whether memories are kept by mem0's platform, and not in the database."""
        return bool(self.mem0_api_key)

    @property
    def memory_host(self) -> str | None:
        """The host that keeps the memories; None where the database does."""
        return urlsplit(self.mem0_base_url).hostname if self.memory_is_hosted else None

    @property
    def model_host(self) -> str | None:
        """The host that prompts go to; None where the model is one of this machine."""
        return urlsplit(self.openai_base_url).hostname if self.model_is_outside else None

    @property
    def embeddings_are_outside(self) -> bool:
        """Whether texts that are embedded leave this machine."""
        if self.embedding_base_url == self.openai_base_url:
            return self.model_is_outside
        return not is_this_machine(self.embedding_base_url)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check all settings.

        Raises NotConfigured if neither SUPABASE_URL, SUPABASE_KEY nor DATABASE_URL is set, and
        ConfigError naming each wrong or missing one.
        """
        reader = Reader(environ)
        if not any(reader.text(n) for n in ("SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL")):
            raise NotConfigured
        base_url = reader.http_url("OPENAI_BASE_URL", OPENAI_API)
        missing = reader.text("MODEL_MISSING")
        is_local = reader.switch("MODEL_IS_LOCAL", cls.model_is_local)
        context_tokens = reader.integer("CONTEXT_TOKENS", cls.context_tokens, 1_000, 2_000_000)
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
            model_is_local=is_local,
            model_is_outside=reader.switch(
                "MODEL_IS_OUTSIDE", not is_local and not is_this_machine(base_url)
            ),
            model_missing=missing,
            context_tokens=context_tokens,
            embedding_api_key=reader.text("EMBEDDING_API_KEY") or api_key,
            embedding_base_url=reader.http_url("EMBEDDING_BASE_URL", base_url),
            embedding_model=reader.text("EMBEDDING_MODEL") or cls.embedding_model,
            embedding_dims=reader.integer("EMBEDDING_DIMS", cls.embedding_dims, 1, MAX_DIMS),
            temperature=reader.optional_number("TEMPERATURE", 0.0, 2.0),
            top_p=reader.optional_number("TOP_P", 0.0, 1.0),
            model_extra_body=reader.json_object("MODEL_EXTRA_BODY"),
            memory_extra_body=reader.json_object("MODEL_EXTRA_BODY")
            | reader.json_object("MEMORY_EXTRA_BODY"),
            model_timeout_s=reader.number("MODEL_TIMEOUT_S", cls.model_timeout_s, 1.0, 600.0),
            recall_timeout_s=reader.number("RECALL_TIMEOUT_S", cls.recall_timeout_s, 0.1, 60.0),
            recall_tokens=reader.integer(
                "RECALL_TOKENS",
                LOCAL_RECALL_TOKENS if is_local else min(cls.recall_tokens, context_tokens // 8),
                50,
                50_000,
            ),
            recall_rewrite=reader.switch("RECALL_REWRITE", cls.recall_rewrite),
            recall_graph=reader.switch("RECALL_GRAPH", cls.recall_graph),
            recall_rerank=reader.switch("RECALL_RERANK", cls.recall_rerank),
            recall_threshold=reader.number("RECALL_THRESHOLD", cls.recall_threshold, 0.0, 1.0),
            memory_instructions=reader.words("MEMORY_INSTRUCTIONS", INSTRUCTIONS_MAX_CHARS),
            memory_only_kinds=reader.listed("MEMORY_ONLY_KINDS"),
            memory_left_out_kinds=reader.listed("MEMORY_LEFT_OUT_KINDS"),
            memory_hooks=reader.imported("MEMORY_HOOKS"),
            mem0_api_key=reader.text("MEM0_API_KEY"),
            mem0_base_url=reader.http_url("MEM0_BASE_URL", cls.mem0_base_url),
            message_max_chars=reader.integer(
                "MESSAGE_MAX_CHARS", cls.message_max_chars, 100, 1_000_000
            ),
            pictures=reader.one_of("PICTURES", "on", "off", "auto", default="auto"),
            own_user_ids=reader.switch("OWN_USER_IDS", cls.own_user_ids),
            limit_answers_at_once=reader.integer(
                "LIMIT_ANSWERS_AT_ONCE", cls.limit_answers_at_once, 0, 1_000
            ),
            limit_messages_a_minute=reader.integer(
                "LIMIT_MESSAGES_A_MINUTE", cls.limit_messages_a_minute, 0, 100_000
            ),
            limit_stored_mb=reader.integer("LIMIT_STORED_MB", cls.limit_stored_mb, 0, 10_000_000),
            limit_tokens_a_day=reader.integer(
                "LIMIT_TOKENS_A_DAY", cls.limit_tokens_a_day, 0, 10**12
            ),
            session_days=reader.integer("SESSION_DAYS", cls.session_days, 1, 365),
            receipts_kept_days=reader.integer(
                "RECEIPTS_KEPT_DAYS", cls.receipts_kept_days, 0, 36_500
            ),
            mcp_oauth=reader.one_of("MCP_OAUTH", "off", "read", "write", default="off"),
            public_url=reader.http_url("PUBLIC_URL", ""),
            trusted_proxies=reader.networks("TRUSTED_PROXIES"),
            smtp_url=reader.smtp_url("SMTP_URL"),
            mail_from=reader.sender("MAIL_FROM", reader.text("SMTP_URL")),
            database_pool_size=reader.integer("DATABASE_POOL_SIZE", cls.database_pool_size, 2, 500),
            remember_in_app=reader.switch("REMEMBER_IN_APP", cls.remember_in_app),
            metrics_token=reader.token("METRICS_TOKEN"),
            metrics_port=reader.metrics_port("METRICS_PORT"),
            metrics_host=reader.text("METRICS_HOST") or cls.metrics_host,
            log_format=reader.one_of("LOG_FORMAT", "text", "json", default="text"),
            data_dir=home,
            local_mailbox=Path(mailbox) if mailbox else None,
        )
        reader.check_proxies()
        reader.check_certificates()
        reader.raise_if_wrong()
        return settings
