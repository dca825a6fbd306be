"""Which settings the launcher gives, and which of them the person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import environment
from local.home import Home, Keys

KEYS = Keys(jwt_secret="a", publishable_key="sb_publishable_b", secret_key="sb_secret_c")


def settings_of(person: dict[str, str], home: Path, model_port: int | None) -> dict[str, str]:
    return environment.for_app(
        person,
        Home(home),
        KEYS,
        database_url="postgresql://postgres@/postgres?host=%2Fs",
        auth_port=20001,
        model_port=model_port,
    )


def test_without_a_key_the_demo_model_is_named(tmp_path: Path) -> None:
    settings = settings_of({}, tmp_path, 20002)
    assert settings["OPENAI_BASE_URL"] == "http://127.0.0.1:20002/v1"
    assert settings["CHAT_MODEL"] == "demo"
    assert settings["EMBEDDING_DIMS"] == "384"


def test_with_a_key_the_persons_settings_pass_unchanged(tmp_path: Path) -> None:
    person = {"OPENAI_API_KEY": "sk-1", "CHAT_MODEL": "gpt-5.4"}
    assert not environment.wants_demo_model(person)
    settings = settings_of(person, tmp_path, None)
    assert not {name for name in settings if name.startswith(("OPENAI", "CHAT", "EMBEDDING"))}


def test_a_server_of_ones_own_needs_no_key(tmp_path: Path) -> None:
    person = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}
    assert not environment.wants_demo_model(person)
    assert settings_of(person, tmp_path, None)["OPENAI_API_KEY"] == "none"


def test_what_the_person_set_wins_over_the_demo_model(tmp_path: Path) -> None:
    assert settings_of({"CHAT_MODEL": "other"}, tmp_path, 20002)["CHAT_MODEL"] == "other"


def test_the_database_is_always_the_local_one(tmp_path: Path) -> None:
    person = {"DATABASE_URL": "postgresql://elsewhere/other"}
    settings = settings_of(person, tmp_path, None)
    child = environment.of_child(person, settings)
    assert child["DATABASE_URL"] == "postgresql://postgres@/postgres?host=%2Fs"


def test_the_environment_wins_over_dotenv_and_empty_is_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("CHAT_MODEL=from-file\nSUPABASE_URL=\nMEMORY_MODEL=from-file\n")
    monkeypatch.setenv("CHAT_MODEL", "from-environment")
    monkeypatch.delenv("MEMORY_MODEL", raising=False)
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    person = environment.of_person(dotenv)
    assert person["CHAT_MODEL"] == "from-environment"
    assert person["MEMORY_MODEL"] == "from-file"
    assert "SUPABASE_URL" not in person


def test_a_proxy_is_not_asked_for_loopback(tmp_path: Path) -> None:
    person = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "intranet"}
    assert settings_of(person, tmp_path, None)["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_libpqs_own_settings_do_not_reach_a_child() -> None:
    assert environment.of_child({"PGPORT": "5433", "LANG": "C"}, {}) == {"LANG": "C"}


def test_a_long_log_keeps_its_end(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.logs.mkdir()
    home.log("app").write_bytes(b"a line\n" * 1_500_000 + b"the end\n")
    home.trim_logs()
    kept = home.log("app").read_bytes()
    assert len(kept) < 1_000_001
    assert kept.startswith(b"a line\n")
    assert kept.endswith(b"the end\n")
