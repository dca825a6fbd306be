"""Settings: each wrong one is named in one sentence, and defaults are what the README says."""

from __future__ import annotations

import base64
import json
import tomllib
from pathlib import Path

import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from sqlalchemy import make_url

from auth.client import AuthClient
from config import LIBPQ_OPTIONS, VERSION, Settings, public_origins, trusted_proxies
from errors import ConfigError, NotConfigured
from models.client import Models

GOOD = {
    "SUPABASE_URL": "https://xyz.supabase.co",
    "SUPABASE_KEY": "sb_publishable_abc",
    "DATABASE_URL": "postgresql://postgres.xyz:pass%40word@pooler.example.com:5432/postgres",
    "OPENAI_API_KEY": "sk-1",
}


def legacy_key(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.signature"


def test_defaults() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.chat_model == "gpt-5.4-mini"
    assert settings.memory_model == "gpt-5.4-mini"
    assert settings.embedding_model == "text-embedding-3-small"
    assert settings.embedding_dims == 1536
    assert (settings.temperature, settings.top_p) == (None, None)
    assert settings.embedding_api_key == "sk-1"
    assert not settings.model_is_local
    assert settings.context_tokens == 32_000


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("", set()),
        (" https://Keepsake.LAN:8443/chat/ ", {"https://keepsake.lan:8443"}),
        ("http://keepsake.example", {"http://keepsake.example"}),
    ],
)
def test_of_the_public_url_the_origin_counts(
    monkeypatch: pytest.MonkeyPatch, url: str, origins: set[str]
) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert public_origins() == origins
    assert Settings.from_env({**GOOD, "PUBLIC_URL": url}).public_url == url.strip().rstrip("/")


def test_the_local_model_is_known_as_such() -> None:
    settings = Settings.from_env({**GOOD, "MODEL_IS_LOCAL": "on", "CONTEXT_TOKENS": "8192"})
    assert settings.model_is_local
    assert settings.context_tokens == 8192


def test_without_a_model_no_key_is_asked_for() -> None:
    why = "The language model cannot run here: set OPENAI_API_KEY."
    settings = Settings.from_env({**GOOD, "OPENAI_API_KEY": "", "MODEL_MISSING": why})
    assert settings.model_missing == why


def test_the_driver_that_vecs_needs_is_named() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg2"):
        url = Settings.from_env({**GOOD, "DATABASE_URL": f"{scheme}://u:p@h/d"}).database_url
        assert url == "postgresql+psycopg2://u:p@h/d"


@pytest.mark.parametrize("password", ["a/b", "a?b", "a#b", "a:b", "p[a]ss", "a%40b", "a<b>"])
def test_a_password_that_can_be_read_is_left_as_it_is(password: str) -> None:
    given = f"postgresql://u:{password}@h:5432/d"
    url = make_url(Settings.from_env({**GOOD, "DATABASE_URL": given}).database_url)
    assert (url.host, url.port, url.database) == ("h", 5432, "d")
    assert url.password == password.replace("%40", "@")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("?pgbouncer=true", ""),
        ("?pgbouncer=true&connection_limit=1", ""),
        ("?schema=public&sslmode=require&pool_timeout=0", "?sslmode=require"),
        ("?supa=base-pooler.x&connect_timeout=5", "?connect_timeout=5"),
        ("?ssl=true", "?sslmode=require"),
        ("?host=%2Frun%2Fdb&port=6000", "?host=%2Frun%2Fdb&port=6000"),
        ("?options=-c%20search_path%3Dpublic", "?options=-c+search_path%3Dpublic"),
    ],
)
def test_what_other_drivers_add_to_the_connection_string_is_left_out(given: str, kept: str) -> None:
    url = "postgresql://u:p@h:6543/d"
    read = Settings.from_env({**GOOD, "DATABASE_URL": url + given}).database_url
    assert read == f"postgresql+psycopg2://u:p@h:6543/d{kept}"
    dialect = make_url(read).get_dialect()()
    _, arguments = dialect.create_connect_args(make_url(read))
    assert parse_dsn(make_dsn(**arguments))["user"] == "u"


def test_libpq_knows_every_option_that_is_let_through() -> None:
    for option in LIBPQ_OPTIONS:
        assert parse_dsn(f"{option}=1") == {option: "1"}


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "socks5h://h:1080", "127.0.0.1:3128"])
def test_clients_are_made_whatever_proxy_the_shell_names(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    settings = Settings.from_env({**GOOD, "ALL_PROXY": proxy})
    Models(settings).close()
    with AuthClient(settings.supabase_url, settings.supabase_key)._client():
        pass


def test_the_embedding_server_may_be_another() -> None:
    settings = Settings.from_env(
        {**GOOD, "OPENAI_BASE_URL": "http://a/v1", "EMBEDDING_BASE_URL": "http://b/v1/"}
    )
    assert settings.openai_base_url == "http://a/v1"
    assert settings.embedding_base_url == "http://b/v1"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SUPABASE_URL", "", "SUPABASE_URL is missing"),
        ("SUPABASE_URL", "xyz.supabase.co", "SUPABASE_URL is not an http(s) address."),
        ("SUPABASE_URL", "https://host:port", "SUPABASE_URL is not an http(s) address."),
        ("PUBLIC_URL", "keepsake.lan", "PUBLIC_URL is not an http(s) address."),
        ("SUPABASE_KEY", "", "SUPABASE_KEY is missing"),
        ("SUPABASE_KEY", "sb_secret_abc", "SUPABASE_KEY is a secret key"),
        ("SUPABASE_KEY", legacy_key("service_role"), "SUPABASE_KEY is a secret key"),
        ("DATABASE_URL", "", "DATABASE_URL is missing"),
        ("DATABASE_URL", "postgresql://u:p@h:port/d", "DATABASE_URL names a port"),
        ("SUPABASE_KEY", "“sb_publishable_abc”", "SUPABASE_KEY holds characters"),
        ("OPENAI_API_KEY", "“sk-1”", "OPENAI_API_KEY holds characters"),
        ("SUPABASE_URL", "http://exa mple", "SUPABASE_URL is not an http(s) address."),
        ("DATABASE_URL", "mysql://u:p@h/d", "DATABASE_URL is not a postgresql://"),
        ("OPENAI_API_KEY", " ", "OPENAI_API_KEY is missing"),
        ("OPENAI_BASE_URL", "localhost:1234", "OPENAI_BASE_URL is not an http(s) address."),
        ("EMBEDDING_DIMS", "many", "EMBEDDING_DIMS must be a number from 1 to 16000"),
        ("EMBEDDING_DIMS", "1.5", "EMBEDDING_DIMS must be a whole number."),
        ("EMBEDDING_DIMS", "0", "EMBEDDING_DIMS must be a number from 1 to 16000"),
        ("MODEL_IS_LOCAL", "yes", "MODEL_IS_LOCAL must be on or off."),
        ("MCP_OAUTH", "all", "MCP_OAUTH must be off, read or write."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be text or json."),
        ("CONTEXT_TOKENS", "100", "CONTEXT_TOKENS must be a number from 1000 to 2000000"),
        ("DATABASE_URL", "postgresql://u:p@/d", "DATABASE_URL names no host."),
        ("DATABASE_URL", "postgresql://u:p@h:70000/d", "a port that does not exist"),
        ("DATABASE_URL", "postgresql://u:p@s@h/d", "an @ in the password"),
        ("DATABASE_URL", "postgresql://u:50%off@h/d", "a % in the password"),
        ("DATABASE_URL", "postgresql://u:a/b@h:x/d", "a port that is no number"),
        ("DATABASE_URL", "postgresql://u:[YOUR-PASSWORD]@h:5432/d", "the placeholder"),
        ("DATABASE_URL", "postgresql://u:p@h/d?sslmode=no-verify", "an unknown sslmode"),
        (
            "DATABASE_URL",
            "postgresql://postgres:p@aws-0-eu-west-1.pooler.supabase.com:5432/postgres",
            "DATABASE_URL names a user without the project, which the pooler needs",
        ),
        ("DATABASE_POOL_SIZE", "1", "DATABASE_POOL_SIZE must be a number from 2 to 500"),
        ("ALL_PROXY", "socks4://127.0.0.1:1080", "ALL_PROXY names a proxy of the kind socks4://"),
        ("https_proxy", "socks://127.0.0.1:1080", "https_proxy names a proxy of the kind socks://"),
        ("SSL_CERT_FILE", "/no/such.pem", "SSL_CERT_FILE names /no/such.pem"),
        ("TEMPERATURE", "3", "TEMPERATURE must be a number from 0 to 2"),
        ("MODEL_EXTRA_BODY", "[1]", "MODEL_EXTRA_BODY must be a JSON object"),
        ("MEMORY_EXTRA_BODY", "{top_k}", "MEMORY_EXTRA_BODY must be a JSON object"),
        ("MODEL_TIMEOUT_S", "nan", "MODEL_TIMEOUT_S must be a number from 1 to 600"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env({**GOOD, name: value})
    assert sentence in raised.value.user_message
    assert not isinstance(raised.value, NotConfigured)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "SUPABASE_KEY", "EMBEDDING_API_KEY"])
def test_a_key_in_typographic_quotes_is_not_missing_as_well(name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env({**GOOD, name: "“sk-1”"})
    assert raised.value.user_message == (
        f"{name} holds characters that no key has, such as typographic quotes."
    )


def test_a_legacy_publishable_key_is_taken() -> None:
    key = legacy_key("anon")
    assert Settings.from_env({**GOOD, "SUPABASE_KEY": key}).supabase_key == key


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY.*SUPABASE_KEY.*TOP_P"):
        Settings.from_env({**GOOD, "SUPABASE_KEY": "", "OPENAI_API_KEY": "", "TOP_P": "much"})


def test_without_a_project_the_way_to_get_going_is_shown() -> None:
    with pytest.raises(NotConfigured):
        Settings.from_env({"OPENAI_API_KEY": "sk-1"})


def test_secrets_do_not_show() -> None:
    shown = repr(Settings.from_env(GOOD))
    for secret in ("sk-1", "sb_publishable_abc", "pass%40word"):
        assert secret not in shown


def test_the_version_is_the_same_wherever_it_is_named() -> None:
    root = Path(__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == VERSION
    assert f"\n## {VERSION}, " in changes


def test_mail_of_our_own_needs_a_server_and_a_sender() -> None:
    assert (Settings.from_env(GOOD).smtp_url, Settings.from_env(GOOD).mail_from) == ("", "")
    settings = Settings.from_env(
        {**GOOD, "SMTP_URL": "smtps://me:pw@smtp.example", "MAIL_FROM": "me@example.com"}
    )
    assert settings.smtp_url == "smtps://me:pw@smtp.example"
    assert "pw@smtp" not in repr(settings)
    for environ, name in (
        ({"SMTP_URL": "https://smtp.example", "MAIL_FROM": "me@example.com"}, "SMTP_URL is not"),
        ({"SMTP_URL": "smtp://host:x", "MAIL_FROM": "me@example.com"}, "SMTP_URL is not"),
        ({"SMTP_URL": "smtp://host"}, "MAIL_FROM must be"),
        ({"SMTP_URL": "smtp://host", "MAIL_FROM": "me\r\n@example.com"}, "MAIL_FROM must be"),
    ):
        with pytest.raises(ConfigError, match=name):
            Settings.from_env({**GOOD, **environ})


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_env(GOOD).trusted_proxies == ""
    named = "10.0.0.5, 192.168.0.0/24,fd00::/8,"
    assert Settings.from_env({**GOOD, "TRUSTED_PROXIES": named}).trusted_proxies == named
    monkeypatch.setenv("TRUSTED_PROXIES", named)
    assert [str(one) for one in trusted_proxies()] == [
        *("10.0.0.5/32", "192.168.0.0/24", "fd00::/8")
    ]
    for wrong in ("nginx", "10.0.0.300", "10.0.0.1/24", "*"):
        with pytest.raises(ConfigError, match="TRUSTED_PROXIES must be addresses"):
            Settings.from_env({**GOOD, "TRUSTED_PROXIES": wrong})
        monkeypatch.setenv("TRUSTED_PROXIES", wrong)
        assert trusted_proxies() == []
