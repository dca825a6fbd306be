"""Who the terminal acts for, and where it finds Keepsake."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auth.client import AuthClient
from errors import ConfigError, SessionExpired
from local.home import Home
from terminal.environment import find_settings
from terminal.login import Login
from tests.support.auth_cast import PASSWORD
from tests.support.model.running import settings_for
from tests.support.stack import Stack
from tests.terminal.process import account


def test_a_session_that_was_ended_elsewhere_ends_here(stack: Stack, auth: AuthClient) -> None:
    ana = account(auth, "ana")
    tokens = auth.sign_in_with_password(ana.email, PASSWORD)
    old = replace(tokens, expires_at=datetime.now(UTC) + timedelta(seconds=30))
    login = Login(auth, old)
    assert login.person() == ana.user_id  # with a new token
    assert login._tokens.refresh_token != tokens.refresh_token
    auth.sign_out(login._tokens.access_token, "global")
    login._tokens = replace(login._tokens, expires_at=datetime.now(UTC))
    with pytest.raises(SessionExpired):
        login.person()
    assert tokens.access_token not in repr(login)


def test_the_launcher_leaves_its_settings_to_this_person_alone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = stack.home / "environment"
    assert left.stat().st_mode & 0o777 == 0o600
    for name in stack.environ:
        monkeypatch.delenv(name, raising=False)
    model = settings_for(stack.environ["OPENAI_BASE_URL"])
    monkeypatch.setattr(os, "environ", {**os.environ, **model})
    found = find_settings(stack.home)
    assert found.database_url == stack.settings.database_url
    assert (found.chat_model, found.embedding_dims) == ("test-model", 384)
    assert "SUPERUSER" not in left.read_text()


def test_settings_that_others_can_change_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(ConfigError, match="No Keepsake runs from"):
        find_settings(tmp_path)
    home = Home(tmp_path)
    odd = r"it's #1 \ $HOME"
    home.leave_settings({"SUPABASE_URL": "http://127.0.0.1:1", "ODD": odd})
    with pytest.raises(ConfigError, match="SUPABASE_KEY is missing"):
        find_settings(tmp_path)
    assert os.environ["ODD"] == odd
    home.environment.chmod(0o620)
    with pytest.raises(ConfigError, match="can be changed by others"):
        find_settings(tmp_path)
