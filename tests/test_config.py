"""Settings: each wrong one is named in one sentence, and defaults are what the README says."""

from __future__ import annotations

import base64
import json

import pytest

from config import Settings
from errors import ConfigError, NotConfigured

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
        ("CONTEXT_TOKENS", "100", "CONTEXT_TOKENS must be a number from 1000 to 2000000"),
        ("TEMPERATURE", "3", "TEMPERATURE must be a number from 0 to 2"),
        ("MODEL_TIMEOUT_S", "nan", "MODEL_TIMEOUT_S must be a number from 1 to 600"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env({**GOOD, name: value})
    assert sentence in raised.value.user_message
    assert not isinstance(raised.value, NotConfigured)


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
