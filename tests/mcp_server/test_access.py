"""Who is let in at /mcp, and what the others are told."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from account.access_tokens import AccessTokens
from tests.support.agents import Owner, database_of
from tests.support.served import App

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def post(owner: Owner, token: str | None, **headers: str) -> httpx2.Response:
    sent = {**ACCEPT, **headers}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    return httpx2.post(owner.url, json=LIST, headers=sent, timeout=30)


def tools(answer: httpx2.Response) -> int:
    body: dict[str, Any] = answer.json()
    return len(body["result"]["tools"])


def test_a_valid_token_is_let_in(owner: Owner) -> None:
    answer = post(owner, owner.token())
    assert (answer.status_code, tools(answer)) == (200, 6)


@pytest.mark.parametrize("header", ["", "Basic a2V5", "Bearer"])
def test_without_a_token_one_is_asked_for(owner: Owner, header: str) -> None:
    answer = post(owner, None, **({"Authorization": header} if header else {}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "access token is needed" in answer.json()["error"]


def refused(owner: Owner, token: str) -> None:
    answer = post(owner, token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json() == {"error": "This access token is not valid (any more)."}


def test_a_wrong_token_is_refused(owner: Owner) -> None:
    for wrong in ("ks_" + "x" * 43, "nonsense", owner.token()[:-1], "ks_" + "x" * 10_000):
        refused(owner, wrong)


def test_an_expired_token_is_refused(app: App, owner: Owner) -> None:
    token = owner.token()
    assert post(owner, token).status_code == 200
    app.stack.execute(
        database_of(app.stack),
        "update public.access_tokens set expires_at = now() where user_id = %s",
        str(owner.user_id),
    )
    refused(owner, token)


def test_a_revoked_token_is_refused_at_once(owner: Owner) -> None:
    token = owner.token()
    assert post(owner, token).status_code == 200
    tokens = AccessTokens(owner.engine.database, owner.user_id)
    tokens.revoke(tokens.all()[0].id)
    refused(owner, token)


def test_the_token_of_a_deleted_account_is_refused(app: App, owner: Owner) -> None:
    token = owner.token()
    app.stack.execute(
        database_of(app.stack), "delete from auth.users where id = %s", str(owner.user_id)
    )
    refused(owner, token)


def test_a_page_of_another_host_is_refused_even_with_a_token(owner: Owner) -> None:
    token = owner.token()
    assert post(owner, token, Origin="https://elsewhere.example").status_code == 403
    assert post(owner, token, Host="elsewhere.example").status_code == 421
    assert post(owner, token, Origin="http://localhost:6274").status_code == 200


def test_the_log_holds_no_token(app: App, owner: Owner) -> None:
    token = owner.token()
    post(owner, token)
    post(owner, "ks_" + "y" * 43)
    assert token not in app.log
    assert "y" * 43 not in app.log
