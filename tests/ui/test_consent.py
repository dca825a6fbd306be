"""The page on which a program is let in, or not, and where that is ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from auth.audit import Audit
from tests.support.auth_cast import new_email
from tests.support.mfa_auth import serving
from tests.support.oauth_auth import OAuthAuth
from tests.support.stack import Stack
from tests.support.tab import everything, go_to, labels, press, sign_in, sign_up, tab_on
from ui.elements.markdown import as_text
from ui.resources import resources


@pytest.fixture
def auth(stack: Stack) -> Iterator[OAuthAuth]:
    fake = OAuthAuth(stack)
    with serving(fake):
        yield fake


@pytest.fixture
def tab(auth: OAuthAuth, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    environ = {**auth.stack.environ, "MCP_OAUTH": "write"}
    yield from tab_on(replace(auth.stack, environ=environ), monkeypatch)


def sent_there(tab: AppTest, authorization_id: str) -> AppTest:
    """As Auth sends the browser."""
    tab.query_params["authorization_id"] = authorization_id
    return go_to(tab, "consent.py")


def events(tab: AppTest) -> list[str]:
    lines = Audit(resources().database, tab.session_state["user_id"]).page(1, 5)
    return [line.event for line in reversed(lines)]


def test_a_program_is_let_in_by_a_click_alone(tab: AppTest, auth: OAuthAuth) -> None:
    sign_up(tab, new_email("alice"))
    authorization_id = auth.ask(name="<b>Atlas</b> Editor")
    sent_there(tab, authorization_id)
    shown = everything(tab)
    assert "program on this machine" in shown
    assert "**change** them" in shown
    assert "know your email address" in shown
    assert tab.subheader[0].value == as_text("<b>Atlas</b> Editor")
    assert auth.requests[authorization_id].status == "pending"
    press(tab, "Let it in")
    assert auth.requests[authorization_id].status == "approved"
    assert "It is let in" in tab.success[0].value
    assert events(tab)[-1] == "program_allowed"
    tab.run()
    assert events(tab).count("program_allowed") == 1


def test_a_program_is_refused_and_told_so(tab: AppTest, auth: OAuthAuth) -> None:
    sign_up(tab, new_email("alice"))
    authorization_id = auth.ask()
    sent_there(tab, authorization_id)
    press(tab, "Refuse")
    assert auth.requests[authorization_id].status == "denied"
    assert events(tab)[-1] == "program_refused"
    assert auth.granted == {}


def test_nobody_signed_out_sees_who_asks_and_comes_back_after_signing_in(
    tab: AppTest, auth: OAuthAuth
) -> None:
    email = new_email("alice")
    press(sign_up(tab, email), "Sign out")
    authorization_id = auth.ask()
    sent_there(tab, authorization_id)
    assert "Atlas" not in everything(tab)
    assert "Sign in" in labels(tab)
    assert auth.requests[authorization_id].user_id is None
    sign_in(tab, email)
    assert "Atlas Editor" in everything(tab)
    assert "Let it in" in labels(tab)


def test_bob_cannot_let_in_what_alice_was_asked(tab: AppTest, auth: OAuthAuth) -> None:
    sign_up(tab, new_email("alice"))
    authorization_id = auth.ask()
    sent_there(tab, authorization_id)
    press(tab, "Sign out")
    sign_up(tab, new_email("bob"))
    sent_there(tab, authorization_id)
    assert "unknown, is over" in tab.error[0].value
    assert "Let it in" not in labels(tab)


def test_who_was_let_in_before_goes_on_by_a_click_and_is_revoked_on_the_account_page(
    tab: AppTest, auth: OAuthAuth
) -> None:
    sign_up(tab, new_email("alice"))
    client_id = str(uuid4())
    press(sent_there(tab, auth.ask(client_id=client_id)), "Let it in")
    sent_there(tab, auth.ask(client_id=client_id))
    assert "let this program in before" in tab.info[0].value
    go_to(tab, "account.py")
    assert "Programs that you let in" in [one.value for one in tab.subheader]
    next(one for one in tab.button if one.key == f"revoke-program-{client_id}").click().run()
    assert auth.granted == {}
    assert "Programs that you let in" not in [one.value for one in tab.subheader]


def test_where_it_is_off_nothing_is_asked(auth: OAuthAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    for tab in tab_on(auth.stack, monkeypatch):
        sign_up(tab, new_email("alice"))
        authorization_id = auth.ask()
        sent_there(tab, authorization_id)
        assert "MCP_OAUTH is off" in tab.info[0].value
        assert auth.requests[authorization_id].user_id is None
        go_to(tab, "account.py")
        assert "Programs that you let in" not in [one.value for one in tab.subheader]
