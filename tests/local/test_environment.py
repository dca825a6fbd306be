"""Which settings the launcher gives, and which of them the person decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from dotenv import dotenv_values

from local import environment, person
from local.home import Home, Keys

KEYS = Keys(jwt_secret="a", publishable_key="sb_publishable_b", secret_key="sb_secret_c")


def settings_of(settings: dict[str, str], home: Path) -> dict[str, str]:
    return environment.for_app(
        settings,
        Home(home),
        KEYS,
        database_url="postgresql://postgres@/postgres?host=%2Fs",
        auth_port=20001,
    )


@pytest.mark.parametrize(
    ("settings", "language", "embeddings"),
    [
        ({}, True, True),
        ({"LOCAL_MODEL": "mine.gguf"}, True, True),
        ({"CHAT_MODEL": "other"}, True, True),
        ({"EMBEDDING_MODEL": "named"}, True, False),
        ({"OPENAI_API_KEY": "sk-1"}, False, False),
        ({"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://api.openai.com/v1"}, False, False),
        ({"OPENAI_API_KEY": "g", "OPENAI_BASE_URL": "https://api.groq.com/openai/v1"}, False, True),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}, False, True),
        ({"OPENAI_BASE_URL": "http://a/v1", "EMBEDDING_MODEL": "nomic"}, False, False),
        ({"OPENAI_BASE_URL": "http://a/v1", "EMBEDDING_BASE_URL": "http://b/v1"}, False, False),
        ({"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://[broken"}, False, True),
    ],
)
def test_ours_serve_where_nobody_else_is_named(
    settings: dict[str, str], language: bool, embeddings: bool
) -> None:
    assert person.wants_language_model(settings) == language
    assert person.wants_embedding_model(settings) == embeddings


@pytest.mark.parametrize(
    "line",
    [
        *("B=1", "export B=2", "B = 3 ", "  B=4", "B", "B=", "B==x", "#B=1", "=x", "B\t=\t1"),
        *("B=v # note", "B=v#no", "B=#x", "B= # only", "B=a b  c", "B='x # y' # note", "B=''"),
        *('B="a\\nb"', "B='it\\'s'", 'B="\\\\x"', "'B'=5", 'B = "a" ', "B.b=1", 'B="open'),
        *("B=${A}b", "B=${NOT_SET:-other}", "B='${A}'", "B=$A", "B=${A", "B=ä"),
    ],
)
def test_set_up_reads_dotenv_as_the_app_does(line: str, tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"A=first\n{line}\nC=last\n", encoding="utf-8")
    expected = {name: value for name, value in dotenv_values(dotenv).items() if value}
    found = person.of_person(dotenv)
    assert {name: found.get(name) for name in expected} == expected
    assert ("B" in found) == ("B" in expected)


def test_no_dotenv_is_no_error(tmp_path: Path) -> None:
    assert "B" not in person.of_person(tmp_path / ".env")


def test_the_database_is_always_the_local_one(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgresql://elsewhere/other"}
    child = environment.of_child(named, settings_of(named, tmp_path))
    assert child["DATABASE_URL"] == "postgresql://postgres@/postgres?host=%2Fs"


def test_the_environment_wins_over_dotenv_and_empty_is_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("CHAT_MODEL=from-file\nSUPABASE_URL=\nMEMORY_MODEL=from-file\n")
    monkeypatch.setenv("CHAT_MODEL", "from-environment")
    monkeypatch.delenv("MEMORY_MODEL", raising=False)
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    found = person.of_person(dotenv)
    assert found["CHAT_MODEL"] == "from-environment"
    assert found["MEMORY_MODEL"] == "from-file"
    assert "SUPABASE_URL" not in found


def test_a_socks_proxy_is_named_as_the_clients_know_it(tmp_path: Path) -> None:
    settings = settings_of({"ALL_PROXY": "socks://127.0.0.1:1080/"}, tmp_path)
    assert settings["ALL_PROXY"] == "socks5://127.0.0.1:1080/"
    assert settings["NO_PROXY"] == "127.0.0.1,localhost"


def test_a_proxy_is_not_asked_for_loopback(tmp_path: Path) -> None:
    named = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "intranet"}
    assert settings_of(named, tmp_path)["NO_PROXY"] == "intranet,127.0.0.1,localhost"


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
