"""/auth/start and /auth/callback: from our pages, back to our address, once, in one browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from auth.client import AuthClient
from auth.limits import PROVIDER, Limits
from auth.network import HEADER as NETWORK_HEADER
from auth.project.settings import ProjectSettings
from auth.provider_routes import BUSY, CALLBACK, FLOW_COOKIE, START, provider_routes
from auth.providers import Providers
from auth.routes import BROWSER_COOKIE
from database.transactions import Database
from errors import AuthError, DatabaseUnavailable
from tests.support.auth_cast import PASSWORD, new_email
from tests.support.provider_auth import ProviderAuth, with_providers
from tests.support.stack import Stack

FROM_US = {"Sec-Fetch-Site": "same-origin", "Referer": "https://keepsake.test/sign_in"}
BROWSER = "a-browser"
EXPIRED, REFUSED = "/sign_in?provider=expired", "/sign_in?provider=refused"


@dataclass
class Door:
    """The routes, called as a browser calls them."""

    providers: Providers
    auth: ProviderAuth
    app: Starlette

    def get(
        self,
        path: str,
        *,
        headers: dict[str, str] = FROM_US,
        browser: str = BROWSER,
        flow: str = "",
    ) -> httpx.Response:
        cookies = f"{BROWSER_COOKIE}={browser}; {FLOW_COOKIE}={flow}"
        with TestClient(self.app, base_url="https://keepsake.test") as client:
            sent = {**headers, "Cookie": cookies}
            return client.get(path, headers=sent, follow_redirects=False)  # type: ignore[return-value]

    def begin(self, provider: str = "github", **how: str) -> tuple[str, dict[str, str]]:
        """A flow's secret, and what the Auth server is asked by the browser."""
        reply = self.get(f"{START}?provider={provider}", **how)  # type: ignore[arg-type]
        query = urlsplit(reply.headers["location"]).query
        return reply.cookies[FLOW_COOKIE], {n: v[0] for n, v in parse_qs(query).items()}

    def come_back(self, flow: str, code: str, browser: str = BROWSER) -> str:
        """Where the browser is sent then."""
        reply = self.get(f"{CALLBACK}?code={code}", headers={}, browser=browser, flow=flow)
        return reply.headers["location"]


@pytest.fixture
def door(stack: Stack, database: str) -> Iterator[Door]:
    with with_providers(stack) as fake:
        pool = Database(stack.settings_of(database).database_url)
        settings = fake.stack.settings
        auth = AuthClient(settings.supabase_url, settings.supabase_key)
        providers = Providers(settings.supabase_url, auth, ProjectSettings(auth), pool)
        fake.visitor = (new_email("alice"), PASSWORD)
        routes = provider_routes(lambda: providers, limits=lambda: Limits(pool))
        yield Door(providers, fake, Starlette(routes=routes))
        pool.close()


def test_providers_are_those_that_are_switched_on(door: Door, stack: Stack, data: Database) -> None:
    assert [one.label for one in door.providers.enabled()] == ["GitHub", "Keycloak"]
    settings = stack.settings
    lite = AuthClient(settings.supabase_url, settings.supabase_key)
    of_lite = Providers(settings.supabase_url, lite, ProjectSettings(lite), data)
    assert of_lite.enabled() == []
    away = AuthClient("http://127.0.0.1:9", "key")
    nowhere = Providers("http://127.0.0.1:9", away, ProjectSettings(away), data)
    assert nowhere.enabled() == []


def test_the_browser_goes_out_with_a_challenge_and_comes_back_to_us(door: Door) -> None:
    reply = door.get(f"{START}?provider=github")
    assert reply.headers["location"].startswith(door.auth.stack.environ["SUPABASE_URL"])
    flow, asked = door.begin()
    assert asked["redirect_to"] == "https://keepsake.test/auth/callback"
    assert asked["code_challenge_method"] == "s256"
    cookie = reply.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Max-Age=600"):
        assert part in cookie
    assert door.come_back(flow, door.auth.code(asked["code_challenge"])) == "/sign_in"
    tokens = door.providers.take(flow, BROWSER)
    assert tokens is not None
    assert tokens.email == door.auth.visitor[0]
    assert door.providers.take(flow, BROWSER) is None, "it is taken once"


def test_a_flow_is_of_no_use_in_another_browser(door: Door) -> None:
    flow, asked = door.begin()
    code = door.auth.code(asked["code_challenge"])
    assert door.come_back(flow, code, browser="bobs-browser") == EXPIRED
    assert door.come_back("", code) == EXPIRED
    assert door.come_back(flow, code, browser="") == EXPIRED
    assert door.come_back(flow, code) == "/sign_in"
    assert door.providers.take(flow, "bobs-browser") is None
    assert door.providers.take(flow, BROWSER) is None, "a stolen one is used up"


def test_a_code_of_another_flow_lets_nobody_in(door: Door) -> None:
    """As somebody would plant who wants another person to use their account."""
    _, bobs = door.begin(browser="bobs-browser")
    flow, _ = door.begin()
    assert door.come_back(flow, door.auth.code(bobs["code_challenge"])) == REFUSED
    assert door.providers.take(flow, BROWSER) is None


def test_a_flow_comes_back_once(door: Door) -> None:
    flow, asked = door.begin()
    code = door.auth.code(asked["code_challenge"])
    assert door.come_back(flow, code) == "/sign_in"
    assert door.come_back(flow, code) == EXPIRED
    assert door.come_back(flow, door.auth.code(asked["code_challenge"])) == EXPIRED


def test_late_is_too_late(door: Door, stack: Stack, database: str) -> None:
    flow, asked = door.begin()
    stack.execute(database, "update private.provider_flows set expires_at = now()")
    assert door.come_back(flow, door.auth.code(asked["code_challenge"])) == EXPIRED
    flow, asked = door.begin()
    assert door.come_back(flow, door.auth.code(asked["code_challenge"])) == "/sign_in"
    stack.execute(database, "update private.provider_flows set expires_at = now()")
    assert door.providers.take(flow, BROWSER) is None


@pytest.mark.parametrize("code", ["", "x", "x" * 501, "%00", "%22%3E%3Cscript%3E", "é"])
def test_a_code_that_is_made_up_is_refused(door: Door, code: str) -> None:
    flow, _ = door.begin()
    assert door.come_back(flow, code) == REFUSED
    assert door.providers.take(flow, BROWSER) is None


@pytest.mark.parametrize("flow", ["x" * 43, "nonsense", "x" * 5000])
def test_a_flow_that_is_made_up_is_refused(door: Door, flow: str) -> None:
    assert door.come_back(flow, "code") == EXPIRED
    assert door.providers.take(flow, BROWSER) is None


def test_other_sites_cannot_begin_one(door: Door) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Referer": "https://elsewhere.test/"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ):
        reply = door.get(f"{START}?provider=github", headers=headers)
        assert reply.headers["location"] == EXPIRED
        assert "set-cookie" not in reply.headers
    without_browser = door.get(f"{START}?provider=github", browser="")
    assert without_browser.headers["location"] == EXPIRED


@pytest.mark.parametrize("name", ["google", "email", "phone", "", "GitHub", "../x"])
def test_only_what_is_switched_on_is_asked(door: Door, name: str) -> None:
    reply = door.get(f"{START}?provider={name}")
    assert reply.headers["location"] == REFUSED
    assert "set-cookie" not in reply.headers


def test_what_is_said_of_where_to_return_counts_for_nothing(door: Door, data: Database) -> None:
    """Not a query, not another page's address; behind a proxy PUBLIC_URL counts."""
    reply = door.get(f"{START}?provider=github&redirect_to=https://evil.test/")
    assert "evil" not in reply.headers["location"]
    routes = provider_routes(
        lambda: door.providers,
        lambda: frozenset({"https://public.test"}),
        limits=lambda: Limits(data),
    )
    behind = Door(door.providers, door.auth, Starlette(routes=routes))
    _, asked = behind.begin()
    assert asked["redirect_to"] == "https://public.test/auth/callback"


def test_a_refusal_of_the_provider_is_told_in_our_words(door: Door) -> None:
    flow, _ = door.begin()
    told = "?error=access_denied&error_description=%3Cb%3EPay+here%3C/b%3E&code=x"
    reply = door.get(CALLBACK + told, headers={}, flow=flow)
    assert reply.headers["location"] == REFUSED
    assert "Pay" not in reply.text


def test_a_copy_of_the_database_signs_nobody_in(door: Door, stack: Stack, database: str) -> None:
    flow, asked = door.begin()
    waiting = repr(stack.execute(database, "select f::text from private.provider_flows f"))
    assert door.come_back(flow, door.auth.code(asked["code_challenge"])) == "/sign_in"
    done = repr(stack.execute(database, "select f::text from private.provider_flows f"))
    tokens = door.providers.take(flow, BROWSER)
    assert tokens is not None
    for secret in (flow, tokens.refresh_token, tokens.access_token, tokens.email):
        assert secret not in waiting + done
        assert secret.encode().hex() not in waiting + done


def test_the_account_is_the_one_with_that_address(door: Door) -> None:
    email = new_email("alice+x")
    settings = door.auth.stack.settings
    made = AuthClient(settings.supabase_url, settings.supabase_key).sign_up(email, PASSWORD)
    assert made is not None
    door.auth.visitor = (email, PASSWORD)
    flow, asked = door.begin()
    door.come_back(flow, door.auth.code(asked["code_challenge"]))
    tokens = door.providers.take(flow, BROWSER)
    assert tokens is not None
    assert (tokens.user_id, isinstance(tokens.user_id, UUID)) == (made.user_id, True)


def test_a_database_that_is_down_is_not_the_persons_fault() -> None:
    def down() -> Any:
        raise DatabaseUnavailable

    with TestClient(Starlette(routes=provider_routes(down, limits=down))) as client:
        reply = client.get(f"{CALLBACK}?code=x", follow_redirects=False)
    assert reply.headers["location"] == "/sign_in?provider=away"


def test_auths_refusals_are_errors_of_ours(door: Door) -> None:
    settings = door.auth.stack.settings
    auth = AuthClient(settings.supabase_url, settings.supabase_key)
    for code in ("nonsense", door.auth.code("another challenge")):
        with pytest.raises(AuthError):
            auth.exchange_code(code, "v" * 43)


def test_beginning_is_limited_by_browser_and_by_network(door: Door) -> None:
    busy = f"/sign_in?provider={BUSY}"
    path = f"{START}?provider=github"
    for _ in range(PROVIDER.per_browser):
        assert door.get(path).headers["location"] != busy
    assert door.get(path).headers["location"] == busy
    assert door.get(path, browser="another browser").headers["location"] != busy
    network = {**FROM_US, NETWORK_HEADER: "192.0.2.1"}
    for number in range(PROVIDER.per_network):
        door.get(path, headers=network, browser=f"browser {number}")
    assert door.get(path, headers=network, browser="a fresh one").headers["location"] == busy
    assert door.get(path, browser="a fresh one").headers["location"] != busy
