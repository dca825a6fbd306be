"""The Supabase project as it answers over HTTP: Auth, its key, the clock, mail, exposed schemas."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from auth.client import AuthClient
from auth.oauth_tokens import issuer_of
from config import Settings
from doctor.finding import Finding, note, ok, wrong
from doctor.oauth import examine_oauth
from errors import KeepsakeError

TIMEOUT_S = 10.0
# Tokens of an hour, and codes of some minutes, are judged by both clocks.
MOST_APART_S = 60.0
# Nothing of these is for the Data API.
HIDDEN = ("private", "own", "vecs", "supabase_migrations")


def examine_project(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Nothing more is asked of a project that does not answer, or not to this key."""
    url, headers = settings.supabase_url, {"apikey": settings.supabase_key}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S) as http:
            reply = http.get("/auth/v1/health")
            found = _of_auth(reply, url)
            yield found
            if found.state == "wrong":
                return
            yield _of_clock(reply, now)
            yield from _of_sign_in(http)
            yield from _of_data_api(http)
            if settings.mcp_oauth != "off":
                yield from examine_oauth(http, issuer_of(settings))
    except (httpx.HTTPError, ValueError) as exc:
        yield wrong(
            "supabase",
            f"The Supabase project at {url} does not answer ({type(exc).__name__}).",
            "Check SUPABASE_URL, whether the project is paused, and this machine's network and"
            " proxy.",
        )


def examine_mail(settings: Settings, mail_to: str | None) -> Iterator[Finding]:
    """Whether the mailed codes arrive. Only a mail that is sent can tell of a hosted project."""
    box = settings.local_mailbox
    if box is not None:
        if box.parent.is_dir() and os.access(box if box.exists() else box.parent, os.W_OK):
            yield ok("mail", f"Mail stays on this machine, in {box}.")
        else:
            yield wrong(
                "mail",
                f"The mailbox {box} of LOCAL_MAILBOX cannot be written.",
                "Start with `make run`, which sets it, or take LOCAL_MAILBOX out of the settings.",
            )
        return
    if mail_to is None:
        yield note(
            "mail",
            "Whether mail arrives was not tried.",
            "Name an address that has an account: python -m doctor --mail you@example.com",
        )
        return
    try:
        client = AuthClient(settings.supabase_url, settings.supabase_key)
        client.reset_password_for_email(mail_to)
    except KeepsakeError as exc:
        yield wrong(
            "mail",
            f"No code could be mailed to {mail_to}: {exc.user_message}",
            "See Authentication, Emails, SMTP settings, and the project's Auth log.",
        )
    else:
        yield ok("mail", f"Supabase took a mail with a code to {mail_to}; see whether it arrives.")


def _of_auth(reply: httpx.Response, url: str) -> Finding:
    if reply.status_code in (401, 403):
        return wrong(
            "supabase",
            "The Supabase project refuses SUPABASE_KEY.",
            "Copy the publishable (anon) key of this project: Project Settings, API Keys.",
        )
    if not reply.is_success or "json" not in reply.headers.get("content-type", ""):
        return wrong(
            "supabase",
            f"{url} answers, but not as Supabase Auth does (HTTP {reply.status_code}).",
            "SUPABASE_URL is the project's address alone, such as https://xyz.supabase.co.",
        )
    return ok("supabase", f"Supabase Auth answers at {url} and takes the key.")


def _of_clock(reply: httpx.Response, now: datetime) -> Finding:
    said = reply.headers.get("date", "")
    try:
        there = parsedate_to_datetime(said).astimezone(UTC)
    except ValueError:
        return note("clock", "The project does not say what time it is there.")
    apart = (now - there).total_seconds()
    if abs(apart) > MOST_APART_S:
        return wrong(
            "clock",
            f"This machine's clock is {abs(apart):.0f} seconds "
            f"{'ahead of' if apart > 0 else 'behind'} the project's.",
            "Let the machine set its clock over the network (NTP): sessions end early otherwise.",
        )
    return ok("clock", "This machine's clock agrees with the project's.")


def _of_sign_in(http: httpx.Client) -> Iterator[Finding]:
    reply = http.get("/auth/v1/settings")
    said = reply.json() if reply.is_success else {}
    if said.get("external", {}).get("email") is False:
        yield wrong(
            "sign-in",
            "Signing in with email and password is switched off in the project.",
            "Switch it on: Authentication, Sign In / Providers, Email.",
        )
    elif said.get("disable_signup"):
        yield note("sign-in", "New accounts are switched off in the project.")
    else:
        yield ok("sign-in", "People can make accounts with email and password.")


def _of_data_api(http: httpx.Client) -> Iterator[Finding]:
    exposed = [schema for schema in HIDDEN if _is_exposed(http, schema)]
    if exposed:
        yield wrong(
            "schemas",
            f"The Data API exposes {', '.join(exposed)}.",
            "Take it out of the exposed schemas: Project Settings, Data API. Keepsake needs none.",
        )
    else:
        yield ok("schemas", "The Data API exposes none of Keepsake's schemas but public.")


def _is_exposed(http: httpx.Client, schema: str) -> bool:
    """PostgREST refuses another schema before it looks for a table or asks for rights."""
    reply = http.get("/rest/v1/memories", headers={"Accept-Profile": schema}, params={"limit": "0"})
    if "json" not in reply.headers.get("content-type", ""):
        return False
    said = reply.json()
    code = str(said.get("code", "")) if isinstance(said, dict) else ""
    return reply.is_success or code == "42501" or code.startswith("PGRST2")
