"""The settings that the app gets from the launcher, and which of them the person decides.

What the person set, in the environment or in `.env`, wins; only where the local Supabase and its
data are is the launcher's to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from local.home import Home, Keys
from local.ports import LOOPBACK

DEMO_MODEL = {
    "OPENAI_API_KEY": "demo",
    "CHAT_MODEL": "demo",
    "MEMORY_MODEL": "demo",
    "EMBEDDING_MODEL": "all-MiniLM-L6-v2",
    "EMBEDDING_DIMS": "384",
}


def of_person(dotenv: Path) -> dict[str, str]:
    """The environment over `.env`; an empty setting counts as not set."""
    merged = {**dotenv_values(dotenv), **os.environ}
    return {name: value for name, value in merged.items() if value}


def wants_demo_model(person: Mapping[str, str]) -> bool:
    """Whether no other model server was named."""
    return "OPENAI_API_KEY" not in person and "OPENAI_BASE_URL" not in person


def for_app(
    person: Mapping[str, str],
    home: Home,
    keys: Keys,
    *,
    database_url: str,
    auth_port: int,
    model_port: int | None,
) -> dict[str, str]:
    """The settings of the app on the local stack; `model_port` is the demo model's, if it runs."""
    settings = {
        "SUPABASE_URL": f"http://{LOOPBACK}:{auth_port}",
        "SUPABASE_KEY": keys.publishable_key,
        "DATABASE_URL": database_url,
        "LOCAL_MAILBOX": str(home.mailbox),
        **of_home(person, home),
    }
    if model_port is not None:
        demo = {"OPENAI_BASE_URL": f"http://{LOOPBACK}:{model_port}/v1", **DEMO_MODEL}
        settings |= {name: person.get(name, value) for name, value in demo.items()}
    elif "OPENAI_API_KEY" not in person:
        settings["OPENAI_API_KEY"] = "none"  # a server of one's own often asks for no key
    return settings


def of_home(person: Mapping[str, str], home: Home) -> dict[str, str]:
    """The settings that only say where the app may write, and that nothing is reported."""
    settings = {
        "KEEPSAKE_HOME": str(home.path),
        "MEM0_DIR": str(home.mem0),
        "MEM0_TELEMETRY": "False",
    }
    if any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in person):
        known = person.get("NO_PROXY", person.get("no_proxy", ""))
        settings["NO_PROXY"] = ",".join(filter(None, (known, LOOPBACK, "localhost")))
        settings["no_proxy"] = settings["NO_PROXY"]
    return settings


def of_child(person: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """A whole environment: the person's, without libpq's own settings, then ours."""
    kept = {name: value for name, value in person.items() if not name.startswith("PG")}
    return {**kept, **settings}
