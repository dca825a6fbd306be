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
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from errors import ConfigError, NotConfigured

# Also in pyproject.toml and, with what changed, in CHANGELOG.md.
VERSION = "0.1.0"
# A token of a prompt costs a small model on an ordinary processor some 13 ms before its first word.
LOCAL_RECALL_TOKENS = 300
OPENAI_API = "https://api.openai.com/v1"
MEM0_API = "https://api.mem0.ai"
SHORTEST_TOKEN = 16
# pgvector stores up to 16,000 dimensions in the type `vector`.
MAX_DIMS = 16_000
# What a deployment adds to prompts; a small model reads each token for some 13 ms.
INSTRUCTIONS_MAX_CHARS = 2_000
MOST_KINDS = 20
KIND_MAX_CHARS = 100
# As SQLAlchemy reads a connection string, but with a password up to the last @.
_CONNECTION_STRING = re.compile(
    r"postgres(?:ql)?(?:\+psycopg2)?://(?P<rest>(?:(?P<user>[^:/@]*)(?::(?P<password>.*))?@)?"
    r"(?P<host>\[[^]]*\]|[^:/?@]*)(?::(?P<port>[^/?]*))?(?P<database>/[^?]*)?)(?:\?(?P<query>.*))?",
    re.DOTALL,
)
# What libpq takes behind the `?`. Tools for other drivers add names of their own, such as
# pgbouncer, connection_limit or schema; libpq refuses to connect with a name that it does not know.
_LIBPQ_OPTIONS = (
    "application_name channel_binding client_encoding connect_timeout dbname"
    " fallback_application_name gssdelegation gssencmode gsslib host hostaddr keepalives"
    " keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts options"
    " passfile password port replication require_auth requirepeer service ssl_max_protocol_version"
    " ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey sslmode"
    " sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user"
)
LIBPQ_OPTIONS = frozenset(_LIBPQ_OPTIONS.split())
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Those that httpx and httpx2 connect through.
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


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
        return not _is_this_machine(self.embedding_base_url)

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
                "MODEL_IS_OUTSIDE", not is_local and not _is_this_machine(base_url)
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
            pictures=reader.pictures("PICTURES"),
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
            mcp_oauth=reader.mcp_oauth("MCP_OAUTH"),
            public_url=reader.http_url("PUBLIC_URL", ""),
            trusted_proxies=reader.networks("TRUSTED_PROXIES"),
            smtp_url=reader.smtp_url("SMTP_URL"),
            mail_from=reader.sender("MAIL_FROM", reader.text("SMTP_URL")),
            database_pool_size=reader.integer("DATABASE_POOL_SIZE", cls.database_pool_size, 2, 500),
            remember_in_app=reader.switch("REMEMBER_IN_APP", cls.remember_in_app),
            metrics_token=reader.token("METRICS_TOKEN"),
            metrics_port=reader.metrics_port("METRICS_PORT"),
            metrics_host=reader.text("METRICS_HOST") or cls.metrics_host,
            log_format=reader.log_format("LOG_FORMAT"),
            data_dir=home,
            local_mailbox=Path(mailbox) if mailbox else None,
        )
        reader.check_proxies()
        reader.check_certificates()
        reader.raise_if_wrong()
        return settings


def public_origins() -> frozenset[str]:
    """Scheme, host and port of PUBLIC_URL, if it is set; for routes, which answer always."""
    parts = urlsplit(os.environ.get("PUBLIC_URL", "").strip().lower())
    return frozenset({f"{parts.scheme}://{parts.netloc}"} if parts.netloc else ())


def trusted_proxies() -> list[IPv4Network | IPv6Network]:
    """What TRUSTED_PROXIES names; nothing while it is wrong, which Settings.from_env says."""
    try:
        return _networks(os.environ.get("TRUSTED_PROXIES", ""))
    except ValueError:
        return []


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


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


def _libpq_options(query: str) -> list[tuple[str, str]]:
    """What stands behind the `?` of a connection string, as far as libpq knows it."""
    given = parse_qsl(query)
    kept = [(name, value) for name, value in given if name in LIBPQ_OPTIONS]
    # Other drivers' word for TLS must not be dropped: the connection would go without.
    demands_tls = dict(given).get("ssl", "").lower() in ("true", "1", "require")
    if demands_tls and "sslmode" not in dict(kept):
        kept.append(("sslmode", "require"))
    return kept


def _connection_mistake(match: re.Match[str], options: list[tuple[str, str]]) -> str | None:
    """What is wrong with a connection string: the end of a sentence, None if nothing is seen."""
    user, password, port = unquote(match["user"] or ""), match["password"] or "", match["port"]
    host, option = match["host"], dict(options)
    if re.fullmatch(r"\[.*\]|<.*>", password) or "your-password" in password.lower():
        return "still holds the placeholder for the password; put the database's password there"
    if "@" in password:
        return "has an @ in the password, which has to be written as %40"
    if re.search(r"%(?![0-9A-Fa-f]{2})", password):
        return "has a % in the password, which has to be written as %25"
    if port and not port.isdigit():
        return (
            "names a port that is no number; a :, / or ? in the password has to be written"
            " as %3A, %2F or %3F"
        )
    if port and not 1 <= int(port) <= 65_535:
        return "names a port that does not exist; it is a number from 1 to 65535"
    if not host and not {"host", "hostaddr", "service"} & option.keys():
        return "names no host"
    if host.startswith(("http:", "https:")):
        return "names a web address as its host"
    if host.endswith(".pooler.supabase.com") and "." not in user:
        return (
            "names a user without the project, which the pooler needs, as in"
            " postgres.your-project; copy the string of the Session pooler"
        )
    if option.get("sslmode", "prefer") not in _SSLMODES:
        return f"has an unknown sslmode; it is one of {', '.join(_SSLMODES)}"
    return None


def _networks(setting: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, parted by commas. Raises ValueError."""
    return [ip_network(one.strip()) for one in setting.split(",") if one.strip()]


class _Reader:
    """Reads typed values and collects what is wrong, so that one start names all of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._wrong: list[str] = []
        # Said once of each: what holds odd characters is not missing as well.
        self._odd: set[str] = set()

    def raise_if_wrong(self) -> None:
        if self._wrong:
            raise ConfigError(" ".join(self._wrong))

    def text(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if name.endswith("_KEY") and not value.isascii():
            if name not in self._odd:
                self._wrong.append(
                    f"{name} holds characters that no key has, such as typographic quotes."
                )
            self._odd.add(name)
            return ""
        return value

    def required(self, name: str, meaning: str, *, instead: str = "") -> str:
        value = self.text(name) or instead
        if not value and name not in self._odd:
            self._wrong.append(f"{name} is missing: {meaning}.")
        return value

    def http_url(self, name: str, default: str | None) -> str:
        value = self.text(name) or default
        if value is None:
            self._wrong.append(f"{name} is missing: an address such as https://xyz.supabase.co.")
            return ""
        if not value:
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

    def smtp_url(self, name: str) -> str:
        value = self.text(name)
        if not value:
            return ""
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("smtp", "smtps") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            valid = False
        if not valid:
            self._wrong.append(f"{name} is not an address such as smtps://user:password@host:465.")
            return ""
        return value

    def networks(self, name: str) -> str:
        value = self.text(name)
        try:
            _networks(value)
        except ValueError:
            self._wrong.append(
                f"{name} must be addresses or networks, parted by commas, such as"
                " 10.0.0.5,192.168.0.0/24."
            )
        return value

    def sender(self, name: str, smtp_url: str) -> str:
        value = self.text(name)
        if (smtp_url or value) and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            self._wrong.append(f"{name} must be the email address that mail comes from.")
        return value

    def publishable_key(self, name: str) -> str:
        value = self.required(name, "the project's publishable (anon) key")
        if value.startswith("sb_secret_") or _jwt_role(value) == "service_role":
            self._wrong.append(f"{name} is a secret key; use the publishable (anon) key.")
        return value

    def postgres_url(self, name: str) -> str:
        value = self.required(name, "the connection string of the project's database")
        if not value:
            return ""
        match = _CONNECTION_STRING.fullmatch(value)
        if match is None:
            self._wrong.append(f"{name} is not a postgresql:// connection string.")
            return value
        options = _libpq_options(match["query"] or "")
        mistake = _connection_mistake(match, options)
        if mistake:
            self._wrong.append(f"{name} {mistake}.")
        query = f"?{urlencode(options)}" if options else ""
        # SQLAlchemy 2.1 reads postgresql:// as psycopg 3, on which vecs 0.4.5 fails on every query.
        return f"postgresql+psycopg2://{match['rest']}{query}"

    def check_proxies(self) -> None:
        """Any other proxy would end the program where the first client is made."""
        for name, value in self._environ.items():
            if name.lower() in ("http_proxy", "https_proxy", "all_proxy") and value.strip():
                # Without a scheme httpx takes it for http.
                scheme = value.strip().partition("://")[0] if "://" in value else "http"
                if scheme.lower() not in _PROXY_SCHEMES:
                    self._wrong.append(
                        f"{name} names a proxy of the kind {scheme}://; it must be http://,"
                        " https:// or socks5://."
                    )

    def check_certificates(self) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            value = self._environ.get(name, "")
            if value and not Path(value).exists():
                self._wrong.append(f"{name} names {value}, which is not there.")

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text not in ("", "on", "off"):
            self._wrong.append(f"{name} must be on or off.")
        return default if not text else text == "on"

    def json_object(self, name: str) -> dict[str, Any]:
        text = self.text(name)
        if not text:
            return {}
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self._wrong.append(f'{name} must be a JSON object, such as {{"top_k": 20}}.')
            return {}
        return value

    def words(self, name: str, most: int) -> str:
        text = self.text(name)
        if len(text) > most:
            self._wrong.append(f"{name} has more than {most} characters.")
        return text

    def listed(self, name: str) -> tuple[str, ...]:
        """Parts between semicolons; a part may hold commas."""
        parts = tuple(part.strip() for part in self.text(name).split(";") if part.strip())
        if len(parts) > MOST_KINDS or any(len(part) > KIND_MAX_CHARS for part in parts):
            self._wrong.append(
                f"{name} holds {MOST_KINDS} kinds of {KIND_MAX_CHARS} characters at most."
            )
        return parts

    def imported(self, name: str) -> str:
        text = self.text(name)
        if text and not re.fullmatch(r"[\w.]+:\w+", text):
            self._wrong.append(f"{name} must be module:name, such as my_hooks:HOOKS.")
        return text

    def token(self, name: str) -> str:
        """A secret that others have to show: empty, or long enough not to be guessed."""
        text = self.text(name)
        if text and (len(text) < SHORTEST_TOKEN or not text.isascii()):
            self._wrong.append(
                f"{name} must have at least {SHORTEST_TOKEN} characters, all of them of ASCII."
            )
        return text

    def metrics_port(self, name: str) -> int:
        port = self.integer(name, 0, 0, 65_535)
        if port and not self.text("METRICS_TOKEN"):
            self._wrong.append(f"{name} needs METRICS_TOKEN: without one nobody could read there.")
        return port

    def log_format(self, name: str) -> Literal["text", "json"]:
        text = self.text(name).lower() or "text"
        if text not in ("text", "json"):
            self._wrong.append(f"{name} must be text or json.")
        return "json" if text == "json" else "text"

    def pictures(self, name: str) -> Literal["on", "off", "auto"]:
        text = self.text(name).lower() or "auto"
        if text not in ("on", "off", "auto"):
            self._wrong.append(f"{name} must be on, off or auto.")
        return "on" if text == "on" else "off" if text == "off" else "auto"

    def mcp_oauth(self, name: str) -> Literal["off", "read", "write"]:
        text = self.text(name).lower() or "off"
        if text not in ("off", "read", "write"):
            self._wrong.append(f"{name} must be off, read or write.")
        return "read" if text == "read" else "write" if text == "write" else "off"

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
